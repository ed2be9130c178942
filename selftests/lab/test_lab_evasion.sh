#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every shape of SYN that Linux answers must be dropped for a source under verdict, and a decoy in
# front of the real HELO must not hide it. Each shape is tried before the block as well: the control
# that shows that Linux does answer it.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_up
lab_agent || lab_die "mxdpd does not start"

BAD4=192.0.2.66
BAD6=2001:db8:66::66

# shapes STATUS WORD: all of them end with exit code STATUS.
shapes()
{
    local flags n

    check_exit "$1" "IPv4: a plain SYN is $2" lab_forge syn --source $BAD4 --dest "$MX4"
    check_exit "$1" "IPv6: a plain SYN is $2" lab_forge syn --source $BAD6 --dest "$MX6"
    for flags in PSH URG ECE CWR ECE,CWR PSH,URG,ECE,CWR; do
        check_exit "$1" "IPv4: SYN with $flags is $2" \
            lab_forge syn --source $BAD4 --dest "$MX4" --flags "$flags"
        check_exit "$1" "IPv6: SYN with $flags is $2" \
            lab_forge syn --source $BAD6 --dest "$MX6" --flags "$flags"
    done
    check_exit "$1" "a SYN in fragments of 8 bytes is $2" \
        lab_forge syn --source $BAD4 --dest "$MX4" --frag8
    for n in 1 25 53 465 65535; do
        check_exit "$1" "IPv4: a SYN from port $n is $2" \
            lab_forge syn --source $BAD4 --dest "$MX4" --sport $n
        check_exit "$1" "IPv6: a SYN from port $n is $2" \
            lab_forge syn --source $BAD6 --dest "$MX6" --sport $n
    done
    for n in 1 2 3 4 5 6; do
        check_exit "$1" "a SYN behind $n extension headers is $2" \
            lab_forge syn --source $BAD6 --dest "$MX6" --exthdrs "$n"
    done
}

# decoy KIND SOURCE SERVER HELO
decoy()
{
    local kind=$1 source=$2 server=$3 helo=$4

    check "$source: the server discards the $kind decoy and answers the real HELO" \
        lab_forge decoy --kind "$kind" --source "$source" --dest "$server" mail.example.org "$helo"
    check "$source: judged by the real one" lab_wait 5 lab_blocked_for "$source" helo-our-address
    check_exit 4 "$source: its next SYN is dropped" \
        lab_forge syn --source "$source" --dest "$server"
}

shapes 0 answered
lab_ctl block $BAD4 --for 1h || lab_die "cannot block"
lab_ctl block $BAD6 --for 1h || lab_die "cannot block"
fragments=$(lab_fate fragment-dropped)
shapes 4 dropped
check_more "fragments have their own fate" "$(lab_fate fragment-dropped)" "$fragments"
check_exit 0 "a neighbour's SYN in fragments still passes" \
    lab_forge syn --source 192.0.2.67 --dest "$MX4" --frag8
check_exit 0 "a neighbour's SYN behind extension headers still passes" \
    lab_forge syn --source 2001:db8:66::67 --dest "$MX6" --exthdrs 6

n=70
for kind in helo fin rst; do
    decoy $kind 192.0.2.$n "$MX4" "[$MX4]"
    decoy $kind 2001:db8:66:$n::1 "$MX6" "[IPv6:$MX6]"
    n=$((n + 1))
done
lab_done
