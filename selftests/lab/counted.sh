# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SYNs of known kinds and letters, all the while that a lab test does something to mxdpd, and all
# counted: what passes XDP by nftables behind it, one by one. Sourced after scripts/lab and feeds.sh.
#
#   blocks            what is to be blocked by hand, for `mxdpctl block -'
#   list N            what the feed `list' is to hold; another length for another N
#   listed            whether the gate has the feed
#   counted_start     SYNs and letters from now on
#   counted_stop      no more of them
#   counted_check N   at least N of each kind: no blocked SYN passed, no other was dropped, each letter
#                     is in the mailbox; LETTERS is how many
#   sent PORT..., passed PORT...   SYNs with these source ports: $GOOD and $BLOCKED
#   pause MILLISECONDS

RATE=10000 # SYNs a second, at most

# Each kind's source port, and where its SYNs come from. The low half of each /25 is blocked, or on
# the feed, address by address; the high half is not. Ports below those that letters are sent from.
KINDS="
20000=20.1.0.128/25,20.3.0.128/25,20.4.0.0/24 20001=20.1.0.0/25 20002=20.2.0.0/24 20003=20.3.0.0/25
21000=2001:db8:1::80/121,2001:db8:3::80/121,2001:db8:4::/64 21001=2001:db8:1::/121
21002=2001:db8:2::/64 21003=2001:db8:3::/121"
GOOD="20000 21000"
BLOCKED="20001 20002 20003 21001 21002 21003"

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

# What was lost on the wires to the gate: nobody's doing.
wire_lost()
{
    ip -n core -s -j link show to-mta | jq '.[0].stats64.tx.dropped'
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
    feed_would_stop 20.3.0.1
}


counted_start()
{
    check "nftables counts what passes" lab_in mta nft -f - < <(rules)
    WIRE_LOST=$(wire_lost)
    # shellcheck disable=SC2086 # a list
    "$LAB_BUILD/selftests/lab/syns" "$PIN_DIR" /run/netns/third "$MX4" "$MX6" $RATE $KINDS \
        >"$LAB/sent" 2>"$LAB/syns.err" &
    SYNS=$!
    letters &
    LETTERS_BY=$!
}

counted_goes_on()
{
    kill -0 "$SYNS" 2>/dev/null
}

counted_stop()
{
    check "the flood goes on" kill -s TERM "$SYNS"
    check "every SYN arrived at the gate" wait "$SYNS"
    sed 's/^/# /' "$LAB/syns.err"
    touch "$LAB/enough"
    wait "$LETTERS_BY"
    echo "# lost on the wires: $(($(wire_lost) - WIRE_LOST))"
}

letters_arrived()
{
    [ "$(grep -rlsE 'letter-[0-9]+-@' "$LAB/mail/inbox/new" | wc -l)" = "$LETTERS" ]
}

counted_check()
{
    local port

    for port in $BLOCKED; do
        check_more "$port: blocked SYNs, enough to tell" "$(sent "$port")" "$1"
        check_equal "$port: none of $(sent "$port") passed" "$(passed "$port")" 0
    done
    for port in $GOOD; do
        check_equal "$port: of $(sent "$port") others none was dropped" "$(passed "$port")" \
            "$(sent "$port")"
    done
    LETTERS=$(grep -c ^sent "$LAB/letters")
    check_more "letters meanwhile" "$LETTERS" 10
    check_equal "none of them failed" "$(grep -c ^failed "$LAB/letters")" 0
    check "all of them are in the mailbox" lab_wait 20 letters_arrived
}
