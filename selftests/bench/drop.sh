#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# drop: what a SYN of a blocked source costs until it is gone, one core doing all of it: drop.c
# makes the frames, a veth carries them, and at its other end stands
#
#   floor        a bare XDP_DROP; read: the same behind one random read of 256 MiB
#   mxdp-N       mxdpd as administrators run it, with a list of N addresses in force
#   xdp-filter   with as many sources as its map holds
#   ingress-N    nftables, netdev ingress, a set of N
#   inet-N       nftables, inet prerouting, before the connection tracker, a set of N
#   ipset-N      ipset hash:ip in iptables' raw table
#
# each in a pair of namespaces of its own, in turns. Twice each: from 10,000 of the listed sources
# ("few"), and from all of them, so that nearly every lookup is cold ("all"). A turn counts only if
# the frames went through the wire and none of them reached TCP.
#
# Prints rows for scripts/bench. FRAMES (of a turn) and ROUNDS can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"
# shellcheck source=selftests/bench/syns.sh
. "$(dirname "$0")/syns.sh"

FRAMES=${FRAMES:-500000}
ROUNDS=${ROUNDS:-9}
FEW=10000
CASES=()

set_up_xdp_filter()
{
    local filled

    lab_in "in-$1" xdp-filter load -p allow -f ipv4 -m native eth0 >&2 &&
        filled=$("$TOOLS/drop" fill /sys/fs/bpf/xdp-filter/filter_ipv4 "$FILTER_HOLDS" "$FEW") &&
        [ "$filled" -gt 0 ]
}

set_up_ipset()
{
    lab_in "in-$1" ipset restore -f "$(list "$(number_of "$1")" ipset)" &&
        lab_in "in-$1" iptables -w -t raw -A PREROUTING -m set --match-set bench src -j DROP
}

# set_up CASE: what cannot be had here becomes a row that says so.
set_up()
{
    wire "$1"
    case $1 in
    floor) lab_in "in-$1" "$TOOLS/drop" attach eth0 bare_drop ;;
    read) lab_in "in-$1" "$TOOLS/drop" attach eth0 one_read ;;
    mxdp-*) set_up_mxdp "$1" ;;
    xdp-filter) set_up_xdp_filter "$1" ;;
    ingress-*) nft_ingress "in-$1" "$(number_of "$1")" eth0 ;;
    inet-*) set_up_inet "$1" ;;
    ipset-*) set_up_ipset "$1" ;;
    esac 2>"$LAB/$1.err" >&2 || {
        missing "$1" "$(tail -n 1 "$LAB/$1.err")"
        return 0
    }
    CASES+=("$1")
}

turn()
{
    local few all

    if [ "$1" = generator ]; then
        few=$(pinned "$TOOLS/drop" flood - "$FRAMES" 10000000 "$FEW" "$TO_MAC/$MX4") || return 1
        echo "few $few"
        return
    fi
    few=$(flood "$1" "$FEW") && all=$(flood "$1" 4000000000) || return 1
    printf '%s\n' "few $few" "all $all"
}

name_of()
{
    case $1 in
    floor) echo "floor: a bare XDP_DROP" ;;
    read) echo "XDP_DROP behind one read of 256 MiB" ;;
    xdp-filter) echo "xdp-filter, as many as it holds" ;;
    mxdp-*) echo "mxdp, ${1#*-} listed" ;;
    ingress-*) echo "nftables ingress, ${1#*-} listed" ;;
    inet-*) echo "nftables inet, ${1#*-} listed" ;;
    ipset-*) echo "ipset in raw, ${1#*-} listed" ;;
    esac
}

# has CASE
has()
{
    [[ " ${CASES[*]} " == *" $1 "* ]]
}

# first quartiles|difference|ratio ...
first()
{
    rounded "$(middle "$@")"
}

# without_generator CASE: samples of the receiver's time alone, as CASE.own.
without_generator()
{
    less_samples "$1.few" generator.few >"$BENCH_SAMPLES/$1.own"
}

# shellcheck disable=SC2046 # three figures, or none
tell()
{
    local case drawn

    spread "the generator alone" ns "a frame; drawn and written, not sent" $(quartiles generator.few)
    for drawn in few all; do
        for case in "${CASES[@]}"; do
            spread "$drawn sources: $(name_of "$case")" ns "a frame, all of it" $(quartiles "$case.$drawn")
            [ "$case" = floor ] || spread "$drawn sources: $(name_of "$case"), over the floor" ns "" \
                $(difference "$case.$drawn" "floor.$drawn")
        done
    done
    for case in "${CASES[@]}"; do
        row "few sources: $(name_of "$case")" \
            "$(divide 1e3 "$(middle quartiles "$case.few")" 2)" M/s "packets of one core that also makes them"
    done
}

targets()
{
    local number case limit

    for number in 1M 10M; do
        has "mxdp-$number" && target "few sources: mxdp, $number listed, over the floor" \
            "$(first difference "mxdp-$number.few" floor.few)" ns most 40
    done
    limit=$(awk -v ns="$(first difference read.all floor.all)" 'BEGIN { printf "%.0f", ns + 40 }')
    has mxdp-10M && target "all sources: mxdp, 10M listed, over the floor" \
        "$(first difference mxdp-10M.all floor.all)" ns most "$limit"
    for case in mxdp-1M ingress-1M ipset-1M; do
        has "$case" && without_generator "$case"
    done
    has ingress-1M && target "packets a second: mxdp / nftables ingress, 1M, without the generator" \
        "$(first ratio ingress-1M.own mxdp-1M.own)" x least 4
    has ipset-1M && target "packets a second: mxdp / ipset, 1M, without the generator" \
        "$(first ratio ipset-1M.own mxdp-1M.own)" x least 5
    has ingress-1M && row "packets a second: mxdp / nftables ingress, 1M" \
        "$(first ratio ingress-1M.few mxdp-1M.few)" x "with the generator on the same core"
    has ipset-1M && row "packets a second: mxdp / ipset, 1M" \
        "$(first ratio ipset-1M.few mxdp-1M.few)" x "with the generator on the same core"
    return 0
}

for case in floor read mxdp-1k mxdp-1M mxdp-10M xdp-filter ingress-1k ingress-1M inet-1M ipset-1M; do
    set_up "$case"
done
for case in floor read mxdp-1M; do
    has "$case" || lab_die "$case: $(cat "$LAB/$case.err")"
done
turns "$ROUNDS" turn generator "${CASES[@]}" || lab_die "a turn failed"
tell
targets
