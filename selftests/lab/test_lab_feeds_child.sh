#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What happens to the processes that fetch: a reader that dies or hangs costs that one update, a
# keeper that does costs all that would have come. What is in force stays, and the words say so.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

mkdir -p "$LAB/lists"
mkfifo "$LAB/lists/fifo"
echo 198.51.100.10 >"$LAB/lists/other"
feed_section pipe "file://$LAB/lists/fifo" 'action = drop' 'timeout = 1s' 'guard = 0'
feed_section other "file://$LAB/lists/other" 'action = reset' 'guard = 0'

# A FIFO that somebody holds open, and nobody writes to: whoever reads it waits.
exec 7<>"$LAB/lists/fifo"

reader()
{
    pgrep -x mxdpd-feed
}

no_reader()
{
    ! reader
}

# What is written to it ends where nobody has it open any more.
piped()
{
    exec 7>&-
    lab_ctl feeds sync pipe >"$LAB/piped" 2>&1 &
    timeout 10 sh -c "echo '$*' >'$LAB/lists/fifo'"
    wait $!
    exec 7<>"$LAB/lists/fifo"
}

# hurt SIGNAL: the reader of the FIFO gets it; sync's exit code and words stay.
hurt()
{
    lab_ctl feeds sync pipe >"$LAB/hurt" 2>&1 &
    lab_wait 10 reader >/dev/null || return 1
    kill -s "$1" "$(reader)"
    wait $!
}

lab_agent 7>&- || lab_die "mxdpd does not start"
check "a list is there" lab_wait 10 feed_is other state ok
check "one that a pipe brings, too" lab_wait 10 piped 198.51.100.20
check "it stops whom it lists" lab_wait 5 feed_stops 198.51.100.20

echo "# readers"
for signal in SEGV KILL XCPU; do
    check_exit 1 "SIG$signal: sync fails" hurt $signal
    check "SIG$signal: in words" feed_says pipe "killed by signal .*SIG$signal"
    check_equal "SIG$signal: the state" "$(feed_field pipe state)" failing
    check "SIG$signal: what is in force stays" feed_stops 198.51.100.20
done
check_exit 1 "stopped: sync fails" hurt STOP
check "stopped: in words" feed_says pipe 'did not end within 11 s, and was killed'
check_equal "stopped: no reader is left" "$(reader | wc -l)" 0
echo 198.51.100.11 >"$LAB/lists/other"
check "others are fetched as ever" lab_ctl feeds sync other
check_exit 3 "and in force" lab_bot 198.51.100.11 "$MX4" connect
check "the next update of the hurt one is as any" piped 198.51.100.21
check "and in force" lab_wait 5 feed_stops 198.51.100.21
check_equal "no failure is left" "$(feed_field pipe state) $(feed_field pipe error)" "ok "

echo "# a keeper that hangs"
kill -s STOP "$(pgrep -x mxdpd-keeper)"
lab_ctl feeds sync pipe >"$LAB/hung" 2>&1 &
sync=$!
check "nothing of it is felt" feed_stops 198.51.100.21
given_up()
{
    lab_status '.notes[]' | grep -q 'feeds are not fetched any more.* the feed process does not answer'
}
check "it is given up" lab_wait 60 given_up
check_exit 1 "sync ends, and fails" wait $sync
check "in words" grep -q 'the feed process does not answer' "$LAB/hung"
check "what is in force stays" feed_stops 198.51.100.21
check_exit 1 "sync says it at once" lab_ctl feeds sync other
check "of each feed" feed_says other 'the feed process does not answer'
check "mxdpd ends well" lab_agent_stop
none_left()
{
    ! pgrep -x 'mxdpd-(keeper|feed)'
}
# Nobody may end it but root: mxdpd has given that up. It ends itself, when it looks up.
kill -s CONT "$(pgrep -x mxdpd-keeper)"
check "it ends as soon as it can" lab_wait 5 none_left

echo "# a keeper that dies"
lab_agent 7>&- || lab_die "mxdpd does not start again"
check "in force from disk" lab_wait 5 feed_stops 198.51.100.21
lab_ctl feeds sync pipe >"$LAB/died" 2>&1 &
sync=$!
check "a reader waits" lab_wait 10 reader
kill -s KILL "$(pgrep -x mxdpd-keeper)"
check_exit 1 "sync fails" wait $sync
check "in words" grep -q 'the feed process has ended' "$LAB/died"
check "its reader goes with it" lab_wait 5 no_reader
check "status says what to do" grep -q 'feeds are not fetched any more, start mxdpd again' \
    <(lab_status '.notes[]')
check "and the log" grep -q 'the process that fetches the feeds has ended' \
    <(lab_ctl log --event feed)
check "what is in force stays" feed_stops 198.51.100.21
check "blocking by hand works" lab_ctl block 198.51.100.30
check "a new configuration does" kill -s HUP "$AGENT"
check "and keeps what is in force" feed_stops 198.51.100.21
check "mxdpd ends well" lab_agent_stop
lab_agent 7>&- || lab_die "mxdpd does not start again"
check "the next one fetches" lab_ctl feeds sync other
check "mxdpd ends well" lab_agent_stop
lab_done
