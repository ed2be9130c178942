# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS servers for the laboratory, sourced after scripts/lab: a real rbldnsd for lists and a real NSD
# for whatever else a zone can be, both at 127.0.0.1 in the mail server's namespace.
#
#   dns_zone ZONE TYPE           a zone's data from standard input; again: replaces it
#   dns_start                    rbldnsd with all zones, at DNS_PORT
#   dns_reload                   it reads what has changed
#   dns_server AT ZONE...        one more of it, at PORT or ADDR/PORT, with these zones
#                                (ZONE:TYPE:FILE); DNS_SERVER is its process
#   dns_ask AT NAME [TYPE]       the records of an answer
#   dns_points                   the lines that RFC 5782's test points need, for ip4set
#   dns_believed LIST            whether mxdpd believes it
#   dns_state LIST STATE         whether it is in that state
#
#   nsd_zone ZONE                a zone's records from standard input, behind its SOA and NS; again:
#                                replaces it
#   nsd_broken ZONE              its file cannot be read: SERVFAIL
#   nsd_drop ZONE                it is not served any more: REFUSED
#   nsd_start                    NSD with all zones, at NSD_PORT
#   nsd_reload                   it reads what has changed
#
#   dns_mail SOURCE [HELO [FROM]]  a spotless session from there, with a message
#   dns_findings SOURCE          the ids of what was found in its last session
#   dns_has_finding SOURCE ID    whether that is among them

DNS_PORT=5300
NSD_PORT=5301
DNS_DIR=$LAB/dns
DNS_ZONES=()
NSD_ZONES=()
RBLDNSD=
DNS_SERVER=
shopt -s lastpipe # what stands behind a pipe may set variables

# --- rbldnsd -------------------------------------------------------------------------------------

dns_zone()
{
    mkdir -p "$DNS_DIR"
    cat >"$DNS_DIR/$1.new"
    mv "$DNS_DIR/$1.new" "$DNS_DIR/$1"
    [[ " ${DNS_ZONES[*]} " == *" $1:$2:$1 "* ]] || DNS_ZONES+=("$1:$2:$1")
}

dns_at()
{
    [[ "$1" == */* ]] && echo "$1" || echo "127.0.0.1/$1"
}

dns_server()
{
    nsenter --net=/run/netns/mta -- rbldnsd -n -f -q -c 0 -r / -w "$DNS_DIR" \
        -b "$(dns_at "$1")" "${@:2}" >"$DNS_DIR/rbldnsd.log" 2>&1 &
    DNS_SERVER=$!
    lab_wait 10 dns_answers "$1" ||
        lab_die "rbldnsd does not answer: $(cat "$DNS_DIR/rbldnsd.log")"
}

dns_start()
{
    dns_server "$DNS_PORT" "${DNS_ZONES[@]}"
    # shellcheck disable=SC2034 # for tests
    RBLDNSD=$DNS_SERVER
}

dns_ask()
{
    local at

    at=$(dns_at "$1")
    lab_in mta dig +short +norec +time=1 +tries=1 -p "${at#*/}" "@${at%/*}" "${@:2}"
}

dns_answers()
{
    dns_ask "$1" version.bind CH TXT | grep -q "^[^;]"
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

# --- NSD -----------------------------------------------------------------------------------------

nsd_zone()
{
    mkdir -p "$DNS_DIR/nsd"
    {
        printf '%s\n' "\$ORIGIN $1." "\$TTL 300"
        printf '@ %s\n' "300 SOA ns.$1. hostmaster.$1. 1 3600 600 86400 5" "NS ns.$1."
        printf 'ns.%s. A %s\n' "$1" 127.0.0.1
        cat
    } >"$DNS_DIR/nsd/$1.new"
    mv "$DNS_DIR/nsd/$1.new" "$DNS_DIR/nsd/$1"
    [[ " ${NSD_ZONES[*]} " == *" $1 "* ]] || NSD_ZONES+=("$1")
}

nsd_broken()
{
    nsd_zone "$1" </dev/null
    echo 'what stands here ( is no zone' >"$DNS_DIR/nsd/$1"
}

nsd_drop()
{
    local zone kept=()

    for zone in "${NSD_ZONES[@]}"; do
        [ "$zone" = "$1" ] || kept+=("$zone")
    done
    NSD_ZONES=("${kept[@]}")
}

nsd_config()
{
    local zone

    cat <<END
server:
    ip-address: 127.0.0.1@$NSD_PORT
    username: ""
    chroot: ""
    database: ""
    pidfile: ""
    zonesdir: "$DNS_DIR/nsd"
    xfrdir: "$DNS_DIR/nsd"
    xfrdfile: "$DNS_DIR/nsd.xfrd"
    zonelistfile: "$DNS_DIR/nsd.zonelist"
    logfile: "$DNS_DIR/nsd.log"
    server-count: 1
remote-control:
    control-enable: yes
    control-interface: $DNS_DIR/nsd.control
END
    for zone in "${NSD_ZONES[@]}"; do
        printf 'zone:\n    name: %s\n    zonefile: %s\n' "$zone" "$zone"
    done
}

nsd_start()
{
    nsd_config >"$DNS_DIR/nsd.conf"
    nsenter --net=/run/netns/mta -- nsd -d -c "$DNS_DIR/nsd.conf" >"$DNS_DIR/nsd.out" 2>&1 &
    lab_wait 10 nsd_answers || lab_die "NSD does not answer: $(cat "$DNS_DIR/nsd.out" \
        "$DNS_DIR/nsd.log" 2>&1)"
}

# Whatever it says to that: it lives.
nsd_answers()
{
    lab_in mta dig +norec +time=1 +tries=1 -p "$NSD_PORT" @127.0.0.1 . NS >/dev/null 2>&1
}

nsd_reload()
{
    nsd_config >"$DNS_DIR/nsd.conf"
    if ! nsd-control -c "$DNS_DIR/nsd.conf" reconfig >/dev/null ||
        ! nsd-control -c "$DNS_DIR/nsd.conf" reload >/dev/null; then
        lab_die "NSD does not read its configuration anew"
    fi
}

# --- what mxdpd makes of it ----------------------------------------------------------------------

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

dns_mail()
{
    local server=$MX4

    [[ "$1" != *:* ]] || server=$MX6
    lab_bot "$1" "$server" mail "${2:-mail.example.org}" "${3:-a@example.org}" user@example.net \
        >"$LAB/bot.out" 2>&1
}

dns_findings()
{
    local client=$1

    [[ "$1" != *:* ]] || client="[$1]"
    lab_ctl log --json | jq -rs --arg client "$client:" \
        'map(select(.event == "session" and (.client | startswith($client)))) | last |
         [.findings[]?.id] | join(",")'
}

dns_has_finding()
{
    [[ ",$(dns_findings "$1")," == *",$2,"* ]]
}
