#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The curve of bench flood, out of its results: mail that is accepted while SYNs grow.
#
#   curve.sh text RESULTS    bars, on standard output
#   curve.sh svg RESULTS     a picture, on standard output
set -u -o pipefail

shape=${1:?"curve.sh text|svg RESULTS"}
results=${2:?"curve.sh text|svg RESULTS"}

# "FILTER SYNS MAILS LOW HIGH", a second each; of each filter the fewest SYNs first.
points()
{
    jq -r '[.rows[] | select(.what | endswith(": mail")) | {filter: (.what | split(",")[0]),
        syns: (.remark | capture("; (?<syns>[0-9.]+) SYNs").syns | tonumber), value, low, high}]
        | (map(.filter) | reduce .[] as $f ([]; if index($f) then . else . + [$f] end)) as $order
        | sort_by([.filter as $f | $order | index($f)], .syns)[]
        | [.filter, .syns, .value, .low // .value, .high // .value] | @tsv' "$results"
}

text()
{
    points | awk -F '\t' '{
        if ($3 > most) most = $3
        filter[NR] = $1; syns[NR] = $2; mails[NR] = $3
    } END {
        for (i = 1; i <= NR; i++) {
            if (filter[i] != filter[i - 1])
                printf "%s%s\n", (i > 1 ? "\n" : ""), filter[i]
            bar = sprintf("%*s", int(mails[i] / most * 50 + 0.5), "")
            gsub(/ /, "#", bar)
            printf "%9d SYNs/s  %-50s %d mails/s\n", syns[i], bar, mails[i]
        }
    }'
}

svg()
{
    points | awk -F '\t' '
        function x(syns) { return 70 + syns / right * 560 }
        function y(mails) { return 300 - mails / top * 260 }
        # The least of 1, 2 and 5 times a power of ten that leaves no more than five steps.
        function step_of(most,    step, i) {
            for (step = 1; most / step > 5; i++)
                step *= i % 3 == 1 ? 2.5 : 2
            return step
        }
        function grouped(n,    text) {
            text = sprintf("%d", n)
            while (match(text, /^[0-9]+[0-9][0-9][0-9]($|,)/))
                sub(/[0-9][0-9][0-9]($|,)/, ",&", text)
            return text
        }
        function say(at, up, anchor, colour, words) {
            printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", at, up, anchor, colour, words
        }
        function line(x1, y1, x2, y2, colour) {
            printf "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour
        }
        {
            if ($5 > top) top = $5
            if ($2 > right) right = $2
            if ($1 != last) { names[++count] = $1; last = $1 }
            n[count]++
            syns[count, n[count]] = $2
            mails[count, n[count]] = $3
            low[count, n[count]] = $4
            high[count, n[count]] = $5
        }
        END {
            split("#c0392b #2471a3 #1e8449", colour, " ")
            across = step_of(right); right = across * int(right / across + 0.999)
            up = step_of(top); top = up * int(top / up + 0.999)
            print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 370\" font-family=\"sans-serif\" font-size=\"13\">"
            print "<rect width=\"760\" height=\"370\" fill=\"white\"/>"
            for (i = 0; i <= top; i += up) {
                line(70, y(i), 630, y(i), i ? "#dddddd" : "black")
                say(62, y(i) + 4, "end", "black", grouped(i))
            }
            for (i = 0; i <= right; i += across) {
                line(x(i), 40, x(i), 300, i ? "#dddddd" : "black")
                say(x(i), 318, "middle", "black", grouped(i))
            }
            say(350, 345, "middle", "black", "SYNs a second from blocked sources")
            say(70, 24, "start", "black", "messages accepted a second; half of the turns lie within a bar")
            for (c = 1; c <= count; c++) {
                printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[c]
                for (i = 1; i <= n[c]; i++)
                    printf "%.1f,%.1f ", x(syns[c, i]), y(mails[c, i])
                print "\"/>"
                for (i = 1; i <= n[c]; i++) {
                    line(x(syns[c, i]), y(low[c, i]), x(syns[c, i]), y(high[c, i]), colour[c])
                    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(syns[c, i]), y(mails[c, i]), colour[c]
                }
                say(650, 40 + c * 20, "start", colour[c], names[c])
            }
            print "</svg>"
        }'
}

case $shape in
text | svg) "$shape" ;;
*)
    echo "curve: '$shape' is no shape; there are text and svg" >&2
    exit 2
    ;;
esac
