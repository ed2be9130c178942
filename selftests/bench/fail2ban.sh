# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For benches: a real fail2ban in the mail server's namespace, with its own jail for Postfix, one
# failure allowed, and nftables; told of new lines by inotify where python3-pyinotify is there. Its
# configuration, socket and log lie below $F2B.

F2B=$LAB/fail2ban

fail2ban()
{
    lab_in mta fail2ban-client -c "$F2B" -s "$F2B/socket" -p "$F2B/pid" "$@"
}

fail2ban_watches()
{
    fail2ban status postfix 2>/dev/null | grep -q 'mail.log'
}

fail2ban_start()
{
    mkdir -p "$F2B"
    cp -r /etc/fail2ban/. "$F2B/"
    rm -rf "$F2B/jail.d" "$F2B/jail.local" "$F2B/fail2ban.local"
    cat >"$F2B/jail.local" <<END
[postfix]
enabled = true
mode = more
port = smtp
backend = auto
usedns = no
logpath = $LAB/mail.log
maxretry = 1
findtime = 1h
bantime = 1h
banaction = nftables-multiport
END
    cat >"$F2B/fail2ban.local" <<END
[Definition]
logtarget = $F2B/log
dbfile = None
END
    fail2ban start >"$F2B/out" 2>&1 || lab_die "fail2ban does not start: $(cat "$F2B/out" "$F2B/log")"
    lab_wait 20 fail2ban_watches || lab_die "fail2ban does not watch: $(cat "$F2B/log")"
}

# How it learns of new lines: pyinotify or polling.
fail2ban_backend()
{
    sed -n "s/.*Jail 'postfix' uses \([a-z]*\).*/\1/p" "$F2B/log"
}

fail2ban_banned()
{
    fail2ban status postfix | sed -n 's/.*Total banned:[[:space:]]*//p'
}

# Nanoseconds of CPU, of the programs that it ran and waited for as well; those in ticks of 10 ms.
fail2ban_cpu()
{
    local pid

    pid=$(cat "$F2B/pid")
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.0f\n", ($12 + $13 + $14 + $15) * 1e9 / hz }' \
        "/proc/$pid/stat"
}
