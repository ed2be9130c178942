/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events that `mxdpctl log` shows: what was decided, about whom, on what evidence. One JSON
 * object each; the newest are kept in memory, the rest go to the log on standard error only.
 *
 *   {"time": "2026-01-31T12:00:00Z", "event": "verdict", "client": "198.51.100.7:41234",
 *    "server": "203.0.113.25:25", "ports": "mx", "verdict": "block|watch", "action": "drop",
 *    "cause": "helo-our-address", "score": 10, "ttl": 1800, "blocked": "198.51.100.7",
 *    "mode": "enforce|monitor", "enforced": true, "why_not": "allowed" (where it is not),
 *    "findings": [{"id": .., "points": .., "detail": ..}], "latency_us": 85.2}
 *       latency_us is absent where no verdict was put, or the moment of the proof is unknown
 *   {"event": "session", "client", "server", "ports", "helo": [..], "mail_from": [..],
 *    "rcpt_to": ["*@example.net"], "rcpt": 2, "starttls": false, "outcome": "...",
 *    "score": 0, "partial": false, "seconds": 1.2, "findings": [..]}
 *   {"event": "knock", "address": "198.51.100.7", "blocked": "198.51.100.7", "ports": "mx",
 *    "cause": "helo-our-address", "action": "drop", "syns": 37, "span": 3600, "ttl": 600,
 *    "mode": "enforce", "enforced": true, "text": the reason}
 *       who still knocks under a block: so many SYNs in so many seconds; without an address where a
 *       network is blocked, without a ttl where the block has no end of its own, and with a text
 *       alone for all those without a line of their own
 *   {"event": "unblock" | "block" | "allow" | "unallow" | "mode" | "flush" | "feed" |
 *    "attached" | "detached" | "daily" | "note", ...}; a flush is one event, however many it
 * removes, and a block that ends by itself is an unblock whose "why" is "expired"
 */
#ifndef MXDP_JOURNAL_JOURNAL_H
#define MXDP_JOURNAL_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writer.h"

struct journal;

struct journal *journal_new(size_t events);
void journal_free(struct journal *j);

/* Adds "time" and takes over `event` (which may be NULL where memory is short). */
void journal_add(struct journal *j, json_t *event);

/*
 * The same for an event that is written rather than built: journal_write() begins its object, the
 * caller writes its members, journal_written() adds "time", ends the object and takes it in.
 */
struct writer *journal_write(struct journal *j);
void journal_written(struct journal *j);

/* Called for each new event, as a line of JSON without line end. One listener. */
typedef void (*journal_fn)(const char *line, void *context);
void journal_listen(struct journal *j, journal_fn fn, void *context);

/*
 * Events are numbered as they come, from 0. journal_line() gives the line of one, valid until the
 * next event; NULL for one that is no longer kept or not there yet.
 */
uint64_t journal_next(const struct journal *j);
uint64_t journal_oldest(const struct journal *j);
const char *journal_line(const struct journal *j, uint64_t number);

/* The newest `lines` events, oldest first. */
void journal_tail(const struct journal *j, size_t lines, journal_fn fn, void *context);

#endif
