#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Passwords and keys of feeds go to their server and nowhere else: not into logs, status, errors,
# the journal, what is kept, nor the list of processes. A proxy is asked where one is configured.
# And who is asked to wait waits: for a server's Retry-After, for the terms of a known list.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

mkdir -p "$LAB/nginx"
printf 'frieda:%s\n' "$(openssl passwd -apr1 pa55Sesame)" >"$LAB/nginx/users"
chmod 0644 "$LAB/nginx/users"
cat >"$LAB/nginx/secrets.more" <<END
location /basic/ { alias $LAB/www/; auth_basic lists; auth_basic_user_file $LAB/nginx/users; }
location /key/ { if (\$http_x_key != k3ySesame) { return 403; } alias $LAB/www/; }
location /busy { add_header Retry-After 7000 always; return 429; }
END
# What a proxy is asked for is a whole URL.
cat >"$LAB/nginx/proxy.server" <<END
server {
    listen 127.0.0.1:3128;
    access_log $LAB/nginx/proxied.log;
    location / { proxy_pass http://127.0.0.1:8080; }
}
END
feeds_nginx
echo 198.51.100.10 | feed_put basic.txt
echo 198.51.100.11 | feed_put key.txt
echo 198.51.100.12 | feed_put far.txt

feed_section basic $FEED_WEB/basic/basic.txt 'action = drop' 'username = "frieda"' \
    'password = "pa55Sesame"'
feed_section key $FEED_WEB/key/key.txt 'action = drop' 'headers = {"X-Key: k3ySesame"}'
feed_section denied $FEED_WEB/basic/basic.txt 'action = drop' 'username = "frieda"' \
    'password = "wr0ngSesame"'
feed_section refused $FEED_WEB/key/key.txt 'action = drop' 'headers = {"X-Key: wr0ngSesame"}'
feed_section far http://far.example/far.txt 'action = drop' 'proxy = "http://127.0.0.1:3128"'
feed_section no-proxy $FEED_WEB/far.txt 'action = drop' 'proxy = "http://127.0.0.1:1"'
feed_section busy $FEED_WEB/busy 'action = drop'
feed_section stuck rsync://127.0.0.1:8730/lists/list.txt 'action = drop' 'username = "frieda"' \
    'password = "pa55Sesame"' 'timeout = 5s'
# Called as a known list, and so under its terms: one fetch an hour.
feed_section psbl $FEED_WEB/none.txt 'action = drop'
feed_section firehol-level1 http://127.0.0.1:1/none.txt 'action = drop'

# An rsync server that takes the call and says nothing.
lab_in mta socat -u TCP4-LISTEN:8730,bind=127.0.0.1,reuseaddr,fork "SYSTEM:sleep 20" &
SILENT=$!
rsync_listens()
{
    lab_in mta ss -Hltn 'sport = :8730' | grep -q .
}
lab_wait 10 rsync_listens || lab_die "socat does not start"

# Words of everything that runs in the lab, as anybody on the host may read them.
processes()
{
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n'
}

http_proxy=http://127.0.0.1:1 lab_agent -v || lab_die "mxdpd does not start"
rsync_runs()
{
    processes | grep -q 'rsync://127.0.0.1:8730/lists/list.txt'
}
check "rsync is at it" lab_wait 10 rsync_runs
processes >"$LAB/processes"
settled()
{
    [ "$(lab_ctl feeds --json | jq -s 'map(select(.state == "fetching" or .state == "loading")) |
        length')" = 0 ]
}
check "all come to an end" lab_wait 30 settled

echo "# they reach their server"
check "with a password, though the environment names a proxy" feed_is basic state ok
check "and in force" lab_wait 5 feed_stops 198.51.100.10
check "with a key" feed_is key state ok
check "with a wrong password" feed_says denied \
    'answered 401: it does not accept the user name and password'
check "with a wrong key" feed_says refused 'answered 403'
check "by a proxy" feed_is far state ok
check "which was asked with the whole URL" grep -q 'GET http://far.example/far.txt' \
    "$LAB/nginx/proxied.log"
check "a proxy that is away is a failure" feed_says no-proxy '127.0.0.1 port 1 '

echo "# and nowhere else"
{
    lab_ctl feeds
    lab_ctl feeds --json
    for feed in basic key denied refused stuck; do
        lab_ctl feeds "$feed"
    done
    lab_ctl feeds sync basic denied refused --force
    lab_ctl status
    lab_ctl status --json
    lab_ctl log
    lab_ctl log --json
    lab_ctl log --audit
    lab_ctl explain 198.51.100.10
    lab_ctl report
    lab_ctl export --format cidr --all
} >"$LAB/told" 2>&1
check_more "much is told" "$(wc -l <"$LAB/told")" 30
secret='pa55Sesame|k3ySesame|wr0ngSesame|frieda|ZnJpZWRh'
nowhere()
{
    ! grep -aE "$secret" "$@"
}
check "not in what mxdpctl tells" nowhere "$LAB/told"
check "nor in mxdpd's log" nowhere "$LAB/mxdpd.log"
check "nor in the journal and what is kept" nowhere -r "$LAB/state"
check "nor in the list of processes" nowhere "$LAB/processes"
lab_ctl check-config >"$LAB/checked" 2>&1
sed -i 's/^    username = "frieda"$/    username = "frieda:x"/' "$LAB/mxdp.conf"
lab_ctl check-config >>"$LAB/checked" 2>&1
check_equal "a mistake in one is told" $? 1
check "without what it is" nowhere "$LAB/checked"

echo "# who is asked to wait waits"
check_more "Retry-After" "$(feed_field busy next_in)" 6700
lab_ctl feeds sync busy >"$LAB/busy" 2>&1
check_equal "also when a person asks" $? 1
check "in words" grep -q 'its server wants no question for another' "$LAB/busy"
check "a known list's 404" feed_says psbl 'answered 404'
check_more "is a fetch under its terms" "$(feed_field psbl next_in)" 3300
lab_ctl feeds sync psbl >"$LAB/again" 2>&1
check_equal "also when a person asks" $? 1
check "in words" grep -q 'its terms allow one fetch in 3600 seconds' "$LAB/again"
check_more "where nobody was reached it is tried again soon" 600 \
    "$(feed_field firehol-level1 next_in)"
lab_ctl feeds sync firehol-level1 >"$LAB/reached" 2>&1
check "and at once when a person asks" grep -q '127.0.0.1 port 1' "$LAB/reached"
kill "$SILENT"
check "mxdpd ends well" lab_agent_stop
lab_done
