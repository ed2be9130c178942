#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual pages against the programs: every option, verb, word and finding stands there, with its
# default, and none that does not exist. And they are good mdoc(7).

cd "$(dirname "$0")/../.." || exit 1
PATH=$PWD/build:$PATH
OUT=$(mktemp -d) || exit 1
trap 'rm -rf "$OUT"' EXIT
FAILED=0

# same TEXT WANTED GOT: two files hold the same lines, in whatever order.
same()
{
    sort -u -o "$2" "$2"
    sort -u -o "$3" "$3"
    if [ -s "$2" ] && diff "$2" "$3" >"$OUT/diff"; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        sed 's/^/#   /' "$OUT/diff"
        FAILED=1
    fi
}

# silent TEXT CMD...: it succeeds and has nothing to say.
silent()
{
    local text=$1 said
    shift
    if said=$("$@" 2>&1) && [ -z "$said" ]; then
        echo "ok - $text"
    else
        echo "not ok - $text"
        echo "$said" | head -n 20 | sed 's/^/#   /'
        FAILED=1
    fi
}

# holds TEXT PAGE FILE: each line of FILE is somewhere in the page, whatever the blanks between.
holds()
{
    local line missing=

    tr -s ' \n\t' ' ' <"$2" >"$OUT/flat"
    while read -r line; do
        grep -qF -e "$line" "$OUT/flat" || missing+="#   $line"$'\n'
    done < <(tr -s ' \t' ' ' <"$3")
    if [ -s "$3" ] && [ -z "$missing" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '%s' "$missing"
        FAILED=1
    fi
}

show()
{
    mandoc -T ascii -O width=1000 "build/man/$1" | col -bx
}

for page in mxdpd.8 mxdpctl.8 mxdp.conf.5; do
    silent "$page: mandoc finds no fault" mandoc -T lint -W warning "build/man/$page"
    silent "$page: nor does groff" groff -mandoc -ww -T utf8 -z "build/man/$page"
    show "$page" >"$OUT/$page"
done

# --- mxdp.conf(5)

awk -F '[ "]+' '/^\.Ss The section / { section = $4 }
    /^\.It Va / { print section "\t" $3 }' build/man/mxdp.conf.5 >"$OUT/got"
build/man/tables options >"$OUT/wanted"
same "mxdp.conf(5) has every option, and no other" "$OUT/wanted" "$OUT/got"

grep -E '^#?[[:blank:]]*[a-z_0-9]+ = ' mxdp.conf | sed 's/^#*[[:blank:]]*//' >"$OUT/wanted"
holds "with the values of mxdp.conf" "$OUT/mxdp.conf.5" "$OUT/wanted"

sed -n '/^FINDINGS/,/^OPTIONS/p' "$OUT/mxdp.conf.5" |
    awk '/^     [a-z]/ { id = $1 }
        sub(/.* Class [a-z]+, /, "") && / points/ { print id "\t" $1 }' >"$OUT/got"
build/man/tables ids >"$OUT/wanted"
same "every finding with its points" "$OUT/wanted" "$OUT/got"

build/man/tables fields | sed -n 's/^\.It Li //p' | sed 's/\\//g' | sort >"$OUT/wanted"
sed -n '/^FIELDS/,/^FILES/s/^     \([a-z][a-z_]*\)\( .*\)*$/\1/p' "$OUT/mxdp.conf.5" | sort >"$OUT/got"
same "and every field of the log" "$OUT/wanted" "$OUT/got"

# --- mxdpctl(8)

mxdpctl help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' >"$OUT/verbs"
sed -n '/^VERBS/,/^FILES/s/^     \([a-z][a-z-]*\).*/\1/p' "$OUT/mxdpctl.8" >"$OUT/got"
cp "$OUT/verbs" "$OUT/wanted"
same "mxdpctl(8) has every verb, and no other" "$OUT/wanted" "$OUT/got"

while read -r verb; do
    mxdpctl help "$verb" | sed '/^options, before/,$d' | grep -oE -e '--?[a-z][a-z-]*'
done <"$OUT/verbs" | sort -u >"$OUT/wanted"
holds "and every word of each" "$OUT/mxdpctl.8" "$OUT/wanted"

mxdpctl help | sed -n '/^options,/,/^exit/p' | grep -oE -e '--[a-z-]+' >"$OUT/wanted"
sed -n 's/^\.It Fl \\-\([a-z\\-]*\).*/--\1/p' build/man/mxdpctl.8 |
    sed -e 's/\\//g' -e 's/^---*/--/' >"$OUT/got"
same "and every option before a verb" "$OUT/wanted" "$OUT/got"

# --- mxdpd(8)

mxdpd --help | grep -oE -e '--?[a-z][a-z-]*' | grep -E '^-' | grep -vx -e '-v' >"$OUT/wanted"
grep '^\.It Fl' build/man/mxdpd.8 | sed 's/\\//g' | grep -oE 'Fl -[a-z-]+' |
    sed 's/Fl /-/' >"$OUT/got"
same "mxdpd(8) has every option, and no other" "$OUT/wanted" "$OUT/got"
exit "$FAILED"
