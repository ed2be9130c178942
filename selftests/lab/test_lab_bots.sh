#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bots that are told by how they talk: HTTP, talking before the banner, our own name, control
# bytes; one that drips its HELO a byte at a time. And senders that only look odd.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
GREET_PAUSE=1 # early talk needs a banner that comes late
lab_up
lab_agent || lab_die "mxdpd does not start"

# guilty CAUSE SOURCE SERVER MODE [ARG...]
guilty()
{
    local cause=$1
    shift
    lab_bot "$@" >"$LAB/bot.out" 2>&1
    check "$3 from $1: judged $cause" lab_wait 5 lab_blocked_for "$1" "$cause"
    check_exit 4 "$3 from $1: its next SYN is dropped" lab_bot "$1" "$2" connect
}

# innocent SOURCE SERVER MODE [ARG...]
innocent()
{
    local sessions

    sessions=$(lab_fate flow-born)
    check "$3 $4 from $1: served" lab_bot "$@"
    check_more "$3 $4 from $1: the tap saw it" "$(lab_fate flow-born)" "$sessions"
    check "$3 $4 from $1: may come again" lab_bot "$1" "$2" connect
    check_equal "$3 $4 from $1: no block" "$(lab_verdict "$1" action | grep -v watch)" ""
}

guilty non-smtp 198.51.100.7 "$MX4" http
guilty non-smtp 2001:db8:100:7::1 "$MX6" http
# The check for early talk believes itself only once it has seen an EHLO reply of this server.
innocent 198.51.100.25 "$MX4" helo mail.example.org
innocent 2001:db8:100::25 "$MX6" helo mail.example.org
guilty early-talker 198.51.100.8 "$MX4" early mail.example.org
guilty early-talker 2001:db8:100:8::1 "$MX6" early mail.example.org
guilty helo-our-address 198.51.100.9 "$MX4" drip "[$MX4]"
guilty helo-our-address 2001:db8:100:9::1 "$MX6" drip "[IPv6:$MX6]"
guilty helo-our-name 198.51.100.10 "$MX4" helo "$MX_NAME"
guilty helo-illegal 198.51.100.11 "$MX4" helo $'bad\001name'
guilty helo-our-address 198.51.100.12 "$MX4" talk "EHLO mail.example.org" RSET "EHLO [$MX4]" QUIT

innocent 198.51.100.26 "$MX4" drip mail.example.org
innocent 198.51.100.27 "$MX4" helo "[198.51.100.27]"
innocent 198.51.100.28 "$MX4" helo localhost
innocent 198.51.100.29 "$MX4" mail mail.example.org a@example.org user@example.net
lab_done
