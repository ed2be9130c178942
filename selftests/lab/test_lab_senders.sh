#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whom to trust by name, with NSD as the whole world's: a pool of hosts by the SPF record of its
# sender, a server by its confirmed reverse name; each is spared from what blocks others, and
# reported. Records are read anew, a silent server takes nobody out, nor does a restart. And without
# any of that: a sloppy server passes, and who has earned trust is only watched.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

V4=198.51.100
V6=2001:db8:100

# netblocks TERM...: what the pool sends from besides its IPv6 networks.
netblocks()
{
    {
        echo '@ TXT "v=spf1 redirect=_spf.bigmail.example"'
        echo '_spf TXT "v=spf1 include:_netblocks.bigmail.example include:_netblocks2.bigmail.example ~all"'
        printf '_netblocks 1 TXT "v=spf1 %s ~all"\n' "$*"
        echo "_netblocks2 TXT \"v=spf1 ip6:$V6:40::/60 ~all\""
    } | nsd_zone bigmail.example
}

netblocks "ip4:$V4.32/28"
printf '%s\n' "mail A $V4.20" "sub.mail A $V4.21" "forged A 192.0.2.1" "shared A $V4.90" |
    nsd_zone partner.example
printf '%s\n' "20 PTR mail.partner.example." "21 PTR sub.mail.partner.example." \
    "22 PTR mail.partner.example." "23 PTR forged.partner.example." \
    "90 PTR shared.partner.example." |
    nsd_zone 100.51.198.in-addr.arpa
printf '%s\n' "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 TXT nobody" |
    nsd_zone 8.b.d.0.1.0.0.2.ip6.arpa
nsd_start
NSD=$!

cat >>"$LAB/mxdp.conf" <<END
dns {
    stubs = {
        "bigmail.example=127.0.0.1@$NSD_PORT", "partner.example=127.0.0.1@$NSD_PORT",
        "100.51.198.in-addr.arpa=127.0.0.1@$NSD_PORT",
        "8.b.d.0.1.0.0.2.ip6.arpa=127.0.0.1@$NSD_PORT"
    }
    timeout = 2s
    ttl_min = 1s
}
dns_checks = yes
allow_spf = {bigmail.example}
allow_names = {mail.partner.example}
# So many of the known-good say what convicts that the check would be suspended, and rightly.
trust { suspend = 0 }
END
lab_agent || lab_die "mxdpd does not start"

# The networks that the pool is allowed with, and who is allowed by name.
allowed()
{
    lab_ctl allow --json | jq -rs --arg kind "$1" \
        'flatten | map(select(.kind == $kind) | .net) | sort | join(" ")'
}

pool_is()
{
    [ "$(allowed spf)" = "$1" ]
}

event()
{
    lab_ctl log -n 1000 --json | jq -rs --arg addr "$1:" --arg field "$2" \
        'map(select(.event == "verdict" and (.client | startswith($addr)))) | last |
         .[$field] // empty'
}

why_not_is()
{
    [ "$(event "$1" why_not)" = "$2" ]
}

not_blocked()
{
    [ -z "$(lab_verdict "$1")" ]
}

bot()
{
    local server=$MX4

    [[ "$1" != *:* ]] || server=$MX6
    lab_bot "$1" "$server" helo ylmf-pc >/dev/null 2>&1
}

# --- a pool by SPF

check "the sender's record is read" lab_wait 10 pool_is "$V4.32/28 $V6:40::/60"
check_equal "the list says why" "$(lab_ctl allow --json |
    jq -rs --arg net "$V4.32/28" 'flatten | .[] | select(.net == $net) | .reason')" \
    "SPF of bigmail.example"
lab_ctl allow >"$LAB/allow"
check "to people with its age" grep -q 'spf .*SPF of bigmail.example, read .* ago' "$LAB/allow"
check "status counts it" grep -q '^senders *1 allowed by their SPF records (2 networks)' \
    <(lab_ctl status)
for client in "$V4.33" "$V6:41::1"; do
    bot "$client"
    key=$client
    [[ "$client" != *:* ]] || key="[$client]"
    check "a host of the pool that says what blocks is spared, and reported ($client)" \
        lab_wait 10 why_not_is "$key" "SPF of bigmail.example"
    check_equal "as what it is" "$(event "$key" cause)" helo-known-bot
    check "there is no verdict on it" not_blocked "$client"
done
bot "$V4.50"
check "the same beside the pool blocks" lab_wait 10 lab_blocked_for "$V4.50" helo-known-bot
lab_ctl explain "$V4.34" >"$LAB/explain"
check "explain says so" grep -q 'never blocked, spf .*(SPF of bigmail.example)' "$LAB/explain"
lab_ctl block "$V6::/56" >/dev/null
check "in a network that is blocked as a whole it passes" \
    lab_bot "$V6:42::1" "$MX6" mail mail.bigmail.example a@bigmail.example user@example.net
lab_ctl explain "$V6:51::1" >"$LAB/explain"
check "and its neighbours do not" grep -q 'would be dropped' "$LAB/explain"
lab_ctl unblock "$V6::/56" >/dev/null
check_exit 1 "nobody takes it off by hand" lab_ctl unallow "$V4.32/28"

# --- a server by its name

bot "$V4.20"
check "a client whose name is allowed is spared, by a finding that is certain too" \
    lab_wait 10 why_not_is "$V4.20" "reverse name mail.partner.example"
check "there is no verdict on it" not_blocked "$V4.20"
check_equal "it is allowed now" "$(allowed name)" "$V4.20"
bot "$V4.21"
check "a name below is meant, too" lab_wait 10 why_not_is "$V4.21" \
    "reverse name sub.mail.partner.example"
bot "$V4.22"
check "a reverse name that is forged is not" lab_wait 10 lab_blocked_for "$V4.22" helo-known-bot
bot "$V4.23"
check "nor is another name" lab_wait 10 lab_blocked_for "$V4.23" helo-known-bot
check_equal "nobody else came in" "$(allowed name)" "$V4.20 $V4.21"

# --- sloppy, and innocent

dns_mail "$V4.70" exchange01
check "a single-label HELO without a reverse name is seen" \
    lab_wait 10 dns_has_finding "$V4.70" rdns-missing
check "as what it is" dns_has_finding "$V4.70" helo-single-label
check "and passes at defaults" not_blocked "$V4.70"
check "once more" lab_bot "$V4.70" "$MX4" mail exchange01 a@example.org user@example.net

# --- an address that a bot and a sender share

for _ in 1 2 3; do
    dns_mail "$V4.90" shared.partner.example a@bigmail.example
done
delivered()
{
    [ "$(lab_ctl log -n 1000 --json | jq -s --arg client "$V4.90:" 'map(select(
        .event == "session" and (.client | startswith($client)))) | length')" -ge 3 ]
}
check "a server delivers three times" lab_wait 10 delivered
lab_bot "$V4.90" "$MX4" talk "MAIL FROM:<a@example.org>" "EHLO 192.0.2.1" A B C D E QUIT \
    >"$LAB/bot.out" 2>&1
check "a bot beside it collects points: it is watched for them" lab_wait 10 why_not_is "$V4.90" \
    "earned trust: it delivered mail in 3 sessions within 30 days"
check_equal "not blocked" "$(lab_verdict "$V4.90" action)" watch

# --- read anew

netblocks "ip4:$V4.33 ip4:$V4.64/28"
nsd_reload
check "what the record adds and takes out is in force with its TTL" lab_wait 15 pool_is \
    "$V4.33 $V4.64/28 $V6:40::/60"
bot "$V4.65"
check "who is new is spared" lab_wait 10 why_not_is "$V4.65" "SPF of bigmail.example"
bot "$V4.40"
check "who is gone is blocked" lab_wait 10 lab_blocked_for "$V4.40" helo-known-bot

kill "$NSD"
fails()
{
    lab_status '.senders.failing["bigmail.example"] // ""' | grep -q .
}
check "a server that is gone is told of" lab_wait 20 fails
check_more "in the log, too" \
    "$(lab_ctl log -n 1000 | grep -c 'the SPF record of bigmail.example cannot be made use of')" 0
check "what was read last stays" pool_is "$V4.33 $V4.64/28 $V6:40::/60"
check "mxdpd ends well" lab_agent_stop
lab_agent || lab_die "mxdpd does not start again"
check "and is there after a restart" pool_is "$V4.33 $V4.64/28 $V6:40::/60"
check_equal "so are names" "$(allowed name)" "$V4.20 $V4.21"
bot "$V4.66"
check "so that a host of the pool is spared" lab_wait 10 why_not_is "$V4.66" \
    "SPF of bigmail.example"

# --- a new configuration

sed -i -e 's/^allow_spf.*/allow_spf = {}/' -e 's/^allow_names.*/allow_names = {}/' "$LAB/mxdp.conf"
echo 'allow_senders = yes' >>"$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "SIGHUP takes the sender out" lab_wait 10 pool_is ""
check_equal "and the names" "$(allowed name)" ""
check_more "the big senders that mxdp knows are asked for instead" \
    "$(lab_status .senders.domains)" 20
bot "$V4.67"
check "a host of the pool is anybody now" lab_wait 15 lab_blocked_for "$V4.67" helo-known-bot
check "mxdpd ends well" lab_agent_stop
lab_done
