/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Verdicts, user side. Which of the maps holds an entry is decided here and nowhere else: single
 * addresses and IPv6 /64s in the hash, all other prefixes in the trie.
 *
 * One writer at a time (the agent); readers may walk beside it. All return 0 or -errno:
 * -E2BIG hash full, -ENOSPC trie full, -ENOENT no such entry.
 */
#ifndef MXDP_MAPS_VERDICT_USER_H
#define MXDP_MAPS_VERDICT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include "maps.h"
#include "ports.h"

#define VERDICT_PREFIXES 65536 /* places in the trie */

/* Whether it shuts out: neither only watches nor only slows down. */
static inline bool action_blocks(unsigned action)
{
	return action == ACTION_DROP || action == ACTION_RESET;
}

struct verdict_entry {
	struct prefix prefix;
	enum port_class ports;
	struct verdict verdict;
	struct verdict_hits hits; /* zero where it was never met */
};

/* Sets the presence bits first, then puts or replaces. Fills in verdict.plen itself. */
int verdict_put(struct maps *maps, const struct prefix *prefix, enum port_class ports,
		const struct verdict *verdict);
/* The same, but -EEXIST where one stands already, expired or not: one system call less to ask. */
int verdict_put_new(struct maps *maps, const struct prefix *prefix, enum port_class ports,
		    const struct verdict *verdict);
/*
 * The same for many at once, each with the hits it had, into maps that hold nothing of them yet: a
 * million in about a second. Stops where one finds no room; *done is how many were put.
 */
int verdict_put_batch(struct maps *maps, const struct verdict_entry *entries, size_t count,
		      size_t *done);
int verdict_delete(struct maps *maps, const struct prefix *prefix, enum port_class ports);
int verdict_get(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		struct verdict_entry *out);
/*
 * The unexpired verdict that decides about `prefix` as a whole, found as the gate finds it: itself,
 * then an IPv6 address's /64, then the longest network around it. -ENOENT where there is none; hits
 * are not filled in.
 */
int verdict_find(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		 __u32 now, struct verdict_entry *out);
/* The same without itself: what a verdict on `prefix` hides from the gate. */
int verdict_around(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		   __u32 now, struct verdict_entry *out);

/* A walk over all verdicts in steps, so that a million of them never stall the agent's loop. */
struct verdict_walk {
	__u32 cursor; /* opaque to the kernel's batch lookup */
	struct verdict_prefix_key prefix;
	bool started, in_trie, done;
};

#define VERDICT_WALK_BATCH 4096

/* Up to `room` (at least VERDICT_WALK_BATCH) entries; 0 at the end. Entries may have expired;
 * networks of the trie may come twice where others are deleted meanwhile. */
int verdict_walk_next(const struct maps *maps, struct verdict_walk *walk,
		      struct verdict_entry *entries, size_t room, bool with_hits);

/*
 * A walk over those that were met, by what was counted of them: prefix, ports and hits. Whether a
 * verdict stands there still, verdict_get() says. As above in all else.
 */
struct verdict_hits_walk {
	__u32 cursor;
	bool started, done;
};

int verdict_hits_next(const struct maps *maps, struct verdict_hits_walk *walk,
		      struct verdict_entry *entries, size_t room);

/*
 * Deletes what has expired and rebuilds the presence bitmap, a step at a time: call until *done.
 * seen - deleted is then about the number of verdicts left. Entries put meanwhile are kept.
 */
struct verdict_sweep {
	struct verdict_walk walk;
	size_t seen, deleted;
};

/* Either may be NULL. Those that stay come without their hits. */
struct verdict_sweep_told {
	void (*expired)(const struct verdict_entry *entry, void *context);
	void (*stays)(const struct verdict_entry *entry, void *context);
	void *context;
};

int verdict_sweep_step(struct maps *maps, struct verdict_sweep *sweep, __u32 now, bool *done,
		       const struct verdict_sweep_told *told);
/* Gives up a sweep that is under way; harmless where none is. */
void verdict_sweep_cancel(struct maps *maps, struct verdict_sweep *sweep);

#endif
