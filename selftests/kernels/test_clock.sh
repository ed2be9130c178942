#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The clock is set: a year on, back to 1970, and right again. What holds for an hour holds for an
# hour: verdicts, what is allowed, a mode with an end, in mxdpd as it runs, through a restart that
# keeps the maps, and through one that begins from the journal. A feed and mail go on. Only in an
# emulated machine: the clock of this one is everybody's.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/../lab/feeds.sh"

[ -e /mxdp/build ] || lab_die "for a machine of its own: see boot.sh"
lab_enter "$@"
lab_up

BAD=192.0.2.66
NOW=$(date +%s)

# left VERB ADDR: the minutes that are left of it.
left()
{
    lab_ctl "$1" --json | jq -rs --arg addr "$2" \
        'flatten | map(select((.addr // .net) == $addr)) | .[0].expires_in / 60 | floor'
}

# hour TEXT VERB ADDR: about an hour is left, whatever the clock says.
hour()
{
    local minutes
    minutes=$(left "$2" "$3")
    check "$1 ($minutes minutes)" test "${minutes:-0}" -ge 40 -a "${minutes:-0}" -le 60
}

holds()
{
    check_exit 4 "$1: the gate stands" lab_forge syn --source $BAD --dest "$MX4" --timeout 3
    hour "$1: the block" list $BAD
    hour "$1: what is allowed" allow 192.0.2.99
    check_equal "$1: the mode" "$(lab_status .mode)" enforce
    check "$1: the feed" lab_wait 30 feed_would_stop 20.3.0.1
    check "$1: a letter is taken" lab_bot 198.51.100.25 "$MX4" mail mail.example.org a@example.org \
        user@example.net
}

mkdir -p "$LAB/www"
echo 20.3.0.1 | feed_put list.txt
feed_section list "file://$LAB/www/list.txt" 'action = drop' 'guard = 1000'
lab_agent --handover || lab_die "mxdpd does not start"
check "a block" lab_ctl block $BAD --for 1h
check "somebody allowed" lab_ctl allow 192.0.2.99 --for 1h
check "a feed" lab_wait 60 feed_would_stop 20.3.0.1 || lab_ctl feeds list | sed 's/^/# /'
holds "before"
for jump in "a year on:$((NOW + 365 * 86400))" "back in 1970:86400" "right again:$NOW"; do
    check "${jump%:*}" date -u -s "@${jump#*:}"
    holds "${jump%:*}"
    check "${jump%:*}: ends, and hands over" lab_agent_stop
    check "${jump%:*}: starts" lab_agent --handover
    holds "${jump%:*}, handed over"
    check "${jump%:*}: killed" lab_agent_kill
    check "${jump%:*}: detached" lab_pins detach
    check "${jump%:*}: starts from the journal" lab_agent --handover
    holds "${jump%:*}, from the journal"
done
check "another one blocked" lab_ctl block 192.0.2.67 --for 1h
hour "it" list 192.0.2.67
check "mxdpd ends" lab_agent_stop
lab_done
