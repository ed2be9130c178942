#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every kind of interface that a mail server may hang on, each with a bot that betrays itself
# through it: what mxdpd gets there, and that the next SYN dies. For a guest (boot.sh): it wants
# the kernel's modules, and a virtio card that nobody else uses.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_inside || exec 9</proc/self/ns/net # where the card is
lab_enter "$@"
lab_up

# What this kernel should give: libxdp's dispatcher in both, tcx from 6.6 on.
case $(uname -r) in
6.1.*) EGRESS=clsact OLD=1 ;;
*) EGRESS=tcx OLD='' ;;
esac
LISTEN=()

# wire NAME: NAME in mta, its other end w-NAME in wan.
wire()
{
    ip -n wan link add "w-$1" type veth peer name "$1" netns mta
    ip -n wan link set "w-$1" up
    ip -n mta link set "$1" up
}

# address N DEV WAN_DEV: a network 203.0.N.0/24 over them, and the way back to its bots, which are
# 198.51.100.N and the one a hundred above: an unblock gives a grace of a day.
address()
{
    ip -n wan addr add "203.0.$1.1/24" dev "$3"
    ip -n mta addr add "203.0.$1.25/24" dev "$2"
    ip -n mta route add "198.51.100.$1" via "203.0.$1.1" dev "$2"
    ip -n mta route add "198.51.100.$(($1 + 100))" via "203.0.$1.1" dev "$2"
    LISTEN+=("203.0.$1.25")
}

devices()
{
    wire tagged
    for ns in wan mta; do
        dev=tagged
        [ $ns = mta ] || dev=w-tagged
        ip -n $ns link add link $dev name vlan5 type vlan id 5
        ip -n $ns link set vlan5 up
    done
    address 114 vlan5 vlan5

    wire leg0
    wire leg1
    ip -n mta link set leg0 down
    ip -n mta link set leg1 down
    ip -n mta link add bond7 type bond mode active-backup miimon 100
    ip -n mta link set leg0 master bond7
    ip -n mta link set leg1 master bond7
    ip -n mta link set bond7 up
    address 115 bond7 w-leg0

    wire port0
    ip -n mta link add bridge7 type bridge stp_state 0 forward_delay 0
    ip -n mta link set port0 master bridge7
    ip -n mta link set bridge7 up
    address 116 bridge7 w-port0

    wire jumbo
    ip -n wan link set w-jumbo mtu 9000
    ip -n mta link set jumbo mtu 9000
    address 117 jumbo w-jumbo

    ip -n mta link add dummy7 type dummy
    ip -n mta link set dummy7 up

    lab_in mta "$LAB_BUILD/selftests/kernels/smtp" "$MX_NAME" "${LISTEN[@]}" &
    SERVER=$!
    trap 'kill $SERVER' EXIT
}

how()
{
    lab_status ".interfaces[] | select(.name == \"$1\") | .how"
}

# gets DEV MODE
gets()
{
    check_equal "$1: $2 XDP, egress by $EGRESS" "$(how "$1")" \
        "$2 XDP, through libxdp's dispatcher; egress by $EGRESS"
}

# connects N [SOURCE]
connects()
{
    lab_bot "198.51.100.${2:-$1}" "203.0.$1.25" connect
}

# judges N DEV: a bot's session over that device, and what follows.
judges()
{
    local source=198.51.100.$1 server=203.0.$1.25

    check "$2: the server can be reached" lab_wait 10 connects "$1"
    check_exit 0 "$2: a bot's first session" lab_bot "$source" "$server" helo "[$server]"
    check "$2: it is judged" lab_wait 5 lab_blocked_for "$source" helo-our-address
    check_exit 4 "$2: its next SYN is dropped" lab_bot "$source" "$server" connect
    check "$2: unblocked" lab_ctl unblock "$source"
    check_exit 0 "$2: it connects" lab_bot "$source" "$server" connect
}

on_leg1()
{
    ip -n mta -d link show bond7 | grep -q 'active_slave leg1'
}

each_kind()
{
    lab_agent vlan5 bond7 bridge7 jumbo dummy7 || lab_die "mxdpd does not start"
    gets eth0 native
    gets jumbo native
    gets bond7 native
    gets vlan5 generic
    gets bridge7 generic
    gets dummy7 generic
    judges 114 vlan5
    judges 115 bond7
    judges 116 bridge7
    judges 117 jumbo
    ip -n mta link set leg0 down
    check "bond7: on its other leg" lab_wait 10 on_leg1
    gets bond7 native
    check "SIGTERM ends it" lab_agent_stop
    for dev in eth0 vlan5 bond7 bridge7 jumbo dummy7; do
        check_equal "$dev: nothing is attached" "$(programs_on $dev)" 0
    done
}

programs_on()
{
    local hooks

    hooks=$(lab_in mta "$LAB_BUILD/selftests/lab/attached" "$1") || lab_die "cannot count programs"
    echo $((hooks + $(lab_in mta tc filter show dev "$1" egress 2>/dev/null | grep -c mxdp)))
}

# The gate on the card below, where the tag of vlan5 is gone in front of XDP, or not.
under_the_tag()
{
    lab_agent --mode monitor tagged || lab_die "mxdpd does not start"
    gets tagged native
    check_equal "it begins by watching" "$(lab_status .mode)" monitor
    check_exit 0 "a bot's first session" lab_bot 198.51.100.214 203.0.114.25 helo "[203.0.114.25]"
    check "tagged: judged by its card" lab_wait 5 lab_blocked_for 198.51.100.214 helo-our-address
    check_exit 0 "monitor mode drops nothing" connects 114 214
    check_more "it counts" "$(lab_fate syn-monitored)" 0
    check "mode enforce" lab_ctl mode enforce
    check_exit 4 "tagged: dropped, the tag taken off by the card" connects 114 214
    check "a reset instead" lab_ctl block 198.51.100.214 --for 1h --action reset
    check_exit 4 "tagged: a reset would leave untagged: silent" connects 114 214
    lab_in mta ethtool -K tagged rxvlan off txvlan off
    lab_in wan ethtool -K w-tagged rxvlan off txvlan off
    check_exit 4 "tagged: dropped, the tag in the frame" connects 114 214
    check "SIGTERM ends it" lab_agent_stop
    check_exit 0 "it connects" connects 114 214
}

room()
{
    lab_in mta "$LAB_BUILD/selftests/lab/kernel_room" "$@"
}

# A real driver with a limit: virtio's XDP knows large frames since 6.3 only.
card()
{
    nsenter --net=/proc/self/fd/9 -- ip link set dev eth0 netns $$ ||
        { not_ok "a virtio card to attach to" && return; }
    ip link set dev eth0 netns mta name card
    ip -n mta link set card mtu 9000 up
    if [ -n "$OLD" ]; then
        check_exit 1 "card: native XDP with an MTU of 9000 is refused" \
            room attach card native "$PIN_DIR"
        cp "$LAB/check.out" "$LAB/said"
        check "card: in words that help: $(head -n 1 "$LAB/said")" \
            grep -q "card' .*lower the MTU.*generic" "$LAB/said"
        check "card: generic XDP serves" room attach card auto "$PIN_DIR"
        cp "$LAB/check.out" "$LAB/said"
        check "card: and is said" grep -q '^card: generic XDP' "$LAB/said"
        check "a sweep" room sweep "$PIN_DIR"
        ip -n mta link set card mtu 1500
    fi
    check "card: native XDP" room attach card native "$PIN_DIR"
    cp "$LAB/check.out" "$LAB/said"
    check "card: and is said" grep -q '^card: native XDP' "$LAB/said"
    check "a sweep" room sweep "$PIN_DIR"
}

devices
each_kind
under_the_tag
card
lab_done
