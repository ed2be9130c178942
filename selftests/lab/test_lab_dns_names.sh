#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients' names in the DNS, with NSD as the whole world's: each check accuses who it is for and
# nobody else, over IPv4 and IPv6; a server that fails or is silent accuses nobody; where most clients
# seem to have no name, our own resolver is the suspect; and what is asked about a client is asked
# before it has said a word.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

V4=198.51.100
V6=2001:db8:100
SILENT_PORT=5302

# --- the world -----------------------------------------------------------------------------------

HOSTS=() PTR4=() PTR6=()

# The last nibble first, of 2001:db8:100:NUMBER::1 below 2001:db8::/32; NUMBER as it is written.
v6_label()
{
    local digits

    digits=$(printf '%04d' "$1")
    echo "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.${digits:3:1}.${digits:2:1}.${digits:1:1}.${digits:0:1}.0.0.1.0"
}

# ptr NUMBER NAME [NAME6]: what the clients with that number are called.
ptr()
{
    PTR4+=("$1 PTR $2.")
    PTR6+=("$(v6_label "$1") PTR ${3:-$2}.")
}

# host NUMBER LABEL [LABEL6]: a client of each family, with a name of its own that has its address.
host()
{
    ptr "$1" "$2.example.org" "${3:-$2}.example.org"
    HOSTS+=("$2 A $V4.$1" "${3:-$2} AAAA $V6:$1::1")
}

for number in 32 33 35 36 37 38 42 43 44 45; do
    host "$number" "c-$number"
done
host 40 mail
host 34 h51-100-34 h20010db8010000340000000000000001 # an access network names them so
ptr 31 elsewhere.example.org                         # which has another address
ptr 51 nobody-knows.broken.example                   # a name that cannot be looked up
ptr 52 never-answered.silent.example
printf '%s\n' "${HOSTS[@]}" "@ MX 10 mail" "elsewhere A 192.0.2.99" "elsewhere AAAA 2001:db8:99::1" \
    "nomail MX 0 ." "nomail A 192.0.2.8" "onlya A 192.0.2.7" "onlymx MX 10 mail" "net A $V4.250" |
    nsd_zone example.org
printf '%s\n' "mx A 192.0.2.25" "mx AAAA 2001:db8:77::25" | nsd_zone other.example
printf '%s\n' "@ A 192.0.2.26" "@ AAAA 2001:db8:77::26" "@ MX 10 mx" "mx A 192.0.2.27" \
    "mx AAAA 2001:db8:77::27" |
    nsd_zone bigmail.example
printf '%s\n' "${PTR4[@]}" | nsd_zone 100.51.198.in-addr.arpa
printf '%s\n' "${PTR6[@]}" | nsd_zone 8.b.d.0.1.0.0.2.ip6.arpa
nsd_broken broken.example
nsd_broken 50.100.51.198.in-addr.arpa
printf '%s\n' "\$TTL 300" "$(dns_points)" "$V4.60" | dns_zone bl.example ip4set
dns_start
dns_server "$SILENT_PORT" silent.example:ip4set:bl.example
kill -s STOP "$DNS_SERVER"
nsd_start

cat >>"$LAB/mxdp.conf" <<END
dns {
    stubs = {
        "bl.example=127.0.0.1@$DNS_PORT", "silent.example=127.0.0.1@$SILENT_PORT",
        "example.org=127.0.0.1@$NSD_PORT", "other.example=127.0.0.1@$NSD_PORT",
        "bigmail.example=127.0.0.1@$NSD_PORT", "broken.example=127.0.0.1@$NSD_PORT",
        "100.51.198.in-addr.arpa=127.0.0.1@$NSD_PORT",
        "8.b.d.0.1.0.0.2.ip6.arpa=127.0.0.1@$NSD_PORT"
    }
    timeout = 2s
}
dns_checks = yes
brands = {"bigmail.example=bigmail.example"}
list "bl.example" { kind = dnsbl convict = {"127.0.0.2"} families = {v4} }
END
lab_agent || lab_die "mxdpd does not start"
check "the list is believed" lab_wait 10 dns_believed bl.example

# --- who is accused, and who is not --------------------------------------------------------------

says()
{
    [ "$(dns_findings "$1" | tr ',' '\n' | sort | paste -sd ' ')" = "$2" ]
}

# expect NUMBER FINDINGS [HELO [FROM]]: of the clients with that number, in both families.
expect()
{
    local client

    for client in "$V4.$1" "$V6:$1::1"; do
        dns_mail "$client" "${3:-c-$1.example.org}" "${4:-}"
        check "$client as ${3:-c-$1.example.org}${4:+ from $4}: ${2:-nothing}" \
            lab_wait 10 says "$client" "$2"
    done
}

expect 40 "" mail.example.org
expect 42 ""
expect 43 "" onlymx.example.org
expect 44 "" c-44.example.org a@onlya.example.org
expect 30 rdns-missing net.example.org
expect 31 rdns-mismatch net.example.org
expect 32 helo-unresolvable nosuch.example.org
expect 33 helo-dns-mismatch mx.other.example
expect 35 "helo-brand-forgery helo-dns-mismatch" bigmail.example
expect 38 helo-dns-mismatch mx.bigmail.example # no brand's own name: no forgery
expect 36 sender-unresolvable c-36.example.org a@nosuch.example.org
expect 37 sender-unresolvable c-37.example.org a@nomail.example.org
check_more "which says itself that it takes no mail" \
    "$(lab_ctl log --json | grep -c 'takes no mail by its own word (null MX)')" 0
dns_mail "$V4.34" h51-100-34.example.org
check "three octets in a reverse name" lab_wait 10 says "$V4.34" helo-dynamic
dns_mail "$V6:34::1" h20010db8010000340000000000000001.example.org
check "an IPv6 address in one" lab_wait 10 says "$V6:34::1" helo-dynamic
dns_mail "$V4.45" h51-100-45.example.org
check "in a name that is not the client's, nothing but that it is unknown" \
    lab_wait 10 says "$V4.45" helo-unresolvable

# Servers that fail, and one that is silent.
dns_mail "$V4.50" net.example.org
check "a reverse zone that fails accuses nobody" lab_wait 10 says "$V4.50" ""
expect 51 "" net.example.org
expect 52 "" net.example.org
expect 42 "" mx.broken.example a@broken.example
expect 43 "" mx.silent.example a@silent.example
check_equal "nobody is blocked for any of it" "$(lab_ctl list --json | jq -s 'flatten | length')" 0

# --- before a word is said -----------------------------------------------------------------------

# A listed client that only listens: it has the banner, and says nothing.
ip -n wan route add "$MX4/32" dev eth0 src "$V4.60"
nsenter --net=/run/netns/wan -- bash -c "exec 3<>/dev/tcp/$MX4/25 && read -r banner <&3 && exec sleep 30" &
LISTENER=$!
check "who has only heard the banner is blocked by a list" \
    lab_wait 5 lab_blocked_for "$V4.60" dnsbl
check "while it is still there" kill -0 "$LISTENER"
kill "$LISTENER"
wait "$LISTENER" 2>/dev/null
said_nothing()
{
    lab_ctl log --json | jq -es --arg client "$V4.60:" 'map(select(.event == "session" and
        (.client | startswith($client)))) | last | .helo == []' >/dev/null
}
check "it never said HELO" lab_wait 10 said_nothing

# --- the suspect ---------------------------------------------------------------------------------

PIDS=()
for number in {100..169}; do
    lab_bot "$V4.$number" "$MX4" helo net.example.org >/dev/null 2>&1 &
    PIDS+=($!)
    [ $((${#PIDS[@]} % 10)) != 0 ] || wait "${PIDS[@]: -10}"
done
suspects()
{
    lab_status '.notes[]' | grep -q 'have no reverse name.*the resolver is the suspect'
}
check "most clients seem to have no name: status suspects our own resolver" lab_wait 10 suspects
expect 170 "" net.example.org
expect 171 "" net.example.org
check "mxdpd ends well" lab_agent_stop
lab_done
