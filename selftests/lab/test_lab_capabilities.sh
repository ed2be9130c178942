#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mxdpd with the capabilities that its unit lets it have, and with each of them missing: what cannot
# be done without is said by name before anything is attached, what can be does not stop the rest.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_network

UNIT=$LAB_TOP/systemd/mxdpd.service.in
mapfile -t UNIT_HAS < <(sed -n 's/^CapabilityBoundingSet=//p' "$UNIT" | tr ' ' '\n' |
    sed 's/^CAP_//' | tr '[:upper:]' '[:lower:]')
check_equal "the unit bounds them" "${#UNIT_HAS[@]}" 8
# A group that the socket is given to; names of groups are the host's.
GROUP=$(getent group | awk -F: '$3 != 0 { print $1; exit }')
feed_section quoted "file://$LAB/feed.txt" 'action = drop'
echo "socket_group = \"$GROUP\"" >>"$LAB/mxdp.conf"
echo 192.0.2.66 >"$LAB/feed.txt"

# start MISSING: lab_agent with what the unit lets it have, but for MISSING.
start()
{
    local set=-all one

    for one in "${UNIT_HAS[@]}"; do
        [ "$one" = "$1" ] || set=$set,+$one
    done
    : >"$LAB/mxdpd.log"
    nsenter --net=/run/netns/mta -- setpriv --bounding-set="$set" --inh-caps=-all \
        "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" --pin-dir "$PIN_DIR" \
        --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" --mode enforce eth0 \
        >>"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
    lab_wait 15 lab_agent_ready
    lab_agent_gone || lab_wait 5 lab_ctl status
}

# What is attached and what the log says, after a start that must fail with exit code 1.
# refused MISSING PATTERN
refused()
{
    local status=0

    start "$1"
    check "without $1 it does not start" lab_agent_gone
    wait "$AGENT" || status=$?
    check_equal "without $1: the exit code" "$status" 1
    check "without $1: it says what for" grep -Eq "$2" "$LAB/mxdpd.log"
    check_equal "without $1: in one line" "$(wc -l <"$LAB/mxdpd.log")" 1
    check_equal "without $1: nothing is attached" "$(lab_programs)" 0
    check_equal "without $1: nothing is pinned" "$(lab_pins_left)" 0
    check_exit 1 "without $1: no socket is left" test -e "$LAB/mxdp.sock"
}

echo "# with all of them"
check "it starts" start none
check "a block" lab_ctl block 192.0.2.67
check_exit 4 "is in force" lab_forge syn --source 192.0.2.67 --dest "$MX4" --timeout 1
check "a list is fetched by another user" lab_wait 20 feed_is quoted state ok
check_equal "the socket is for the group" "$(stat -c %G:%a "$LAB/mxdp.sock")" "$GROUP:660"
check "it ends" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0

echo "# what there is no guard without"
refused bpf 'CAP_BPF \(to make maps'
refused net_admin 'CAP_NET_ADMIN \(to put programs on interfaces\)'
refused perfmon 'CAP_PERFMON \(to load programs'
refused sys_admin 'CAP_SYS_ADMIN \(to find programs'
refused chown "socket_group without CAP_CHOWN \(to give files away\)"
# Which is what the message says, too.
sed -i 's/^socket_group = .*/socket_group = ""/' "$LAB/mxdp.conf"
check "without chown and a group it starts" start chown
check_equal "the socket is root's" "$(stat -c %G:%a "$LAB/mxdp.sock")" root:600
check "it ends" lab_agent_stop

echo "# what lists alone need"
for one in setuid setgid setpcap; do
    check "without $one it starts" start $one
    check "without $one: the log says what for" \
        grep -Eq "lists does not start: it cannot become the user .* without CAP_${one^^} \(" \
        "$LAB/mxdpd.log"
    check "without $one: so does the feed" lab_wait 20 feed_says quoted "without CAP_${one^^}"
    check "without $one: and status" grep -q "CAP_${one^^}" <<<"$(lab_status '.notes[]')"
    check "without $one: it guards" lab_ctl block 192.0.2.67
    check_exit 4 "without $one: a SYN is dropped" \
        lab_forge syn --source 192.0.2.67 --dest "$MX4" --timeout 1
    check "without $one: it ends" lab_agent_stop
    check_equal "without $one: nothing is attached" "$(lab_programs)" 0
done
lab_done
