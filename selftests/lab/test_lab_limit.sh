#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Slowed down instead of shut out: by hand, and by being on watch; until a list of offences makes it
# a block after all.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

passes()
{
    lab_bot "$1" "${2:-$MX4}" connect
}

lab_ctl block 198.51.100.10 --action limit 2>"$LAB/why"
check_equal "without a rate nobody is limited by hand" $? 1
check "it says what to set" grep -q "section limit" "$LAB/why"

cat >>"$LAB/mxdp.conf" <<EOF
limit {
    rate = 1
    burst = 2
    watched = yes
}
EOF
kill -HUP "$AGENT"
check "with a rate it is" lab_wait 5 lab_ctl block 198.51.100.10 --action limit --for 1h
for ((i = 1; i <= 2; i++)); do
    check "attempt $i passes" passes 198.51.100.10
done
check_exit 4 "the third is dropped" lab_bot 198.51.100.10 --timeout 1 "$MX4" connect
check_more "syn-limited says so" "$(lab_fate syn-limited)" 0

# Five points: on watch, and slowed down for it.
bot=198.51.100.11
limited()
{
    [ "$(lab_ctl list --json | jq -r "select(.addr == \"$bot\").action")" = "$1" ]
}
check "a HELO of localhost" lab_bot $bot "$MX4" helo localhost
check "who is on watch is limited" lab_wait 5 limited limit
check "its next two attempts pass" eval "passes $bot && passes $bot"
check_exit 4 "the one after them does not" lab_bot $bot --timeout 1 "$MX4" connect
check "others connect" passes 198.51.100.12

bot=198.51.100.13
check "another on watch" lab_bot $bot "$MX4" helo localhost
check "is limited" lab_wait 5 limited limit
lab_bot $bot "$MX4" helo "$MX_NAME" >/dev/null
check "an offence that convicts makes it a block" lab_wait 5 limited drop
check_exit 4 "which drops" lab_bot $bot --timeout 1 "$MX4" connect
lab_done
