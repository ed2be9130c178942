#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# BENCHMARKS.md, on standard output: page.md with the results that lie in FOLDER, one file a bench,
# as scripts/bench leaves them. In page.md a line of its own stands for
#
#   @ABOUT@      the machine, and when which bench ran on which commit
#   @TARGETS@    every target, and whether it is met
#   @ROWS BENCH@ the table of one bench
#   @CURVE@      the curve of bench flood, in text
#
#   page.sh FOLDER
set -u -o pipefail

here=$(dirname "$0")
folder=${1:?"page.sh FOLDER"}

# The quartiles stand in brackets behind the median.
COMMON='def figure: if .value == null then "-" else "\(.value)" +
            (if .low then " (\(.low) - \(.high))" else "" end) end;
        def cell: (. // "") | gsub("\\|"; "\\|");
        def line: "| " + join(" | ") + " |";'

about()
{
    jq -rs "$COMMON"' sort_by(.about.time) as $all | $all[-1].about |
        ["", ""], ["---", "---"],
        ["CPU", "\(.cpu), \(.cpus) CPUs; caches \(.caches)"],
        ["memory", .memory],
        ["machine", (if .virtual == "none" or .virtual == "" then "no virtual one, or not known as one"
                     else "virtual (\(.virtual))" end)],
        ["kernel", "\(.kernel); JIT \(if .jit == "0" then "off" else "on" end)"],
        ["compilers", "clang \(.clang), gcc \(.gcc)"],
        ["peers", (.peers | to_entries | map(select(.value != "-") | "\(.key) \(.value)") | join(", "))],
        ["not installed", (.peers | to_entries | map(select(.value == "-") | .key) | join(", ")
                           | if . == "" then "none" else . end)] | line' "$folder"/*.json
    echo
    jq -rs "$COMMON"' ["bench", "measured", "mxdp", "load before"], ["---", "---", "---", "---"],
        (sort_by(.about.time)[] | [.rows[0].bench, .about.time, .about.mxdp, .about.load]) | line' \
        "$folder"/*.json
}

targets()
{
    jq -rs "$COMMON"' ["bench", "target", "measured", "wanted", ""],
        ["---", "---", "---:", "---", "---"],
        (.[].rows[] | select(has("met")) | [.bench, (.what | ltrimstr("target: ") | cell),
            "\(figure) \(.unit)", (.remark | sub(", (not )?met$"; "") | cell),
            if .met then "met" else "**not met**" end]) | line' "$folder"/*.json
}

rows()
{
    local file=$folder/$1.json

    if [ ! -e "$file" ]; then
        echo "Not measured."
        return
    fi
    jq -r "$COMMON"' ["", "", "", ""], ["---", "---:", "---", "---"],
        (.rows[] | select(has("met") | not) | [(.what | cell), figure, .unit, (.remark | cell)])
        | line' "$file"
}

curve()
{
    [ -e "$folder/flood.json" ] || return 0
    echo '```'
    bash "$here/curve.sh" text "$folder/flood.json" || return 1
    echo '```'
}

ls "$folder"/*.json >/dev/null || exit 1
while IFS= read -r line; do
    case $line in
    @ABOUT@) about || exit 1 ;;
    @TARGETS@) targets || exit 1 ;;
    @CURVE@) curve || exit 1 ;;
    "@ROWS "*@) line=${line#@ROWS } && rows "${line%@}" || exit 1 ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$here/page.md"
