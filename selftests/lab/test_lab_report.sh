#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What became of those that monitor mode would have blocked: accepted, refused, nothing, and hidden
# by TLS until Postfix's log tells. The report agrees with its journal, also after kill -9.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
lab_enter "$@"
lab_up
mta_certificate postfix
postconf -c "$LAB/postfix/etc" smtpd_tls_security_level=may \
    "smtpd_tls_cert_file=$LAB/tls/cert.pem" "smtpd_tls_key_file=$LAB/tls/key.pem"
lab_in mta postfix -c "$LAB/postfix/etc" reload >"$LAB/reload.out" 2>&1

JOURNAL=$LAB/state/journal.db
ACCEPTED=198.51.100.11
REFUSED=198.51.100.12
HIDDEN=198.51.100.13
NOTHING=198.51.100.14

sql()
{
    sqlite3 -readonly "$JOURNAL" ".timeout 5000" "$1"
}

# blocks KEY: a number of the summary.
blocks()
{
    lab_ctl report --json | jq -r "select(.about == \"summary\") | .blocks.$1"
}

is()
{
    [ "$(blocks "$1")" = "$2" ]
}

# mail SOURCE RECIPIENT: with the server's own address as its name.
mail()
{
    lab_bot "$1" "$MX4" mail "[$MX4]" friend@example.org "$2" >"$LAB/bot.out" 2>&1
}

lab_agent --mode monitor || lab_die "mxdpd does not start"
lab_ctl report >"$LAB/report"
check "before anything there is nothing to judge by" grep -q '^Nobody would have been blocked' "$LAB/report"

mail $ACCEPTED user@example.net
mail $REFUSED nobody@example.net
lab_bot $NOTHING "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
lab_in wan swaks --local-interface $HIDDEN --server "$MX4" --timeout 10 --helo "[$MX4]" --tls \
    --from friend@example.org --to user@example.net --hide-all >"$LAB/swaks.out" 2>&1 ||
    not_ok "mail by TLS: $(cat "$LAB/swaks.out")"
check "four would have been blocked" lab_wait 10 is clients 4
check "one had mail accepted" lab_wait 10 is accepted 1
check "one was refused" lab_wait 10 is refused 1
check "one tried nothing" lab_wait 10 is nothing 1
check "of one nothing is known" lab_wait 10 is unknown 1
check "a later session would have been spared" lab_bot $NOTHING "$MX4" helo "[$MX4]"
check "and is counted" lab_wait 10 is sessions 1
check_more "so are its bytes" "$(blocks bytes)" 20
check_equal "no client is counted twice" "$(blocks clients)" 4
lab_ctl report >"$LAB/report"
check "the report lists the false positive" grep -q "^  $ACCEPTED" "$LAB/report"
check "with its name" grep -qF "says EHLO [$MX4]" "$LAB/report"
check "and its sender's domain alone" grep -qF 'from *@example.org' "$LAB/report"
check "and why" grep -q 'for  helo-our-address' "$LAB/report"
check "and says how much is known" grep -q '^The outcome of 3 of 4 clients is known' "$LAB/report"
check_equal "no line is longer than 80" "$(awk 'length > 80' "$LAB/report")" ""

# --- told by the log

awk -f "$LAB_TOP/contrib/outcome-postfix.awk" "$LAB/mail.log" >"$LAB/outcomes"
check_equal "the log knows who was accepted" \
    "$(awk '$2 == "accepted" { print $1 }' "$LAB/outcomes" | sort | tr '\n' ' ')" \
    "$ACCEPTED $HIDDEN "
check_equal "and who was refused" "$(awk '$2 == "refused" { print $1 }' "$LAB/outcomes")" $REFUSED
{ echo "$HIDDEN perhaps"; echo nobody accepted; grep $HIDDEN "$LAB/outcomes"; } >"$LAB/lines"
status=0
lab_ctl outcome - <"$LAB/lines" 2>"$LAB/words" || status=$?
check_equal "two bad lines are told, and the rest is taken" "$status" 1
check "by their numbers" grep -q '^stdin:2: ' "$LAB/words"
check "what TLS hid is known now" lab_wait 10 is unknown 0
check_equal "and was accepted" "$(blocks accepted)" 2

# --- the journal agrees

check_equal "clients" "$(blocks clients)" "$(sql "SELECT count(DISTINCT addr) FROM cases \
    WHERE kind = 'would-block'")"
check_equal "accepted" "$(blocks accepted)" "$(sql "SELECT count(DISTINCT addr) FROM cases \
    WHERE kind = 'would-block' AND accepted + told_accepted > 0")"
check_equal "spared" "$(blocks sessions) $(blocks bytes)" \
    "$(sql "SELECT sum(later), sum(bytes) FROM cases WHERE kind = 'would-block'" | tr '|' ' ')"
check_equal "causes" "$(lab_ctl report --json |
    jq -r 'select(.cause == "helo-our-address") | .clients')" \
    "$(sql "SELECT count(DISTINCT addr) FROM cases \
        WHERE ' ' || findings || ' ' LIKE '% helo-our-address %'")"

# --- kill -9

before=$(lab_ctl report --json | jq -c 'del(.since)')
lab_agent_kill
lab_agent --mode monitor || lab_die "mxdpd does not start again"
check_equal "kill -9 takes nothing of it" "$(lab_ctl report --json | jq -c 'del(.since)')" "$before"
lab_bot $NOTHING "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "and the count goes on where it stood" lab_wait 10 is sessions 2
check "mxdpd ends well" lab_agent_stop
lab_done
