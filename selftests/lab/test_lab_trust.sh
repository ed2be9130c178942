#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whom not to block, and which check not to believe: an office behind NAT is a relay; a pattern that
# hits the known-good is suspended, and its blocks are withdrawn; who delivers mail earns trust; and
# new blocks have a ceiling.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up
dns_zone wl.lab.example ip4set <<'END'
:127.0.5.2:
127.0.0.2
198.51.100.38
END
dns_start
cat >>"$LAB/mxdp.conf" <<'END'
verdicts { per_minute = 40 }
dns { stubs = {"lab.example=127.0.0.1@5300"} timeout = 2s }
dns_checks = no
list "wl.lab.example" { kind = dnswl score = {"127.0.5.2*-3"} families = {"v4"} }
pattern "too-wide" { on = helo match = '^mail\.' points = 10 convicts = true }
pattern "botnet" { on = helo match = '^botnet-' points = 10 convicts = true }
END
sed -i 's/^pattern "too-wide"/#&/' "$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"
check "the list passes its test entries" lab_wait 15 dns_believed wl.lab.example

# deliver SOURCE HELO [SERVER]: a message, by hand.
deliver()
{
    lab_bot "$1" "${3:-$MX4}" mail "$2" friend@example.org user@example.net >"$LAB/bot.out" 2>&1
}

# count, then counted N: sessions with accepted mail that have ended in between.
count()
{
    BEFORE=$(lab_status .counts.accepted)
}

counted()
{
    [ "$(lab_status .counts.accepted)" = $((BEFORE + $1)) ]
}

ended()
{
    [ "$(lab_status .counts.sessions)" -ge "$1" ]
}

# event ADDR FIELD: of the last verdict in the log that is about ADDR.
event()
{
    lab_ctl log -n 1000 --json | jq -rs --arg addr "$1:" --arg field "$2" \
        'map(select(.event == "verdict" and (.client | startswith($addr)))) | last |
         .[$field] // empty'
}

has_event()
{
    [ -n "$(event "$1" verdict)" ]
}

notes()
{
    lab_status '.notes[]'
}

gone()
{
    [ -z "$(lab_verdict "$1")" ]
}

# --- a bot that rotates its names buys nothing by it

for i in $(seq 60); do
    lab_bot 198.51.100.66 "$MX4" talk "EHLO pc$i.example.org" RSET QUIT >/dev/null 2>&1
done
check "60 names without a mail" lab_wait 10 ended 60
check_equal "make nobody a relay" "$(lab_status '.relays | length')" 0

# --- an office behind NAT

count
for i in $(seq 49); do
    deliver 198.51.100.50 "pc$i.office.example"
done
check "49 senders of an office, one address" lab_wait 10 counted 49
check_equal "are not yet a relay" "$(lab_status '.relays | length')" 0
deliver 198.51.100.50 PC49.OFFICE.EXAMPLE
check "one of them again" lab_wait 10 counted 50
check_equal "is not a fiftieth" "$(lab_status '.relays | length')" 0
deliver 198.51.100.50 pc50.office.example
relay()
{
    [ "$(lab_status '.relays | join(" ")')" = 198.51.100.50 ]
}
check "with the fiftieth name it is a relay" lab_wait 10 relay
check_equal "status says why" "$(lab_status '.relay_reasons["198.51.100.50"]')" \
    "brought mail under 50 HELO names within an hour"
lab_ctl status >"$LAB/status"
check "to people, too" grep -q '^relays *198.51.100.50 (brought mail under 50 HELO names' "$LAB/status"
check_more "and the log does" "$(lab_ctl log -n 1000 | grep -c '198.51.100.50 is a relay')" 0
lab_bot 198.51.100.50 "$MX4" http >/dev/null 2>&1
check "a bot in the office offends" lab_wait 5 has_event 198.51.100.50
check_equal "it is spared, and the log says why" "$(event 198.51.100.50 why_not)" \
    "brought mail under 50 HELO names within an hour"
check "the office is served" deliver 198.51.100.50 pc1.office.example

# --- three servers known for good, and a pattern that is too wide

count
for i in 31 32 33; do
    lab_send "198.51.100.$i" "$MX4" "first-$i" || not_ok "first mail from 198.51.100.$i"
done
check "three servers deliver" lab_wait 10 counted 3
for i in 21 22; do
    lab_bot "198.51.100.$i" "$MX4" helo "botnet-$i.example" >/dev/null 2>&1
    check "another pattern is right: 198.51.100.$i" lab_wait 5 lab_blocked_for "198.51.100.$i" pattern
done
sed -i 's/^#pattern "too-wide"/pattern "too-wide"/' "$LAB/mxdp.conf"
kill -s HUP "$AGENT"
read_anew()
{
    [ "$(grep -c 'configuration read anew' "$LAB/mxdpd.log")" = "$1" ]
}
check "the administrator adds one that is too wide" lab_wait 10 read_anew 1
lab_bot 198.51.100.34 "$MX4" helo mail.example.org >/dev/null 2>&1
check "a stranger is blocked by it" lab_wait 5 lab_blocked_for 198.51.100.34 pattern
check "whom the words name" grep -q '^too-wide: ' <(lab_verdict 198.51.100.34 reason)
for i in 31 32; do
    lab_send "198.51.100.$i" "$MX4" "second-$i" >/dev/null 2>&1
    check "so is one who is known: 198.51.100.$i" lab_wait 5 lab_blocked_for "198.51.100.$i" pattern
done
check_exit 4 "its next SYN is dropped" lab_bot 198.51.100.31 "$MX4" connect
lab_send 198.51.100.33 "$MX4" second-33 >/dev/null 2>&1
suspended()
{
    [ "$(lab_status '.suspended | map(.id) | join(" ")')" = "$1" ]
}
check "with the third the pattern is suspended" lab_wait 10 suspended pattern:too-wide
for i in 31 32 33 34; do
    check "its block of 198.51.100.$i is withdrawn" lab_wait 10 gone "198.51.100.$i"
done
check_equal "the other pattern's stand" "$(lab_verdict 198.51.100.21)" pattern
check_equal "status counts them" "$(lab_status '.suspended[0].withdrawn')" 4
check "and says it all in words" grep -q "^pattern:too-wide has convicted 3 known-good clients \
(198.51.100.33, 198.51.100.32, 198.51.100.31) within ten minutes: it is suspended, its 4 blocks \
are withdrawn; .mxdpctl checks on pattern:too-wide. puts it back" <(notes)
check_more "so does the log" "$(lab_ctl log -n 1000 | grep -c 'pattern:too-wide has convicted')" 0
check_equal "checks shows it as off" "$(lab_ctl checks --json | jq -rs \
    'flatten[] | select(.id == "pattern:too-wide") | .enabled')" false
for i in 31 32 33; do
    check "mail flows from 198.51.100.$i" lab_send "198.51.100.$i" "$MX4" "third-$i"
    check "and arrives" lab_wait 10 lab_delivered "third-$i"
done
echo '# anew' >>"$LAB/mxdp.conf"
kill -s HUP "$AGENT"
check "the configuration is read anew" lab_wait 10 read_anew 2
check "it is still suspended" suspended pattern:too-wide
words=$(notes | grep too-wide)
lab_agent_stop
check "another start" lab_agent
check "does not believe it again" suspended pattern:too-wide
check_equal "and says why in the same words" "$(notes | grep too-wide | sed 's/else that.*//')" \
    "${words%%else that*}"
check "mail flows" lab_send 198.51.100.31 "$MX4" fourth-31
check "checks on puts it back" lab_ctl checks on pattern:too-wide
check_equal "status no longer speaks of it" "$(notes | grep -c too-wide)" 0
check_exit 1 "there is no other switch of its own" lab_ctl checks on pattern:too-wide
lab_bot 198.51.100.35 "$MX4" helo mail.example.org >/dev/null 2>&1
check "and it convicts again" lab_wait 5 lab_blocked_for 198.51.100.35 pattern
check "a finding of our own is switched on as ever" lab_ctl checks on non-smtp

# --- others who are known for good: allowed, and vouched for by a list

check "two are allowed" lab_ctl allow 198.51.100.36 198.51.100.37
for i in 36 37; do
    lab_bot "198.51.100.$i" "$MX4" helo "[$MX4]" >/dev/null 2>&1
    check "who is allowed is spared: 198.51.100.$i" lab_wait 5 has_event "198.51.100.$i"
done
check_equal "two are not enough" "$(lab_status '.suspended | length')" 0
lab_bot 198.51.100.38 "$MX4" helo "[$MX4]" >/dev/null 2>&1
check "with a third, whom a list knows, the finding is suspended" lab_wait 10 suspended \
    helo-our-address
check "its block is withdrawn" lab_wait 10 gone 198.51.100.38
lab_bot 198.51.100.39 "$MX4" helo "[$MX4]" >/dev/null 2>&1
check "nobody is blocked by it now" lab_bot 198.51.100.39 "$MX4" connect
check "checks on puts it back" lab_ctl checks on helo-our-address
lab_bot 198.51.100.39 "$MX4" helo "[$MX4]" >/dev/null 2>&1
check "and it convicts again" lab_wait 5 lab_blocked_for 198.51.100.39 helo-our-address

# --- earned trust

# A fault of two classes: MAIL before HELO, a HELO of digits, commands that nobody knows.
sloppy()
{
    lab_bot "$1" "$MX4" talk "MAIL FROM:<a@example.org>" "EHLO 192.0.2.1" A B C D E QUIT \
        >"$LAB/bot.out" 2>&1
}
count
for i in 1 2 3; do
    deliver 198.51.100.40 "$i.friend.example"
done
check "a server delivers three times" lab_wait 10 counted 3
deliver 198.51.100.41 friend.example
check "another once" lab_wait 10 counted 4
known()
{
    [ "$(sqlite3 -readonly "$LAB/state/journal.db" "SELECT count(*) FROM known WHERE
        hex(addr) = '00000000000000000000FFFFC6336428'")" = 3 ]
}
check "the journal holds it" lab_wait 5 known
lab_agent_kill
check "a start after kill -9 forgets nobody" lab_agent
for i in 40 41 42; do
    sloppy "198.51.100.$i"
    check "they talk sloppily: 198.51.100.$i" lab_wait 5 has_event "198.51.100.$i"
done
check_equal "who is trusted is watched" "$(lab_verdict 198.51.100.40 action)" watch
check_equal "and the log says why" "$(event 198.51.100.40 why_not)" \
    "earned trust: it delivered mail in 3 sessions within 30 days"
check "it may come again" lab_bot 198.51.100.40 "$MX4" connect
check_equal "one mail is not enough" "$(lab_verdict 198.51.100.41 action)" reset
check_equal "nor is none" "$(lab_verdict 198.51.100.42 action)" reset
lab_bot 198.51.100.40 "$MX4" http >/dev/null 2>&1
check "what convicts blocks all the same" lab_wait 5 lab_blocked_for 198.51.100.40 non-smtp

# --- a ceiling

check_equal "the ceiling was not reached so far" "$(lab_status .counts.beyond_ceiling)" 0
beyond()
{
    [ "$(lab_status .counts.beyond_ceiling)" -gt 0 ]
}
for i in $(seq 100 180); do
    lab_bot "198.51.100.$i" "$MX4" http >/dev/null 2>&1
done
check "81 bots at once: beyond 40 a minute a counter moves" lab_wait 5 beyond
check_equal "the first are blocked" "$(lab_verdict 198.51.100.100 action)" drop
watched=$(lab_ctl list --json | jq -s 'flatten | map(select(.action == "watch")) | length')
check_equal "the rest are on watch" "$watched" "$(lab_status .counts.beyond_ceiling)"
check_more "status says so" "$(notes | grep -c 'because there were more than 40 new blocks')" 0
check_equal "the log says why" "$(lab_ctl log -n 1000 --json | jq -rs \
    'map(select(.why_not == "the ceiling of verdicts.per_minute is reached")) | length')" "$watched"
check "mxdpd ends well" lab_agent_stop
lab_done
