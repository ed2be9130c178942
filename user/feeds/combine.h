/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the feeds to what one slot of the kernel holds: the union over its feeds - where their
 * weights matter, the addresses on which they add up to FEED_WEIGHT_FULL - minus what is never
 * blocked. Linear in the ranges, times the depth of a heap of the feeds; the feeds themselves stay
 * as they are, so that one can be taken out again, and a hit be attributed to all that list it.
 *
 * A feed of full weight needs no other: only those below it are swept together, and what comes of
 * that is merged with the rest.
 */
#ifndef MXDP_FEEDS_COMBINE_H
#define MXDP_FEEDS_COMBINE_H

#include "blob.h"
#include "settings.h"

struct feed_part {
	const struct feed_blob *blob;
	uint32_t weight; /* 1 to FEED_WEIGHT_FULL */
};

/*
 * *out is settled, and owned by the caller; `minus' is settled. 0; -ENOMEM; -EINVAL for more than
 * FEEDS_MAX parts. Runs for a while on big ones: in a thread.
 */
int feed_combine(struct feed_set *out, const struct feed_part *parts, size_t count,
		 const struct feed_set *minus);

/*
 * How much entered and left, for the guard and the status: IPv4 in addresses; IPv6 in /64s, where a
 * range inside one counts as one too, so that a list of single addresses does not count for
 * nothing.
 */
struct feed_change {
	uint64_t v4_before, v4_after, v4_added, v4_removed;
	uint64_t v6_before, v6_after, v6_added, v6_removed;
};

void feed_compare(struct feed_change *out, const struct feed_blob *before,
		  const struct feed_blob *after);

#endif
