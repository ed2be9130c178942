#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 5,000 clients at once, ten lists, one of them silent: every client is judged, who is listed is
# blocked and nobody else, the event loop never works long at a stretch, lists are not asked more than
# they must be, and memory is bounded.
#
# Runs alone: it counts what a turn of the loop costs.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_network

CLIENTS=5000
PARALLEL=200
STALL_SHARE=20      # of the work for a burst, one turn of the event loop may have this part
MEMORY_KB=131072    # more than before the burst
SILENT_PORT=5302

# The addresses of dns_burst beyond those that every laboratory has.
ip -n wan route add local 198.51.96.0/20 dev lo

# --- servers -------------------------------------------------------------------------------------

# One in five of each family, as dns_burst counts them.
listed_v4()
{
    awk -v n=$((CLIENTS / 2)) 'BEGIN { for (i = 5; i <= n; i += 5)
        printf "198.51.%d.%d\n", 100 + int(i / 256), i % 256 }'
}

listed_v6()
{
    awk -v n=$((CLIENTS / 2)) 'BEGIN { for (i = 5; i <= n; i += 5)
        printf "2001:db8:100:%x::7\n", i }'
}

# What is not listed holds for five minutes too: nine in ten answers say so.
SOA="\$SOA 300 ns.lists.example. hostmaster.lists.example. 0 600 300 86400 300"
for i in {1..9}; do
    { printf '%s\n' "$SOA" "\$TTL 300" "$(dns_points)" && { [ "$i" != 1 ] || listed_v4; }; } |
        dns_zone "l$i.lists.example" ip4set
    # rbldnsd wants one type a file, and takes several files for a zone.
    { printf '%s\n' "\$TTL 300" ':2:listed' 0:0:0:0:0:ffff:7f00:2 &&
        { [ "$i" != 1 ] || listed_v6; }; } >"$DNS_DIR/l$i.v6"
    DNS_ZONES+=("l$i.lists.example:ip6trie:l$i.v6")
done
dns_start
dns_server "$SILENT_PORT" "silent.example:ip4set:l9.lists.example"
kill -s STOP "$DNS_SERVER"

mkdir -p "$LAB/sink"
for server in "$MX4" "[$MX6]"; do
    (cd "$LAB/sink" && exec nsenter --net=/run/netns/mta -- smtp-sink -u nobody -h "$MX_NAME" \
        "inet:$server:25" 1024 >>sink.log 2>&1) &
done
lab_wait 10 lab_listens || lab_die "smtp-sink does not listen: $(cat "$LAB/sink/sink.log")"

{
    cat <<END
dns {
    stubs = {"lists.example=127.0.0.1@$DNS_PORT", "silent.example=127.0.0.1@$SILENT_PORT"}
    cache = 64M
}
dns_checks = no
END
    for zone in l{1..9}.lists.example silent.example; do
        echo "list \"$zone\" { kind = dnsbl convict = {\"127.0.0.2\"} families = {v4, v6} }"
    done
} >>"$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"
for i in {1..9}; do
    check "l$i.lists.example is believed" lab_wait 10 dns_believed "l$i.lists.example"
done

# --- the burst -----------------------------------------------------------------------------------

memory()
{
    awk -v field="$1:" '$1 == field { print $2 }' "/proc/$AGENT/status"
}

# Asks seldom: the answer is work too.
sessions_told()
{
    [ "$(lab_status .counts.sessions)" = "$1" ] || ! sleep 0.2
}

# burst NUMBER: the first, the second.
burst()
{
    check "$CLIENTS clients have their session" lab_in wan "$LAB_BUILD/selftests/lab/dns_burst" \
        "$MX4" "$MX6" "$CLIENTS" "$CLIENTS" "$PARALLEL"
    echo "# in $(cat "$LAB/check.out") s"
    check "each of them is judged" lab_wait 120 sessions_told $(($1 * CLIENTS))
}

# What all programs here have sent: questions, answers, and repetitions of both.
datagrams()
{
    lab_in mta cat /proc/self/net/snmp | awk '$1 == "Udp:" { n = $5 } END { print n }'
}

# Microseconds of CPU of mxdpd's event loop.
work_us()
{
    awk '{ printf "%d", $1 / 1000 }' "/proc/$AGENT/schedstat"
}

# Whoever works longer in one turn keeps timers and others waiting.
no_stall()
{
    [ "$(lab_status '.loop.longest_cpu_ms * 1000 | floor')" -lt $((worked / STALL_SHARE)) ]
}

check_blocked()
{
    lab_ctl list --json | jq -rs 'flatten | .[].addr' | sort >"$LAB/blocked"
    check_equal "one in five is blocked" "$(wc -l <"$LAB/blocked")" $((CLIENTS / 5))
    check "those that are listed, and nobody else" cmp "$LAB/listed" "$LAB/blocked"
}

{ listed_v4 && listed_v6; } | sort >"$LAB/listed"
before=$(memory VmRSS)
worked=$(work_us)
sent=$(datagrams)
burst 1
first=$(memory VmHWM)
worked=$(($(work_us) - worked))
sent=$(($(datagrams) - sent))
check_equal "and seen whole" "$(lab_ctl log --json -n 100000 |
    jq -s 'map(select(.event == "session" and .partial == false)) | length')" "$CLIENTS"
check_equal "no record was lost" "$(lab_fate record-lost)" 0

check_blocked

lab_status '{loop, resolver}' | jq -c . | sed 's/^/# /'
check "no turn of the event loop had a $STALL_SHARE-th of $worked us: $(lab_status .loop.longest_cpu_ms) ms" \
    no_stall

# --- how much was asked --------------------------------------------------------------------------

for i in {1..9}; do
    check_equal "l$i.lists.example is asked once about each" \
        "$(dns_list "l$i.lists.example" questions)" "$CLIENTS"
done
check "the silent one is not asked for long: $(dns_list silent.example questions) times" \
    [ "$(dns_list silent.example questions)" -lt $((CLIENTS / 5)) ]
check "it is not believed" dns_state silent.example open
most=$((CLIENTS * 9 + CLIENTS / 5 + 300)) # probes and confirmations
check "no more is asked in all: $(lab_status .resolver.asked)" \
    [ "$(lab_status .resolver.asked)" -le "$most" ]
check "nor sent: $(lab_status .resolver.sent)" \
    [ "$(lab_status .resolver.sent)" -le "$(lab_status .resolver.asked)" ]
check_equal "nothing was turned away" "$(lab_status .resolver.refused)" 0

# Each question with its answer; some are repeated, above all the silent one's.
check "so much is on the wire, and no more: $sent" [ "$sent" -le $((2 * most + 2 * CLIENTS)) ]

# --- once more -----------------------------------------------------------------------------------

check "all verdicts are taken back" lab_ctl flush --yes
sent=$(datagrams)
burst 2
sent=$(($(datagrams) - sent))
check "the cache answers: $sent datagrams" [ "$sent" -lt $((CLIENTS / 5)) ]
check_blocked
second=$(memory VmHWM)
echo "# resident memory: $before kB before, at most $first kB in the first burst, $second in both"
check "memory is bounded" [ $((first - before)) -lt "$MEMORY_KB" ]
check "the second burst finds room in that of the first" [ $((second - first)) -lt 16384 ]
check "still no turn of the loop had so much: $(lab_status .loop.longest_cpu_ms) ms" no_stall
check "mxdpd ends well" lab_agent_stop
lab_done
