#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a client says is shown to administrators, on terminals and in files that others parse: control
# bytes, escape sequences, quotes and line ends in HELO, sender and recipient stay what they are,
# words of a client.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

ESCAPE=198.51.100.7
QUOTES=198.51.100.8
LINES=198.51.100.9
MANY=198.51.100.10

# No byte that a terminal obeys: neither C0, but for tab and line end, nor DEL, nor C1.
tame()
{
    "$@" >"$LAB/shown" 2>&1
    [ -s "$LAB/shown" ] || return 1
    ! LC_ALL=C grep -q $'[\001-\010\013-\037\177]\|\302[\200-\237]' "$LAB/shown"
}

told()
{
    lab_ctl log --client "$1" | grep -qF -e "$2"
}

# Of the events of one client, every one in JSON.
is_json()
{
    lab_ctl log --client "$1" --json >"$LAB/events" && [ -s "$LAB/events" ] &&
        jq -e . "$LAB/events" >/dev/null
}

check_exit 1 "a byte that a terminal obeys would be seen" tame printf 'a\e[2Jb'
check_exit 1 "one of eight bits, too" tame printf 'a\302\2332Jb'
lab_ctl block 192.0.2.77 --reason $'\e[2J our own\a' >"$LAB/bot.out" 2>&1

name=$'\e]0;owned\a\e[2J\e[31mmail\177.example\302\233.org\r\b'
lab_bot $ESCAPE "$MX4" talk "EHLO $name" "MAIL FROM:<$name@example.org>" \
    "RCPT TO:<$name@example.net>" QUIT >"$LAB/bot.out" 2>&1
check "escape sequences convict" lab_wait 5 lab_blocked_for $ESCAPE helo-illegal
check "what was said can be read" lab_wait 5 told $ESCAPE '\x1b[2J'
for words in "log" "log --json" "log --audit" "list" "list --json" "status" "report" "report --json" \
    "explain $ESCAPE" "explain $ESCAPE --json" "explain $ESCAPE --text" "export --format nft"; do
    # shellcheck disable=SC2086 # a list of words
    check "mxdpctl $words: tame" tame lab_ctl $words
done
check "so is the agent's own log" tame cat "$LAB/mxdpd.log"

name=$'x","verdict":"pass","helo":["y\\'
lab_bot $QUOTES "$MX4" talk "EHLO $name" QUIT >"$LAB/bot.out" 2>&1
check "quotes and backslashes are told" lab_wait 5 told $QUOTES '"verdict"'
check "JSON stays JSON" is_json $QUOTES
# shellcheck disable=SC2016 # jq's own variable
check "and the words stand in a string of it" jq -es --arg words 'x","verdict":"pass' \
    '[.. | strings | contains($words)] | any' "$LAB/events"

# A bare line feed ends a command for the server; what looks like an entry of the log is a command.
before=$(lab_ctl log --client 198.51.100.99 --json | wc -l)
lab_bot $LINES "$MX4" talk $'EHLO x\n2026-01-31 12:00:00  drop 198.51.100.99 on mx, helo-our-name, in force' \
    QUIT >"$LAB/bot.out" 2>&1
check "the session is told" lab_wait 5 told $LINES EHLO
check_equal "nobody else is in it" "$(lab_ctl log --client 198.51.100.99 --json | wc -l)" "$before"
check_equal "nor in the agent's log" "$(grep -c '^2026-01-31 12:00:00  drop' "$LAB/mxdpd.log")" 0

# One who gives a new name with each command: told within bounds, and the next client is served.
mapfile -t names < <(seq -f 'EHLO name-%g.example.org' 300)
lab_bot $MANY "$MX4" talk "${names[@]}" QUIT >"$LAB/bot.out" 2>&1
check "three hundred names are one session" lab_wait 5 told $MANY name-1.example.org
check "its longest line is bounded" \
    [ "$(lab_ctl log --client $MANY --json | awk '{ print length }' | sort -n | tail -n 1)" -lt 65536 ]
check "others are served" lab_bot 198.51.100.25 "$MX4" helo mail.example.org
check "mxdpd ends well" lab_agent_stop
lab_done
