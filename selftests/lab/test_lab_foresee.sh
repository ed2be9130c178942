#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whether explain foresees what the gate does: for each verdict, with each feed, allowed or not, in
# both modes, the fate that it names is the counter which a real SYN then moves.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

mkdir -p "$LAB/www"
VERDICTS=(none drop reset watch limit)
FEEDS=(none drop reset watch)
HOSTS=() # address, verdict, feed, allowed
next=10
for verdict in "${VERDICTS[@]}"; do
    for feed in "${FEEDS[@]}"; do
        for allowed in no yes; do
            HOSTS+=("192.0.2.$((next++)) $verdict $feed $allowed")
        done
    done
done
# host_of VERDICT FEED ALLOWED
host_of()
{
    printf '%s\n' "${HOSTS[@]}" | awk -v want="$*" '{ addr = $1; $1 = ""; if ($0 == " " want) print addr }'
}

for feed in drop reset watch; do
    printf '%s\n' "${HOSTS[@]}" | awk -v feed=$feed '$3 == feed { print $1 }' >"$LAB/www/$feed.txt"
    feed_section "a$feed" "file://$LAB/www/$feed.txt" "action = $feed"
done
echo 192.0.2.100 >"$LAB/www/half.txt"
echo 192.0.2.96/29 >"$LAB/www/net.txt"
feed_section half1 "file://$LAB/www/half.txt" 'action = drop' 'weight = 50'
feed_section half2 "file://$LAB/www/net.txt" 'action = drop' 'weight = 50'
printf 'limit {\n    rate = 1\n    burst = 1\n}\ncourtesy = 5s\n' >>"$LAB/mxdp.conf"

lab_agent || lab_die "mxdpd does not start"
for action in drop reset watch limit; do
    printf '%s\n' "${HOSTS[@]}" | awk -v verdict=$action '$2 == verdict { print $1 }' |
        lab_ctl block - --action $action --for 1h >/dev/null || lab_die "cannot block: $action"
done
printf '%s\n' "${HOSTS[@]}" | awk '$4 == "yes" { print $1 }' | lab_ctl allow - >/dev/null ||
    lab_die "cannot allow"

fates()
{
    lab_pins status --json | jq -c '.fates | with_entries(select(.key | startswith("syn-")))'
}

foreseen()
{
    lab_ctl explain "$1" --json |
        jq -r 'select(.about == "state" and .ports == "mx") | "\(.fate) \(.action // "-")"'
}

# What has moved since $before: "syn-dropped=1", sorted.
moved()
{
    jq -rn --argjson before "$before" --argjson after "$(fates)" \
        '[$after | to_entries[] | .value -= ($before[.key] // 0) | select(.value != 0) |
        "\(.key)=\(.value)"] | sort | join(" ")'
}

has_moved()
{
    local sum=0 part

    said=$(moved)
    for part in $said; do
        sum=$((sum + ${part#*=}))
    done
    [ "$sum" -ge "$1" ]
}

# meets ADDR: the fate that is foreseen is met. Who is limited has a token first, unless the mode
# before has spent it: one a minute.
meets()
{
    local fate action count=1 wanted spent

    read -r fate action < <(foreseen "$1")
    wanted=$fate=1
    spent=$wanted
    if [ "$action" = limit ] && [ "$fate" != syn-allowed ]; then
        count=2
        wanted="$fate=1 syn-watched=1"
        spent=$fate=2
    fi
    before=$(fates)
    lab_forge syn --source "$1" --dest "$MX4" --count $count --timeout 0 >/dev/null 2>&1
    lab_wait 2 has_moved $count
    if [ "$said" != "$wanted" ] && [ "$said" != "$spent" ]; then
        echo "# $1: foreseen $wanted, met $said"
        return 1
    fi
    FORESEEN["$fate"]=1
}

# Of a feed's set the allowed ones are taken out in a moment.
settled()
{
    [ "$(foreseen "$(host_of none drop no)")" = "$1 drop" ] &&
        ! meets "$(host_of none drop yes)" | grep -q . && ! meets "$(host_of none reset yes)" | grep -q . &&
        ! meets "$(host_of none watch yes)" | grep -q .
}

declare -A FORESEEN=()
for mode in enforce monitor; do
    check "mode $mode" lab_ctl mode $mode
    fate=syn-dropped
    [ $mode = enforce ] || fate=syn-monitored
    check "the sets are in force" lab_wait 15 settled $fate
    wrong=0
    for host in "${HOSTS[@]}"; do
        # shellcheck disable=SC2086 # address, and what stands against it
        set -- $host
        meets "$1" || {
            wrong=$((wrong + 1))
            [ "$wrong" -lt 5 ] || break
            echo "#   $mode, verdict $2, feed $3, allowed $4"
        }
    done
    check_equal "in mode $mode each of ${#HOSTS[@]} meets what explain foresees" "$wrong" 0
done
check_equal "all of these came up" "$(printf '%s\n' "${!FORESEEN[@]}" | sort | paste -sd' ')" \
    "syn-allowed syn-clean syn-dropped syn-limited syn-monitored syn-reset syn-watched"

# --- in words ------------------------------------------------------------------------------------

says()
{
    lab_ctl explain "$1" | head -n 1 | grep -Eqx "$1: a SYN to port 25 $2"
}

addr=$(host_of none drop no)
check "monitor mode" says "$addr" "passes: monitor mode; would be dropped: feed adrop lists $addr/?[0-9]*"
check "enforce" lab_ctl mode enforce
check "a feed drops" says "$addr" "would be dropped: feed adrop lists $addr/?[0-9]*"
check "and since when is told" eval "lab_ctl explain $addr | grep -q '^feed .* its entries .*; drop$'"
check "a feed resets" says "$(host_of none reset no)" 'would be refused with a reset: feed areset lists .*'
check "a feed watches" says "$(host_of none watch no)" 'passes: it is only watched; feed awatch lists .*'
check "a verdict on watch shields nobody from a feed" says "$(host_of watch drop no)" \
    'would be dropped: feed adrop lists .*'
check "a verdict comes first" says "$(host_of reset drop no)" \
    'would be refused with a reset: verdict manual, .* left'
check "two halves make a whole" says 192.0.2.100 \
    'would be dropped: feed half1 lists 192.0.2.100, and so does 1 other'
check "which the gate does, too" meets 192.0.2.100
check "one half does not" says 192.0.2.97 'passes: no verdict'
check "nor at the gate" meets 192.0.2.97

# --- the courtesy pass ---------------------------------------------------------------------------

courtesy_is_due()
{
    [ "$(foreseen 198.51.100.7)" = "syn-courtesy drop" ]
}

lab_bot 198.51.100.7 "$MX4" helo "[$MX4]" >/dev/null 2>&1
check "a bot is blocked" lab_wait 5 lab_blocked_for 198.51.100.7 helo-our-address
check "its courtesy comes" lab_wait 10 courtesy_is_due
check "and is told" says 198.51.100.7 \
    'passes: the next one, as a courtesy; those after it would be dropped: verdict helo-.* left'
check "the gate grants it" meets 198.51.100.7
check "once" meets 198.51.100.7
check "mxdpd ends well" lab_agent_stop
lab_done
