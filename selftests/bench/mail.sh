# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For benches: who takes the mail in the mail server's namespace. One at a time.

# start_sink [CMD...]: smtp-sink at both addresses; CMD runs it, as in taskset -c 0.
start_sink()
{
    local where

    SINKS=()
    mkdir -p "$LAB/sink"
    for where in "inet:$MX4:25" "inet:[$MX6]:25"; do
        (cd "$LAB/sink" && exec nsenter --net=/run/netns/mta -- "$@" smtp-sink -u nobody -h "$MX_NAME" \
            "$where" 1024 >>sink.log 2>&1) &
        SINKS+=($!)
    done
    lab_wait 10 lab_listens || lab_die "smtp-sink does not listen: $(cat "$LAB/sink/sink.log")"
}

stop_sink()
{
    kill "${SINKS[@]}"
    wait "${SINKS[@]}" 2>/dev/null
    lab_wait 10 lab_silent || lab_die "smtp-sink does not end"
}

# Postfix's configuration, with postscreen in front; processes stay, so that their CPU time can be
# read when all is over.
postscreen_config()
{
    lab_postfix_config
    sed -i 's/^smtp  .*/smtp inet n - n - 1 postscreen\
smtpd pass - - n - - smtpd\
dnsblog unix - - n - 0 dnsblog\
tlsproxy unix - - n - 0 tlsproxy/' "$LAB/postfix/etc/master.cf"
    cat >>"$LAB/postfix/etc/main.cf" <<END
max_use = 1000000
max_idle = 1h
postscreen_client_connection_count_limit = 0
END
}
