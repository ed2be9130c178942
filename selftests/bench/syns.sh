# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For benches of dropped SYNs: floods by drop.c through a veth, what stands at its end, and whether
# a flood did what it should. A case's name ends in how many addresses are listed: mxdp-1M.

TOOLS=$LAB_BUILD/selftests/bench
TO_MAC=02:00:00:00:00:25
FILTER_HOLDS=8000 # of 10,000 that xdp-filter's map holds, some are special and left out

number_of()
{
    case $1 in
    *-1k) echo 1000 ;;
    *-1M) echo 1000000 ;;
    xdp-filter) echo "$FILTER_HOLDS" ;;
    *) echo 10000000 ;;
    esac
}

# list NUMBER FORMAT: as a file, made once.
list()
{
    local file=$LAB/list-$1-$2

    [ -e "$file" ] || "$TOOLS/feeds" write clustered "$1" "$2" >"$file" || lab_die "no list"
    chmod 0644 "$file"
    echo "$file"
}

# flood_wire OUT IN IFACE: a new namespace OUT with eth0, and IFACE at the other end, in IN.
flood_wire()
{
    lab_namespace "$1"
    ip -n "$1" link add eth0 type veth peer name "$3" netns "$2" address "$TO_MAC"
    ip -n "$1" link set eth0 up
    ip -n "$2" link set "$3" up
    # A veth takes frames from XDP only where it polls, and it polls where it has a program or GRO.
    lab_in "$1" ethtool -K eth0 gro on
    lab_in "$2" ethtool -K "$3" gro on
}

# wire CASE: its two namespaces, out-CASE and in-CASE, eth0 in both.
wire()
{
    lab_namespace "in-$1"
    flood_wire "out-$1" "in-$1" eth0
    ip -n "in-$1" addr add "$MX4/24" dev eth0
}

# list_config FILE: mxdpd's, with that list.
list_config()
{
    cat <<END
feed "list" {
    url = "file://$1"
    action = drop
}
END
}

set_up_mxdp()
{
    local file

    file=$(list "$(number_of "$1")" plain)
    list_config "$file" >"$LAB/$1.conf"
    nsenter --net="/run/netns/in-$1" -- "$LAB_BUILD/mxdpd" --config "$LAB/$1.conf" \
        --pin-dir "/sys/fs/bpf/$1" --state-dir "$LAB/state-$1" --socket "$LAB/$1.sock" \
        --mode enforce eth0 >"$LAB/$1.log" 2>&1 &
    lab_wait 60 in_force "$1" || lab_die "$1: its list does not come in force: $(cat "$LAB/$1.log")"
}

# Not `jq -e', which says yes to nothing: so answers an agent that is not there yet.
in_force()
{
    [ "$(nsenter --net="/run/netns/in-$1" -- "$LAB_BUILD/mxdpctl" --socket "$LAB/$1.sock" \
        --config "$LAB/$1.conf" feeds list --json 2>/dev/null | jq .in_force)" = true ]
}

# nft_set NS NUMBER FAMILY HOOK: a set of so many, and what drops its members there.
nft_set()
{
    {
        echo "table $3 bench {"
        sed -e 1d -e '$d' "$(list "$2" nft)"
        echo " chain early { type filter hook $4; ip saddr @bench drop; }"
        echo '}'
    } >"$LAB/nft"
    lab_in "$1" nft -f "$LAB/nft"
}

set_up_inet()
{
    nft_set "in-$1" "$(number_of "$1")" inet "prerouting priority -300"
}

# nft_ingress NS NUMBER IFACE
nft_ingress()
{
    nft_set "$1" "$2" netdev "ingress device \"$3\" priority -500"
}

received()
{
    ip -n "in-$1" -s -j link show eth0 | jq '.[0].stats64.rx.packets'
}

reached_tcp()
{
    # shellcheck disable=SC2016 # awk's own
    lab_in "in-$1" awk '$1 == "Tcp:" && $2 ~ /^[0-9]/ { print $11 }' /proc/net/snmp
}

# flood CASE DRAWN: nanoseconds of a frame.
flood()
{
    local before tcp came

    before=$(received "$1") tcp=$(reached_tcp "$1")
    lab_in "out-$1" taskset -c "$BENCH_CPU" "$TOOLS/drop" flood eth0 "$FRAMES" \
        "$(number_of "$1")" "$2" "$TO_MAC/$MX4" || return 1
    came=$(($(received "$1") - before))
    [ "$came" -ge $((FRAMES - FRAMES / 500)) ] ||
        lab_die "$1: only $came of $FRAMES frames went through the wire"
    [ "$(reached_tcp "$1")" = "$tcp" ] ||
        lab_die "$1: $(($(reached_tcp "$1") - tcp)) of $FRAMES frames reached TCP"
}
