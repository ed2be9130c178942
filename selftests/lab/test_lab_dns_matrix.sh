#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lists that fail, each in its own way, side by side in one agent: thirteen of them from the start,
# fifteen when they have blocked or vouched for somebody already. No innocent is blocked, each is opened within
# a probe's period, what rested on it is withdrawn, mail flows, and the good list goes on blocking.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

PERIOD=10       # seconds between probes
MUTE_PORT=5302  # a server that falls silent
DYING_PORT=5303 # and one that dies
MUTE_TOO=5304   # silent from the start
LAME=127.0.0.4  # a server that delegations point to

# --- the ways ------------------------------------------------------------------------------------

# What NSD serves of a list that has gone bad: WAY ZONE.
go_bad()
{
    case $1 in
    empty) nsd_zone "$2" </dev/null ;;
    servfail) nsd_broken "$2" ;;
    refused) nsd_drop "$2" ;;
    everybody) echo '* A 127.0.0.2' | nsd_zone "$2" ;;
    parked) echo '* A 203.0.113.99' | nsd_zone "$2" ;;
    one) echo '* A 127.0.0.1' | nsd_zone "$2" ;;
    code-*) echo "* A 127.255.255.${1#code-}" | nsd_zone "$2" ;;
    wl-255) echo '* A 127.0.0.255' | nsd_zone "$2" ;;
    wl-10) echo '* A 127.0.10.3' | nsd_zone "$2" ;;
    esac
}

# What is told of it then; two of these may come first where clients ask before the next probe.
declare -A WORDS=(
    [empty]='it is empty'
    [servfail]='SERVFAIL or REFUSED|no answer in time'
    [refused]='SERVFAIL or REFUSED|no answer in time'
    [lame]='SERVFAIL or REFUSED|no answer in time'
    [everybody]='it lists everything|it may list everybody'
    [parked]='answers 203.0.113.99, which is outside of 127.0.0.0/8'
    [one]='answers 127.0.0.1, which no list may answer'
    [code-254]='answers 127.255.255.254: the operator refuses your resolver'
    [code-252]='answers 127.255.255.252: there is no list of this name'
    [code-255]='answers 127.255.255.255: too many questions'
    [wl-255]='answers 127.0.0.255: the operator refuses your resolver'
    [wl-10]='answers 127.0.10.3: what those who ask too often are told'
    [mute]='no answer in time|SERVFAIL or REFUSED'
    [dying]='no answer in time|SERVFAIL or REFUSED'
    [world]='it lists everything|it may list everybody'
)
BLOCKLISTS=(empty servfail refused everybody parked one code-254 code-252 code-255)
ALLOWLISTS=(wl-255 wl-10)

# zone_of WAY TIME: its zone, bad from the start or later.
zone_of()
{
    case $1 in
    lame) echo "$2.delegated.example" ;;
    mute | dying | world) echo "$1-$2.$1-$2.example" ;;
    *) echo "$1-$2.nsd.example" ;;
    esac
}

# The test entry is forgotten at once, and asked anew by each probe; clients' entries are not.
points()
{
    printf '%s\n' '2.0.0.127 1 A 127.0.0.2'
}

entry()
{
    local addr=$1

    echo "${addr##*.}.100.51.198 A ${2:-127.0.0.2}"
}

# --- servers -------------------------------------------------------------------------------------

GOOD=198.51.100.10         # on the good list
GOOD_TOO=198.51.100.11     # but comes late
BOT=198.51.100.20          # convicts itself
VOUCHED=198.51.100.12      # on the good list, and an allow list vouches for it...
VOUCHED_TOO=198.51.100.13  # ...another one for this
LEFT=198.51.100.14         # no longer listed
CAME=198.51.100.15         # listed since
OTHER_CODE=198.51.100.16   # listed with a code that the configuration does not have
declare -A ON              # way -> the client that its list has blocked

number=100
for way in "${BLOCKLISTS[@]}" lame mute dying world; do
    ON[$way]=198.51.100.$number
    number=$((number + 1))
done

mkdir -p "$DNS_DIR"
{ points && entry "$GOOD" && entry "$GOOD_TOO" && entry "$VOUCHED" && entry "$VOUCHED_TOO"; } |
    nsd_zone good.nsd.example
{ points && echo "14.100.51.198 8 A 127.0.0.2"; } | nsd_zone changing.nsd.example
for way in "${BLOCKLISTS[@]}"; do
    { points && entry "${ON[$way]}"; } | nsd_zone "$(zone_of "$way" later)"
    go_bad "$way" "$(zone_of "$way" now)"
done
{ points && entry "$VOUCHED" 127.0.5.2; } | nsd_zone "$(zone_of wl-255 later)"
{ points && entry "$VOUCHED_TOO" 127.0.5.2; } | nsd_zone "$(zone_of wl-10 later)"
for way in "${ALLOWLISTS[@]}"; do
    go_bad "$way" "$(zone_of "$way" now)"
done
printf '%s\n' "now NS ns" "later NS ns" "ns A $LAME" | nsd_zone delegated.example
nsd_start

# listed ADDR: a list's data for rbldnsd.
listed()
{
    printf '%s\n' "\$TTL 300" "$(dns_points)" "$1"
}

for way in lame mute dying world; do
    listed "${ON[$way]}" | dns_zone "$(zone_of $way later)" ip4set
done
dns_start
# served PORT ZONE [FILE]: by a server of its own.
served()
{
    dns_server "$1" "$2:ip4set:${3:-$2}"
}
served "$LAME/53" "$(zone_of lame later)"
LAME_SERVER=$DNS_SERVER
served "$DYING_PORT" "$(zone_of dying later)"
DYING=$DNS_SERVER
served "$MUTE_PORT" "$(zone_of mute later)"
MUTE=$DNS_SERVER
served "$MUTE_TOO" "$(zone_of mute now)" "$(zone_of mute later)"
kill -s STOP "$DNS_SERVER"

# --- mxdpd ---------------------------------------------------------------------------------------

cat >>"$LAB/mxdp.conf" <<END
dns {
    stubs = {
        "nsd.example=127.0.0.1@$NSD_PORT", "delegated.example=127.0.0.1@$NSD_PORT",
        "mute-now.example=127.0.0.1@$MUTE_TOO", "mute-later.example=127.0.0.1@$MUTE_PORT",
        "dying-later.example=127.0.0.1@$DYING_PORT", "world-later.example=127.0.0.1@$DNS_PORT"
    }
    timeout = 2s
    ttl_min = 1s
}
dns_checks = no
END
# list ZONE [WAY]
list()
{
    local kind=dnsbl groups='convict = {"127.0.0.2"}'

    [[ "${2:-}" != wl-* ]] || { kind=dnswl && groups='score = {"127.0.[2..15].[0..3]*-10"}'; }
    echo "list \"$1\" { kind = $kind $groups families = {v4} probe = ${PERIOD}s }"
}
{
    list good.nsd.example
    list changing.nsd.example
    for way in "${BLOCKLISTS[@]}" lame mute "${ALLOWLISTS[@]}"; do
        list "$(zone_of "$way" now)" "$way"
    done
    for way in "${BLOCKLISTS[@]}" lame mute dying world "${ALLOWLISTS[@]}"; do
        list "$(zone_of "$way" later)" "$way"
    done
} >>"$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"

# Everybody that is blocked, in one line.
blocked()
{
    lab_ctl list --json | jq -rs 'flatten | map(.addr) | sort | join(" ")'
}

is_blocked()
{
    [[ " $(blocked) " == *" $1 "* ]]
}

are_blocked()
{
    [ "$(blocked)" = "$(printf '%s\n' "$@" | sort | paste -sd ' ')" ]
}

# --- bad from the start --------------------------------------------------------------------------

check "who comes before any list was tested is served" dns_mail 198.51.100.200
for way in "${BLOCKLISTS[@]}" "${ALLOWLISTS[@]}" lame mute; do
    zone=$(zone_of "$way" now)
    check "$zone is not believed" lab_wait 20 dns_state "$zone" open
    words=$(dns_list "$zone" last_error | jq -r .words)
    check "for its reason: $words" grep -qE "${WORDS[$way]}" <<<"$words"
done
for way in "${BLOCKLISTS[@]}" lame mute dying world "${ALLOWLISTS[@]}"; do
    zone=$(zone_of "$way" later)
    check "$zone is believed" lab_wait 10 dns_believed "$zone"
done
check "so are the two that stay good" dns_believed good.nsd.example
check "both of them" dns_believed changing.nsd.example
check_equal "nobody is blocked" "$(blocked)" ""
[ "$LAB_FAILED" = 0 ] || lab_done

# --- all of them at work -------------------------------------------------------------------------

for way in "${!ON[@]}"; do
    dns_mail "${ON[$way]}"
    check "$(zone_of "$way" later) blocks ${ON[$way]}" lab_wait 10 is_blocked "${ON[$way]}"
done
dns_mail "$LEFT"
check "a list that will change blocks $LEFT" lab_wait 5 is_blocked "$LEFT"
dns_mail "$GOOD"
check "the good list blocks $GOOD" lab_wait 10 is_blocked "$GOOD"
lab_bot "$BOT" "$MX4" http >/dev/null 2>&1
check "a bot is blocked for what it did" lab_wait 5 is_blocked "$BOT"
for client in "$VOUCHED" "$VOUCHED_TOO" 198.51.100.201; do
    check "$client is served" dns_mail "$client"
done
check "two of these are vouched for" lab_wait 5 dns_has_finding "$VOUCHED" \
    "dnswl:$(zone_of wl-255 later)"
check "both" lab_wait 5 dns_has_finding "$VOUCHED_TOO" "dnswl:$(zone_of wl-10 later)"
check "mail flows" lab_send 198.51.100.202 "$MX4" before-the-turn
check "it arrives" lab_wait 10 lab_delivered before-the-turn

# --- the turn ------------------------------------------------------------------------------------

for way in "${BLOCKLISTS[@]}" "${ALLOWLISTS[@]}"; do
    go_bad "$way" "$(zone_of "$way" later)"
done
{ points && entry "$CAME" && entry "$OTHER_CODE" 127.0.0.77; } | nsd_zone changing.nsd.example
nsd_reload
printf '%s\n' "\$TTL 300" ':2:everybody' 0.0.0.0/1 128.0.0.0/1 | dns_zone "$(zone_of world later)" ip4set
dns_reload
kill -s STOP "$MUTE"
kill "$DYING" "$LAME_SERVER"
wait "$DYING" "$LAME_SERVER" 2>/dev/null
# The delegation stands; who it leads to knows of no such zone any more.
served "$LAME/53" another.example "$(zone_of lame later)"
lists_everybody()
{
    [ "$(dns_ask "$DNS_PORT" "9.9.9.9.$(zone_of world later)")" = 127.0.0.2 ] &&
        [ "$(dns_ask "$NSD_PORT" "9.9.9.9.$(zone_of everybody later)")" = 127.0.0.2 ]
}
check "lists have gone bad, each in its own way" lab_wait 10 lists_everybody
since=$SECONDS
for i in 210 211 212 213 214 215; do
    check "198.51.100.$i, which nobody has listed, is served" dns_mail "198.51.100.$i"
done
check "mail flows" lab_send 198.51.100.203 "$MX4" in-the-turn

all_open()
{
    lab_ctl dnsbl --json | jq -es 'flatten | map(select(.state != "open") | .name) | sort ==
        ["changing.nsd.example", "good.nsd.example"]' >/dev/null
}
# A probe begins up to an eighth of a period late, and silence is believed the second time.
check "within a probe's period all of them are opened" lab_wait $((PERIOD + 6)) all_open
echo "# after $((SECONDS - since)) s"
for way in "${BLOCKLISTS[@]}" "${ALLOWLISTS[@]}" lame mute dying world; do
    zone=$(zone_of "$way" later)
    words=$(dns_list "$zone" last_error | jq -r .words)
    check "$zone: $words" grep -qE "${WORDS[$way]}" <<<"$words"
done
check "what rested on them is withdrawn, what others say stands" \
    lab_wait 5 are_blocked "$GOOD" "$BOT"
check_equal "nobody else is blocked" "$(blocked)" "$GOOD $BOT"
check_more "status names them" "$(lab_status '.notes[]' | grep -c 'is not believed: ')" 27
for i in 210 211 212 213 214 215; do
    check "198.51.100.$i may come again" lab_bot "198.51.100.$i" "$MX4" connect
done
for way in "${!ON[@]}"; do
    check "who was on $(zone_of "$way" later) is served" dns_mail "${ON[$way]}"
done

# --- and after it --------------------------------------------------------------------------------

check "mail still flows" lab_send 198.51.100.204 "$MX4" after-the-turn
check "it arrives" lab_wait 10 lab_delivered after-the-turn
check "and that from the turn" lab_wait 10 lab_delivered in-the-turn
for client in "$VOUCHED" "$VOUCHED_TOO" "$GOOD_TOO"; do
    dns_mail "$client"
    check "the good list blocks $client, for whom nobody vouches" lab_wait 10 is_blocked "$client"
done
check "a client that its list has left out meanwhile is served" dns_mail "$LEFT"
check "so is one whose code the configuration does not know" dns_mail "$OTHER_CODE"
dns_mail "$CAME"
check "one that came to the list meanwhile is blocked" lab_wait 5 is_blocked "$CAME"
check_exit 3 "and refused at its next SYN" lab_bot "$CAME" "$MX4" connect
check "all are blocked who should be, and nobody else" lab_wait 5 are_blocked "$GOOD" "$GOOD_TOO" \
    "$BOT" "$VOUCHED" "$VOUCHED_TOO" "$CAME"
check "mxdpd ends well" lab_agent_stop
lab_done
