/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's file for those who read it beside the writer. As for the writer, the file itself
 * must be no link; the way to its directory may lead over links, which SQLite's own NOFOLLOW would
 * refuse. What stands in the file may have been written by anyone: no schema of it is trusted.
 */
#ifndef MXDP_JOURNAL_OPEN_H
#define MXDP_JOURNAL_OPEN_H

#include <sqlite3.h>

/* SQLITE_OK, and then *sql is the caller's to close; else SQLite's code, and *sql is NULL. */
int journal_open_to_read(sqlite3 **sql, const char *path, int busy_ms);

#endif
