#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No memory. First mxdpd may not map one more page, while administrators and a feed want much of it:
# what does not fit is refused in words, it lives, mail flows and bots are judged. Then the kernel
# kills it for want of memory (a cgroup's): the gate stands, and the next start has everything.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up

BAD=192.0.2.66
MANY=100000
N=0

guarded()
{
    check_exit 4 "$1: the gate stands" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
}

# flows WHAT: mail flows, a bot is judged.
flows()
{
    local bot

    N=$((N + 1))
    bot=198.51.100.$((N + 100))
    check "$1: a letter is taken" lab_bot 198.51.100.$((N + 20)) "$MX4" mail mail.example.org \
        "letter-$N-@example.org" user@example.net
    check "$1: and delivered" lab_wait 20 lab_delivered "letter-$N-@"
    lab_bot $bot "$MX4" helo "[$MX4]" >"$LAB/bot.out" 2>&1
    check "$1: a bot is blocked" lab_wait 10 lab_blocked_for $bot helo-our-address
}

# addresses NETWORK COUNT
addresses()
{
    awk -v net="$1" -v count="$2" 'BEGIN { for (i = 0; i < count; i++)
        printf "%d.%d.%d.%d\n", net, i / 65536, i / 256 % 256, i % 256 }'
}

# said TEXT CMD...: it is done, or refused with words; nothing else.
said()
{
    local text=$1 status=0
    shift
    "$@" >"$LAB/said" 2>&1 || status=$?
    echo "# $text: exit $status, $(head -c 160 "$LAB/said" | head -n 1)"
    check "$text: it is done, or refused in words" \
        test $status = 0 -o \( $status = 1 -a -s "$LAB/said" \)
    check_equal "$text: nobody is blamed for it" "$(grep -c 'no JSON' "$LAB/said")" 0
}

mkdir -p "$LAB/www"
addresses 40 100 | feed_put list.txt
feed_section list "file://$LAB/www/list.txt" 'action = drop' 'guard = 0'
lab_agent || lab_die "mxdpd does not start"
check "a block" lab_ctl block $BAD --for 2h
check "a feed" lab_wait 20 feed_is list state ok
flows "before"
first=$AGENT

# --- not one page more ---------------------------------------------------------------------------

# Not of address space: that would keep the stack from growing, which no shortage of memory does.
size=$(awk '$1 == "VmData:" { print $2 * 1024 }' "/proc/$AGENT/status")
check "no more memory than it has" prlimit --pid "$AGENT" "--data=$size:unlimited"
addresses 30 $MANY >"$LAB/bulk"
said "short: block $MANY" lab_ctl block - --for 1h <"$LAB/bulk"
flows "short, after a bulk"
addresses 40 $MANY | feed_put list.txt
said "short: a feed of $MANY" lab_ctl feeds sync list
flows "short, after a feed"
asking=()
for _ in {1..20}; do
    lab_ctl list --json >/dev/null 2>&1 &
    asking+=($!)
done
wait "${asking[@]}"
said "short: a list" lab_ctl list --json
said "short: unblock all of them" lab_ctl unblock --by manual
kill -s HUP "$AGENT"
flows "short, after all that"
check "short: it lives" kill -0 "$first"
check "as much as it wants" prlimit --pid "$AGENT" --data=unlimited:unlimited
check "enough: a block" lab_ctl block $BAD --for 2h
check "enough: the feed" lab_ctl feeds sync list
check "enough: is in force" lab_wait 30 feed_would_stop 40.1.0.7
flows "enough"
guarded "enough"
check "enough: as many blocks" lab_ctl block - --for 1h <"$LAB/bulk"

# --- killed for it -------------------------------------------------------------------------------

# A group below that of this test, of whichever version there is: its path in $GROUP.
make_group()
{
    local name=mxdp-lab-$$ limit=$1 root

    root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
    if [ -n "$root" ]; then
        GROUP=$root$(awk -F: '$2 == "memory" { print $3 }' /proc/self/cgroup)/$name
        mkdir "$GROUP" 2>/dev/null && echo "$limit" >"$GROUP/memory.limit_in_bytes"
        return
    fi
    root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    GROUP=$root/$name
    [ -n "$root" ] && mkdir "$GROUP" 2>/dev/null && echo "$limit" 2>/dev/null >"$GROUP/memory.max" &&
        echo 0 2>/dev/null >"$GROUP/memory.swap.max"
}

# This shell goes there and comes back; what it starts meanwhile stays.
start_limited()
{
    local status=0
    echo $$ >"$GROUP/cgroup.procs" && lab_agent || status=$?
    echo $$ >"$(dirname "$GROUP")/cgroup.procs"
    return "$status"
}

resident=$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$AGENT/status")
if make_group $((resident + (64 << 20))); then
    trap 'rmdir "$GROUP" 2>/dev/null' EXIT
    lab_agent_kill
    check "a start in a group with a limit" start_limited
    guarded "limited"
    status=0
    # What it asks for is the kernel's own memory, too: journals in a tmpfs, sockets, maps.
    for net in {60..90}; do
        addresses "$net" $MANY | lab_ctl block - --for 1h >/dev/null 2>&1
        ! lab_agent_gone || break
    done
    check "it is killed" lab_wait 20 lab_agent_gone
    wait "$AGENT" || status=$?
    check_equal "by SIGKILL" "$status" 137
    guarded "killed"
    check "killed: mail flows" lab_bot 198.51.100.50 "$MX4" mail mail.example.org \
        oom-@example.org user@example.net
    check "killed: a start without a limit" lab_agent
    check_equal "killed: the block stands" "$(lab_verdict $BAD)" manual
    check "killed: the feed is in force" lab_wait 30 feed_would_stop 40.1.0.7
    flows "killed"
else
    skip "killed for want of memory: no cgroup can be made here"
fi
check "mxdpd ends well" lab_agent_stop
lab_done
