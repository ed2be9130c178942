#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A SYN flood that makes the kernel fall back on SYN cookies. A blind forger may then complete a
# handshake, so nobody is blocked for what he says meanwhile: his verdict only watches, status says
# why, and real mail passes. Blocks that stand stay.
#
# Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

BOT4=$(client4 7)
BOT6=$(client6 7)

# Of the mail server's own network namespace.
cookies_sent()
{
    lab_in mta cat /proc/net/netstat | awk '$1 == "TcpExt:" && !n { n = split($0, name); next }
        $1 == "TcpExt:" { for (i = 1; i <= n; i++) if (name[i] == "SyncookiesSent") print $i }'
}

cookies_in_use()
{
    [ "$(lab_status .syncookies)" = true ]
}

# A session by cookie: the kernel hands cookies out only while its queue is full.
session_by_cookie()
{
    lab_bot "$(client4 25)" "$MX4" helo mail.example.org >"$LAB/bot.out" 2>&1 && cookies_in_use
}

# judged SOURCE SERVER LITERAL
judged()
{
    lab_bot "$1" --timeout 30 "$2" helo "$3" >"$LAB/bot.out" 2>&1
    check "$1: judged helo-our-address" lab_wait 5 lab_blocked_for "$1" helo-our-address
    check_equal "$1: the verdict only watches" "$(lab_verdict "$1" action)" watch
    check "$1: its next SYN is answered" lab_bot "$1" "$2" connect
    lab_wait 10 session_judged "$1"
    lab_ctl log --json -n 1000 | jq -r --arg from "$1" \
        'select(.event == "verdict" and .blocked == $from) | "\(.enforced) \(.why_not)"' >"$LAB/why"
    check "$1: the log says that it is not enforced, and why" grep -q '^false .*SYN cookies' "$LAB/why"
}

check_equal "no SYN cookies before" "$(lab_status .syncookies)" false
lab_ctl block "$(client4 66)" --for 1h >/dev/null || lab_die "cannot block"
for server in "$MX4" "$MX6"; do
    lab_in third "$LAB_BUILD/selftests/lab/flood" syn --dest "$server" --count 200000 \
        --rate 5000 >>"$LAB/flood.out" 2>&1 &
    FLOODS+=($!)
done
check "the kernel takes to SYN cookies, and mxdp sees it" lab_wait 20 session_by_cookie
check_more "cookies sent" "$(cookies_sent)" 0
check "status says why, in words" grep -q "SYN cookies" <(lab_status '.notes[]')
judged "$BOT4" "$MX4" "[$MX4]"
judged "$BOT6" "$MX6" "[IPv6:$MX6]"
check "good mail passes in the flood" lab_send "$(client4 26)" "$MX4" in-the-flood
check "it is in the mailbox" lab_wait 10 lab_delivered in-the-flood
check_exit 4 "a block that stands goes on dropping" lab_bot "$(client4 66)" "$MX4" connect
check "the floods are still going on" kill -0 "${FLOODS[@]}"
kill "${FLOODS[@]}"
lab_done
