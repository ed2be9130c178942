# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the benches share: rows, targets, turns and quartiles. A row is
#
#   what  value  unit  remark  [lower and upper quartile]
#
# with tabs between. Where cases are held against each other they take turns, A B C C B A, so that
# the machine's moods fall on all of them alike; a first turn of each only warms up. Differences and
# ratios are taken within a round and then their median, so that a mood that lasts cancels out.
#
#   row WHAT VALUE UNIT REMARK [LOW HIGH]
#   target WHAT VALUE UNIT most|least LIMIT [LOW HIGH]   "target: WHAT", and whether it is met
#   missing WHAT WHY                          a peer that is not there, not left out in silence
#   divide A B DIGITS                         A / B; 0 where B is
#   us_each NANOSECONDS COUNT [DIGITS]        microseconds of one; one digit
#   pinned CMD...                             on one CPU, always the same; the others are BENCH_OTHERS
#   turns ROUNDS FUNCTION CASE...             FUNCTION CASE prints a figure, or several as "NAME
#                                             FIGURE"; they are samples CASE or CASE.NAME
#   quartiles SAMPLES                         "MEDIAN LOW HIGH"
#   difference SAMPLES FLOOR, ratio ...       the quartiles of their difference, of their ratio
#   middle quartiles|difference|ratio ...     the first of them alone
#   spread WHAT UNIT REMARK FIGURE...         a row of what quartiles, difference or ratio print
#
# Samples lie in BENCH_SAMPLES, a folder.

BENCH_CPU=${BENCH_CPU:-$(($(nproc) - 1))}
# shellcheck disable=SC2034 # for the benches
BENCH_OTHERS=0-$((BENCH_CPU > 0 ? BENCH_CPU - 1 : 0))
BENCH_SAMPLES=${BENCH_SAMPLES:-$LAB/samples}

row()
{
    printf '%s\t%s\t%s\t%s' "$1" "$2" "$3" "$4"
    [ "$#" -lt 6 ] || printf '\t%s\t%s' "$5" "$6"
    printf '\n'
}

target()
{
    [[ $2 =~ ^-?[0-9.]+$ ]] || {
        missing "target: $1" "no figure; not met"
        return
    }
    row "target: $1" "$2" "$3" "$5 at $4, $(awk -v value="$2" -v side="$4" -v limit="$5" 'BEGIN {
        print (side == "most" ? value <= limit : value >= limit) ? "met" : "not met" }')" "${@:6}"
}

missing()
{
    row "$1" - "" "not measured: ${2:-no word why}"
}

divide()
{
    awk -v a="$1" -v b="$2" -v digits="$3" 'BEGIN { printf "%.*f", digits, b ? a / b : 0 }'
}

us_each()
{
    divide "$1" "$(($2 * 1000))" "${3:-1}"
}

pinned()
{
    taskset -c "$BENCH_CPU" "$@"
}

# one_turn FUNCTION CASE [KEEP]
one_turn()
{
    local figures name figure

    figures=$("$1" "$2") && [ -n "$figures" ] || return 1
    while read -r name figure; do
        [ -n "$figure" ] || figure=$name name=
        [ -z "${3:-}" ] || echo "$figure" >>"$BENCH_SAMPLES/$2${name:+.$name}"
    done <<<"$figures"
}

turns()
{
    local rounds=$1 function=$2 round i
    shift 2

    mkdir -p "$BENCH_SAMPLES" || return 1
    for ((round = 0; round <= rounds; round++)); do
        for ((i = 1; i <= $#; i++)); do
            one_turn "$function" "${@:round % 2 ? i : $# + 1 - i:1}" "${round#0}" || return 1
        done
    done
}

# Of numbers on standard input; between two of them in proportion, as R and numpy do by default.
quartiles_of()
{
    sort -g | awk '
        function at(part) {
            point = 1 + (NR - 1) * part
            low = int(point)
            return low < NR ? v[low] + (point - low) * (v[low + 1] - v[low]) : v[NR]
        }
        { v[NR] = $1 }
        END {
            if (!NR)
                exit 1
            printf "%.7g %.7g %.7g\n", at(0.5), at(0.25), at(0.75)
        }'
}

quartiles()
{
    quartiles_of <"$BENCH_SAMPLES/$1"
}

middle()
{
    local figures

    figures=$("$@") && echo "${figures%% *}"
}

# less_samples SAMPLES FLOOR: each less the other's of the same turn.
less_samples()
{
    paste "$BENCH_SAMPLES/$1" "$BENCH_SAMPLES/$2" | awk '{ print $1 - $2 }'
}

difference()
{
    less_samples "$1" "$2" | quartiles_of
}

ratio()
{
    paste "$BENCH_SAMPLES/$1" "$BENCH_SAMPLES/$2" | awk '$2 { print $1 / $2 }' | quartiles_of
}

# Three figures at most behind the point, fewer the larger it is.
rounded()
{
    awk -v v="$1" 'BEGIN {
        a = v < 0 ? -v : v
        printf "%.*f", (a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3), v }'
}

spread()
{
    row "$1" "$(rounded "$4")" "$2" "$3" "$(rounded "$5")" "$(rounded "$6")"
}
