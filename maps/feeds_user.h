/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Feed sets, user side: built from sorted ranges, straight into the map that the kernel will read,
 * put in force by one store.
 *
 *   feeds_build()  a new map, filled: two passes over the ranges, no other memory
 *   feeds_swap()   in force, for both families at once; it waits for the kernel to let go of the
 *                  set before (RCU: 36 ms on average, 224 at worst), so call it in a thread
 *   feeds_free()   the process lets go; what is in force stays so
 *
 * All may run in a thread beside the agent's loop, one at a time for each slot. They need CAP_BPF;
 * without CAP_PERFMON the kernel rounds a set up to a power of two; feeds_open() needs
 * CAP_SYS_ADMIN.
 *
 * A set that is in force may be kept open: feeds_set_expires() then tells that its lists are as
 * fresh as ever. A restarted agent gets there by feeds_open().
 */
#ifndef MXDP_MAPS_FEEDS_USER_H
#define MXDP_MAPS_FEEDS_USER_H

#include <stddef.h>
#include <stdint.h>
#include "maps.h"

/*
 * Sorted, disjoint ranges, both ends included, as numbers in host byte order: {first, last} and
 * {first, last} of {upper, lower} half. Neighbours should be joined.
 */
struct feeds_ranges {
	const uint32_t (*v4)[2];
	const uint64_t (*v6)[4];
	size_t v4_count, v6_count;
};

/* One set of the kernel's that this process holds open. Nothing is open where terms is NULL. */
struct feeds_image {
	int fd;
	volatile struct feeds_terms *terms; /* mapped, the rest is not */
	uint32_t lines;                     /* of 64 bytes */
};

/*
 * 0 or -errno: -EINVAL where the ranges are not sorted, -E2BIG where they are more than a set can
 * hold (16 million /64s, 2^31 words), -ENOMEM. *out is open only where it returns 0.
 */
int feeds_build(struct feeds_image *out, const struct feeds_ranges *ranges, uint32_t since,
		uint32_t expires);

/* `image` NULL empties the slot. The slot's hits go on. 0 or -errno; on failure nothing changed. */
int feeds_swap(struct maps *maps, uint32_t slot, const struct feeds_image *image);

/* What is in force; -ENOENT where the slot is empty. */
int feeds_open(struct feeds_image *out, const struct maps *maps, uint32_t slot);

void feeds_set_expires(struct feeds_image *image, uint32_t expires);
void feeds_free(struct feeds_image *image);

/* Summed over the CPUs. */
int feeds_hits_read(const struct maps *maps, uint32_t slot, struct feeds_hits *out);

/*
 * Whom the sets of a slot met, one look after the other. Exact where fewer than FEEDS_RECENT came
 * on each CPU between two looks; of more, the newest ones are told, and how many are missed. CPUs
 * write on meanwhile: what they may have overwritten during a look is missed, never told wrong.
 * One reader a slot and state, of one thread; its room grows with the number of CPUs.
 */
struct feeds_recent {
	struct addr *sources; /* since the look before: of each CPU in order, each time it came */
	size_t count;
	uint64_t missed;
	uint32_t slot;
	int cpus;
	struct feeds_trail *look, *again; /* of each CPU */
	uint64_t *seen;
};

/* Whom they meet from now on. 0 or -errno; on failure nothing is held. */
int feeds_recent_open(struct feeds_recent *out, const struct maps *maps, uint32_t slot);
/* 0 or -errno: then nothing is told now, and at the next look what came since the last good one. */
int feeds_recent_read(struct feeds_recent *recent, const struct maps *maps);
void feeds_recent_free(struct feeds_recent *recent);

#endif
