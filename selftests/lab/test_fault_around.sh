#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is around mxdpd fails and comes back: the cable, the interface, its name, the mail server, the
# resolver; and mxdpd itself is not let run for a while, as over a suspend. The gate stands, mail
# flows as far as there is a way for it, status says what is wrong and stops when it is over.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

BAD=192.0.2.66
N=0

says()
{
    lab_status '.notes[]' | grep -Eq "$1"
}

quiet()
{
    ! says "$1"
}

guarded()
{
    check_exit 4 "$1: the gate stands" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
}

# as_before WHAT: the gate stands, mail flows, a bot is judged.
as_before()
{
    local bot

    N=$((N + 1))
    bot=198.51.100.$((N + 100))
    guarded "$1"
    check "$1: a letter is taken" lab_bot 198.51.100.$((N + 20)) "$MX4" mail mail.example.org \
        "letter-$N-@example.org" user@example.net
    check "$1: and delivered" lab_wait 20 lab_delivered "letter-$N-@"
    lab_bot $bot "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
    check "$1: a bot is blocked" lab_wait 20 lab_blocked_for $bot helo-our-address
}

dns_zone bl.lab.example ip4set <<END
\$TTL 60
$(dns_points)
198.51.100.90
198.51.100.91
END
dns_start
cat >>"$LAB/mxdp.conf" <<'END'
dns {
    stubs = {"lab.example=127.0.0.1@5300"}
    timeout = 1s
}
dns_checks = no
allow_senders = no
heartbeat_limit = 10s
list "bl.lab.example" { kind = dnsbl convict = {"127.0.0.2"} families = {"v4"} probe = 30s }
END
lab_agent || lab_die "mxdpd does not start"
hooks=$(lab_programs)
check "a block" lab_ctl block $BAD --for 1h
check "the list is believed" lab_wait 20 dns_believed bl.lab.example
as_before "before"

echo "# the cable"
for _ in {1..40}; do
    ip -n core link set to-mta down
    ip -n core link set to-mta up
done
check_equal "cable: the programs stay" "$(lab_programs)" "$hooks"
as_before "cable"

echo "# the interface is set down, and up"
for _ in {1..5}; do
    ip -n mta link set eth0 down
    ip -n mta link set eth0 up
done
lab_address eth0
protected()
{
    ! lab_ctl block "$1" --for 1h >/dev/null 2>&1
}
check "down and up: our addresses are protected" lab_wait 20 protected "$MX6"
check_equal "down and up: the programs stay" "$(lab_programs)" "$hooks"
as_before "down and up"

echo "# its name"
rename()
{
    ip -n mta link set "$1" down && ip -n mta link set "$1" name "$2" &&
        ip -n mta link set "$2" up && lab_address "$2"
}
check "renamed: eth0 is called wan0" rename eth0 wan0
check "renamed: status says so" lab_wait 20 says 'eth0 is called wan0 now'
as_before "renamed"
check "renamed: and back" rename wan0 eth0
check "renamed: status is quiet" lab_wait 20 quiet 'is called'
as_before "renamed, and back"
check "recreated: renamed" rename eth0 old0
check "recreated: and another in its place" ip -n mta link add eth0 type veth peer name other0
check "recreated: which is up" ip -n mta link set eth0 up
both()
{
    [ "$(lab_in mta "$LAB_BUILD/selftests/lab/attached" eth0)" -ge 1 ]
}
check "recreated: is guarded" lab_wait 20 both
as_before "recreated: so is the one that mail comes by"
ip -n mta link del eth0
check "recreated: it goes" rename old0 eth0
check "recreated: and the first one has its name again" lab_wait 20 lab_has_programs "$hooks"
check "recreated: status is quiet" lab_wait 20 quiet 'is called|not guarded'
as_before "recreated"

echo "# the mail server"
for round in 1 2 3; do
    lab_in mta postfix -c "$LAB/postfix/etc" stop >"$LAB/postfix.out" 2>&1
    check "mail server, $round: nobody listens" lab_wait 20 lab_silent
    check_exit 3 "mail server, $round: it is away" lab_bot 198.51.100.30 "$MX4" connect
    lab_postfix_start
    as_before "mail server, $round: back"
done
check_equal "mail server: mxdpd complains of nothing" \
    "$(lab_status '.notes[]' | grep -v 'have offended within a day')" ""

echo "# the resolver"
kill "$RBLDNSD"
wait "$RBLDNSD" 2>/dev/null
check "resolver: a listed client is served when nobody can tell" dns_mail 198.51.100.90
as_before "resolver: away"
check "resolver: the list is no more believed" lab_wait 90 dns_state bl.lab.example open
check "resolver: status says so" says 'bl.lab.example is not believed'
as_before "resolver: not believed"
dns_start
check "resolver: back, and the list is believed again" lab_wait 120 dns_believed bl.lab.example
check "resolver: status is quiet" lab_wait 20 quiet 'not believed'
check "resolver: a listed client's mail is taken" dns_mail 198.51.100.91
check "resolver: and its address blocked" lab_wait 20 lab_blocked_for 198.51.100.91 dnsbl
as_before "resolver: back"

echo "# mxdpd is not let run"
check "asleep: one that runs out meanwhile" lab_ctl block 192.0.2.67 --for 3s
kill -s STOP "$AGENT"
open()
{
    lab_forge syn --source "$BAD" --dest "$MX4" --timeout 1 >/dev/null 2>&1
}
check "asleep: past the heartbeat's limit the gate only counts" lab_wait 40 open
check "asleep: mail flows" lab_bot 198.51.100.40 "$MX4" mail mail.example.org asleep@example.org \
    user@example.net
check "asleep: and is delivered" lab_wait 20 lab_delivered asleep@
kill -s CONT "$AGENT"
dropped()
{
    lab_forge syn --source "$BAD" --dest "$MX4" --timeout 1 >/dev/null 2>&1
    [ $? = 4 ]
}
check "awake: the gate drops again" lab_wait 20 dropped
check_equal "awake: what had run out is gone" "$(lab_verdict 192.0.2.67)" ""
as_before "awake"
check "mxdpd ends well" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
lab_done
