#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocked sources that still knock have a line each now and then: as many SYNs as were sent, why,
# and until when; of a verdict as of a feed. And the day in a few lines, when somebody asks and when
# its time comes.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

BOT=198.51.100.7
LISTED=192.0.2.77
echo "$LISTED" >"$LAB/bad"
cat >"$LAB/mxdp.conf" <<END
known_bots = {ylmf-pc}
courtesy = off
log { knocks = 10s knocks_most = 2 }
feed "ours" { url = "file://$LAB/bad" action = drop interval = 1m }
END

knocks()
{
    lab_ctl log --event knock --json -n 1000
}

# sum ADDR: all SYNs that the lines on ADDR tell of.
sum()
{
    knocks | jq -s --arg addr "$1" 'map(select(.blocked == $addr) | .syns) | add // 0'
}

sums_to()
{
    [ "$(sum "$1")" = "$2" ]
}

knock()
{
    lab_forge syn --source "$1" --dest "$MX4" --timeout 1 >"$LAB/forge.out" 2>&1
    [ $? = 4 ]
}

in_force()
{
    [ "$(lab_status .feeds.in_force)" = 1 ]
}

line()
{
    grep -qE "$1" "$LAB/mxdpd.log"
}

check "mxdpd starts" lab_agent
check "the feed is in force" lab_wait 20 in_force
lab_bot $BOT "$MX4" helo ylmf-pc >"$LAB/bot.out"
check "a bot is blocked" lab_wait 5 lab_blocked_for $BOT helo-known-bot
check "a block by hand" lab_ctl block 192.0.2.66 --for 1h --reason "seen too often"
check "and one for good" lab_ctl block 192.0.2.64/31 --for forever
# The first round only learns what they had met before.
knock 192.0.2.66 || not_ok "a SYN is stopped"
for i in 1 2 3; do
    knock $LISTED || not_ok "SYN $i of the feed's is stopped"
done
check "a line on each that knocked, and for each SYN" lab_wait 30 sums_to $LISTED 3
check "of the feed's: which it is" line "knock $LISTED on mx: [1-3] SYNs? in [0-9]+s met its block \(drop\): feed:ours; while"
before=$(sum 192.0.2.66)
for i in 1 2 3 4; do
    knock 192.0.2.66 || not_ok "SYN $i is stopped"
done
check "as many as were sent" lab_wait 30 sums_to 192.0.2.66 $((before + 4))
check "why, and until when" line \
    "knock 192.0.2.66 on mx: [1-5] SYNs? in [0-9]+s met its block \(drop\): manual, seen too often; it ends in [0-9]+m"
check_equal "who is quiet has none" "$(sum $BOT)" 0
check_equal "it has the fields that are documented, and no others" \
    "$(knocks | jq -r 'keys[]' | sort -u |
        grep -vxF -f <("$LAB_BUILD/man/tables" fields | sed -n 's/^\.It Li //p' | sed 's/\\//g'))" ""
check_equal "all of a knock's own" "$(knocks | jq -r 'keys[]' | sort -u | grep -xE 'syns|span|ttl|text' | xargs)" \
    "span syns text ttl"
check "mxdpctl shows them so" grep -qE "knock $LISTED on mx: .* \(drop\): feed:ours" <(lab_ctl log --event knock)
check_equal "of one client too" "$(lab_ctl log --event knock --client $LISTED --json | jq -r .blocked | sort -u)" $LISTED

# More than have lines.
for i in 1 2 3 4 5; do
    lab_ctl block "192.0.2.10$i" --for 1h >/dev/null
done
for i in 1 2 3 4 5; do
    knock "192.0.2.10$i" &
    [ "$i" -gt 2 ] || knock "192.0.2.10$i" &
done
for job in $(jobs -p); do
    [ "$job" = "$AGENT" ] || wait "$job"
done
counted()
{
    local named rest

    named=$(knocks | jq -s 'map(select((.blocked // "") | startswith("192.0.2.10")) | .syns) | add // 0')
    rest=$(knocks | jq -rs '.[] | .text // ""' |
        sed -n 's/^[0-9]* more blocked sources knocked: \([0-9]*\) SYNs.*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
    [ $((named + rest)) = 7 ]
}
check "all others in one line: not a SYN is missing" lab_wait 30 counted
check "that says what to change" line 'more blocked sources? knocked: .*log.knocks_most'

echo "# the day"
check "a good sender" lab_send 198.51.100.20 "$MX4" letter-1
lab_ctl report --daily >"$LAB/day"
has()
{
    grep -qE "$1" "$LAB/day"
}
check "SYNs" has '^\* enforce mode, set by command line; SYNs in [0-9a-z]+: [1-9][0-9]* dropped'
check "sessions" has '^\* sessions judged in [0-9a-z]+: [1-9]'
check "who was blocked" has '^\* clients blocked, or who would have been: 1; with mail accepted all the same 0,'
check "for what" has '^\* what spoke against most of them, with clients: helo-known-bot 1'
check_equal "JSON" "$(lab_ctl report --daily --json | jq -r .about | sort -u)" day
check_exit 2 "it takes no --since" lab_ctl report --daily --since 2d

# The minute after the next, by the clock of mxdpd; seconds may be few before it changes.
soon=$(date -d '+70 seconds' +%H:%M)
sed -i "s/^log {/log { daily = $soon/" "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
summed_up()
{
    [ "$(lab_ctl log --event daily --json | wc -l)" -ge 4 ]
}
check "the log gets it at its time" lab_wait 150 summed_up
check_equal "what mxdpctl says" "$(lab_ctl log --event daily --json | jq -r .text | grep -c 'helo-known-bot 1$')" 1
check "as lines of its own" line '^mxdpd: daily: enforce mode'
check "SIGTERM" lab_agent_stop
lab_done
