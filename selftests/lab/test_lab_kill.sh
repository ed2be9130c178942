#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ending the offender's live connection: off by default; where it is on, the session dies and the
# listener lives.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

sockets()
{
    lab_in mta ss -Htn state established | tr -d '[]' |
        awk -v to="$1:" 'index($4, to) == 1' | wc -l
}

lab_agent || lab_die "mxdpd does not start"
check_exit 6 "by default a judged session goes on" \
    lab_bot 198.51.100.7 --timeout 3 "$MX4" hold "[$MX4]"
check "it was judged" lab_blocked_for 198.51.100.7 helo-our-address
lab_agent_stop

echo 'kill_connections = true' >>"$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start with kill_connections"
for pair in "198.51.100.8 $MX4 [$MX4]" "2001:db8:100:8::8 $MX6 [IPv6:$MX6]"; do
    read -r source server helo <<<"$pair"
    check_exit 5 "$source: its session is ended" \
        lab_bot "$source" --timeout 8 "$server" hold "$helo"
    check "$source: it was judged" lab_wait 5 lab_blocked_for "$source" helo-our-address
    check_equal "$source: the server has no socket for it" "$(sockets "$source")" 0
    check "the listeners live" lab_listens
    check_exit 0 "$source: others are served" lab_bot "${source%8}25" "$server" helo mail.example.org
done
# Bots that leave at once race with the verdict: whoever wins, nothing else is hit.
for n in 9 10 11 12; do
    lab_bot 198.51.100.$n "$MX4" helo "[$MX4]" >"$LAB/bot.out"
    status=$?
    check "a bot that leaves at once has left or was put out" test $status = 0 -o $status = 5
done
check "it is judged" lab_wait 5 lab_blocked_for 198.51.100.9 helo-our-address
check "the listeners live" lab_listens
check "good mail is taken" lab_send 198.51.100.25 "$MX4" after-kill
check "and delivered" lab_wait 5 lab_delivered after-kill
lab_done
