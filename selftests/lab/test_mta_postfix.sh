#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Postfix behind mxdp: ordinary mail in all its forms, and the bots.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_postfix.sh
. "$(dirname "$0")/mta_postfix.sh"
lab_enter "$@"
lab_network
postfix_start
lab_agent || lab_die "mxdpd does not start"

mail_plain
mail_encrypted
mail_pipelined
mail_judged
bots
lab_done
