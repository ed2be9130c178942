#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whom nobody wants blocked, at defaults: a pool of a big sender, whose SPF record NSD has; a server
# with a single-label HELO and no name in the DNS; an address that a bot shares with a sender who has
# earned trust. Their mail arrives. Then the same in monitor mode with harsher settings: the report
# names each of them, and what it would have been blocked for.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

POOL4=198.51.100.33
POOL6=2001:db8:100:41::1
EXCHANGE=198.51.100.70
SHARED=198.51.100.90
INNOCENTS=("$POOL4" "$POOL6" "$EXCHANGE" "$SHARED")

nsd_zone google.com <<'END'
@ TXT "v=spf1 include:_spf.google.com ~all"
_spf TXT "v=spf1 ip4:198.51.100.32/28 ip6:2001:db8:100:40::/60 ~all"
END
printf '%s\n' "mail A $SHARED" "@ MX 10 mail" | nsd_zone partner.example
printf '%s\n' "90 PTR mail.partner.example." | nsd_zone 100.51.198.in-addr.arpa
nsd_zone 8.b.d.0.1.0.0.2.ip6.arpa </dev/null
nsd_start
cat >>"$LAB/mxdp.conf" <<END
dns { servers = {"127.0.0.1@$NSD_PORT"} timeout = 2s }
END
lab_agent || lab_die "mxdpd does not start"

LETTERS=0

# letter SOURCE HELO: must arrive.
letter()
{
    LETTERS=$((LETTERS + 1))
    dns_mail "$1" "$2" "letter-$LETTERS@google.com" &&
        lab_wait 10 lab_delivered "letter-$LETTERS@"
}

# A bot that collects points of two classes.
points()
{
    lab_bot "$1" "$MX4" talk "MAIL FROM:<a@google.com>" "EHLO 192.0.2.1" A B C D E QUIT \
        >"$LAB/bot.out" 2>&1
}

# client SOURCE: as the log begins it.
client()
{
    if [[ "$1" == *:* ]]; then
        echo "[$1]:"
    else
        echo "$1:"
    fi
}

# verdict SOURCE FIELD: of the last one in the log.
verdict()
{
    lab_ctl log -n 1000 --json | jq -rs --arg client "$(client "$1")" --arg field "$2" \
        'map(select(.event == "verdict" and (.client | startswith($client)))) | last |
         .[$field] // empty'
}

why_not_is()
{
    [ "$(verdict "$1" why_not)" = "$2" ]
}

sessions_are()
{
    [ "$(lab_ctl log -n 1000 --json | jq -s --arg client "$(client "$1")" 'map(select(
        .event == "session" and (.client | startswith($client)))) | length')" -ge "$2" ]
}

# --- at defaults

pool_is_read()
{
    [ "$(lab_ctl allow --json | jq -rs 'flatten | map(select(.kind == "spf") | .net) | sort |
        join(" ")')" = "198.51.100.32/28 2001:db8:100:40::/60" ]
}
check "the big sender's record is read, which no setting names" lab_wait 20 pool_is_read
for host in "$POOL4" "$POOL6"; do
    check "a host of the pool delivers, by a name that blocks others ($host)" letter "$host" ylmf-pc
    check "it is spared for its record" lab_wait 10 why_not_is "$host" "SPF of google.com"
    check "once more" letter "$host" mail-pj1-f41.google.com
done

check "a server without a name in the DNS, exchange01 by its HELO, delivers" \
    letter "$EXCHANGE" exchange01
check "its faults are seen" lab_wait 10 dns_has_finding "$EXCHANGE" helo-single-label
check "both of them" dns_has_finding "$EXCHANGE" rdns-missing
check "once more" letter "$EXCHANGE" exchange01

for n in 1 2 3; do
    check "a sender delivers ($n)" letter "$SHARED" mail.partner.example
done
check "and is known for it" lab_wait 10 sessions_are "$SHARED" 3
points "$SHARED"
check "a bot behind the same address does not cost it that" lab_wait 10 why_not_is "$SHARED" \
    "earned trust: it delivered mail in 3 sessions within 30 days"
check "it delivers again" letter "$SHARED" mail.partner.example

for host in "${INNOCENTS[@]}"; do
    check "no SYN of $host would be dropped" \
        [ "$(lab_verdict "$host" action)" != drop -a "$(lab_verdict "$host" action)" != reset ]
done
points 198.51.100.91
check "the bot alone is blocked for the same" lab_wait 10 lab_blocked_for 198.51.100.91 score

# report KEY: a number of its summary.
report()
{
    lab_ctl report --json | jq -r "select(.about == \"summary\") | .$1"
}

report_is()
{
    [ "$(report "$1")" = "$2" ]
}

check "the report counts the bot" lab_wait 10 report_is blocks.clients 1
check "as the only one, and no mail of it" report_is blocks.accepted 0
check "the others as watched or spared" lab_wait 10 report_is others.clients 4
check "all of them with mail accepted" lab_wait 10 report_is others.accepted 4

# --- what harsher settings would have done

cat >>"$LAB/mxdp.conf" <<'END'
allow_senders = no
trust { accepted = 0 }
finding "helo-single-label" { convicts = true points = 10 }
END
check "the administrator thinks of harsher settings, without enforcing them" lab_ctl mode monitor
kill -s HUP "$AGENT"
pool_is_gone()
{
    ! lab_ctl allow --json | grep -q '"spf"'
}
check "they are in force" lab_wait 10 pool_is_gone
check "a host of the pool delivers" letter "$POOL4" ylmf-pc
check "so does another" letter "$POOL6" ylmf-pc
check "so does exchange01" letter "$EXCHANGE" exchange01
points "$SHARED"
check "the bot beside the sender is back" lab_wait 10 lab_blocked_for "$SHARED" score
check "the sender delivers" letter "$SHARED" mail.partner.example
check "the report knows five now" lab_wait 10 report_is blocks.clients 5
check "mail of four was accepted" lab_wait 10 report_is blocks.accepted 4

# would_block SOURCE FINDING
would_block()
{
    lab_ctl report --json | jq -es --arg addr "$1" --arg id "$2" 'map(select(.about == "client" and
        .addr == $addr and (.findings | split(" ") | index($id)))) | length == 1'
}
check "it names the pool's host, and why" would_block "$POOL4" helo-known-bot
check "the other" would_block "$POOL6" helo-known-bot
check "exchange01" would_block "$EXCHANGE" helo-single-label
check "and the sender beside the bot" would_block "$SHARED" helo-bare-ip
lab_ctl report >"$LAB/report"
check "to people, too" grep -q '^Possible false positives' "$LAB/report"
for host in "${INNOCENTS[@]}"; do
    check "with $host" grep -qE "^  $host( |\$)" "$LAB/report"
done
check "and by the name of its HELO" grep -q 'says EHLO exchange01' "$LAB/report"
check "and says to look first" grep -q '^Look at the possible false positives first' "$LAB/report"
check "mxdpd ends well" lab_agent_stop
lab_done
