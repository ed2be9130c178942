#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dns: what it costs to ask LISTS lists about a client, and how many clients a second are judged so,
# beside the same questions one after the other (dns_serial.c, as packetbl asks) and beside
# postscreen with its dnsblog processes. The lists are a real rbldnsd's on the loopback; once more
# with a server FAR milliseconds away (dns_far.c), as real ones are.
#
#   mxdpctl     `judge --dns -': distinct clients, cold cache, OFFLINE_DNS_MOST at a time; the time
#               of its start and of the lists' probes is measured apart and taken off
#   serial      the same clients, the same server
#   postscreen  its CPU time and dnsblog's, for the first visit of each of some clients, which it
#               makes wait for a second: so many a second says nothing here
#   agent       mxdpd on the wire before smtp-sink, the first visit of each of the same clients; and
#               beside it without lists, and for the second visit, out of its cache
#
# A round counts only if each client has the answers that the zones hold for it.
#
# Prints rows for scripts/bench. CLIENTS can be set.
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

CLIENTS=${CLIENTS:-5000}
FAR_CLIENTS=50 # of the serial side, which takes 10 answers' time for each
SOURCES=500
PARALLEL=25
# postscreen's own limit: more than a hundred questions at once do not find their way to dnsblog.
POSTSCREEN_CLIENTS=160
POSTSCREEN_PARALLEL=8
LISTS=10
FAR=20
FAR_PORT=5320
TOOLS=$LAB_BUILD/selftests/bench
# dnsblog asks what resolv.conf names, which has no port.
# shellcheck disable=SC2034 # selftests/lab/dns.sh reads it
DNS_PORT=53

# --- clients, zones, and who is listed where -----------------------------------------------------

# "ADDRESS ZONE...": made-up clients for those who ask at once, then sniff_load's sources. Each is
# in some three of the lists.
truth()
{
    awk -v clients="$CLIENTS" -v sources="$SOURCES" -v lists="$LISTS" 'BEGIN {
        for (i = 0; i < clients + sources; i++) {
            j = i - clients
            if (j < 0)
                line = sprintf("11.%d.%d.%d", int(i / 62500), int(i / 250) % 250, i % 250 + 1)
            else if (j % 2)
                line = sprintf("2001:db8:100:%x::7", int(j / 2) + 1)
            else
                line = "198.51.100." int(j / 2) + 1
            for (k = 0; k < lists; k++)
                if ((i * 7 + k * k * 3 + int(i / 11) * k) % 10 < 3)
                    line = line " bl" k ".lab.example"
            print line
        }
    }'
}

# listed_in ZONE TEST_POINT: the zone's data.
listed_in()
{
    printf '%s\n' "\$TTL 3600" ":2:listed" "$2"
    grep -F " $1" "$LAB/truth" | cut -d ' ' -f 1
}

zones()
{
    local k zone

    truth >"$LAB/truth"
    head -n "$CLIENTS" "$LAB/truth" >"$LAB/truth.clients"
    tail -n "$SOURCES" "$LAB/truth" | sort >"$LAB/truth.sources"
    tail -n "$SOURCES" "$LAB/truth" | head -n "$POSTSCREEN_CLIENTS" | sort \
        >"$LAB/truth.postscreen"
    cut -d ' ' -f 1 "$LAB/truth.clients" >"$LAB/clients"
    for ((k = 0; k < LISTS; k++)); do
        zone=bl$k.lab.example
        dns_zone "$zone" ip4set < <(listed_in "$zone" 127.0.0.2 | grep -v ':.*:.*:')
        listed_in "$zone" 0:0:0:0:0:ffff:7f00:2 | grep -v '^[0-9.]*$' >"$DNS_DIR/$zone.v6"
        DNS_ZONES+=("$zone:ip6trie:$zone.v6")
    done
}

# config PORT: the lists at that port.
config()
{
    local k

    printf 'dns {\n stubs = {"lab.example=127.0.0.1@%s"}\n}\ndns_checks = no\n' "$1"
    for ((k = 0; k < LISTS; k++)); do
        echo "list \"bl$k.lab.example\" { score = {\"127.0.0.2*1\"} families = {v4, v6} }"
    done
}

all_zones()
{
    local k

    for ((k = 0; k < LISTS; k++)); do
        echo "bl$k.lab.example"
    done
}

# same NAME GOT WANTED: files of lines.
same()
{
    cmp -s "$2" "$3" || lab_die "$1: answers differ: $(diff "$2" "$3" | head -n 3)"
}

# --- who asks at once ----------------------------------------------------------------------------

# timed FILE CMD...: its seconds of time and of CPU go to FILE.
timed()
{
    local file=$1 TIMEFORMAT='%R %U %S'
    shift
    { time "$@" 2>"$LAB/timed.err"; } 2>"$file" || lab_die "$1: $(cat "$LAB/timed.err")"
}

judge()
{
    lab_in mta "$LAB_BUILD/mxdpctl" judge --dns --json --config "$LAB/$1.conf" - <"$2" \
        >"$LAB/judged.json"
}

judged()
{
    jq -r '[.client, (.findings[].id | ltrimstr("dnsbl:"))] | join(" ")' "$LAB/judged.json"
}

serial()
{
    local zones
    mapfile -t zones < <(all_zones)
    lab_in mta "$TOOLS/dns_serial" "$1" "${zones[@]}" <"$2" >"$LAB/serial"
}

# SECONDS and CPU of one run less those of a run with nobody: "seconds cpu".
less()
{
    awk 'NR == 1 { r = $1; c = $2 + $3 } NR == 2 { print r - $1, c - $2 - $3 }' "$1" "$2"
}

# at_once NAME PORT SERIAL_CLIENTS: both sides in turn.
at_once()
{
    local name=$1 port=$2 count=$3 seconds cpu serial_seconds serial_cpu system

    config "$port" >"$LAB/$name.conf"
    timed "$LAB/time.none" judge "$name" /dev/null
    timed "$LAB/time" judge "$name" "$LAB/clients"
    judged >"$LAB/judged"
    same "$name: mxdpctl" "$LAB/judged" "$LAB/truth.clients"
    read -r seconds cpu < <(less "$LAB/time" "$LAB/time.none")
    head -n "$count" "$LAB/clients" >"$LAB/clients.serial"
    timed "$LAB/time" serial "$port" "$LAB/clients.serial"
    head -n "$count" "$LAB/truth.clients" >"$LAB/truth.serial"
    same "$name: serial" "$LAB/serial" "$LAB/truth.serial"
    read -r serial_seconds serial_cpu system <"$LAB/time"
    serial_cpu=$(awk -v u="$serial_cpu" -v s="$system" 'BEGIN { print u + s }')
    row "$name: mxdpctl judge --dns" "$(divide "$CLIENTS" "$seconds" 0)" /s \
        "clients; $CLIENTS clients, $LISTS lists, none in the cache"
    row "$name: serial, as packetbl asks" "$(divide "$count" "$serial_seconds" 0)" /s \
        "clients; $count clients, the same lists and answers"
    row "$name: mxdpctl / serial" "$(awk -v a="$CLIENTS" -v b="$seconds" -v c="$count" \
        -v d="$serial_seconds" 'BEGIN { printf "%.2f", a / b / (c / d) }')" "" "clients a second"
    row "$name: mxdpctl judge --dns" "$(divide "${cpu}e6" "$CLIENTS" 1)" us "CPU a client"
    row "$name: serial, as packetbl asks" "$(divide "${serial_cpu}e6" "$count" 1)" us "CPU a client"
}

far_ready()
{
    grep -qs '^ready' "$LAB/far.out"
}

start_far()
{
    nsenter --net=/run/netns/mta -- "$TOOLS/dns_far" "$FAR_PORT" "$DNS_PORT" "$FAR" \
        >"$LAB/far.out" 2>&1 &
    FAR_PID=$!
    lab_wait 5 far_ready || lab_die "$(cat "$LAB/far.out")"
}

# --- on the wire ---------------------------------------------------------------------------------

# load CLIENTS PARALLEL: a session of each.
load()
{
    lab_in wan "$TOOLS/sniff_load" "$MX4" "$MX6" "$SOURCES" "$1" "$2" >"$LAB/seconds" ||
        lab_die "the sessions did not go to their end: $(grep -sE 'warning|fatal|NOQUEUE' \
            "$LAB/mail.log" | tail -n 5)"
}

nothing_under_way()
{
    [ "$(lab_status .sessions)" = 0 ] || ! sleep 0.2
}

all_believed()
{
    [ "$(lab_ctl dnsbl --json | jq -s '[flatten[] | select(.believed)] | length')" = "$1" ]
}

# "ADDRESS ZONE..." of the last sessions; there are events besides them in the log.
sources_told()
{
    lab_ctl log --json --lines $((4 * SOURCES)) | jq -r 'select(.event == "session") |
        [(.client | sub(":[0-9]+$"; "") | ltrimstr("[") | rtrimstr("]")),
         ([.findings[].id | ltrimstr("dnsbl:")] | sort[])] | join(" ")' |
        tail -n "$SOURCES" | sort
}

# visits NAME WANTED: CPU of the agent for a session of each source.
visits()
{
    local before

    before=$(lab_cpu_of mxdpd)
    load "$SOURCES" "$PARALLEL"
    lab_wait 20 nothing_under_way || lab_die "$1: sessions have no end"
    VISIT_US=$(us_each $(($(lab_cpu_of mxdpd) - before)) "$SOURCES")
    sources_told >"$LAB/told"
    same "$1" "$LAB/told" "$2"
    row "$1" "$VISIT_US" us "CPU a session; $SOURCES sessions in $(cat "$LAB/seconds") s"
}

agent()
{
    lab_agent || lab_die "mxdpd does not start"
    lab_wait 20 all_believed "$1" || lab_die "not every list passes its test entries"
}

start_postfix()
{
    postscreen_config
    cat >>"$LAB/postfix/etc/main.cf" <<END
postscreen_greet_wait = 1s
postscreen_access_list =
postscreen_dnsbl_sites = $(all_zones | paste -sd ' ')
smtpd_client_restrictions =
END
    sed -i '/^disable_dns_lookups/d; /^smtpd_client_restrictions = s/d' "$LAB/postfix/etc/main.cf"
    lab_postfix_start
}

# "ADDRESS ZONE...", as dnsblog logged it.
postscreen_told()
{
    {
        sed -n 's/.*dnsblog\[.*: addr \([^ ]*\) listed by domain \([^ ]*\) as .*/\1 \2/p' \
            "$LAB/mail.log"
        cut -d ' ' -f 1 "$LAB/truth.postscreen"
    } | sort -u | awk '$1 != last { if (NR > 1) print line; line = last = $1 }
        NF > 1 { line = line " " $2 } END { print line }' | sort
}

postscreen_knows()
{
    postscreen_told >"$LAB/told"
    cmp -s "$LAB/told" "$LAB/truth.postscreen"
}

measure_postscreen()
{
    local screen blog workers

    start_postfix
    load "$POSTSCREEN_CLIENTS" "$POSTSCREEN_PARALLEL"
    lab_wait 20 postscreen_knows
    same postscreen "$LAB/told" "$LAB/truth.postscreen"
    screen=$(us_each "$(lab_cpu_of postscreen)" "$POSTSCREEN_CLIENTS")
    blog=$(us_each "$(lab_cpu_of dnsblog)" "$POSTSCREEN_CLIENTS")
    workers=$(pgrep -xc dnsblog)
    row "postscreen" "$screen" us "CPU a client's first visit, the same lists and answers"
    row "postscreen's dnsblog" "$blog" us \
        "the same; $workers processes for $POSTSCREEN_PARALLEL clients at a time, with their start"
    POSTSCREEN_US=$(awk -v a="$screen" -v b="$blog" 'BEGIN { print a + b }')
}

# -------------------------------------------------------------------------------------------------

lab_network
zones
dns_start
at_once "loopback" "$DNS_PORT" "$CLIENTS"
start_far
at_once "$FAR ms away" "$FAR_PORT" "$FAR_CLIENTS"
kill "$FAR_PID"
wait "$FAR_PID" 2>/dev/null

start_sink
cut -d ' ' -f 1 "$LAB/truth.sources" | sort >"$LAB/no.lists"
agent 0
load "$SOURCES" "$PARALLEL" # memory grows once
lab_wait 20 nothing_under_way
visits "agent without lists" "$LAB/no.lists"
without=$VISIT_US
lab_agent_stop || lab_die "mxdpd ended badly: $(tail -n 5 "$LAB/mxdpd.log")"
config "$DNS_PORT" >"$LAB/mxdp.conf"
agent "$LISTS"
visits "agent, $LISTS lists, first visit" "$LAB/truth.sources"
first=$VISIT_US
visits "agent, $LISTS lists, second visit" "$LAB/truth.sources"
lab_agent_stop || lab_die "mxdpd ended badly: $(tail -n 5 "$LAB/mxdpd.log")"
stop_sink
measure_postscreen
row "sessions that one core judges with $LISTS lists" "$(divide 1e6 "$first" 0)" /s "first visits"
row "postscreen and dnsblog / agent with lists" "$(divide "$POSTSCREEN_US" "$first" 2)" "" \
    "CPU a first visit; the agent's follows the whole session"
row "agent, the lists' share of it" \
    "$(awk -v a="$first" -v b="$without" 'BEGIN { printf "%.1f", a - b }')" us "CPU a first visit"
