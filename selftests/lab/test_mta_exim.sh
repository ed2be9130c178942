#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Exim behind mxdp: ordinary mail in all its forms, and the bots.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/unpack.sh
. "$(dirname "$0")/unpack.sh"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_exim.sh
. "$(dirname "$0")/mta_exim.sh"
exim_need
lab_enter "$@"
lab_network
unpack_over exim
# Exim invites early talk unless told not to: see test_mta_pipe_connect.sh.
exim_start "pipelining_connect_advertise_hosts ="
lab_agent || lab_die "mxdpd does not start"

mail_plain
mail_encrypted
mail_pipelined
mail_judged
bots
lab_done
