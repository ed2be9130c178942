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

# --- its log, for `mxdpctl outcome -'

awk -f "$LAB_TOP/contrib/outcome-exim.awk" "$EXIM/log/main" >"$LAB/outcomes"
check_equal "its log tells of 50 messages" "$(grep -c '^198.51.100.41 accepted$' "$LAB/outcomes")" 50
check_more "and of those by TLS" "$(grep -c '^198.51.100.32 accepted$' "$LAB/outcomes")" 0
check_equal "and of no bot's" "$(grep -c '^198.51.100.20[0-9] accepted$' "$LAB/outcomes")" 0
line='2026-01-31 12:00:00 1vX0ab-0001Cd-2E <= "a H=(x) [192.0.2.9] b"@example.org H=(y) [192.0.2.8] P=esmtp S=1'
check_equal "a sender cannot put an address into it" \
    "$(echo "$line" | awk -f "$LAB_TOP/contrib/outcome-exim.awk")" "192.0.2.8 accepted"
lab_done
