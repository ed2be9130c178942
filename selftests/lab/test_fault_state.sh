#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What mxdpd keeps on disk is damaged, or cannot be kept: the journal cut short, with a spoilt head,
# page or log, also while it is in use; a feed's last good; the networks allowed by hand; a full disk,
# a read-only one. Mail flows and offenders are blocked, what the kernel's maps hold is not lost, and
# what is wrong is said. (A journal that is no database, a full disk and a lock: test_lab_journal.sh.)

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/agree.sh
. "$(dirname "$0")/agree.sh"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

N=0

# flows WHAT: mail is taken and delivered, an offender is blocked and dropped.
flows()
{
    local bot

    N=$((N + 1))
    bot=198.51.100.$((N + 100))
    lab_bot 198.51.100.25 "$MX4" mail mail.example.org "letter-$N-@example.org" user@example.net \
        >"$LAB/bot.out" 2>&1
    check "$1: mail flows" lab_wait 20 lab_delivered "letter-$N-@"
    lab_bot $bot "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
    check "$1: a bot is blocked" lab_wait 20 lab_blocked_for $bot helo-our-address
    check_exit 4 "$1: and dropped" lab_bot $bot "$MX4" connect
}

says()
{
    lab_status '.notes[]' | grep -Eq "$1"
}

logged()
{
    grep -Eq "$1" "$LAB/mxdpd.log"
}

stands()
{
    [ "$(lab_verdict 192.0.2.66)" = manual ] && [ "$(lab_verdict 203.0.112.0/24)" = manual ]
}

# --- the journal ---------------------------------------------------------------------------------

# Bytes of noise at an offset of a file, which keeps its length.
spoil()
{
    head -c "$3" /dev/urandom | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

size_of()
{
    stat -c %s "$1"
}

damage()
{
    case $1 in
    half) truncate -s $(($(size_of "$JOURNAL") / 2)) "$JOURNAL" ;;
    head-only) truncate -s 100 "$JOURNAL" ;;
    head) spoil "$JOURNAL" 0 100 ;;
    pages) spoil "$JOURNAL" 4096 $(($(size_of "$JOURNAL") - 4096)) ;;
    log) spoil "$JOURNAL-wal" 32 $(($(size_of "$JOURNAL-wal") - 32)) ;;
    log-cut) truncate -s $(($(size_of "$JOURNAL-wal") / 2)) "$JOURNAL-wal" ;;
    esac
}

# The journal's file alone, without its log: what is damaged below is read.
settle()
{
    sqlite3 "$JOURNAL" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
}

lab_agent || lab_die "mxdpd does not start"
check "a block" lab_ctl block 192.0.2.66 --for 2h
check "one of a network" lab_ctl block 203.0.112.0/24 --for 2h
check "one that is taken back" lab_ctl block 192.0.2.67 --for 2h
check "is taken back" lab_ctl unblock 192.0.2.67
check "others" lab_ctl block - --for 2h < <(for i in {0..999}; do echo "30.0.$((i / 256)).$((i % 256))"; done)
check "the journal has them" lab_wait 20 agree
for kind in half head-only head pages log log-cut; do
    check "$kind: kill -9" lab_agent_kill
    [[ $kind == log* ]] || settle
    check "$kind: the journal is damaged" damage "$kind"
    check "$kind: mxdpd starts" lab_agent
    check "$kind: what the maps hold stands" stands
    check_equal "$kind: what was taken back stays away" "$(lab_verdict 192.0.2.67)" ""
    [[ $kind == log* ]] || check "$kind: it says so" lab_wait 20 logged 'journal was damaged: moved to'
    check "$kind: map and journal agree again" lab_wait 20 agree
    flows "$kind"
    check "$kind: a stop" lab_agent_stop
    check "$kind: a start" lab_agent
    check "$kind: all of it is there from the new journal" stands
    check_equal "$kind: and nothing else" "$(lab_verdict 192.0.2.67)" ""
    check "$kind: map and journal agree" lab_wait 20 agree
done

settle
check "the journal is damaged while it is in use" damage pages
lab_ctl block 192.0.2.71 --for 2h >/dev/null
lab_ctl flush --by nobody >/dev/null 2>&1
moved()
{
    lab_ctl block 192.0.2.72 --for 2h >/dev/null
    logged 'journal was damaged: moved to' && agree
}
check "in use: it says so, and a new one holds all" lab_wait 20 moved
flows "in use"
lab_agent_stop
lab_agent
check "in use: and keeps it" stands
check_equal "in use: the last words, too" "$(lab_verdict 192.0.2.71)" manual

# --- a feed's last good --------------------------------------------------------------------------

lab_agent_stop
mkdir -p "$LAB/www"
seq -f '20.3.0.%g' 1 200 >"$LAB/www/list.txt"
feed_section list "file://$LAB/www/list.txt" 'action = drop' 'guard = 1000'
CACHE=$LAB/state/feeds/list.feed
for kind in cut head noise; do
    check "feed, $kind: mxdpd starts" lab_agent
    check "feed, $kind: it is in force" lab_wait 20 feed_would_stop 20.3.0.7
    lab_agent_stop
    mv "$LAB/www/list.txt" "$LAB/www/away.txt"
    case $kind in
    cut) truncate -s $(($(size_of "$CACHE") / 2)) "$CACHE" ;;
    head) spoil "$CACHE" 0 32 ;;
    noise) spoil "$CACHE" $(($(size_of "$CACHE") / 2)) 64 ;;
    esac
    check "feed, $kind: mxdpd starts with a damaged last good and no source" lab_agent
    check "feed, $kind: it says so" lab_wait 20 logged 'last good of list cannot be used'
    check_exit 1 "feed, $kind: it is not in force" feed_would_stop 20.3.0.7
    check "feed, $kind: the damaged one is kept aside" test -s "$CACHE.bad"
    flows "feed, $kind"
    mv "$LAB/www/away.txt" "$LAB/www/list.txt"
    check "feed, $kind: its source is back" lab_ctl feeds sync list
    check "feed, $kind: it is in force" lab_wait 20 feed_would_stop 20.3.0.7
    lab_agent_stop
done

# --- what was allowed by hand --------------------------------------------------------------------

STATE=$LAB/state/state.json
allowed()
{
    lab_ctl allow --json | grep -q "\"$1\""
}
check "mxdpd starts" lab_agent
check "an allowance" lab_ctl allow 192.0.2.99
kept()
{
    grep -q "$1" "$STATE"
}
check "is kept" lab_wait 20 kept 192.0.2.99
lab_agent_stop
truncate -s $(($(size_of "$STATE") / 2)) "$STATE"
cp "$STATE" "$LAB/damaged"
check "mxdpd starts with a damaged state" lab_agent
check "it says so" says 'allowed by hand'
check_exit 1 "nobody is allowed by it" allowed 192.0.2.99
check "another allowance" lab_ctl allow 192.0.2.98
check "is kept" lab_wait 20 kept 192.0.2.98
check "what was damaged is kept aside" cmp "$LAB/damaged" "$STATE.bad"
flows "state"
lab_agent_stop

# --- a full disk, a read-only one ----------------------------------------------------------------

check "a small file system" mount -t tmpfs -o size=96k small "$LAB/state"
head -c 1M /dev/zero >"$LAB/state/filler" 2>/dev/null
check "mxdpd starts on a full disk" lab_agent
check "an allowance" lab_ctl allow 192.0.2.97
check "is not kept: status says so" lab_wait 20 says 'not kept over a restart.*No space'
check "it holds all the same" allowed 192.0.2.97
check "a feed is in force" lab_wait 20 feed_would_stop 20.3.0.7
unkept()
{
    lab_ctl feeds list --json | grep -q 'cannot be kept.*No space'
}
check "it cannot be kept: feeds says so" lab_wait 20 unkept
flows "full disk"
rm "$LAB/state/filler"
check "there is room again, and an allowance" lab_ctl allow 192.0.2.96
quiet()
{
    ! says 'not kept over a restart'
}
check "is kept: status is quiet" lab_wait 20 quiet
check "kill -9" lab_agent_kill
check "read-only" mount -o remount,ro "$LAB/state"
check "mxdpd starts" lab_agent
check "both are allowed" eval 'allowed 192.0.2.97 && allowed 192.0.2.96'
check "a third" lab_ctl allow 192.0.2.95
check "is not kept: status says so" lab_wait 20 says 'not kept over a restart.*Read-only'
check "the feed is in force" lab_wait 20 feed_would_stop 20.3.0.7
flows "read-only"
check "mxdpd ends well" lab_agent_stop
umount "$LAB/state"
lab_done
