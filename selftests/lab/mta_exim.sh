# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Exim, from Debian's package, unpacked and not installed. Sourced behind unpack.sh and
# mta.sh.

EXIM=$LAB/exim

exim_need()
{
    unpack_need exim exim4-daemon-light exim4-base
}

exim_config()
{
    cat <<END
primary_hostname = $MX_NAME
domainlist local_domains = example.net
local_interfaces = <; $MX4 ; $MX6
daemon_smtp_ports = 25
spool_directory = $EXIM/spool
log_file_path = $EXIM/log/%s
log_selector = +smtp_connection +pipelining
keep_environment =
pid_file_path = $EXIM/pid
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = $LAB/tls/cert.pem
tls_privatekey = $LAB/tls/key.pem
acl_smtp_connect = connected
acl_smtp_rcpt = recipient
begin acl
connected:
    accept hosts = <; $SLOW4 ; $SLOW6
           delay = ${SLOW_PAUSE}s
    accept
recipient:
    accept domains = +local_domains
    deny message = relay not permitted
begin routers
local:
    driver = accept
    domains = +local_domains
    transport = maildir
begin transports
maildir:
    driver = appendfile
    directory = $LAB/mail/inbox
    maildir_format
    user = Debian-exim
END
}

# exim_start [OPTION = VALUE...]: options of the main section
exim_start()
{
    mkdir -p "$EXIM/spool" "$EXIM/log" "$LAB/mail" /etc/exim4
    unpack_user Debian-exim 901 "$EXIM/spool"
    chown Debian-exim:Debian-exim "$EXIM" "$EXIM/spool" "$EXIM/log" "$LAB/mail"
    mta_certificate Debian-exim
    {
        [ "$#" = 0 ] || printf '%s\n' "$@"
        exim_config
    } >/etc/exim4/exim4.conf
    # In the foreground: where its parent is process 1, as here, Exim does not fork for -bd.
    lab_in mta exim4 -bdf -q1h >"$EXIM/out" 2>&1 &
    lab_wait 10 lab_listens || lab_die "Exim does not listen: $(exim_words)"
}

# An Exim that sends, as client $1; with what its peers offer: BDAT, and early talk where invited.
exim_client_config()
{
    cat <<END
primary_hostname = mail.example.org
spool_directory = $EXIM/client-$1
log_file_path = $EXIM/client-$1.%s
log_selector = +pipelining
keep_environment =
begin routers
to_the_mx:
    driver = manualroute
    route_list = * "<+ $2"
    self = send
    transport = smtp
begin transports
smtp:
    driver = smtp
    interface = <; $(client4 "$1") ; $(client6 "$1")
    hosts_pipe_connect = *
    hosts_try_chunking = *
    hosts_avoid_tls = *
END
}

# exim_send CLIENT SERVER TOKEN: a message from there, delivered before this returns.
exim_send()
{
    mkdir -p "$EXIM/client-$1"
    chown Debian-exim "$EXIM/client-$1"
    exim_client_config "$1" "$2" >"$EXIM/client-$1.conf"
    # Exim calls itself again, by then no longer as root.
    echo "$EXIM/client-$1.conf" >>/etc/exim4/trusted_configs
    printf 'From: <friend@example.org>\nTo: <user@example.net>\nSubject: %s\n\nA letter.\n' "$3" |
        lab_in wan exim4 -C "$EXIM/client-$1.conf" -odi -f friend@example.org user@example.net
}

exim_words()
{
    cat "$EXIM/out" "$EXIM"/log/* 2>&1
}

exim_stop()
{
    kill "$(cat "$EXIM/pid")"
    lab_wait 10 lab_silent || lab_die "Exim does not end"
}
