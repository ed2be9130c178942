#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# status for somebody who was woken up: what is wrong and what to do, the last accepted mail, whether
# replies are seen, who is known for good and blocked all the same, what lists and feeds are worth,
# and what was lost. All of it in 80 columns.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

GOOD=198.51.100.20
cat >"$LAB/mxdp.conf" <<END
trusted_relays = {192.0.2.25}
list "bl.lab.example" { score = {"127.0.0.2*4"} probe = 10s }
dns { stubs = {"bl.lab.example=127.0.0.1@5353"} timeout = 1s }
feed "ours" { url = "file://$LAB/there-is-none" }
END

# says PATTERN: a line of status, as people see it.
says()
{
    lab_ctl status >"$LAB/status"
    grep -qE "$1" "$LAB/status"
}

lab_agent || lab_die "mxdpd does not start"
check "nobody came yet" says '^tap +saw nobody connect yet$'
check "no mail" says '^mail +last accepted: none yet; 0 in the last hour'
check "a good sender" lab_send $GOOD "$MX4" letter-1
check "its mail is the last" lab_wait 10 says '^mail +last accepted: [0-9]+s ago; 1 in the last hour'
check "replies are seen" says "^tap +sees the mail server's replies$"
check "nothing is lost" says '^lost +nothing$'
check "a list is not believed" lab_wait 30 says '^lists +0 of 1 are believed; not so bl.lab.example \([a-z-]+\)$'
check "why, and what to do" lab_wait 30 says '^! list bl.lab.example is not believed: .*; mail flows without it'
check "a feed is not there" lab_wait 30 says '^feeds +0 of 1 count, with 0 entries; not so ours \(failing\)$'
check "relays" says '^relays +192.0.2.25$'
lab_ctl checks off bare-lf >/dev/null
check "a check that is off" says '^checks off +bare-lf$'
check_equal "nobody good is blocked" "$(lab_status '.good_blocked | length')" 0

lab_bot $GOOD "$MX4" http >"$LAB/bot.out" 2>&1
check "the good sender convicts itself" lab_wait 10 lab_blocked_for $GOOD non-smtp
blamed()
{
    [ "$(lab_status '.good_blocked | map(.addr + " " + .why) | join(",")')" = "$1" ]
}
check "status names it" lab_wait 10 blamed "$GOOD non-smtp"
check "and what to do" says "^! known for good, yet blocked [0-9]+s ago: $GOOD \(.*\), for non-smtp: .*mxdpctl allow $GOOD"
lab_bot 198.51.100.66 "$MX4" http >"$LAB/bot.out" 2>&1
check "a stranger" lab_wait 10 lab_blocked_for 198.51.100.66 non-smtp
check "is none of them" blamed "$GOOD non-smtp"

# On a terminal, as wide as they used to be.
cat >"$LAB/on-terminal" <<END
stty cols 80 rows 24
exec nsenter --net=/run/netns/mta -- "$LAB_BUILD/mxdpctl" --socket "$LAB/mxdp.sock" "\$@"
END
terminal()
{
    TERM=xterm script -qec "bash $LAB/on-terminal $*" /dev/null </dev/null |
        sed -e 's/\x1b\[[0-9;]*m//g' -e 's/\r$//' >"$LAB/terminal"
}
for verb in status "report --daily"; do
    terminal "$verb"
    check_more "$verb has lines" "$(wc -l <"$LAB/terminal")" 4
    check_equal "none is wider than a terminal" "$(awk 'length > 80' "$LAB/terminal")" ""
done
terminal status
check "what is wrong comes first" grep -q '^! ' <(head -n 1 "$LAB/terminal")
check "on several lines" grep -qE '^  [a-z`]' "$LAB/terminal"
check "in words that are whole" grep -qE "\`mxdpctl$|\`mxdpctl (allow|explain)" "$LAB/terminal"

check "SIGTERM" lab_agent_stop
check "another start" lab_agent
check "the last mail is remembered" says '^mail +last accepted: [0-9]+(s|m|m[0-9]+s) ago; '
check "SIGTERM" lab_agent_stop
lab_done
