#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an administrator said by mxdpctl holds: against the agent's own verdicts, against requests
# that fail halfway, and over a restart. And a finger that slips does not switch the filter off.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
GREET_PAUSE=2
lab_up

# No mode on the command line: what is kept must show.
agent()
{
    : >"$LAB/mxdpd.log"
    nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpd" --config "$LAB/mxdp.conf" \
        --pin-dir "$PIN_DIR" --state-dir "$LAB/state" --socket "$LAB/mxdp.sock" \
        eth0 >>"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
    lab_wait 15 lab_agent_ready
}

restart()
{
    lab_agent_stop && agent
}

connects()
{
    lab_bot "$1" "${2:-$MX4}" connect
}

allowed()
{
    lab_ctl allow --json | jq -rs --arg net "$1" \
        'flatten | map(select(.net == $net)) | .[0].reason // empty'
}

# offends ADDR CMD...: the bot connects, then CMD, and then the banner comes and the bot offends.
offends()
{
    local source=$1 bot
    shift
    lab_bot "$source" --timeout 8 "$MX4" helo "[$MX4]" &
    bot=$!
    lab_wait 2 connected "$source"
    "$@"
    wait "$bot"
}

connected()
{
    [ "$(lab_in mta ss -Htn state established "src $MX4 and dst $1" | wc -l)" -ge 1 ]
}

judged()
{
    [ "$(lab_ctl log --lines 100 --json | jq -rs --arg addr "$1" \
        'flatten | map(select(.event == "verdict" and (.client | startswith($addr + ":")))) |
        length')" -ge 1 ]
}

manual_drop()
{
    lab_ctl block "$1" --for 5m --reason by-hand >/dev/null
}

status_is()
{
    [ "$(lab_status "$1")" = "$2" ]
}

allowed_as()
{
    [ "$(allowed "$1")" = "$2" ]
}

field()
{
    lab_ctl log --lines 100 --json | jq -rs --arg addr "$1" --arg field "$2" \
        'flatten | map(select(.event == "verdict" and (.client | startswith($addr + ":")))) |
        last | .[$field] // empty'
}

echo "mode = enforce" >"$LAB/mxdp.conf"
echo "trusted_relays = {192.0.2.99}" >>"$LAB/mxdp.conf"
agent || lab_die "mxdpd does not start"

# --- by hand against by evidence ---------------------------------------------------------------

check "a watch by hand" lab_ctl block 198.51.100.78 --action watch --for forever
check_exit 0 "its bot is served" offends 198.51.100.78 true
check "and judged" lab_wait 5 judged 198.51.100.78
check_equal "the watch by hand stands" "$(lab_verdict 198.51.100.78)" manual
check_equal "the event says why" "$(field 198.51.100.78 why_not)" \
    "an administrator wants it watched"
check_exit 0 "a short block by hand meanwhile" offends 198.51.100.79 manual_drop 198.51.100.79
check "its bot is judged" lab_wait 5 judged 198.51.100.79
check_equal "the block by hand stands" "$(lab_verdict 198.51.100.79)" manual

check "SYN cookies are in use" lab_in mta sysctl -qw net.ipv4.tcp_syncookies=2
connects 198.51.100.200
check "the agent sees them" lab_wait 5 status_is .syncookies true
check_equal "standing blocks still drop: status says so" "$(lab_status .enforcing)" true
check_exit 0 "a block by hand of a network meanwhile" offends 198.51.100.9 \
    manual_drop 198.51.100.0/28
check "its bot is judged" lab_wait 5 judged 198.51.100.9
check_equal "no watch hides the network's block" "$(lab_verdict 198.51.100.9)" ""
check_exit 4 "it is dropped" connects 198.51.100.9
check_exit 0 "another bot is served" offends 198.51.100.77 true
check "and judged" lab_wait 5 lab_is_blocked 198.51.100.77
check_equal "watched only" "$(lab_verdict 198.51.100.77 action)" watch
check "SYN cookies as usual" lab_in mta sysctl -qw net.ipv4.tcp_syncookies=1
check "flush" lab_ctl flush --yes

# --- a finger that slips -------------------------------------------------------------------------

check "block one" lab_ctl block 192.0.2.66 --for 1h
check_exit 1 "unblock 0.0.0.0/0 is refused" lab_ctl unblock 0.0.0.0/0
for verb in block unblock allow; do
    check_exit 1 "$verb ::/32 is refused: all of IPv4 is in it" lab_ctl $verb ::/32
    check_exit 1 "$verb ::ffff:0:0/95 is refused" lab_ctl $verb ::fffe:0:0/95
done
check_equal "the block stands" "$(lab_verdict 192.0.2.66)" manual
check_equal "nothing was allowed" "$(allowed 0.0.0.0/0)$(allowed ::/32)" ""
check_equal "a relay of the configuration is shown" "$(lab_status '.relays[]')" 192.0.2.99

# --- the mode ------------------------------------------------------------------------------------

check "monitor for good" lab_ctl mode monitor
check "enforce for two hours" lab_ctl mode enforce --for 2h
check "restart" restart
check_equal "it still enforces" "$(lab_status .mode)" enforce
check_more "and has its end" "$(lab_status .mode_until_in)" 7000
check "its time can be cut" lab_ctl mode enforce --for 1s
check "then monitor comes back" lab_wait 5 status_is .mode monitor
check "restart" restart
check_equal "monitor it is" "$(lab_status '.mode + " " + .mode_by')" "monitor mxdpctl"
check "enforce" lab_ctl mode enforce

# --- memory --------------------------------------------------------------------------------------

check "allow, and end at once" lab_ctl allow 192.0.2.201 --reason kept
check "restart" restart
check_equal "it was kept" "$(allowed 192.0.2.201)" kept
check_equal "and the mode" "$(lab_status .mode)" enforce
lab_agent_stop
lab_pins detach >/dev/null

# --- all or nothing ------------------------------------------------------------------------------

echo "verdicts { max = 1024 }" >>"$LAB/mxdp.conf"
agent || lab_die "mxdpd does not start"
check "a verdict that is to stand" lab_ctl block 192.0.2.66 --for forever --reason keep
check "a grace that is to stand" lab_ctl unblock 192.0.2.67
{
    printf '192.0.2.66\n192.0.2.67\n'
    for i in {0..2047}; do
        echo "20.0.$((i / 256)).$((i % 256))"
    done
} >"$LAB/bulk"
check_exit 1 "a bulk block that finds no room" lab_ctl block - --for 1h <"$LAB/bulk"
check_equal "the old verdict stands" "$(lab_verdict 192.0.2.66 reason)" keep
check_equal "as it was" "$(lab_verdict 192.0.2.66 expires_in)" ""
check_equal "nothing else does" "$(lab_status .verdicts)" 1
check_equal "the grace stands" "$(allowed 192.0.2.67)" "a day's grace after unblock"

# --- many ----------------------------------------------------------------------------------------

lab_agent_stop
lab_pins detach >/dev/null
sed -i '/^verdicts/d' "$LAB/mxdp.conf"
agent || lab_die "mxdpd does not start"
check "what stood comes back from the journal, until it is flushed" lab_ctl flush --yes
for i in {0..39999}; do
    echo "20.$((i / 65536)).$((i / 256 % 256)).$((i % 256))"
done >"$LAB/bulk"
check "block forty thousand" lab_ctl block - --for 1h <"$LAB/bulk"
check_equal "all stand" "$(lab_ctl list --json | grep -c manual)" 40000
lab_ctl unblock --by manual 2>"$LAB/note" || not_ok "they are not unblocked by their cause"
check "it says who got no grace" grep -q "7233 of them got no day's grace" "$LAB/note"
check_equal "none stands" "$(lab_ctl list --json | grep -c manual)" 0
check "an own address is taken in" ip -n mta addr add 203.0.113.77/24 dev eth0
check "and never blocked" lab_wait 5 allowed_as 203.0.113.77 "our own address"
check "there is room for those allowed by hand" lab_ctl allow 192.0.2.202
check_equal "the log, in steps" "$(lab_ctl log --lines 1000 --json | wc -l)" 1000
lab_done
