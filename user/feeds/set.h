/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of addresses as sorted, disjoint ranges, both ends included: what a list says, and the
 * algebra on it. The two families are kept apart, so that an IPv4 entry costs 8 bytes and not 32
 * (twice that while it is sorted). Addresses are numbers here, in host byte order.
 *
 * A set is filled in any order with *_add(), then settled: sorted, overlaps and neighbours joined.
 * Union, subtraction and the walk want settled sets and leave settled ones. Everything is linear
 * but the sort (radix for IPv4), so no order of entries is slow.
 *
 * Functions that can run out of memory return 0 or -ENOMEM and leave the set as it was; sets are
 * zero-initialised and freed by *_free().
 */
#ifndef MXDP_FEEDS_SET_H
#define MXDP_FEEDS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

/* An IPv6 address as a number. */
struct wide {
	uint64_t hi, lo;
};

struct range4 {
	uint32_t first, last;
};

struct range6 {
	struct wide first, last;
};

struct set4 {
	struct range4 *item;
	size_t count, room;
};

struct set6 {
	struct range6 *item;
	size_t count, room;
};

/* IPv4-mapped addresses (::ffff:0:0/96) belong to v4, see feed_set_add(). */
struct feed_set {
	struct set4 v4;
	struct set6 v6;
};

int set4_add(struct set4 *set, uint32_t first, uint32_t last);
int set4_settle(struct set4 *set);
int set4_unite(struct set4 *set, const struct set4 *other);
int set4_subtract(struct set4 *set, const struct set4 *minus);
void set4_free(struct set4 *set);

int set6_add(struct set6 *set, struct wide first, struct wide last);
int set6_settle(struct set6 *set);
int set6_unite(struct set6 *set, const struct set6 *other);
int set6_subtract(struct set6 *set, const struct set6 *minus);
void set6_free(struct set6 *set);

/* A range of the 16-byte form of maps/addr.h; one inside ::ffff:0:0/96 is IPv4. */
int feed_set_add(struct feed_set *set, struct wide first, struct wide last);
int feed_set_add_prefix(struct feed_set *set, const struct prefix *prefix);
int feed_set_settle(struct feed_set *set);
int feed_set_unite(struct feed_set *set, const struct feed_set *other);
int feed_set_subtract(struct feed_set *set, const struct feed_set *minus);
bool feed_set_is_empty(const struct feed_set *set);
void feed_set_free(struct feed_set *set);

/*
 * Calls `fn` for the minimal list of prefixes that make up the set, IPv4 first, ascending; stops
 * where it returns non-zero, and returns that.
 */
int feed_set_walk(const struct feed_set *set, int (*fn)(const struct prefix *prefix, void *context),
		  void *context);

struct wide wide_of(const struct addr *addr);
struct addr addr_of_wide(struct wide wide);
/* The last address of the block of `plen` leading bits (0 to 128) that begins with `first`. */
struct wide wide_end(struct wide first, unsigned plen);

static inline struct wide wide_of_v4(uint32_t v4)
{
	return (struct wide){0, 0xffff00000000ULL | v4};
}

static inline bool wide_equal(struct wide a, struct wide b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static inline bool wide_less(struct wide a, struct wide b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

static inline struct wide wide_next(struct wide a)
{
	return (struct wide){a.hi + (a.lo == UINT64_MAX), a.lo + 1};
}

static inline struct wide wide_prev(struct wide a)
{
	return (struct wide){a.hi - !a.lo, a.lo - 1};
}

#endif
