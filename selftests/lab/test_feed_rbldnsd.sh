#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lists in rbldnsd's formats against rbldnsd itself: generated zones, served on the loopback of a
# network namespace of its own, and questions around every boundary. Who is listed there must be
# in what `mxdpctl parse-feed' prints, and nobody else.
#
#   FEED_ZONES   how many (400)
#   FEED_SEED    where chance begins (1)
#   FEED_FIRST   the first of them (0); the same seed and number are the same zone

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"

FEED_ZONES=${FEED_ZONES:-400}
FEED_SEED=${FEED_SEED:-1}
FEED_FIRST=${FEED_FIRST:-0}
AT_ONCE=500 # zones in one rbldnsd
PORT=5300
TOOL=$LAB_BUILD/selftests/lab/feed_zones
ZONES=$LAB/zones

if ! command -v rbldnsd >/dev/null; then
    skip "rbldnsd is not installed"
    lab_done
    exit
fi

# parse FROM TO: what parse-feed makes of each; 1 is its answer where no line can be used.
parse()
{
    local n type status
    local types=(ip4set ip4trie ip4tset ip6trie ip6tset)

    for ((n = $1; n < $2; n++)); do
        type=${types[n % 5]}
        status=0
        "$LAB_BUILD/mxdpctl" parse-feed --format "rbldnsd-$type" "$ZONES/z$n" \
            >"$ZONES/z$n.out" 2>"$ZONES/z$n.err" || status=$?
        [ "$status" -le 1 ] || {
            echo "z$n: parse-feed ended with $status"
            cat "$ZONES/z$n.err"
            return 1
        }
    done
}

serves()
{
    grep -q 'started' "$LAB/rbldnsd.log"
}

# batch FROM TO
batch()
{
    local from=$1 to=$2 status=0 arguments server

    rm -rf "$ZONES"
    mkdir -p "$ZONES"
    mapfile -t arguments < <("$TOOL" write "$ZONES" "$FEED_SEED" "$from" "$to")
    parse "$from" "$to" || return 1
    rbldnsd -n -u nobody -w "$ZONES" -b "127.0.0.1/$PORT" -c 0 "${arguments[@]}" \
        >"$LAB/rbldnsd.log" 2>&1 &
    server=$!
    lab_wait 20 serves || return 1
    "$TOOL" ask "$PORT" "$ZONES" "$FEED_SEED" "$from" "$to" >"$LAB/asked" || status=1
    cat "$LAB/asked"
    awk '$1 == "zones"' "$LAB/asked" >>"$LAB/sums"
    kill "$server"
    wait "$server"
    return "$status"
}

# The sum over all batches of the number behind a word.
sum()
{
    awk -v word="$1" '{ for (i = 1; i < NF; i += 2) if ($i == word) n += $(i + 1) }
        END { print n + 0 }' "$LAB/sums"
}

ip link set lo up
: >"$LAB/sums"
echo "# FEED_SEED=$FEED_SEED FEED_FIRST=$FEED_FIRST FEED_ZONES=$FEED_ZONES"
for ((from = FEED_FIRST; from < FEED_FIRST + FEED_ZONES; from += AT_ONCE)); do
    to=$((from + AT_ONCE))
    [ "$to" -le $((FEED_FIRST + FEED_ZONES)) ] || to=$((FEED_FIRST + FEED_ZONES))
    check "zones $from to $((to - 1)) are read as rbldnsd reads them" batch "$from" "$to"
done
echo "# $(sum zones) zones, $(sum questions) questions, $(sum listed) answered \"listed\";" \
    "$(sum refused) zones left out for a network too wide"
check_equal "all zones were asked about" "$(sum zones)" "$FEED_ZONES"
check_more "there were questions" "$(sum questions)" $((FEED_ZONES * 50))
check_more "and many were listed" "$(sum listed)" $(($(sum questions) / 20))
check_more "few zones had to be left out" $((FEED_ZONES / 8 + 1)) "$(sum refused)"
lab_done
