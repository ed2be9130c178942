/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Between feeds_user.c and the builders of the two families. Each builder runs twice over the same
 * ranges: first without words, to count, then to fill words that are all zero.
 */
#ifndef MXDP_MAPS_FEEDS_BUILD_H
#define MXDP_MAPS_FEEDS_BUILD_H

#include "feeds_user.h"

struct feeds_size4 {
	uint64_t chunks; /* /16s that have groups */
	uint64_t leaves; /* words */
};

struct feeds_size6 {
	uint64_t keys, parts, lowers;
};

/* 0, or -EINVAL where the ranges are not sorted. `words` is the whole set. */
int feeds_build4(uint64_t *words, const struct feeds_ranges *ranges, struct feeds_size4 *size);

/* -E2BIG, too. */
int feeds_size6(const struct feeds_ranges *ranges, struct feeds_size6 *size);
/* Where all stands, from word `begin` on, the beginning of a line; returns the word behind it. */
uint64_t feeds_plan6(struct feeds_tree *tree, const struct feeds_size6 *size, uint64_t begin);
void feeds_build6(uint64_t *words, const struct feeds_ranges *ranges,
		  const struct feeds_size6 *size, const struct feeds_tree *tree);

#endif
