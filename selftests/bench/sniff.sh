#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sniff: what it costs to judge one complete session (EHLO, MAIL, RCPT, QUIT in clear text), and
# beside it what Postfix spends on the same session, on the same machine, with the same clients
# (sniff_load.c: an even mix of IPv4 and IPv6, PARALLEL at a time, as fast as the server answers).
#
#   agent         CPU time of mxdpd, user and system, to the nanosecond (/proc/PID/task/*/schedstat)
#   BPF           run time of its programs, as the kernel counts it (sniff_bpf.c)
#   postscreen,   the same CPU time of all processes of that name; none of them ends during a round.
#   smtpd         postscreen knows the clients from an earlier visit, so it passes them on at once
#
# First against smtp-sink, which leaves most of the machine to mxdp, then against a real Postfix. A
# round counts only if as many sessions were judged as were made, no record was lost, and those that
# the log still holds are told whole, passed and without a finding. The CPU time reaches until the last session's end has been told, and what
# asking for that costs is in it.
#
# Prints rows for scripts/bench. SINK_SESSIONS, POSTFIX_SESSIONS and PARALLEL can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
# shellcheck source=selftests/bench/mail.sh
. "$(dirname "$0")/mail.sh"
lab_enter "$@"

SINK_SESSIONS=${SINK_SESSIONS:-20000}
POSTFIX_SESSIONS=${POSTFIX_SESSIONS:-3000}
PARALLEL=${PARALLEL:-16}
SOURCES=500
LOG_EVENTS=10000 # kept by default
TARGET_US=10
TOOLS=$LAB_BUILD/selftests/bench

# --- servers -------------------------------------------------------------------------------------

start_postfix()
{
    postscreen_config
    cat >>"$LAB/postfix/etc/main.cf" <<END
in_flow_delay = 0
postscreen_greet_wait = 1s
postscreen_access_list =
smtpd_client_restrictions =
END
    lab_postfix_start
}

# --- measuring -----------------------------------------------------------------------------------

load()
{
    lab_in wan "$TOOLS/sniff_load" "$MX4" "$MX6" "$SOURCES" "$1" "$PARALLEL" ||
        lab_die "the sessions did not go to their end"
}

# Asks seldom: the answer is CPU time too.
nothing_under_way()
{
    [ "$(lab_status .sessions)" = 0 ] || ! sleep 0.5
}

# What mxdpd spends with nothing to do: nanoseconds a second. Long enough for two sweeps.
measure_rest()
{
    local before

    before=$(lab_cpu_of mxdpd)
    sleep 10
    REST=$((($(lab_cpu_of mxdpd) - before) / 10))
    row "agent at rest" "$(us_each "$REST" 1 2)" us "CPU a second; taken off below"
}

# Whether the log, as far as it goes back, tells COUNT sessions, each whole, passed and without a finding; else says why not.
told_well()
{
    lab_ctl log --json --lines "$1" | jq -rn --argjson want "$1" '
        reduce (inputs | select(.event == "session")) as $s ({told: 0, odd: null};
            .told += 1
            | if $s.partial or $s.score != 0 or ($s.findings | length) > 0 or $s.rcpt != 1 or
                 $s.outcome != "no mail" or $s.helo != ["EHLO mail.example.org"] or
                 $s.mail_from != ["friend@example.org"]
              then .odd //= $s else . end)
        | if .told == $want and .odd == null then empty else tojson end'
}

bpf_ready()
{
    grep -qs '^ready' "$LAB/bpf.err" || ! kill -0 "$BPF" 2>/dev/null
}

# measure NAME SESSIONS [PROCESS...]: one round against the server that runs.
measure()
{
    local name=$1 sessions=$2 process seconds started before us problem
    declare -A cpu
    shift 2

    rm -f "$LAB/bpf.err"
    nsenter --net=/run/netns/mta -- "$TOOLS/sniff_bpf" "$AGENT" eth0 >"$LAB/bpf" 2>"$LAB/bpf.err" &
    BPF=$!
    lab_wait 10 bpf_ready
    lab_wait 20 nothing_under_way || lab_die "$name: earlier sessions have no end"
    before=$(lab_status .counts.sessions)
    for process in mxdpd "$@"; do
        cpu[$process]=$(lab_cpu_of "$process")
    done
    started=${EPOCHREALTIME/./}
    seconds=$(load "$sessions") || exit 1
    kill -s TERM "$BPF"
    wait "$BPF" || lab_die "$(cat "$LAB/bpf.err")"
    lab_wait 20 nothing_under_way || lab_die "$name: $(lab_status .sessions) sessions have no end"
    us=$(us_each $(($(lab_cpu_of mxdpd) - cpu[mxdpd] -
        (${EPOCHREALTIME/./} - started) * REST / 1000000)) "$sessions" 2)
    for process in "$@"; do
        row "$name: $process" "$(us_each $(($(lab_cpu_of "$process") - cpu[$process])) "$sessions" 2)" \
            us "CPU a session"
    done
    [ "$(lab_fate record-lost)" = 0 ] || lab_die "$name: $(lab_fate record-lost) records lost"
    [ "$(lab_status .counts.sessions)" = $((before + sessions)) ] ||
        lab_die "$name: $(($(lab_status .counts.sessions) - before)) sessions judged of $sessions"
    problem=$(told_well $((sessions < LOG_EVENTS ? sessions : LOG_EVENTS))) || lab_die "$name: the log cannot be read"
    [ -z "$problem" ] || lab_die "$name: not every session was told well: $problem"
    row "$name: agent" "$us" us "CPU a session; $sessions sessions, $(awk -v s="$seconds" \
        -v n="$sessions" 'BEGIN { printf "%.0f", n / s }') a second, no record lost"
    while read -r process ns runs; do
        [ "$runs" = 0 ] || row "$name: BPF, $process" "$(us_each "$ns" "$sessions" 2)" us \
            "a session; $(awk -v r="$runs" -v n="$sessions" 'BEGIN { printf "%.1f", r / n }') packets"
    done <"$LAB/bpf"
    AGENT_US=$us
}

lab_network
# shellcheck disable=SC2034 # scripts/lab reads it
lab_agent || lab_die "mxdpd does not start"
measure_rest

start_sink
load "$SINK_SESSIONS" >"$LAB/warm" # memory grows once; an agent runs for months
measure smtp-sink "$SINK_SESSIONS"
stop_sink
row "sessions that one core of the agent judges" "$(divide 1e6 "$AGENT_US" 0)" /s ""
target "agent, CPU a session" "$AGENT_US" us most "$TARGET_US"

start_postfix
load "$SOURCES" >"$LAB/first-visit" # of each client; postscreen makes it wait
measure Postfix "$POSTFIX_SESSIONS" postscreen smtpd
lab_agent_stop || lab_die "mxdpd ended badly: $(tail -n 5 "$LAB/mxdpd.log")"
