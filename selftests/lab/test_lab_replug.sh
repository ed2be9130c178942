#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The interface disappears and comes back under the same name: it is guarded again without help,
# with the verdicts that were in force.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

hooks=$(lab_programs)
check "a block" lab_ctl block 198.51.100.7 --for 1h
check_exit 4 "dropped" lab_bot 198.51.100.7 "$MX4" connect
for round in 1 2; do
    lab_unplug
    check "round $round: the agent answers without its interface" lab_ctl status
    lab_plug
    check "round $round: attached again" lab_wait 10 lab_has_programs "$hooks"
    check_exit 4 "round $round: the old verdict drops" lab_bot 198.51.100.7 "$MX4" connect
    check_exit 0 "round $round: others connect" \
        lab_bot 198.51.100.25 "$MX4" helo mail.example.org
    check_exit 0 "round $round: a bot's first session" \
        lab_bot "198.51.100.3$round" "$MX4" helo "[$MX4]"
    check "round $round: it is judged" \
        lab_wait 5 lab_blocked_for "198.51.100.3$round" helo-our-address
done
check "SIGTERM ends it" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
lab_done
