# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For benches: a real CrowdSec with its firewall bouncer in the mail server's namespace, as
# scripts/deps has unpacked them; its local API alone, nobody's server. Parser and scenario are the
# package's own for Postfix, but that one refusal is enough, as with fail2ban here; the scenario
# asks for six within a minute. What it writes lies below $CROWD.

CROWD=$LAB/crowdsec
CROWD_PROGRAMS=$LAB_BUILD/peers/crowdsec
CROWD_BOUNCER=$LAB_BUILD/peers/crowdsec-firewall-bouncer/usr/bin/crowdsec-firewall-bouncer

crowdsec_there()
{
    [ -x "$CROWD_PROGRAMS/usr/bin/crowdsec" ] && [ -x "$CROWD_BOUNCER" ]
}

crowdsec_config()
{
    local hub=$CROWD_PROGRAMS/usr/share/crowdsec/hub shipped=$CROWD_PROGRAMS/etc/crowdsec

    mkdir -p "$CROWD"/{parsers/s00-raw,parsers/s01-parse,parsers/s02-enrich,scenarios,data}
    cp -r "$shipped/patterns" "$shipped/profiles.yaml" "$shipped/simulation.yaml" "$CROWD/"
    cp "$hub/parsers/s00-raw/crowdsecurity/syslog-logs.yaml" "$CROWD/parsers/s00-raw/"
    cp "$hub/parsers/s01-parse/crowdsecurity/postfix-logs.yaml" "$CROWD/parsers/s01-parse/"
    cp "$hub/parsers/s02-enrich/crowdsecurity/dateparse-enrich.yaml" "$CROWD/parsers/s02-enrich/"
    sed -e 's/^type: leaky/type: trigger/' -e '/^capacity:/d' \
        "$hub/scenarios/crowdsecurity/postfix-spam.yaml" >"$CROWD/scenarios/postfix-spam.yaml"
    cat >"$CROWD/acquis.yaml" <<END
filenames: ["$LAB/mail.log"]
labels: {type: syslog}
END
    cat >"$CROWD/config.yaml" <<END
common: {daemonize: false, log_media: stdout, log_level: info}
config_paths: {config_dir: $CROWD, data_dir: $CROWD/data, simulation_path: $CROWD/simulation.yaml,
    hub_dir: $hub, index_path: $hub/.index.json, notification_dir: $CROWD, plugin_dir: $CROWD}
crowdsec_service: {acquisition_path: $CROWD/acquis.yaml, parser_routines: 1}
db_config: {type: sqlite, db_path: $CROWD/data/crowdsec.db, use_wal: true, log_level: warning}
api:
  client: {credentials_path: $CROWD/credentials.yaml}
  server: {listen_uri: "127.0.0.1:8080", profiles_path: $CROWD/profiles.yaml, log_level: warning}
prometheus: {enabled: false}
END
}

# It asks for new decisions every ten seconds as shipped; here as often as is of use, since
# CrowdSec itself hands them on once a second.
bouncer_config()
{
    cat >"$CROWD/bouncer.yaml" <<END
mode: nftables
pid_dir: $CROWD
update_frequency: 100ms
daemonize: false
log_mode: stdout
log_level: info
api_url: http://127.0.0.1:8080/
api_key: bench
deny_action: DROP
supported_decisions_types: [ban]
nftables:
  ipv4: {enabled: true, set-only: false, table: crowdsec, chain: crowdsec-chain}
  ipv6: {enabled: true, set-only: false, table: crowdsec6, chain: crowdsec6-chain}
prometheus: {enabled: false}
END
}

crowdsec_reads()
{
    grep -q 'Starting processing data' "$CROWD/log"
}

crowdsec_bounces()
{
    grep -q 'Processing new and deleted' "$CROWD/bouncer.log"
}

crowdsec_start()
{
    crowdsec_config
    bouncer_config
    : >"$CROWD/credentials.yaml"
    {
        lab_in mta "$CROWD_PROGRAMS/usr/bin/cscli" -c "$CROWD/config.yaml" machines add bench \
            --password bench --file "$CROWD/credentials.yaml" --force &&
            lab_in mta "$CROWD_PROGRAMS/usr/bin/cscli" -c "$CROWD/config.yaml" bouncers add bench \
                --key bench
    } >"$CROWD/out" 2>&1 || lab_die "CrowdSec cannot be set up: $(cat "$CROWD/out")"
    nsenter --net=/run/netns/mta -- "$CROWD_PROGRAMS/usr/bin/crowdsec" -c "$CROWD/config.yaml" \
        >"$CROWD/log" 2>&1 &
    CROWD_PIDS=($!)
    lab_wait 20 crowdsec_reads || lab_die "CrowdSec does not start: $(cat "$CROWD/log")"
    nsenter --net=/run/netns/mta -- "$CROWD_BOUNCER" -c "$CROWD/bouncer.yaml" \
        >"$CROWD/bouncer.log" 2>&1 &
    CROWD_PIDS+=($!)
    lab_wait 20 crowdsec_bounces || lab_die "its bouncer does not start: $(cat "$CROWD/bouncer.log")"
}

crowdsec_stop()
{
    kill "${CROWD_PIDS[@]}"
    wait "${CROWD_PIDS[@]}" 2>/dev/null
}
