#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An attacker's day: one who wants his neighbour blocked, one who is good in between, one who moves
# through his networks, and a hundred thousand bots in a minute, or as many as this machine can play.
# Who should be is blocked and nobody else, tables have their bounds, and honest mail arrives all the
# while.
#
# Runs alone: it fills the machine.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

BOTS=50000 # of each family
BOTS_SECONDS=30
BOTS_LEAST=2500 # of each family, on however slow a machine
SWARM_PORT=2525
MEMORY_KB=131072 # more than before the bots
V6=2001:db8:100

# Room for the bots, besides what every laboratory has.
ip -n wan route add local 198.51.96.0/20 dev lo
ip -n wan route add local 25.0.0.0/8 dev lo
ip -n wan -6 route add local 2001:db8:1000::/36 dev lo
nsenter --net=/run/netns/mta -- "$LAB_BUILD/selftests/lab/swarm" serve $SWARM_PORT &
SWARM=$!
cat >>"$LAB/mxdp.conf" <<END
ports { mx = {25, $SWARM_PORT} }
ttl { convicting = 3s }
courtesy = 2s
END
lab_agent || lab_die "mxdpd does not start"

sql()
{
    sqlite3 -readonly "$LAB/state/journal.db" ".timeout 10000" "$1"
}

# server SOURCE: of the same family.
server()
{
    if [[ "$1" == *:* ]]; then
        echo "$MX6"
    else
        echo "$MX4"
    fi
}

# offend SOURCE: with what convicts.
offend()
{
    lab_bot "$1" "$(server "$1")" http >/dev/null 2>&1
}

# deliver SOURCE: a letter, which must arrive.
LETTERS=0
deliver()
{
    LETTERS=$((LETTERS + 1))
    lab_bot "$1" "$(server "$1")" mail mail.example.org "letter-$LETTERS@example.org" \
        user@example.net >/dev/null 2>&1 && lab_wait 10 lab_delivered "letter-$LETTERS@"
}

# events KIND CLIENT: what the log has of it, newest last; CLIENT is as in the log, with its colon.
events()
{
    lab_ctl log -n 10000 --json | jq -c --arg kind "$1" --arg client "$2" \
        'select(.event == $kind and (.client | startswith($client)))'
}

accepted()
{
    [ "$(events session "$1" | jq -s 'map(select(.outcome == "accepted 1 message")) | length')" \
        = "$2" ]
}

told()
{
    [ "$(events verdict "$1" | wc -l)" = "$2" ]
}

gone()
{
    [ -z "$(lab_verdict "$1")" ]
}

# --- who wants his neighbour blocked

check "a server delivers" deliver 198.51.100.10
check "an off-path forger uses its address" lab_forge data --source 198.51.100.10 --dest "$MX4" \
    --payload "GET / HTTP/1.1" --count 5000
check_equal "nobody believes him" "$(lab_verdict 198.51.100.10)" ""
check "it delivers again" deliver 198.51.100.10

check "a server in a /64 delivers" deliver "$V6:77::1"
check "which is seen" lab_wait 10 accepted "[$V6:77::1]:" 1
for host in bad1 bad2 bad3; do
    offend "$V6:77::$host"
    check "a neighbour of its /64 offends" lab_wait 10 told "[$V6:77::$host]:" 1
done
check_equal "its /64 is not blocked for them" "$(lab_verdict "$V6:77::/64")" ""
check "it delivers again" deliver "$V6:77::1"

for n in 1 2 3; do
    check "an office behind one address delivers ($n)" deliver 198.51.100.11
done
check "which is seen" lab_wait 10 accepted 198.51.100.11: 3
lab_bot 198.51.100.11 "$MX4" talk "MAIL FROM:<a@example.org>" "EHLO 192.0.2.1" A B C D E QUIT \
    >"$LAB/bot.out" 2>&1
check "a bot in it collects points" lab_wait 10 told 198.51.100.11: 1
check_equal "and is watched, for the others' sake" "$(lab_verdict 198.51.100.11 action)" watch
check "they deliver" deliver 198.51.100.11
offend 198.51.100.11
check "what convicts blocks all of them" lab_wait 10 lab_blocked_for 198.51.100.11 non-smtp
check "until a courtesy pass brings a letter, or it ends" lab_wait 10 deliver 198.51.100.11
check "then nothing stands against them" lab_wait 10 gone 198.51.100.11

# --- who is good in between

for n in 1 2 3; do
    offend 198.51.101.20
    check "a bot offends ($n)" lab_wait 10 told 198.51.101.20: "$n"
    [ $n = 3 ] || check "and waits for the end of its block" lab_wait 20 gone 198.51.101.20
done
check_equal "each repeat lasts twice as long" \
    "$(events verdict 198.51.101.20: | jq -rs 'map(.ttl | tostring) | join(" ")')" "3 6 12"
for n in 1 2 3; do
    lab_bot 198.51.101.21 "$MX4" talk "MAIL FROM:<a@example.org>" QUIT >/dev/null 2>&1
    check "another has a fault, and is good then ($n)" deliver 198.51.101.21
done
faults()
{
    [ "$(events session 198.51.101.21: | jq -s 'map(select(.score == 4)) | length')" = 3 ]
}
check "three faults of four points" lab_wait 10 faults
check_equal "never add up" "$(lab_verdict 198.51.101.21)" ""

# --- who moves through his networks

swarm()
{
    lab_in wan "$LAB_BUILD/selftests/lab/swarm" "$@"
}

# in_force BEGINNING LENGTH: how many prefixes of that length; 0 stands for single addresses.
in_force()
{
    lab_ctl list --json | jq -rs --arg net "$1" --argjson plen "$2" 'flatten | map(.addr |
        select(startswith($net)) | select((split("/")[1] // "0" | tonumber) == $plen)) | length'
}

in_force_are()
{
    [ "$(in_force "$1" "$2")" = "$3" ]
}

# crowd NET: its offenders, as `status' tells.
crowd()
{
    lab_status ".crowds | map(select(.net == \"$1\")) | .[0].offenders // 0"
}

sed -i -e 's/^ttl .*/ttl { convicting = 10m }/' -e '/^courtesy/d' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "blocks last longer from now on" lab_wait 10 grep -q 'configuration read anew' "$LAB/mxdpd.log"
check "a bot moves through 30 addresses of a /24" swarm "$MX4" $SWARM_PORT 198.51.102.10 0 30 1 30
check "each is blocked" lab_wait 10 in_force_are 198.51.102. 0 30
check_equal "the /24 is not" "$(in_force 198.51.102. 24)" 0
check "its neighbour there delivers" deliver 198.51.102.200
check_equal "it is shown" "$(crowd 198.51.102.0/24)" 30
check "a bot moves through 30 /64s of a /48" swarm "$MX6" $SWARM_PORT 2001:db8:1fff::1 64 30 1 30
check "each address is blocked" lab_wait 10 in_force_are 2001:db8:1fff: 0 30
check "it moves on within them" swarm "$MX6" $SWARM_PORT 2001:db8:1fff::2 64 30 1 30
check "now each /64 is" lab_wait 10 in_force_are 2001:db8:1fff: 64 30
check_exit 4 "and so are addresses that were never seen" lab_bot 2001:db8:1fff:9::77 "$MX6" connect
check_equal "the /48 is not" "$(in_force 2001:db8:1fff: 48)" 0
check "its neighbour there delivers" deliver 2001:db8:1fff:ffff::25
check_more "it is shown" "$(crowd 2001:db8:1fff::/48)" 20
lab_ctl status >"$LAB/status"
words='30 clients of 198.51.102.0/24 have offended within a day, as have those of 1 other'
check "status says what to do" \
    grep -q "^! $words .*mxdpctl block 198.51.102.0/24 --for 1d" "$LAB/status"
lab_ctl report >"$LAB/report"
check_equal "report names both" \
    "$(grep -cE '^  (198.51.102.0/24|2001:db8:1fff::/48) +[0-9]+$' "$LAB/report")" 2

# --- all at once

memory()
{
    awk -v field="$1:" '$1 == field { print $2 }' "/proc/$AGENT/status"
}

before=$(memory VmRSS)
lost=$(lab_fate record-lost)
swarm "$MX4" $SWARM_PORT 25.0.0.1 0 $BOTS 100 $BOTS_SECONDS >"$LAB/bots4" 2>&1 &
BOTS4=$!
swarm "$MX6" $SWARM_PORT 2001:db8:1000::1 64 $BOTS 100 $BOTS_SECONDS >"$LAB/bots6" 2>&1 &
BOTS6=$!
sent=0
failed=0
while kill -0 $BOTS4 2>/dev/null || kill -0 $BOTS6 2>/dev/null; do
    for innocent in 198.51.100.10 "$V6:77::1" 198.51.103.$((sent % 250 + 1)); do
        deliver "$innocent" || failed=$((failed + 1))
        sent=$((sent + 1))
    done
done
check "bots of IPv4 do their day's work" wait $BOTS4
check "so do those of IPv6" wait $BOTS6
read -r played4 took4 <"$LAB/bots4"
read -r played6 took6 <"$LAB/bots6"
echo "# $played4 and $played6 bots, each with a session of its own, in $took4 and $took6 ms"
check_more "bots of IPv4, enough to tell" "$played4" $BOTS_LEAST
check_more "of IPv6, too" "$played6" $BOTS_LEAST
check_more "letters meanwhile, enough to tell" "$sent" 5
check_equal "of $sent letters none is lost" "$failed" 0

lost=$(($(lab_fate record-lost) - lost))
stand()
{
    lab_ctl list --json | jq -s 'flatten | map(select(.addr | test("^(25[.]|2001:db8:1000:)"))) |
        length'
}
all_judged()
{
    [ "$(stand)" -ge $((played4 + played6 - lost)) ]
}
check "each bot is blocked, but for $lost lost records at the most" lab_wait 30 all_judged
check "and nobody else in their networks" [ "$(stand)" -le $((played4 + played6)) ]
check_equal "none of them by its network" "$(in_force 25. 24)" 0
check_equal "nor here" "$(in_force 2001:db8:10 64)" 0
check_exit 4 "the first of them may not come again" lab_bot 25.0.0.1 "$MX4" connect
check_exit 4 "nor may another" lab_bot 2001:db8:1000:100::1 "$MX6" connect
check "their neighbour may" lab_bot 25.255.0.1 "$MX4" connect

rows()
{
    sql "SELECT count(*) FROM verdicts WHERE ended IS NULL"
}
journal_has_all()
{
    [ "$(rows)" -ge "$(stand)" ]
}
check "the journal has a row for each" lab_wait 60 journal_has_all
check_equal "and no second one" "$(sql "SELECT count(*) FROM (SELECT 1 FROM verdicts
    WHERE ended IS NULL GROUP BY addr, plen, ports HAVING count(*) > 1)")" 0
after=$(memory VmHWM)
echo "# resident memory: $before kB before, at most $after kB"
check "memory is bounded" [ $((after - before)) -lt $MEMORY_KB ]
check "so is the log" [ "$(lab_ctl log -n 1000000 --json | wc -l)" -le 10000 ]
check "so are sessions" [ "$(lab_status .sessions)" -le "$(lab_status .sessions_max)" ]
check "and the list of networks" [ "$(lab_status '.crowds | length')" -le 20 ]
check_equal "the ceiling is above all that" "$(lab_status .counts.beyond_ceiling)" 0
for innocent in 198.51.100.10 198.51.100.11 198.51.101.21 198.51.102.200 "$V6:77::1"; do
    check "in the evening $innocent delivers" deliver "$innocent"
done
kill $SWARM
check "mxdpd ends well" lab_agent_stop
lab_done
