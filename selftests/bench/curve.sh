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

# "FILTER SYNS MAILS", a second each.
points()
{
    jq -r '.rows[] | select(.what | endswith(": mail")) | [(.what | split(",")[0]),
        (.remark | capture("; (?<syns>[0-9.]+) SYNs").syns), .value] | @tsv' "$results"
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
        {
            if ($3 > top) top = $3
            if ($2 > right) right = $2
            if ($1 != last) { names[++count] = $1; last = $1 }
            n[count]++
            syns[count, n[count]] = $2
            mails[count, n[count]] = $3
        }
        END {
            split("#c0392b #2471a3 #1e8449", colour, " ")
            print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 370\" font-family=\"sans-serif\" font-size=\"13\">"
            print "<rect width=\"760\" height=\"370\" fill=\"white\"/>"
            print "<path d=\"M70 30V300H640\" fill=\"none\" stroke=\"black\"/>"
            for (i = 0; i <= 4; i++) {
                printf "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", y(top * i / 4) + 4, top * i / 4
                printf "<text x=\"%.1f\" y=\"318\" text-anchor=\"middle\">%d</text>\n", x(right * i / 4), right * i / 4
            }
            print "<text x=\"355\" y=\"345\" text-anchor=\"middle\">SYNs a second from blocked sources</text>"
            print "<text x=\"70\" y=\"20\">messages accepted a second</text>"
            for (c = 1; c <= count; c++) {
                printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[c]
                for (i = 1; i <= n[c]; i++)
                    printf "%.1f,%.1f ", x(syns[c, i]), y(mails[c, i])
                print "\"/>"
                for (i = 1; i <= n[c]; i++)
                    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(syns[c, i]), y(mails[c, i]), colour[c]
                printf "<text x=\"660\" y=\"%d\" fill=\"%s\">%s</text>\n", 40 + c * 20, colour[c], names[c]
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
