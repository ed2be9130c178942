/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an update of a feed may take the place of what is in force. Lists break: they come empty,
 * cut in half, or with the world in them. Pure: numbers in, a decision and its words out.
 *
 *   refused    more than half of its lines cannot be used, it is no such list
 *   held back  it is empty, or more than `guard' percent of what is in force would go or come. The
 *              old one stays in force, and ages. A second fetch FEED_GUARD_WAIT later or more that
 *              has the same size, give or take `guard' percent, confirms it; one of another size is
 *              held back in its turn, one that fits what is in force ends the matter.
 *   accepted   all else. A first one is always accepted unless it is empty.
 *
 * Percents are of addresses (IPv6: /64s, see combine.h), of each family apart; where a family had
 * nothing, what comes is measured by the other. A `guard' of 0 holds back empty lists only.
 */
#ifndef MXDP_FEEDS_GUARD_H
#define MXDP_FEEDS_GUARD_H

#include "combine.h"
#include "job.h" /* FEED_WORDS */

#define FEED_GUARD_WAIT 600 /* seconds */

enum feed_guard {
	FEED_ACCEPTED,
	FEED_HELD,
	FEED_REFUSED,
};

/* What is held back, between two decisions. Zero-initialised is nothing. */
struct feed_held {
	bool is_held;
	uint64_t v4, v6; /* its size */
	int64_t since;   /* of the first fetch that said so */
};

struct feed_update {
	const char *name;          /* of the feed */
	struct feed_change change; /* all before is 0 where nothing is in force */
	uint64_t used, unusable;   /* lines of the new one */
	bool is_forced;            /* the administrator has looked at it: held back it is not */
};

/*
 * `guard' is that of the settings, `now' seconds of CLOCK_BOOTTIME. `words' get one line in any
 * case, FEED_WORDS bytes.
 */
enum feed_guard feed_guard_decide(struct feed_held *held, const struct feed_update *update,
				  uint32_t guard, int64_t now, char *words, size_t size);

#endif
