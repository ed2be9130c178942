#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verdict-latency: how long it takes from the ring record that completes the proof to the entry in
# the map, beside the floor of a bare loop that only takes records and puts entries.
#
# Both sides see the same bots (bots.c: 1,000 sessions from 1,000 addresses, 200 a second, against
# smtp-sink), the same interface and the same number of records; turn by turn, so that the machine's
# noise falls on both. Both spans begin at bpf_ktime_get_ns() in the program on the mail server's
# egress, where its stack acknowledges the EHLO, and end when the map update has returned:
#
#   agent   mxdpd as it runs: reassembly, dialogue, checks, policy, history, never-block, put;
#           latency_us of its verdict events
#   floor   ring_floor.c: epoll_wait, ring_buffer__consume, bpf_map_update_elem
#
# Prints rows for scripts/bench. ROUNDS, BOTS (of one round) and RATE (a second) can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"

ROUNDS=${ROUNDS:-4}
BOTS=${BOTS:-250}
RATE=${RATE:-200}
TOOLS=$LAB_BUILD/selftests/bench
SINK_DIR=$LAB/sink

# A server of one process: less noise than a real MTA's several, so the agent's own share shows.
start_server()
{
    local where

    mkdir -p "$SINK_DIR"
    for where in "inet:$MX4:25" "inet:[$MX6]:25"; do
        (cd "$SINK_DIR" && lab_in mta smtp-sink -u nobody -h "$MX_NAME" "$where" 128 >>sink.log 2>&1) &
    done
    lab_wait 10 lab_listens || lab_die "smtp-sink does not listen: $(cat "$SINK_DIR/sink.log")"
}

send_bots()
{
    lab_in wan "$TOOLS/bots" "$MX4" "$MX6" "$1" "$BOTS" "$RATE" ||
        lab_die "bots could not talk to smtp-sink"
}

floor_ready()
{
    grep -qs '^ready' "$LAB/floor.err" || ! kill -0 "$FLOOR" 2>/dev/null
}

floor_round()
{
    rm -f "$LAB/floor.err" # the "ready" in it is of an earlier round
    nsenter --net=/run/netns/mta -- "$TOOLS/ring_floor" "$TOOLS/ring_floor.bpf.o" eth0 \
        >"$LAB/floor.out" 2>"$LAB/floor.err" &
    FLOOR=$!
    lab_wait 10 floor_ready
    send_bots "$1"
    kill -s TERM "$FLOOR"
    wait "$FLOOR" || lab_die "$(cat "$LAB/floor.err")"
    cat "$LAB/floor.out" >>"$LAB/floor.us"
}

verdicts_logged()
{
    lab_ctl log --json --lines $((4 * BOTS)) >"$LAB/events" &&
        [ "$(grep -c '"latency_us"' "$LAB/events")" -ge "$BOTS" ]
}

agent_round()
{
    # shellcheck disable=SC2034 # scripts/lab reads it
    AGENT_OPTIONS=() # its usual loudness
    lab_agent || lab_die "mxdpd does not start"
    send_bots "$1"
    lab_wait 5 verdicts_logged || lab_die "not every bot was judged: $(tail -n 5 "$LAB/mxdpd.log")"
    jq -r 'select(.verdict == "block" and .enforced) | .latency_us' "$LAB/events" >>"$LAB/agent.us"
    lab_agent_stop || lab_die "mxdpd ended badly: $(tail -n 5 "$LAB/mxdpd.log")"
}

# percentile FILE PERCENT
percentile()
{
    sort -n "$1" | awk -v p="$2" '{ us[NR] = $1 } END { printf "%.1f", us[int((NR - 1) * p / 100) + 1] }'
}

show()
{
    local side median count

    for side in floor agent; do
        count=$(wc -l <"$LAB/$side.us")
        [ "$count" = $((ROUNDS * BOTS)) ] || lab_die "$side: $count of $((ROUNDS * BOTS)) measured"
        median=$(percentile "$LAB/$side.us" 50)
        row "$side, median" "$median" us "$count bots"
        row "$side, 99th percentile" "$(percentile "$LAB/$side.us" 99)" us ""
        printf -v "$side" %s "$median"
    done
    # shellcheck disable=SC2154 # set by name above
    target "agent / floor, median" "$(divide "$agent" "$floor" 2)" \
        x most 1.5
}

lab_network
# A /64 for each bot that comes over IPv6.
ip -n wan -6 route add local 2001:db8:1000::/36 dev lo
start_server
for ((round = 0; round < ROUNDS; round++)); do
    floor_round $((round * BOTS))
    agent_round $((round * BOTS))
done
show
