#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocks by hand: they drop at once, and they end by themselves in the kernel, even while the agent
# is stopped.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

bot=198.51.100.7

passes()
{
    lab_bot "$1" "${2:-$MX4}" connect
}

check "it connects before" passes $bot
check "block --for 5s" lab_ctl block $bot --for 5s # an emulated machine is slow
kill -STOP "$AGENT"
check_exit 4 "its SYN is dropped" lab_bot $bot --timeout 1 "$MX4" connect
check_more "syn-dropped says so" "$(lab_pins_fate syn-dropped)" 0
check "it passes again by itself" lab_wait 10 passes $bot
check_equal "the agent was stopped all the while" "$(awk '{ print $3 }' "/proc/$AGENT/stat")" T
check_more "syn-expired says so" "$(lab_pins_fate syn-expired)" 0
kill -CONT "$AGENT"
check "the agent answers again" lab_wait 5 lab_ctl status

check "block for an hour" lab_ctl block $bot --for 1h --reason "a test"
check_equal "list names the cause" "$(lab_verdict $bot)" manual
check_exit 4 "dropped" lab_bot $bot "$MX4" connect
check "unblock" lab_ctl unblock $bot
check "it connects" passes $bot

check "block --action reset" lab_ctl block 198.51.100.8 --for 1h --action reset
check_exit 3 "the SYN is answered with RST" lab_bot 198.51.100.8 "$MX4" connect
check_more "syn-reset says so" "$(lab_fate syn-reset)" 0
check "block --action reset over IPv6" lab_ctl block 2001:db8:100::8 --for 1h --action reset
check_exit 3 "the SYN is answered with RST" lab_bot 2001:db8:100::8 "$MX6" connect

check "block --action watch" lab_ctl block 198.51.100.9 --for 1h --action watch
check "watched, it connects" passes 198.51.100.9
check_more "syn-watched says so" "$(lab_fate syn-watched)" 0

check "a network" lab_ctl block 198.51.100.64/26 --for 1h
check_exit 4 "its first address is dropped" lab_bot 198.51.100.64 "$MX4" connect
check_exit 4 "its last address is dropped" lab_bot 198.51.100.127 "$MX4" connect
check "the address after it connects" passes 198.51.100.128
check "an IPv6 network" lab_ctl block 2001:db8:100:0:b::/80 --for 1h
check_exit 4 "an address in it is dropped" lab_bot 2001:db8:100:0:b::1 "$MX6" connect
check "an address beside it connects" passes 2001:db8:100:0:c::1 "$MX6"

check "allow within the network" lab_ctl allow 198.51.100.70 --for 1h
check "the allowed address connects" passes 198.51.100.70
check "unallow" lab_ctl unallow 198.51.100.70

check "monitor mode" lab_ctl mode monitor
check "counted, not dropped" passes 198.51.100.65
check_more "syn-monitored says so" "$(lab_fate syn-monitored)" 0
check "enforce mode" lab_ctl mode enforce
check_exit 4 "dropped again" lab_bot 198.51.100.65 "$MX4" connect

check "blocks from standard input" lab_ctl block - --for 1h \
    < <(printf '198.51.100.201\n2001:db8:100::201\n')
check_exit 4 "the IPv4 one is dropped" lab_bot 198.51.100.201 "$MX4" connect
check_exit 4 "the IPv6 one is dropped" lab_bot 2001:db8:100::201 "$MX6" connect
check "flush" lab_ctl flush --yes
check "all pass again" passes 198.51.100.201
check_equal "the list is empty" "$(lab_status .verdicts)" 0
lab_done
