/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of one feed, as several may hold them: the feed, and threads that build or compare
 * while the feed gets newer ones. Counted on the loop only; the last to let go frees in a thread.
 */
#ifndef MXDP_AGENT_FEEDS_STOCK_H
#define MXDP_AGENT_FEEDS_STOCK_H

#include "../feeds/cache.h"

struct agent;

struct stock {
	unsigned holders;
	struct feed_blob blob;
	struct feed_memory memory;
};

struct stock *stock_new(void); /* held once; NULL for want of memory */
struct stock *stock_hold(struct stock *stock);
void stock_drop(struct agent *a, struct stock *stock); /* NULL is none */

size_t stock_entries(const struct stock *stock); /* disjoint ranges; of NULL 0 */

#endif
