#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Names that only the agent knows - feeds, lists, patterns - and what it says to one that is
# mistyped: the one that is meant.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

echo 192.0.2.77 >"$LAB/bad"
cat >"$LAB/mxdp.conf" <<END
list "bl.lab.example" { score = {"127.0.0.2*4"} }
feed "our-offenders" { url = "file://$LAB/bad" }
feed "partners" { url = "file://$LAB/bad" action = allow }
pattern "random-helo" { on = helo match = 'x' points = 1 }
END
lab_agent || lab_die "mxdpd does not start"

# meant WANTED CMD...: refused, and WANTED is named.
meant()
{
    local wanted=$1
    shift
    check "mxdpctl $*: $wanted" named "$wanted" "$@"
}

named()
{
    local wanted=$1
    shift
    ! lab_ctl "$@" >"$LAB/said" 2>&1 && grep -qF "did you mean \`$wanted'?" "$LAB/said"
}

meant our-offenders feeds our-ofenders
meant our-offenders feeds sync our-offendesr
meant partners feeds sync partner
meant bl.lab.example unblock --by bl.lab.exmaple
meant feed:our-offenders unblock --by feed:our-offender
meant dnsbl:bl.lab.example log --finding dnsbl:bl.lab.exampel
meant bl.lab.example log --finding bl.lba.example
meant pattern:random-helo log --finding pattern:random-hello
meant pattern:random-helo checks on pattern:randomhelo
for name in bl.lab.example dnsbl:bl.lab.example feed:our-offenders pattern:random-helo pattern no-helo \
    other.example.net; do
    check "log --finding $name" lab_ctl log --finding "$name"
done
check_equal "a name that is like none is told where they stand" \
    "$(lab_ctl feeds nonsense 2>&1 | grep -c 'see mxdpctl feeds')" 1
check_equal "a pattern that is not suspended is told so" \
    "$(lab_ctl checks off pattern:random-helo 2>&1 | grep -c 'has no switch of its own')" 1
check "SIGTERM" lab_agent_stop
lab_done
