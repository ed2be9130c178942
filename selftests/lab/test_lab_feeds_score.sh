#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A verdict that rests on a feed that scores: the journal knows by name on which one, a killed
# agent's successor reads it there, unblock --by finds it, and it goes when the feed does.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

mkdir -p "$LAB/www"
printf '198.51.100.%s\n' 71 72 73 >"$LAB/www/score.txt"
feed_section score "file://$LAB/www/score.txt" 'action = score' 'points = 9'
lab_agent || lab_die "mxdpd does not start"
check "the feed is read" lab_wait 15 feed_is score state ok

in_journal()
{
    [ "$(sqlite3 -readonly "$LAB/state/journal.db" ".timeout 5000" "SELECT $2 FROM verdicts
        WHERE hex(addr) LIKE '%C63364$(printf %02X "$1")' ORDER BY id DESC LIMIT 1")" = "$3" ]
}
gone()
{
    [ -z "$(lab_verdict "$1")" ]
}

for i in 71 72 73; do
    check "listed, with a bad HELO: .$i" lab_bot "198.51.100.$i" "$MX4" helo localhost
    check "is blocked" lab_wait 5 lab_is_blocked "198.51.100.$i"
    check "the journal says by whom" lab_wait 5 in_journal "$i" lists feed:score
done
# Without the feed the same HELO does not block.
check "who is not listed, with the same HELO" lab_bot 198.51.100.74 "$MX4" helo localhost
check_equal "is not blocked" "$(lab_verdict 198.51.100.74)" ""
check "by hand is another cause" lab_ctl block 198.51.100.75 --for 1h

check "kill -9" lab_agent_kill
lab_agent || lab_die "mxdpd does not start again"
check "the verdicts stand" lab_is_blocked 198.51.100.71
check "and their lists are known still" lab_wait 5 in_journal 71 lists feed:score
check_exit 1 "there is no other feed" lab_ctl unblock --by feed:other
check_equal "unblock --by the feed" "$(lab_ctl unblock --by feed:score --json | jq .done)" 3
for i in 71 72 73; do
    check ".$i is free" gone "198.51.100.$i"
    check "as the journal knows" lab_wait 5 in_journal "$i" ending unblocked
    check "without its grace" lab_ctl unallow "198.51.100.$i"
done
check "what another cause brought stays" lab_is_blocked 198.51.100.75

check "listed, with a bad HELO again" lab_bot 198.51.100.72 "$MX4" helo localhost
check "is blocked" lab_wait 5 lab_is_blocked 198.51.100.72
sed -i '/feed "score"/,/^}/d' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "the feed is gone, and so is what rested on it" lab_wait 10 gone 198.51.100.72
check "withdrawn, says the journal" lab_wait 5 in_journal 72 ending withdrawn
check "what did not rest on it stays" lab_is_blocked 198.51.100.75
check_exit 1 "its name is nobody's" lab_ctl unblock --by feed:score
check "mxdpd ends well" lab_agent_stop
lab_done
