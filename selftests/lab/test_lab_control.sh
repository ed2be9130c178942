#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control socket against real users: who is let in, how many of whose connections there may be,
# how long a request; those that say nothing, dawdle, or never read are let go, and whatever they do,
# root is heard and bots are judged.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up

# Users and a group of the laboratory's own: anna, bert, cleo and dora are of the group, emil is not.
SOCK=$LAB/mxdp.sock
cp /etc/passwd "$LAB/passwd"
uid=61000
for user in anna bert cleo dora emil; do
    echo "lab-$user:x:$uid:$uid::/:/bin/sh" >>"$LAB/passwd"
    uid=$((uid + 1))
done
members()
{
    {
        grep -v '^lab-' /etc/group
        for uid in 61000 61001 61002 61003 61004; do
            echo "lab-$uid:x:$uid:"
        done
        echo "lab-mxdp:x:61900:$1"
    } >"$LAB/group.new"
    cat "$LAB/group.new" >"$LAB/group"
}
touch "$LAB/group"
members lab-anna,lab-bert,lab-cleo,lab-dora
mount --bind "$LAB/passwd" /etc/passwd || lab_die "cannot lend users"
mount --bind "$LAB/group" /etc/group || lab_die "cannot lend a group"

# as USER CMD...
as()
{
    local user=$1
    shift
    lab_in mta setpriv --reuid="lab-$user" --regid="$(id -g "lab-$user")" --init-groups "$@"
}

ctl_as()
{
    local user=$1
    shift
    as "$user" "$LAB_BUILD/mxdpctl" --socket "$SOCK" --pin-dir /nowhere "$@"
}

# said USER WORDS CMD...: mxdpctl fails, with these words.
said()
{
    local user=$1 words=$2
    shift 2
    ! ctl_as "$user" "$@" >"$LAB/said" 2>&1 && grep -qF "$words" "$LAB/said"
}

# hold USER: a connection that says nothing, until it is ended; what it hears is in $LAB/heard.N.
HELD=()
hold()
{
    local file
    file=$LAB/heard.${#HELD[@]}
    : >"$file"
    chmod 0666 "$file"
    if [ "$1" = root ]; then
        nsenter --net=/run/netns/mta -- socat -u "UNIX-CONNECT:$SOCK" "OPEN:$file,wronly" &
    else
        nsenter --net=/run/netns/mta -- setpriv --reuid="lab-$1" --regid="$(id -g "lab-$1")" \
            --init-groups socat -u "UNIX-CONNECT:$SOCK" "OPEN:$file,wronly" &
    fi
    HELD+=($!)
}

release()
{
    [ "${#HELD[@]}" = 0 ] || kill "${HELD[@]}" 2>/dev/null
    wait "${HELD[@]}" 2>/dev/null
    HELD=()
}

# How many connections the agent has.
connections()
{
    lab_in mta ss -Hx state connected src "$SOCK" | wc -l
}

has_connections()
{
    [ "$(connections)" = "$1" ]
}

echo 'socket_group = "lab-mxdp"' >>"$LAB/mxdp.conf"
lab_agent || lab_die "mxdpd does not start"

# --- who is let in

check_equal "the socket is root's and the group's" "$(stat -c %U:%G:%a "$SOCK")" root:lab-mxdp:660
check "a member is heard" ctl_as anna status
check "a stranger is not" said emil "permission denied" status
check "which says who would be" grep -qF "be root or a member of group" "$LAB/said"
chmod 0666 "$SOCK"
check "nor where the file would let him" said emil "permission denied" status
check "nor may he change anything" said emil "permission denied" block 192.0.2.66
check "a member all the same" ctl_as anna block 192.0.2.67 --for 1h
chmod 0660 "$SOCK"
check_equal "there is one block" "$(lab_ctl list --json | jq -r .addr)" 192.0.2.67
audited()
{
    [ "$(lab_ctl log --audit --json | jq -r 'select(.verb == "block") | .uid')" = 61000 ]
}
check "and who did it is known" lab_wait 10 audited
# Who was of the group when he logged in is still so for the kernel; the agent looks anew.
members lab-anna,lab-bert,lab-cleo
stale()
{
    ! lab_in mta setpriv --reuid=61003 --regid=61003 --groups=61900 "$LAB_BUILD/mxdpctl" \
        --socket "$SOCK" --pin-dir /nowhere status >"$LAB/said" 2>&1 &&
        grep -qF "permission denied" "$LAB/said"
}
check "who has left the group is a stranger" stale
members lab-anna,lab-bert,lab-cleo,lab-dora
check "and is none once he is back" ctl_as dora status

# --- those that say nothing, or a byte now and then: as long as all the rest takes

check "nobody is connected" lab_wait 10 has_connections 0
SECONDS=0
as anna socat -u "UNIX-CONNECT:$SOCK" "CREATE:/dev/null" &
silent=$!
# shellcheck disable=SC2016 # its own shell
{
    for ((i = 0; i < 600; i++)); do
        printf '{' || break
        sleep 0.5
    done
} 2>/dev/null | as anna socat - "UNIX-CONNECT:$SOCK" >"$LAB/drip" 2>/dev/null &
check "one says nothing, one a byte at a time" lab_wait 10 has_connections 2

# --- how many

for ((i = 0; i < 6; i++)); do
    hold anna
done
check "one member has eight connections" lab_wait 10 has_connections 8
check "a ninth is refused" said anna "8 connections of one user are open already" status
check "another member is heard" ctl_as bert status
for ((i = 0; i < 8; i++)); do
    hold bert
    hold cleo
done
check "three have eight each" lab_wait 10 has_connections 24
check "a fourth member finds no place" said dora "24 connections are open already" status
check "root does" lab_ctl status
lab_bot 198.51.100.7 "$MX4" helo "[$MX4]" >/dev/null
check "a bot is blocked meanwhile" lab_wait 10 lab_is_blocked 198.51.100.7
for ((i = 0; i < 8; i++)); do
    hold root
done
check "root takes the rest" lab_wait 10 has_connections 32
check_exit 1 "beyond that root waits, too" lab_ctl status
lab_ctl status 2>"$LAB/said"
check "and is told why" grep -qF "32 connections are open already" "$LAB/said"
release
check "who hangs up makes room" lab_wait 10 has_connections 2
check "for members, too" ctl_as dora status

# --- how long

memory()
{
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$AGENT/status"
}

send_long()
{
    head -c "$1" /dev/zero | tr '\0' a | lab_in mta socat -t 30 - "UNIX-CONNECT:$SOCK" 2>/dev/null
}

before=$(memory)
check_equal "a request without an end is refused" \
    "$(send_long 16777217 | jq -r .error)" "the request is longer than 16777216 bytes"
check "and its place is free" lab_wait 10 has_connections 2
check_more "its memory, too" $((before + 8192)) "$(memory)"

# --- a follower that never reads

# shellcheck disable=SC2216 # it is there not to read
{
    echo '{"verb": "log", "lines": 0, "follow": true}'
    exec sleep 600
} | lab_in mta socat - "UNIX-CONNECT:$SOCK" 2>/dev/null | sleep 600 &
follower=$!
check "a follower is there" lab_wait 10 has_connections 3
for ((i = 0; i < 100000; i++)); do
    echo "20.$((i / 65536)).$((i / 256 % 256)).$((i % 256))"
done >"$LAB/bulk"
check "a hundred thousand blocks" lab_ctl block - --for 1h <"$LAB/bulk"
check "are taken back, one event each" lab_ctl unblock --by manual
gone()
{
    [ "$(connections)" -le 2 ]
}
check "who does not read them is let go" lab_wait 30 gone
check "the agent answers" lab_ctl status
kill "$follower"

# --- a minute is over

check "who said nothing for a minute is let go, and who dawdled" lab_wait 90 has_connections 0
check_more "not before" "$SECONDS" 55
wait "$silent" 2>/dev/null
check "and was told" lab_wait 10 grep -qF "nothing was asked for too long" "$LAB/drip"
check "members are heard to the end" ctl_as anna list
check "mxdpd ends well" lab_agent_stop
lab_done
