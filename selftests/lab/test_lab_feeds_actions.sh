#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What feeds do, by real SYNs: watch, reset and drop side by side; a feed that goes takes exactly its
# own entries along; blocking by hand beside a large set; a new configuration in the middle of a
# fetch; what a person sees while a list comes.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up
mkdir -p "$LAB/nginx" "$LAB/lists"
echo "location /slow/ { limit_rate 1k; alias $LAB/www/; }" >"$LAB/nginx/slow.more"
feeds_nginx

# all_are STATE FEED...
all_are()
{
    local state=$1 feed
    shift

    for feed in "$@"; do
        feed_is "$feed" state "$state" || return 1
    done
}

# ends STATUS SOURCE [OPTION...]: how a bot's connection ends: 0 it got in, 3 reset, 4 no answer.
ends()
{
    local want=$1 source=$2 status=0
    shift 2

    lab_bot "$source" --timeout 1 "$@" "$MX4" connect || status=$?
    [ "$status" = "$want" ]
}

counted()
{
    [ "$(feed_field "$1" hits) $(feed_field "$1" stopped)" = "$2" ]
}

# Which of 198.51.100.64 to .95 are reset.
reset_ones()
{
    local i

    for i in $(seq 64 95); do
        ! ends 3 "198.51.100.$i" >/dev/null || echo -n "$i "
    done
}

echo 198.51.100.10 >"$LAB/lists/watched"
printf '198.51.100.10\n198.51.100.11\n' >"$LAB/lists/dropped"
echo 198.51.100.64/28 >"$LAB/lists/wide"
printf '198.51.100.72/30\n198.51.100.78/31\n198.51.100.90\n' >"$LAB/lists/inside"
feed_section watched "file://$LAB/lists/watched" 'action = watch'
feed_section dropped "file://$LAB/lists/dropped" 'action = drop' 'ports = {submission}'
feed_section wide "file://$LAB/lists/wide" 'action = reset'
feed_section inside "file://$LAB/lists/inside" 'action = reset'
lab_agent || lab_die "mxdpd does not start"
check "all are read" lab_wait 10 all_are ok watched dropped wide inside

echo "# watch, reset, drop"
check "a client of a list that resets is told at once" lab_wait 10 ends 3 198.51.100.64
check_equal "the mail server knows nothing of it once it is" "$(reset_ones)" \
    "$(seq 64 79 | tr '\n' ' ')90 "
check "who is watched gets in" lab_wait 10 counted watched "0 0"
check "as anybody" ends 0 198.51.100.10
check "and is counted, not stopped" lab_wait 5 counted watched "1 0"
check_equal "the mail server has met it" "$(lab_connects 198.51.100.10)" 1
check "on the ports of a list that drops it hears nothing" lab_wait 10 \
    ends 4 198.51.100.10 --port 587
check "which is that list's" lab_wait 5 counted dropped "1 1"
check "and not the other's" counted watched "1 0"

echo "# a feed goes"
sed -i '/feed "wide"/,/^}/d' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "it is gone" lab_wait 10 ends 0 198.51.100.64
check_equal "with what it alone listed, and no more" "$(reset_ones)" "72 73 74 75 78 79 90 "
feed_section wide "file://$LAB/lists/wide" 'action = reset'
kill -s HUP "$AGENT"
check "it comes back" lab_wait 10 ends 3 198.51.100.64
sed -i '/feed "inside"/,/^}/d' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "the other goes" lab_wait 10 ends 0 198.51.100.90
check_equal "with what it alone listed, and no more" "$(reset_ones)" "$(seq 64 79 | tr '\n' ' ')"

echo "# by hand"
# The sets are maps of their own: a set that was built anew has another number.
sets()
{
    bpftool -j map dump pinned "$PIN_DIR/mxdp_feeds" |
        jq -c '[.[] | .formatted.value // .value // .inner_map_id]'
}
awk 'BEGIN { for (i = 0; i < 200000; i++)
    printf "100.%d.%d.%d\n", i / 1000, i % 1000 / 4, i % 4 * 2 }' >"$LAB/lists/large"
feed_section large "file://$LAB/lists/large" 'action = drop'
echo 198.51.100.12 >>"$LAB/lists/large"
kill -s HUP "$AGENT"
check "a large list is in force" lab_wait 15 ends 4 198.51.100.12
check_more "as large as it is" "$(feed_field large entries)" 100000
before=$(sets)
check_more "with a set of its own" "${#before}" 10
check "an address by hand" lab_ctl block 198.51.100.13
check "counts at once" ends 4 198.51.100.13
check "and a network" lab_ctl block 198.51.100.32/28
check "counts at once, too" ends 4 198.51.100.40
check "an address less" lab_ctl unblock 198.51.100.13
check "counts at once" ends 0 198.51.100.13
check_equal "no set was built anew for that" "$(sets)" "$before"
check "whom a set stops is allowed by hand" lab_ctl allow 198.51.100.12
check "and passes at once" ends 0 198.51.100.12
built_anew()
{
    [ "$(sets)" != "$before" ]
}
check "that one is taken out of its set, when there is time" lab_wait 15 built_anew

echo "# a new configuration in the middle of a fetch"
no_reader()
{
    ! pgrep -x mxdpd-feed
}
seq -f '198.51.100.%g' 200 220 >"$LAB/slow.txt"
seq -f '# line %g of many that say nothing, so that it takes a while' 200 >>"$LAB/slow.txt"
feed_put slow.txt <"$LAB/slow.txt"
feed_section slow "$FEED_WEB/slow/slow.txt" 'action = drop'
kill -s HUP "$AGENT"
check "a slow list comes" lab_wait 10 feed_says slow 'fetching: [1-9]'
sed -i "s|/slow/slow.txt|/slow.txt|" "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "from another place now: it is there" lab_wait 10 feed_is slow state ok
check "and in force" lab_wait 5 ends 4 198.51.100.210
check "nobody reads the old one any more" lab_wait 5 no_reader
sed -i "s|/slow.txt|/slow/slow.txt|" "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "back to the slow one" lab_wait 10 feed_says slow 'fetching: [1-9]'
sed -i '/feed "slow"/,/^}/d' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "it goes: nobody reads it" lab_wait 5 no_reader
check "nobody is stopped for it" lab_wait 5 ends 0 198.51.100.210
kept()
{
    [ -e "$LAB/state/feeds/slow.feed" ]
}
check_exit 1 "and nothing is kept of it" kept
check "others are as they were" all_are ok watched dropped wide large

echo "# for a person"
feed_section slow "$FEED_WEB/slow/slow.txt" 'action = drop'
kill -s HUP "$AGENT"
check "it is being fetched" lab_wait 10 feed_says slow 'fetching: [1-9]'
# On a terminal of its own; it ends when the list is there.
script -qec "nsenter --net=/run/netns/mta -- $LAB_BUILD/mxdpctl --socket $LAB/mxdp.sock feeds sync slow" \
    "$LAB/terminal" >/dev/null </dev/null
check_equal "sync ends well" $? 0
said()
{
    tr '\r' '\n' <"$LAB/terminal" | grep -q "$1"
}
check "it shows how far it is" said 'slow: fetching: [0-9]* bytes, [0-9]* lines'
check "and how it ended" said 'slow: current, 1 entry'
lab_ctl feeds sync slow >"$LAB/piped"
check_equal "into a file goes the end alone" "$(wc -l <"$LAB/piped")" 1
check "mxdpd ends well" lab_agent_stop
lab_done
