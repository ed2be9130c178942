#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exim's PIPE_CONNECT invites clients to speak before the banner. Where it is offered nobody is an
# early talker; the same client is one for a Postfix at the same address.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/unpack.sh
. "$(dirname "$0")/unpack.sh"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_exim.sh
. "$(dirname "$0")/mta_exim.sh"
# shellcheck source=selftests/lab/mta_postfix.sh
. "$(dirname "$0")/mta_postfix.sh"
exim_need
lab_enter "$@"
lab_network
unpack_over exim

# Exim marks what was pipelined before the banner with "L*".
early_deliveries()
{
    grep -cF " L* " "$EXIM/client-60.main"
}

# Before and after mxdp has seen what the server offers.
early()
{
    check "early talk over IPv4: served" lab_bot "$SLOW4" "$MX4" early mail.example.org
    check "early talk over IPv6: served" lab_bot "$SLOW6" "$MX6" early mail.example.org
}

exim_start "pipelining_connect_advertise_hosts = *"
lab_agent || lab_die "mxdpd does not start"
early
mail "swaks" 20 1 "accepted 1 message" by_swaks
early
MAILED+=("$SLOW4 no mail" "$SLOW6 no mail")
# Exim learns from the first message that it may talk early. What it says then may be more than is
# held aside, so the outcome need not be known.
for n in 1 2 3; do
    check "Exim to Exim over IPv4, message $n" exim_send 60 "$MX4" "exim.4.$n."
    check "Exim to Exim over IPv6, message $n" exim_send 60 "$MX6" "exim.6.$n."
done
check "their 6 messages are delivered" lab_wait 10 delivered_all exim. 6
check_equal "4 of them by early talk" "$(early_deliveries)" 4
MAILED+=("$(client4 60) any" "$(client6 60) any")
mail_judged

# What is known of a server is forgotten with the agent.
lab_agent_stop
exim_stop
rm -r "$LAB/mail"
postfix_start
lab_agent || lab_die "mxdpd does not start"
mail "swaks to Postfix" 21 1 "accepted 1 message" by_swaks
mail_judged
bot early-talker $SLOW early mail.example.org
bots_judged
lab_done
