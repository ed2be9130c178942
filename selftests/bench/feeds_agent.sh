#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ten million addresses on their real way: a file, the process that reads it, mxdpd, the kernel. Each
# turn the file has one address more than before, which is another list to all of them.
#
# In force is when the kernel has another set than before; at the end a SYN from the last address is
# tried. The reader's memory is looked up again and again while it lives: it may have been a little
# more. mxdpd's is the most that it had since its start, shared pages of the finished set included.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/../lab/feeds.sh"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"
lab_up

COUNT=${COUNT:-10000000}
ROUNDS=${ROUNDS:-3}
REMARK="IPv4, clustered, $((COUNT / 1000000)) M"
LIST=$LAB/lists/large

mib()
{
    awk -v kib="$1" 'BEGIN { printf "%.1f", kib / 1024 }'
}

seconds_since()
{
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f", to - from }'
}

kib_of()
{
    sed -n "s/^$2:[[:space:]]*\([0-9]*\) kB$/\1/p" "/proc/$1/status" 2>/dev/null
}

sets()
{
    bpftool -j map dump pinned "$PIN_DIR/mxdp_feeds"
}

is_new()
{
    [ "$(sets)" != "$BEFORE" ]
}

# Seconds of CPU of mxdpd's threads, and of the readers that have ended.
cpu_of_agent()
{
    cat "/proc/$AGENT"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.2f", ns / 1e9 }'
}

cpu_of_readers()
{
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($14 + $15) / hz }' \
        "/proc/$(pgrep -x mxdpd-keeper)/stat"
}

less()
{
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a - b }'
}

# Until the set is in force, the reader's peak so far to $LAB/reader.
watch_reader()
{
    local pid kib most=0

    while [ ! -e "$LAB/in-force" ]; do
        for pid in $(pgrep -x mxdpd-feed); do
            kib=$(kib_of "$pid" VmHWM)
            [ "${kib:-0}" -le "$most" ] || most=$kib
        done
        echo "$most" >"$LAB/reader.new" && mv "$LAB/reader.new" "$LAB/reader"
        sleep 0.02
    done
}

one()
{
    local began current agent readers

    echo "198.51.100.$((++TURN))" >>"$LIST"
    BEFORE=$(sets)
    rm -f "$LAB/in-force"
    agent=$(cpu_of_agent) readers=$(cpu_of_readers)
    watch_reader &
    began=$EPOCHREALTIME
    lab_ctl feeds sync large >"$LAB/said" || lab_die "sync: $(cat "$LAB/said")"
    current=$(seconds_since "$began")
    lab_wait 60 is_new || lab_die "the set is not in force"
    echo "in_force $(seconds_since "$began")"
    echo "current $current"
    touch "$LAB/in-force"
    wait $!
    echo "agent_cpu $(less "$(cpu_of_agent)" "$agent")"
    echo "reader_cpu $(less "$(cpu_of_readers)" "$readers")"
    echo "reader $(mib "$(cat "$LAB/reader")")"
    echo "$TURN" >"$LAB/turn"
}

# What turns() calls runs in a shell of its own: how far it came is kept in a file.
a_turn()
{
    TURN=$(cat "$LAB/turn") && one
}

mkdir -p "$LAB/lists"
echo 0 >"$LAB/turn"
feed_section large "file://$LIST" 'action = drop' 'guard = 0' 'interval = 1d'
"$LAB_BUILD/selftests/bench/feeds" write clustered "$COUNT" plain >"$LAB/list" || lab_die "no list"
lab_agent || lab_die "mxdpd does not start"
mv "$LAB/list" "$LIST"
turns "$ROUNDS" a_turn agent || exit 1
feed_stops "198.51.100.$(cat "$LAB/turn")" >/dev/null || lab_die "it is not in force"

# shellcheck disable=SC2046 # three figures
{
    spread "agent: feeds sync to in force" s "$REMARK" $(quartiles agent.in_force)
    spread "agent: feeds sync to current" s "$REMARK; the kernel's set is built behind that" \
        $(quartiles agent.current)
    spread "agent: CPU time of the reader" s "$REMARK" $(quartiles agent.reader_cpu)
    spread "agent: CPU time of mxdpd" s "$REMARK" $(quartiles agent.agent_cpu)
    spread "agent: peak memory of the reader" MiB "$REMARK" $(quartiles agent.reader)
}
row "agent: peak memory of mxdpd" "$(mib "$(kib_of "$AGENT" VmHWM)")" MiB "$REMARK"
row "agent: memory of mxdpd afterwards" "$(mib "$(kib_of "$AGENT" VmRSS)")" MiB "$REMARK"
row "agent: longest turn of the event loop" "$(lab_status .loop.longest_ms)" ms \
    "$REMARK; $(lab_status .loop.longest_cpu_ms) ms of CPU"
lab_agent_stop || lab_die "mxdpd does not end well"

BEFORE="[]" # no set at all
began=$EPOCHREALTIME
lab_agent || lab_die "mxdpd does not start"
lab_wait 60 is_new || lab_die "the last good is not in force"
row "agent: start to in force, from disk" "$(seconds_since "$began")" s "$REMARK"
lab_agent_stop
target "agent: feeds sync to in force" "$(middle quartiles agent.in_force)" s most 5
