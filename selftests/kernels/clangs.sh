#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The BPF object by every clang that this machine has: each allocates registers its own way, and
# each kernel's verifier counts its own way.
#
#   selftests/kernels/clangs.sh list          their names
#   selftests/kernels/clangs.sh try NAME      builds the object, into the test of its budget and
#                                             into the driver of the kernel room; runs the test
#   selftests/kernels/clangs.sh table         instructions verified, for each clang and kernel
set -u

cd "$(dirname "$0")/../.." || exit 1

list()
{
    local n found=

    for ((n = 14; n < 100; n++)); do
        ! command -v "clang-$n" >/dev/null || found+=" clang-$n"
    done
    # shellcheck disable=SC2086 # a list of words
    printf '%s\n' ${found:-clang}
}

# The library stays the one that is there: only what contains BPF code is made again. The room's
# object.o carries the BPF object; named before the library, it stands for the one in there.
build()
{
    local into=build/kernels/$1 libraries

    libraries=$(sed -n 's/^LIBRARIES [:+]= //p' Makefile)
    make -s -o build/libmxdp.a BUILD="$into" LIBRARY=build/libmxdp.a BPF_CLANG="$1" \
        "$into/selftests/packets/test_budget" "$into/obj/selftests/lab/kernel_room.o" \
        "$into/obj/user/kernel/object.o" || return 1
    # shellcheck disable=SC2046,SC2086 # lists of words
    "${CC:-gcc}" -o "$into/kernel_room" "$into/obj/selftests/lab/kernel_room.o" \
        "$into/obj/user/kernel/object.o" build/libmxdp.a $(pkg-config --libs $libraries)
}

try()
{
    local out=build/kernels/$1.out status=0

    build "$1" || return 1
    "build/kernels/$1/selftests/packets/test_budget" >"$out" 2>&1 || status=$?
    awk -f selftests/kernels/brief.awk "$out"
    return "$status"
}

# count FILE PROGRAM: from the words of the test.
count()
{
    sed -n "s/.*$2: \([0-9]*\) instructions verified.*/\1/p" "$1" 2>/dev/null | head -n 1
}

row()
{
    local gate tap

    gate=$(count "$3" mxdp_gate)
    tap=$(count "$3" mxdp_tap)
    [ -z "$gate" ] || printf '    %-10s %-30s %8s %8s\n' "$1" "$2" "$gate" "$tap"
}

table()
{
    local clang log kernel said

    said=$(mktemp) || exit 1
    printf '    %-10s %-30s %8s %8s   instructions verified\n' clang kernel gate tap
    for clang in $(list); do
        row "$clang" "$(uname -r)" "build/kernels/$clang.out"
        for log in build/kernels/*.tap; do
            [ -e "$log" ] || continue
            kernel=$(tr -d '\r' <"$log" | sed -n 's/^# kernel //p')
            bash selftests/kernels/boot.sh show "$(basename "${log%.tap}")" "$clang" >"$said"
            row "$clang" "$kernel" "$said"
        done
    done
    rm -f "$said"
}

case ${1:-} in
list | table) "$1" ;;
try) try "$2" ;;
*) exit 2 ;;
esac
