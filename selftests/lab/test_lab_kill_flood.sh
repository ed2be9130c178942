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
lab_enter "$@"
lab_up

ROUNDS=${ROUNDS:-100}
SEED=${SEED:-$((SRANDOM % 32768))}
RANDOM=$SEED
echo "# SEED=$SEED"
RATE=10000 # SYNs a second

# Each kind's source port, and where its SYNs come from. The low half of each /25 is blocked, or on
# the feed, address by address; the high half is not. Ports below those that letters are sent from.
KINDS="
20000=20.1.0.128/25,20.3.0.128/25,20.4.0.0/24 20001=20.1.0.0/25 20002=20.2.0.0/24 20003=20.3.0.0/25
21000=2001:db8:1::80/121,2001:db8:3::80/121,2001:db8:4::/64 21001=2001:db8:1::/121
21002=2001:db8:2::/64 21003=2001:db8:3::/121"
GOOD="20000 21000"
BLOCKED="20001 20002 20003 21001 21002 21003"

# --- counting --------------------------------------------------------------------------------------

rules()
{
    local port

    echo "table netdev count {"
    for port in $GOOD $BLOCKED; do
        echo "counter p$port { }"
    done
    echo "chain passed { type filter hook ingress device eth0 priority 0;"
    for port in $GOOD $BLOCKED; do
        echo "tcp sport $port tcp dport 25 counter name p$port drop"
    done
    printf '}\n}\n'
}

# passed PORT...: how many with these source ports passed XDP.
passed()
{
    lab_in mta nft -j list counters netdev | jq --arg ports "$*" '[.nftables[].counter |
        select(. and (.name[1:] | inside($ports))) | .packets] | add'
}

# sent PORT...
sent()
{
    awk -v ports=" $* " 'index(ports, " " $1 " ") { sum += $2 } END { print sum + 0 }' "$LAB/sent"
}

# What was lost on the wires to the gate: no kill's doing.
wire_lost()
{
    ip -n core -s -j link show to-mta | jq '.[0].stats64.tx.dropped'
}

# --- what goes on --------------------------------------------------------------------------------

# The feed, with SYNs' sources always and others in turn.
list()
{
    local i

    for ((i = 0; i < 128; i++)); do
        printf '20.3.0.%d\n2001:db8:3::%x\n' "$i" "$i"
    done
    for ((i = 0; i < 2000 + $1 % 2 * 500; i++)); do
        echo "20.$((9 + $1 % 7)).$((i / 256)).$((i % 256))"
    done
}

# Whether the gate has the feed.
listed()
{
    lab_ctl explain 20.3.0.1 | grep -q 'port 25 would be dropped'
}

blocks()
{
    local i

    for ((i = 0; i < 128; i++)); do
        printf '20.1.0.%d\n2001:db8:1::%x\n' "$i" "$i"
    done
    printf '20.2.0.0/24\n2001:db8:2::/64\n'
    for ((i = 0; i < 4000; i++)); do
        echo "21.0.$((i / 256)).$((i % 256))"
    done
}

# pause MILLISECONDS
pause()
{
    read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <> <(:)
}

# Letters until told to end; "sent TOKEN" and "failed TOKEN" in a file.
letters()
{
    local n word

    for ((n = 0; ; n++)); do
        [ ! -e "$LAB/enough" ] || return 0
        word=failed
        lab_bot 198.51.100.$((n % 200 + 20)) "$MX4" mail mail.example.org "letter-$n-@example.org" \
            user@example.net >/dev/null 2>&1 && word=sent
        echo "$word letter-$n-" >>"$LAB/letters"
        pause 100
    done
}

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
check "it starts" lab_agent
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')
echo "# a start takes $took ms"

check "nftables counts what passes" lab_in mta nft -f - < <(rules)
lost=$(wire_lost)
# shellcheck disable=SC2086 # a list
"$LAB_BUILD/selftests/lab/syns" "$PIN_DIR" /run/netns/third "$MX4" "$MX6" $RATE $KINDS \
    >"$LAB/sent" 2>"$LAB/syns.err" &
syns=$!
letters &
letters=$!

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
    kill -0 "$syns" 2>/dev/null || break
    came_to >>"$LAB/moments"
    kill -KILL "$AGENT" 2>/dev/null
    wait "$AGENT" 2>/dev/null
    # Its shell tells whether it had ended by itself just before.
    [ $? != 137 ] || kills=$((kills + 1))
    start --handover
done
lab_wait 15 lab_agent_ready
check "after all that it is ready" grep -q 'mxdpd: ready' "$LAB/mxdpd.log"
check "the flood goes on" kill -s TERM "$syns"
check "every SYN arrived at the gate" wait "$syns"
sed 's/^/# /' "$LAB/syns.err"
touch "$LAB/enough"
wait "$letters"

# --- what came of it -----------------------------------------------------------------------------

sort "$LAB/moments" | uniq -c | sed 's/^ */# killed: /'
echo "# lost on the wires: $(($(wire_lost) - lost))"
check_equal "so often it was killed" "$kills" "$ROUNDS"
for port in $BLOCKED; do
    check_more "$port: blocked SYNs, enough to tell" "$(sent "$port")" $((ROUNDS * 10))
    check_equal "$port: none of $(sent "$port") passed" "$(passed "$port")" 0
done
for port in $GOOD; do
    check_equal "$port: of $(sent "$port") others none was dropped" "$(passed "$port")" \
        "$(sent "$port")"
done
letters=$(grep -c ^sent "$LAB/letters")
check_more "letters meanwhile" "$letters" 10
check_equal "none of them failed" "$(grep -c ^failed "$LAB/letters")" 0
arrived()
{
    [ "$(grep -rlsE 'letter-[0-9]+-@' "$LAB/mail/inbox/new" | wc -l)" = "$letters" ]
}
check "all of them are in the mailbox" lab_wait 20 arrived
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
    echo "# figure: kill_letters $letters letters"
}
lab_done
