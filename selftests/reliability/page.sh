#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RELIABILITY.md, on standard output: page.md with the results that lie in FOLDER, a file a test, as
# scripts/check leaves them:
#
#   SUITE/NAME:  passed N          checks of this test
#                failed N
#                skipped N
#                seconds N
#                when TIME         in UTC
#                mxdp COMMIT
#                kernel RELEASE
#                figure NAME VALUE UNIT
#
# In page.md stand for
#
#   @TEST SUITE/NAME...@ how each ended, and its figures
#   @SUITE SUITE [PART]@ how all of a suite ended, or those whose names begin with PART
#   @SUM NAME@           the sum of all tests' figures of this name
#   @SOAK@               what the long run says: build/soak/result.json
#   @ABOUT@, @TESTS@     tables of all suites, and of all tests; lines of their own
#
#   page.sh FOLDER [SOAK]
set -u -o pipefail

here=$(dirname "$0")
folder=${1:?"page.sh FOLDER [SOAK]"}
soak=${2:-}

soak_words()
{
    if [ ! -e "$soak" ]; then
        echo "not run"
        return
    fi
    jq -r 'to_entries | map(select(.value | type == "number" or type == "string" or type == "boolean")
        | "\(.key | gsub("_"; " ")): \(.value)") | join("; ")' "$soak" | tr '|&' '  '
}

cd "$folder" || exit 1
find . -mindepth 2 -type f -printf '%P\n' | sort | xargs awk -v soak="$(cd "$OLDPWD" && soak_words)" \
    -f "$OLDPWD/$here/page.awk" page="$OLDPWD/$here/page.md" /dev/null
