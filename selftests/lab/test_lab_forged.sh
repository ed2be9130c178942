#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Off-path forgers convict nobody: 100,000 segments with a guilty HELO and somebody else's address
# make no flow and no verdict, whether that somebody has a connection or not.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

COUNT=100000
SEEN=99000 # of them at the least: a full device queue may lose some

# innocent ADDR FLOWS SEEN: no verdict, and both counters where they were.
innocent()
{
    check_equal "$1: no verdict" "$(lab_verdict "$1")" ""
    check_equal "$1: no new flow" "$(lab_fate flow-born)" "$2"
    check_equal "$1: nothing reached the agent" "$(lab_fate mail-seen)" "$3"
}

# Payload to a mail port, whatever became of it.
payloads()
{
    lab_status '[.fates["mail-unproven", "mail-held", "mail-stale", "mail-outside",
        "mail-quiet", "mail-seen"] // 0] | add'
}

no_connection()
{
    local source=$1 server=$2 helo=$3 flows seen before

    flows=$(lab_fate flow-born)
    seen=$(lab_fate mail-seen)
    before=$(payloads)
    check "$source: $COUNT segments without a connection" lab_forge data --source "$source" \
        --dest "$server" --payload "EHLO $helo" --count $COUNT
    check_more "$source: the gate met them" "$(payloads)" $((before + SEEN))
    innocent "$source" "$flows" "$seen"
}

# hold SOURCE SERVER: a well-behaved session that stays open; its port goes to PORT, its process
# to BOT.
hold()
{
    lab_in wan "$LAB_BUILD/selftests/lab/bot" --source "$1" --timeout 120 "$2" \
        hold mail.example.org >"$LAB/hold.out" 2>&1 &
    BOT=$!
    lab_wait 5 grep -q '^< 250 ' "$LAB/hold.out" || lab_die "no session: $(cat "$LAB/hold.out")"
    PORT=$(lab_in wan ss -Htn state established | tr -d '[]' |
        awk -v from="$1:" 'index($3, from) == 1 { print substr($3, length(from) + 1) }')
}

# From the capture: the sequence number that the server expects next, and the highest of its own.
expected_sequence()
{
    from_server | sed -n 's/.* ack \([0-9]*\).*/\1/p' | tail -n 1
}

highest_sent()
{
    from_server | sed -n 's/.* seq [0-9]*:\([0-9]*\).*/\1/p' | tail -n 1
}

from_server()
{
    tcpdump -Snnr "$LAB/hold.pcap" "src port 25 and dst port $PORT" 2>/dev/null
}

captured()
{
    [ -n "$(highest_sent)" ] && [ -n "$(expected_sequence)" ]
}

capturing()
{
    grep -q 'listening on' "$LAB/tcpdump.out"
}

with_connection()
{
    local source=$1 server=$2 helo=$3 flows seen before seq sent ack

    lab_in mta tcpdump -Uni eth0 -w "$LAB/hold.pcap" "tcp port 25" 2>"$LAB/tcpdump.out" &
    local tcpdump=$!
    lab_wait 5 capturing || lab_die "tcpdump: $(cat "$LAB/tcpdump.out")"
    seen=$(lab_fate mail-seen)
    hold "$source" "$server"
    check_more "$source: the tap sees its real session" "$(lab_fate mail-seen)" "$seen"
    lab_wait 5 captured || lab_die "tcpdump saw nothing: $(cat "$LAB/tcpdump.out")"
    seq=$(expected_sequence)
    sent=$(highest_sent)
    kill "$tcpdump"
    wait "$tcpdump"

    flows=$(lab_fate flow-born)
    seen=$(lab_fate mail-seen)
    before=$(payloads)
    check "$source: $COUNT segments into its connection, all numbers guessed" lab_forge data \
        --source "$source" --dest "$server" --sport "$PORT" --payload "EHLO $helo" --count $COUNT
    check_more "$source: the gate met them" "$(payloads)" $((before + SEEN))
    innocent "$source" "$flows" "$seen"

    # One who knows the sequence number, but neither of these acknowledgements was sent for.
    for ack in $(((sent + 1) % 4294967296)) $(((sent + 2147483648) % 4294967296)); do
        check "$source: 1000 segments with the right sequence number, acknowledging $ack" \
            lab_forge data --source "$source" --dest "$server" --sport "$PORT" --seq "$seq" \
            --ack "$ack" --payload "EHLO $helo" --count 1000
        innocent "$source" "$flows" "$seen"
    done
    check "$source: its session lives on" kill -0 "$BOT"
    kill "$BOT"
    wait "$BOT"
    check_exit 0 "$source: it may come again" lab_bot "$source" "$server" helo mail.example.org
}

no_connection 198.51.100.9 "$MX4" "[$MX4]"
no_connection 2001:db8:100::9 "$MX6" "[IPv6:$MX6]"
with_connection 198.51.100.10 "$MX4" "[$MX4]"
with_connection 2001:db8:100::10 "$MX6" "[IPv6:$MX6]"
check_equal "no verdict at all" "$(lab_status .verdicts)" 0
lab_done
