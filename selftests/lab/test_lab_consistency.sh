#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After a day's mixture - bots, blocks by hand of addresses and networks, some met, some taken back,
# some run out - what list, status, explain and export say agrees with the kernel's maps (bpftool,
# and mxdpctl on the pins alone) and with the journal (sqlite3). And what export writes, the real
# ipset, nft and rbldnsd take.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

JOURNAL=$LAB/state/journal.db

sql()
{
    sqlite3 -readonly "$JOURNAL" ".timeout 5000" "$1"
}

# One line a verdict: address, ports, action, cause, hits.
lines()
{
    jq -rs 'flatten | .[] | "\(.addr) \(.ports) \(.action) \(.cause) \(.hits)"' | sort
}

hit()
{
    lab_forge syn --source "$1" --dest "$MX4" --timeout 1 >/dev/null 2>&1
}

# --- a mixture -----------------------------------------------------------------------------------

mkdir -p "$LAB/www"
echo 192.0.2.200/30 >"$LAB/www/one.txt"
printf '192.0.2.200\n192.0.2.210\n' >"$LAB/www/two.txt"
feed_section one "file://$LAB/www/one.txt" 'action = drop'
feed_section two "file://$LAB/www/two.txt" 'action = watch'
lab_agent || lab_die "mxdpd does not start"
for i in 1 2 3 4; do
    lab_bot "198.51.100.$i" "$MX4" helo "[$MX4]" >/dev/null 2>&1
    lab_bot "198.51.100.1$i" "$MX4" http >/dev/null 2>&1
done
lab_bot 2001:db8:100:7::7 "$MX6" helo "[IPv6:$MX6]" >/dev/null 2>&1
check "the last of the bots is blocked" lab_wait 5 lab_blocked_for 2001:db8:100:7::7 helo-our-address
check "by hand" lab_ctl block 192.0.2.1 192.0.2.2 192.0.2.128/26 192.0.2.130 --for 1h
check "for good" lab_ctl block 192.0.2.3 --for forever --ports all
check "on watch" lab_ctl block 192.0.2.4 --action watch
check "for a moment" lab_ctl block 192.0.2.5 --for 1s
check "taken back" lab_ctl unblock 192.0.2.2 198.51.100.1
for i in 1 1 3 4 129; do
    hit "192.0.2.$i"
done
check_exit 4 "a bot comes again" lab_bot 198.51.100.2 "$MX4" connect
check "the short one runs out" lab_wait 15 test ! "$(lab_verdict 192.0.2.5)"
run_out()
{
    [ -z "$(lab_verdict 192.0.2.5)" ] && [ "$(sql "SELECT ending FROM verdicts WHERE
        hex(addr) LIKE '%C0000205'")" = expired ]
}
check "in the journal, too" lab_wait 15 run_out

# --- all say the same ----------------------------------------------------------------------------

lab_ctl list --json | lines >"$LAB/listed"
lab_pins list --json 2>/dev/null | lines >"$LAB/pinned"
check "list says what the pins say, hits included" cmp "$LAB/listed" "$LAB/pinned"
count=$(wc -l <"$LAB/listed")
check_equal "so many were to be expected" "$count" 14
check_equal "status counts them" "$(lab_status .verdicts)" "$count"
check_equal "the pins' status, too" "$(lab_pins status --json | jq .verdicts)" "$count"
in_maps=0
for map in mxdp_verdicts mxdp_prefixes; do
    in_maps=$((in_maps + $(bpftool -j map dump pinned "$PIN_DIR/$map" | jq length)))
done
check_equal "bpftool counts them in the maps" "$in_maps" "$count"
in_force()
{
    [ "$(sql 'SELECT count(*) FROM verdicts WHERE ended IS NULL')" = "$count" ]
}
check "sqlite3 in the journal" lab_wait 5 in_force
check_equal "by cause" "$(sql "SELECT cause || ' ' || count(*) FROM verdicts WHERE ended IS NULL
    GROUP BY cause ORDER BY cause" | paste -sd,)" \
    "$(cut -d' ' -f4 "$LAB/listed" | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd,)"
check_equal "blocks and unblocks by bots' verdicts" "$(lab_status .counts.blocked)" \
    "$(sql "SELECT count(*) FROM verdicts WHERE cause != 'manual'")"
lab_status '.fates' >"$LAB/fates"
lab_pins status --json | jq -r .fates >"$LAB/fates.pins"
jq -S . "$LAB/fates" >"$LAB/a" && jq -S . "$LAB/fates.pins" >"$LAB/b"
check "every fate is the kernel's" cmp "$LAB/a" "$LAB/b"
dropped=$(awk '$2 == "mx" && $3 == "drop" { sum += $5 } END { print sum }' "$LAB/listed")
check_equal "what was met is what was dropped" "$dropped" "$(lab_fate syn-dropped)"

differ=0
while read -r addr ports action cause hits; do
    [[ $addr != */* ]] || continue
    said=$(lab_ctl explain "$addr" --json | jq -r --arg addr "$addr" --arg ports "$ports" \
        'select(.about == "state" and .ports == $ports) | .verdict | select(.addr == $addr) |
        "\(.action) \(.cause) \(.hits)"')
    [ "$said" = "$action $cause $hits" ] || {
        differ=$((differ + 1))
        echo "# explain $addr: '$said', list: '$action $cause $hits'"
    }
done <"$LAB/listed"
check_equal "explain says of each what list says" "$differ" 0
check_equal "the network's explain counts what is inside" \
    "$(lab_ctl explain 192.0.2.0/24 --json | jq -r 'select(.about == "inside-count").count')" \
    "$(grep -c '^192.0.2' "$LAB/listed")"

# --- the report ----------------------------------------------------------------------------------

# What the report says of all blocks, and by cause, is what the journal's cases add up to.
lab_ctl report --json >"$LAB/report"
reported()
{
    jq -rs --arg about "$1" 'flatten | .[] | select(.about == $about) | '"$2" "$LAB/report" | sort
}
check_equal "the report counts the journal's cases" "$(reported summary .cases)" \
    "$(sql 'SELECT count(*) FROM cases')"
check_equal "and those that were blocked" "$(reported summary .blocks.clients)" \
    "$(sql "SELECT count(DISTINCT addr) FROM cases WHERE action IN ('drop', 'reset')")"
check_equal "by cause, too" "$(reported cause '"\(.cause) \(.clients)"' | paste -sd,)" \
    "$(sql "SELECT cause || ' ' || count(DISTINCT addr) FROM cases
        WHERE action IN ('drop', 'reset') GROUP BY cause ORDER BY cause" | paste -sd,)"

# --- feeds ---------------------------------------------------------------------------------------

# kernel_hits MEMBER: over all slots and CPUs.
kernel_hits()
{
    bpftool -j map dump pinned "$PIN_DIR/mxdp_feed_hits" |
        jq --arg member "$1" '[.[].formatted.values[].value.hits[$member]] | add'
}
feeds_agree()
{
    [ "$(kernel_hits listed) $(kernel_hits stopped)" = "$(lab_ctl feeds --json |
        jq -rs 'flatten | "\(map(.hits) | add) \(map(.stopped) | add)"')" ]
}
check "the feeds are read" lab_wait 15 feed_is two state ok
dropped=$(lab_fate syn-dropped)
for i in 200 201 201 203 210; do
    hit "192.0.2.$i"
done
check_equal "the kernel counts who is listed" "$(kernel_hits listed) $(kernel_hits stopped)" "5 4"
check "the feeds' own figures add up to that" lab_wait 5 feeds_agree
check_equal "what they stopped was dropped" "$(lab_fate syn-dropped)" "$((dropped + 4))"
check_equal "each its own" "$(feed_field one stopped) $(feed_field two hits)" "4 1"

# --- export --------------------------------------------------------------------------------------

lab_ctl export --format cidr >"$LAB/cidr"
awk '$2 == "mx" && $3 == "drop" && $1 != "192.0.2.130" { print $1 }' "$LAB/listed" | sort >"$LAB/wanted"
check "cidr has every block on mx, and no more" cmp <(sort "$LAB/cidr") "$LAB/wanted"
check_equal "on submission one" "$(lab_ctl export --format cidr --ports submission)" 192.0.2.3
lab_ctl export --format ipset >"$LAB/ipset"
check "ipset takes it" lab_in mta ipset restore -file "$LAB/ipset"
check "and knows the network's address" lab_in mta ipset test mxdp4 192.0.2.140
check "and IPv6" lab_in mta ipset test mxdp6 2001:db8:100:7::7
check_equal "all of it" "$(lab_in mta ipset save | grep -c '^add')" "$(wc -l <"$LAB/wanted")"
lab_ctl export --format nft >"$LAB/nft"
check "nft takes it" lab_in mta nft -f "$LAB/nft"
check "and knows the network's address" lab_in mta nft get element inet mxdp mxdp4 '{ 192.0.2.140 }'
check "and IPv6" lab_in mta nft get element inet mxdp mxdp6 '{ 2001:db8:100:7::7 }'
lab_in mta nft delete table inet mxdp
lab_ctl export --format rbldnsd >"$LAB/zone"
lab_in mta rbldnsd -n -b 127.0.0.1/5353 -w "$LAB" bl.lab.example:combined:zone >"$LAB/rbldnsd.out" 2>&1 &
rbldnsd=$!
zone_says()
{
    [ "$(lab_in mta dig +short +time=1 +tries=1 -p 5353 @127.0.0.1 "$1.bl.lab.example" A)" = "$2" ]
}
check "rbldnsd lists a bot" lab_wait 10 zone_says 2.100.51.198 127.0.0.2
check "and the network's address" zone_says 140.2.0.192 127.0.0.2
check "and not who was taken back" zone_says 1.100.51.198 ""
check "and IPv6" zone_says \
    7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2 127.0.0.2
kill "$rbldnsd"
wait "$rbldnsd" 2>/dev/null
check_exit 2 "no other format" lab_ctl export --format hosts
check "mxdpd ends well" lab_agent_stop
lab_done
