#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong words, missing privilege, a kernel without BTF, garbage on the control socket: a message
# that names the trouble, a non-zero exit, nothing attached, nothing changed.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

CONF=$LAB/bad.conf

# refused TEXT PATTERN CMD...: CMD must fail by itself within 10 s, say PATTERN, attach nothing.
refused()
{
    local text=$1 pattern=$2 status=0
    shift 2
    timeout -k 5 10 "$@" >"$LAB/refused.out" 2>&1 || status=$?
    if [ "$status" = 0 ] || [ "$status" -ge 124 ]; then
        not_ok "$text: exit $status, not a refusal"
        sed 's/^/#   /' "$LAB/refused.out"
        return
    fi
    ok "$text: exit $status"
    check_equal "$text: says $pattern" \
        "$(grep -Eqi -- "$pattern" "$LAB/refused.out" || cat "$LAB/refused.out")" ""
    [ "$status" = 1 ] || check_equal "$text: exit code is 1 or 2" "$status" 2
}

unattached()
{
    check_equal "$1: nothing attached" "$(lab_programs)" 0
    check_equal "$1: nothing pinned" "$(lab_pins_left)" 0
}

# A daemon that must not start; AROUND is what stands in front of its command line.
AROUND=()
refused_daemon()
{
    local text=$1 pattern=$2
    shift 2
    refused "$text" "$pattern" nsenter --net=/run/netns/mta -- "${AROUND[@]}" \
        "$LAB_BUILD/mxdpd" --config "$CONF" --pin-dir "$PIN_DIR" --state-dir "$LAB/state" \
        --socket "$LAB/mxdp.sock" "$@"
    unattached "$text"
}

: >"$CONF"
refused_daemon "unknown interface" 'nosuch0' nosuch0
refused_daemon "a good and an unknown interface" 'nosuch0' eth0 nosuch0
refused_daemon "unknown option" 'no-such-option' --no-such-option eth0
refused_daemon "unknown mode" 'sometimes' --mode sometimes eth0
AROUND=(setpriv --bounding-set=-all --inh-caps=-all)
refused_daemon "no privilege" 'privilege|root|CAP_' eth0
AROUND=(unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh)
refused_daemon "no BTF" 'BTF' eth0
AROUND=()

printf 'mode = "enforce"\nhartbeat_limit = "10m"\n' >"$CONF"
refused_daemon "unknown config key" 'bad.conf:2: .*hartbeat_limit' eth0
refused "check-config: unknown key" 'bad.conf:2: .*hartbeat_limit' \
    "$LAB_BUILD/mxdpctl" --config "$CONF" check-config
printf 'allow = { "198.51.100.777" }\n' >"$CONF"
refused_daemon "bad address in the config" 'bad.conf:1: .*198.51.100.777' eth0
printf '\n\nheartbeat_limit = "soon"\n' >"$CONF"
refused_daemon "bad duration in the config" 'bad.conf:3: .*soon' eth0
rm "$CONF"
refused_daemon "config file that is not there" 'bad.conf' eth0

# The control program, against a running agent that must not care.
lab_agent || lab_die "mxdpd does not start"
hooks=$(lab_programs)
check "a block that must survive all of this" lab_ctl block 198.51.100.7 --for 1h
verdicts=$(lab_status .verdicts)

refused_ctl()
{
    local text=$1 pattern=$2
    shift 2
    refused "$text" "$pattern" nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpctl" \
        --socket "$LAB/mxdp.sock" --pin-dir "$PIN_DIR" "$@"
}

refused_ctl "unknown verb" 'frobnicate' frobnicate
refused_ctl "bad address" '198\.51\.100\.777' block 198.51.100.777
refused_ctl "host bits in a network" '198\.51\.100\.1/24' block 198.51.100.1/24
refused_ctl "bad duration" 'banana' block 198.51.100.8 --for banana
refused_ctl "negative duration" '-5' block 198.51.100.8 --for -5
refused_ctl "bad action" 'explode' block 198.51.100.8 --action explode
refused_ctl "bad ports" 'imap' block 198.51.100.8 --ports imap
refused_ctl "our own address" '203\.0\.113\.25' block 203.0.113.25
refused_ctl "our gateway" '203\.0\.113\.1' block 203.0.113.1
refused_ctl "loopback" '127\.0\.0\.1' block 127.0.0.1
refused_ctl "bad mode" 'sometimes' mode sometimes
refused_ctl "no agent there" 'nobody\.sock' --socket "$LAB/nobody.sock" block 198.51.100.8

garbage()
{
    timeout 5 socat -t 1 - "UNIX-CONNECT:$LAB/mxdp.sock" <"$1" >/dev/null 2>&1
    # Its own answer: where it is gone, status reads the pins.
    [ "$(lab_status .pid)" = "$AGENT" ]
}

head -c 100000 /dev/urandom >"$LAB/random"
head -c 1000000 /dev/zero >"$LAB/zeros"
printf '{"verb": "block", "args": [' >"$LAB/unfinished"
printf '{"verb": 7}\n[]\nnull\n{"verb":"block"}\n{"verb":"no-such-verb"}\n' >"$LAB/wrong"
{ head -c 200000 /dev/zero | tr '\0' '['; echo; } >"$LAB/deep"
for kind in random zeros unfinished wrong deep; do
    check "the agent survives $kind bytes on its socket" garbage "$LAB/$kind"
done

check_equal "the verdicts are as before" "$(lab_status .verdicts)" "$verdicts"
check_equal "its cause is unchanged" "$(lab_verdict 198.51.100.7)" manual
check_equal "the mode is unchanged" "$(lab_status .mode)" enforce
check_equal "the programs are in place" "$(lab_programs)" "$hooks"
check "it ends in good order" lab_agent_stop
unattached "after SIGTERM"
lab_done
