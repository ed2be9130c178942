# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian packages for the laboratory that must not be installed: mail servers conflict with each
# other, and the host's own mail is not ours to change. They are fetched once, unpacked below
# build/packages, and laid over /usr, /etc and /var in the laboratory's private mount namespace.
#
#   unpack_fetch NAME PACKAGE...   before lab_enter, where there is a network: packages and what
#                                  this host lacks for them; false where they cannot be had
#   unpack_over NAME               after lab_enter: as if they were installed; where the host has
#                                  a file of the same name, the host's stays
#   unpack_user NAME UID HOME      a user and group of that name, where there is none
#
# Nothing here runs a package's maintainer scripts.

UNPACKED=$LAB_BUILD/packages

# apt resolves and fetches as if it would install, and then does not; the host's own state is only
# read. Into a directory of its own, so that half a download is never taken for a whole one.
unpack_download()
{
    local into=$1
    shift
    apt-get -qq -d -y --reinstall --no-install-recommends -o Debug::NoLocking=1 \
        -o APT::Sandbox::User=root -o Dir::Cache::archives="$into" install "$@"
}

unpack_fetch_first()
{
    local name=$1 new="$UNPACKED/$1.new" deb
    shift
    [ ! -d "$UNPACKED/$name" ] || return 0
    command -v apt-get >/dev/null || return 1
    rm -rf "$new"
    mkdir -p "$new/debs/partial" "$new/root"
    unpack_download "$new/debs" "$@" >"$new/log" 2>&1 ||
        { apt-get -qq update && unpack_download "$new/debs" "$@"; } >>"$new/log" 2>&1 || return 1
    for deb in "$new"/debs/*.deb; do
        dpkg -x "$deb" "$new/root" || return 1
    done
    # Where /lib is a link to usr/lib, older packages still bring a folder.
    if [ -d "$new/root/lib" ]; then
        mkdir -p "$new/root/usr"
        cp -a "$new/root/lib" "$new/root/usr/" && rm -rf "$new/root/lib" || return 1
    fi
    mv "$new" "$UNPACKED/$name"
}

# Two laboratories may want the same packages at a time: one fetches, the other waits for it.
unpack_fetch()
{
    mkdir -p "$UNPACKED" || return 1
    (
        flock 9
        unpack_fetch_first "$@"
    ) 9>"$UNPACKED/.lock"
}

# unpack_need NAME PACKAGE...: for the top of a test; the test ends where there is nothing to test.
unpack_need()
{
    if lab_inside || unpack_fetch "$@"; then
        return 0
    fi
    skip "$1: its packages are not at hand and cannot be fetched ($UNPACKED/$1.new/log)"
    exit 0
}

unpack_over()
{
    local root="$UNPACKED/$1/root" over="$LAB/over" dir

    for dir in usr etc var; do
        mkdir -p "$over/$dir/new" "$over/$dir/work" "$root/$dir"
        mount -t overlay -o "lowerdir=/$dir:$root/$dir,upperdir=$over/$dir/new" \
            -o "workdir=$over/$dir/work" "lab-$dir" "/$dir" ||
            lab_die "cannot lay $root/$dir over /$dir: does this kernel have overlayfs?"
    done
    # The overlay hides what lab_enter mounted there.
    rm -f /etc/resolv.conf
    echo "nameserver 127.0.0.1" >/etc/resolv.conf
    hash -r
}

unpack_user()
{
    getent group "$1" >/dev/null || echo "$1:x:$2:" >>/etc/group
    getent passwd "$1" >/dev/null || echo "$1:x:$2:$2::$3:/usr/sbin/nologin" >>/etc/passwd
}
