#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian package's life on a clean Debian 12: installed, set up, a bot blocked, upgraded while
# the bot knocks, stopped, removed, purged; once under systemd, once where no systemd runs. What
# was there before is compared with what is there afterwards.
#
#   test_package.sh ROOT DEB      by scripts/check package, which makes both

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/../lab/feeds.sh"
ROOT_SH=$(dirname "$(realpath "$0")")/root.sh
lab_enter "$@"
CLEAN=$1
DEB=$2
BAD=192.0.2.66
FIRST=   # the process id of the root's first process
CGROUP=  # what systemd has for its own
OLD=$(dpkg-deb -f "$DEB" Version)
NEW=$OLD+1

# --- the root ------------------------------------------------------------------------------------

in_root()
{
    nsenter --target "$FIRST" --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# Of the version 2 tree: systemd makes its groups below where it finds itself.
cgroup_make()
{
    local top
    top=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)$(sed -n 's/^0:://p' /proc/self/cgroup)
    find "$top" -maxdepth 1 -type d -name 'mxdp-package.*' -exec rmdir {} + 2>/dev/null
    CGROUP=$(mktemp -d "${top%/}/mxdp-package.XXXXXX")
}

cgroup_remove()
{
    [ -z "$CGROUP" ] || find "$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
}
trap cgroup_remove EXIT

# root_start boot|hold: a fresh one over the clean one, in the mail server's network.
root_start()
{
    FIRST=
    mkdir -p "$LAB/$1" "$LAB/root"
    mount -t tmpfs over "$LAB/$1"
    mkdir "$LAB/$1/upper" "$LAB/$1/work"
    mount -t overlay -o "lowerdir=$CLEAN,upperdir=$LAB/$1/upper,workdir=$LAB/$1/work" \
        overlay "$LAB/root" || lab_die "cannot put a file system over $CLEAN"
    mkdir "$LAB/root/var/tmp/debs"
    cp "$DEB" "$LAB/new.deb" "$LAB/root/var/tmp/debs"
    (
        echo "$BASHPID" >"$CGROUP/cgroup.procs"
        exec nsenter --net=/run/netns/mta unshare --pid --mount --propagation private --uts --ipc \
            --cgroup --fork --kill-child=SIGKILL bash "$ROOT_SH" "$1" "$LAB/root"
    ) >"$LAB/$1.out" 2>&1 &
    HOLDER=$!
    lab_wait 30 root_is_up || lab_die "the root does not start: $(cat "$LAB/$1.out")"
}

root_is_up()
{
    FIRST=$(pgrep -P "$HOLDER") || return 1
    case $(cat "/proc/$FIRST/comm") in
    sleep) true ;;
    systemd) in_root systemctl is-system-running | grep -Eqx 'running|degraded' ;;
    *) false ;;
    esac
}

root_stop()
{
    kill -s KILL "$FIRST"
    wait "$HOLDER" 2>/dev/null
    umount "$LAB/root"
}

# --- what is there -------------------------------------------------------------------------------

# Files but those that dpkg, systemd and the users' files themselves keep of every package's life.
files()
{
    in_root find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \
        -o -path /var/tmp -o -path /var/log -o -path /var/lib/dpkg -o -path /var/cache/ldconfig \
        -o -path /var/lib/systemd/timers -o -path /var/lib/systemd/catalog \) -prune \
        -o ! -regex '/etc/\(passwd\|group\|shadow\|gshadow\)-\|/etc/\.pwd\.lock' -print | sort
}

people()
{
    in_root getent passwd
    in_root getent group
}

status()
{
    in_root mxdpctl status --json | jq -r "$1"
}

fate()
{
    status ".fates[\"$1\"] // 0"
}

answers()
{
    lab_forge syn --source "$BAD" --dest "$MX4" --timeout 2 >/dev/null
}

guarded()
{
    check_exit 4 "$1" lab_forge syn --source $BAD --dest "$MX4" --timeout 1
}

cause_of_bad()
{
    in_root mxdpctl list --json | jq -rs "flatten | map(select(.addr == \"$BAD\")) | .[0].cause"
}

nothing_attached()
{
    check_equal "$1: nothing is attached" "$(lab_programs)" 0
    check_equal "$1: nothing is pinned" "$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug' | wc -l)" 0
    check_equal "$1: no process" "$(pgrep -c mxdpd)" 0
}

nothing_left()
{
    nothing_attached "purged"
    files >"$LAB/files.after"
    check "no file is left" diff "$LAB/files.before" "$LAB/files.after"
    check_exit 1 "nor a directory in /run" in_root test -e /run/mxdp
    people >"$LAB/people.after"
    check "nor a user or group" diff "$LAB/people.before" "$LAB/people.after"
    check_exit 1 "dpkg knows it no more" in_root dpkg -s mxdp
}

# A SYN every 5 ms while CMD... runs: not one may be answered, each is counted.
under_fire()
{
    local text=$1 clean dropped stream
    shift
    clean=$(fate syn-clean) dropped=$(fate syn-dropped)
    lab_forge syn --source $BAD --dest "$MX4" --count 3000 --every 5 >"$LAB/stream.out" &
    stream=$!
    check "$text" "$@"
    check "the SYNs came all the while" kill -0 "$stream"
    wait "$stream"
    check_equal "none of 3000 was answered" "$(cat "$LAB/stream.out")" none
    check_equal "all of them were dropped" "$(fate syn-dropped)" $((dropped + 3000))
    check_equal "none passed" "$(fate syn-clean)" "$clean"
    check_equal "the verdict stands" "$(cause_of_bad)" manual
}

install()
{
    in_root dpkg -i "/var/tmp/debs/$1"
}

set_up()
{
    in_root mxdpctl setup --write --force && in_root mxdpctl check-config
}

before()
{
    files >"$LAB/files.before"
    people >"$LAB/people.before"
}

# --- two lives -----------------------------------------------------------------------------------

with_systemd()
{
    check "installed" install "$(basename "$DEB")"
    check_equal "it runs" "$(in_root systemctl is-active mxdpd)" active
    check_equal "in monitor mode" "$(status .mode)" monitor
    check_equal "on no interface" "$(lab_programs)" 0
    check "and says so" grep -q 'on no interface' \
        <<<"$(in_root systemctl show -P StatusText mxdpd)"
    check_equal "mxdp.conf is not for everybody" "$(in_root stat -c %a:%U:%G /etc/mxdp/mxdp.conf)" \
        640:root:root
    check_equal "the socket is for the group" "$(in_root stat -c %G /run/mxdp/mxdp.sock)" mxdp
    check_equal "lists are fetched by a user of their own" \
        "$(in_root getent passwd mxdp-feed | cut -d : -f 7)" /usr/sbin/nologin
    check_equal "and that is who runs it" \
        "$(ps -o uid= -p "$(pgrep -f -n 'mxdpd --handover')" | tr -d ' ')" \
        "$(in_root id -u mxdp-feed)"

    check "setup writes a configuration" set_up
    check "restart" in_root systemctl restart mxdpd
    check_more "it is attached" "$(lab_programs)" 1
    check "before the block the bot is served" answers
    check "enforce" in_root mxdpctl mode enforce
    check "a block" in_root mxdpctl block $BAD --for 1h
    guarded "it drops"

    under_fire "upgrade" install new.deb
    check_equal "it is the new one" "$(in_root dpkg -s mxdp | sed -n 's/^Version: //p')" "$NEW"
    check_equal "and runs" "$(in_root systemctl is-active mxdpd)" active
    check_equal "the configuration stayed" "$(status '.interfaces[0].name')" eth0
    under_fire "restart" in_root systemctl restart mxdpd
    under_fire "reload" in_root systemctl reload mxdpd
    in_root cp -p /etc/mxdp/mxdp.conf /etc/mxdp/good.conf
    in_root sh -c 'echo "mode = sometimes" >>/etc/mxdp/mxdp.conf'
    check_exit 1 "a reload with mistakes is refused" in_root systemctl reload mxdpd
    in_root mv /etc/mxdp/good.conf /etc/mxdp/mxdp.conf
    check_equal "it runs on" "$(in_root systemctl is-active mxdpd)" active
    guarded "and drops"

    pid=$(in_root systemctl show -P MainPID mxdpd)
    check "kill -9" in_root bash -c "kill -9 $pid"
    guarded "the gate drops without it"
    check "systemd starts it anew" lab_wait 20 restarted "$pid"
    guarded "it drops"

    feeds_in_the_sandbox
    watched

    check "stopped" in_root systemctl stop mxdpd
    check "the programs go with it" lab_wait 10 lab_has_programs 0
    check "the bot is served" lab_wait 5 answers
    check "started" in_root systemctl start mxdpd
    guarded "what was blocked is blocked again"
    check "removed" in_root dpkg -r mxdp
    nothing_attached "removed"
    check "the configuration stays" in_root test -s /etc/mxdp/mxdp.conf
    check "purged" in_root dpkg -P mxdp
}

# feed_in_force NAME
feed_in_force()
{
    [ "$(in_root mxdpctl feeds "$1" --json | jq '.state == "ok" and .in_force')" = true ]
}

# What the unit takes away is nothing that a list needs: another user, the network, a file, a place
# for the last good one.
feeds_in_the_sandbox()
{
    feeds_nginx
    echo 22.0.0.1 | feed_put web.txt
    echo 22.0.0.2 | in_root sh -c 'umask 022; cat >/srv/own.txt'
    {
        feed_text web "$FEED_WEB/web.txt" 'action = drop' 'guard = 1000'
        feed_text own file:///srv/own.txt 'action = drop' 'guard = 1000'
    } | in_root sh -c 'cp -p /etc/mxdp/mxdp.conf /etc/mxdp/good.conf; cat >>/etc/mxdp/mxdp.conf'
    # Not a reload: a directory that no feed named is out of reach for who runs already, and he says so.
    check "feeds: restart" in_root systemctl restart mxdpd
    check "feeds: from the web, in force" lab_wait 30 feed_in_force web
    check "feeds: from a file, in force" lab_wait 30 feed_in_force own
    check "feeds: the web's is dropped" drops 22.0.0.1
    check "feeds: the file's is dropped" drops 22.0.0.2
    feeds_nginx_stop
    check "feeds: restart, and the web server is gone" in_root systemctl restart mxdpd
    check "feeds: the last good one is in force" lab_wait 30 drops 22.0.0.1
    in_root mv /etc/mxdp/good.conf /etc/mxdp/mxdp.conf
    in_root rm /srv/own.txt
    check "feeds: reload without" in_root systemctl reload mxdpd
    check "feeds: nobody is dropped for them" lab_wait 30 drops_not 22.0.0.1
}

drops()
{
    in_root mxdpctl explain "$1" | grep -q 'port 25 would be dropped'
}

drops_not()
{
    ! drops "$1"
}

# An mxdpd that hangs is ended and started anew, and the gate stands meanwhile. Not after a minute
# as in the unit: nobody would wait for it.
watched()
{
    local extra=/run/systemd/system/mxdpd.service.d pid restarts

    in_root mkdir -p $extra
    printf '[Service]\nWatchdogSec=4s\n' | in_root sh -c "cat >$extra/lab.conf"
    check "watchdog: daemon-reload" in_root systemctl daemon-reload
    check "watchdog: restart" in_root systemctl restart mxdpd
    pid=$(in_root systemctl show -P MainPID mxdpd)
    restarts=$(in_root systemctl show -P NRestarts mxdpd)
    check "watchdog: it hangs" in_root bash -c "kill -STOP $pid"
    guarded "watchdog: the gate drops without it"
    check "watchdog: systemd starts it anew" lab_wait 60 restarted "$pid"
    # Who is stopped neither ends nor fails: nobody but the watchdog can have had a reason.
    check_equal "watchdog: once" "$(in_root systemctl show -P NRestarts mxdpd)" $((restarts + 1))
    guarded "watchdog: it drops"
    check_equal "watchdog: the verdict stands" "$(cause_of_bad)" manual
    in_root rm -r $extra
    check "watchdog: daemon-reload" in_root systemctl daemon-reload
}

restarted()
{
    [ "$(in_root systemctl is-active mxdpd)" = active ] &&
        [ "$(in_root systemctl show -P MainPID mxdpd)" != "$1" ]
}

# What an init script or a supervisor does.
by_hand()
{
    in_root /usr/sbin/mxdpd --handover >"$LAB/mxdpd.log" 2>&1 &
    AGENT=$!
    lab_wait 15 lab_agent_ready && grep -q 'mxdpd: ready' "$LAB/mxdpd.log"
}

upgrade_by_hand()
{
    # nsenter waits for the agent, which is signalled in its own namespace.
    install new.deb && pkill -o -x mxdpd && wait "$AGENT" && by_hand
}

without_systemd()
{
    check "installed" install "$(basename "$DEB")"
    check_equal "nothing is started" "$(pgrep -c mxdpd)" 0
    check "its users are there" in_root getent passwd mxdp-feed
    check "setup writes a configuration" set_up
    check "mxdpd starts" by_hand
    check "enforce" in_root mxdpctl mode enforce
    check "a block" in_root mxdpctl block $BAD --for 1h
    under_fire "upgrade, and the new one takes over" upgrade_by_hand
    check "removed while it runs" in_root dpkg -r mxdp
    check "mxdpd has ended in good order" wait "$AGENT"
    nothing_attached "removed"
    check "purged" in_root dpkg -P mxdp
}

lab_up
cgroup_make || lab_die "cannot make a control group"
mkdir "$LAB/deb"
dpkg-deb -R "$DEB" "$LAB/deb"
sed -i "s/^Version: .*/Version: $NEW/" "$LAB/deb/DEBIAN/control"
dpkg-deb --root-owner-group -b "$LAB/deb" "$LAB/new.deb" >/dev/null || lab_die "dpkg-deb fails"

echo "# under systemd"
root_start boot
before
with_systemd
nothing_left
root_stop
echo "# without systemd"
root_start hold
before
without_systemd
nothing_left
root_stop
lab_done
