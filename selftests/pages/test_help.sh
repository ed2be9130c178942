#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each page of `mxdpctl help VERB' fits a terminal of 80x24 and is true: the options that it names
# are taken, and those that are taken are named.

cd "$(dirname "$0")/../.." || exit 1
PATH=$PWD/build:$PATH
FAILED=0

# verdict TEXT COMPLAINTS: none is good.
verdict()
{
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '%s\n' "$2" | sed 's/^/#   /'
        FAILED=1
    fi
}

# takes VERB OPTION: the last word is no option, so the verb itself never runs; should it all the same,
# it finds neither an agent nor pins.
takes()
{
    local said
    said=$(mxdpctl --socket /nowhere/sock --pin-dir /nowhere/pins --config /nowhere/conf \
        "$1" "$2" --no-such --no-such 2>&1 </dev/null)
    [[ $said != *"there is no option \`$2'"* ]]
}

too_large()
{
    awk -v most="$1" 'length($0) > 80 { print "longer than 80 columns: " $0 }
        END { if (NR > most) print NR " lines" }'
}

mapfile -t verbs < <(mxdpctl help | awk '/^  [a-z]/ { print $1 }')
verdict "there are verbs" "$([ "${#verbs[@]}" -gt 20 ] || echo "${#verbs[@]}")"

# options_of VERB: those in the table of the file that has the verb, long and of a letter.
options_of()
{
    local source
    source=$(grep -lE "^int cmd_${1//-/_}\(" user/cli/*.c)
    grep -ohE '\{"[a-z-]+", (no|required|optional)_argument' "$source" | cut -d '"' -f 2 | sed 's/^/--/'
    grep -ohE 'cli_next\(argc, argv, "[^"]*"' "$source" | cut -d '"' -f 2 | grep -o '[a-z]' | sed 's/^/-/'
}

# The overview is longer than 24 lines; on a terminal of such a size it says how to read it.
verdict "the overview is no wider" "$(mxdpctl help | too_large 1000)"
hint=$(script -qec "stty rows 24 cols 80; mxdpctl help" /dev/null </dev/null | grep -c "help | less")
verdict "and tells a small terminal how to read it" "$([ "$hint" = 1 ] || echo "$hint hints")"
hint=$(script -qec "stty rows 60 cols 80; mxdpctl help" /dev/null </dev/null | grep -c "help | less")
verdict "and not one where it fits" "$([ "$hint" = 0 ] || echo "$hint hints")"

for verb in "${verbs[@]}"; do
    page=$(mxdpctl help "$verb")
    verdict "$verb: fits 80x24" "$(too_large 24 <<<"$page")"
    [ "$verb" != help ] || continue
    own=$(sed '/^options, before/,$d' <<<"$page")

    # What stands in quotes is another program's. Two verbs may share a file: what the other takes is
    # not taken here.
    told=$(tr '\n' ' ' <<<"$own" | sed "s/\`[^']*'//g" | grep -oE -e '(^|[^a-z-])--?[a-z][a-z-]*' |
        grep -oE -e '--?[a-z-]+' | sort -u)
    verdict "$verb: its page names the options that it has, and no other" "$(
        # shellcheck disable=SC2013 # words
        for option in $(sort -u <(echo "$told") <(options_of "$verb")); do
            if [[ $'\n'$told$'\n' == *$'\n'"$option"$'\n'* ]]; then
                takes "$verb" "$option" || echo "there is no $option"
            elif takes "$verb" "$option"; then
                # A beginning of an option is taken for it.
                [[ $'\n'$told == *$'\n'"$option"* ]] || echo "$option is not told"
            fi
        done)"
    said=$(mxdpctl "$verb" --socket /nowhere/sock --pin-dir /nowhere/pins --config /nowhere/conf \
        --json --color never --no-such 2>&1 </dev/null)
    verdict "$verb: takes what every verb takes" \
        "$([[ $said == *"there is no option \`--no-such'"* ]] || echo "$said")"
done
exit "$FAILED"
