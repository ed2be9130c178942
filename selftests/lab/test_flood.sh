#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 200 real sessions, good ones and bots, beside a million forged and replayed segments with their
# addresses and a SYN flood from everywhere: each session is judged by what it said itself, nobody
# else is, and the agent does not grow. SYN cookies are off, because they change what a handshake
# proves: test_flood_cookies.sh.
#
# Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_postfix.sh
. "$(dirname "$0")/mta_postfix.sh"
lab_enter "$@"
lab_network

CLIENTS=100     # over each IP version, as are the segments
FORGED=400000
REPLAYED=100000
SYNS=60000
AT_A_TIME=6     # sessions
SECONDS_LONG=40 # how long each flood is to take
GROWTH=4096     # kB that the agent may grow by
LOW=40000       # ports that clients use: few, so that forged segments often hit a connection
HIGH=40031

INNOCENT4=198.51.100.240 # whose guilty session before the agent's time is replayed
INNOCENT6=2001:db8:100:240::1

flood()
{
    lab_in third "$LAB_BUILD/selftests/lab/flood" "$@"
}

resident()
{
    sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$AGENT/status"
}

# A queue of half-open connections that the flood does not fill, and that soon forgets.
lab_in mta sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=65535 \
    net.core.somaxconn=65535 net.ipv4.tcp_synack_retries=1
lab_in wan sysctl -qw "net.ipv4.ip_local_port_range=$LOW $HIGH"
# Postfix asks for a backlog of as many connections as it may have processes.
postfix_start default_process_limit=20000

# --- what is replayed later -----------------------------------------------------------------------

capturing()
{
    grep -q 'listening on' "$LAB/tcpdump.out"
}

captured()
{
    [ "$(tcpdump -nnr "$LAB/guilty.pcap" "tcp[tcpflags] & tcp-fin != 0 or ip6[53] & 1 != 0" \
        2>/dev/null | wc -l)" -ge 4 ]
}

lab_in mta tcpdump -Uni eth0 -w "$LAB/guilty.pcap" "tcp port 25" 2>"$LAB/tcpdump.out" &
tcpdump=$!
lab_wait 5 capturing || lab_die "tcpdump: $(cat "$LAB/tcpdump.out")"
lab_bot $INNOCENT4 "$MX4" helo "[$MX4]" >/dev/null || lab_die "no session to replay"
lab_bot $INNOCENT6 "$MX6" helo "[IPv6:$MX6]" >/dev/null || lab_die "no session to replay"
lab_wait 5 captured || lab_die "tcpdump saw nothing: $(cat "$LAB/tcpdump.out")"
kill $tcpdump
wait $tcpdump

# --- who talks -------------------------------------------------------------------------------------

# kind N: what client N is
kind()
{
    case $(($1 % 10)) in
    3) echo helo-our-address ;;
    6) echo helo-our-name ;;
    9) echo helo-known-bot ;;
    *) echo good ;;
    esac
}

# session N FAMILY: its exit code goes to a file of its own
session()
{
    local source server=$MX4 literal="[$MX4]"

    source=$("client$2" "$1")
    [ "$2" = 4 ] || server=$MX6 literal="[IPv6:$MX6]"
    set -- "$1" "$2" "$source" --timeout 60 "$server"
    case $(kind "$1") in
    good) lab_bot "${@:3}" mail mail.example.org "a$1@example.org" user@example.net ;;
    helo-our-address) lab_bot "${@:3}" helo "$literal" ;;
    helo-our-name) lab_bot "${@:3}" helo "$MX_NAME" ;;
    helo-known-bot) lab_bot "${@:3}" helo ylmf-pc ;;
    esac >"$LAB/session.$1.$2" 2>&1 ||
        echo "client $1, IPv$2: $(cat "$LAB/session.$1.$2")" >>"$LAB/session.failed"
}

# Forged payload that the gate has met, whatever became of it.
payloads()
{
    lab_status '[.fates["mail-unproven", "mail-held", "mail-stale", "mail-outside", "mail-quiet",
        "mail-seen"] // 0] | add'
}

met()
{
    [ "$(payloads)" -gt "$1" ]
}

# All through the flood, not at its beginning: each group waits for its part of the flood.
sessions()
{
    local n family running=() step=$((2 * FORGED / CLIENTS)) from

    from=$(payloads)
    for n in $(seq 1 $CLIENTS); do
        for family in 4 6; do
            session "$n" $family &
            running+=($!)
        done
        [ "${#running[@]}" -lt $AT_A_TIME ] || {
            wait "${running[@]}"
            running=()
            lab_wait $SECONDS_LONG met $((from + n * step * 4 / 5))
        }
    done
    wait "${running[@]}"
}

flooding()
{
    kill -0 "${FLOODS[@]}" 2>/dev/null
}

# One line a client: its address, its score and what convicts it.
judgements()
{
    lab_ctl log --json -n 100000 | jq -r 'select(.event == "session") |
        (.client | sub(":[0-9]+$"; "") | ltrimstr("[") | rtrimstr("]")) + " " +
        (.findings | map(select(.points >= 10).id) | join(" "))' | sort
}

expected_judgements()
{
    local n family cause

    for n in $(seq 1 $CLIENTS); do
        for family in 4 6; do
            cause=$(kind "$n")
            echo "$("client$family" "$n") ${cause#good}"
        done
    done | sort
}

all_judged()
{
    judgements >"$LAB/judgements"
    [ "$(wc -l <"$LAB/judgements")" -ge $((2 * CLIENTS + 1)) ]
}

expected_blocks()
{
    expected_judgements | awk 'NF > 1 { print $1, $2 }'
}

# --- the flood ------------------------------------------------------------------------------------

lab_agent || lab_die "mxdpd does not start"
check "a session before it all" lab_bot 198.51.100.250 "$MX4" helo mail.example.org
before=$(resident)
payloads=$(payloads)
syns=$(lab_fate syn-clean)

: >"$LAB/session.failed"
FLOODS=()
start=$SECONDS
for server in "$MX4" "$MX6"; do
    sources=198.51.100.% name="EHLO [$MX4]"
    [ "$server" = "$MX4" ] || sources=2001:db8:100:%::1 name="EHLO [IPv6:$MX6]"
    flood data --dest "$server" --source "$sources" --sports $LOW-$HIGH --payload "$name" \
        --count $FORGED --rate $((FORGED / SECONDS_LONG)) >>"$LAB/flood.out" 2>&1 &
    FLOODS+=($!)
    flood replay --dest "$server" --count $REPLAYED --rate $((REPLAYED / SECONDS_LONG)) \
        "$LAB/guilty.pcap" >>"$LAB/flood.out" 2>&1 &
    FLOODS+=($!)
    flood syn --dest "$server" --count $SYNS --rate $((SYNS / SECONDS_LONG)) \
        >>"$LAB/flood.out" 2>&1 &
    FLOODS+=($!)
done
sessions
check "the floods outlast the sessions" flooding
echo "# $((2 * CLIENTS)) sessions took $((SECONDS - start)) s"
for pid in "${FLOODS[@]}"; do
    check "a flood was sent whole" wait "$pid"
done
echo "# the floods took $((SECONDS - start)) s: $(tr '\n' ' ' <"$LAB/flood.out")"

# --- what came of it --------------------------------------------------------------------------------

check_equal "every client was served" "$(cat "$LAB/session.failed")" ""
check "every session was judged" lab_wait 30 all_judged
check_equal "each for what it said itself" \
    "$(grep -v '^198\.51\.100\.250 ' "$LAB/judgements")" "$(expected_judgements)"
check_equal "the bots and nobody else are blocked" \
    "$(lab_ctl list --json | jq -r '"\(.addr) \(.cause)"' | sort)" "$(expected_blocks)"
check_more "the gate met the forged segments" "$(payloads)" $((payloads + 2 * FORGED * 9 / 10))
check_more "the gate met the SYNs" "$(lab_fate syn-clean)" $((syns + 2 * SYNS * 9 / 10))
check_equal "no SYN cookie was used" "$(lab_status .syncookies)" false
lost=$(lab_fate record-lost)
if [ "$lost" = 0 ]; then
    ok "no record was lost"
else
    check "lost records are said ($lost)" grep -q 'records were lost' <(lab_status '.notes[]')
fi
# The bots come from one /24, which is told, too.
check_equal "nothing else to complain of" \
    "$(lab_status '.notes[]' | grep -v -e 'records were lost' -e 'have offended within a day')" ""
after=$(resident)
check_more "the agent did not grow by more than $GROWTH kB (from $before kB to $after kB)" \
    $((before + GROWTH)) "$after"
lab_done
