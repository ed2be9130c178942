#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# reaction: from the guilty bytes to the first SYN that is stopped (reaction.c), before a real
# Postfix:
#
#   mxdp       a client that talks HTTP
#   fail2ban   a client whose name is not fully qualified, which Postfix refuses and logs, in
#              fail2ban's jail for Postfix with one failure allowed and nftables
#
# Each visit is from a source of its own. postscreen refuses a client's mail, never his SYNs.
#
# Prints rows for scripts/bench. VISITS and SLOW_VISITS can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
lab_enter "$@"
# shellcheck source=selftests/bench/fail2ban.sh
. "$(dirname "$0")/fail2ban.sh"

VISITS=${VISITS:-40}
SLOW_VISITS=${SLOW_VISITS:-7}

# visit NAME SOURCE HELLO: a sample.
visit()
{
    lab_in wan "$LAB_BUILD/selftests/bench/reaction" "$2" "$MX4" 60 "$3" >>"$BENCH_SAMPLES/$1" ||
        lab_die "$1: $2 was not stopped"
}

mkdir -p "$BENCH_SAMPLES"
lab_network
lab_postfix_config
cat >>"$LAB/postfix/etc/main.cf" <<END
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_non_fqdn_helo_hostname
default_process_limit = 400
END
lab_postfix_start

lab_agent || lab_die "mxdpd does not start"
for ((i = 0; i <= VISITS; i++)); do
    visit mxdp "198.51.100.$((10 + i))" "GET / HTTP/1.1"
    [ "$i" -gt 0 ] || : >"$BENCH_SAMPLES/mxdp" # warmed up
done
lab_agent_stop || lab_die "mxdpd ended badly"
# shellcheck disable=SC2046 # three figures
spread "mxdp: guilty bytes to the first SYN stopped" ms "$VISITS visits" $(quartiles mxdp)

if command -v fail2ban-client >/dev/null; then
    fail2ban_start
    for ((i = 0; i < SLOW_VISITS; i++)); do
        visit fail2ban "198.51.100.$((100 + i))" "EHLO localhost"
    done
    fail2ban stop >/dev/null
    # shellcheck disable=SC2046 # three figures
    spread "fail2ban: guilty bytes to the first SYN stopped" ms "$SLOW_VISITS visits" \
        $(quartiles fail2ban)
    target "reaction: fail2ban / mxdp" \
        "$(divide "$(middle quartiles fail2ban)" "$(middle quartiles mxdp)" 0)" x least 1000
else
    missing fail2ban "it is not installed"
fi
missing CrowdSec "its package registers with its maker when it is installed; without that it does not run"
row "postscreen" - "" "never: it refuses each visit anew, and the SYN always passes"
