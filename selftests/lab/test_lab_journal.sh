#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What outlives the agent: verdicts with the time that is left to them, their words and hits, over a
# stop, a detach, a reboot and kill -9 under load. What was taken back or ran out stays away. And a
# journal that cannot be kept stops no mail.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

JOURNAL=$LAB/state/journal.db
BOT=198.51.100.7
BOT6=2001:db8:100:7::7

sql()
{
    sqlite3 -readonly "$JOURNAL" ".timeout 5000" "$1"
}

# What stands, as the agent tells it and as the journal holds it: hex addresses, sorted.
listed()
{
    lab_ctl list --json | jq -rs 'flatten | .[] | "\(.addr) \(.ports)"' |
        awk '/^[0-9.]+ / { split($1, b, ".")
            printf "%02X%02X%02X%02X %s\n", b[1], b[2], b[3], b[4], $2 }' | sort
}

kept()
{
    sql "SELECT hex(substr(addr, 13)) || ' ' || ports FROM verdicts
        WHERE ended IS NULL AND plen = 128 AND hex(addr) LIKE '00000000000000000000FFFF%'" | sort
}

agree()
{
    [ "$(listed)" = "$(kept)" ]
}

in_force()
{
    [ "$(sql "SELECT count(*) FROM verdicts WHERE ended IS NULL")" = "$1" ]
}

says()
{
    lab_status '.notes[]' | grep -q "$1"
}

dropped()
{
    lab_forge syn --source "$1" --dest "$MX4" --timeout 1 >"$LAB/forge.out" 2>&1
    [ $? = 4 ]
}

restart()
{
    lab_agent_stop && lab_agent
}

is_over()
{
    [ "$(date +%s)" -ge "$1" ]
}

# --- a stop and a start --------------------------------------------------------------------------

lab_agent || lab_die "mxdpd does not start"
check_equal "the journal is for root alone" "$(stat -c %a "$JOURNAL")" 600
check "a block by hand" lab_ctl block 192.0.2.66 --for 1h --reason "seen too often"
check "one for good" lab_ctl block 192.0.2.67 --for forever --ports all
check "one of a network" lab_ctl block 203.0.112.0/24 --for 2h
check "one that is taken back" lab_ctl block 192.0.2.68 --for 1h
check "is taken back" lab_ctl unblock 192.0.2.68
ends=$(($(date +%s) + 3))
check "a short one" lab_ctl block 192.0.2.69 --for 3s
lab_bot $BOT "$MX4" helo "[$MX4]" >"$LAB/bot.out"
check "a bot is blocked" lab_wait 5 lab_blocked_for $BOT helo-our-address
lab_bot $BOT6 "$MX6" helo "[IPv6:$MX6]" >"$LAB/bot.out"
check "another by IPv6" lab_wait 5 lab_blocked_for $BOT6 helo-our-address
for _ in 1 2 3; do
    dropped 192.0.2.66 || not_ok "a SYN of a blocked address was answered"
done
words=$(lab_verdict $BOT reason)
hits=$(lab_verdict 192.0.2.66 hits)
left=$(lab_verdict 192.0.2.66 expires_in)
check_more "it has been hit" "$hits" 2

check "SIGTERM ends it" lab_agent_stop
check_equal "nothing is attached" "$(lab_programs)" 0
check_equal "no pin is left" "$(lab_pins_left)" 0
check "the short one runs out meanwhile" lab_wait 5 is_over "$((ends + 1))"
check "it starts" lab_agent
check "the block by hand drops again" dropped 192.0.2.66
check_equal "with its words" "$(lab_verdict 192.0.2.66 reason)" "seen too often"
check_equal "and its hits" "$(lab_verdict 192.0.2.66 hits)" $((hits + 1))
now=$(lab_verdict 192.0.2.66 expires_in)
check "and the time that was left ($left s, now $now s)" test "$now" -lt "$left" -a \
    "$now" -gt $((left - 60))
check_equal "the one for good has no end" "$(lab_verdict 192.0.2.67 expires_in)" ""
check_equal "on all ports" \
    "$(lab_ctl list --json | jq -rs 'flatten | map(select(.addr == "192.0.2.67")) | length')" 2
check_equal "the network's is there" "$(lab_verdict 203.0.112.0/24)" manual
check_equal "the bot is blocked" "$(lab_verdict $BOT)" helo-our-address
check_equal "for the same words" "$(lab_verdict $BOT reason)" "$words"
check_equal "and the one by IPv6" "$(lab_verdict $BOT6)" helo-our-address
check_exit 4 "its SYN is dropped" lab_bot $BOT "$MX4" connect
check_equal "what was taken back stays away" "$(lab_verdict 192.0.2.68)" ""
check_equal "and what ran out" "$(lab_verdict 192.0.2.69)" ""
check "the journal knows how they ended" lab_wait 5 test "$(sql "SELECT group_concat(ending) FROM
    (SELECT ending FROM verdicts WHERE ended NOT NULL ORDER BY ending)")" = expired,unblocked
check_equal "and by what the bot was convicted" "$(sql "SELECT count(*) FROM verdicts WHERE
    evidence LIKE '%helo-our-address%' AND score >= 10")" 2
check_equal "who blocked what" "$(sql "SELECT uid || ' ' || verb FROM changes WHERE
    text LIKE '%192.0.2.66%'")" "0 block"

# --- repeats -------------------------------------------------------------------------------------

first=$(lab_ctl list --json | jq -rs --arg addr $BOT \
    'flatten | map(select(.addr == $addr)) | .[0] | .age + .expires_in')
check "the bot's time is over" sh -c "sqlite3 '$JOURNAL' \"UPDATE verdicts SET
    since = since - 4000, expires = expires - 4000 WHERE score AND ports = 'mx' AND plen = 128\""
check "a reboot's worth of nothing in force" lab_agent_stop
check "it starts" lab_agent
check_equal "the bot is free" "$(lab_verdict $BOT)" ""
lab_bot $BOT "$MX4" helo "[$MX4]" >"$LAB/bot.out"
check "it is blocked again" lab_wait 5 lab_blocked_for $BOT helo-our-address
again=$(lab_ctl list --json | jq -rs --arg addr $BOT \
    'flatten | map(select(.addr == $addr)) | .[0] | .age + .expires_in')
check_equal "for twice the time: it is remembered" "$again" $((2 * first))

# --- a reboot, detach, flush ---------------------------------------------------------------------

lab_agent_stop
echo 01234567-89ab-cdef-0123-456789abcdef >"$LAB/boot_id"
check "another boot" mount --bind "$LAB/boot_id" /proc/sys/kernel/random/boot_id
check "it starts" lab_agent
check_equal "the block by hand is there" "$(lab_verdict 192.0.2.66 reason)" "seen too often"
now=$(lab_verdict 192.0.2.66 expires_in)
check "with the time that is left ($now s)" test "$now" -lt "$left" -a "$now" -gt $((left - 120))
umount /proc/sys/kernel/random/boot_id
check "allow one of them" lab_ctl allow 192.0.2.67
check "detach" lab_ctl detach
lab_wait 10 lab_agent_gone
check_equal "nothing is attached" "$(lab_programs)" 0
check "it starts" lab_agent
check_equal "detaching ends no verdict" "$(lab_verdict 192.0.2.66)" manual
check_equal "who is allowed by now is not blocked again" "$(lab_verdict 192.0.2.67)" ""
check "flush" lab_ctl flush --yes
check "restart" restart
check_equal "flushing does" "$(lab_status .verdicts)" 0
check "nothing is in force in the journal" lab_wait 5 in_force 0

# --- what it rests on is gone, and many ---------------------------------------------------------

check "a block" lab_ctl block 192.0.2.70 --for 1h
for k in {0..99999}; do
    echo "30.$((k / 65536)).$((k / 256 % 256)).$((k % 256))"
done >"$LAB/bulk"
check "block a hundred thousand" lab_ctl block - --for 1h <"$LAB/bulk"
lab_agent_stop
sqlite3 "$JOURNAL" "UPDATE verdicts SET lists = 'dnsbl:gone.example' WHERE ended IS NULL AND
    hex(addr) = '00000000000000000000FFFFC0000246'"
check "it starts" lab_agent
check_equal "a block by a list that nobody asks any more does not return" \
    "$(lab_verdict 192.0.2.70)" ""
check "the others do: $(grep 'in force again' "$LAB/mxdpd.log")" \
    test "$(lab_status .verdicts)" = 100000
check "flush" lab_ctl flush --yes
check "the journal holds none of them" lab_wait 15 in_force 0
check_equal "they were flushed" \
    "$(sql "SELECT count(*) FROM verdicts WHERE ending = 'flushed' AND plen = 128
        AND hex(addr) LIKE '00000000000000000000FFFF1E%'")" 100000
check "and stay so" restart
check_equal "over a stop" "$(lab_status .verdicts)" 0

# --- kill -9 under load --------------------------------------------------------------------------

for i in {0..2999}; do
    echo "20.0.$((i / 256)).$((i % 256))"
done >"$LAB/bulk"
for round in {1..10}; do
    lab_ctl block - --for 1h --reason "round $round" <"$LAB/bulk" >/dev/null 2>&1 &
    blocking=$!
    head -n $((round * 100)) "$LAB/bulk" | lab_ctl unblock - >/dev/null 2>&1 &
    unblocking=$!
    read -rt "0.0$((round * 2 % 10))" <> <(:) # somewhere in the midst of it
    lab_agent_kill
    wait $blocking $unblocking 2>/dev/null
    lab_agent || lab_die "mxdpd does not start after kill -9"
    check "round $round: list and journal agree on $(listed | wc -l) verdicts" lab_wait 10 agree
    lab_pins list --json 2>"$LAB/note" | jq -rs 'flatten | length' >"$LAB/pins.out"
    check_equal "round $round: so does the map" "$(cat "$LAB/pins.out")" "$(listed | wc -l)"
done
listed >"$LAB/before"
check "a stop and a start" restart
listed >"$LAB/after"
check "bring back the same ones" cmp "$LAB/before" "$LAB/after"
check "and the journal agrees" lab_wait 10 agree
check "flush" lab_ctl flush --yes

# --- a journal that cannot be kept ---------------------------------------------------------------

# flows TOKEN: mail is taken and delivered, an offender is blocked.
flows()
{
    check "$1: mail is taken" lab_send 198.51.100.25 "$MX4" "$1"
    check "$1: and delivered" lab_wait 5 lab_delivered "$1"
    lab_bot $BOT "$MX4" helo "[$MX4]" >"$LAB/bot.out"
    check "$1: a bot is blocked" lab_wait 5 lab_blocked_for $BOT helo-our-address
    check_exit 4 "$1: and dropped" lab_bot $BOT "$MX4" connect
}

lab_agent_stop
check "a small file system" mount -t tmpfs -o size=64k small "$LAB/state"
head -c 1M /dev/zero >"$LAB/state/filler" 2>/dev/null
check "the agent starts on a full disk" lab_agent
check "status says so" lab_wait 5 says 'journal is not kept.*full'
flows full-disk
lab_agent_stop
check "read-only" mount -o remount,ro "$LAB/state"
check "the agent starts on a read-only state" lab_agent
check "status says so" lab_wait 5 says 'journal is not kept.*Read-only'
flows read-only
lab_agent_stop
umount "$LAB/state"

head -c 100000 /dev/urandom >"$JOURNAL"
check "the agent starts with a damaged journal" lab_agent
check "it says so" grep -q 'journal was damaged: moved to' "$LAB/mxdpd.log"
check_equal "it is moved aside" "$(find "$LAB/state" -name 'journal.db.bad-*' | wc -l)" 1
flows damaged
check "restart" restart
check_equal "the new one is kept" "$(lab_verdict $BOT)" helo-our-address

lab_agent_stop
coproc LOCKER { sqlite3 "$JOURNAL"; }
locker=$LOCKER_PID
echo "BEGIN IMMEDIATE; SELECT 'locked';" >&"${LOCKER[1]}"
read -r answer <&"${LOCKER[0]}"
check_equal "somebody holds the journal" "$answer" locked
check "the agent starts all the same" lab_agent
check "status says so" says 'another program holds it'
check_equal "without what it could not read" "$(lab_verdict $BOT)" ""
lab_agent_stop
printf 'ROLLBACK;\n.quit\n' >&"${LOCKER[1]}"
check "it is let go" wait "$locker"
check "the agent starts" lab_agent
check_equal "and nothing was lost" "$(lab_verdict $BOT)" helo-our-address

lab_agent_stop
sqlite3 "$JOURNAL" 'PRAGMA user_version = 99; PRAGMA journal_mode = DELETE' >/dev/null
sum=$(sha256sum <"$JOURNAL")
check "the agent starts with a journal of a newer version" lab_agent
check "status says so" says 'version 99'
check_equal "it is left alone" "$(sha256sum <"$JOURNAL")" "$sum"
lab_done
