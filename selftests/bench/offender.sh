#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# offender: what a client costs who comes again though his guilt is known.
#
#   smtpd        Postfix, reject_rbl_client with rbldnsd on this host
#   postscreen   a deny list (cidr), action drop; and the same rbldnsd, action drop
#   fail2ban     its first visit: smtpd's refusal, the log, the ban; then nftables
#   mxdp         its first visit: smtpd's session and the verdict; then the gate
#
# Who is dropped tries again: he sends SYNS, as Linux does before it gives up. (Who is refused by a
# reset does not.) Two ways to count, each alike on both sides:
#
#   over the floor   what the filter itself spends: of a program its CPU time; of a dropped SYN the
#                    time of a frame in drop.sh's flood over that of a bare XDP_DROP. Neither the
#                    client nor the kernel's work for his connection or frames is in it
#   all of it        with the client, the wire and the kernel: of a visit the CPU time of client and
#                    program, in which the kernel does its part; of a SYN all of the frame
#
# Prints rows for scripts/bench. VISITS, SLOW_VISITS and FRAMES can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
# shellcheck source=selftests/bench/mail.sh
. "$(dirname "$0")/mail.sh"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/../lab/dns.sh"
lab_enter "$@"
# shellcheck source=selftests/bench/syns.sh
. "$(dirname "$0")/syns.sh"
# shellcheck source=selftests/bench/fail2ban.sh
. "$(dirname "$0")/fail2ban.sh"

VISITS=${VISITS:-1000}
SLOW_VISITS=${SLOW_VISITS:-200}
FRAMES=${FRAMES:-500000}
ROUNDS=5
SOURCES=100
SYNS=7 # tcp_syn_retries = 6
# shellcheck disable=SC2034 # selftests/lab/dns.sh reads it
DNS_PORT=53

# start_postfix: with what stands on standard input besides.
start_postfix()
{
    lab_postfix_config
    sed -i '/^disable_dns_lookups/d; /^smtpd_client_restrictions/d' "$LAB/postfix/etc/main.cf"
    cat >>"$LAB/postfix/etc/main.cf"
    printf '%s\n' "smtpd_delay_reject = yes" "max_use = 1000000" "max_idle = 1h" "in_flow_delay = 0" \
        "smtpd_client_connection_rate_limit = 0" >>"$LAB/postfix/etc/main.cf"
    : >"$LAB/mail.log"
    lab_postfix_start
}

stop_postfix()
{
    lab_in mta postfix -c "$LAB/postfix/etc" stop >/dev/null 2>&1
    lab_wait 10 lab_silent || lab_die "Postfix does not end"
}

# visits FIRST COUNT TIMES HELO: none may get his mail accepted. CLIENT_NS is what it cost him.
visits()
{
    local accepted

    read -r accepted CLIENT_NS < <(lab_in wan "$TOOLS/visits" "$1" "$2" "$3" "$MX4" "$4") ||
        lab_die "visits failed"
    [ "$accepted" = 0 ] || lab_die "$accepted of $(($2 * $3)) were let through"
}

cpu()
{
    local process sum=0

    for process in "$@"; do
        sum=$((sum + $(lab_cpu_of "$process")))
    done
    echo "$sum"
}

with_smtpd()
{
    local before

    start_postfix <<END
smtpd_client_restrictions = reject_rbl_client bl.lab.example
END
    visits 198.51.100.1 "$SOURCES" 1 mail.example.org # warm
    before=$(cpu smtpd rbldnsd)
    visits 198.51.100.1 "$SOURCES" $((VISITS / SOURCES)) mail.example.org
    SMTPD_US=$(us_each $(($(cpu smtpd rbldnsd) - before)) "$VISITS")
    stop_postfix
    row "Postfix smtpd, reject_rbl_client" "$SMTPD_US" us "CPU a visit, rbldnsd's included"
}

with_postscreen()
{
    local before

    postscreen_config
    echo '198.51.100.0/24 reject' >"$LAB/postfix/etc/deny"
    cat >>"$LAB/postfix/etc/main.cf" <<END
postscreen_access_list = cidr:$LAB/postfix/etc/deny
postscreen_denylist_action = drop
END
    lab_postfix_start
    visits 198.51.100.1 "$SOURCES" 1 mail.example.org # warm
    before=$(cpu postscreen)
    visits 198.51.100.1 "$SOURCES" $((VISITS / SOURCES)) mail.example.org
    POSTSCREEN_US=$(us_each $(($(cpu postscreen) - before)) "$VISITS")
    POSTSCREEN_ALL_US=$(us_each $(($(cpu postscreen) - before + CLIENT_NS)) "$VISITS")
    stop_postfix
    row "postscreen, deny list, action drop" "$POSTSCREEN_US" us "CPU a visit"
    row "postscreen, deny list, action drop: all of it" "$POSTSCREEN_ALL_US" us \
        "CPU a visit, client and kernel included"
}

# visits_at_once TIMES: each of SOURCES so often, twenty clients at a time.
visits_at_once()
{
    local i pids=()

    for ((i = 0; i < 20; i++)); do
        visits "198.51.100.$((1 + i * SOURCES / 20))" $((SOURCES / 20)) "$1" mail.example.org &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || exit 1
    done
}

# It takes its time for the lists' answers: two seconds here, six as shipped.
with_postscreen_dnsbl()
{
    local before

    postscreen_config
    sed -i '/^disable_dns_lookups/d' "$LAB/postfix/etc/main.cf"
    cat >>"$LAB/postfix/etc/main.cf" <<END
postscreen_access_list =
postscreen_greet_wait = 2s
postscreen_dnsbl_sites = bl.lab.example
postscreen_dnsbl_action = drop
END
    lab_postfix_start
    visits_at_once 1 # warm
    before=$(cpu postscreen dnsblog rbldnsd)
    visits_at_once $((SLOW_VISITS / SOURCES))
    row "postscreen, DNSBL, action drop" \
        "$(us_each $(($(cpu postscreen dnsblog rbldnsd) - before)) "$SLOW_VISITS")" us \
        "CPU a visit, dnsblog's and rbldnsd's included"
    stop_postfix
}

all_banned()
{
    [ "$(fail2ban_banned)" -ge "$1" ]
}

with_fail2ban()
{
    local before us

    if ! command -v fail2ban-client >/dev/null; then
        missing fail2ban "it is not installed"
        return
    fi
    start_postfix <<END
smtpd_client_restrictions = reject_rbl_client bl.lab.example
END
    fail2ban_start
    visits 198.51.100.1 3 1 mail.example.org # warm
    lab_wait 20 all_banned 3 || lab_die "fail2ban does not ban: $(tail -n 5 "$F2B/log")"
    before=$(($(cpu smtpd rbldnsd) + $(fail2ban_cpu)))
    visits 198.51.100.10 "$SOURCES" 1 mail.example.org
    lab_wait 120 all_banned $((SOURCES + 3)) || lab_die "fail2ban does not ban all: $(tail -n 5 "$F2B/log")"
    us=$(us_each $(($(cpu smtpd rbldnsd) + $(fail2ban_cpu) - before)) "$SOURCES")
    fail2ban stop >/dev/null
    stop_postfix
    row "fail2ban, first visit" "$us" us "CPU of smtpd, rbldnsd, fail2ban and its nft"
}

blocked_are()
{
    [ "$(lab_ctl list --json | jq -rs 'flatten | length')" -ge "$1" ]
}

with_mxdp()
{
    local before us

    start_postfix </dev/null
    lab_agent || lab_die "mxdpd does not start"
    before=$(cpu smtpd mxdpd)
    # Our own name convicts with the command that follows; the server refuses nobody here.
    lab_in wan "$TOOLS/visits" 198.51.100.1 "$SOURCES" 1 "$MX4" "$MX_NAME" >/dev/null ||
        lab_die "visits failed"
    lab_wait 10 blocked_are "$SOURCES" || lab_die "mxdp did not block all of them"
    us=$(us_each $(($(cpu smtpd mxdpd) - before)) "$SOURCES")
    lab_agent_stop || lab_die "mxdpd ended badly"
    stop_postfix
    row "mxdp, first visit" "$us" us "CPU of smtpd and mxdpd, asking for the outcome included"
}

# What a SYN costs the gate, nftables' set, and a bare XDP_DROP.
later_turn()
{
    flood "$1" 10000
}

# syns_us NANOSECONDS
syns_us()
{
    awk -v ns="$1" -v n="$SYNS" 'BEGIN { printf "%.2f", ns * n / 1000 }'
}

# later NAME CASE
later()
{
    local over all

    over=$(middle difference "$2" floor) || lab_die "no figures"
    all=$(middle quartiles "$2")
    LATER_US=$(syns_us "$over") LATER_ALL_US=$(syns_us "$all")
    row "$1, later visits" "$LATER_US" us "CPU of a visit: $SYNS SYNs of $(rounded "$over") ns"
    row "$1, later visits: all of it" "$LATER_ALL_US" us \
        "CPU of a visit: $SYNS SYNs of $(rounded "$all") ns, made, sent and dropped"
}

mkdir -p "$BENCH_SAMPLES"
lab_network
printf '%s\n' "\$TTL 3600" ":2:listed" 198.51.100.0/24 127.0.0.2 | dns_zone bl.lab.example ip4trie
dns_start
with_smtpd
with_postscreen
with_postscreen_dnsbl
with_fail2ban
with_mxdp
for case in floor mxdp-1M inet-1M; do
    wire "$case"
done
lab_in in-floor "$TOOLS/drop" attach eth0 bare_drop || lab_die "no XDP_DROP"
set_up_mxdp mxdp-1M
set_up_inet inet-1M || lab_die "nftables takes no set"
turns "$ROUNDS" later_turn floor mxdp-1M inet-1M || lab_die "a flood failed"
floor=$(middle quartiles floor)
row "floor: SYNs to a bare XDP_DROP" "$(syns_us "$floor")" us \
    "CPU of a visit: $SYNS of $(rounded "$floor") ns, made, sent and dropped"
later "fail2ban (nftables inet, a million)" inet-1M
later "mxdp (a million listed)" mxdp-1M
target "offender: postscreen's deny list / mxdp, later visits" \
    "$(divide "$POSTSCREEN_US" "$LATER_US" 0)" x least 100
row "offender: postscreen's deny list / mxdp, later visits, all of it" \
    "$(divide "$POSTSCREEN_ALL_US" "$LATER_ALL_US" 0)" x "client, wire and kernel included"
row "offender: Postfix smtpd / mxdp, later visits" \
    "$(divide "$SMTPD_US" "$LATER_US" 0)" x ""
