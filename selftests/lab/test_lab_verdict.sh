#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The main job: a bot that claims our own address is judged on its first session, and its next SYN
# dies in XDP. Good mail passes before and after, over both IP versions.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

judged()
{
    local source=$1 server=$2 helo=$3 dropped

    check_exit 0 "$source: its first session is served" lab_bot "$source" "$server" helo "$helo"
    check "$source: judged helo-our-address" lab_wait 5 lab_blocked_for "$source" helo-our-address
    check_equal "$source: the block is silent" "$(lab_verdict "$source" action)" drop
    check_equal "$source: the block is for the mx ports" "$(lab_verdict "$source" ports)" mx
    dropped=$(lab_fate syn-dropped)
    check_exit 4 "$source: its next SYN gets no answer" lab_bot "$source" "$server" connect
    check_more "$source: syn-dropped moves" "$(lab_fate syn-dropped)" "$dropped"
    check_more "$source: the verdict counts hits" "$(lab_verdict "$source" hits)" 0
    check_equal "$source: Postfix saw one connection" "$(lab_connects "$source")" 1
    check_exit 0 "$source: the submission port stays open" \
        lab_bot "$source" --port 587 "$server" helo "$helo"
}

delivered()
{
    check "$1 delivers $3" lab_send "$1" "$2" "$3"
    check "$3 is in the mailbox" lab_wait 5 lab_delivered "$3"
    check_equal "$1 has no verdict" "$(lab_verdict "$1")" ""
}

delivered 198.51.100.25 "$MX4" before-v4
delivered 2001:db8:100::25 "$MX6" before-v6
judged 198.51.100.7 "$MX4" "[$MX4]"
judged 2001:db8:100:7::7 "$MX6" "[IPv6:$MX6]"
check_exit 0 "an IPv6 block is for the one address" \
    lab_bot 2001:db8:100:7::25 "$MX6" helo mail.example.org
judged 2001:db8:100:8::1 "$MX6" "[IPv6:$MX6]"
check_exit 0 "a second offender of the same /64" \
    lab_bot 2001:db8:100:8::2 "$MX6" helo "[IPv6:$MX6]"
check "now the /64 is judged" lab_wait 5 lab_blocked_for 2001:db8:100:8::/64 helo-our-address
check_exit 4 "a third address there gets no answer" lab_bot 2001:db8:100:8::3 "$MX6" connect
# Good mail came from this /64: one of its tenants is not all of them.
judged 2001:db8:100::66 "$MX6" "[IPv6:$MX6]"
judged 2001:db8:100::67 "$MX6" "[IPv6:$MX6]"
check_equal "a /64 that delivered accepted mail is spared" "$(lab_verdict 2001:db8:100::/64)" ""
delivered 198.51.100.25 "$MX4" after-v4
delivered 2001:db8:100::25 "$MX6" after-v6
lab_done
