#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bystander: what those pay that mxdp is not after. First packet by packet, in the programs of a
# running mxdpd (bystander.c), one of them in a session that is in a message's body; then mail in
# bulk, MESSAGES messages of SIZE bytes by Postfix's smtp-source to its smtp-sink, in turns with
# mxdpd, with nothing, and with a bare XDP_PASS, since an XDP program at all may have its price.
#
# The source has a CPU of its own, the sink and mxdpd share the others: left to the scheduler, the
# same transfer took 6 or 11 seconds a GB, as it happened to place them. What the kernel does for a
# frame runs on the CPU that sent it.
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

ROUNDS=${ROUNDS:-8}
MESSAGES=${MESSAGES:-250}
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

send_mail()
{
    lab_in wan taskset -c "$BENCH_CPU" smtp-source -s 2 -l "$SIZE" -m "$1" -f friend@example.org \
        -t user@example.net "$MX4:25" >&2
}

# Nanoseconds of CPU of all that runs in this laboratory, whatever else the machine does.
cpu_here()
{
    cat /proc/[0-9]*/task/*/schedstat 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# bulk mxdp|nothing|pass: seconds, and CPU seconds of client, server, mxdpd, and of the kernel for
# them. Some messages before that fill caches and tables.
bulk()
{
    local began cpu TIMEFORMAT='%U %S'

    case $1 in
    mxdp) lab_agent && taskset -acp "$BENCH_OTHERS" "$AGENT" >"$LAB/taskset" || return 1 ;;
    pass) lab_in mta "$LAB_BUILD/selftests/bench/drop" attach eth0 bare_pass || return 1 ;;
    esac
    send_mail 4 || return 1
    began=$EPOCHREALTIME cpu=$(cpu_here)
    { time send_mail "$MESSAGES"; } 2>"$LAB/client" || return 1
    awk -v from="$began" -v to="$EPOCHREALTIME" -v cpu="$cpu" -v now="$(cpu_here)" '{
        printf "seconds %.4f\ncpu %.4f\n", to - from, $1 + $2 + (now - cpu) / 1e9 }' "$LAB/client"
    case $1 in
    mxdp) lab_agent_stop >&2 ;;
    pass) ip -n mta link set dev eth0 xdpdrv off ;;
    esac
}

lab_network
start_sink taskset -c "$BENCH_OTHERS"
lab_agent || lab_die "mxdpd does not start"
export -f hold
export MX4
nsenter --net=/run/netns/wan -- bash -c hold >"$LAB/hold" 2>&1 &
HOLDER=$!
lab_wait 10 held || lab_die "no session holds: $(cat "$LAB/hold")"
lab_in mta "$LAB_BUILD/selftests/bench/bystander" eth0 "$PIN_DIR" "$AGENT" || lab_die "no figures"
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
        "client, server, mxdpd and the kernel for them" $(quartiles $how.cpu)
done
read -r median low high < <(ratio pass.seconds mxdp.seconds)
target "mail in bulk: throughput with mxdp / with a bare XDP_PASS" "$(rounded "$median")" x least \
    0.98 "$(rounded "$low")" "$(rounded "$high")"
# shellcheck disable=SC2046 # three figures
{
    spread "mail in bulk: CPU with a bare XDP_PASS / with mxdp" x "" $(ratio pass.cpu mxdp.cpu)
    spread "mail in bulk: throughput with mxdp / with nothing" x "on a veth" \
        $(ratio nothing.seconds mxdp.seconds)
}
