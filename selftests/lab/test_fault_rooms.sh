#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every room is full, one after the other: the ring, the verdict map, the flow map, the table of
# sessions, names in HELOs, the control socket. Mail flows all the while, what is lost is counted and said, memory
# has its bound, and when there is room again everything is as before.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

N=0
FLOWS=1500  # more than the map holds
LETTERS=120 # more than the ring holds of
SWARM_PORT=2525

says()
{
    lab_status '.notes[]' | grep -Eq "$1"
}

resident()
{
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$AGENT/status"
}

# letter WHAT: it is taken and delivered.
letter()
{
    N=$((N + 1))
    lab_bot 198.51.100.$((N % 50 + 20)) "$MX4" mail mail.example.org "letter-$N-@example.org" \
        user@example.net >"$LAB/bot.out" 2>&1
    check "$1: a letter is taken" test $? = 0
    check "$1: and delivered" lab_wait 20 lab_delivered "letter-$N-@"
}

# judged WHAT BOT: an offender is blocked and dropped.
judged()
{
    lab_bot "$2" "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
    check "$1: a bot is blocked" lab_wait 20 lab_blocked_for "$2" helo-our-address
    check_exit 4 "$1: and dropped" lab_bot "$2" "$MX4" connect
}

cat >>"$LAB/mxdp.conf" <<END
ports { mx = {25, $SWARM_PORT} }
verdicts { max = 1024 }
tap {
    ring = 64K
    flows = 1024
    sessions = 64
}
END
nsenter --net=/run/netns/mta -- "$LAB_BUILD/selftests/lab/swarm" serve $SWARM_PORT &
SWARM=$!
trap 'kill $SWARM 2>/dev/null' EXIT
lab_agent || lab_die "mxdpd does not start"
letter "before"
judged "before" 198.51.100.100

# --- the ring ------------------------------------------------------------------------------------

lost=$(lab_fate record-lost)
kill -s STOP "$AGENT"
flowed=0
for ((i = 0; i < LETTERS; i++)); do
    lab_bot 198.51.100.$((i % 60 + 20)) "$MX4" mail mail.example.org "ring-$i-@example.org" \
        user@example.net >"$LAB/bot.out" 2>&1 && flowed=$((flowed + 1))
done
kill -s CONT "$AGENT"
arrived()
{
    [ "$(grep -rlsE "$1" "$LAB/mail/inbox/new" | wc -l)" = "$2" ]
}
check_equal "ring: nobody reads it, and all letters are taken" "$flowed" $LETTERS
check "ring: and delivered" lab_wait 20 arrived 'ring-[0-9]+-@' $LETTERS
check_more "ring: what found no room is counted" "$(lab_fate record-lost)" "$lost"
check "ring: status says so" lab_wait 20 says 'records were lost because the ring was full'
check_equal "ring: nobody is blocked for half of what he said" "$(lab_status .verdicts)" 1
letter "ring"
judged "ring" 198.51.100.101

# --- the verdict map -----------------------------------------------------------------------------

room=$((1024 - $(lab_status .verdicts)))
for ((i = 0; i < room; i++)); do
    echo "30.0.$((i / 256)).$((i % 256))"
done >"$LAB/bulk"
check "verdicts: as many as there is room for" lab_ctl block - --for 1h <"$LAB/bulk"
lab_bot 198.51.100.102 "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "verdicts: a bot finds no room, and status says so" lab_wait 20 says \
    'verdicts found no room.*raise verdicts.max'
check "verdicts: so does the log" grep -q 'verdict map is full (1024)' "$LAB/mxdpd.log"
check_equal "verdicts: he is not blocked" "$(lab_verdict 198.51.100.102)" ""
check_exit 1 "verdicts: nor may others be by hand" lab_ctl block 198.51.100.200 --for 1h
check_exit 4 "verdicts: those that stand drop" lab_bot 198.51.100.101 "$MX4" connect
letter "verdicts"
check "verdicts: one goes" lab_ctl unblock 30.0.0.0
judged "verdicts, room again" 198.51.100.103
check "verdicts: the others go" lab_ctl unblock --by manual

# --- the flow map, and the table of sessions -----------------------------------------------------

memory=$(resident)
born=$(lab_fate flow-born)
# Connections that are greeted and then say nothing, all of one client that is not judged here.
nsenter --net=/run/netns/wan -- bash -c "ulimit -n 8192
    for ((i = 0; i < $FLOWS; i++)); do exec {fd}<>/dev/tcp/$MX4/$SWARM_PORT || exit 1; done
    echo all; read -r _" <> <(:) >"$LAB/holder" 2>"$LAB/holder.err" &
holder=$!
greeted()
{
    [ "$(lab_fate flow-born)" -ge $((born + FLOWS * 9 / 10)) ]
}
check "flows: $FLOWS clients are greeted and say nothing" lab_wait 30 greeted
flows=$(bpftool -j map dump pinned "$PIN_DIR/mxdp_flows" | jq length)
check "flows: the map is full, and no more than that ($flows)" test "$flows" -gt 700 -a "$flows" -le 1024
check "sessions: status says that there are no more" lab_wait 20 says 'table of sessions is full'
check "sessions: 64 are followed at the most" test "$(lab_status .sessions)" -le 64
letter "flows"
judged "flows" 198.51.100.104
check "flows: memory is bounded ($memory kB, then $(resident) kB)" \
    test "$(resident)" -lt $((memory + 16384))
kill $holder
wait $holder 2>/dev/null
quiet()
{
    ! says 'table of sessions is full'
}
letter "flows, when they are gone"
judged "flows, when they are gone" 198.51.100.105

# --- names -----------------------------------------------------------------------------------------

# Eight thousand long names, no two alike, of forty clients.
memory=$(resident)
label=$(printf 'x%.0s' {1..60})
said=0
for ((client = 0; client < 40; client++)); do
    words=()
    for ((i = 0; i < 200; i++)); do
        words+=("EHLO n$client-$i.$label.$label.$label.example.org")
    done
    lab_bot 198.51.100.$((client + 120)) --timeout 20 --port $SWARM_PORT "$MX4" talk "${words[@]}" \
        >"$LAB/bot.out" 2>&1 && said=$((said + 1))
done
check_equal "names: all were said" "$said" 40
check_more "names: mxdpd heard them" \
    "$(lab_ctl log --json -n 10000 | grep -c 'EHLO n[0-9]*-[0-9]*\.x\|"n[0-9]*-[0-9]*\.x')" 0
check "names: memory is bounded ($memory kB, then $(resident) kB)" \
    test "$(resident)" -lt $((memory + 16384))
check_equal "names: nobody is blocked for them" "$(lab_ctl list --json | grep -c '"198.51.100.1[2-5]')" 0
letter "names"
judged "names" 198.51.100.107

# --- a hundred control clients --------------------------------------------------------------------

# Each ends with its answer, or with words.
ask()
{
    local status=0
    lab_ctl list --json >"$LAB/asked.$1" 2>"$LAB/asked.$1.err" || status=$?
    [ "$status" = 0 ] || [ -s "$LAB/asked.$1.err" ] || echo "$1: silent, exit $status"
    echo "$status" >"$LAB/asked.$1.status"
}
descriptors=$(($(find "/proc/$AGENT/fd" -mindepth 1 | wc -l) + 1)) # and whoever looks
clients=()
for ((i = 0; i < 100; i++)); do
    ask $i >>"$LAB/silent" &
    clients+=($!)
done
wait "${clients[@]}"
check_equal "control: a hundred at once, none is left without a word" "$(cat "$LAB/silent")" ""
echo "# $(cat "$LAB"/asked.*.status | grep -cx 0) of 100 were answered, others: $(
    cat "$LAB"/asked.*.err | sort | uniq -c | head -n 3 | paste -sd';')"
check_equal "control: all were answered" "$(cat "$LAB"/asked.*.status | sort | uniq -c | awk '{ print $1, $2 }')" "100 0"

# A hundred that stay, and say nothing.
for ((i = 0; i < 100; i++)); do
    socat -u "UNIX-CONNECT:$LAB/mxdp.sock" - >/dev/null 2>&1 &
    clients[i]=$!
done
refused()
{
    ! lab_ctl status >"$LAB/refused" 2>&1 && grep -q 'connections are open already' "$LAB/refused"
}
check "control: where root's own fill it, one more is told so" lab_wait 20 refused
letter "control, with a hundred that stay"
lab_bot 198.51.100.106 "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
pinned()
{
    lab_pins list --json 2>/dev/null | grep -q '"198.51.100.106"'
}
check "control, with a hundred that stay: a bot is blocked" lab_wait 20 pinned
kill "${clients[@]}" 2>/dev/null
answers()
{
    [ "$(lab_status .pid)" = "$AGENT" ]
}
check "control: when they are gone it answers" lab_wait 20 answers
few()
{
    [ "$(find "/proc/$AGENT/fd" -mindepth 1 | wc -l)" -le "$descriptors" ]
}
check "control: descriptors are given back" lab_wait 20 few
check "mxdpd ends well" lab_agent_stop
lab_done
