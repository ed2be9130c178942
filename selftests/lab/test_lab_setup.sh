#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first configuration: `mxdpctl setup' looks at a host with a real Postfix, what it proposes is
# accepted and starts mxdpd, and what is there already is left alone.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

conf=$LAB/proposed.conf
setup()
{
    lab_in mta "$LAB_BUILD/mxdpctl" setup "$@"
}

check "setup" setup
setup >"$LAB/out" 2>"$LAB/err"
check "it names the interface" grep -qx 'interfaces = {"eth0"}' "$LAB/out"
check "and the driver" grep -q '^#   eth0: veth, MTU 1500, the default route, .*203\.0\.113\.25' \
    "$LAB/out"
check "the name is that of main.cf" grep -q "\"$MX_NAME\"" "$LAB/out"
check "the domains are too" grep -q '"example.net"' "$LAB/out"
check "it begins in monitor mode" grep -qx 'mode = monitor' "$LAB/out"
check "it tells who listens" grep -q "port 25 on $MX4: master" "$LAB/err"
check "and what to do next" grep -q 'mxdpctl setup --write' "$LAB/err"
check_equal "nothing was written" "$(find "$LAB" -name 'proposed.conf*' | wc -l)" 0

setup --json >"$LAB/facts"
check_equal "--json: who listens" \
    "$(jq -r '[.listeners[] | select(.port == 25) | .process] | unique[]' "$LAB/facts")" master
check_equal "which main.cf" "$(jq -r .main_cf "$LAB/facts")" "$LAB/postfix/etc/main.cf"
check_equal "what is guarded" \
    "$(jq -r '.interfaces[] | select(.guard) | .name' "$LAB/facts")" eth0
check_equal "the resolver is our own" "$(jq -r '.resolvers[].public' "$LAB/facts")" false
check_equal "the kernel may" "$(jq -r .kernel.refused "$LAB/facts")" null

check_exit 2 "a file without --write" setup "$conf"
check_exit 2 "--force without --write" setup --force
check_exit 1 "a directory that is not there" setup --write "$LAB/none/mxdp.conf"
check "--write" setup --write "$conf"
check "nothing is left beside it" [ "$(find "$LAB" -name 'proposed.conf*')" = "$conf" ]
check_equal "it is not for everybody" "$(stat -c %a "$conf")" 640
cp "$conf" "$LAB/first"
echo '# mine' >>"$conf"
check_exit 1 "a second --write refuses" setup --write "$conf"
check "and leaves it as it is" grep -qx '# mine' "$conf"
check_exit 1 "so it does by --config" lab_in mta "$LAB_BUILD/mxdpctl" --config "$conf" setup --write
check_equal "nothing is left beside it then" "$(find "$LAB" -name 'proposed.conf*' | wc -l)" 1
check "--force replaces it" setup --write "$conf" --force
check_exit 1 "so that it is the new one" grep -qx '# mine' "$conf"
check "which is as the first was" cmp "$conf" "$LAB/first"

check "check-config takes it" lab_ctl check-config "$conf"
cp "$conf" "$LAB/mxdp.conf"
# Without words for the interface: what the proposal names is what is guarded.
nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
    --pin-dir "$PIN_DIR" --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" \
    >"$LAB/mxdpd.log" 2>&1 &
AGENT=$!
check "mxdpd starts with it" lab_wait 15 grep -q 'mxdpd: ready' "$LAB/mxdpd.log"
check_equal "on eth0" "$(lab_status '.interfaces[].name')" eth0
check_equal "counting only" "$(lab_status .mode)" monitor
lab_bot 198.51.100.7 "$MX4" helo "$MX_NAME" >/dev/null 2>&1
check "whoever claims the name is found" lab_wait 5 lab_blocked_for 198.51.100.7 helo-our-name
check "and not shut out" lab_bot 198.51.100.7 "$MX4" connect
check "mail flows" lab_send 198.51.100.8 "$MX4" first-run
check "mxdpd ends well" lab_agent_stop

# --- a resolver that the lists refuse

echo "nameserver 8.8.8.8" >"$LAB/resolv.conf"
setup >"$LAB/out" 2>"$LAB/err"
check "a public resolver is told" grep -q "the resolver 8.8.8.8 is Google's" "$LAB/err"
check "and not taken" grep -q '8.8.8.8 in /etc/resolv.conf' "$LAB/out"
lab_in mta ip link set eth0 mtu 1400
setup --json >"$LAB/facts"
check_equal "its MTU is seen" "$(jq '.interfaces[] | select(.guard) | .mtu' "$LAB/facts")" 1400
lab_done
