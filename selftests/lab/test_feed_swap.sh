#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thousand swaps of feed sets under a flood of SYNs through a real interface, half of them from
# sources that every set lists, half from their neighbours that none lists: not one listed SYN
# passes, not one other is dropped. What passes XDP is counted by nftables, one by one.
#
# Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

SWAPS=1000
PORTS="40000 40001 40002 40003 40004 40005" # source ports: what each says stands in feed_swap.c

rules()
{
    local port

    echo "table netdev count {"
    for port in $PORTS; do
        echo "counter v4_$port { }; counter v6_$port { }"
    done
    echo "chain passed { type filter hook ingress device eth0 priority 0;"
    for port in $PORTS; do
        echo "ip protocol tcp tcp sport $port counter name v4_$port drop"
        echo "ip6 nexthdr tcp tcp sport $port counter name v6_$port drop"
    done
    echo "}"
    echo "}"
}

# passed FAMILY PORT: how many of them passed XDP.
passed()
{
    lab_in mta nft -j list counter netdev count "v$1_$2" |
        jq '[.nftables[].counter.packets // empty] | add'
}

# sent FAMILY PORT
sent()
{
    awk -v port="$2" -v column=$(($1 == 4 ? 2 : 3)) '$1 == port { print $column }' "$LAB/sent"
}

rules >"$LAB/count.nft"
check "nftables counts what passes" lab_in mta nft -f "$LAB/count.nft"
if lab_in mta "$LAB_BUILD/selftests/lab/feed_swap" eth0 "$PIN_DIR" /run/netns/third "$MX4" "$MX6" \
    "$SWAPS" >"$LAB/sent" 2>"$LAB/swaps"; then
    ok "$(grep swaps "$LAB/swaps"), and every SYN arrived"
else
    not_ok "$SWAPS swaps: $(cat "$LAB/swaps")"
fi

for family in 4 6; do
    for port in 40000 40001; do
        check_equal "IPv$family, before a set is in force, all pass" \
            "$(passed $family $port)" "$(sent $family $port)"
    done
    check_more "IPv$family, SYNs in the flood, $(sent $family 40003) listed and as many others" \
        "$(sent $family 40003)" "$SWAPS"
    check_equal "IPv$family, of the listed ones none passed" "$(passed $family 40003)" 0
    check_equal "IPv$family, of the others none was dropped" \
        "$(passed $family 40002)" "$(sent $family 40002)"
    for port in 40004 40005; do
        check_equal "IPv$family, after the last set is taken away, all pass" \
            "$(passed $family $port)" "$(sent $family $port)"
    done
done
check_equal "nothing stays attached" "$(lab_programs)" 0
lab_done
