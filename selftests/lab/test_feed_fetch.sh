#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The feed process against a real nginx and a real rsync daemon, on the loopback of a network
# namespace of its own: what servers do well, what they do wrong, and a reader that dies.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"

TOOL=$LAB_BUILD/selftests/lab/feed_fetch
WWW=$LAB/www
HTTP=http://127.0.0.1:8080
HTTPS=https://localhost:8443

for program in nginx rsync openssl socat; do
    if ! command -v "$program" >/dev/null; then
        skip "$program is not installed"
        lab_done
    fi
done

list()
{
    seq -f '192.0.2.%.0f' 1 2 199
}

lab_files()
{
    mkdir -p "$WWW" "$LAB/nginx/logs"
    list >"$WWW/list.txt"
    list | gzip >"$WWW/list.gz"
    head -c 60 "$WWW/list.gz" >"$WWW/cut.gz"
    : >"$WWW/empty.txt"
    echo '<!DOCTYPE html><p>Sorry</p>' >"$WWW/html.txt"
    head -c 30000000 /dev/zero | gzip >"$WWW/bomb.gz"
    chmod -R a+rX "$LAB" "$WWW"
    chmod 0711 "$LAB"
    printf 'me:%s\n' "$(openssl passwd -apr1 right)" >"$LAB/nginx/users"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout "$LAB/nginx/key" -out "$LAB/nginx/cert" \
        2>/dev/null
}

lab_nginx()
{
    cat >"$LAB/nginx/conf" <<END
user root;
worker_processes 1;
pid $LAB/nginx/pid;
error_log $LAB/nginx/error;
events { }
http {
    access_log off;
    client_body_temp_path $LAB/nginx/b; proxy_temp_path $LAB/nginx/p;
    fastcgi_temp_path $LAB/nginx/f; uwsgi_temp_path $LAB/nginx/u; scgi_temp_path $LAB/nginx/s;
    types { text/plain txt; application/gzip gz; }
    gzip on; gzip_min_length 1; gzip_types text/plain;
    server {
        listen 127.0.0.1:8080;
        listen 127.0.0.1:8443 ssl;
        ssl_certificate $LAB/nginx/cert;
        ssl_certificate_key $LAB/nginx/key;
        root $WWW;
        location /private/ { alias $WWW/; auth_basic lists; auth_basic_user_file $LAB/nginx/users; }
        location /key/ { if (\$http_x_key != geheim) { return 403; } alias $WWW/; }
        location /busy { add_header Retry-After 77 always; return 429; }
        location /loop { return 302 /loop; }
        location /moved { return 301 /list.txt; }
        location /plain { return 302 $HTTP/list.txt; }
        location /elsewhere { return 302 http://127.0.0.2:8081/key/list.txt; }
    }
    server {
        listen 127.0.0.2:8081;
        location / { if (\$http_x_key) { return 418; } if (\$http_authorization) { return 418; }
            return 200 "192.0.2.7\n"; }
    }
}
END
    nginx -p "$LAB/nginx" -c "$LAB/nginx/conf" >"$LAB/nginx/out" 2>&1 ||
        lab_die "nginx does not start: $(cat "$LAB/nginx/out")"
}

lab_rsync()
{
    cat >"$LAB/rsyncd.conf" <<END
use chroot = no
uid = root
gid = root
pid file = $LAB/rsync.pid
log file = $LAB/rsync.log
[lists]
path = $WWW
[private]
path = $WWW
auth users = me
secrets file = $LAB/rsyncd.secrets
END
    (umask 077; echo me:right >"$LAB/rsyncd.secrets")
    rsync --daemon --config="$LAB/rsyncd.conf" --address=127.0.0.1 --port=8730 ||
        lab_die "the rsync daemon does not start"
}

# serve PORT TEXT: one answer, then nothing; the connection ends after a while.
serve()
{
    printf '%b' "$2" >"$LAB/answer.$1"
    socat -t "${3:-0}" "TCP4-LISTEN:$1,bind=127.0.0.1,reuseaddr" \
        "SYSTEM:cat $LAB/answer.$1; sleep ${3:-0}" 2>/dev/null &
    lab_wait 5 listens "$1"
}

listens()
{
    [ -n "$(ss -Hltn "sport = :$1")" ]
}

# says PATTERN ARGUMENT...: the outcome matches.
says()
{
    local pattern=$1
    shift
    timeout 40 "$TOOL" "$@" >"$LAB/said"
    cat "$LAB/said"
    grep -v '^progress' "$LAB/said" | head -n 1 | grep -qE "$pattern"
}

field()
{
    sed -n "s/.* $1=\(.*\) $2=.*/\1/p" "$LAB/said" | head -n 1
}

servers_that_work()
{
    check "a list by http, gzip encoded" says '^done .* used=100 .* v4=100 ' "$HTTP/list.txt"
    check_more "less came over the wire than was read" "$(field unpacked lines)" \
        "$(field bytes unpacked)"
    etag=$(field etag modified)
    modified=$(field modified v4)
    check "its ETag is honoured" says '^unchanged ' "$HTTP/list.txt" etag "$etag"
    check "so is its date" says '^unchanged ' "$HTTP/list.txt" modified "$modified"
    check "an old ETag brings the list" says '^done ' "$HTTP/list.txt" etag '"old"'
    check "a file that is gzip itself" says '^done .* v4=100 ' "$HTTP/list.gz"
    check "a redirect is followed" says '^done .* v4=100 ' "$HTTP/moved"
    check "with user and password" says '^done ' "$HTTP/private/list.txt" user me password right
    check "a wrong password" says '^failed .* 401' "$HTTP/private/list.txt" user me password wrong
    check_equal "which is not repeated" "$(grep -c wrong "$LAB/said")" 0
    check "with a key in a header" says '^done ' "$HTTP/key/list.txt" header "X-Key: geheim"
    check "neither goes to another host" says '^done .* v4=1 ' "$HTTP/elsewhere" \
        header "X-Key: geheim" user me password right
    http_proxy=http://127.0.0.1:1 check "the environment's proxy is not asked" \
        says '^done ' "$HTTP/list.txt"
    check "a configured one is" says '^failed .*127.0.0.1 port 1' "$HTTP/list.txt" \
        proxy http://127.0.0.1:1
    check "by a file" says '^done .* v4=100 ' file:///x file "$WWW/list.gz"
    list | check "by a pipe" says '^done .* v4=100 ' stdin file -
    check "by rsync" says '^done .* v4=100 ' rsync://127.0.0.1:8730/lists/list.txt
    check "by rsync with user and password" says '^done .* v4=100 ' \
        rsync://127.0.0.1:8730/private/list.txt user me password right
    check "a wrong password" says '^failed .*rsync' rsync://127.0.0.1:8730/private/list.txt \
        user me password wrong
    check_equal "which is not repeated" "$(grep -c wrong "$LAB/said")" 0
}

servers_that_do_not()
{
    check "gzip that is cut" says '^failed .*cut' "$HTTP/cut.gz"
    check "HTML with 200" says '^failed .*HTML' "$HTTP/html.txt"
    check "an empty file" says '^failed .*empty' "$HTTP/empty.txt"
    check "a gzip bomb" says '^failed .*max_unpacked' "$HTTP/bomb.gz" max-unpacked 1000000
    check "too long" says '^failed .*max_bytes' "$HTTP/list.gz" max-bytes 100
    check "a file too long" says '^failed .*max_bytes' x file "$WWW/list.txt" max-bytes 100
    check "404: somebody was there" says '^failed .* answered=1 .*404' "$HTTP/none"
    check "nobody is there" says '^failed .* answered=0 .*127.0.0.1 port 1' http://127.0.0.1:1/
    check "429 with Retry-After" says '^failed .* retry=77 .*429' "$HTTP/busy"
    check "a loop of redirects" says '^failed .*more than 5' "$HTTP/loop"
    check "a certificate that nobody knows" says '^failed .*certificate' "$HTTPS/list.txt"
    mount --bind "$LAB/nginx/cert" "$(readlink -f /etc/ssl/certs/ca-certificates.crt)"
    check "the same, known" says '^done .* v4=100 ' "$HTTPS/list.txt"
    check "from https to http" says '^failed .*https to http' "$HTTPS/plain"
    serve 8101 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n192.0.2.1\n'
    check "a body cut short" says '^failed .*ended before' http://127.0.0.1:8101/
    serve 8102 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n192.0.2.1\n' 30
    check "a server that stalls" says '^failed .* answered=1 .*after 1 s' \
        http://127.0.0.1:8102/ timeout 1
    check "rsync of what is not there" says '^failed .* answered=1 .*rsync' \
        rsync://127.0.0.1:8730/lists/none
    check "rsync where nobody is" says '^failed .* answered=0 .*rsync' rsync://127.0.0.1:1/lists/none
    check "rsync of what is too long" says '^failed .*max_bytes' \
        rsync://127.0.0.1:8730/lists/list.txt max-bytes 100
    check "rsync of a folder" says '^failed .*one file' rsync://127.0.0.1:8730/lists/
}

# hurt SIGNAL: a reader that waits for a pipe, then another job of the same keeper.
hurt()
{
    local reader tool

    rm -f "$LAB/fifo"
    mkfifo "$LAB/fifo"
    exec 7<>"$LAB/fifo"
    "$TOOL" x file - timeout 1 next x file "$WWW/list.txt" <"$LAB/fifo" >"$LAB/said" 2>&1 &
    tool=$!
    lab_wait 5 pgrep -x mxdpd-feed >/dev/null || return 1
    reader=$(pgrep -x mxdpd-feed)
    kill -s "$1" "$reader"
    wait "$tool"
    exec 7>&-
    cat "$LAB/said"
    sed -n 1p "$LAB/said" | grep -qE "^failed .*$2" && grep -q '^done .* v4=100 ' "$LAB/said"
}

none_left()
{
    ! pgrep -x mxdpd-feed && ! pgrep -x mxdpd-keeper
}

readers_that_die()
{
    check "killed by SIGSEGV" hurt SEGV 'SIGSEGV'
    check "killed by SIGKILL" hurt KILL 'SIGKILL'
    check "stopped, it is killed after its time" hurt STOP 'did not end within 11 s'
    check "cancelled" says '^failed .*cancelled' x file - cancel 100 < <(sleep 3)
    check "more jobs than readers" says '^done ' "$HTTP/list.txt" times 40
    check_equal "each is answered" "$(grep -c '^done ' "$LAB/said")" 40
    check "nothing is left running" none_left
}

# denied ATTEMPT HOW [PATH]
denied()
{
    "$TOOL" confined "$1" "${3:-}" | grep -q "^$2 "
}

readers_are_confined()
{
    local attempt

    for attempt in ptrace packet exec bpf fork kill raise; do
        check "a reader cannot: $attempt" denied "$attempt" 'signal SYS'
    done
    check "nor write a file" denied write 'errno EACCES' "$LAB/new"
    check "nor talk to local services" denied unix 'errno EAFNOSUPPORT'
    if "$TOOL" confined open /etc/hosts | grep -q 'landlock 1'; then
        mkdir -p "$LAB/state"
        echo 1 >"$LAB/state/state.json"
        check "nor read /etc/shadow" denied open 'errno EACCES' /etc/shadow
        check "nor the state" denied open 'errno EACCES' "$LAB/state/state.json"
        check "but how names are resolved" denied open allowed /etc/hosts
    else
        skip "this kernel has no Landlock"
    fi
}

ip link set lo up
lab_files
lab_nginx
lab_rsync
lab_wait 5 listens 8730
servers_that_work
servers_that_do_not
readers_that_die
readers_are_confined
lab_done
