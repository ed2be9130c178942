#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Outcomes while mxdp enforces: what the mail server's log tells earns trust and ends a block, but
# only where somebody was let in since; the report tells the kinds apart and knows reverse names; a
# fall of accepted mail is an alarm, by the hours that an earlier agent kept; and a full disk costs
# the cases and no mail.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/dns.sh
. "$(dirname "$0")/dns.sh"
lab_enter "$@"
lab_up

JOURNAL=$LAB/state/journal.db
BLOCKED=198.51.100.11
WATCHED=198.51.100.12
SPARED=198.51.100.13
FRIEND=198.51.100.14
RARE=198.51.100.15

printf '%s\n' "mail A $WATCHED" "bot A $BLOCKED" | nsd_zone example.org
printf '%s\n' "11 PTR bot.example.org." "12 PTR mail.example.org." |
    nsd_zone 100.51.198.in-addr.arpa
nsd_start
cat >>"$LAB/mxdp.conf" <<END
dns {
    stubs = {"example.org=127.0.0.1@$NSD_PORT", "100.51.198.in-addr.arpa=127.0.0.1@$NSD_PORT"}
    timeout = 2s
}
dns_checks = yes
allow = {"$SPARED"}
pattern "watched" { on = helo match = '^mail\.example\.org' points = 6 }
END

sql()
{
    sqlite3 "$JOURNAL" ".timeout 5000" "$1"
}

# report_of PART KEY: a number of the summary.
report_of()
{
    lab_ctl report --json | jq -r "select(.about == \"summary\") | .$1.$2"
}

report_is()
{
    [ "$(report_of "$1" "$2")" = "$3" ]
}

kinds()
{
    sql "SELECT group_concat(k, ' ') FROM (SELECT kind || ':' || count(*) AS k FROM cases
        GROUP BY kind ORDER BY kind)"
}

has_kinds()
{
    [ "$(kinds)" = "$1" ]
}

# tell ADDR WORD [SECONDS AGO]
tell()
{
    echo "$(date -u -d "@$(($(date +%s) - ${3:-0}))" +%FT%T)Z $1 $2" | lab_ctl outcome -
}

known()
{
    [ "$(sql "SELECT count(*) FROM known WHERE hex(substr(addr, 13)) = '$1'")" = "$2" ]
}

gone()
{
    [ -z "$(lab_verdict "$1")" ]
}

says()
{
    lab_status '.notes[]' | grep -q "$1"
}

# --- trust ---------------------------------------------------------------------------------------

lab_agent || lab_die "mxdpd does not start"
check "the log tells of a mail" tell $FRIEND accepted
check "its sender has earned some trust" lab_wait 5 known C633640E 1
check "it tells of another" tell $FRIEND accepted
check "it tells of a refusal" tell $RARE refused
check "a line of another day" tell $RARE accepted 90000
check_exit 1 "one of a day to come" tell $RARE accepted -90000
check_equal "an hour's mail counts once" "$(sql "SELECT count(*) FROM known")" 1

# --- kinds, while enforcing ----------------------------------------------------------------------

lab_bot $BLOCKED "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "an offender is blocked" lab_wait 5 lab_blocked_for $BLOCKED helo-our-address
lab_bot $WATCHED "$MX4" mail mail.example.org a@example.org user@example.net >"$LAB/bot.out" 2>&1
lab_bot $SPARED "$MX4" mail "[$MX4]" a@example.org nobody@example.net >"$LAB/bot.out" 2>&1
check "the journal tells the kinds apart" lab_wait 10 has_kinds "blocked:1 spared:1 watched:1"
check "so does the report: blocked" lab_wait 10 report_is blocks nothing 1
check_equal "in force" "$(report_of blocks in_force)" 1
check "watched or spared: accepted" lab_wait 10 report_is others accepted 1
check "and refused" lab_wait 10 report_is others refused 1

# --- what was told ends a block ------------------------------------------------------------------

check "the log tells of its mail from before the block" tell $BLOCKED accepted 0
check_equal "nobody was let in since: it stands" "$(lab_verdict $BLOCKED)" helo-our-address
check "in monitor mode it is let in" lab_ctl mode monitor
let_in()
{
    lab_bot "$BLOCKED" "$MX4" connect && tell "$BLOCKED" accepted && gone "$BLOCKED"
}
check "and with an acceptance that is told its block ends" lab_wait 10 let_in
check "also when enforcing" lab_ctl mode enforce
check "and it is served" lab_bot $BLOCKED "$MX4" connect
check_equal "whom a case is open for earns no trust by it" \
    "$(sql "SELECT count(*) FROM known WHERE hex(substr(addr, 13)) = 'C633640B'")" 0
check "the report knows of its mail" lab_wait 5 report_is blocks accepted 1
lab_ctl report >"$LAB/report"
check "and has its reverse name" grep -q "^  $BLOCKED  bot.example.org" "$LAB/report"
check "in words" grep -q '^In the last 7d mxdp has blocked 1 client. Of these:' "$LAB/report"
check_equal "no line is longer than 80" "$(awk 'length > 80' "$LAB/report")" ""

# --- the alarm -----------------------------------------------------------------------------------

check "mxdpd ends well" lab_agent_stop
check_equal "so far nothing was usual" "$(sql "SELECT count(*) FROM hours WHERE hour < strftime('%s') /
    3600 - 1")" 0
# Four days of 300 messages an hour, and none in the last one.
sql "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 98)
    INSERT OR REPLACE INTO hours (hour, told, accepted, minutes)
    SELECT strftime('%s') / 3600 - i, 0, CASE WHEN i < 2 THEN 0 ELSE 300 END,
        CASE i WHEN 0 THEN strftime('%s') / 60 % 60 ELSE 60 END FROM n"
sql "DELETE FROM hours WHERE told"
check "another start" lab_agent
check "status raises the alarm" lab_wait 10 says 'accepted mail has fallen: 0 messages in the last hour'
check "and says what to do" says 'mxdpctl mode monitor --for 2h'
check_equal "the numbers" "$(lab_status '.accepted_mail | "\(.last_hour) \(.usual)"')" "0 300"
check "mxdpd ends well" lab_agent_stop
sql "UPDATE hours SET accepted = 300"
check "another start, with mail as usual" lab_agent
quiet()
{
    [ "$(lab_status .accepted_mail.usual)" = 300 ] && ! says 'accepted mail has fallen'
}
check "is no alarm" lab_wait 10 quiet
check "mxdpd ends well" lab_agent_stop

# --- a full disk ---------------------------------------------------------------------------------

check "a small file system" mount -t tmpfs -o size=512k small "$LAB/state"
check "the agent starts" lab_agent
lab_bot 198.51.100.21 "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "a case is kept" lab_wait 10 report_is blocks clients 1
dd if=/dev/zero of="$LAB/state/filler" bs=4k >"$LAB/dd.out" 2>&1
full()
{
    lab_bot "198.51.100.$((30 + RANDOM % 200))" "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
    says 'journal is not kept.*full'
}
check "the disk runs full, and status says so" lab_wait 20 full
lab_bot 198.51.100.22 "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
check "offenders are blocked all the same" lab_wait 5 lab_blocked_for 198.51.100.22 helo-our-address
check "mail is taken" lab_send 198.51.100.25 "$MX4" full-disk
check "and what is told" tell 198.51.100.25 accepted
lab_status .journal.lost >"$LAB/lost"
check_more "what it cost is counted" "$(cat "$LAB/lost")" 0
check_exit 0 "the report has what was kept, or says why not" sh -c \
    "'$LAB_BUILD/mxdpctl' --socket '$LAB/mxdp.sock' report >'$LAB/report' 2>&1 ||
        grep -q 'cannot read the journal' '$LAB/report'"
check "mxdpd ends well" lab_agent_stop
umount "$LAB/state"
lab_done
