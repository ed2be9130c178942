# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS lists for the laboratory, sourced after scripts/lab: a real rbldnsd at 127.0.0.1, port 5300, in
# the mail server's namespace.
#
#   dns_zone ZONE TYPE           a zone's data from standard input; again: replaces it
#   dns_start                    rbldnsd with all zones
#   dns_reload                   it reads what has changed
#   dns_points                   the lines that RFC 5782's test points need, for ip4set
#   dns_believed LIST            whether mxdpd believes it

DNS_PORT=5300
DNS_DIR=$LAB/dns
DNS_ZONES=()
RBLDNSD=

dns_zone()
{
    mkdir -p "$DNS_DIR"
    cat >"$DNS_DIR/$1.new"
    mv "$DNS_DIR/$1.new" "$DNS_DIR/$1"
    [[ " ${DNS_ZONES[*]} " == *" $1:$2:$1 "* ]] || DNS_ZONES+=("$1:$2:$1")
}

dns_start()
{
    nsenter --net=/run/netns/mta -- rbldnsd -n -f -q -c 0 -r / -w "$DNS_DIR" -b "127.0.0.1/$DNS_PORT" \
        "${DNS_ZONES[@]}" >"$DNS_DIR/rbldnsd.log" 2>&1 &
    RBLDNSD=$!
    lab_wait 10 dns_answers || lab_die "rbldnsd does not answer: $(cat "$DNS_DIR/rbldnsd.log")"
}

dns_answers()
{
    lab_in mta dig +short +time=1 +tries=1 -p "$DNS_PORT" @127.0.0.1 version.bind CH TXT |
        grep -q .
}

dns_reload()
{
    kill -s HUP "$RBLDNSD"
}

# With codes that stand for "listed": 127.0.0.2 listed and 127.0.0.1 not.
dns_points()
{
    printf '%s\n' ":${1:-2}:listed for a test: \$" 127.0.0.2
}

dns_list()
{
    lab_ctl dnsbl --json | jq -rs --arg name "$1" --arg field "$2" \
        'flatten | map(select(.name == $name)) | .[0] | .[$field]'
}

dns_believed()
{
    [ "$(dns_list "$1" believed)" = true ]
}

dns_state()
{
    [ "$(dns_list "$1" state)" = "$2" ]
}
