#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The threat model names tests: each exists, and runs.

cd "$(dirname "$0")/../.." || exit 1
PAGE=doc/threats.md
FAILED=0

# FILE, or FILE:TEST. A test in C stands there twice: where it is written, and in the list of those that run.
judge()
{
    local file=${1%%:*} test=${1#*:}

    [ -f "$file" ] || {
        echo "no file $file"
        return
    }
    [ "$test" != "$1" ] || return 0
    [ "$(grep -cE "\b$test\b" "$file")" -ge 2 ] || echo "$file runs no $test"
}

count=0
# shellcheck disable=SC2016 # quotes of the page
while read -r name; do
    count=$((count + 1))
    wrong=$(judge "$name")
    if [ -z "$wrong" ]; then
        echo "ok - $name"
    else
        echo "not ok - $wrong"
        FAILED=1
    fi
done < <(grep -oE '`selftests/[^`]*`' $PAGE | tr -d '`' | sort -u)
if [ "$count" -lt 20 ]; then
    echo "not ok - $PAGE names $count tests only"
    FAILED=1
fi

# Each threat names one.
without=$(awk '/^### / { if (threat && !tests) print threat; threat = $0; tests = 0 }
    /`selftests\// { tests++ } END { if (threat && !tests) print threat }' $PAGE)
if [ -z "$without" ]; then
    echo "ok - each threat names a test"
else
    echo "not ok - without a test: $without"
    FAILED=1
fi
exit "$FAILED"
