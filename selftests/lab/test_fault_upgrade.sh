#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The pins are of an mxdpd with another layout, older or newer: upgraded, downgraded. The gate of the
# one before stands until the next one's takes its place, with maps of its own; those have every
# verdict from the journal, and none that was taken back. Mail flows all the while.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/agree.sh
. "$(dirname "$0")/agree.sh"
lab_enter "$@"
lab_up

BAD=192.0.2.66
LAYOUT=$(sed -n 's/^#define LAYOUT_VERSION //p' "$LAB_TOP/maps/live.h")

guarded()
{
    check_exit 4 "$1: the gate stands" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
}

flows()
{
    check "$1: a letter is taken" lab_bot 198.51.100.25 "$MX4" mail mail.example.org \
        "$2@example.org" user@example.net
    check "$1: and delivered" lab_wait 20 lab_delivered "$2@"
}

lab_agent --handover || lab_die "mxdpd does not start"
check "a block" lab_ctl block $BAD --for 2h --reason base
check "one of a network" lab_ctl block 203.0.112.0/24 --for 2h --reason base
check "one that is taken back" lab_ctl block 192.0.2.67 --for 2h
check "is taken back" lab_ctl unblock 192.0.2.67
lab_bot 198.51.100.7 "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "a bot is blocked" lab_wait 20 lab_blocked_for 198.51.100.7 helo-our-address
for other in $((LAYOUT - 1)) $((LAYOUT + 1)); do
    check "layout $other: the one before ends, and hands over" lab_agent_stop
    hooks=$(lab_programs)
    check "layout $other: it was of another layout" "$LAB_BUILD/selftests/lab/kernel_room" \
        live-set "$PIN_DIR" "$other" "$(cut -d. -f1 /proc/uptime)"
    guarded "layout $other"
    flows "layout $other" "layout-$other"
    check_exit 1 "layout $other: mxdpctl reads nothing that it would mistake" lab_pins list
    lab_forge syn --source $BAD --dest "$MX4" --count 600 --every 5 >"$LAB/stream" &
    stream=$!
    check "layout $other: the next one starts" lab_agent --handover
    check "layout $other: it says what it met" grep -q \
        "have layout $other, this mxdpd wants $LAYOUT: begun anew, from the journal" "$LAB/mxdpd.log"
    check "layout $other: it took over" grep -q 'took over eth0' "$LAB/mxdpd.log"
    check "layout $other: SYNs came all the while" kill -0 "$stream"
    wait "$stream"
    check_equal "layout $other: none of 600 SYNs was answered" "$(cat "$LAB/stream")" none
    check_equal "layout $other: every hook is there once" "$(lab_programs)" "$hooks"
    guarded "layout $other, started"
    check_equal "layout $other: the block is there, with its words" "$(lab_verdict $BAD reason)" base
    check_equal "layout $other: so is the network's" "$(lab_verdict 203.0.112.0/24 reason)" base
    check_equal "layout $other: and the bot's" "$(lab_verdict 198.51.100.7)" helo-our-address
    check_equal "layout $other: what was taken back is not" "$(lab_verdict 192.0.2.67)" ""
    check "layout $other: map and journal agree" lab_wait 20 agree
    flows "layout $other, started" "layout-$other-started"
done
check "mxdpctl takes all of it off" lab_ctl detach
check "mxdpd ends" lab_wait 20 lab_agent_gone
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
lab_done
