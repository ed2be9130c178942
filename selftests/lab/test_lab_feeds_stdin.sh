#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A feed that is brought: mxdpctl's standard input becomes the list, whole or not at all.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

feed_section ours stdin 'action = drop' 'max_size = 1M' 'guard = 0'
feed_section other "file://$LAB/other.txt" 'action = drop'
echo 198.51.100.99 >"$LAB/other.txt"
lab_agent || lab_die "mxdpd does not start"

# brings FEED [OPTION...]: standard input, what is said in $LAB/said.
brings()
{
    local feed=$1
    shift
    lab_ctl feeds sync "$feed" - "$@" >"$LAB/said" 2>&1
}

# The HEX of a piece as mxdpctl would send it, under an upload's number of our own.
forged_piece()
{
    printf '{"verb":"feeds","bring":"ours","upload":%s,"data":"%s"}\n' "$1" "$2" |
        socat -t 5 - "UNIX-CONNECT:$LAB/mxdp.sock" | tail -n 1 | jq -r '.ok'
}

check "a list is brought" brings ours < <(printf '198.51.100.1\n198.51.100.2\n')
check "that is told" grep -q '^ours: current, ' "$LAB/said"
check "it stops whom it lists" lab_wait 5 feed_stops 198.51.100.1
check "and nobody else" feed_lets 198.51.100.3

seq -f '198.51.100.%g' 1 200 | gzip >"$LAB/list.gz"
check "packed, too, and in its place" brings ours <"$LAB/list.gz"
check "it stops whom it lists" lab_wait 5 feed_stops 198.51.100.200

# More than one piece.
for ((i = 0; i < 40; i++)); do
    seq -f "10.$i.%g.1" 0 255
done >"$LAB/long"
echo 198.51.100.3 >>"$LAB/long"
check_more "a list of many pieces" "$(stat -c %s "$LAB/long")" 65536
check "is brought" brings ours <"$LAB/long"
check "whole: its last line counts" lab_wait 5 feed_stops 198.51.100.3
check "what it left out does not" lab_wait 5 feed_lets 198.51.100.200

head -c 1200000 /dev/zero | tr '\0' 'x' >"$LAB/big"
brings ours <"$LAB/big"
check_equal "one over max_size is refused" $? 1
check "in words" grep -q 'larger than its max_size' "$LAB/said"
brings ours < <(echo '<html><body>sorry</body></html>')
check_equal "a web page is refused" $? 1
check "the list before stays" feed_stops 198.51.100.3

brings other < <(echo 198.51.100.1)
check_equal "a feed that is fetched takes none" $? 1
check "in words" grep -q 'url = stdin' "$LAB/said"
brings nobody < <(echo 198.51.100.1)
check_equal "nor does one that is not there" $? 1
lab_ctl feeds sync ours >"$LAB/said" 2>&1
check_equal "without - there is nothing to ask" $? 1
check "which is said" grep -q 'feeds sync ours - <FILE' "$LAB/said"
check "all that can be fetched are" lab_ctl feeds sync
check_equal "a piece of an upload that nobody began" "$(forged_piece 7777 3139)" false
check_equal "a piece that is no hexadecimal" "$(forged_piece 1 zz)" false
check_equal "an upload's number that is none" "$(forged_piece '"x"' 3139)" false

lab_agent_kill
lab_agent || lab_die "mxdpd does not start again"
check "the next agent has it from the disk" lab_wait 10 feed_is ours state ok
check "and stops whom it lists" feed_stops 198.51.100.3
lab_done
