#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Postfix behind a real HAProxy, which tells it by PROXY headers, version 1 and 2, for whom it
# speaks. What bots say through a proxy is not the proxy's: nothing is found, status calls it a
# relay. Each proxy meets its bot first, so that none is known for a relay beforehand.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/unpack.sh
. "$(dirname "$0")/unpack.sh"
# shellcheck source=selftests/lab/mta.sh
. "$(dirname "$0")/mta.sh"
# shellcheck source=selftests/lab/mta_postfix.sh
. "$(dirname "$0")/mta_postfix.sh"
unpack_need haproxy haproxy
lab_enter "$@"
lab_network
unpack_over haproxy

THROUGH=() # "PROXY MODE" of each bot that has talked through one
PROXIES="100 101 102 103 104 105 106" # those of version 1; of version 2: 50 more

# proxy CLIENT FAMILY OPTION...: listens on the address of that client, and speaks from there
proxy()
{
    local client=$1 family=$2 address server=$MX4
    shift 2

    address=$("client$family" "$client")
    [ "$family" = 4 ] || server=$MX6
    echo "listen proxy-$client-$family
    bind [$address]:25
    server mx [$server]:25 source [$address] $*"
}

proxies()
{
    local n family

    echo "global
    maxconn 500
    defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s"
    for family in 4 6; do
        for n in $PROXIES; do
            proxy "$n" $family send-proxy
            proxy $((n + 50)) $family send-proxy-v2
        done
        # This one asks all the time whether the server is there, and leaves; by version 1, since
        # Postfix 3.7 dies of what version 2 says in its place.
        proxy 110 $family send-proxy check check-send-proxy inter 1s
        proxy 160 $family send-proxy-v2
    done | sed 's/\[\([0-9.]*\)\]/\1/g'
}

proxy_listens()
{
    [ "$(lab_in wan ss -Hltn 'sport = :25' | wc -l)" = 32 ]
}

proxy_start()
{
    proxies >"$LAB/haproxy.cfg"
    lab_in wan haproxy -db -f "$LAB/haproxy.cfg" >"$LAB/haproxy.log" 2>&1 &
    lab_wait 10 proxy_listens || lab_die "HAProxy does not listen: $(cat "$LAB/haproxy.log")"
}

# through CLIENT MODE [ARG...]: a bot behind proxy CLIENT and the one of version 2, for IPv4 and
# IPv6. Its own address is one that is served with a pause.
through()
{
    local first=$1 n family source server literal
    shift

    for n in "$first" $((first + 50)); do
        for family in 4 6; do
            source=$("client$family" $SLOW)
            server=$("client$family" "$n")
            literal="[$MX4]"
            [ $family = 4 ] || literal="[IPv6:$MX6]"
            lab_bot "$source" "$server" "${@/SERVER/$literal}" >"$LAB/bot.out" 2>&1
            THROUGH+=("$server $1")
        done
    done
}

through_judged()
{
    local entry server

    for entry in "${THROUGH[@]}"; do
        server=${entry%% *}
        lab_wait 40 session_judged "$server"
        check_equal "${entry#* } through $server: nothing is found" \
            "$(sessions_of "$server" '.findings | map(.id) | join(" ")' | sort -u)" ""
        check "${entry#* } through $server: a relay" lab_wait 5 is_relay "$server"
    done
}

is_relay()
{
    lab_status '.relays[]' | grep -qxF "$1"
}

postfix_start smtpd_upstream_proxy_protocol=haproxy
lab_agent || lab_die "mxdpd does not start"
proxy_start

check "mail through a proxy" by_swaks "$(client4 20)" "$(client4 100)" letter.4.
check "mail through a proxy over IPv6" by_swaks "$(client6 20)" "$(client6 150)" letter.6.
check "delivered" lab_wait 10 delivered_all letter. 2
check "Postfix knows for whom it speaks" lab_wait 5 grep -qF "connect from unknown[$(client4 20)]" \
    "$LAB/mail.log"
through 100 helo mail.example.org
through 101 helo SERVER
through 102 helo "$MX_NAME"
through 103 http
through 104 helo ylmf-pc
through 105 helo $'bad\001name'
through 106 early mail.example.org
through 110 helo SERVER
through_judged
check_more "the server was asked for time and again" "$(sessions_of "$(client4 110)" | wc -l)" 2
check_equal "nobody is blocked" "$(lab_ctl list --json)" ""
lab_done
