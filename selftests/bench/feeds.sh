#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lists of a million and of ten million from a file into the kernel: feed sets beside `nft -f` and
# `ipset restore' with the same million. The two others run in a network namespace of the bench's
# own; ten million in them would take minutes and tell the same of an entry.
#
# And ten million through a running mxdpd: feeds_agent.sh.
#
# The kernel's memory is told by the set itself (feed sets, ipset), or by what the kernel's grew
# by meanwhile (nft: others at work blur it).
set -u -o pipefail

TOOL=build/selftests/bench/feeds
MILLION=1000000

die()
{
    echo "feeds: $*" >&2
    exit 1
}

for tool in nft ipset; do
    command -v "$tool" >/dev/null || die "$tool is missing: run scripts/deps bench"
done
work=$(mktemp -d) || exit 1
netns=mxdp-feeds-$$
cleanup()
{
    ip netns del "$netns" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
ip netns add "$netns" || exit 1

# rows WHAT REMARK: the tool's rows, with the case in front.
rows()
{
    awk -F '\t' -v what="$1" -v remark="$2" 'BEGIN { OFS = "\t" }
        $1 ~ /memory of the kernel/ && $2 < 0 { $2 = "-"; remark = remark ", could not be told apart" }
        { print what ": " $1, $2, $3, remark }'
}

# per_entry WHAT REMARK COUNT: what an entry took, out of rows.
per_entry()
{
    awk -F '\t' -v what="$1" -v remark="$2" -v count="$3" 'BEGIN { OFS = "\t" }
        $1 == "file to in force" {
            print what ": time, an entry", sprintf("%.0f", $2 * 1e9 / count), "ns", remark
        }'
}

# measure WHAT REMARK COUNT COMMAND...
measure()
{
    local what=$1 remark=$2 count=$3

    shift 3
    "$@" >"$work/rows" || die "$what, $remark: failed"
    {
        rows "$what" "$remark" <"$work/rows"
        per_entry "$what" "$remark" "$count" <"$work/rows"
    } | tee -a "$work/all"
}

ipset_memory()
{
    ip netns exec "$netns" ipset list -t bench |
        awk -v count="$MILLION" -v remark="$1" '
            /Size in memory/ { printf "ipset: kernel, an entry\t%.1f\tB\t%s\n", $4 / count, remark }'
}

# The kernel's memory is held against 32 bytes in every case, the time an entry against nft's.
targets()
{
    awk -F '\t' '
        function target(what, value, unit, wanted, met) {
            printf "target: %s\t%s\t%s\t%s, %s\n", what, value, unit, wanted, met ? "met" : "not met"
        }
        $1 == "feed set: file to in force" && $4 ~ /10 M$/ {
            target("file to in force, " $4, $2, $3, "under 5", $2 < 5)
        }
        $1 == "feed set: kernel, an entry" {
            target("kernel, an entry, " $4, $2, $3, "under 32", $2 < 32)
        }
        $1 == "feed set: time, an entry" { ours[$4] = $2 }
        $1 ~ /^(nft|ipset): time, an entry$/ { theirs[$4, $1] = $2 }
        END {
            for (key in theirs) {
                split(key, part, SUBSEP)
                ratio = ours[part[1]] ? theirs[key] / ours[part[1]] : 0
                sub(/:.*/, "", part[2])
                what = part[2] " / feed set, time of an entry, " part[1]
                if (part[2] == "nft")
                    target(what, sprintf("%.1f", ratio), "x", "20 at least", ratio >= 20)
                else
                    printf "%s\t%.1f\tx\t\n", what, ratio
            }
        }' "$work/all"
}

with_others()
{
    local shape=$1 remark=$2

    "$TOOL" write "$shape" "$MILLION" nft >"$work/list" || die "no list for nft"
    measure nft "$remark" "$MILLION" ip netns exec "$netns" "$TOOL" run nft -f "$work/list"
    ip netns exec "$netns" nft delete table inet bench
    "$TOOL" write "$shape" "$MILLION" ipset >"$work/list" || die "no list for ipset"
    measure ipset "$remark" "$MILLION" \
        ip netns exec "$netns" "$TOOL" run ipset restore -f "$work/list"
    ipset_memory "$remark"
    ip netns exec "$netns" ipset destroy bench
}

for shape in clustered scattered v6; do
    case $shape in
    v6) counts=$MILLION remark="IPv6, 1 M" ;;
    *) counts="$MILLION 10000000" remark="IPv4, $shape, 1 M" ;;
    esac
    for count in $counts; do
        "$TOOL" write "$shape" "$count" plain >"$work/list" || die "no list"
        measure "feed set" "${remark%, *}, $((count / MILLION)) M" "$count" "$TOOL" load "$work/list"
    done
    with_others "$shape" "$remark"
done
targets | sort
bash "$(dirname "$0")/feeds_agent.sh"
