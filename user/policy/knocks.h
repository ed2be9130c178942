/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who still knocks: of sources under a block, how many SYNs met it since the last round. The kernel
 * counts hits since a verdict was put; here stands what they were at the last round. Of feeds it
 * tells each SYN by itself, as far as it remembers them.
 *
 * Bounded: of sources that find no room nothing is known but that they are. Pure; not thread safe.
 */
#ifndef MXDP_POLICY_KNOCKS_H
#define MXDP_POLICY_KNOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../maps/addr.h"
#include "../../maps/ports.h"

#define KNOCKS_SOURCES 65536 /* at about 120 bytes each */

struct knocks;

struct knock {
	struct prefix prefix;
	enum port_class ports;
	int slot;      /* of the feeds that stopped it; -1: a verdict did */
	uint64_t syns; /* in this round */
};

/* All of a round. */
struct knocks_sum {
	size_t sources;
	uint64_t syns;
	size_t without_room; /* times that one more source found no room */
};

/* NULL where memory is short. */
struct knocks *knocks_new(size_t sources);
void knocks_free(struct knocks *k);

/* A verdict has met so many SYNs in all, more than none. */
void knocks_verdict(struct knocks *k, const struct prefix *prefix, enum port_class ports,
		    uint64_t syns);
/* One more SYN that the feeds of a slot stopped. */
void knocks_feed(struct knocks *k, const struct addr *source, enum port_class ports, int slot);

/*
 * All verdicts have been told: the round ends, and another begins. Writes those who knocked to
 * `out', those with the most SYNs first; returns how many. A verdict that was not told is
 * forgotten.
 */
size_t knocks_round(struct knocks *k, struct knock *out, size_t room, struct knocks_sum *sum);

#endif
