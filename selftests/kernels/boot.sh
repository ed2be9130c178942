#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots one of Debian's kernels in an emulated machine, with the tests inside.
#
#   selftests/kernels/boot.sh SERIES           boots it ("6.1"), and says in TAP what came of that
#   selftests/kernels/boot.sh list SERIES      the tests that it ran
#   selftests/kernels/boot.sh show SERIES TEST what one of them said; exits as that test did
#
# Wants the programs built. The guest's memory holds everything, it has no disk and no network.
# Output stays in build/kernels: SERIES.tap is what the tests said, SERIES.console the kernel.
# MACHINE_LIMIT is how many seconds the machine may run, and TEST_LIMIT one test in it.
set -u

cd "$(dirname "$0")/../.." || exit 1
. selftests/kernels/kernel.sh
. selftests/kernels/initramfs.sh

MACHINE_LIMIT=${MACHINE_LIMIT:-1800}
TEST_LIMIT=${TEST_LIMIT:-400}
# Those of the laboratory's that ask nothing of a mail server but a friendly answer.
TESTS=${TESTS:-test_clangs test_devices test_neighbours test_clock test_kernel_room test_lab_handover test_lab_replug
    test_lab_block test_lab_bots test_lab_evasion}

ok()
{
    echo "ok - $*"
}

not_ok()
{
    echo "not ok - $*"
    FAILED=1
}

skip()
{
    echo "skip - $*"
    exit 0
}

# check TEXT CMD...
check()
{
    local text=$1
    shift
    if "$@"; then ok "$text"; else not_ok "$text"; fi
}

comma()
{
    # shellcheck disable=SC2086 # a list of words
    printf '%s,' $1
}

# All of it emulated: virtual machines, on which tests mostly run, have no KVM. The card is wired
# to nothing.
boot()
{
    timeout --foreground -k 5 "$MACHINE_LIMIT" qemu-system-x86_64 -accel tcg -cpu max -smp 2 \
        -m 2048 -nodefaults -display none -no-reboot -kernel "$KERNEL_IMAGE" -initrd "$1" \
        -serial "file:$CONSOLE" -serial "file:$TAP" -netdev hubport,id=wire,hubid=0 \
        -device virtio-net-pci,netdev=wire,host_mtu=9000,romfile= \
        -append "console=ttyS0 loglevel=5 panic=-1 nowatchdog rcupdate.rcu_cpu_stall_suppress=1 \
mxdp.limit=$TEST_LIMIT mxdp.modules=$(comma "$INITRAMFS_MODULES") mxdp.tests=$(comma "$TESTS")"
}

said_all()
{
    grep -q '^# all done' "$TAP" || { tail -n 5 "$TAP" "$CONSOLE" | sed 's/^/# /' && false; }
}

# The kernel's own complaints: nothing that an unprivileged packet or a privileged agent does may
# bring one up.
quiet()
{
    ! grep -E -A 20 'Kernel panic|BUG:|WARNING:|Oops|general protection|Call Trace' "$CONSOLE" |
        sed 's/^/# /' | grep .
}

run()
{
    local tree=$KERNELS/$1.root archive=$KERNELS/$1.cpio.gz status=0

    rm -f "$TAP" "$CONSOLE" # an earlier run's words are not this one's
    [ "$(uname -m)" = x86_64 ] || skip "$1: these kernels are for x86-64, this is $(uname -m)"
    command -v dpkg >/dev/null || skip "$1: Debian's packages need dpkg to be unpacked"
    kernel_get "$1" || skip "$1: no kernel package: $(tail -n 1 "$KERNELS/apt.log")"
    initramfs_make "$tree" "$archive" || { not_ok "$1: no root file system" && return; }
    rm -rf "$tree"
    boot "$archive" || status=$?
    check "$KERNEL_RELEASE came to an end in time (exit code $status)" [ "$status" = 0 ]
    check "it came to the end of its tests" said_all
    check "the kernel had nothing to complain of" quiet
}

# One test's lines, and its exit code: 99 where it did not come to its end.
show()
{
    tr -d '\r' <"$TAP" | awk -v name="$1" 'BEGIN { status = -1 }
        $0 == "# begin " name { on = 1; next }
        $1 == "#" && $2 == "end" && $3 == name { status = $4; on = 0 }
        on && NF { print }
        END { exit status < 0 ? 99 : status }' | awk -f selftests/kernels/brief.awk
    return "${PIPESTATUS[1]}"
}

FAILED=0
case ${1:-} in
list | show)
    TAP=$KERNELS/$2.tap
    if [ "$1" = show ]; then
        show "$3"
    elif [ -e "$TAP" ]; then
        tr -d '\r' <"$TAP" | sed -n 's/^# begin //p'
    fi
    exit
    ;;
6.*)
    TAP=$KERNELS/$1.tap CONSOLE=$KERNELS/$1.console
    run "$1"
    exit "$FAILED"
    ;;
*)
    echo "boot.sh: '${1:-}' is no series of kernels, as 6.1 is" >&2
    exit 2
    ;;
esac
