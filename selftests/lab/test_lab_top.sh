#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mxdpctl top on a real terminal, read back by tmux: what it shows of a bot that is blocked, what
# its keys do and say, sizes from large to tiny, an agent that goes and comes back, bytes of a bot
# that would like to reach the terminal, and the terminal as it was afterwards.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

command -v tmux >/dev/null || lab_die "tmux is missing: run scripts/deps test"
# tmux keeps its socket below /tmp, which is everybody's: here it is below the private /run.
export TMUX_TMPDIR=$LAB LANG=C.UTF-8
unset TMUX

term()
{
    lab_in mta tmux -f /dev/null "$@"
}

screen()
{
    term capture-pane -p -t top 2>/dev/null
}

# shows TEXT: somewhere on the screen; shows_not TEXT; shows_re PATTERN.
shows()
{
    screen | grep -qF -e "$1"
}

shows_not()
{
    ! shows "$1"
}

shows_re()
{
    screen | grep -qE -e "$1"
}

keys()
{
    term send-keys -t top "$@"
}

# tells TEXT PATTERN: the screen comes to hold it.
tells()
{
    if lab_wait 20 shows_re "$2"; then
        ok "$1"
    else
        not_ok "$1"
        echo "#   no $2 in:"
        screen | sed 's/^/#   |/'
    fi
}

# begins LINE WORDS: the line of the screen begins with WORDS, or with as much as there is room for.
begins()
{
    local line
    line=$(screen | sed -n "$1p" | sed 's/\.*$//')
    [ -n "$line" ] && { [ "${2#"$line"}" != "$2" ] || [ "${line#"$2"}" != "$line" ]; }
}

# fits COLUMNS LINES: the first line and the last are where they belong, whole or cut.
fits()
{
    check "$1x$2: the first line" lab_wait 5 begins 1 "mxdp    enforce"
    check "$1x$2: the second" lab_wait 5 begins 2 "SYNs    passed "
    check "$1x$2: the last" lab_wait 5 begins "$2" "q quit  h help  e explain  u unblock"
}

resize()
{
    term resize-window -t top -x "$1" -y "$2"
}

has_size()
{
    [ "$(term display -p -t top '#{pane_width}x#{pane_height}')" = "$1x$2" ]
}

CTL="$LAB_BUILD/mxdpctl --socket $LAB/mxdp.sock --pin-dir $PIN_DIR"
BOT=198.51.100.7
OTHER=198.51.100.8
RUDE=198.51.100.9

unblocked()
{
    [ -z "$(lab_verdict "$1")" ]
}

is_allowed()
{
    [ -n "$(lab_ctl allow --json | jq -r --arg net "$1" 'select(.net == $net) | .reason')" ]
}

back_at_shell()
{
    [ "$(term display -p -t top '#{pane_current_command}')" = sh ]
}

# What a key asks for has been answered: Enter would be a question of its own.
ask()
{
    keys "$1"
    tells "$1 asks before it acts" "^$2 $3.*y or n"
}

# --- no terminal

lab_agent || lab_die "mxdpd does not start"
check_exit 1 "without a terminal it does not draw" lab_ctl top
check_equal "and says what to write" "$(lab_ctl top 2>&1 | grep -c -- "mxdpctl top --json")" 1
check_exit 2 "a count alone is refused" lab_ctl top --count 2

# --- a bot is blocked, comes again, and is seen

check_exit 0 "a bot gives our own address" lab_bot "$BOT" "$MX4" helo "[$MX4]"
check "it is blocked" lab_wait 5 lab_is_blocked "$BOT"
check_exit 4 "it comes again, and is dropped" lab_bot "$BOT" --timeout 3 "$MX4" connect
check_exit 0 "another one" lab_bot "$OTHER" "$MX4" helo "[$MX4]"
check "is blocked" lab_wait 5 lab_is_blocked "$OTHER"

snapshot=$(lab_ctl top --json) || not_ok "a snapshot"
check_equal "a snapshot is one object" "$(wc -l <<<"$snapshot")" 1
check_equal "with the agent's word" "$(jq -r '.agent, .status.mode' <<<"$snapshot" | xargs)" \
    "true enforce"
check_equal "with the one that came again" \
    "$(jq -r '.blocked[] | .addr + " " + .cause' <<<"$snapshot")" "$BOT helo-our-address"
check_equal "its hits are those of list" "$(jq -r '.blocked[0].hits' <<<"$snapshot")" \
    "$(lab_verdict "$BOT" hits)"
check_equal "with the decisions, the oldest first" \
    "$(jq -r '.verdicts[].blocked' <<<"$snapshot" | xargs)" "$BOT $OTHER"
check_more "and the agent's memory" "$(jq -r .memory <<<"$snapshot")" 1000000
check_equal "two snapshots are two lines" \
    "$(lab_ctl top --json --count 2 | jq -s 'map(.clock) | .[1] > .[0]')" true

# --- the screen

lab_in mta env -u BASH_ENV tmux -f /dev/null new-session -d -s top -x 80 -y 24 "sh"
check "a terminal of 80x24" lab_wait 5 has_size 80 24
term set-option -g status off
keys "clear; stty -g >$LAB/stty.before; $CTL top" Enter
tells "the mode stands on top" "^mxdp +enforce, set by command line +eth0 +up "
fits 80 24
tells "SYNs a second, passed and dropped" "^SYNs +passed [0-9.]+/s +dropped [0-9.]+/s"
tells "bars of both" "^dropped .*[▁▂▃▄▅▆▇█].*most "
tells "how the agent is" "^agent +[0-9]+ MiB, longest turn [0-9]+ ms, tap .* 0 lost, 2 verdicts"
tells "the blocked one, its cause and hits" "^$BOT +mx +drop +helo-our-address +[1-9][0-9]* "
tells "the decisions with their reasons" \
    "^[0-9:]{8} $OTHER +drop 30m +helo-our-address "
tells "the keys" "q quit +h help"
check "the table says what its columns are" shows "HITS     /S   LAST    LEFT"

# A second of its knocking must be seen as a rate.
knocks()
{
    lab_bot "$BOT" --timeout 1 "$MX4" connect
    shows_re "^$BOT +mx +drop +helo-our-address +[0-9]+ +[1-9.][0-9.k]* "
}
check "its knocking is a rate" lab_wait 20 knocks

# --- help, explain

keys h
tells "h: help" "Tab +the other table"
keys q
tells "q leaves the help alone" "^VERDICTS"
keys e
tells "e: explain" "would be dropped: verdict helo-our-address"
keys q
tells "and back" "^VERDICTS"
check "the block still stands" lab_is_blocked "$BOT"

# --- unblock, allow

ask u unblock "$BOT"
keys n
tells "n changes nothing" "unblock $BOT: nothing was changed"
check "it is blocked yet" lab_is_blocked "$BOT"
ask u unblock "$BOT"
keys y
tells "y: what happened, in words" "^$BOT: unblocked: 1 verdict; a day's grace"
check "list has it no more" lab_wait 5 unblocked "$BOT"
tells "nor has the screen" "nobody under verdict has come again"
keys Tab
ask a allow "$OTHER"
keys y
tells "allow, in words" "^$OTHER: allowed: 1 entry"
check "it is allowed" is_allowed "$OTHER"
check_equal "and known by whom" "$(lab_ctl allow --json |
    jq -r --arg net "$OTHER" 'select(.net == $net) | .reason')" "by mxdpctl top"

# --- what a bot types stays text

check_exit 0 "a bot with bytes for the terminal" lab_bot "$RUDE" "$MX4" \
    helo "$(printf 'x\033]0;owned\007\033[2Jx')"
check "is blocked" lab_wait 5 lab_is_blocked "$RUDE"
tells "its bytes are shown as what they are" "^[0-9:]{8} $RUDE .*\\\\x1b"
check_equal "the title of the terminal is not its" \
    "$(term display -p -t top '#{pane_title}' | grep -c owned)" 0

# --- pause, sort

keys p
tells "p pauses" "PAUSED"
keys p
check "and goes on" lab_wait 5 shows_not PAUSED
keys s
tells "s sorts" "sorted by hits"

# --- sizes

for size in "40 12" "20 5" "10 4" "5 3" "3 2" "1 1" "200 60" "80 24"; do
    read -r columns lines <<<"$size"
    resize "$columns" "$lines"
    check "a terminal of ${columns}x$lines" lab_wait 5 has_size "$columns" "$lines"
    if [ "$lines" -ge 4 ]; then
        fits "$columns" "$lines"
    elif [ "$lines" -gt 1 ]; then # curses cannot write into the only cell that there is
        check "${columns}x$lines: the first line" lab_wait 5 begins 1 "mxdp    enforce"
    fi
done
tells "whole again" "^mxdp +enforce"
resize 40 12
tells "a small one has the mode and the SYNs" "^SYNs +passed"
tells "and a table" "^BLOCKED"
resize 80 24

# --- the agent goes and comes back

lab_agent_stop >/dev/null || true
tells "the agent is gone: it says so" "^mxdp +NO AGENT"
tells "and why" "^! no agent at "
tells "what was known stays" "^[0-9:]{8} $RUDE "
keys u
keys y
tells "what cannot be done is told" "the agent is not running"
lab_agent || lab_die "mxdpd does not start"
tells "it is back" "^mxdp +enforce.* up "
kill -STOP "$AGENT"
tells "one that hangs is told" "has not answered for 2 seconds"
keys h
tells "and keys are heard meanwhile" "Tab +the other table"
keys q
kill -CONT "$AGENT"
tells "it answers again" "^mxdp +enforce.* up "

# --- the end

processes()
{
    pgrep -cx mxdpctl
}

none_left()
{
    [ "$(processes)" = 0 ]
}

keys q
check "q ends it" lab_wait 5 back_at_shell
check "and what asked for it" lab_wait 5 none_left
keys "clear; stty -g >$LAB/stty.after; echo \$? restored" Enter
tells "the terminal takes words again" "^0 restored"
check "its settings are as before" cmp "$LAB/stty.before" "$LAB/stty.after"
keys "clear; $CTL top; echo left with \$?" Enter
tells "once more" "^mxdp +enforce"
keys C-c
tells "Ctrl-C ends it in order" "^left with 0"
check "nothing is left" lab_wait 5 none_left
keys "clear; TERM=nonsense $CTL top; echo left with \$?" Enter
tells "a terminal that nobody knows: why" "terminal .nonsense. is not known here"
tells "and it fails" "^left with 1"
term kill-server
lab_done
