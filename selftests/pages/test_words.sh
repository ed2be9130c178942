#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whoever mistypes a verb, an option or a value is told which one he meant: each that the help has,
# with two letters in the wrong order and with one missing. No agent is needed for that.

cd "$(dirname "$0")/../.." || exit 1
PATH=$PWD/build:$PATH
FAILED=0
COUNT=0

# swapped WORD: its last two different neighbours have changed places.
swapped()
{
    sed -E 's/^(.*)(.)(.)$/\1\3\2/' <<<"$1"
}

# shorter WORD: without its second letter.
shorter()
{
    sed -E 's/^(.)./\1/' <<<"$1"
}

# meant WANTED CMD...: CMD ends with 2 and names WANTED.
meant()
{
    local wanted=$1 said status=0
    shift
    said=$(mxdpctl "$@" 2>&1 </dev/null) || status=$?
    COUNT=$((COUNT + 1))
    if [ "$status" != 2 ] || ! grep -qF "did you mean \`$wanted'?" <<<"$said"; then
        echo "not ok - mxdpctl $*: $wanted is not named"
        echo "#   exit $status: ${said%%$'\n'*}"
        FAILED=1
    fi
}

# mistyped HOW WANTED WORD CMD...: with @ in CMD in place of WORD, mistyped.
mistyped()
{
    local typed wanted=$2
    typed=$("$1" "$3")
    # A beginning is taken for the whole.
    [[ $3 != "$typed"* ]] || return 0
    shift 3
    meant "$wanted" "${@//@/$typed}"
}

verbs=$(mxdpctl help | awk '/^  [a-z]/ { print $1 }')
for verb in $verbs; do
    mistyped swapped "$verb" "$verb" @
    mistyped shorter "$verb" "$verb" @
    [ "$verb" != help ] || continue
    usage=$(mxdpctl help "$verb" | sed '/^$/q' | tr '\n[]' '   ')
    mapfile -t options < <(grep -oE -e '--[a-z-]+' <<<"$usage" | sort -u)
    for option in "${options[@]}"; do
        mistyped swapped "$option" "${option#--}" "$verb" --@
        for value in $(grep -oE -e "$option [a-z][a-z0-9|]*" <<<"$usage" | head -n 1 |
            cut -d ' ' -f 2 | grep -F '|' | tr '|' ' '); do
            mistyped swapped "$value" "$value" "$verb" "$option" @
        done
    done
done
meant export help eport
meant always status --color alwyas
meant --json --jsno
meant enforce mode enfroce
meant monitor mode monitr
meant off checks of no-helo
meant no-helo checks off no-hleo
meant helo-our-name unblock --by helo-our-nmae
meant manual list --cause mnaual
meant sync feeds snyc our-list
for event in $(mxdpctl help log | paste -s -d ' ' | sed -n 's/.*NAME is \([^.]*\)\..*/\1/p' |
    sed 's/ or / /' | tr -d ','); do
    mistyped shorter "$event" "$event" log --event @
done
[ "$FAILED" != 0 ] || [ "$COUNT" -lt 120 ] || echo "ok - $COUNT wrong words"
[ "$COUNT" -ge 120 ] || echo "not ok - only $COUNT were tried"
exit "$FAILED"
