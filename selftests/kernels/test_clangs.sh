#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The object of every clang at its place of work: as a component of libxdp's dispatcher, which the
# verifier looks at with other eyes than at a program of its own, and on the egress (boot.sh).

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
lab_enter "$@"
lab_network

for room in "$LAB_BUILD"/kernels/clang*/kernel_room; do
    clang=$(basename "$(dirname "$room")")
    check "$clang: attached" lab_in mta "$room" attach eth0 native "$PIN_DIR"
    check_equal "$clang: one gate and one tap" "$(lab_in mta "$room" state eth0)" \
        "xdp gate/native taps 1"
    check "$clang: a sweep" lab_in mta "$room" sweep "$PIN_DIR"
done
check_more "clangs tried" "$(compgen -G "$LAB_BUILD/kernels/clang*" | wc -l)" 0
lab_done
