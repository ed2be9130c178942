#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bystander: what those pay that mxdp is not after. First packet by packet, in the programs of a
# running mxdpd (bystander.c), one of them in a session that is in a message's body; then mail in
# bulk, MESSAGES messages of SIZE bytes by Postfix's smtp-source to its smtp-sink, in turns with
# mxdpd, with nothing, and with a bare XDP_PASS, since an XDP program at all may have its price.
#
# Prints rows for scripts/bench. ROUNDS, MESSAGES and SIZE can be set.
set -u

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/bench/bench.sh
. "$(dirname "$0")/bench.sh"
# shellcheck source=selftests/bench/mail.sh
. "$(dirname "$0")/mail.sh"
lab_enter "$@"

ROUNDS=${ROUNDS:-5}
MESSAGES=${MESSAGES:-60}
SIZE=${SIZE:-2000000}

# A session that has begun a message and waits.
hold()
{
    exec 3<>"/dev/tcp/$MX4/25" || return 1
    read -r -u 3 || return 1
    for line in "EHLO mail.example.org" "MAIL FROM:<friend@example.org>" "RCPT TO:<user@example.net>" DATA; do
        printf '%s\r\n' "$line" >&3
        while read -r -u 3 reply && [[ $reply == ???-* ]]; do :; done
    done
    [[ $reply == 354* ]] || return 1
    yes 'a line of a letter' 2>/dev/null | head -c 20000 >&3
    echo held
    sleep 60
}

held()
{
    grep -q held "$LAB/hold"
}

# bulk mxdp|nothing|pass: seconds, and the CPU seconds of the whole machine.
bulk()
{
    local began busy

    case $1 in
    mxdp) lab_agent || return 1 ;;
    pass) lab_in mta "$LAB_BUILD/selftests/bench/drop" attach eth0 bare_pass || return 1 ;;
    esac
    began=$EPOCHREALTIME busy=$(busy_ticks)
    lab_in wan smtp-source -s 2 -l "$SIZE" -m "$MESSAGES" -f friend@example.org -t user@example.net \
        "$MX4:25" >&2 || return 1
    awk -v from="$began" -v to="$EPOCHREALTIME" -v busy="$busy" -v now="$(busy_ticks)" \
        -v hz="$(getconf CLK_TCK)" 'BEGIN {
            printf "seconds %.4f\ncpu %.4f\n", to - from, (now - busy) / hz }'
    case $1 in
    mxdp) lab_agent_stop >&2 ;;
    pass) ip -n mta link set dev eth0 xdpdrv off ;;
    esac
}

busy_ticks()
{
    awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
}

lab_network
start_sink
lab_agent || lab_die "mxdpd does not start"
export -f hold
export MX4
nsenter --net=/run/netns/wan -- bash -c hold >"$LAB/hold" 2>&1 &
HOLDER=$!
lab_wait 10 held || lab_die "no session holds: $(cat "$LAB/hold")"
lab_in mta "$LAB_BUILD/selftests/bench/bystander" eth0 "$PIN_DIR" || lab_die "no figures"
kill "$HOLDER"
wait "$HOLDER" 2>/dev/null
lab_agent_stop || lab_die "mxdpd ended badly"

turns "$ROUNDS" bulk nothing pass mxdp || lab_die "a transfer failed: $(tail -n 3 "$LAB/mxdpd.log")"
# shellcheck disable=SC2046 # three figures
for how in nothing pass mxdp; do
    case $how in
    pass) name="a bare XDP_PASS" ;;
    *) name=$how ;;
    esac
    spread "$((MESSAGES * SIZE / 1000000)) MB of mail, $name" s "" $(quartiles $how.seconds)
    spread "$((MESSAGES * SIZE / 1000000)) MB of mail, $name: CPU" s \
        "of the whole machine, clients included" $(quartiles $how.cpu)
done
target "mail in bulk: throughput with mxdp / with a bare XDP_PASS" \
    "$(rounded "$(middle ratio pass.seconds mxdp.seconds)")" x least 0.98
row "mail in bulk: throughput with mxdp / with nothing" \
    "$(rounded "$(middle ratio nothing.seconds mxdp.seconds)")" x "on a veth"
