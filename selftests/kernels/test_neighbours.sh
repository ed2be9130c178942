#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other people's XDP programs on the same interface, through libxdp's dispatcher: one in front of
# mxdp's gate and one behind it, in every order of coming and going. For kernels on which the
# dispatcher works (boot.sh).

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

OBJECT=$LAB_BUILD/selftests/kernels/neighbour.bpf.o
BAD=192.0.2.66

# joins NAME PRIORITY PROGRAM: its counter is pinned below /sys/fs/bpf/NAME. The gate has 50.
joins()
{
    mkdir -p "/sys/fs/bpf/$1"
    lab_in mta xdp-loader load -m native -p "/sys/fs/bpf/$1" -P "$2" -n "$3" eth0 "$OBJECT"
}

saw()
{
    bpftool -j map dump pinned "/sys/fs/bpf/$1/neighbour_saw" |
        jq '[.[].formatted.value // 0] | add'
}

# The programs behind the dispatcher in their order: "neighbour mxdp_gate neighbour".
order()
{
    lab_in mta xdp-loader status eth0 |
        awk '$1 == "=>" { print $3 }' | tr '\n' ' ' | sed 's/ $//'
}

is_order()
{
    [ "$(order)" = "$1" ]
}

ids()
{
    lab_in mta xdp-loader status eth0 | awk -v name="$1" '$1 == "=>" && $3 == name { print $4 }'
}

# passes and drops: what each neighbour sees of 20 SYNs, a good sender's and an offender's.
syns()
{
    local before after

    before=$(saw before) after=$(saw after)
    lab_forge syn --source "$1" --dest "$MX4" --count 20 --every 5 >/dev/null
    SAW_BEFORE=$(($(saw before) - before)) SAW_AFTER=$(($(saw after) - after))
}

around()
{
    check_equal "$1: in the order of priorities" "$(order)" "neighbour mxdp_gate neighbour"
    syns 192.0.2.67
    check_more "$1: the one in front sees a good sender's SYNs" "$SAW_BEFORE" 19
    check_more "$1: the one behind does, too" "$SAW_AFTER" 19
    syns $BAD
    check_more "$1: the one in front sees an offender's SYNs" "$SAW_BEFORE" 19
    check_equal "$1: the one behind sees none of them" "$((SAW_AFTER / 20))" 0
}

gate_first()
{
    lab_agent --handover || lab_die "mxdpd does not start"
    check "a block" lab_ctl block $BAD --for 1h
    check "one joins in front" joins before 10 neighbour
    check "one joins behind" joins after 90 neighbour
    around "gate first"
    check "mxdpd --handover ends" lab_agent_stop
    check_equal "everybody stays" "$(order)" "neighbour mxdp_gate neighbour"
    check "the next mxdpd takes over" lab_agent --handover
    around "taken over"
    check "the one in front leaves" lab_in mta xdp-loader unload eth0 -i "$(ids neighbour | head -n 1)"
    check_equal "the gate stays" "$(order)" "mxdp_gate neighbour"
    check_exit 4 "and drops" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
    check "somebody takes everything off" lab_in mta xdp-loader unload eth0 --all
    check "the agent puts its gate back" lab_wait 15 is_order mxdp_gate
    check_exit 4 "which drops" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
    check "detach" lab_ctl detach
    check "ends the agent" lab_wait 10 lab_agent_gone
    check_equal "nothing is attached" "$(lab_programs)" 0
    check_equal "no pin is left" "$(lab_pins_left)" 0
}

gate_last()
{
    check "one is there before" joins before 10 neighbour
    check "and one that will be behind" joins after 90 neighbour
    lab_agent || lab_die "mxdpd does not start"
    check "a block" lab_ctl block $BAD --for 1h
    around "gate last"
    check "SIGTERM ends it" lab_agent_stop
    check_equal "the others stay" "$(order)" "neighbour neighbour"
    syns $BAD
    check_more "and see what passes" "$SAW_AFTER" 19
    check_equal "no pin of mxdp's is left" "$(lab_pins_left)" 0
    check "both leave" lab_in mta xdp-loader unload eth0 --all
}

# One that knows no frames in several buffers keeps the whole dispatcher from them.
small_one()
{
    check "one that wants small frames" joins before 10 neighbour_small
    lab_agent || lab_die "mxdpd does not start"
    check_equal "is joined all the same" "$(order)" "neighbour_small mxdp_gate"
    check "a block" lab_ctl block $BAD --for 1h
    check_exit 4 "it drops" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
    check "kill -9" lab_agent_kill
    check "detach without an agent" lab_pins detach
    check_equal "leaves the other one" "$(order)" neighbour_small
    check "which leaves" lab_in mta xdp-loader unload eth0 --all
}

# Not through the dispatcher: the hook is taken, and stays so.
stranger()
{
    check "a program that knows no dispatcher" \
        lab_in mta "$LAB_BUILD/selftests/lab/kernel_room" foreign eth0
    check_exit 1 "mxdpd does not start" lab_in mta timeout 10 "$LAB_BUILD/mxdpd" \
        --config "$LAB/mxdp.conf" --pin-dir "$PIN_DIR" --state-dir "$LAB/state" \
        --socket "$LAB/mxdp.sock" eth0
    cp "$LAB/check.out" "$LAB/said"
    check "and names it" grep -q someone_else "$LAB/said"
    check_equal "it is still there" "$(lab_programs)" 1
    check_equal "no pin is left" "$(lab_pins_left)" 0
}

gate_first
gate_last
small_one
stranger
lab_done
