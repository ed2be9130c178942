#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What mxdpd can still do once it is attached, by trying: capabilities, files, system calls; and
# that what it must do afterwards works behind its fences.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

TOOL=$LAB_BUILD/selftests/lab/confined
BOX=$LAB/box # like the agent's own files
mkdir -p "$BOX/state" "$LAB/lists" "$LAB/elsewhere"
touch "$BOX/mxdp.conf" "$BOX/state/state.json" "$LAB/lists/bad.txt" "$LAB/elsewhere/file"

# tries ATTEMPT AFTER [PATH]: it works as root, and behind the fences ends like AFTER.
tries()
{
    "$TOOL" "$BOX" "$1" "${3:-}" | grep -Eq "^before allowed after $2 "
}

echo "# calls"
for attempt in exec ptrace mount unshare chroot setuid keys kill perf memory; do
    check "refused: $attempt" tries $attempt EPERM
done
for attempt in fork raise bpf-stats packet vsock raw dumpable limit; do
    check "refused, as if unknown: $attempt" tries $attempt 'E(NOSYS|PERM)'
done
check "no second name for a file" tries link EPERM "$LAB/elsewhere/file"
for attempt in tcp netlink bpf-map programs; do
    check "still there: $attempt" tries $attempt allowed
done
check "not while another thread runs" grep -q 'threads run already' <("$TOOL" "$BOX" busy)

echo "# files"
check "its own state: written" tries write allowed "$BOX/state/new"
check "its own configuration: read" tries open allowed "$BOX/mxdp.conf"
check "a list that it was told of" tries open allowed "$LAB/lists/bad.txt"
check "names of users" tries open allowed /etc/passwd
if "$TOOL" "$BOX" tcp | grep -q 'landlock 1'; then
    check "not /etc/shadow" tries open EACCES /etc/shadow
    check "not what lies elsewhere" tries open EACCES "$LAB/elsewhere/file"
    check "nor a new file there" tries write EACCES "$LAB/elsewhere/new"
    check "nor a list" tries write EACCES "$LAB/lists/bad.txt"
    check "nor somebody's memory" tries open EACCES /proc/1/mem
else
    skip "this kernel has no Landlock"
fi

echo "# the agent"
status_of()
{
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}
threads_have()
{
    local thread
    for thread in /proc/"$AGENT"/task/*; do
        [ "$(sed -n "s/^$1:[[:space:]]*//p" "$thread/status")" = "$2" ] || return 1
    done
}
cat >"$LAB/mxdp.conf" <<END
feed "our-list" { url = "file://$LAB/lists/bad.txt" action = drop interval = 1m }
END
echo 192.0.2.66 >"$LAB/lists/bad.txt"
lab_agent || lab_die "mxdpd does not start"
check "several threads" test "$(status_of "$AGENT" Threads)" -gt 2
check "each with a filter" threads_have Seccomp 2
check "each without new privileges" threads_have NoNewPrivs 1
net_bpf=$(printf '%016x' $((1 << 12 | 1 << 39)))
held=$(printf '%016x' $((1 << 12 | 1 << 39 | 1 << 21 | 1 << 38)))
check "each with two capabilities in effect" threads_have CapEff "$net_bpf"
check "and two held back" threads_have CapPrm "$held"
check "none to come back" threads_have CapBnd "$(printf '%016x' 0)"

echo "# what it must do behind them"
fed()
{
    lab_ctl --json feeds | jq -es 'map(select(.name == "our-list")) | .[0].entries == 1' >/dev/null
}
check "a list is read" lab_wait 20 fed
check "a new file is put in its place" cp "$LAB/lists/bad.txt" "$LAB/lists/new.txt"
mv "$LAB/lists/new.txt" "$LAB/lists/bad.txt"
check "and read" lab_ctl feeds sync our-list
check "a block" lab_ctl block 198.51.100.7
reread()
{
    lab_ctl log | grep -q 'configuration read anew'
}
echo 'courtesy = 2h' >>"$LAB/mxdp.conf"
kill -HUP "$AGENT"
check "its configuration is read anew" lab_wait 10 reread
hooks=$(lab_programs)
lab_unplug
lab_plug
check "an interface that comes back is guarded" lab_wait 20 lab_has_programs "$hooks"
check "what is set by hand" lab_ctl allow 192.0.2.99
saved()
{
    grep -q '192\.0\.2\.99' "$LAB/state/state.json"
}
check "is kept in its file" lab_wait 10 saved
check "it ends" lab_agent_stop
check_equal "nothing is left of it" "$(lab_pins_left)" 0
complains()
{
    grep -iE 'permission denied|not permitted|not implemented' "$LAB/mxdpd.log"
}
check_exit 1 "not a word of what it could not do" complains
lab_done
