/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of addresses on its way into the kernel: settled, and with all that is never blocked
 * subtracted, it becomes an image (maps/feeds_user.h), which feeds_swap() puts in force.
 */
#ifndef MXDP_FEEDS_IMAGE_H
#define MXDP_FEEDS_IMAGE_H

#include "../../maps/feeds_user.h"
#include "set.h"

_Static_assert(sizeof(struct range4) == sizeof(uint32_t[2]), "the same numbers in the same order");
_Static_assert(sizeof(struct range6) == sizeof(uint64_t[4]), "the same numbers in the same order");

static inline int feed_set_build(struct feeds_image *out, const struct feed_set *set,
				 uint32_t since, uint32_t expires)
{
	const struct feeds_ranges ranges = {
		.v4 = (const uint32_t(*)[2])set->v4.item,
		.v6 = (const uint64_t(*)[4])set->v6.item,
		.v4_count = set->v4.count,
		.v6_count = set->v6.count,
	};

	return feeds_build(out, &ranges, since, expires);
}

#endif
