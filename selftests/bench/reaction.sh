#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# reaction: from the guilty bytes to the first SYN that is stopped (reaction.c), before a real
# Postfix:
#
#   mxdp       a client that talks HTTP
#   fail2ban   a client whose name is not fully qualified, which Postfix refuses and logs, in
#              fail2ban's jail for Postfix with one failure allowed and nftables
#   CrowdSec   the same client, with its scenario for Postfix and its firewall bouncer
#
# Each visit is from a source of its own; the first of each only warms up. Before the slow ones it
# waits a random part of a second, since they look at things at intervals of their own. postscreen
# refuses a client's mail, never his SYNs.
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
# shellcheck source=selftests/bench/crowdsec.sh
. "$(dirname "$0")/crowdsec.sh"

VISITS=${VISITS:-100}
SLOW_VISITS=${SLOW_VISITS:-15}

# visit NAME: from the next source. turns() calls it in a shell of its own.
visit()
{
    local source

    source=198.51.100.$(wc -l <"$LAB/visited")
    echo "$source" >>"$LAB/visited"
    [ "$1" = mxdp ] || sleep "0.$(printf '%03d' $((RANDOM % 1000)))"
    lab_in wan taskset -c "$BENCH_CPU" "$LAB_BUILD/selftests/bench/reaction" \
        "$source" "$MX4" 60 "${HELLO[$1]}" || lab_die "$1: $source was not stopped"
}

# visits NAME COUNT REMARK
# shellcheck disable=SC2046 # three figures
visits()
{
    turns "$2" visit "$1" || exit 1
    spread "$1: guilty bytes to the first SYN stopped" ms "$2 visits$3" \
        $(quartiles "$1.stopped")
    spread "$1: of this, to the server's acknowledgement" ms "" $(quartiles "$1.acknowledged")
}

with_mxdp()
{
    lab_agent || lab_die "mxdpd does not start"
    visits mxdp "$VISITS" ""
    lab_agent_stop || lab_die "mxdpd ended badly"
}

with_fail2ban()
{
    if ! command -v fail2ban-client >/dev/null; then
        missing fail2ban "it is not installed"
        return
    fi
    fail2ban_start
    visits fail2ban "$SLOW_VISITS" "; new lines by $(fail2ban_backend)"
    fail2ban stop >/dev/null
}

with_crowdsec()
{
    if ! crowdsec_there; then
        missing CrowdSec "its package is not here unpacked, as scripts/deps bench does on Debian"
        return
    fi
    crowdsec_start
    visits CrowdSec "$SLOW_VISITS" \
        "; one refusal is enough, as shipped six; its bouncer asks every 0.1 s, as shipped every 10 s"
    crowdsec_stop
}

# times_mxdp NAME: how many times as long as mxdp; - where it is not there.
times_mxdp()
{
    local other

    if other=$(middle quartiles "$1.stopped" 2>/dev/null); then
        divide "$other" "$(middle quartiles mxdp.stopped)" 0
    else
        echo -
    fi
}

declare -A HELLO=([mxdp]="GET / HTTP/1.1" [fail2ban]="EHLO localhost" [CrowdSec]="EHLO localhost")

lab_network
lab_postfix_config
cat >>"$LAB/postfix/etc/main.cf" <<END
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_non_fqdn_helo_hostname
default_process_limit = 400
END
lab_postfix_start
echo 198.51.100.0 >"$LAB/visited"
with_mxdp
with_fail2ban
with_crowdsec
row "postscreen" - "" "never: it refuses each visit anew, and the SYN always passes"
target "reaction: fail2ban / mxdp" \
    "$(times_mxdp fail2ban)" x least 1000
! crowdsec_there || row "reaction: CrowdSec / mxdp" "$(times_mxdp CrowdSec)" x ""
