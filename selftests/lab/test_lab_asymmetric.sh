#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Replies that leave by another interface: nothing can be judged, and status must say so; when they
# come back, it must stop.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

blind()
{
    lab_status '.notes[]' | grep -q 'no reply of the mail server'
}

# It takes a number of SYNs.
blind_to_one_more()
{
    lab_bot 198.51.100.26 "$MX4" connect >/dev/null || lab_die "no way through eth1"
    blind
}

seeing()
{
    ! blind
}

check "a session" lab_bot 198.51.100.25 "$MX4" helo mail.example.org
check "status sees it" seeing

ip -n core link add to-mta1 type veth peer name eth1 netns mta
ip -n core link set to-mta1 master br0 up
ip -n mta link set eth1 up
ip -n mta neigh replace 203.0.113.1 lladdr 02:00:00:00:00:01 dev eth1 nud permanent
ip -n mta route add 198.51.100.0/24 via 203.0.113.1 dev eth1 onlink
check "replies leave by another interface: status says so" lab_wait 20 blind_to_one_more
ip -n mta route del 198.51.100.0/24
check "they come back: a session" lab_bot 198.51.100.25 "$MX4" helo mail.example.org
check "status says no more" lab_wait 10 seeing
lab_done
