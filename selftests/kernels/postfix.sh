#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Stands for Postfix in a guest that has no room for it: "postfix -c DIR start" reads what it needs
# from the laboratory's main.cf and starts the mail server of one page on the same addresses.
set -u

[ "$1" = -c ] && [ "$3" = start ] || exit 2

value()
{
    sed -n "s/^$1 = //p" "$config"
}

config=$2/main.cf
pause=$(value smtpd_client_restrictions)
listen=()
for address in $(value inet_interfaces | tr -d ',[]'); do
    listen+=("$address,25" "$address,587")
done
setsid /mxdp/build/selftests/kernels/smtp --pause "${pause#sleep }" \
    --log "$(value maillog_file)" "$(value myhostname)" "${listen[@]}" </dev/null >/dev/null 2>&1 &
