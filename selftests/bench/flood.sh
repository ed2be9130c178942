#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# flood: what is left of mail while a flood of SYNs from blocked sources grows, to as many as the
# machine can make. Good senders (goodput.c) talk to a real Postfix over eth0; the flood of 10,000
# of a million listed sources (drop.c) comes over eth1, from the last CPU, which also does all that
# the kernel makes of it. Postfix and the senders have the others.
#
#   nothing    no filter: SYN cookies and backlog are Linux's own
#   nftables   netdev ingress, a set of the million
#   mxdp       mxdpd on both interfaces, with the million as a list
#   floor      a bare XDP_DROP on eth1: what the flood itself leaves, whoever stops it
#
# The less a SYN costs whoever stops it, the more of them come: the generator, the wire and what
# two busy CPUs take from each other are in each line, and in the floor alone.
#
# Prints rows for scripts/bench. SECONDS_EACH, ROUNDS and RATES (a second; 0: as many as go) can be
# set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"
# shellcheck source=selftests/bench/syns.sh
. "$(dirname "$0")/syns.sh"

SECONDS_EACH=${SECONDS_EACH:-2}
ROUNDS=${ROUNDS:-4}
RATES=${RATES:-0pause 100000 1000000 0}
PARALLEL=8
FILTERS="nothing nftables mxdp floor"

listed()
{
    [ "$(lab_ctl feeds list --json 2>/dev/null | jq .in_force)" = true ]
}

filter_on()
{
    case $1 in
    mxdp)
        lab_agent eth1 || return 1
        lab_wait 30 listed
        ;;
    nftables) nft_ingress mta 1000000 eth1 ;;
    floor) lab_in mta "$TOOLS/drop" attach eth1 bare_drop ;;
    esac
}

filter_off()
{
    case $1 in
    mxdp) lab_agent_stop ;;
    nftables) lab_in mta nft delete table netdev bench ;;
    floor) ip -n mta link set dev eth1 xdpdrv off ;;
    esac
}

# What the step before has left is not this one's work.
delivered()
{
    [ -z "$(find "$LAB/postfix/queue"/{maildrop,incoming,active} -type f -print -quit)" ]
}

# good_mail SECONDS: messages a second, and the banner's milliseconds.
good_mail()
{
    lab_in wan taskset -c "$BENCH_OTHERS" "$TOOLS/goodput" "$MX4" "$1" "$PARALLEL" 198.51.100.10
}

# steps FILTER: each rate in turn; samples FILTER.RATE.mails, .banner and .sent.
steps()
{
    local rate pid mails banner

    filter_on "$1" >&2 || lab_die "$1 cannot be put up"
    good_mail 1 >"$LAB/warm" || lab_die "$1: no mail gets through"
    for rate in $RATES; do
        lab_wait 60 delivered || lab_die "$1: Postfix does not deliver what it has accepted"
        pid=
        if [ "$rate" != 0pause ]; then
            nsenter --net=/run/netns/flooder -- taskset -c "$BENCH_CPU" "$TOOLS/drop" pace eth0 \
                "$rate" 1000000 10000 "$TO_MAC/$MX4" >"$LAB/sent" &
            pid=$!
        fi
        read -r mails banner < <(good_mail "$SECONDS_EACH") ||
            lab_die "$1: no mail gets through at $rate SYNs a second"
        if [ -n "$pid" ]; then
            kill "$pid"
            wait "$pid" || lab_die "$1: the flood of $rate SYNs a second failed"
        else
            echo 0 >"$LAB/sent"
        fi
        printf '%s\n' "$rate.mails $mails" "$rate.banner $banner" "$rate.sent $(cat "$LAB/sent")"
    done
    filter_off "$1" >&2
}

name_of()
{
    case $1 in
    0pause) echo "no flood" ;;
    0) echo "all that goes" ;;
    *) echo "$1 SYNs a second" ;;
    esac
}

shown()
{
    case $1 in
    floor) echo "a bare XDP_DROP" ;;
    *) echo "$1" ;;
    esac
}

# shellcheck disable=SC2046 # three figures
tell()
{
    local filter rate

    for filter in $FILTERS; do
        for rate in $RATES; do
            spread "$(shown "$filter"), $(name_of "$rate"): mail" /s \
                "messages accepted; $(rounded "$(middle quartiles "$filter.$rate.sent")") SYNs a second came" \
                $(quartiles "$filter.$rate.mails")
            spread "$(shown "$filter"), $(name_of "$rate"): banner" ms "99th percentile from connect()" \
                $(quartiles "$filter.$rate.banner")
        done
    done
}

lab_network
flood_wire flooder mta eth1
list_config "$(list 1000000 plain)" >"$LAB/mxdp.conf"
lab_postfix_config
sed -i 's/^smtpd_client_restrictions.*/smtpd_client_restrictions =/' "$LAB/postfix/etc/main.cf"
# No pauses of its own choice, no processes that end and start, and nothing that grows.
echo 'discard unix - - n - - discard' >>"$LAB/postfix/etc/master.cf"
printf '%s\n' "in_flow_delay = 0" "max_use = 1000000" "max_idle = 1h" "virtual_transport = discard:" \
    >>"$LAB/postfix/etc/main.cf"
lab_postfix_start taskset -c "$BENCH_OTHERS"
# shellcheck disable=SC2086 # a list of words
turns "$ROUNDS" steps $FILTERS || exit 1
tell
# kept FILTER: how much of the mail is left at the highest rate, turn by turn.
kept()
{
    ratio "$1.${RATES##* }.mails" "$1.0pause.mails"
}

read -r median low high < <(kept mxdp)
target "mail at the highest flood / without one, mxdp" "$(rounded "$median")" x least 0.8 \
    "$(rounded "$low")" "$(rounded "$high")"
# shellcheck disable=SC2046 # three figures
{
    for filter in nothing nftables floor; do
        spread "mail at the highest flood / without one, $(shown $filter)" x "" $(kept $filter)
    done
    spread "mail at the highest flood: mxdp / a bare XDP_DROP" x "" \
        $(ratio "mxdp.${RATES##* }.mails" "floor.${RATES##* }.mails")
}
