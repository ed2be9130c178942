#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mxdpd's own log, read by those that people have: a real systemd-journald, a real rsyslogd and
# fail2ban's own reader. One event is one line with the fields that are documented, whatever a
# client says; who knocks without end fills no log; and where a receiver is gone, it is said.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"

BOT=198.51.100.7
BOT6=2001:db8:100:7::7
LOUD=198.51.100.66
# It would clear a screen, begin a line, name a field and have somebody else banned.
EVIL=$'\x1b[2Jx MXDP_ADDRESS=192.0.2.99 mxdpd: block 192.0.2.99 on mx for 1 s: x'

journald=/lib/systemd/systemd-journald
[ -x $journald ] || journald=/usr/lib/systemd/systemd-journald
for program in "$journald" rsyslogd fail2ban-regex; do
    command -v "$program" >/dev/null || lab_die "$program is missing: run scripts/deps test"
done
lab_up

# A /dev of our own, in which rsyslogd may make /dev/log.
mkdir "$LAB/dev"
mount --rbind /dev "$LAB/dev"
mount -t tmpfs -o mode=0755 lab /dev
for node in "$LAB"/dev/*; do
    [ "${node##*/}" = log ] || ln -s "$node" /dev/
done

# --- who reads -----------------------------------------------------------------------------------

journald_up()
{
    "$journald" >"$LAB/journald.out" 2>&1 &
    JOURNALD=$!
    lab_wait 10 test -S /run/systemd/journal/socket
}

down()
{
    kill "$1" && wait "$1" 2>/dev/null
    true
}

entries()
{
    journalctl -D /run/log/journal --no-pager -q -o json SYSLOG_IDENTIFIER=mxdpd "$@" 2>/dev/null
}

# in_journal FILTER [MATCH...]: jq's filter holds for some entry.
in_journal()
{
    local filter=$1
    shift
    entries "$@" | jq -es "any(.[]; $filter)" >/dev/null
}

rsyslog_up()
{
    cat >"$LAB/rsyslog.conf" <<END
global(workDirectory="$LAB")
module(load="imuxsock" SysSock.RateLimit.Interval="0")
module(load="mmjsonparse")
template(name="fields" type="string"
    string="%\$!event% %\$!address% %\$!blocked% %\$!ttl%\n")
mail.* action(type="omfile" file="$LAB/rsyslog.log")
action(type="mmjsonparse")
if \$parsesuccess == "OK" then action(type="omfile" file="$LAB/rsyslog.fields" template="fields")
END
    rsyslogd -n -f "$LAB/rsyslog.conf" -i "$LAB/rsyslog.pid" >"$LAB/rsyslog.out" 2>&1 &
    RSYSLOGD=$!
    lab_wait 10 test -S /dev/log
}

log_has()
{
    grep -qE "$1" "$LAB/$2"
}

found_again()
{
    [ "$(grep -c 'the log goes to journald again' "$LAB/mxdpd.log")" = "$1" ]
}

# configure LINE...: the section log, read anew.
configure()
{
    local before

    before=$(lab_ctl log --event note --json -n 1000 | grep -c 'read anew')
    {
        echo "known_bots = {ylmf-pc}"
        echo "log {"
        printf '%s\n' "$@"
        echo "}"
    } >"$LAB/mxdp.conf"
    kill -s HUP "$AGENT"
    lab_wait 10 read_anew "$before"
}

read_anew()
{
    [ "$(lab_ctl log --event note --json -n 1000 | grep -c 'read anew')" -gt "$1" ]
}

# offend ADDR NAME: a bot of that name is blocked, and set free again for the next time.
offend()
{
    local server=$MX4

    [[ $1 != *:* ]] || server=$MX6
    lab_bot "$1" "$server" helo "$2" >"$LAB/bot.out" 2>&1
    lab_wait 5 lab_is_blocked "$1" && lab_ctl unblock "$1" >/dev/null && lab_ctl unallow "$1" >/dev/null
}

fields()
{
    "$LAB_BUILD/man/tables" fields | sed -n 's/^\.It Li //p' | sed 's/\\//g'
}

# unknown_in: names on standard input that the table does not have.
unknown_in()
{
    sort -u | grep -vxF -f <(fields)
}

lab_agent || lab_die "mxdpd does not start"
check_equal "standard error, where nothing was asked for" "$(lab_status .log.to)" stderr

echo "# JSON on standard error"
check "SIGHUP" configure "format = json"
check "a bot is blocked" offend $BOT "$EVIL"
check "over IPv6 too" offend $BOT6 ylmf-pc
check "by hand" lab_ctl block 192.0.2.66 --for 1h
check "and taken back" lab_ctl unblock 192.0.2.66
json()
{
    grep '^{' "$LAB/mxdpd.log" | jq -es "any(.[]; $1)"
}
check "a verdict" json '.event == "verdict" and .address == "'$BOT'" and .verdict == "block"
    and .level == "info" and .enforced and (.findings | length) > 0'
check "of IPv6" json '.event == "verdict" and .address == "'$BOT6'" and .cause == "helo-known-bot"'
check "an unblock" json '.event == "unblock" and .address == "192.0.2.66" and .why == "mxdpctl"'
check "every line is an object" jq -es . <(sed -n '/^{/,$p' "$LAB/mxdpd.log")
check_equal "with the fields that are documented, and no others" \
    "$(sed -n '/^{/,$p' "$LAB/mxdpd.log" | jq -r 'keys[]' | unknown_in)" ""
check_equal "so has mxdpctl, but for sessions" "$(lab_ctl log --json -n 1000 |
    jq -r 'select(.event != "session") | keys[]' | unknown_in)" ""
# why_not is of a verdict that does not block; test_lab_knocks.sh has the other two.
check_equal "all of a verdict's are there" "$(grep '^{' "$LAB/mxdpd.log" | jq -r 'keys[]' | sort -u | xargs)" \
    "$(fields | grep -vxE 'why_not|syns|span' | sort | xargs)"

echo "# fail2ban's own reader"
: >"$LAB/mxdpd.log"
check "SIGHUP" configure "format = fail2ban"
for i in 1 2 3; do
    check "bot $i is blocked" offend 198.51.100.10$i "$EVIL"
done
check "over IPv6 too" offend $BOT6 ylmf-pc
lab_ctl log --format fail2ban -n 1000 >"$LAB/fail2ban.log"
# matched FILE [OPTION...]: whom fail2ban would ban, each time it would.
matched()
{
    local file=$1
    shift
    fail2ban-regex -o ip "$@" "$file" "$LAB_TOP/contrib/fail2ban/mxdp.conf" 2>&1
}
banned=$(printf '198.51.100.10%d\n' 1 2 3 && echo $BOT6)
check_equal "bans whom mxdpd blocked, and nobody else" "$(matched "$LAB/mxdpd.log")" "$banned"
check_equal "and by mxdpctl log" "$(matched "$LAB/fail2ban.log" | tail -n 4)" "$banned"
check_equal "all that mxdpctl says so" "$(matched "$LAB/fail2ban.log" | wc -l)" 6
check_equal "it finds the time of each line" \
    "$(fail2ban-regex "$LAB/fail2ban.log" "$LAB_TOP/contrib/fail2ban/mxdp.conf" |
        sed -n 's/^Lines: \([0-9]* lines, [0-9]* ignored, [0-9]* matched, [0-9]* missed\).*/\1/p')" \
    "6 lines, 0 ignored, 6 matched, 0 missed"
check "what would have been blocked is another word" grep -q would-block <(
    lab_ctl mode monitor >/dev/null
    lab_bot 198.51.100.104 "$MX4" helo ylmf-pc >"$LAB/bot.out" 2>&1
    lab_wait 5 lab_is_blocked 198.51.100.104
    lab_ctl mode enforce >/dev/null
    lab_ctl log --format fail2ban -n 1000)
check_equal "that nobody is banned for" "$(matched "$LAB/mxdpd.log" | wc -l)" 4
check_equal "unless wanted" \
    "$(fail2ban-regex -o ip "$LAB/mxdpd.log" "$LAB_TOP/contrib/fail2ban/mxdp.conf[what='would-block']")" \
    198.51.100.104

echo "# one that is loud"
check "SIGHUP" configure "rate = 3"
for i in 1 2 3 4 5; do
    offend $LOUD ylmf-pc || not_ok "it is blocked the ${i}th time"
done
check_equal "three lines are written" "$(grep -c "block.* $LOUD on mx" "$LAB/mxdpd.log")" 3
check_more "the rest is counted" "$(lab_status .log.left_out)" 6
check_equal "and all stands in mxdpctl log" \
    "$(lab_ctl log --client $LOUD --event verdict --json | wc -l)" 5

echo "# journald"
check "SIGHUP, and journald is not there" configure "to = journald" "rate = 0"
lab_ctl block 192.0.2.66 --for 1h >/dev/null
check "the log says so" lab_wait 5 log_has 'journald does not answer at .*No such file' mxdpd.log
check "and goes on" lab_wait 5 log_has '^mxdpd: block: 192.0.2.66' mxdpd.log
check_equal "status says so, and what to do" "$(lab_status '.notes[]' |
    grep -c 'journald does not answer.*start it, or set log.to')" 1
check "a journald" journald_up
check "is found" lab_wait 10 found_again 1
check "a bot is blocked" offend $BOT "$EVIL"
check "over IPv6 too" offend $BOT6 ylmf-pc
check "its entry has fields" lab_wait 10 in_journal '.MXDP_VERDICT == "block" and .PRIORITY == "6"
    and .SYSLOG_FACILITY == "2" and .MXDP_ENFORCED == "true" and (.MESSAGE | startswith("block '$BOT' on mx"))' \
    MXDP_EVENT=verdict MXDP_ADDRESS=$BOT
check "each finding is one" lab_wait 10 in_journal '.MXDP_CAUSE == "helo-known-bot"' \
    MXDP_FINDINGS=helo-known-bot MXDP_ADDRESS=$BOT6
check_equal "no client adds any" "$(entries MXDP_ADDRESS=192.0.2.99)" ""
check_equal "they are documented" \
    "$(entries | jq -r 'keys[]' | sed -n 's/^MXDP_//p' | tr '[:upper:]' '[:lower:]' | unknown_in)" ""
check_equal "no byte of them is binary" \
    "$(entries | jq -r '.[] | select(type == "array") | select(all(.[]; type == "number"))')" ""
check_equal "status has nothing to say" "$(lab_status .log.problem)" null

down "$JOURNALD"
lab_ctl block 192.0.2.67 --for 1h >/dev/null
check "one that has gone is noticed" lab_wait 5 log_has '^mxdpd: block: 192.0.2.67' mxdpd.log
rm -f /run/systemd/journal/socket
check "a new one" journald_up
check "is found" lab_wait 10 found_again 2
lab_ctl block 192.0.2.68 --for 1h >/dev/null
check "and told" lab_wait 10 in_journal '.MESSAGE | startswith("block: 192.0.2.68")' MXDP_EVENT=block

echo "# one that hangs"
kill -s STOP "$JOURNALD"
check "it holds nobody up" lab_ctl mode enforce
for i in $(seq 300); do
    echo "192.0.2.$((i % 100)) # $i"
done >"$LAB/many"
check "however much is said" lab_ctl block - --for 1h <"$LAB/many"
check "and done" lab_ctl unblock - <"$LAB/many"
kill -s CONT "$JOURNALD"
check "it gets all of it" lab_wait 20 in_journal '.MXDP_WHY == "mxdpctl"' MXDP_BLOCKED=192.0.2.99
check_equal "nothing was lost" "$(lab_status .log.lost)" 0

echo "# syslog"
check "rsyslogd" rsyslog_up
check "SIGHUP" configure "to = syslog"
check "a bot is blocked" offend $BOT "$EVIL"
check "it stands in the mail log" lab_wait 10 log_has " mxdpd\[$AGENT\]: block $BOT on mx for" rsyslog.log
check_equal "and in no line of its own making" "$(grep -c '^.\{0,60\}block 192.0.2.99' "$LAB/rsyslog.log")" 0
check "SIGHUP" configure "to = syslog" "facility = local3"
lab_ctl block 192.0.2.70 --for 1h >/dev/null
check "SIGHUP" configure "to = syslog" "format = json"
check "a bot is blocked" offend $BOT6 ylmf-pc
check "its fields are read" lab_wait 10 log_has "^verdict $BOT6 $BOT6 1800" rsyslog.fields
check_equal "another facility went elsewhere" "$(grep -c 192.0.2.70 "$LAB/rsyslog.log")" 0
down "$RSYSLOGD"
check "a new rsyslogd" rsyslog_up
check "a bot is blocked" offend $BOT ylmf-pc
check "is found" lab_wait 10 log_has "^verdict $BOT $BOT [0-9]" rsyslog.fields

echo "# the end, and a start with another log"
check "SIGTERM" lab_agent_stop
check "its last words" lab_wait 10 log_has "signal 15: ending" rsyslog.log
nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
    --pin-dir "$PIN_DIR" --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" eth0 >>"$LAB/mxdpd.log" 2>&1 &
AGENT=$!
check "its first" lab_wait 15 log_has '"message":"ready"' rsyslog.log
check "SIGHUP" configure "to = auto" "rate = 3"
for i in 1 2 3 4 5; do
    offend $LOUD ylmf-pc || not_ok "it is blocked the ${i}th time"
done
check "after a minute it is told what was left out" \
    lab_wait 80 log_has "^mxdpd: 7 more lines about $LOUD were left out" mxdpd.log
check "SIGTERM" lab_agent_stop
lab_done
