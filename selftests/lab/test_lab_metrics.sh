#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figures for Prometheus: good in promtool's eyes, equal to what status and the kernel say, enough
# for the dashboard and the alerts; and a server that no client of it can hold up.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

CONTRIB=$LAB_TOP/contrib
AT=127.0.0.1:9725
cat >"$LAB/mxdp.conf" <<END
metrics { listen = "$AT" }
dns { stubs = {"bl.lab.example=127.0.0.1@$DNS_PORT"} }
list "bl.lab.example" { score = {"127.0.0.2*4"} }
END
{
    dns_points
    echo 198.51.100.30
} | dns_zone bl.lab.example ip4set
dns_start
printf '198.51.100.40\n198.51.100.64/28\n' >"$LAB/feed.txt"
feed_section quoted "file://$LAB/feed.txt" 'action = drop'
feed_section missing "file://$LAB/missing.txt" 'action = drop'

fetch()
{
    lab_in mta curl -sS --fail --noproxy '*' --max-time 20 "http://$AT/metrics"
}

# A new page: one is served for a second.
page()
{
    sleep 1.1
    fetch >"$LAB/page"
}

# metric NAME{LABELS}: its value on the page; nothing where it is not there.
metric()
{
    awk -v name="$1" '$1 == name { print $2 }' "$LAB/page"
}

metric_becomes()
{
    page && [ "$(metric "$1")" = "$2" ]
}

# --- the port ------------------------------------------------------------------------------------

taken()
{
    lab_in mta ss -Hltn "sport = :$1" | grep -q .
}

# hold PORT: another program listens there; HOLDER is its process.
hold()
{
    nsenter --net=/run/netns/mta -- socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr" SYSTEM:true &
    HOLDER=$!
    lab_wait 10 taken "$1" || lab_die "socat does not listen"
}

release()
{
    kill "$HOLDER"
    wait "$HOLDER" 2>/dev/null
}

hold 9725
check_exit 1 "mxdpd does not start where the port is in use" lab_agent 2>/dev/null
check "and says so" grep -q "metrics.listen = .$AT.: another program listens there" "$LAB/mxdpd.log"
check_equal "nothing is attached" "$(lab_programs)" 0
release

lab_agent || lab_die "mxdpd does not start"

# --- figures -------------------------------------------------------------------------------------

check "good mail" lab_send 198.51.100.25 "$MX4" first
lab_bot 198.51.100.7 "$MX4" helo "[$MX4]" >/dev/null
check "a bot is blocked" lab_wait 5 lab_is_blocked 198.51.100.7
check_exit 4 "its next SYN is dropped" lab_bot 198.51.100.7 "$MX4" connect
check "one by hand" lab_ctl block 198.51.100.8 --action reset
check "the feed is fetched" lab_wait 15 feed_is quoted state ok
check "and stops" lab_wait 5 feed_stops 198.51.100.70
check "a client that is listed" lab_bot 198.51.100.30 "$MX4" helo mail.example.org
check "the list is believed" lab_wait 15 dns_believed bl.lab.example
check "good mail" lab_send 198.51.100.26 "$MX4" second

check "verdicts are counted" lab_wait 20 metric_becomes \
    'mxdp_verdicts{cause="helo-our-address",action="drop"}' 1
check "by hand, too" lab_wait 20 metric_becomes 'mxdp_verdicts{cause="manual",action="reset"}' 1
check "promtool finds nothing to say" promtool check metrics <"$LAB/page"
check_equal "nothing at all" "$(promtool check metrics <"$LAB/page" 2>&1)" ""
check_equal "as many as were put" \
    "$(metric 'mxdp_verdicts_put_total{cause="helo-our-address",action="drop"}')" 1
check_equal "in the enforcing mode" "$(metric 'mxdp_mode{mode="enforce"}')" 1
check_equal "and no other" "$(metric 'mxdp_mode{mode="monitor"}')" 0
check_equal "on one interface" "$(metric 'mxdp_interface_attached{interface="eth0"}')" 1
check_equal "the feed has its entries" \
    "$(metric 'mxdp_feed_entries{feed="quoted",action="drop"}')" 2
check_equal "and what it stopped" "$(metric 'mxdp_feed_stopped_total{feed="quoted",action="drop"}')" \
    "$(feed_field quoted stopped)"
check_more "that is something" "$(feed_field quoted stopped)" 0
check_equal "one that cannot be fetched is not in force" \
    "$(metric 'mxdp_feed_in_force{feed="missing",action="drop"}')" 0
check_more "and fails" "$(metric 'mxdp_feed_failures_total{feed="missing",action="drop"}')" 0
check_equal "it has no age" "$(metric 'mxdp_feed_age_seconds{feed="missing",action="drop"}')" ""
success=$(metric 'mxdp_feed_last_success_timestamp_seconds{feed="quoted",action="drop"}')
check_more "the other was well a moment ago" "$success" $(($(date +%s) - 120))
check_equal "the list is healthy" \
    "$(metric 'mxdp_list_state{list="bl.lab.example",kind="dnsbl",state="healthy"}')" 1
check_more "it lists somebody" "$(metric 'mxdp_list_hits_total{list="bl.lab.example",kind="dnsbl"}')" 0
check_equal "each lookup has its time" "$(metric mxdp_dns_lookup_seconds_count)" \
    "$(metric 'mxdp_dns_lookup_seconds_bucket{le="+Inf"}')"
check_more "there were some" "$(metric mxdp_dns_lookup_seconds_count)" 0

# The page stands between two looks at status, which stand between nothing but quiet.
# same PATH...: numbers of status against samples, "PATH NAME{LABELS}" a line on standard input.
same()
{
    local path name before after

    lab_ctl status --json >"$LAB/before"
    page
    lab_ctl status --json >"$LAB/after"
    while read -r path name; do
        before=$(jq -r "$path" "$LAB/before")
        after=$(jq -r "$path" "$LAB/after")
        if [ "$before" = "$after" ]; then
            check_equal "$name is what status says" "$(metric "$name")" "$before"
        else
            check_equal "$name lies between what status says before and after" \
                "$(awk -v x="$(metric "$name")" -v b="$before" -v a="$after" \
                    'BEGIN { print (x != "" && (b - x) * (a - x) <= 0) }')" 1
        fi
    done
}

same <<'END'
.counts.sessions mxdp_sessions_total
.counts.accepted mxdp_sessions_accepted_total
.counts.blocked mxdp_decisions_total{decision="block"}
.counts.watched mxdp_decisions_total{decision="watch"}
.counts.spared mxdp_decisions_total{decision="spared"}
.accepted_mail.last_hour mxdp_accepted_mail_last_hour
.sessions mxdp_sessions
.sessions_max mxdp_sessions_max
.verdicts mxdp_map_entries{map="verdicts"}
.verdicts_max mxdp_map_max_entries{map="verdicts"}
.latency.count mxdp_verdict_latency_seconds_count
.resolver.asked mxdp_dns_questions_total
.resolver.answered mxdp_dns_answers_total{outcome="answered"}
.fates["record-lost"] mxdp_records_lost_total
.fates["flow-born"] mxdp_flows_proven_total
.heartbeat_limit mxdp_heartbeat_limit_seconds
END
lab_ctl status --json | jq -r '.fates | keys[] |
    select(. as $f | ["flow-born", "record-lost", "record-cut", "reset-limited"] | index($f) | not)
    | ".fates[\"\(.)\"] mxdp_packets_total{fate=\"\(.)\"}"' >"$LAB/fates"
check_more "every fate is looked at" "$(wc -l <"$LAB/fates")" 25
same <"$LAB/fates"
check_equal "the pins say the same of SYNs that were dropped" \
    "$(metric 'mxdp_packets_total{fate="syn-dropped"}')" "$(lab_pins_fate syn-dropped)"

# They add up: each packet that comes in or goes out has one fate.
packets()
{
    awk -F '[ ]' '/^mxdp_packets_total/ { sum += $NF } END { print sum + 0 }' "$LAB/page"
}

wire()
{
    lab_in mta ip -s -j link show eth0 | jq '.[0].stats64 | .rx.packets + .tx.packets'
}

# The page between two looks at the wire: others may send meanwhile.
page_between()
{
    BEFORE=$(wire)
    page
    AFTER=$(wire)
}

page_between
counted=$(packets)
most=$BEFORE least=$AFTER
check_more "packets are seen" "$BEFORE" 0
for i in 1 2 3 4 5; do
    lab_bot "198.51.100.12$i" "$MX4" helo mail.example.org >/dev/null
done
page_between
counted=$(($(packets) - counted))
check_equal "they add up to the packets on the wire" \
    $((counted >= BEFORE - least && counted <= AFTER - most)) 1

flows_counted()
{
    page && [ "$(metric 'mxdp_map_entries{map="flows"}')" -ge 0 ] 2>/dev/null
}
check "the table of flows is counted" lab_wait 20 flows_counted
check_equal "against its size" "$(metric 'mxdp_map_max_entries{map="flows"}')" 65536

# --- the dashboard and the alerts ------------------------------------------------------------------

# Every name in an expression must be a family of the page.
names_of()
{
    grep -oE '\b(mxdp|process)_[a-z_]+' | sed -E 's/_(bucket|sum|count)$//' | sort -u
}
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$LAB/page" | sort >"$LAB/families"
jq -r '.. | .expr? // .query? // empty | strings' "$CONTRIB/grafana-dashboard.json" >"$LAB/exprs"
names_of <"$LAB/exprs" >"$LAB/names"
check_more "the dashboard uses figures" "$(wc -l <"$LAB/names")" 20
check_equal "that exist" "$(comm -23 "$LAB/names" "$LAB/families")" ""
names_of <"$CONTRIB/prometheus-alerts.yml" >"$LAB/names"
check_more "so do the alerts" "$(wc -l <"$LAB/names")" 10
check_equal "and theirs exist" "$(comm -23 "$LAB/names" "$LAB/families")" ""
# shellcheck disable=SC2016 # Grafana's variables
jq -R '{record: "a:b", expr: gsub("\\$__rate_interval"; "5m") | gsub("\\$instance"; ".*")}' \
    <"$LAB/exprs" | jq -s 'map(select(.expr | test("^(prometheus|label_values)") | not)) |
    {groups: [{name: "dashboard", rules: (to_entries | map(.value.record += "\(.key)" | .value))}]}' \
    >"$LAB/dashboard.yml"
check "the dashboard's expressions are good" promtool check rules "$LAB/dashboard.yml"
check_more "all of them" "$(grep -c '"expr"' "$LAB/dashboard.yml")" 25
check "the alerts are good" promtool check rules "$CONTRIB/prometheus-alerts.yml"
cp "$CONTRIB/prometheus-alerts.yml" "$(dirname "$0")/prometheus_alerts.yml" "$LAB"
check "and come when they should" promtool test rules "$LAB/prometheus_alerts.yml"

# --- clients that are no Prometheus ----------------------------------------------------------------

status_of()
{
    lab_in mta curl -s -o /dev/null -w '%{http_code}' --noproxy '*' --max-time 10 "$@"
}
check_equal "another path" "$(status_of "http://$AT/")" 404
check_equal "another method" "$(status_of -d x=y "http://$AT/metrics")" 405
check_equal "nor HEAD" "$(status_of -I "http://$AT/metrics")" 405
check_more "a head that is too large is refused" \
    "$(status_of -H "X-Long: $(head -c 20000 /dev/zero | tr '\0' a)" "http://$AT/metrics")" 399

# Those that say nothing, and one that says a byte a second for ever, hold all places.
SECONDS=0
for i in $(seq 15); do
    lab_in mta timeout 40 socat -u "TCP:$AT" OPEN:/dev/null &
done
# shellcheck disable=SC2016 # its own shell
lab_in mta timeout 40 bash -c 'exec 3<>"/dev/tcp/$0/$1"; trap "" PIPE
    while printf G >&3; do sleep 1; done 2>/dev/null' 127.0.0.1 9725 &
DRIP=$!
holds_all()
{
    [ "$(lab_in mta ss -Htn state established "sport = :9725" | wc -l)" -ge 16 ]
}
check "sixteen hold all places" lab_wait 5 holds_all
lab_bot 198.51.100.9 "$MX4" helo "[$MX4]" >/dev/null
check "mxdpd judges all the same" lab_wait 5 lab_is_blocked 198.51.100.9
check "the silent are cut off, and the page is served" page
wait "$DRIP"
check_equal "so is the one that drips" "$((SECONDS < 35))" 1
flood()
{
    # shellcheck disable=SC2016 # its own shell
    lab_in mta timeout 20 bash -c 'for i in $(seq 200); do
        curl -s -o /dev/null --noproxy "*" "http://$0/metrics" & [ $((i % 20)) != 0 ] || wait
    done; wait' "$AT"
}
check "two hundred requests at once" flood
check "and one more" fetch

# --- reload ----------------------------------------------------------------------------------------

sed -i 's/listen = .*/listen = "127.0.0.1:9726" }/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "a reload takes another port" lab_wait 5 taken 9726
check "and leaves the one before" lab_wait 5 eval '! taken 9725'
AT=127.0.0.1:9726
check "where the page is" page

hold 9727
sed -i 's/listen = .*/listen = "127.0.0.1:9727" }/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
refused()
{
    lab_ctl log | grep -q 'metrics.listen = .127.0.0.1:9727.: another program listens'
}
check "one that is in use is refused in words" lab_wait 5 refused
check "and the one before stays" metric_becomes mxdp_config_refused 1
release

sed -i 's/listen = .*/listen = "" }/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "none is none" lab_wait 5 eval '! taken 9726'
sed -i 's/listen = .*/listen = "[::1]:9725" }/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
AT='[::1]:9725'
check "again, in IPv6" lab_wait 5 fetch
check "promtool is content to the end" promtool check metrics <"$LAB/page"
check "mxdpd ends well" lab_agent_stop
lab_done
