# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A small root file system for a guest, made on the spot from what this machine has: the programs
# under test and the tools that their tests call, each with its shared libraries, at the paths that
# they have here. The project stands in /mxdp.
#
#   initramfs_make TREE ARCHIVE     wants KERNEL_ROOT and KERNEL_RELEASE of kernel.sh

# Tools whose busybox namesakes know too little, or that busybox lacks.
INITRAMFS_TOOLS="bash ip tc ss ethtool bpftool xdp-loader jq nsenter unshare setpriv sysctl awk grep
    sed find sort tail head wc cut tr cat date dirname basename readlink mktemp timeout env cmp stat
    chown chmod mv cp rm mkdir rmdir ls touch seq uname sleep id tee setsid flock mount umount"

# What only modules bring in these kernels.
INITRAMFS_MODULES="veth dummy bonding 8021q bridge sch_ingress cls_bpf tcp_diag virtio_pci virtio_net"

# initramfs_program TREE FILE [AS]: with its libraries. A link is followed: awk is mawk somewhere.
initramfs_program()
{
    local tree=$1 file=$2 as=${3:-$2} library

    install -D -m 0755 "$file" "$tree/$as" || return 1
    ldd "$file" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
        [ -e "$tree/$library" ] || install -D -m 0755 "$library" "$tree/$library" || exit 1
    done
}

initramfs_tools()
{
    local tree=$1 tool path

    for tool in $INITRAMFS_TOOLS; do
        path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$tool") ||
            { echo "initramfs: this machine has no $tool"; return 1; }
        initramfs_program "$tree" "$path" "bin/$tool" || return 1
    done
    initramfs_program "$tree" "$(command -v busybox)" bin/busybox || return 1
    # Quietly: those that are there already stay.
    busybox --list | while read -r tool; do
        ln -s busybox "$tree/bin/$tool" 2>/dev/null
    done
    return 0
}

# With everything that they need, uncompressed: not every busybox unpacks them.
initramfs_modules()
{
    local tree=$1 from=$KERNEL_ROOT/lib/modules/$KERNEL_RELEASE file module

    for module in $INITRAMFS_MODULES; do
        awk -v want="/$module.ko" '{ sub(":", "", $1); name = $1; sub(".xz$", "", name) }
            substr(name, length(name) - length(want) + 1) == want { print $0 }' "$from/modules.dep"
    done | tr ' ' '\n' | grep . | sort -u | while read -r file; do
        install -D -m 0644 "$from/$file" "$tree/lib/modules/$KERNEL_RELEASE/$file" || exit 1
        [ "$file" = "${file%.xz}" ] || xz -d "$tree/lib/modules/$KERNEL_RELEASE/$file" || exit 1
    done || return 1
    busybox depmod -b "$tree" "$KERNEL_RELEASE"
}

# The pieces that libxdp loads by their path.
initramfs_libxdp()
{
    local object

    object=$(find /usr/lib /usr/lib64 -path '*/bpf/xdp-dispatcher.o' 2>/dev/null | head -n 1)
    [ -n "$object" ] || { echo "initramfs: no xdp-dispatcher.o: is libxdp installed?"; return 1; }
    for object in "${object%/*}"/*.o; do
        install -D -m 0644 "$object" "$1/$object" || return 1
    done
}

# What has a source: a folder of builds may hold programs whose source is gone.
initramfs_built()
{
    local source

    for source in selftests/{packets,model}/test_*.c selftests/{lab,kernels}/*.c; do
        [[ $source == *.bpf.c ]] || echo "build/${source%.c}"
    done
    printf '%s\n' build/mxdpd build/mxdpctl
    compgen -G 'build/kernels/clang*/selftests/packets/test_budget'
    compgen -G 'build/kernels/clang*/kernel_room'
    return 0
}

initramfs_project()
{
    local tree=$1 file

    initramfs_built | while read -r file; do
        initramfs_program "$tree" "$file" "mxdp/$file" || exit 1
    done || return 1
    for file in scripts/lab maps/live.h selftests/lab/*.sh selftests/kernels/*.sh; do
        install -D -m 0755 "$file" "$tree/mxdp/$file" || return 1
    done
    file=build/selftests/kernels/neighbour.bpf.o
    install -D -m 0644 "$file" "$tree/mxdp/$file" || return 1
    install -m 0755 selftests/kernels/postfix.sh "$tree/bin/postfix" || return 1
    install -m 0755 selftests/kernels/init.sh "$tree/init"
}

initramfs_make()
{
    local tree=$1 archive=$2 dir

    rm -rf "$tree"
    mkdir -p "$tree"/{dev,proc,sys,run,tmp,etc,var/lib,usr/bin,usr/sbin,usr/lib,usr/lib64}
    # Lists are read by somebody who is nobody.
    printf '%s\n' 'root:x:0:0::/:/bin/sh' 'nobody:x:65534:65534::/:/bin/false' >"$tree/etc/passwd"
    for dir in bin sbin lib lib64; do
        ln -s "usr/$dir" "$tree/$dir"
    done
    initramfs_tools "$tree" && initramfs_modules "$tree" && initramfs_libxdp "$tree" &&
        initramfs_project "$tree" || return 1
    (cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$archive"
}
