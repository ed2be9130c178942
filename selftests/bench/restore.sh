#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A million live verdicts: brought back from the journal by a start, beside a bare program that reads
# the same rows with SQLite and puts them into a hash of the same size; and flushed.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"
lab_network

COUNT=1000000
JOURNAL=$LAB/state/journal.db

seconds()
{
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'
}

echo "verdicts { max = $((COUNT + COUNT / 4)) }" >"$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"
lab_agent_stop || lab_die "mxdpd does not end well"
# 20.0.0.0 and on, by hand, for a day, in this boot.
fill()
{
    local booted

    booted=$(($(date +%s) - $(cut -d. -f1 /proc/uptime)))
    awk -v count="$COUNT" -v now="$(date +%s)" -v booted="$booted" -v q=39 'BEGIN {
        print "BEGIN;"
        for (i = 0; i < count; i++) {
            if (i % 500 == 0)
                printf "%sINSERT INTO verdicts (addr, plen, ports, action, flags, cause, score, repeats," \
                    " reason, lists, since, expires, boot, booted, hits) VALUES\n", i ? ";\n" : ""
            printf "%s(X%c00000000000000000000FFFF14%06X%c, 128, %cmx%c, %cdrop%c, 0, %cmanual%c, 0, 0," \
                " %ca million of them%c, %c%c, %d, %d, 1, %d, %d)\n", i % 500 ? "," : "",
                q, i, q, q, q, q, q, q, q, q, q, q, q, now, now + 86400, booted, i % 7
        }
        print ";COMMIT;"
    }' | sqlite3 "$JOURNAL"
}
fill || lab_die "cannot fill the journal"

"$LAB_BUILD/selftests/bench/restore_floor" "$JOURNAL" >"$LAB/floor" || lab_die "the floor failed"
floor=$(cat "$LAB/floor")
began=$EPOCHREALTIME
lab_agent || lab_die "mxdpd does not start"
whole=$(seconds "$began")
restored=$(sed -n 's/.* \([0-9]*\) verdicts are in force again.* (\([0-9]*\) ms)$/\1 \2/p' "$LAB/mxdpd.log")
[ "${restored% *}" = "$COUNT" ] || lab_die "restored: '$restored'"
took=$(awk -v ms="${restored#* }" 'BEGIN { printf "%.2f", ms / 1000 }')
row "restore of a million" "$took" s "out of the journal, into the maps, with words"
row "restore: SQLite and a hash alone" "$floor" s "the floor"
row "restore: ratio" "$(divide "$took" "$floor" 2)" x ""
target "restore of a million" "$took" s most 5
row "start with a million, to ready" "$whole" s "all of it"
began=$EPOCHREALTIME
lab_ctl flush --yes >/dev/null || lab_die "flush failed"
row "flush of a million" "$(seconds "$began")" s ""
row "flush: longest turn of the loop" "$(lab_status .loop.last_minute.longest_ms)" ms "others wait that long"
lab_agent_stop
