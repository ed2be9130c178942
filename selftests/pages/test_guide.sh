#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guide and the README speak of verbs and words that mxdpctl has.

cd "$(dirname "$0")/../.." || exit 1
PATH=$PWD/build:$PATH
FAILED=0

verdict()
{
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1: $2"
        FAILED=1
    fi
}

# One command: its verb exists, and each of its options stands in the verb's help.
judge()
{
    local help word
    help=$(mxdpctl help "$1" 2>&1) || {
        echo "no verb $1"
        return
    }
    shift
    for word in "$@"; do
        [[ $word != --?* ]] || grep -qF -e "$word" <<<"$help" || echo "no word $word"
    done
}

for file in README.md doc/operations.md; do
    count=0
    while read -r -a words; do
        count=$((count + 1))
        verdict "$file: mxdpctl ${words[*]}" "$(judge "${words[@]}")"
    done < <(grep -oE 'mxdpctl [a-z][a-z-]*[^`#|;,()]*' "$file" | sed 's/^mxdpctl //' | sort -u)
    [ "$count" -gt 5 ] || verdict "$file has commands" "only $count were found"
done
exit "$FAILED"
