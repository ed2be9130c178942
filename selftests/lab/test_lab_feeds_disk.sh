#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The last good of a feed where the disk is no friend: full, read-only, damaged, and with things in
# the state directory that somebody else has put there. What is fetched counts all the same, what is
# damaged is not believed, what a link leads to is neither read nor written.

# shellcheck source=scripts/lab
. "$(dirname "$0")/../../scripts/lab"
# shellcheck source=selftests/lab/feeds.sh
. "$(dirname "$0")/feeds.sh"
lab_enter "$@"
lab_up
feeds_nginx

FEEDS=$LAB/state/feeds
mkdir -p "$LAB/lists"
seq -f '198.51.100.%g' 10 19 | feed_put list.txt
feed_section list $FEED_WEB/list.txt 'action = drop' 'guard = 0'

unkept()
{
    feed_says list "ok, but it cannot be kept in .*($1): the next start will be without it"
}

# list_of FIRST LAST: what is served from now on, and a sync of it.
list_of()
{
    seq -f '198.51.100.%g' "$1" "$2" | feed_put list.txt
    lab_ctl feeds sync list
}

lab_agent || lab_die "mxdpd does not start"
check "a list is there" lab_wait 10 feed_is list state ok
check "and on disk" test -s "$FEEDS/list.feed"
check_equal "for root alone" "$(stat -c %a "$FEEDS" "$FEEDS/list.feed" | xargs)" "700 600"
check "mxdpd ends well" lab_agent_stop

echo "# full"
mount -t tmpfs -o size=16k,mode=0700 small "$FEEDS" || lab_die "cannot mount a small disk"
lab_agent || lab_die "mxdpd does not start"
check "a list that fits" lab_wait 10 feed_is list words ok
good=$(sha256sum <"$FEEDS/list.feed")
fill=$FEEDS/fill
head -c 64k /dev/zero >"$fill" 2>/dev/null
check "a full disk: what comes is in force" list_of 20 29
check "it stops whom it lists" lab_wait 5 feed_stops 198.51.100.20
check "in words" unkept 'No space left on device'
check "also in the log" grep -q 'list: it cannot be kept' <(lab_ctl log --event feed)
check_equal "what was kept before is whole" "$(sha256sum <"$FEEDS/list.feed")" "$good"
check_equal "nothing half written is left" "$(find "$FEEDS" -name '*.new' | wc -l)" 0
rm "$fill"
check "room again: the next one is kept" list_of 30 39
check "and the words are gone" feed_is list words ok
check "mxdpd ends well" lab_agent_stop

echo "# read-only"
mount -o remount,ro "$FEEDS"
lab_agent || lab_die "mxdpd does not start"
check "what stands there is read" lab_wait 5 feed_stops 198.51.100.30
check "what comes is in force" list_of 40 49
check "it stops whom it lists" lab_wait 5 feed_stops 198.51.100.40
check "in words" unkept 'Read-only file system'
check "mxdpd ends well" lab_agent_stop
umount "$FEEDS"

# What was there before the small disk is there again; from here on the source is away.
feeds_nginx_stop

# starts_with CMD...: the next agent, after CMD has been at its state.
starts_with()
{
    rm -rf "$FEEDS"
    cp -a "$LAB/kept" "$FEEDS"
    "$@" || return 1
    lab_agent
}

# begins_anew WORDS: no list, and why; nobody is stopped.
begins_anew()
{
    lab_wait 10 feed_is list state failing || return 1
    feed_is list entries 0 && feed_lets 198.51.100.10 &&
        lab_ctl log --event feed | grep -q "the last good of list cannot be used ($1): it begins anew"
}

# spoil HOW: of the bytes of the last good.
flip()
{
    printf '\xff' | dd of="$FEEDS/list.feed" bs=1 seek="$1" conv=notrunc status=none
}
shorten()
{
    truncate -s "$1" "$FEEDS/list.feed"
}
instead()
{
    rm "$FEEDS/list.feed"
    "$@" "$FEEDS/list.feed"
}
aside()
{
    [ -e "$FEEDS/list.feed.bad" ] && [ ! -e "$FEEDS/list.feed" ]
}

cp -a "$FEEDS" "$LAB/kept"
size=$(stat -c %s "$FEEDS/list.feed")
check "it is there, whole, without its source" starts_with true
check "and in force" lab_wait 5 feed_stops 198.51.100.10
check "mxdpd ends well" lab_agent_stop

# damaged TEXT WORDS CMD...
damaged()
{
    local text=$1 words=$2
    shift 2

    check "$text: mxdpd starts" starts_with "$@"
    check "$text: it is not believed" begins_anew "$words"
    check "$text: it is put aside" aside
    check "$text: mxdpd ends well" lab_agent_stop
}
echo "# damaged"
damaged "a byte of it" 'its checksum does not hold: it has been damaged' flip $((size - 3))
damaged "its head" 'it is no set of addresses as this version of mxdp keeps it' flip 0
damaged "its length" 'it is longer or shorter than it says' shorten $((size - 8))
damaged "a word of it" 'it is too short to be a set of addresses' shorten 7
damaged "all of it" 'it is too short to be a set of addresses' shorten 0
damaged "a directory" 'it is no file' instead mkdir
damaged "a FIFO" 'it is no file' instead mkfifo

echo "# links"
cp "$LAB/kept/list.feed" "$LAB/elsewhere"
check "a link in its place: mxdpd starts" starts_with instead ln -s "$LAB/elsewhere"
check "it is not followed" begins_anew 'Too many levels of symbolic links'
feeds_nginx
check "the list comes" lab_ctl feeds sync list
check "and is kept in the link's place" test -f "$FEEDS/list.feed" -a ! -L "$FEEDS/list.feed"
check "not where it led to" cmp "$LAB/kept/list.feed" "$LAB/elsewhere"
check "mxdpd ends well" lab_agent_stop

# What an update is written to before it takes its place.
echo precious >"$LAB/precious"
ahead()
{
    ln -s "$LAB/precious" "$FEEDS/list.feed.new"
    ln -s "$LAB/precious" "$FEEDS/list.checked.new"
    ln -sf "$LAB/precious" "$FEEDS/list.checked"
}
check "links where updates are written: mxdpd starts" starts_with ahead
check "a list comes" list_of 50 59
check "another one is current" lab_ctl feeds sync list
check "both are kept" feed_is list words ok
check_equal "what the links led to is as it was" "$(cat "$LAB/precious")" precious
check_equal "and no link is left" "$(find "$FEEDS" -type l | wc -l)" 0
check "mxdpd ends well" lab_agent_stop

# A time that is none: it counts as what the list itself says, which is older.
feeds_nginx_stop
garbage()
{
    head -c 4096 /dev/urandom >"$FEEDS/list.checked"
}
check "a time that is none: mxdpd starts" starts_with garbage
check "and the list counts" lab_wait 5 feed_stops 198.51.100.10
check "mxdpd ends well" lab_agent_stop

# Others' files are theirs.
mine()
{
    echo mine >"$FEEDS/notes.txt"
    echo mine >"$FEEDS/../list.feed"
    cp "$FEEDS/list.feed" "$FEEDS/gone.feed"
}
swept()
{
    [ ! -e "$FEEDS/gone.feed" ]
}
check "others' files: mxdpd starts" starts_with mine
check "what a feed left that is configured no more goes" lab_wait 5 swept
check "what is nobody's stays" test -e "$FEEDS/notes.txt" -a -e "$LAB/state/list.feed"
check "mxdpd ends well" lab_agent_stop
lab_done
