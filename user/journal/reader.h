/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people ask the journal on disk: the history of an address, the changes made by hand. Each
 * question opens the file for itself, read-only, and closes it again, so that it runs in a worker
 * thread beside the store's own and neither waits for the other (SQLite's WAL).
 *
 * Bounded: so many rows, and READER_SECONDS; a file that is damaged, locked or too slow is words in
 * `words`, never a wait. What stands in the file may have been written by anyone: what is no JSON,
 * no UTF-8, no network is shown as bytes or left out. Times are time of day, as in the file.
 *
 * A verdict: {"addr", "ports", "action", "cause", "score", "reason", "lists": "dnsbl:ZONE ..",
 *   "findings": [..], "since", "expires" (null: never), "ended", "ending", "by" (all three null
 * while it is in force), "hits", "hit_last", "hit_first"} A change: {"at", "uid", "verb",
 * "request": {..}}
 */
#ifndef MXDP_JOURNAL_READER_H
#define MXDP_JOURNAL_READER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

#define READER_SECONDS 5
#define READER_WORDS   256

/*
 * The newest `limit` verdicts on `about`, the newest first: on itself, on networks around it, and
 * on what is inside it. NULL with `words` filled in; owned by the caller.
 */
json_t *reader_history(const char *path, const struct prefix *about, size_t limit,
		       char words[READER_WORDS]);

/* The newest `limit` changes by hand that were made at `since` or later, the oldest first. */
json_t *reader_changes(const char *path, int64_t since, size_t limit, char words[READER_WORDS]);

#endif
