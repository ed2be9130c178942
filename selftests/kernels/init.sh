#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first process of the guest: runs every test and tells of it on the second serial line (the
# first is the kernel's). Each test's words stand between "# begin NAME" and "# end NAME STATUS after N s";
# "# all done" is the last line. Whatever happens, the machine is switched off in the end.
export PATH=/bin:/sbin

mount -t devtmpfs dev /dev
mount -t proc proc /proc
ln -s /proc/self/fd /dev/fd # bash's <() wants it
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf
exec </dev/null >/dev/ttyS1 2>&1
trap 'poweroff -f' EXIT

# word NAME: what the kernel's command line says after "NAME=".
word()
{
    tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

# one NAME CMD...: cmocka writes TAP; a test that hangs must not take those after it along.
one()
{
    local name=$1 status=0 since=$SECONDS

    shift
    echo "# begin $name"
    CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$LIMIT" "$@" </dev/null || status=$?
    echo
    echo "# end $name $status after $((SECONDS - since)) s"
}

LIMIT=$(word mxdp.limit)
cd /mxdp || exit 1
echo "# kernel $(uname -r)"
for module in $(word mxdp.modules | tr ',' ' '); do
    busybox modprobe "$module" || echo "# no module $module"
done
for program in build/kernels/clang*/selftests/packets/test_budget; do
    [ ! -x "$program" ] || one "$(echo "$program" | cut -d / -f 3)" "$program"
done
for program in build/selftests/packets/test_* build/selftests/model/test_*; do
    one "${program##*/}" "$program"
done
for test in $(word mxdp.tests | tr ',' ' '); do
    script=$(find selftests -name "$test.sh")
    one "$test" bash "$script"
done
echo "# all done"
sleep 0.2 # the last words are on their way through the line
