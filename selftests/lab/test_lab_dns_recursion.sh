#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The default: no resolver is named, and mxdpd asks the root and follows it by itself. Here the mail
# server's own lo bears the root servers' addresses; a real NSD there delegates to another, and that
# one to a real rbldnsd, and for one zone to a server that does not know it.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

# As of the root hints that resolvers bring along (IANA); the old and the new address of b.
ROOT=(198.41.0.4 170.247.170.2 199.9.14.201 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241
    192.112.36.4 198.97.190.53 192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33
    2001:503:ba3e::2:30 2001:500:200::b 2801:1b8:10::b 2001:500:2::c 2001:500:2d::d 2001:500:a8::e
    2001:500:2f::f 2001:500:12::d0d 2001:500:1::53 2001:7fe::53 2001:503:c27::2:30 2001:7fd::1
    2001:500:9f::42 2001:dc3::35)
EXAMPLE=192.0.2.53 # the servers of "example", of the list, and the one that does not know its zone
LIST=192.0.2.54
LAME=192.0.2.55

for addr in "${ROOT[@]}" "$EXAMPLE" "$LIST" "$LAME"; do
    [[ "$addr" == *:* ]] && length=128 || length=32
    ip -n mta addr add "$addr/$length" dev lo
done

# zone_file NAME TTL: a zone's file from standard input, behind its SOA.
zone_file()
{
    mkdir -p "$DNS_DIR/$1"
    {
        printf '%s\n' "\$TTL 300" '@ SOA ns. hostmaster. 1 3600 600 86400 5'
        cat
    } >"$DNS_DIR/$1/zone"
}

# nsd_for NAME ZONE ADDR...: an NSD of its own at these addresses, port 53.
nsd_for()
{
    local name=$1 zone=$2 addr
    shift 2
    {
        echo 'server:'
        printf '    ip-address: %s@53\n' "$@"
        cat <<END
    username: ""
    chroot: ""
    database: ""
    pidfile: ""
    zonesdir: "$DNS_DIR/$name"
    xfrdir: "$DNS_DIR/$name"
    xfrdfile: "$DNS_DIR/$name/xfrd"
    zonelistfile: "$DNS_DIR/$name/list"
    server-count: 1
remote-control:
    control-enable: no
zone:
    name: "$zone"
    zonefile: zone
END
    } >"$DNS_DIR/$name/conf"
    nsenter --net=/run/netns/mta -- nsd -d -c "$DNS_DIR/$name/conf" >"$DNS_DIR/$name/out" 2>&1 &
    addr=$1
    lab_wait 10 answers "$addr" "$zone" || lab_die "NSD does not answer: $(cat "$DNS_DIR/$name/out")"
}

answers()
{
    dns_ask "$1/53" "$2" SOA | grep -q hostmaster
}

zone_file root <<END
@ NS a.root-servers.net.
a.root-servers.net. A ${ROOT[0]}
example. NS ns.example.
ns.example. A $EXAMPLE
END
nsd_for root . "${ROOT[@]}"
zone_file example <<END
@ NS ns.example.
ns.example. A $EXAMPLE
bl.lab.example. NS ns.bl.lab.example.
ns.bl.lab.example. A $LIST
lame.lab.example. NS ns.lame.lab.example.
ns.lame.lab.example. A $LAME
END
nsd_for example example "$EXAMPLE" "$LAME"
dns_zone bl.lab.example ip4set <<'END'
$TTL 120
$NS 120 ns.bl.lab.example
:2:$ is listed by the laboratory
127.0.0.2
198.51.100.7
END
dns_server "$LIST/53" "${DNS_ZONES[@]}"

cat >>"$LAB/mxdp.conf" <<'END'
dns { timeout = 2s }
dns_checks = no
list "bl.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} }
list "lame.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} probe = 10s }
END
lab_agent || lab_die "mxdpd does not start"
check "from the root on, the list is found and passes its test entries" \
    lab_wait 20 dns_believed bl.lab.example
check "a listed client's mail is still taken" dns_mail 198.51.100.7
check "it is blocked" lab_wait 10 lab_blocked_for 198.51.100.7 dnsbl
check_exit 3 "its next SYN is refused" lab_bot 198.51.100.7 "$MX4" connect
check "who is not listed is served" dns_mail 198.51.100.26
check "and may come again" lab_bot 198.51.100.26 "$MX4" connect
check "a list with a lame delegation is open" lab_wait 30 dns_state lame.lab.example open
check_equal "and blocks nobody" "$(lab_ctl list --json | jq -rs 'flatten | length')" 1
lab_done
