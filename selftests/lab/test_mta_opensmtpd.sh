#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real OpenSMTPD behind mxdp: ordinary mail in all its forms, and the bots.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/unpack.sh
. "$(dirname "$0")/unpack.sh"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_opensmtpd.sh
. "$(dirname "$0")/mta_opensmtpd.sh"
opensmtpd_need
lab_enter "$@"
lab_network
unpack_over opensmtpd
opensmtpd_start
lab_agent || lab_die "mxdpd does not start"

mail_plain
opensmtpd_encrypted
mail_judged
bots
lab_done
