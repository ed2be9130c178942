/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feeds while the agent runs: fetched when they are due, kept on disk, in force in the kernel
 * or in memory.
 *
 *   keeper process (feeds/child.h) -> outcome -> a thread: believed? guarded? written to
 *   STATE_DIR/feeds -> stock, the entries of one feed -> a thread: all stocks of a slot (one port
 *   class and action of maps/feeds.h), minus who is never blocked -> the kernel
 *
 * Nothing that grows with a list is done on the loop: reading, comparing, writing, building and
 * freeing are chores of the loop's threads, one for each feed and one build at a time. A stock is
 * counted, so that it can be replaced while a thread reads it.
 *
 * At the start the last good of every feed comes from the disk, before any network answers; until
 * then the sets of an earlier agent stay in force. Times are CLOCK_BOOTTIME seconds here, times of
 * day on disk.
 *
 * Feeds that allow and feeds that score stay in memory: the first are asked before any verdict and
 * taken out of every slot, the second are evidence like a DNS list's answer.
 */
#ifndef MXDP_AGENT_FEEDS_H
#define MXDP_AGENT_FEEDS_H

#include "agent.h"

struct feeds;

/* Forks the feed process; no thread may run yet. 0 or -ENOMEM; without the process feeds go on with
 * what is on disk. */
int feeds_fork(struct agent *a);
/* When the maps are open and the privileges are dropped: threads take those they find. */
void feeds_begin(struct agent *a);
/* When the loop has ended, before the maps are closed. */
void feeds_end(struct agent *a);

/* The second hand. */
void feeds_tick(struct agent *a, uint32_t now);
/* a->config is another one; the feeds still point into the old one, which goes after this. */
void feeds_reload(struct agent *a);

/* Why nobody blocks this client: the name of an `allow' feed that holds it, or NULL. */
const char *feeds_sparing(const struct agent *a, const struct addr *addr);
/* The same for a network of which it holds a part. */
const char *feeds_sparing_some(const struct agent *a, const struct prefix *prefix);

/* A feed that holds an address, young enough to count; `feed' indexes a->config.feeds. */
struct feed_hit {
	unsigned feed;
	struct prefix entry;
	uint32_t ttl; /* seconds until it is asked for anew, or ends */
};

typedef void (*feed_hit_fn)(const struct feed_hit *hit, void *context);
/* The `score' feeds of these ports that hold the address. */
void feeds_score(const struct agent *a, const struct addr *addr, enum port_class ports,
		 feed_hit_fn fn, void *context);

/* What the sets in the kernel say about an address. */
struct feed_word {
	unsigned action;     /* enum action, or ACTION_COUNT: nothing */
	unsigned feed;       /* the first that lists it so; indexes a->config.feeds */
	struct prefix entry; /* of it */
	unsigned others;     /* that list it so, too */
	bool stale;          /* nothing, for the one that would is too old */
};

void feeds_word(const struct agent *a, const struct addr *addr, enum port_class ports,
		struct feed_word *out);

/* For status and explain. */
json_t *feeds_status(const struct agent *a, json_t *notes);
json_t *feeds_explain(const struct agent *a, const struct addr *addr); /* an array */

#endif
