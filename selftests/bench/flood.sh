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
ROUNDS=${ROUNDS:-3}
RATES=${RATES:-0pause 100000 300000 1000000 0}
PARALLEL=8
FILTERS="nothing nftables mxdp"
# shellcheck disable=SC2034 # bench.sh keeps the samples there
BENCH_SAMPLES=$LAB/samples


second_wire()
{
    lab_namespace flooder
    ip -n flooder link add eth0 type veth peer name eth1 netns mta address "$TO_MAC"
    ip -n flooder link set eth0 up
    ip -n mta link set eth1 up
    lab_in flooder ethtool -K eth0 gro on
    lab_in mta ethtool -K eth1 gro on
}

listed()
{
    lab_ctl feeds list --json 2>/dev/null | jq -e '.state == "ok"' >/dev/null
}

filter_on()
{
    case $1 in
    mxdp)
        lab_agent eth1 || return 1
        lab_wait 30 listed
        ;;
    nftables)
        {
            echo 'table netdev bench {'
            sed -e 1d -e '$d' "$(list 1000000 nft)"
            echo ' chain early { type filter hook ingress device "eth1" priority -500; ip saddr @bench drop; }'
            echo '}'
        } >"$LAB/nft"
        lab_in mta nft -f "$LAB/nft"
        ;;
    esac
}

filter_off()
{
    case $1 in
    mxdp) lab_agent_stop ;;
    nftables) lab_in mta nft delete table netdev bench ;;
    esac
}

# steps FILTER: each rate in turn; samples FILTER.RATE.mails, .banner and .sent.
steps()
{
    local rate pid mails banner

    filter_on "$1" >&2 || return 1
    for rate in $RATES; do
        pid=
        if [ "$rate" != 0pause ]; then
            nsenter --net=/run/netns/flooder -- taskset -c "$BENCH_CPU" "$TOOLS/drop" pace eth0 \
                "$rate" 1000000 10000 "$TO_MAC/$MX4" >"$LAB/sent" &
            pid=$!
        fi
        read -r mails banner < <(lab_in wan taskset -c 0 "$TOOLS/goodput" "$MX4" "$SECONDS_EACH" \
            "$PARALLEL" 198.51.100.10) || return 1
        if [ -n "$pid" ]; then
            kill "$pid"
            wait "$pid" || return 1
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

# shellcheck disable=SC2046 # three figures
tell()
{
    local filter rate

    for filter in $FILTERS; do
        for rate in $RATES; do
            spread "$filter, $(name_of "$rate"): mail" /s \
                "messages accepted; $(rounded "$(median "$filter.$rate.sent")") SYNs a second came" \
                $(quartiles "$filter.$rate.mails")
            spread "$filter, $(name_of "$rate"): banner" ms "99th percentile from connect()" \
                $(quartiles "$filter.$rate.banner")
        done
    done
}

lab_network
second_wire
cat >"$LAB/mxdp.conf" <<END
feed "list" {
    url = "file://$(list 1000000 plain)"
    action = drop
}
END
lab_postfix_config
sed -i 's/^smtpd_client_restrictions.*/smtpd_client_restrictions =/' "$LAB/postfix/etc/main.cf"
: >"$LAB/mail.log"
lab_in mta taskset -c "0-$((BENCH_CPU > 0 ? BENCH_CPU - 1 : 0))" postfix -c "$LAB/postfix/etc" start \
    >"$LAB/postfix.out" 2>&1 || lab_die "Postfix does not start: $(cat "$LAB/postfix.out" "$LAB/mail.log")"
lab_wait 10 lab_listens || lab_die "Postfix does not listen: $(cat "$LAB/mail.log")"
# shellcheck disable=SC2086 # a list of words
turns "$ROUNDS" steps $FILTERS || lab_die "a step failed: $(tail -n 3 "$LAB/mxdpd.log" 2>&1)"
tell
worst=${RATES##* }
target "mail at the highest flood / without one, mxdp" "$(awk -v a="$(median "mxdp.$worst.mails")" \
    -v b="$(median mxdp.0pause.mails)" 'BEGIN { printf "%.2f", b ? a / b : 0 }')" x least 0.8
for filter in nothing nftables; do
    row "mail at the highest flood / without one, $filter" "$(awk -v a="$(median "$filter.$worst.mails")" \
        -v b="$(median "$filter.0pause.mails")" 'BEGIN { printf "%.2f", b ? a / b : 0 }')" x ""
done
