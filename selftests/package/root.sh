#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A clean Debian 12 to install the package into, with systemd as the first process or without.
#
#   root.sh make ROOT DEB     debootstrap: what Debian calls minimal, and what the package needs
#   root.sh boot ROOT         becomes systemd in it; call it in namespaces of its own
#   root.sh hold ROOT         the same with nothing but a first process, as in a chroot
#
# Nothing that the host's kernel shares with it can be changed from inside: /proc/sys and /sys are
# read-only, devices are the harmless ones, and the rights to load modules, set clocks, make devices
# and write the kernel's log are gone.
set -eu

die()
{
    echo "root.sh: $*" >&2
    exit 1
}

# The first of alternatives, without versions.
needs()
{
    dpkg-deb -f "$1" Pre-Depends Depends |
        sed 's/^[^:]*: *//; s/([^)]*)//g' | tr , '\n' | sed 's/|.*//' | tr -d ' ' | sort -u | paste -sd ,
}

make_root()
{
    local root=$1 deb=$2 want
    want=$(needs "$deb")
    if [ "$(cat "$root.made" 2>/dev/null)" = "$want" ]; then
        return 0
    fi
    rm -rf "$root" "$root.made"
    mkdir -p "$root"
    debootstrap --variant=minbase --include="$want" bookworm "$root" \
        "${MIRROR:-http://deb.debian.org/debian}" || return 1
    echo "$want" >"$root.made"
}

mount_devices()
{
    local node

    mount -t tmpfs -o mode=0755,nosuid dev "$1/dev"
    for node in null zero full random urandom tty; do
        : >"$1/dev/$node"
        mount --bind "/dev/$node" "$1/dev/$node"
    done
    mkdir "$1/dev/pts" "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
}

# The BPF file system is the laboratory's, so that what is left in it can be seen from outside.
mount_kernel()
{
    mount -t proc proc "$1/proc"
    mount --bind "$1/proc/sys" "$1/proc/sys"
    mount -o remount,bind,ro "$1/proc/sys"
    mount -t sysfs -o ro sysfs "$1/sys"
    mount --bind /sys/fs/bpf "$1/sys/fs/bpf"
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    mount -t tmpfs -o mode=0755 run "$1/run"
    mount -t tmpfs tmp "$1/tmp"
}

# Units that look after a machine. Not in /run/systemd/system: where that is, systemd is thought to
# run.
mask_units()
{
    local unit

    mkdir -p "$1/run/systemd/system.control"
    for unit in systemd-udevd.service systemd-modules-load.service systemd-sysctl.service \
        systemd-binfmt.service systemd-remount-fs.service systemd-logind.service \
        systemd-networkd.service systemd-timesyncd.service apt-daily.timer \
        apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
        getty.target console-getty.service; do
        ln -s /dev/null "$1/run/systemd/system.control/$unit"
    done
}

# become ROOT CMD...
become()
{
    local root=$1
    shift
    mount_devices "$root"
    mount_kernel "$root"
    mask_units "$root"
    exec setpriv \
        --bounding-set=-sys_module,-sys_time,-mknod,-syslog,-sys_rawio,-wake_alarm,-sys_boot \
        env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 chroot "$root" "$@"
}

case ${1:-} in
make) make_root "$2" "$3" ;;
boot)
    become "$2" /lib/systemd/systemd --system --unit=multi-user.target --log-target=console \
        --show-status=no
    ;;
hold) become "$2" /bin/sleep infinity ;;
*) die "say make ROOT DEB, boot ROOT or hold ROOT" ;;
esac
