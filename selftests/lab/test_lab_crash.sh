#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9 fifty times, at random moments, while bots are convicted and administrators block, unblock
# and let blocks run out. After each start the list, the kernel's map and the journal agree; whatever
# was done more than a second before the kill holds; nothing that was taken back or ran out is there
# again. Every fifth time the maps are gone, too, as after a reboot: then the journal alone tells.
#
# The model is what this test was told that it had done: "epoch address block|unblock|expires". SEED
# and ROUNDS can be set; SEED is printed.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/agree.sh
. "$(dirname "$0")/agree.sh"
lab_enter "$@"
lab_up

ROUNDS=${ROUNDS:-50}
SEED=${SEED:-$((SRANDOM % 32768))}
RANDOM=$SEED
echo "# SEED=$SEED"
MODEL=$LAB/model

# --- what goes on all the time, in the background --------------------------------------------------

# work ROUND: each round has networks of its own, so that no two of them meet.
work()
{
    local round=$1 i entries began

    for ((i = 0; ; i++)); do
        entries=$(for k in {1..40}; do echo "20.$round.$((i % 250)).$k"; done)
        echo "$entries" | lab_ctl block - --for 1h >/dev/null 2>&1 || return
        echo "$entries" | awk -v when="$EPOCHREALTIME" '{ print when, $1, "block" }' >>"$MODEL"
        began=$EPOCHREALTIME
        lab_ctl block "21.$round.$((i % 250)).1" --for 1s >/dev/null 2>&1 || return
        echo "$began 21.$round.$((i % 250)).1 expires" >>"$MODEL"
        entries=$(echo "$entries" | head -n 20)
        echo "$entries" | awk -v when="$EPOCHREALTIME" '{ print when, $1, "unsure" }' >>"$MODEL"
        echo "$entries" | lab_ctl unblock - >/dev/null 2>&1 || return
        echo "$entries" | awk -v when="$EPOCHREALTIME" '{ print when, $1, "unblock" }' >>"$MODEL"
    done
}

# Real bots, each with an address of its own.
bots()
{
    local k

    for ((k = 0; k < 4; k++)); do
        lab_bot "198.51.100.$(($1 * 4 + k + 1))" "$MX4" helo "[$MX4]" >/dev/null 2>&1
    done
}

# --- what is there after a start -----------------------------------------------------------------

# Counters: what status counts is what is listed.
counted()
{
    agree && [ "$(lab_status .verdicts)" = "$(wc -l <"$LAB/listed")" ]
}

# violations BEFORE: what was done before that and the list does not have, or has all the same. What
# was done later is, from now on, as it is found: lines for the model, in $LAB/found.
violations()
{
    : >"$LAB/found"
    awk -v before="$1" -v now="$EPOCHREALTIME" -v found="$LAB/found" '
        function hex(addr, b) {
            split(addr, b, ".")
            return sprintf("%02X%02X%02X%02X", b[1], b[2], b[3], b[4])
        }
        FNR == NR { there[$1] = 1; next }
        $3 == "expires" { if (hex($2) in there && $1 + 4 < now) print $2, "ran out, and is there"; next }
        { last[$2] = $3; at[$2] = $1 }
        END {
            for (a in last) {
                if (last[a] == "unsure" || at[a] > before)
                    print now, a, (hex(a) in there ? "block" : "unblock") >found
                else if (last[a] == "block" && !(hex(a) in there))
                    print a, "is lost"
                else if (last[a] == "unblock" && hex(a) in there)
                    print a, "is back"
            }
        }' "$LAB/listed" "$MODEL"
}

# --- fifty times ---------------------------------------------------------------------------------

lab_agent || lab_die "mxdpd does not start"
: >"$MODEL"
bad=0
convicted=0
kept=0
for ((round = 0; round < ROUNDS; round++)); do
    work "$round" &
    worker=$!
    bots "$round" &
    bot=$!
    # Somewhere between a twentieth of a second and nearly one.
    sleep "0.$(printf %02d $((RANDOM % 90 + 5)))"
    killed=$EPOCHREALTIME
    lab_agent_kill
    wait "$worker" "$bot" 2>/dev/null
    reboot=
    before=$killed # the maps hold it at once
    if [ $((round % 5)) = 4 ]; then
        reboot=" and a reboot"
        before=$(awk -v killed="$killed" 'BEGIN { printf "%.6f", killed - 1 }')
        rm -rf "${PIN_DIR:?}"/* || lab_die "cannot take the pins away"
    fi
    lab_agent || lab_die "mxdpd does not start after kill -9 ($round, SEED=$SEED)"
    if ! lab_wait 10 counted; then
        not_ok "round $round$reboot: list, map, journal and status differ"
        disagreement
    fi
    violations "$before" >"$LAB/violations"
    cat "$LAB/found" >>"$MODEL"
    if [ -s "$LAB/violations" ]; then
        bad=$((bad + 1))
        not_ok "round $round$reboot: $(head -n 3 "$LAB/violations" | paste -sd';')"
    fi
    convicted=$((convicted + $(grep -c '^C63364' "$LAB/listed")))
    kept=$((kept + $(wc -l <"$LAB/listed")))
    [ $((round % 5)) = 2 ] || continue
    # All of them, so that the next kill comes upon a flush.
    lab_ctl flush --yes >/dev/null || not_ok "round $round: flush"
    awk -v now="$EPOCHREALTIME" '!($2 in known) { known[$2] = 1; print now, $2, "unblock" }' "$MODEL" \
        >"$LAB/flushed"
    cat "$LAB/flushed" >>"$MODEL"
done
check_equal "$ROUNDS times kill -9: rounds in which something was lost, or came back" "$bad" 0
check_more "verdicts that were kept through it" "$kept" "$((ROUNDS * 40))"
check_more "of these by real bots" "$convicted" "$ROUNDS"
check_more "things done" "$(wc -l <"$MODEL")" "$((ROUNDS * 40))"
check_equal "and SQLite finds nothing wrong" "$(sqlite3 "$JOURNAL" 'PRAGMA integrity_check')" ok
check "mxdpd ends well" lab_agent_stop
lab_done
