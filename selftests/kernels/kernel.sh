# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's kernels for other machines than this one: fetched, unpacked below $KERNELS, never
# installed. A series ("6.1") stands for its newest point release that apt knows; where apt or the
# network fails, for the newest that was fetched before.
#
#   kernel_get SERIES     sets KERNEL_IMAGE, KERNEL_RELEASE, KERNEL_ROOT (with lib/modules);
#                         false where there is none, with the reason in $KERNELS/apt.log

KERNELS=${KERNELS:-build/kernels}

kernel_offered()
{
    command -v apt-cache >/dev/null || return 0
    apt-cache search --names-only "^linux-image-${1//./\\.}\\.[0-9].*-cloud-amd64\$" |
        cut -d ' ' -f 1 | sort -V | tail -n 1
}

# Into a directory of its own, so that half a download is never taken for a whole one.
kernel_download()
{
    local name

    name=$(kernel_offered "$1")
    [ -n "$name" ] || { echo "apt knows no linux-image-$1.*-cloud-amd64"; return 1; }
    [ -z "$(find "$KERNELS/debs" -name "${name}_*.deb")" ] || return 0
    rm -rf "$KERNELS/debs.new"
    mkdir -p "$KERNELS/debs.new"
    (cd "$KERNELS/debs.new" && apt-get -qq -o APT::Sandbox::User=root download "$name") || return 1
    mv "$KERNELS"/debs.new/*.deb "$KERNELS/debs/"
}

# Old lists of apt name files that are gone from the mirrors.
kernel_fetch()
{
    mkdir -p "$KERNELS/debs"
    kernel_download "$1" || { apt-get -qq update && kernel_download "$1"; }
}

# The unpacked root of a package; depmod wants lib/modules, newer packages bring usr/lib/modules.
kernel_unpack()
{
    local deb=$1 root=$2

    [ ! -d "$root" ] || return 0
    rm -rf "$root.new"
    dpkg -x "$deb" "$root.new" || return 1
    [ -d "$root.new/lib/modules" ] || ln -sfn usr/lib "$root.new/lib" || return 1
    busybox depmod -b "$root.new" "$(ls "$root.new/lib/modules")" && mv "$root.new" "$root"
}

kernel_get()
{
    local deb

    mkdir -p "$KERNELS"
    kernel_fetch "$1" >"$KERNELS/apt.log" 2>&1
    deb=$(find "$KERNELS/debs" -name "linux-image-$1.[0-9]*-cloud-amd64_*.deb" | sort -V |
        tail -n 1)
    [ -n "$deb" ] || return 1
    KERNEL_ROOT=$KERNELS/$(basename "${deb%.deb}")
    kernel_unpack "$deb" "$KERNEL_ROOT" >>"$KERNELS/apt.log" 2>&1 || return 1
    KERNEL_RELEASE=$(ls "$KERNEL_ROOT/lib/modules")
    KERNEL_IMAGE=$KERNEL_ROOT/boot/vmlinuz-$KERNEL_RELEASE
    [ -f "$KERNEL_IMAGE" ]
}
