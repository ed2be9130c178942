# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real OpenSMTPD, from Debian's package, unpacked and not installed. Sourced behind unpack.sh and
# mta.sh.

OPENSMTPD=$LAB/opensmtpd

opensmtpd_need()
{
    unpack_need opensmtpd opensmtpd
}

# A filter (smtpd-filters protocol) that lets SLOW4 and SLOW6 wait for their banner:
# "filter|VERSION|TIME|smtp-in|connect|SESSION|TOKEN|RDNS|ADDRESS".
opensmtpd_filter()
{
    cat <<END
#!/bin/bash
until [ "\$line" = "config|ready" ]; do
    read -r line || exit
done
printf '%s\n' "register|filter|smtp-in|connect" "register|ready"
while IFS='|' read -r _ _ _ _ _ session token _ address; do
    case \$address in
    *"$SLOW4"* | *"$SLOW6"*) sleep $SLOW_PAUSE ;;
    esac
    echo "filter-result|\$session|\$token|proceed"
done
END
}

opensmtpd_config()
{
    cat <<END
pki lab cert "$LAB/tls/cert.pem"
pki lab key "$LAB/tls/key.pem"
table mailboxes { "user@example.net" = nobody }
filter slow proc-exec "$OPENSMTPD/filter"
listen on eth0 port 25 tls pki lab hostname $MX_NAME filter slow
action inbox maildir "$LAB/mail/inbox" virtual <mailboxes>
match from any for domain "example.net" action inbox
END
}

opensmtpd_start()
{
    mkdir -p "$OPENSMTPD" "$LAB/mail" /var/lib/opensmtpd/empty /var/spool/smtpd
    chmod 0711 /var/spool/smtpd
    unpack_user opensmtpd 902 /var/lib/opensmtpd/empty
    unpack_user opensmtpq 903 /var/lib/opensmtpd/empty
    chown nobody "$LAB/mail"
    mta_certificate root
    opensmtpd_filter >"$OPENSMTPD/filter"
    chmod 0755 "$OPENSMTPD/filter"
    opensmtpd_config >"$OPENSMTPD/smtpd.conf"
    lab_in mta smtpd -dv -f "$OPENSMTPD/smtpd.conf" >"$OPENSMTPD/log" 2>&1 &
    lab_wait 10 lab_listens || lab_die "OpenSMTPD does not listen: $(cat "$OPENSMTPD/log")"
}

# OpenSMTPD 6.8 offers STARTTLS beside OpenSSL 3 and then cannot sign: its issue 1171. The attempt
# is a session like any other all the same.
opensmtpd_encrypted()
{
    if lab_in wan openssl s_client -starttls smtp -connect "$MX4:25" </dev/null >/dev/null 2>&1; then
        mail_encrypted
        return
    fi
    skip "mail with STARTTLS: this OpenSMTPD's handshake fails with every client"
    swaks_tls "$(client4 22)" "$MX4" letter.22.4. >/dev/null 2>&1
    swaks_tls "$(client6 22)" "$MX6" letter.22.6. >/dev/null 2>&1
    MAILED+=("$(client4 22) unknown: encrypted" "$(client6 22) unknown: encrypted")
}
