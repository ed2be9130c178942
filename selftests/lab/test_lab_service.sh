#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a service manager hears of mxdpd, and mxdpd on no interface: it runs, guards nothing, and
# says so everywhere; the start that has an interface takes it.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

HEARD=$LAB/heard
: >"$HEARD"
socat -u UNIX-RECV:"$LAB/notify" SYSTEM:"cat >>$HEARD" &
ears=$!
lab_wait 5 test -S "$LAB/notify" || lab_die "socat does not listen"

# service [IFACE]: lab_agent names eth0, this one does not; the configuration may.
service()
{
    : >"$LAB/mxdpd.log"
    NOTIFY_SOCKET=$LAB/notify WATCHDOG_USEC=4000000 nsenter --net=/run/netns/mta -- \
        "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" --pin-dir "$PIN_DIR" --state-dir "$LAB/state" \
        --socket "$LAB/mxdp.sock" "$@" >>"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
    lab_wait 15 lab_agent_ready && kill -0 "$AGENT" 2>/dev/null
}

# Messages end without a newline, so one's end and the next one's beginning are one line.
times()
{
    grep -o "$1" "$HEARD" | wc -l
}
hears()
{
    lab_wait 10 grep -q "$1" "$HEARD"
}
more_than()
{
    [ "$(times "$1")" -gt "$2" ]
}

echo "# on no interface"
: >"$LAB/mxdp.conf"
check "mxdpd starts" service
check "it is ready" hears READY=1
check "its status says so: nothing is guarded" hears "STATUS=on no interface: set interfaces in"
check "so does its log" grep -q "nothing is guarded" "$LAB/mxdpd.log"
check_equal "and mxdpctl" "$(lab_status '.notes[0]' | grep -c 'on no interface')" 1
check_equal "it is attached to nothing" "$(lab_programs)" 0
check "a block is kept for later" lab_ctl block 192.0.2.66 --for 1h
check "it gives signs of life" hears WATCHDOG=1
check "SIGTERM" lab_agent_stop
check "it said that it ends" hears STOPPING=1
check_equal "no pin is left" "$(lab_pins_left)" 0

echo "# on one"
: >"$HEARD"
echo "interfaces = {eth0}" >"$LAB/mxdp.conf"
check "mxdpd starts" service
check "its status says where, and what it does" hears "STATUS=monitor mode on eth0: nothing is dropped"
check_more "it is attached" "$(lab_programs)" 1
check_equal "the block is there" "$(lab_verdict 192.0.2.66)" manual
ready=$(times READY=1)
check "SIGHUP" kill -s HUP "$AGENT"
check "it reads its configuration anew" hears 'RELOADING=1'
check "and says when, by the monotonic clock" hears 'MONOTONIC_USEC=[1-9]'
check "and is ready again" lab_wait 10 more_than READY=1 "$ready"
echo "interfaces = " >"$LAB/mxdp.conf"
ready=$(times READY=1)
check "SIGHUP, and a configuration with mistakes" kill -s HUP "$AGENT"
check "it is ready all the same" lab_wait 10 more_than READY=1 "$ready"
check "another mode" lab_ctl mode enforce
check "its status says so" hears "STATUS=enforce mode on eth0"

echo "# no sign of life from one that hangs"
alive=$(times WATCHDOG=1)
check "it lives" lab_wait 10 more_than WATCHDOG=1 "$alive"
kill -s STOP "$AGENT"
alive=$(times WATCHDOG=1)
check_exit 1 "stopped it is silent" lab_wait 3 more_than WATCHDOG=1 "$((alive + 1))"
kill -s CONT "$AGENT"
check "it goes on" lab_wait 10 more_than WATCHDOG=1 "$((alive + 1))"
check "SIGTERM" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0

echo "# a manager that has gone"
kill "$ears"
wait "$ears" 2>/dev/null
rm -f "$LAB/notify"
echo "interfaces = {eth0}" >"$LAB/mxdp.conf"
check "mxdpd starts" service
check "and ends" lab_agent_stop
lab_done
