#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What must hold while agents come, fail and go, and while others change the machine under them: a
# start that fails takes nothing away, there is one agent for a set of pins, programs taken off are
# noticed and put back, and our addresses and gateways are known as they are.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

# Something that answers a SYN; what it would say does not matter here.
lab_in mta socat TCP4-LISTEN:25,fork,reuseaddr,backlog=100 SYSTEM:'sleep 1' 2>/dev/null &
listener=$!
trap 'kill $listener' EXIT

BAD=192.0.2.66
second=
guarded()
{
    check_exit 4 "$1" lab_forge syn --source $BAD --dest "${2:-$MX4}" --timeout 1
}
# The same as a condition to wait for.
drops()
{
    local status=0
    lab_forge syn --source "$BAD" --dest "$MX4" --timeout 1 >/dev/null 2>&1 || status=$?
    [ "$status" = 4 ]
}
answers()
{
    lab_forge syn --source "$BAD" --dest "$MX4" --timeout 1 >/dev/null 2>&1
}

# starts_not TEXT PATTERN OPTION...: by itself within 10 s, with an exit code of 1.
starts_not()
{
    local text=$1 pattern=$2
    shift 2
    check_exit 1 "$text" lab_in mta timeout -k 5 10 "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
        --pin-dir "$PIN_DIR" --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" --mode enforce "$@"
    cp "$LAB/check.out" "$LAB/said"
    check "it says why: $pattern" grep -Eq -- "$pattern" "$LAB/said"
}

attached_to()
{
    lab_in mta "$LAB_BUILD/selftests/lab/attached" "$1"
}
note()
{
    lab_status '.notes[]' | grep -Eq -- "$1"
}

echo "# a start that fails"
lab_wait 10 answers || lab_die "nobody listens"
lab_agent || lab_die "mxdpd does not start"
hooks=$(lab_programs)
check "a block" lab_ctl block $BAD --for 1h
guarded "it drops"
check "kill -9" lab_agent_kill
pins=$(lab_pins_left)
unharmed()
{
    check_equal "the programs stay" "$(lab_programs)" "$hooks"
    check_equal "the pins stay" "$(lab_pins_left)" "$pins"
    guarded "and drop"
}
rm -f "$LAB/mxdp.sock"
echo "somebody's file" >"$LAB/mxdp.sock"
starts_not "a file stands where the socket goes" 'mxdp\.sock' eth0
unharmed
check_equal "the file is untouched" "$(cat "$LAB/mxdp.sock")" "somebody's file"
rm "$LAB/mxdp.sock"
starts_not "the second interface does not exist" 'nosuch0' --handover eth0 nosuch0
unharmed

# Refused late, when the first interface has been taken over: a bridge has no native XDP.
ip -n mta link add bridge0 type bridge
ip -n mta link set bridge0 up
echo 'attach { xdp = native }' >"$LAB/native.conf"
starts_not "the second interface refuses the program" 'bridge0.*native' \
    --config "$LAB/native.conf" eth0 bridge0
unharmed
check_equal "nothing is on the one that refused" "$(attached_to bridge0)" 0
starts_not "the one that refuses comes first" 'bridge0.*native' \
    --config "$LAB/native.conf" bridge0 eth0
unharmed
ip -n mta link del bridge0

check "the next start takes over" lab_agent
check_equal "the verdict is still there" "$(lab_verdict $BAD)" manual

echo "# two agents"
starts_not "another mxdpd with the same pins, by another socket" 'another mxdpd.*pins' \
    --socket "$LAB/other.sock" eth0
check_equal "the first one's programs stay" "$(lab_programs)" "$hooks"
check "it answers" lab_ctl status
guarded "it drops"

ip -n mta link add v1 type veth peer name v1p
ip -n mta link set v1 up
agent2()
{
    nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
        --pin-dir /sys/fs/bpf/second \
        --state-dir "$LAB/state2" --socket "$LAB/second.sock" "$@" >"$LAB/second.log" 2>&1 &
    second=$!
}
second_ready()
{
    grep -q 'mxdpd: ready' "$LAB/second.log"
}
second_end()
{
    kill -s TERM "$second"
    wait "$second"
}
agent2 v1
check "an mxdpd with pins of its own, on another interface" lab_wait 10 second_ready
check_more "it is attached there" "$(attached_to v1)" 0
check "it ends" second_end
check_equal "its own goes" "$(attached_to v1)" 0
check_equal "the first one's programs stay" "$(lab_programs)" "$hooks"
agent2 eth0
check "with pins of its own, on the same interface" lab_wait 10 second_ready
check "the first one says so" lab_wait 10 note 'eth0 is not guarded: another mxdpd'
check "the other ends" second_end
check "the first one takes the interface back" lab_wait 10 drops
check_equal "as before" "$(lab_programs)" "$hooks"
ip -n mta link del v1

echo "# programs that somebody takes off"
take_off()
{
    ip -n mta link set dev eth0 xdp off
    ip -n mta link set dev eth0 xdpgeneric off
}
check "XDP is taken off" take_off
check "it is put back" lab_wait 10 lab_has_programs "$hooks"
guarded "it drops again"
check_equal "status knows" "$(lab_status '.interfaces[0].attached')" true
tap_pin()
{
    find "$PIN_DIR" -maxdepth 1 -name 'egress-*'
}
if [ -n "$(tap_pin)" ]; then
    check "the tap is taken off" rm "$(tap_pin)"
else
    check "the tap is taken off" ip netns exec mta tc filter del dev eth0 egress
fi
check "it is put back" lab_wait 10 lab_has_programs "$hooks"
lab_agent_stop
check_equal "SIGTERM: nothing is attached" "$(lab_programs)" 0

check "start" lab_agent
check "a block" lab_ctl block $BAD --for 1h
check "XDP is taken off" take_off
check "and a stranger's program comes in its place" lab_in mta "$LAB_BUILD/selftests/lab/pass" eth0
check "status says so" lab_wait 10 note 'eth0 is not guarded: .*not mxdp'
check_equal "and that it is not attached" "$(lab_status '.interfaces[0].attached')" false
check "the stranger's program goes" take_off
check "ours is put back" lab_wait 10 drops
check_equal "status knows" "$(lab_status '.interfaces[0].attached')" true

echo "# own addresses"
check "the address is on a second interface too" ip -n mta addr add "$MX4/32" dev lo
check "and goes there" ip -n mta addr del "$MX4/32" dev lo
# An address that comes and goes behind it: once that is known, so is what was before.
refused()
{
    ! lab_ctl block "$1" --for 1h >/dev/null 2>&1
}
accepted()
{
    lab_ctl block "$1" --for 1h >/dev/null 2>&1
}
check "a new own address" ip -n mta addr add 203.0.113.26/24 dev eth0
check "is never blocked" lab_wait 5 refused 203.0.113.26
guarded "the first one is still protected"
check "it goes" ip -n mta addr del 203.0.113.26/24 dev eth0
check "and may be blocked like others" lab_wait 5 accepted 203.0.113.26
check "two prefix lengths of one address" ip -n mta addr add "$MX4/32" dev eth0
check "one goes" ip -n mta addr del "$MX4/32" dev eth0
check "a new own address" ip -n mta addr add 203.0.113.27/24 dev eth0
check "is known" lab_wait 5 refused 203.0.113.27
guarded "the one with two lengths is still protected"

echo "# gateways"
check "a new gateway" ip -n mta route add 203.0.114.0/24 via 203.0.113.99
check "is never blocked" lab_wait 5 refused 203.0.113.99
check "the route goes" ip -n mta route del 203.0.114.0/24
check "and may be blocked then" lab_wait 10 accepted 203.0.113.99
check "the gateway of the other routes is still known" refused 203.0.113.1

echo "# messages of the kernel that are lost"
{
    for i in {1..250}; do
        for j in {1..12}; do echo "addr add 127.1.$j.$i/32 dev lo"; done
    done
    for i in {1..250}; do
        for j in {1..12}; do echo "addr del 127.1.$j.$i/32 dev lo"; done
    done
    # At the end, where nothing fits in any more.
    echo "addr del 203.0.113.27/24 dev eth0"
    echo "addr add 203.0.113.28/24 dev eth0"
} >"$LAB/storm"
kill -s STOP "$AGENT"
check "many changes while the agent sleeps" ip -n mta -batch "$LAB/storm"
kill -s CONT "$AGENT"
check "an address that came meanwhile is known" lab_wait 10 refused 203.0.113.28
check "one that went is forgotten" lab_wait 5 accepted 203.0.113.27
check "by listing them anew" grep -q 'listing them' "$LAB/mxdpd.log"
check "and what comes after is heard" ip -n mta addr add 203.0.113.29/24 dev eth0
check "as before" lab_wait 5 refused 203.0.113.29

echo "# an interface that nobody names any more"
check "SIGTERM" lab_agent_stop
ip -n mta link add v1 type veth peer name v1p
ip -n mta link set v1 up
check "mxdpd on two interfaces" lab_agent --handover v1
check_more "the second one is guarded" "$(attached_to v1)" 0
check "it ends, and leaves them guarded" lab_agent_stop
check_more "both of them" "$(attached_to v1)" 0
check "a start that names one" lab_agent
check_equal "takes its own off the other" "$(attached_to v1)" 0
check_equal "and is on the one" "$(lab_programs)" "$hooks"
check "SIGTERM" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
lab_done
