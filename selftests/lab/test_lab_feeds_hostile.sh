#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a web server may do to a list: whatever comes, the last good stays in force, and the words
# say why.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up
feeds_nginx

good_list()
{
    for i in $(seq 1 2 99); do
        echo "198.51.100.$i"
    done
}

good_list | feed_put list.txt
seq -f "198.51.100.%g" 200 220 | feed_put wide.txt
# Private addresses come from the net as well: nothing on the way stops them.
ip -n wan route add local 10.20.30.0/24 dev lo
feed_section list $FEED_WEB/list.txt 'action = drop' 'max_size = 512K' 'max_unpacked = 1M' 'timeout = 5s'
feed_section wide $FEED_WEB/wide.txt 'action = drop' 'guard = 0'
lab_agent || lab_die "mxdpd does not start"
check "the list is fetched" lab_wait 15 feed_is list state ok
check "and in force" lab_wait 5 feed_stops 198.51.100.1
check "asked again it is the same" lab_ctl feeds sync list
check_more "304, says nginx" "$(grep -c 'list.txt HTTP/1.1" 304' "$LAB/nginx/access.log")" 0
check_equal "which is as good as the list" "$(feed_field list words) $(feed_field list entries)" "ok 50"
check "and leaves it in force" feed_stops 198.51.100.99
check "networks that no list may hold" lab_wait 15 feed_is wide state ok

# bad STATE WORDS TEXT: what lies there now is asked for.
bad()
{
    check_exit 1 "$3: sync fails" lab_ctl feeds sync list
    check_equal "$3: the state" "$(feed_field list state)" "$1"
    check "$3: the words" feed_says list "$2"
    check_equal "$3: the entries" "$(feed_field list entries)" 50
    check "$3: the last good is in force" feed_stops 198.51.100.99
}

good_list | gzip | head -c 60 | feed_put list.txt
bad failing 'gzip' "a gzip that is cut"
echo "<!DOCTYPE html><html><body>Please log in</body></html>" | feed_put list.txt
bad failing 'HTML' "a page with 200"
: | feed_put list.txt
bad failing 'empty' "an empty file"
yes 198.51.100.1 | head -c 50M | gzip -9 | feed_put list.txt
bad failing 'unpack' "a gzip bomb"
# A server that takes its time has none of ours.
good_list | feed_put list.txt
touch "$LAB/stall"
lab_ctl feeds sync list >"$LAB/stalled" 2>&1 &
check "while a server stalls others are answered" lab_wait 4 feed_is list state fetching
wait $!
bad failing 'not there after 5 s' "a server that stalls"
rm "$LAB/stall"
echo 'location = /list.txt { return 302 ftp://127.0.0.1/list.txt; }' >"$LAB/nginx/to.more"
nginx_again()
{
    kill -s HUP "$(cat "$LAB/nginx/pid")"
    lab_wait 10 answers "$1"
}
answers()
{
    lab_in mta curl -s -o /dev/null -w '%{http_code}' "$FEED_WEB/list.txt" | grep -q "$1"
}
check "nginx leads elsewhere" nginx_again 302
bad failing 'redirects to ftp' "a redirect to another protocol"
rm "$LAB/nginx/to.more"
check "nginx has it again" nginx_again 200
good_list | head -20 | feed_put list.txt
bad held '60' "three fifths gone"
check_more "and is asked again when that may confirm it" 601 "$(feed_field list next_in)"
check_more "status says so" "$(lab_status '.notes[]' | grep -c 'feed list: held back')" 0
check "an administrator who says that it is right" lab_ctl feeds sync list --force
check_equal "is believed" "$(feed_field list entries)" 20
check "and what left passes" lab_wait 5 feed_lets 198.51.100.99
check "what stayed does not" feed_stops 198.51.100.1

{
    seq -f "198.51.100.%g" 200 220
    echo 10.0.0.0/8
    echo 0.0.0.0/0
    echo 203.0.113.0/24
    echo 198.51.100.230
} | feed_put wide.txt
check "private networks and the world in a list" lab_ctl feeds sync wide
check "the world was refused, with its line" sh -c \
    "$LAB_BUILD/mxdpctl --socket $LAB/mxdp.sock feeds wide | grep 0.0.0.0/0"
check "what else it lists is stopped" lab_wait 5 feed_stops 198.51.100.230
check "who is not listed passes" feed_lets 198.51.100.2
check "so does a private address" feed_lets 10.20.30.40
check "and one of our own network" feed_lets 203.0.113.1
check_equal "one line could not be used" "$(feed_field wide unusable)" 1

check "mxdpd ends well" lab_agent_stop
lab_done
