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

exim_words()
{
    cat "$EXIM/out" "$EXIM"/log/* 2>&1
}

exim_gone()
{
    [ -z "$(lab_in mta ss -Hltn 'sport = :25')" ]
}

exim_stop()
{
    kill "$(cat "$EXIM/pid")"
    lab_wait 10 exim_gone || lab_die "Exim does not end"
}
