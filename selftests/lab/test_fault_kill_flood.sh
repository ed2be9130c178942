#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9 a hundred times under a flood, at random moments: while mxdpd starts, attaches, restores
# its journal, swaps a feed, reads its configuration, hands over. SYNs of blocked addresses, blocked
# networks and a feed come all the while, and as many of their neighbours, whom nobody blocked: not
# one of the former passes, not one of the latter is dropped. What passes XDP is counted by nftables,
# one by one; letters that go through the same gate all arrive.
#
# ROUNDS and SEED can be set; SEED is printed.
#
# Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
# shellcheck source=selftests/lab/counted.sh
. "$(dirname "$0")/counted.sh"
lab_enter "$@"
lab_up

ROUNDS=${ROUNDS:-100}
SEED=${SEED:-$((SRANDOM % 32768))}
RANDOM=$SEED
echo "# SEED=$SEED"

# --- what goes on --------------------------------------------------------------------------------

# Requests that keep it busy; any of them may meet the kill.
busy()
{
    lab_ctl feeds sync list &
    lab_ctl block "22.0.$(($1 % 250)).1" --for 1h &
    kill -s HUP "$AGENT"
    lab_ctl unblock "22.0.$(($1 % 250)).1" &
}

start()
{
    : >"$LAB/mxdpd.log"
    nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
        --pin-dir "$PIN_DIR" --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" \
        --mode enforce "$@" eth0 >>"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
}

# How far it had come: "starting", "attached", "ready" or "leaving".
came_to()
{
    if grep -q 'signal 15' "$LAB/mxdpd.log"; then
        echo leaving
    elif grep -q 'mxdpd: ready' "$LAB/mxdpd.log"; then
        echo ready
    elif grep -q 'took over eth0' "$LAB/mxdpd.log"; then
        echo attached
    else
        echo starting
    fi
}

# --- the first start -----------------------------------------------------------------------------

mkdir -p "$LAB/www"
list 0 | feed_put list.txt
feed_section list "file://$LAB/www/list.txt" 'action = drop' 'guard = 1000'
lab_agent || lab_die "mxdpd does not start"
began=$EPOCHREALTIME
check "blocks" lab_ctl block - --for 2h < <(blocks)
check "a feed" lab_wait 15 feed_is list state ok
check "in force" lab_wait 15 listed
check "kill -9" lab_agent_kill
began=$EPOCHREALTIME
check "it starts" lab_agent --handover
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')
echo "# a start takes $took ms"

counted_start

# --- a hundred times -----------------------------------------------------------------------------

: >"$LAB/moments"
kills=0
for ((round = 0; kills < ROUNDS && round < 2 * ROUNDS; round++)); do
    case $((RANDOM % 4)) in
    0 | 3) # in the midst of its start
        pause $((RANDOM % took))
        ;;
    1) # at work
        lab_wait 15 lab_agent_ready
        list $((round + 1)) | feed_put list.txt
        busy "$round" >/dev/null 2>&1
        pause $((RANDOM % 150))
        ;;
    2) # while it hands over
        lab_wait 15 lab_agent_ready
        kill -s TERM "$AGENT"
        pause $((RANDOM % 40))
        ;;
    esac
    counted_goes_on || break
    came_to >>"$LAB/moments"
    kill -KILL "$AGENT" 2>/dev/null
    wait "$AGENT" 2>/dev/null
    # Its shell tells whether it had ended by itself just before.
    [ $? != 137 ] || kills=$((kills + 1))
    start --handover
done
lab_wait 15 lab_agent_ready
check "after all that it is ready" grep -q 'mxdpd: ready' "$LAB/mxdpd.log"
counted_stop

# --- what came of it -----------------------------------------------------------------------------

sort "$LAB/moments" | uniq -c | sed 's/^ */# killed: /'
check_equal "so often it was killed" "$kills" "$ROUNDS"
counted_check $((ROUNDS * 10))
check_equal "every hook is there once" "$(lab_programs)" 2
check_equal "the blocks stand" "$(lab_verdict 20.1.0.77)" manual
check "mxdpd ends well" lab_agent_stop
# shellcheck disable=SC2086 # lists
{
    echo "# figure: kills_under_flood $kills kills"
    echo "# figure: kill_blocked_syns $(sent $BLOCKED) packets"
    echo "# figure: kill_blocked_syns_passed $(passed $BLOCKED) packets"
    echo "# figure: kill_good_syns $(sent $GOOD) packets"
    echo "# figure: kill_good_syns_dropped $(($(sent $GOOD) - $(passed $GOOD))) packets"
    echo "# figure: kill_letters $LETTERS letters"
}
lab_done
