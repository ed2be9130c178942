# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whether those who hold verdicts agree: mxdpctl list, the kernel's maps and the journal. Looked at
# are single IPv4 addresses, as lines of "14000A01 mx", sorted.

JOURNAL=$LAB/state/journal.db

in_hex()
{
    jq -rs 'flatten | .[] | "\(.addr) \(.ports)"' | awk '/^[0-9.]+ / { split($1, b, ".")
        printf "%02X%02X%02X%02X %s\n", b[1], b[2], b[3], b[4], $2 }' | sort
}

listed()
{
    lab_ctl list --json | in_hex
}

from_pins()
{
    lab_pins list --json 2>/dev/null | in_hex
}

# Rows whose time is over and whom the sweep has not met yet are not in force.
kept()
{
    sqlite3 -readonly "$JOURNAL" ".timeout 5000" "SELECT hex(substr(addr, 13)) || ' ' || ports
        FROM verdicts WHERE ended IS NULL AND (expires IS NULL OR expires > strftime('%s'))
        AND plen = 128 AND hex(addr) LIKE '00000000000000000000FFFF%'" | sort
}

# Between two looks something may run out: both or neither.
agree()
{
    listed >"$LAB/listed"
    kept >"$LAB/kept"
    from_pins >"$LAB/pinned"
    cmp -s "$LAB/listed" "$LAB/kept" && cmp -s "$LAB/listed" "$LAB/pinned"
}

# What they differ in, for whoever reads the test's output.
disagreement()
{
    diff "$LAB/listed" "$LAB/kept" | head -n 5 | sed 's/^/# journal: /'
    diff "$LAB/listed" "$LAB/pinned" | head -n 5 | sed 's/^/# map: /'
}
