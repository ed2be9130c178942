#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Feeds in force: from a real web server into the kernel, over restarts and a killed agent, with
# weights, points, allowed clients, and changes of the configuration.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up
feeds_nginx

feed_put one.txt <<'END'
198.51.100.0/28
198.51.100.40
2001:db8:100:1::/64
END
feed_put two.txt <<'END'
198.51.100.8/29
198.51.100.50
END
printf '198.51.100.60\n198.51.100.61\n' | feed_put half1.txt
printf '198.51.100.61\n198.51.100.62\n' | feed_put half2.txt
printf '198.51.100.70\n198.51.100.71\n' | feed_put score.txt
printf '198.51.100.3\n198.51.100.80\n' | feed_put good.txt
echo 198.51.100.90 >"$LAB/www/file.txt"
echo 'allow = {"198.51.100.5"}' >"$LAB/mxdp.conf"
feed_section one $FEED_WEB/one.txt 'action = drop'
feed_section two $FEED_WEB/two.txt 'action = drop'
feed_section half1 $FEED_WEB/half1.txt 'action = drop' 'weight = 50'
feed_section half2 $FEED_WEB/half2.txt 'action = drop' 'weight = 50'
feed_section score $FEED_WEB/score.txt 'action = score' 'points = 9'
feed_section good $FEED_WEB/good.txt 'action = allow'
printf '198.51.100.75\n' | feed_put users.txt
feed_section users $FEED_WEB/users.txt 'action = drop' 'ports = {submission}'
feed_section file "file://$LAB/www/file.txt" 'action = reset'
lab_agent || lab_die "mxdpd does not start"

for feed in one two half1 half2 score good users file; do
    check "$feed is fetched" lab_wait 15 feed_is $feed state ok
done
check "a listed source is stopped" lab_wait 5 feed_stops 198.51.100.1
check "in both families" feed_stops 2001:db8:100:1::7 "$MX6"
check "who is allowed inside it is not" feed_lets 198.51.100.5
check "nor whom a feed allows" feed_lets 198.51.100.3
check "nor who is not listed" feed_lets 198.51.100.16
check "with half the weight one list does not stop" feed_lets 198.51.100.60
check "two of them do" feed_stops 198.51.100.61
check_exit 3 "a file's list resets" lab_bot 198.51.100.90 "$MX4" connect
check "a list of submission clients lets them send mail" feed_lets 198.51.100.75
check_exit 4 "on their own port they are stopped" \
    lab_bot 198.51.100.75 --port 587 --timeout 1 "$MX4" connect
check "where others get in" lab_bot 198.51.100.76 --port 587 "$MX4" connect
check_exit 1 "whom a feed allows cannot be blocked" lab_ctl block 198.51.100.80
check_equal "explain says which feeds" "$(lab_ctl explain 198.51.100.9 --json |
    jq -rs 'map(select(.about == "feed") | .feed) | join(" ")')" "one two"

# Hits find their feeds; where two list the source, both have it.
check "a source of two is stopped" feed_stops 198.51.100.50
hits_of()
{
    [ "$(feed_field "$1" stopped)" -ge "$2" ]
}
check "and counts for the feed that lists it" lab_wait 5 hits_of two 1
check_equal "not for one that does not" "$(feed_field score stopped)" 0
check_equal "and is told exactly" "$(feed_field two sampled)" false

# Points: alone they never block; with a HELO they do.
check "listed by a feed that scores, and honest" lab_bot 198.51.100.70 "$MX4" helo mail.example.org
check "listed and with a bad HELO" lab_bot 198.51.100.71 "$MX4" helo localhost
check "is blocked" lab_wait 5 lab_is_blocked 198.51.100.71
check_equal "the honest one is not" "$(lab_verdict 198.51.100.70)" ""

# A 304 costs nothing and is as good as the list.
check "sync asks again" lab_ctl feeds sync one
check_more "and nginx says that nothing changed" "$(grep -c 'one.txt HTTP/1.1" 304' \
    "$LAB/nginx/access.log")" 0

# The configuration anew: what only that feed listed leaves, the rest stays.
sed -i '/feed "two"/,/^}/d; /feed "score"/,/^}/d' "$LAB/mxdp.conf"
feed_section late "file://$LAB/www/late.txt" 'action = drop'
echo 198.51.100.91 >"$LAB/www/late.txt"
kill -s HUP "$AGENT"
check "a feed that is gone stops nobody" lab_wait 10 feed_lets 198.51.100.50
check "what another lists as well is still stopped" feed_stops 198.51.100.9
check "a new one is in force" lab_wait 10 feed_stops 198.51.100.91
gone()
{
    [ -z "$(lab_verdict "$1")" ]
}
check "a verdict that needed its points is taken back" lab_wait 10 gone 198.51.100.71
check "allow takes effect" lab_ctl allow 198.51.100.40
check "at once" feed_lets 198.51.100.40
check "unallow" lab_ctl unallow 198.51.100.40
check "and back" lab_wait 5 feed_stops 198.51.100.40

# Killed: the kernel goes on, and so does the next agent, without a network.
feeds_nginx_stop
check "kill -9" lab_agent_kill
check "no gap" feed_stops 198.51.100.1
lab_agent || lab_die "mxdpd does not start again"
check "none with the next one either" feed_stops 198.51.100.1
check "which says that the source is away" lab_wait 10 lab_ctl feeds one
check_exit 1 "sync fails in words" lab_ctl feeds sync one
check "and is told" feed_is one state failing
check "mxdpd ends well" lab_agent_stop
check "nothing is dropped now" feed_lets 198.51.100.1
lab_agent || lab_die "mxdpd does not start from disk"
check "from disk, before any network" lab_wait 10 feed_stops 198.51.100.1
check_equal "never a stall worth a note" "$(lab_status '.notes | map(select(test("process"))) | length')" 0
check "mxdpd ends well" lab_agent_stop
lab_done
