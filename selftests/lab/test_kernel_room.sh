#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel room on real interfaces: attaching, refusing, replacing without a gap, removing,
# sweeping up after a kill; netlink events; ending connections by cookie.
#
# Everything happens in a network and a mount namespace of its own with a private BPF file system:
# when this script ends, however it ends, the kernel takes all of it away.
set -u

HERE=$(cd "$(dirname "$0")" && pwd)
BUILD=${BUILD:-$HERE/../../build/selftests/lab}

if [ -z "${KERNEL_ROOM_INSIDE:-}" ]; then
    KERNEL_ROOM_INSIDE=1 exec unshare --net --mount --propagation private "$HERE/${0##*/}" "$@"
fi

ROOM=$BUILD/kernel_room
SOCKETS=$BUILD/kernel_sockets
PINS=/sys/fs/bpf/mxdp
LAYOUT=$(sed -n "s/^#define LAYOUT_VERSION //p" "$HERE/../../maps/live.h")
DIR=$(mktemp -d) || exit 1
OUT=$DIR/out
HELD=       # process id of the driver in the background
FAILED=0

cleanup()
{
    [ -z "$HELD" ] || kill -9 "$HELD" 2>/dev/null
    rm -rf "$DIR"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

ok()
{
    echo "ok - $1"
}

not_ok()
{
    echo "not ok - $1"
    sed 's/^/#     /' "$OUT"
    FAILED=$((FAILED + 1))
}

# run CMD...: shown, its output kept in $OUT.
run()
{
    echo "# $*" | sed "s|$BUILD/||"
    "$@" >"$OUT" 2>&1
}

# does WHAT CMD...: must succeed.
does()
{
    local what=$1
    shift
    if run "$@"; then ok "$what"; else not_ok "$what"; fi
}

# says WHAT PATTERN CMD...: must succeed and print a line that matches.
says()
{
    local what=$1 pattern=$2
    shift 2
    if run "$@" && grep -Eq "$pattern" "$OUT"; then ok "$what"; else not_ok "$what"; fi
}

# refuses WHAT PATTERN CMD...: must fail, with words that match.
refuses()
{
    local what=$1 pattern=$2
    shift 2
    if ! run "$@" && grep -Eq "$pattern" "$OUT"; then ok "$what"; else not_ok "$what"; fi
}

# holds WHAT CMD...: must become true within ten seconds.
holds()
{
    local what=$1 end=$((SECONDS + 10))
    shift
    echo "# until: $*"
    while ! "$@" >"$OUT" 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            not_ok "$what"
            return
        fi
        read -rt 0.05 <> <(:)
    done
    ok "$what"
}

state()
{
    says "$1" "^$3\$" "$ROOM" state "$2"
}

# Nothing of ours on the interface, for those who do not ask us: no XDP, no qdisc, no pins.
bare()
{
    state "$1: the hooks of $2 are free" "$2" "xdp none taps 0"
    if run tc qdisc show dev "$2" && ! grep -q clsact "$OUT"; then
        ok "$1: no clsact on $2"
    else
        not_ok "$1: no clsact on $2"
    fi
    if run bpftool net show dev "$2" && ! grep -q "^$2(" "$OUT"; then
        ok "$1: bpftool finds nothing on $2"
    else
        not_ok "$1: bpftool finds nothing on $2"
    fi
    refuses "$1: no pins" "No such file" ls "$PINS"
}

hold()
{
    rm -f "$DIR/held" # what the one before said is not this one's word
    "$ROOM" hold "$1" auto "$PINS" >"$DIR/held" 2>&1 &
    HELD=$!
    holds "an agent holds $1" grep -q ready "$DIR/held"
}

# Ends the held one with the signal; its exit code.
release()
{
    local status

    kill "-$1" "$HELD"
    wait "$HELD" 2>/dev/null
    status=$?
    HELD=
    return "$status"
}

watch_links()
{
    "$SOCKETS" watch >"$DIR/events" 2>&1 &
    HELD=$!
    holds "links are watched" grep -q ready "$DIR/events"
}

event()
{
    holds "event: $1" grep -qx "$1" "$DIR/events"
}

prepare()
{
    mount -t bpf bpf /sys/fs/bpf && ip link set lo up &&
        ip link add v0 type veth peer name v1 && ip link add w0 type veth peer name w1 &&
        ip link set v0 up && ip link set v1 up && ip link set w0 up && ip link set w1 up
}

test_attach()
{
    does "everything that a start needs is here" "$ROOM" preflight "$PINS"
    says "native XDP on veth" "^v0: native XDP" "$ROOM" attach v0 auto "$PINS"
    state "the gate and one tap are on v0" v0 "xdp gate/native taps 1"
    says "the maps are marked with their layout" "layout $LAYOUT " "$ROOM" live "$PINS"
    refuses "the same interface twice" "v0' is guarded already" "$ROOM" twice v0 "$PINS"
    state "and the first stays alone" v0 "xdp gate/native taps 1"
    refuses "an interface that is not" "no interface .nosuch0'" "$ROOM" attach nosuch0 auto "$PINS"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after a sweep" v0
    does "two interfaces under one object" "$ROOM" both v0 w0 "$PINS"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after both" v0
    bare "after both" w0
}

# Loopback stands for all devices whose driver knows no XDP; this one is of our namespace.
test_generic()
{
    refuses "native XDP where the driver has none" "lo' .*(native|refuses).*generic" \
        "$ROOM" attach lo native "$PINS"
    refuses "and nothing is pinned" "No such file" ls "$PINS"
    says "generic XDP instead" "^lo: generic XDP" "$ROOM" attach lo auto "$PINS"
    state "the gate is on lo" lo "xdp gate/generic taps 1"
    says "replaced in the mode that it is in" "^lo: generic XDP.*replaced" \
        "$ROOM" attach lo native "$PINS"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after generic" lo
}

test_replace()
{
    does "a first start" "$ROOM" attach v0 auto "$PINS"
    does "something is written to a map" "$ROOM" live-set "$PINS" "$LAYOUT" 4711
    says "twenty restarts, the hook never empty" "empty 0, wrong 0" "$ROOM" replace v0 "$PINS" 20
    says "what was in the map is in it" "heartbeat 4711" "$ROOM" live "$PINS"
    state "and there is one tap" v0 "xdp gate/native taps 1"
    refuses "maps of another size" "has room for 1024, the configuration wants 2048.*detach" \
        env VERDICTS_MAX=2048 "$ROOM" attach v0 auto "$PINS"
    does "the layout is made another" "$ROOM" live-set "$PINS" 99 4711
    says "maps of another layout are left behind" "native XDP.*replaced" \
        "$ROOM" attach v0 auto "$PINS"
    state "and there is one tap" v0 "xdp gate/native taps 1"
    says "fresh maps took their place" "layout $LAYOUT heartbeat 0" "$ROOM" live "$PINS"
    does "they are in use" "$ROOM" live-set "$PINS" "$LAYOUT" 4711
    does "taken over and taken off" "$ROOM" remove v0 "$PINS"
    state "the hooks are free" v0 "xdp none taps 0"
    says "the map stays for the next start" "heartbeat 4711" "$ROOM" live "$PINS"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after replacing" v0
}

# The tap cannot be attached: the XDP hook must be as it was before.
test_undo()
{
    local pin

    pin=$PINS/egress-$(ip -o link show v0 | cut -d: -f1)
    mkdir "$PINS" "$pin"
    refuses "a start without a tap" "cannot attach to the egress of .v0'" \
        "$ROOM" attach v0 auto "$PINS"
    state "leaves the hook free" v0 "xdp none taps 0"
    rmdir "$pin"
    does "a start" "$ROOM" attach v0 auto "$PINS"
    rm "$pin"
    mkdir "$pin"
    run "$ROOM" gate v0
    cp "$OUT" "$DIR/before"
    refuses "a restart without a tap" "cannot attach to the egress" "$ROOM" attach v0 auto "$PINS"
    if run "$ROOM" gate v0 && cmp "$DIR/before" "$OUT"; then
        ok "leaves the very program that was there"
    else
        not_ok "leaves the very program that was there"
    fi
    rmdir "$pin"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after undoing" v0
}

test_killed()
{
    hold v0
    release KILL
    state "killed, the gate and the tap stay" v0 "xdp gate/native taps 1"
    says "a sweep names what it removes" "removed: the gate (on|in the dispatcher of) v0" "$ROOM" sweep "$PINS"
    bare "after a kill" v0
    says "a second sweep finds nothing" "swept 0" "$ROOM" sweep "$PINS"
    hold v0
    does "told to end, it ends well" release TERM
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after its end" v0
}

test_gone()
{
    does "an interface comes" ip link add x0 type veth peer name x1
    hold x0
    does "and goes under the agent" ip link del x0
    does "which does not mind" release TERM
    if run ls "$PINS" && ! grep -q egress "$OUT"; then
        ok "no pin of its tap stays"
    else
        not_ok "no pin of its tap stays"
    fi
    does "a sweep" "$ROOM" sweep "$PINS"
}

test_foreign()
{
    does "somebody else's XDP program" "$ROOM" foreign v0
    refuses "is refused by name" "someone_else.*bpftool prog show id" \
        "$ROOM" attach v0 auto "$PINS"
    refuses "and nothing is pinned" "No such file" ls "$PINS"
    says "a sweep leaves it alone" "swept 0" "$ROOM" sweep "$PINS"
    state "it is still there" v0 "xdp foreign/native taps 0"
    does "taken off by its owner" ip link set dev v0 xdp off
}

test_clsact()
{
    says "clsact is made" "made 1" "$ROOM" clsact v0 "$PINS"
    says "a restart remembers who made it" "made 1" "$ROOM" clsact v0 "$PINS"
    state "one filter" v0 "xdp none taps 1"
    does "a sweep" "$ROOM" sweep "$PINS"
    bare "after clsact" v0

    says "clsact is made" "made 1" "$ROOM" clsact v0 "$PINS"
    does "somebody else comes to use it" "$ROOM" foreign-filter v0
    does "a sweep" "$ROOM" sweep "$PINS"
    state "our filter is gone" v0 "xdp none taps 0"
    says "the other one stays" "someone_else" tc filter show dev v0 egress
    says "clsact is not ours any more" "made 0" "$ROOM" clsact v0 "$PINS"
    does "a sweep" "$ROOM" sweep "$PINS"
    says "so it stays with its filter" "someone_else" tc filter show dev v0 egress
    does "its owner takes it off" tc qdisc del dev v0 clsact
    bare "after sharing clsact" v0
}

test_vlan()
{
    if ! ip link add link w0 name w0.5 type vlan id 5 2>/dev/null; then
        echo "skip - VLAN tags taken off before XDP: this kernel has no vlan device"
        return
    fi
    says "VLAN tags taken off before XDP are noticed" "vlan stripped" "$ROOM" attach w0 auto "$PINS"
    if ! ethtool -K w0 rxvlan off >/dev/null 2>&1; then
        echo "skip - VLAN tags left on: no ethtool"
    elif run "$ROOM" attach w0 auto "$PINS" && ! grep -q "vlan stripped" "$OUT"; then
        ok "and not where they are left on"
    else
        not_ok "and not where they are left on"
    fi
    does "a sweep" "$ROOM" sweep "$PINS"
    ip link del w0.5
}

test_preflight()
{
    refuses "without privilege" "CAP_NET_ADMIN \(to put programs on interfaces\): run as root" \
        setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$ROOM" preflight "$PINS"
    refuses "pins on a plain file system" "not on a BPF file system" "$ROOM" preflight "$DIR/pins"
    mount -t tmpfs tmpfs /sys/fs/bpf
    refuses "without bpffs" "mount -t bpf bpf /sys/fs/bpf" "$ROOM" preflight "$PINS"
    umount /sys/fs/bpf
    mount -t tmpfs tmpfs /sys/kernel/btf
    refuses "without BTF" "no BTF" "$ROOM" preflight "$PINS"
    umount /sys/kernel/btf
}

test_links()
{
    watch_links
    ip link add e0 type veth peer name e1
    ip link set e0 up
    ip link set e1 up
    event "up e0"
    ip address add 192.0.2.1/24 dev e0
    event "address 192.0.2.1"
    ip -6 address add 2001:db8::1/64 dev e0 # tentative for a second: it counts at once
    event "address 2001:db8::1"
    ip route add default via 192.0.2.254
    event "gateway 192.0.2.254"
    ip -6 route add 2001:db8:1::/48 via 2001:db8::fe
    event "gateway 2001:db8::fe"
    ip route add 198.51.100.0/24 nexthop via 192.0.2.253 nexthop via 192.0.2.252
    event "gateway 192.0.2.253"
    event "gateway 192.0.2.252"
    ip route add 203.0.113.0/24 via inet6 2001:db8::fd
    event "gateway 2001:db8::fd"

    says "a dump lists the interfaces" "^up e0$" "$SOCKETS" dump
    says "a dump lists the addresses" "^address 192.0.2.1$" "$SOCKETS" dump
    says "a dump lists the gateways" "^gateway 2001:db8::fe$" "$SOCKETS" dump
    says "all hops of them" "^gateway 192.0.2.252$" "$SOCKETS" dump

    # Asleep while more happens than its socket holds.
    kill -STOP "$HELD"
    for ((i = 0; i < 6000; i++)); do
        echo "address add 10.0.$((i / 250)).$((i % 250 + 1))/32 dev e0"
    done >"$DIR/batch"
    does "6000 addresses at once" ip -batch "$DIR/batch"
    kill -CONT "$HELD"
    event "overrun "

    ip address del 192.0.2.1/24 dev e0
    event "no-address 192.0.2.1"
    # Not e0: the 6000 addresses that go with it may crowd out its own going.
    ip link add e9 type veth peer name e8
    ip link del e9
    event "gone e9"
    ip link del e0
    release TERM
}

test_sockets()
{
    local kind

    for kind in v4 v6 mapped; do
        does "a live connection is ended ($kind)" "$SOCKETS" "destroy-$kind"
        does "one that is gone is not, and the listener lives ($kind)" "$SOCKETS" "gone-$kind"
    done
    sysctl -qw net.ipv4.tcp_syncookies=1
    says "no SYN cookies" "before 0 during 0 after 0" "$SOCKETS" cookies
    sysctl -qw net.ipv4.tcp_syncookies=2
    says "SYN cookies, until a minute after the last" "before 0 during 1 after 0" "$SOCKETS" cookies
}

if ! prepare >"$OUT" 2>&1; then
    not_ok "namespaces, veth and a BPF file system"
    exit 1
fi
for one in attach generic replace undo killed gone foreign clsact vlan preflight links sockets; do
    echo "# --- $one"
    "test_$one"
done
[ "$FAILED" = 0 ]
