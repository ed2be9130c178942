# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Postfix of scripts/lab as a host of the internet has it: with STARTTLS and a longer queue of
# connections. Sourced behind mta.sh.

# postfix_start [PARAMETER=VALUE...]
postfix_start()
{
    local dir="$LAB/postfix/etc" slow

    mta_certificate root
    lab_postfix_config
    slow="{ $SLOW4 = sleep $SLOW_PAUSE } { $SLOW6 = sleep $SLOW_PAUSE }"
    postconf -c "$dir" -e "smtpd_client_restrictions=check_client_access inline:{ $slow }" \
        smtpd_tls_security_level=may smtpd_tls_cert_file="$LAB/tls/cert.pem" \
        smtpd_tls_key_file="$LAB/tls/key.pem" "$@" ||
        lab_die "cannot configure Postfix"
    lab_in mta postfix -c "$dir" start >"$LAB/postfix.out" 2>&1 ||
        lab_die "Postfix does not start: $(cat "$LAB/postfix.out" "$LAB/mail.log" 2>&1)"
    lab_wait 10 lab_listens || lab_die "Postfix does not listen: $(cat "$LAB/mail.log" 2>&1)"
}
