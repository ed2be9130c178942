#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# explain of a domain that sends from elsewhere: what stands against the networks of its SPF record,
# with NSD as the whole world's.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

V4=198.51.100
V6=2001:db8:100

printf '%s\n' "@ MX 10 mx" "mx A $V4.10" "@ A $V4.11" \
    '@ TXT "v=spf1 include:pool.sender.example ip4:198.51.100.12 -all"' \
    "pool TXT \"v=spf1 ip4:$V4.32/28 ip6:$V6:40::/60 ~all\"" "bare A $V4.13" \
    'twice TXT "v=spf1 -all"' 'twice TXT "v=spf1 ~all"' |
    nsd_zone sender.example
nsd_start

cat >>"$LAB/mxdp.conf" <<END
dns {
    stubs = {"sender.example=127.0.0.1@$NSD_PORT"}
    timeout = 2s
}
dns_checks = yes
allow_senders = no
END
lab_agent || lab_die "mxdpd does not start"
check "a block in the pool" lab_ctl block $V4.40 --for 1h --reason "a test"
check "and one of an address that stands alone" lab_ctl block $V4.12 --for 1h --action reset
check "and one beside it" lab_ctl block $V4.50 --for 1h

lab_ctl explain sender.example --json >"$LAB/sender.json"
state()
{
    jq -rs --arg addr "$1" \
        '[.[] | select(.about == "state" and .addr == $addr and .ports == "mx")][0].fate' \
        "$LAB/sender.json"
}
check_equal "its MX passes" "$(state $V4.10)" syn-clean
check_equal "so does its own address" "$(state $V4.11)" syn-clean
check_equal "the address in its record does not" "$(state $V4.12)" syn-reset
check_equal "of its pool is told what lies inside" \
    "$(jq -rs '[.[] | select(.about == "inside") | .addr] | unique | join(" ")' "$LAB/sender.json")" \
    "$V4.40"
check_equal "how many there are" \
    "$(jq -rs '[.[] | select(.about == "spf")][0] | "\(.shown) \(.left_out)"' "$LAB/sender.json")" \
    "3 0"

lab_ctl explain sender.example >"$LAB/words"
check "in words" grep -q '^spf  *3 addresses and networks' "$LAB/words"
check "with the IPv6 network" grep -q "$V6:40::/60" "$LAB/words"
check "and what is inside of which" grep -q "$V4.40.*in $V4.32/28" "$LAB/words"

lab_ctl explain bare.sender.example >"$LAB/words"
check "a domain without a record" grep -q '^spf  *none' "$LAB/words"
lab_ctl explain twice.sender.example >"$LAB/words"
check "one with two of them" grep -q '^spf  *broken' "$LAB/words"
kill "$(cat "$DNS_DIR/nsd.pid" 2>/dev/null)" 2>/dev/null
lab_done
