#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A feed that is too old counts for nothing, whoever finds that out: the agent, the next one by what
# stands on disk, or the kernel alone. Nobody waits for max_age here: what stands on disk about the
# last check is put back.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up
feeds_nginx

echo 198.51.100.10 | feed_put drops.txt
echo 198.51.100.20 | feed_put scores.txt
printf '198.51.100.30\n198.51.100.0/29\n' | feed_put allows.txt
printf '198.51.100.1\n198.51.100.11\n' >"$LAB/www/near.txt"
echo 198.51.100.12 >"$LAB/www/far.txt"
feed_section drops $FEED_WEB/drops.txt 'action = drop' 'interval = 1m' 'max_age = 75s'
feed_section scores $FEED_WEB/scores.txt 'points = 9' 'interval = 1m' 'max_age = 75s'
feed_section allows $FEED_WEB/allows.txt 'action = allow' 'interval = 1m' 'max_age = 75s'
feed_section near "file://$LAB/www/near.txt" 'action = drop'
feed_section far "file://$LAB/www/far.txt" 'action = reset'

# checked_before SECONDS FEED...: what the next agent reads of when its source was last heard.
checked_before()
{
    local before=$1 feed
    shift

    for feed in "$@"; do
        echo $(($(date +%s) - before)) >"$LAB/state/feeds/$feed.checked"
    done
}

# in_state STATE FEED...
in_state()
{
    local state=$1 feed
    shift

    for feed in "$@"; do
        feed_is "$feed" state "$state" || return 1
    done
}

gone()
{
    [ -z "$(lab_verdict "$1")" ]
}

lab_agent || lab_die "mxdpd does not start"
check "all are fetched" lab_wait 15 in_state ok drops scores allows near far
check "what drops stops" lab_wait 5 feed_stops 198.51.100.10
check "listed, with a bad HELO" lab_bot 198.51.100.20 "$MX4" helo localhost
check "is blocked" lab_wait 5 lab_is_blocked 198.51.100.20
check "who is listed and allowed passes" feed_lets 198.51.100.1
check "mxdpd ends well" lab_agent_stop

# From here on the sources are away.
feeds_nginx_stop
checked_before 57 drops scores allows
lab_agent || lab_die "mxdpd does not start"
check "from disk they count still" lab_wait 5 feed_stops 198.51.100.10
check_equal "as young as they are" "$(feed_field drops counts)" true
check "nor is the verdict taken back" lab_is_blocked 198.51.100.20
check "a good minute after the last word of their source they do not" \
    lab_wait 30 in_state stale drops scores allows
check "what drops lets pass" lab_wait 5 feed_lets 198.51.100.10
check "in words" feed_says drops 'current .* ago, so it blocks nothing; '
check "which end with why it is not fetched" feed_says drops 'port 8080'
check "a feed of the same action stops as ever" feed_stops 198.51.100.11
check "the verdict that needed the points is taken back" lab_wait 5 gone 198.51.100.20
check "whom only an old feed allows is stopped where listed" lab_wait 5 feed_stops 198.51.100.1
check "and can be blocked" lab_ctl block 198.51.100.30
for feed in drops scores allows; do
    check "status says so of $feed" grep -q "^feed $feed: stale" <(lab_status '.notes[]')
    check "and the log" grep -q "$feed is too old" <(lab_ctl log --event feed)
done

feeds_nginx
check "the sources are there again" lab_ctl feeds sync drops allows
check "what drops stops again" lab_wait 5 feed_stops 198.51.100.10
check "who is allowed passes again" lab_wait 5 feed_lets 198.51.100.1
check_equal "and what was blocked meanwhile is not any more" "$(lab_verdict 198.51.100.30)" ""
check "mxdpd ends well" lab_agent_stop

# A clock that stood in the future when the source was last heard says nothing of how old it is.
feeds_nginx_stop
checked_before -86400 drops
lab_agent || lab_die "mxdpd does not start"
check "checked tomorrow is soon too old" lab_wait 25 feed_is drops state stale
check "and stops nobody" lab_wait 5 feed_lets 198.51.100.10
check "mxdpd ends well" lab_agent_stop

# Nobody is there to take it out: the kernel knows its end.
checked_before 57 drops
lab_agent || lab_die "mxdpd does not start"
check "in force again" lab_wait 5 feed_stops 198.51.100.10
check "kill -9" lab_agent_kill
check "without an agent, too" feed_stops 198.51.100.10
check "until it is too old" lab_wait 30 feed_lets 198.51.100.10
check_exit 3 "another action's goes on" lab_bot 198.51.100.12 "$MX4" connect
check_equal "the gate is still there" "$(lab_programs)" 2

# A list that says itself when it ends.
sed -i '/feed "drops"/,/^}/d' "$LAB/mxdp.conf"
feed_section own "file://$LAB/www/own.txt" 'action = drop' 'format = rbldnsd-ip4set'
{
    date -u "+\$TIMESTAMP %Y:%m:%d:%H:%M:%S +70s"
    echo 198.51.100.40
} >"$LAB/www/own.txt"
lab_agent || lab_die "mxdpd does not start"
check "a list with an end of its own is in force" lab_wait 5 feed_stops 198.51.100.40
check "up to then" lab_wait 20 feed_is own state stale
check "and a moment less, so that others of its set stay" lab_wait 5 feed_lets 198.51.100.40
check "in words" feed_says own 'by its own word it ends in .*, so it blocks nothing'
check "mxdpd ends well" lab_agent_stop
lab_done
