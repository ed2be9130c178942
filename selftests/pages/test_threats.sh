#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The threat model and the table of promises name tests: each exists, and runs.

cd "$(dirname "$0")/../.." || exit 1
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

for page in doc/threats.md; do
    count=0
    while read -r name; do
        count=$((count + 1))
        wrong=$(judge "$name")
        if [ -z "$wrong" ]; then
            echo "ok - $page: $name"
        else
            echo "not ok - $page: $wrong"
            FAILED=1
        fi
    done < <(grep -oE '`selftests/[^`]*`' "$page" | tr -d '`' | sort -u)
    if [ "$count" -lt 20 ]; then
        echo "not ok - $page names $count tests only"
        FAILED=1
    fi
done

# Each threat names one.
without=$(awk '/^### / { if (threat && !tests) print threat; threat = $0; tests = 0 }
    /`selftests\// { tests++ } END { if (threat && !tests) print threat }' doc/threats.md)
if [ -z "$without" ]; then
    echo "ok - each threat names a test"
else
    echo "not ok - without a test: $without"
    FAILED=1
fi
exit "$FAILED"
