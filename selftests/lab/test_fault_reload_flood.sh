#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hundred SIGHUPs under a flood, with configurations that change what can change, and mistakes in
# every fourth: not one blocked SYN passes, no other is dropped, every letter arrives, every session
# stands in the journal once, each bot's with its finding and its block.
#
# ROUNDS can be set. Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
# shellcheck source=selftests/lab/counted.sh
. "$(dirname "$0")/counted.sh"
lab_enter "$@"
lab_up

ROUNDS=${ROUNDS:-100}

# config N: two that are good, by turns, in all that a reload can change; every fourth is bad.
config()
{
    echo "log { events = 100000 }"
    if [ $(($1 % 2)) = 0 ]; then
        printf '%s\n' 'courtesy = 1h' 'allow = {"192.0.2.0/25"}' 'verdicts { per_minute = 100000 }' \
            'metrics { listen = "127.0.0.1:9725" }' 'finding "helo-dynamic" { points = 2 }'
    else
        printf '%s\n' 'courtesy = 2h' 'allow = {"192.0.2.128/25"}' 'trusted_relays = {"192.0.2.99"}' \
            'metrics { listen = "127.0.0.1:9726" }'
        feed_text other "file://$LAB/www/other.txt" 'action = drop'
    fi
    feed_text list "file://$LAB/www/list.txt" 'action = drop' 'guard = 1000' \
        "interval = $((1 + $1 % 2))h"
    [ $(($1 % 4)) != 3 ] || echo 'courtesy = nonsense'
}

# put N: as a file that is whole at any moment.
put()
{
    config "$1" >"$LAB/mxdp.conf.new"
    mv "$LAB/mxdp.conf.new" "$LAB/mxdp.conf"
}

# Bots until told to end, each from an address of its own: what became of each in a file.
bots()
{
    local n

    for ((n = 0; n < 60000; n++)); do
        [ ! -e "$LAB/enough" ] || return 0
        lab_bot "2001:db8:100:$(printf '%x' $((n + 1)))::1" "$MX6" helo "[IPv6:$MX6]" >/dev/null 2>&1
        echo "$? 2001:db8:100:$(printf '%x' $((n + 1)))::1" >>"$LAB/bots"
        pause 100
    done
}

# told: how many reloads the log tells of, good and refused.
told()
{
    lab_ctl log --event note --lines 1000 --json |
        jq -r 'select(.text | test("^(configuration read anew|the configuration was not read)")) |
            .text[0:13]' | sort | uniq -c | awk '{ print $1 }' | xargs
}

answered()
{
    [ "$(told | tr ' ' '\n' | awk '{ sum += $1 } END { print sum + 0 }')" = "$1" ]
}

mkdir -p "$LAB/www"
list 0 | feed_put list.txt
echo 20.60.0.0/24 | feed_put other.txt
put 0
lab_agent || lab_die "mxdpd does not start"
check "blocks" lab_ctl block - --for 2h < <(blocks)
check "a feed" lab_wait 30 feed_is list state ok
check "in force" lab_wait 30 listed
counted_start
bots &
bots=$!

for ((round = 1; round <= ROUNDS; round++)); do
    put "$round"
    kill -s HUP "$AGENT"
    # Two that wait are one: each must have been heard before the next.
    lab_wait 30 answered "$round" || break
    counted_goes_on || break
done
check_equal "every SIGHUP was answered" "$((round - 1))" "$ROUNDS"
check_equal "so many good and so many bad" "$(told)" "$((ROUNDS - ROUNDS / 4)) $((ROUNDS / 4))"
counted_stop
wait "$bots"
counted_check $((ROUNDS * 10))

# --- sessions

sessions_end()
{
    [ "$(lab_status .sessions)" = 0 ]
}
check "all sessions have ended" lab_wait 60 sessions_end
lab_ctl log --lines 100000 --json >"$LAB/events"
check "the journal has kept all of it" grep -q '"event":"note"' "$LAB/events"
# Once each, with the mail's own token.
jq -r 'select(.event == "session") | .mail_from[]? | select(startswith("letter-")) |
    sub("@.*"; "")' "$LAB/events" | sort >"$LAB/journalled"
sed -n 's/^sent //p' "$LAB/letters" | sort >"$LAB/wanted"
check_equal "each letter's session is in the journal, once" \
    "$(diff "$LAB/wanted" "$LAB/journalled" | head -n 5)" ""
sed -n 's/^0 //p' "$LAB/bots" | sort >"$LAB/wanted"
check_more "bots meanwhile" "$(wc -l <"$LAB/wanted")" 10
check_equal "none of them was kept out" "$(grep -vc '^0 ' "$LAB/bots")" 0
jq -r 'select(.event == "session" and any(.findings[]; .id == "helo-our-address")) | .client |
    sub("^\\[(?<a>.*)\\]:[0-9]+$"; "\(.a)")' "$LAB/events" | sort >"$LAB/journalled"
check_equal "each bot's session is in the journal with its finding, once" \
    "$(diff "$LAB/wanted" "$LAB/journalled" | head -n 5)" ""
jq -r 'select(.event == "verdict" and .enforced) | .client | sub("^\\[(?<a>.*)\\]:[0-9]+$"; "\(.a)")' \
    "$LAB/events" | sort >"$LAB/journalled"
check_equal "and its block, once" "$(diff "$LAB/wanted" "$LAB/journalled" | head -n 5)" ""
check_equal "no record was lost" "$(lab_fate record-lost)" 0
check_equal "every hook is there once" "$(lab_programs)" 2
check_equal "the blocks stand" "$(lab_verdict 20.1.0.77)" manual
check "mxdpd ends well" lab_agent_stop
# shellcheck disable=SC2086 # lists
{
    echo "# figure: reloads_under_flood $ROUNDS reloads"
    echo "# figure: reload_blocked_syns $(sent $BLOCKED) packets"
    echo "# figure: reload_blocked_syns_passed $(passed $BLOCKED) packets"
    echo "# figure: reload_good_syns $(sent $GOOD) packets"
    echo "# figure: reload_letters $LETTERS letters"
}
lab_done
