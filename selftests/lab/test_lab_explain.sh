#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an administrator asks when somebody calls: explain of an address, a network, who is allowed,
# and in monitor mode; its history; the text for the partner. The log by client, event, finding and
# time; who changed what by hand.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

BOT=198.51.100.7
BOT6=2001:db8:100:7::7

explained()
{
    lab_ctl explain "$@" >"$LAB/explain" 2>"$LAB/note"
}

first_line()
{
    explained "$1" && head -n 1 "$LAB/explain" | grep -Eqx "$2"
}

has_history()
{
    explained "$1" && grep -q "$2" "$LAB/explain"
}

# --- an address ----------------------------------------------------------------------------------

lab_agent || lab_die "mxdpd does not start"
check "who is not known passes" first_line $BOT "$BOT: a SYN to port 25 passes: no verdict"
check "and has no history" grep -q '^history  *none' "$LAB/explain"
check_exit 1 "there is nothing to tell a partner" lab_ctl explain --text $BOT
lab_bot $BOT "$MX4" helo "[$MX4]" >"$LAB/bot.out"
check "a bot is blocked" lab_wait 5 lab_blocked_for $BOT helo-our-address
check "the first line says so" first_line $BOT \
    "$BOT: a SYN to port 25 would be dropped: verdict helo-our-address, (29m[0-9]*s?|30m) left"
check "the other ports pass" grep -q '^198.51.100.7: a SYN to ports 587 and 465 passes: no verdict' \
    "$LAB/explain"
check_exit 4 "and the SYN is dropped" lab_bot $BOT "$MX4" connect
explained $BOT
check_exit 4 "and another one is" lab_bot $BOT "$MX4" connect
explained $BOT
check "it was met, and is told when" grep -Eq 'met [0-9]+ times since, first [^,]* ago, last' \
    "$LAB/explain"
check "how it ends" grep -q 'accepted in a courtesy session (one SYN passes in .*unblock 198.51.100.7' \
    "$LAB/explain"
check "the journal has it" lab_wait 5 has_history $BOT \
    '^history .* drop 198.51.100.7 on mx, helo-our-address, in force'
check "with its evidence" grep -q 'helo-our-address (10) ' "$LAB/explain"
check "the text for the partner" lab_ctl explain --text $BOT
lab_ctl explain --text $BOT >"$LAB/text"
check "says what was seen" grep -q -- '- helo-our-address: ' "$LAB/text"
check "what to mend" grep -q 'its own name' "$LAB/text"
check "and when it ends" grep -q '^This ends by itself on 20' "$LAB/text"
check_equal "and nothing else" "$(head -c 29 "$LAB/text")" "Connections from $BOT"

check "unblock" lab_ctl unblock $BOT
check "it passes, by its grace" first_line $BOT "$BOT: a SYN to port 25 passes: never blocked, .*grace.*"
check "the history knows how it ended" lab_wait 5 has_history $BOT \
    '^history .* unblocked after .*(mxdpctl), met [1-9].*, first 20.*, last 20'
lab_ctl unallow $BOT >/dev/null 2>&1

check "an IPv6 bot" lab_bot $BOT6 "$MX6" helo "[IPv6:$MX6]"
check "is blocked" lab_wait 5 lab_blocked_for $BOT6 helo-our-address
check "explained" first_line $BOT6 "$BOT6: a SYN to port 25 would be dropped: verdict helo-.* left"

# --- a network, who is allowed, by hand, monitor mode --------------------------------------------

check "by hand" lab_ctl block 192.0.2.0/25 192.0.2.130 192.0.2.131 --for 2h --reason "seen too often"
check "one inside a network" first_line 192.0.2.9 \
    '192.0.2.9: a SYN to port 25 would be dropped: verdict manual, .* left'
check "by the network's verdict" grep -q '^mx  *on 192.0.2.0/25, manual: seen too often' "$LAB/explain"
check "the network around them" explained 192.0.2.0/24
check "has three inside" grep -q '^inside  *3 verdicts' "$LAB/explain"
check "which are named" grep -q '^192.0.2.131 .* drop on port 25: verdict manual' "$LAB/explain"
check "allow one" lab_ctl allow 192.0.2.130 --reason "a customer"
check "it passes" first_line 192.0.2.130 '192.0.2.130: .* passes: never blocked, .* 192.0.2.130 \(a customer\)'
check "one that is watched" lab_ctl block 192.0.2.140 --action watch
check "passes" first_line 192.0.2.140 '192.0.2.140: .* passes: it is only watched; verdict manual, .* left'
check "monitor mode" lab_ctl mode monitor
check "passes too" first_line 192.0.2.131 \
    '192.0.2.131: .* passes: monitor mode; would be dropped: verdict manual, .* left'
check "enforce" lab_ctl mode enforce
check "a domain" explained mail.example.org
check "of whose addresses nothing is known here" grep -q 'asks for no DNS' "$LAB/explain"
check_exit 1 "what is neither" lab_ctl explain 192.0.2

# --- the journal is gone -------------------------------------------------------------------------

mv "$LAB/state/journal.db" "$LAB/state/away"
check "without the journal the rest is told" first_line 192.0.2.131 '.* would be dropped: verdict manual, .*'
check "and what is missing" grep -q '^history  *unknown: the journal cannot be read' "$LAB/explain"
mv "$LAB/state/away" "$LAB/state/journal.db"

# --- the log -------------------------------------------------------------------------------------

count_log()
{
    lab_ctl log -n 1000 --json "$@" | wc -l
}

check "good mail" lab_send 198.51.100.25 "$MX4" good
ended()
{
    [ "$(count_log --client 198.51.100.25 --event session)" = 1 ]
}
check "its session is found by its client" lab_wait 5 ended
check_equal "nobody else's is" "$(lab_ctl log -n 1000 --json --client 198.51.100.25 |
    jq -r .client | grep -vc '^198.51.100.25:')" 0
check_equal "by a network" "$(count_log --client 198.51.100.0/24 --event verdict)" 1
check_equal "by IPv6" "$(count_log --client $BOT6 --event verdict)" 1
check_equal "by finding" "$(count_log --finding helo-our-address --event verdict)" 2
check_equal "by event" "$(count_log --event unblock)" 1
check_equal "the newest that are wanted" \
    "$(lab_ctl log -n 1 --json --event verdict | jq -r .client | grep -c "$BOT6")" 1
check_equal "all within an hour" "$(count_log --since 1h)" "$(count_log)"
# Every kind that was told of can be asked for.
kinds=$(lab_ctl log -n 1000 --json | jq -r .event | sort -u)
check_more "there are several kinds" "$(echo "$kinds" | wc -l)" 2
for kind in $kinds; do
    check "by event $kind" lab_ctl log --event "$kind"
done
check_exit 2 "no kind of event" lab_ctl log --event verdicts
check_equal "the kind that is meant is named" \
    "$(lab_ctl log --event verdicts 2>&1 | grep -c "did you mean .verdict'")" 1
check_exit 2 "no finding" lab_ctl log --finding helo-our-adress
check_exit 2 "no network" lab_ctl log --client 192.0.2.1/24
check_exit 2 "no span" lab_ctl log --since soon
lab_ctl log -f -n 0 --client 198.51.100.26 --json >"$LAB/followed" 2>/dev/null &
follower=$!
# One more letter each until the follower is there, and none of the other's.
followed()
{
    lab_send 198.51.100.25 "$MX4" other && lab_send 198.51.100.26 "$MX4" mine && [ -s "$LAB/followed" ]
}
check "a follower sees his client" lab_wait 10 followed
check_equal "and nobody else" "$(jq -r .client "$LAB/followed" | grep -vc '^198.51.100.26:')" 0

audited()
{
    lab_ctl log --audit >"$LAB/audit" && grep -q "$1" "$LAB/audit"
}
check "who blocked" lab_wait 5 audited 'root  *block 192.0.2.0/25 192.0.2.130 .*reason=seen too often'
check "who unblocked" grep -q "root  *unblock $BOT" "$LAB/audit"
check "who set the mode" grep -q 'mode mode=monitor' "$LAB/audit"
check_equal "by client" "$(lab_ctl log --audit --client 192.0.2.130 --json | jq -r '.verb + .user' |
    paste -sd' ')" "blockroot allowroot"
check_equal "as many as are asked for" "$(lab_ctl log --audit -n 2 | wc -l)" 2
check_exit 2 "it is not followed" lab_ctl log --audit -f
check "mxdpd ends well" lab_agent_stop
wait "$follower"
lab_done
