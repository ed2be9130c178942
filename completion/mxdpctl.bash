# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of mxdpctl's words for bash. What it offers it takes from `mxdpctl help VERB', so that
# it knows what the program knows.

# The lines of usage of a verb, as one line without brackets.
_mxdpctl_usage()
{
    "$1" help "$2" 2>/dev/null | sed '/^$/q' | tr '\n[]' '   '
}

_mxdpctl_verbs()
{
    "$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The findings; none where the agent does not answer at once.
_mxdpctl_ids()
{
    timeout 1 "$1" checks --json 2>/dev/null |
        sed -n 's/.*"id": *"\([a-z][a-z0-9-]*\)".*/\1/p'
}

# The kinds of events, as the help of `log' has them.
_mxdpctl_events()
{
    "$1" help log 2>/dev/null | paste -s -d ' ' | sed -n 's/.*NAME is \([^.]*\)\..*/\1/p' |
        sed 's/ or / /' | tr -d ','
}

# What may follow an option: "--action drop|reset|watch" -> drop reset watch.
_mxdpctl_values()
{
    grep -oE -e "$2 [a-z][a-z0-9|]*" <<<"$1" | head -n 1 | cut -d ' ' -f 2 | grep -F '|' | tr '|' ' '
}

# The verb among the words so far, if there is one before the cursor.
_mxdpctl_verb()
{
    local i

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --socket | --pin-dir | --config | --color) ((i++)) ;;
        -*) ;;
        *)
            echo "${COMP_WORDS[i]}"
            return
            ;;
        esac
    done
}

_mxdpctl_option_value()
{
    local ctl=$1 usage=$2 option=$3

    case $option in
    --socket | --config) compgen -f -- "$cur" ;;
    --pin-dir) compgen -d -- "$cur" ;;
    --color) compgen -W 'auto always never' -- "$cur" ;;
    --cause | --by) compgen -W "$(_mxdpctl_ids "$ctl") manual score" -- "$cur" ;;
    --event) compgen -W "$(_mxdpctl_events "$ctl")" -- "$cur" ;;
    --finding) compgen -W "$(_mxdpctl_ids "$ctl")" -- "$cur" ;;
    *) compgen -W "$(_mxdpctl_values "$usage" "$option")" -- "$cur" ;;
    esac
}

# Whether an option of the verb wants a value: one stands behind it in the usage.
_mxdpctl_wants_value()
{
    case $2 in
    --socket | --config | --pin-dir | --color) return 0 ;;
    --*) grep -qE -e "$2 [A-Za-z0-9]" <<<"$1" ;;
    *) return 1 ;;
    esac
}

_mxdpctl_plain_word()
{
    local ctl=$1 verb=$2

    case $verb in
    '' | help) compgen -W "$(_mxdpctl_verbs "$ctl")" -- "$cur" ;;
    mode) compgen -W 'monitor enforce' -- "$cur" ;;
    checks) compgen -W "on off $(_mxdpctl_ids "$ctl")" -- "$cur" ;;
    feeds) compgen -W 'sync' -- "$cur" ;;
    check-config | import-postfix | parse-feed | replay | setup) compgen -f -- "$cur" ;;
    esac
}

_mxdpctl()
{
    local ctl=$1 cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb usage
    local options='--socket --pin-dir --config --json --color --help'

    verb=$(_mxdpctl_verb)
    [ -n "$verb" ] || options+=' --version'
    usage=$(_mxdpctl_usage "$ctl" "${verb:-help}")
    if _mxdpctl_wants_value "$usage" "$prev"; then
        mapfile -t COMPREPLY < <(_mxdpctl_option_value "$ctl" "$usage" "$prev")
    elif [[ $cur == -* ]]; then
        options+=" $(grep -oE -e '--[a-z-]+' <<<"$usage" | tr '\n' ' ')"
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    else
        mapfile -t COMPREPLY < <(_mxdpctl_plain_word "$ctl" "$verb")
    fi
}

complete -o filenames -F _mxdpctl mxdpctl
