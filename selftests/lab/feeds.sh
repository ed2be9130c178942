# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the lab tests of feeds: a real nginx on 127.0.0.1 of the mail server's namespace, which serves
# what lies in $LAB/www, and words about what the agent makes of it. While there is a file
# $LAB/stall, an answer takes for ever; what stands in $LAB/nginx/*.more is added to the server, in
# *.server to what is beside it.

# shellcheck disable=SC2034  # for the tests
FEED_WEB=http://127.0.0.1:8080

feeds_nginx()
{
    mkdir -p "$LAB/nginx" "$LAB/www"
    chmod 0755 "$LAB/nginx" "$LAB/www"
    cat >"$LAB/nginx/nginx.conf" <<END
daemon off;
pid $LAB/nginx/pid;
error_log $LAB/nginx/error.log;
events { }
http {
    access_log $LAB/nginx/access.log;
    client_body_temp_path $LAB/nginx/body;
    proxy_temp_path $LAB/nginx/proxy;
    fastcgi_temp_path $LAB/nginx/fastcgi;
    uwsgi_temp_path $LAB/nginx/uwsgi;
    scgi_temp_path $LAB/nginx/scgi;
    types { text/plain txt; text/html html; application/gzip gz; }
    server {
        listen 127.0.0.1:8080;
        root $LAB/www;
        if (-f $LAB/stall) { set \$limit_rate 1; }
        include $LAB/nginx/*.more;
    }
    include $LAB/nginx/*.server;
}
END
    lab_in mta nginx -p "$LAB/nginx" -c "$LAB/nginx/nginx.conf" >"$LAB/nginx.out" 2>&1 &
    NGINX=$!
    lab_wait 10 feeds_served || lab_die "nginx does not start: $(cat "$LAB/nginx.out")"
}

feeds_served()
{
    lab_in mta ss -Hltn 'sport = :8080' | grep -q .
}

feeds_nginx_stop()
{
    kill "$(cat "$LAB/nginx/pid")"
    wait "$NGINX" 2>/dev/null
}

# feed_put FILE: standard input becomes the list, at once and as a file that is newer.
feed_put()
{
    cat >"$LAB/www/$1.new"
    chmod 0644 "$LAB/www/$1.new"
    mv "$LAB/www/$1.new" "$LAB/www/$1"
}

# feed_text NAME URL [LINE...]: a section; feed_section puts it into the configuration.
feed_text()
{
    printf 'feed "%s" {\n    url = "%s"\n' "$1" "$2"
    shift 2
    printf '    %s\n' "$@"
    echo '}'
}

feed_section()
{
    feed_text "$@" >>"$LAB/mxdp.conf"
}

# feed_field NAME KEY
feed_field()
{
    lab_ctl feeds "$1" --json | jq -r --arg key "$2" '.[$key]'
}

feed_is()
{
    [ "$(feed_field "$1" "$2")" = "$3" ]
}

feed_says()
{
    feed_field "$1" words | grep -q "$2"
}

# Whether SYNs of ADDR are stopped, by the kernel's own count.
feed_stops()
{
    ! lab_bot "$1" --timeout 1 "${2:-$MX4}" connect
}

feed_lets()
{
    lab_bot "$1" --timeout 2 "${2:-$MX4}" connect
}

# feed_would_stop ADDR: by mxdpd's own word; no SYN is sent.
feed_would_stop()
{
    lab_ctl explain "$1" | grep -q 'port 25 would be dropped'
}
