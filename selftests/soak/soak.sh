#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Mixed traffic for MINUTES (3) through mxdp to a real mail server: good senders of several kinds,
# bots, feeds that swap, a configuration that is read anew, control clients, a cable that is pulled.
# Memory, descriptors and maps stay flat, counters add up, and every message that a sender was told
# is accepted is in the mailbox, once.
#
#   soak.sh postfix|exim|opensmtpd
#
# Flat: the mean of the last quarter of the time against that of the second one, by the tolerances
# of `flat' below. Figures go to build/soak/MTA.json; scripts/check soak makes result.json of them.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/unpack.sh
. "$(dirname "$0")/../lab/unpack.sh"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/../lab/mta.sh"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/../lab/feeds.sh"
MTA=${1:-postfix}
# shellcheck disable=SC1090 # one of three
. "$(dirname "$0")/../lab/mta_$MTA.sh" || exit 2
MINUTES=${MINUTES:-3}
[ "$MTA" = postfix ] || "${MTA}_need"
lab_enter "$@"
lab_network
[ "$MTA" = postfix ] || unpack_over "$MTA"
# Bots have room: 25.0.0.0/8, and each /64 of 2001:db8:1000::/36.
ip -n wan route add local 25.0.0.0/8 dev lo
ip -n wan -6 route add local 2001:db8:1000::/36 dev lo

RESULT=$LAB_BUILD/soak/$MTA.json
SAMPLE_EVERY=2  # seconds
SAMPLES_LEAST=8 # on however slow a machine
BLOCKS_LAST=5s  # so that as many run out as come

running()
{
    [ ! -e "$LAB/enough" ]
}

# pause MILLISECONDS
pause()
{
    read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <> <(:)
}

# --- who talks -------------------------------------------------------------------------------------

# What a sender was told: "accepted TOKEN MESSAGES", or "unsure" where the session broke off.
told()
{
    local word=unsure
    [ "$1" != 0 ] || word=accepted
    [ "$1" = 3 ] || echo "$word $2 $3" >>"$LAB/told.$4" # 3: not offered, and not tried
}

# sender NUMBER MESSAGES CMD...: sessions of one kind, over both IP versions in turn.
sender()
{
    local number=$1 messages=$2 n token source server status
    shift 2
    for ((n = 0; ; n++)); do
        running || return 0
        source=$(client4 $((number * 30 + n % 25)))
        server=$MX4
        if [ $((n % 2)) = 1 ]; then
            source=$(client6 $((number * 30 + n % 25)))
            server=$MX6
        fi
        token=soak.$number.$n
        status=0
        "$@" "$source" "$server" "$token" >/dev/null 2>&1 || status=$?
        told $status "$token" "$messages" "$number"
        pause 300
    done
}

post_five()
{
    by_post "$@" --messages 5
}

post_five_pipelined()
{
    by_post "$@" --messages 5 --pipeline
}

post_five_bdat()
{
    by_post "$@" --messages 5 --bdat
}

# swaks has its token in the subject as it is, not with a number behind it.
swaks_one()
{
    by_swaks "$1" "$2" "$3-1"
}

swaks_one_tls()
{
    swaks_tls "$1" "$2" "$3-1"
}

# Each bot comes once, from an address of its own, and convicts itself.
offend()
{
    local n=$1 source=25.0.$(($1 / 250 % 250)).$(($1 % 250 + 1)) server=$MX4 literal="[$MX4]"

    if [ $((n % 2)) = 1 ]; then
        source=$(printf '2001:db8:1000:%x::1' "$n")
        server=$MX6 literal="[IPv6:$MX6]"
    fi
    echo "$source" >>"$LAB/bots"
    set -- "$source" "$server"
    case $((n % 5)) in
    0) lab_bot "$@" helo "$literal" ;;
    1) lab_bot "$@" helo "$MX_NAME" ;;
    2) lab_bot "$@" http ;;
    3) lab_bot "$@" helo ylmf-pc ;;
    4) lab_bot "$@" helo $'bad\001name' ;;
    esac >/dev/null 2>&1
    # Who was answered to the end, or put out, has offended for certain; others may have.
    case $? in 0 | 5 | 7) echo "$source" >>"$LAB/offenders" ;; esac
    [ $((n % 20)) = 0 ] || return 0
    # What its next attempt comes to is told by the SYN's fate.
    lab_bot "$1" --timeout 1 "$2" connect >/dev/null 2>&1
}

bots_come()
{
    local n
    for ((n = 0; ; n++)); do
        running || return 0
        offend "$n"
        pause 200
    done
}

feeds_swap()
{
    local n
    for ((n = 0; ; n++)); do
        running || return 0
        seq -f "20.$((n % 7)).1.%g" 1 $((100 + n % 3 * 50)) | feed_put web.txt
        seq -f "21.$((n % 5)).1.%g" 1 200 | feed_put file.txt
        lab_ctl feeds sync >/dev/null 2>&1
        pause 1000
    done
}

config_changes()
{
    local n
    for ((n = 0; ; n++)); do
        running || return 0
        sed -i "s/^courtesy = .*/courtesy = $((30 + n % 2))m/" "$LAB/mxdp.conf"
        kill -s HUP "$AGENT" && echo . >>"$LAB/reloads"
        pause 2000
    done
}

# The carrier goes and comes back; addresses and routes stay.
cable_is_pulled()
{
    while running; do
        pause 6000
        ip -n core link set to-mta down
        pause 100
        ip -n core link set to-mta up
        echo . >>"$LAB/flaps"
    done
}

control_asks()
{
    local n
    for ((n = 0; ; n++)); do
        running || return 0
        lab_ctl block "22.0.$((n % 250)).1" --for 5s
        lab_ctl explain "25.0.0.$((n % 250 + 1))"
        lab_ctl list --json
        lab_ctl log -n 100
        lab_ctl unblock "22.0.$((n % 250)).1"
        lab_ctl unallow "22.0.$((n % 250)).1"
        pause 1000
    done >/dev/null 2>&1
}

# --- what is looked at -------------------------------------------------------------------------------

# rss PID...: kilobytes
rss()
{
    local pid
    for pid in "$@"; do
        cat "/proc/$pid/status" 2>/dev/null
    done | awk '$1 == "VmRSS:" { kb += $2 } END { print kb + 0 }'
}

sample()
{
    local flows

    flows=$(bpftool -j map dump pinned "$PIN_DIR/mxdp_flows" | jq length)
    # shellcheck disable=SC2046 # a list
    lab_ctl status --json | jq -c --argjson rss "$(rss "$AGENT")" --argjson flows "$flows" \
        --argjson children "$(rss $(pgrep -P "$AGENT"))" \
        --argjson descriptors "$(find "/proc/$AGENT/fd" -mindepth 1 | wc -l)" \
        '{rss_kb: $rss, children_kb: $children, descriptors: $descriptors, flows: $flows,
            verdicts, sessions, latency_p50_us: .latency.p50_us, latency_p99_us: .latency.p99_us,
            loop_cpu_ms: .loop.last_minute.longest_cpu_ms}' >>"$LAB/samples"
}

# Means of the second and the last quarter.
windows()
{
    jq -s 'def mean($from; $to): .[(length * $from | floor):(length * $to | floor)] |
        . as $part | (.[0] | keys) | map({key: ., value: ([$part[][.]] | add / length)}) | from_entries;
        {samples: length, early: mean(0.25; 0.5), late: mean(0.75; 1)}' "$LAB/samples"
}

# flat KEY PERCENT MORE: the late mean is no more than PERCENT of the early one, and MORE.
flat()
{
    local early late

    read -r early late < <(jq -r --arg key "$1" '"\(.early[$key]) \(.late[$key])"' "$LAB/windows")
    check "$1 is flat: $early, then $late" \
        awk -v e="$early" -v l="$late" "BEGIN { exit !(l <= e * $2 / 100 + $3) }"
}

# SYNs that XDP let through, counted behind it.
count_syns()
{
    lab_in mta nft -f - <<END
table netdev soak {
    counter syns { }
    chain passed {
        type filter hook ingress device eth0 priority 0;
        tcp dport 25 tcp flags & (syn | ack | rst | fin) == syn counter name syns
    }
}
END
}

syns_behind()
{
    lab_in mta nft -j list counters netdev | jq '[.nftables[].counter.packets // empty] | add'
}

syns_passed()
{
    lab_status '[.fates["syn-clean", "syn-expired", "syn-watched", "syn-allowed", "syn-not-local",
        "syn-monitored", "syn-stale", "syn-courtesy", "syn-feed-old"]] | add'
}

syns_agree()
{
    [ "$(syns_behind)" = "$(syns_passed)" ]
}

# "COUNT TOKEN-N" of what lies in the mailbox.
mailbox()
{
    grep -rhoE '^Subject: soak\.[0-9.]+-[0-9]+' "$LAB/mail/inbox/new" | sed 's/^Subject: //' |
        sort | uniq -c | awk '{ print $2, $1 }' | sort
}

# One message a line, "TOKEN-N", of what senders were told.
told_of()
{
    awk -v word="$1" '$1 == word { for (i = 1; i <= $3; i++) print $2 "-" i }' "$LAB"/told.* | sort
}

lost()
{
    mailbox >"$LAB/mailbox"
    told_of accepted >"$LAB/accepted"
    cut -d' ' -f1 "$LAB/mailbox" | comm -13 - "$LAB/accepted"
}

none_lost()
{
    [ -z "$(lost)" ]
}

lines()
{
    cat "$@" 2>/dev/null | wc -l
}

# --- the time --------------------------------------------------------------------------------------

feeds_nginx
seq -f "20.0.0.%g" 1 100 | feed_put web.txt
seq -f "21.0.0.%g" 1 100 | feed_put file.txt
cat >>"$LAB/mxdp.conf" <<END
courtesy = 30m
ttl { convicting = $BLOCKS_LAST scored = $BLOCKS_LAST }
log { events = 1000 }
END
feed_section web "$FEED_WEB/web.txt" 'action = drop' 'guard = 0'
feed_section file "file://$LAB/www/file.txt" 'action = drop' 'guard = 0'
"${MTA}_start"
lab_agent || lab_die "mxdpd does not start"
first=$AGENT
check "SYNs are counted behind the gate" count_syns

workers=()
for work in "sender 1 1 by_post" "sender 2 5 post_five" "sender 3 5 post_five_pipelined" \
    "sender 4 5 post_five_bdat" "sender 5 1 swaks_one" bots_come feeds_swap config_changes \
    cable_is_pulled control_asks; do
    $work &
    workers+=($!)
done
if [ "$MTA" != opensmtpd ]; then # whose STARTTLS fails with every client: mta_opensmtpd.sh
    sender 6 1 swaks_one_tls &
    workers+=($!)
fi
SECONDS=0
until [ "$SECONDS" -ge $((MINUTES * 60)) ] && [ "$(lines "$LAB/samples")" -ge $SAMPLES_LEAST ]; do
    sample
    pause $((SAMPLE_EVERY * 1000))
done
touch "$LAB/enough"
wait "${workers[@]}"

# --- what came of it -------------------------------------------------------------------------------

check_equal "mxdpd is the same process" "$(lab_status .pid)" "$first"
check "every accepted message is in the mailbox" lab_wait 60 none_lost
lost=$(lost | wc -l)
[ "$lost" = 0 ] || lost | head -n 5 | sed 's/^/#   lost: /'
duplicated=$(awk '$2 > 1' "$LAB/mailbox" | wc -l)
check_equal "and none twice" "$duplicated" 0
check_equal "nor any that nobody sent" \
    "$(cut -d' ' -f1 "$LAB/mailbox" | comm -23 - <(sort "$LAB/accepted" <(told_of unsure)))" ""
accepted=$(lines "$LAB/accepted")
check_more "messages were accepted, enough to tell" "$accepted" 20

offenders=$(lines "$LAB/offenders")
check_more "bots came" "$offenders" 0
all_blocked()
{
    [ "$(lab_status .counts.blocked)" -ge $((offenders - $(lab_fate record-lost))) ]
}
check "every bot was blocked, but for lost records" lab_wait 20 all_blocked
blocked=$(lab_status .counts.blocked)
check "and nobody else ($(lines "$LAB/bots") bots, $blocked blocks)" \
    test "$blocked" -le "$(lines "$LAB/bots")"
check "SYNs that the gate let through are those behind it" lab_wait 10 syns_agree
echo "# $(syns_passed) SYNs passed, $(syns_behind) behind the gate"
swaps=$(grep -cE 'feed: (web|file) is updated' "$LAB/mxdpd.log")
check_more "feeds were swapped" "$swaps" 2
check_more "the configuration was read anew" "$(lines "$LAB/reloads")" 0
check_more "the cable was pulled" "$(lines "$LAB/flaps")" 0
check_equal "it complains of nothing" "$(lab_status '.notes[]' |
    grep -v -e 'have offended within a day' -e 'records were lost')" ""

windows >"$LAB/windows"
flat rss_kb 110 8192
flat children_kb 110 4096
flat descriptors 100 8
flat verdicts 150 100
flat flows 150 300
flat sessions 150 50
# The senders have the same CPUs: what is looked for is a latency that grows and grows.
flat latency_p50_us 1000 50000
flat latency_p99_us 1000 50000
mkdir -p "$(dirname "$RESULT")"
jq --arg mta "$MTA" --argjson minutes "$MINUTES" --argjson accepted "$accepted" \
    --argjson lost "$lost" --argjson duplicated "$duplicated" --argjson unsure "$(told_of unsure | wc -l)" \
    --argjson offenders "$offenders" --argjson blocked "$blocked" \
    --argjson swaps "$swaps" --argjson reloads "$(lines "$LAB/reloads")" \
    --argjson flaps "$(lines "$LAB/flaps")" --argjson syns "$(syns_passed)" \
    '. + {mta: $mta, minutes: $minutes, accepted: $accepted, lost: $lost, duplicated: $duplicated,
        unsure: $unsure, offenders: $offenders, blocked: $blocked, feed_swaps: $swaps,
        reloads: $reloads, flaps: $flaps, syns_passed: $syns}' "$LAB/windows" >"$RESULT"
jq -r 'to_entries[] | select(.value | type == "number") | "# figure: soak_\(.key) \(.value)"' "$RESULT"
check "mxdpd ends well" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
lab_done
