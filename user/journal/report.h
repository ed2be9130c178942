/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the cases of the journal (store.h) add up to: whom mxdp would have blocked, or has, and what
 * the mail server made of them. Read from the file by a connection of its own, beside the store's
 * thread and without stopping it; for a worker thread, since a year of cases takes a while.
 *
 * A client counts once, by the outcome that speaks most for it: a mail that was accepted, else
 * that something is unknown, else a refusal. What the log told (`mxdpctl outcome -') resolves what
 * is unknown, a line a session. Objects, in this order; numbers are clients where nothing is said:
 *
 *   {"about": "summary", "since": time of day, "cases": 5,
 *    "blocks": {"clients", "accepted", "refused", "nothing", "unknown", "in_force": of these in
 *               enforce mode, "sessions": later ones that a block spares, "bytes": of those},
 *    "others": {"clients", "accepted", "refused", "nothing", "unknown"}}    watched or spared
 *   {"about": "cause", "cause": "dnsbl:zen.spamhaus.org", "clients", "accepted", ...}
 *   {"about": "client", "addr", "helo", "name", "sender", "findings", "score", "at": time of day,
 *    "sessions", "accepted"}    possible false positives, the newest REPORT_CLIENTS of them
 */
#ifndef MXDP_JOURNAL_REPORT_H
#define MXDP_JOURNAL_REPORT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_CLIENTS 200

/* An array of the objects, or NULL with one line in `error`. `since`: time of day. */
json_t *report_make(const char *path, int64_t since, char *error, size_t size);

#endif
