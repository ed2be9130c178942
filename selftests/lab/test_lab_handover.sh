#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Starting, stopping, handing over: the gate has no gap when one mxdpd follows another, stands when
# the agent is killed, gives way when it has been gone for too long, and goes when told to.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent --handover || lab_die "mxdpd does not start"

BAD=192.0.2.66
guarded()
{
    check_exit 4 "$1" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
}
open()
{
    check_exit 0 "$1" lab_forge syn --source $BAD --dest "$MX4"
}

# The time since the agent was last alive, without waiting for it: the third word of the live
# values (maps/live.h) is set back by $1 seconds.
age_heartbeat()
{
    local map=$PIN_DIR/mxdp_live bytes age

    mapfile -t bytes < <(bpftool -j map lookup pinned "$map" key 0 0 0 0 | jq -r '.value[]')
    age=$((bytes[8] + bytes[9] * 256 + bytes[10] * 65536 + bytes[11] * 16777216 - $1))
    bytes[8]=$(printf '0x%02x' $((age & 255)))
    bytes[9]=$(printf '0x%02x' $((age >> 8 & 255)))
    bytes[10]=$(printf '0x%02x' $((age >> 16 & 255)))
    bytes[11]=$(printf '0x%02x' $((age >> 24 & 255)))
    bpftool map update pinned "$map" key 0 0 0 0 value "${bytes[@]}"
}

hooks=$(lab_programs)
check_more "both directions are attached" "$hooks" 1
check "a block" lab_ctl block $BAD --for 1h
guarded "it drops"

# A SYN every 5 ms while one agent leaves and the next takes over: not one may be answered.
before=$(lab_fate syn-dropped)
lab_forge syn --source $BAD --dest "$MX4" --count 1600 --every 5 >"$LAB/stream.out" &
stream=$!
check "mxdpd --handover ends on SIGTERM" lab_agent_stop
check_equal "its programs stay" "$(lab_programs)" "$hooks"
check "the next mxdpd takes over" lab_agent --handover
check_equal "every hook is there once" "$(lab_programs)" "$hooks"
wait $stream
check_equal "none of 1600 SYNs was answered meanwhile" "$(cat "$LAB/stream.out")" none
lab_status '.fates | to_entries | map(select(.key | test("^syn"))) | map("\(.key) \(.value)") |
    "# " + join(", ")'
check_more "all of them were dropped" "$(lab_fate syn-dropped)" $((before + 1590))
check_equal "the verdict is still there" "$(lab_verdict $BAD)" manual
check_exit 0 "a good sender connects" lab_bot 198.51.100.25 "$MX4" helo mail.example.org

check_exit 1 "a second mxdpd leaves" \
    lab_in mta timeout 10 "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" --pin-dir "$PIN_DIR" \
    --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" eth0
said=$(cat "$LAB/check.out")
check "it says that there is another: $said" grep -Eqi 'already|another' <<<"$said"
check "the first one still answers" lab_ctl status
check_equal "with its programs in place" "$(lab_programs)" "$hooks"

check "kill -9" lab_agent_kill
guarded "the gate still drops without an agent"
check_equal "list works from the pins" \
    "$(lab_pins list --json | jq -rs "flatten | map(select(.addr == \"$BAD\")) | .[0].cause")" manual
check "status works from the pins" lab_pins status
check "the heartbeat is a thousand seconds old" age_heartbeat 1000
open "a gate without an agent for so long counts instead of dropping"
check_more "syn-stale says so" "$(lab_pins_fate syn-stale)" 0
check "a new mxdpd takes over what was left" lab_agent
guarded "and drops again"

check "SIGTERM ends it" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
open "its SYN passes"

check "mxdpd starts on a clean interface" lab_agent
check "a block" lab_ctl block $BAD --for 1h
check "kill -9" lab_agent_kill
guarded "the gate still drops"
check "detach without an agent" lab_pins detach
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
open "its SYN passes"
lab_done
