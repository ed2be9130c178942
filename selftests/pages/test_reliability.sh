#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The page of promises: each test that it names exists, its words are those of its source, and what
# failed or did not run is said.

cd "$(dirname "$0")/../.." || exit 1
SOURCE=selftests/reliability/page.md
FAILED=0
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT

verdict()
{
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1: $2"
        FAILED=1
    fi
}

# result SUITE/NAME PASSED FAILED [FIGURE...]
result()
{
    mkdir -p "$WORK/results/${1%/*}"
    {
        printf 'passed %d\nfailed %d\nskipped 0\nseconds 1\n' "$2" "$3"
        printf 'when 2026-01-31T12:00:00Z\nmxdp 1234567\nkernel 6.1.0\n'
        shift 3
        [ "$#" = 0 ] || printf 'figure %s\n' "$@"
    } >"$WORK/results/$1"
}

while read -r name; do
    path=selftests/${name/#faults\//lab/} # those stand among the laboratories
    verdict "$name exists" "$(compgen -G "$path.[cs]*" >/dev/null || echo "no $path")"
done < <(grep -oE '@TEST [^@]*@' $SOURCE | tr -d '@' | tr ' ' '\n' | grep / | sort -u)

# Lines without a token, and those with one up to it.
verdict "RELIABILITY.md has the words of its source" "$(sed 's/@.*//' $SOURCE | grep -v '^$' |
    while IFS= read -r line; do
        grep -qF -e "$line" RELIABILITY.md || echo "$line"
    done | head -n 1)"

result model/test_model 1 0 "model_packets 10000000 packets"
result lab/test_lab_forged 11 2
result fuzz/fuzz_dns 1 0 "fuzz_inputs 1000 inputs"
result fuzz/fuzz_spf 1 0 "fuzz_inputs 500 inputs"
bash selftests/reliability/page.sh "$WORK/results" "$WORK/none.json" >"$WORK/page"
# shellcheck disable=SC2016 # quotes of the page
for words in '`test_model` 1 check passed: model packets 10,000,000' '`test_lab_forged` **2 of 13 failed**' \
    '2 checks passed: 1,500 inputs tried' '`test_lab_kill` not run' '| fuzz | 2 | 2 | 0 | 0 | 2 |'; do
    verdict "it says: $words" "$(grep -qF -e "$words" "$WORK/page" || echo "it does not")"
done
exit "$FAILED"
