#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the administrator adds to the checks: patterns on HELO, sender and recipient, trap addresses,
# our domains; each on the ports where it is to count. And that the log does not tell who was written
# to.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
cat >>"$LAB/mxdp.conf" <<'END'
our_domains = {example.net}
trap_addresses = {postmaster@example.net}
pattern "random-helo" { on = helo match = '^[a-z]{12}\.example$' points = 6 }
pattern "campaign" { on = sender match = '^news-\d+@' points = 6 }
pattern "harvest" { on = recipient match = '^user@' points = 0 }
pattern "stuffer" { on = helo match = '^stuffer-' points = 10 convicts = true ports = {submission} }
finding "helo-our-address" { ports += {submission} }
pattern "botnet" { on = helo match = '^botnet-' points = 10 convicts = true ttl = 7m }
END
lab_agent || lab_die "mxdpd does not start"

# talk SOURCE HELO SENDER RECIPIENT
talk()
{
    lab_bot "$1" "$MX4" talk "EHLO $2" "MAIL FROM:<$3>" "RCPT TO:<$4>" RSET QUIT >"$LAB/bot.out" 2>&1
}

# found ADDR: the findings of its last session in the log, joined by commas.
found()
{
    lab_ctl log --json | jq -rs --arg addr "$1:" \
        'map(select(.event == "session" and (.client | startswith($addr)))) | last |
         [.findings[]?.id] | sort | join(",")'
}

finds()
{
    [ "$(found "$1")" = "$2" ]
}

talk 198.51.100.7 botnet-17.example.org a@example.org user@example.net
check "a pattern that convicts blocks" lab_wait 5 lab_blocked_for 198.51.100.7 pattern
check_exit 4 "its next SYN is dropped" lab_bot 198.51.100.7 "$MX4" connect

talk 198.51.100.8 qwertzuiopas.example news-42@example.org user@example.net
check "points of two patterns block" lab_wait 5 lab_blocked_for 198.51.100.8 score
check "the log names each" lab_wait 5 finds 198.51.100.8 \
    pattern:campaign,pattern:harvest,pattern:random-helo

talk 198.51.100.9 mail.example.org a@example.org postmaster@example.net
check "a trap address convicts" lab_wait 5 lab_blocked_for 198.51.100.9 rcpt-trap
talk 198.51.100.10 mail.example.org "" postmaster@example.net
check "a bounce to it is mild" lab_wait 5 finds 198.51.100.10 rcpt-trap
check_equal "and does not block" "$(lab_verdict 198.51.100.10 action | grep -v watch)" ""

talk 198.51.100.11 mail.example.org someone@EXAMPLE.net user@example.net
check "a sender of ours from outside is noted" lab_wait 5 finds 198.51.100.11 \
    pattern:harvest,sender-our-domain
check_equal "and does not block" "$(lab_verdict 198.51.100.11)" ""

# --- each on its ports

# submit SOURCE NAME: as a user's program does.
submit()
{
    lab_bot "$1" --port 587 "$MX4" helo "$2" >"$LAB/bot.out" 2>&1
}

# blocked_on ADDR: the classes of ports, joined by commas.
blocked_on()
{
    lab_ctl list --json | jq -rs --arg addr "$1" \
        'flatten | map(select(.addr == $addr) | .ports) | sort | join(",")'
}

is_blocked_on()
{
    [ "$(blocked_on "$1")" = "$2" ]
}

submit 198.51.100.13 stuffer-1.example.org
check "a pattern for submission blocks there" lab_wait 5 is_blocked_on 198.51.100.13 submission
check_exit 4 "its next SYN to port 587 is dropped" lab_bot 198.51.100.13 --port 587 "$MX4" connect
check "one to port 25 is not" lab_bot 198.51.100.13 "$MX4" connect
talk 198.51.100.14 stuffer-2.example.org a@example.org user@example.net
check "it does not count on port 25" lab_wait 5 finds 198.51.100.14 pattern:harvest
submit 198.51.100.15 "[$MX4]"
check "a finding that is to count on both blocks there" \
    lab_wait 5 is_blocked_on 198.51.100.15 submission
submit 198.51.100.16 ylmf-pc
submit 198.51.100.17 botnet-19.example.org
ended()
{
    [ "$(lab_ctl log --json | jq -s --arg addr "$1:" 'map(select(.event == "session" and
        (.client | startswith($addr)))) | length')" -ge 1 ]
}
for client in 198.51.100.16 198.51.100.17; do
    check "of what is for port 25 alone nothing is held against a user" lab_wait 5 ended $client
    check_equal "nor found" "$(found $client)" ""
    check_equal "nor does it block" "$(blocked_on $client)" ""
done
check_equal "checks shows the ports" "$(lab_ctl checks --json | jq -rs '[flatten[] |
    select(.id == ("pattern:stuffer", "helo-our-address", "helo-illegal")) | .ports] | join(" ")')" \
    "all mx submission"

lab_ctl log --json >"$LAB/log.json"
check_equal "no recipient's name stands in the log" "$(grep -c 'user@' "$LAB/log.json")" 0
check_more "their domains do" "$(grep -cF '*@example.net' "$LAB/log.json")" 0
check_equal "checks shows the patterns" \
    "$(lab_ctl checks --json | jq -rs '[flatten[].id | select(startswith("pattern:"))] | length')" 5
check "checks off pattern" lab_ctl checks off pattern
talk 198.51.100.12 botnet-18.example.org a@example.org user@example.net
check "switched off, patterns are told" lab_wait 5 finds 198.51.100.12 \
    pattern:botnet,pattern:harvest
check_equal "and not blocked" "$(lab_verdict 198.51.100.12)" ""
lab_done
