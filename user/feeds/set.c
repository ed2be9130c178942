// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/large.h"
#include "key.h"

struct wide wide_of(const struct addr *addr)
{
	struct wide wide;

	memcpy(&wide, addr->b, sizeof(wide));
	return (struct wide){be64toh(wide.hi), be64toh(wide.lo)};
}

struct addr addr_of_wide(struct wide wide)
{
	struct wide order = {htobe64(wide.hi), htobe64(wide.lo)};
	struct addr addr;

	memcpy(addr.b, &order, sizeof(addr.b));
	return addr;
}

struct wide wide_end(struct wide first, unsigned plen)
{
	return key6_end(first, ADDR_BITS - plen);
}

/* Of the sort: 2^11 counters stay in the first-level cache. */
#define DIGIT_BITS 11
#define BUCKETS    (1U << DIGIT_BITS)

static unsigned key4_digit(uint32_t key, unsigned digit)
{
	return key >> (digit * DIGIT_BITS) & (BUCKETS - 1);
}

static unsigned key6_digit(struct wide key, unsigned digit)
{
	return key.hi >> (digit * DIGIT_BITS) & (BUCKETS - 1);
}

/* Counts become places. False where all are in one bucket: then there is nothing to deal. */
static bool places_of(size_t *counts, size_t count)
{
	size_t sum = 0;

	for (unsigned b = 0; b < BUCKETS; b++) {
		size_t n = counts[b];

		if (n == count)
			return false;
		counts[b] = sum;
		sum += n;
	}
	return true;
}

/* A digit says all of what it stands for. */
static void set4_sort_rest(struct set4 *set)
{
	(void)set;
}

static int compare6(const void *one, const void *two)
{
	const struct range6 *a = one, *b = two;

	return wide_less(b->first, a->first) - wide_less(a->first, b->first);
}

/* Those of one /64 stand together by now. */
static void set6_sort_rest(struct set6 *set)
{
	for (size_t i = 0, end; i < set->count; i = end) {
		for (end = i + 1;
		     end < set->count && set->item[end].first.hi == set->item[i].first.hi;)
			end++;
		if (end - i > 1)
			qsort(&set->item[i], end - i, sizeof(*set->item), compare6);
	}
}

#define SET(verb)  set4_##verb
#define KEY(verb)  key4_##verb
#define SET_TYPE   struct set4
#define RANGE_TYPE struct range4
#define KEY_TYPE   uint32_t
#define KEY_BITS   32
#define KEY_DIGITS 3
#include "set_family.h"

#define SET(verb)  set6_##verb
#define KEY(verb)  key6_##verb
#define SET_TYPE   struct set6
#define RANGE_TYPE struct range6
#define KEY_TYPE   struct wide
#define KEY_BITS   128
#define KEY_DIGITS 6 /* of the upper half; see set6_sort_rest() */
#include "set_family.h"

static bool is_mapped(struct wide wide)
{
	return wide_equal(wide, wide_of_v4((uint32_t)wide.lo));
}

int feed_set_add(struct feed_set *set, struct wide first, struct wide last)
{
	if (is_mapped(first) && is_mapped(last))
		return set4_add(&set->v4, (uint32_t)first.lo, (uint32_t)last.lo);
	return set6_add(&set->v6, first, last);
}

int feed_set_add_prefix(struct feed_set *set, const struct prefix *prefix)
{
	struct wide first = wide_of(&prefix->addr);

	return feed_set_add(set, first, wide_end(first, prefix->plen));
}

int feed_set_settle(struct feed_set *set)
{
	int err = set4_settle(&set->v4);

	return err ? err : set6_settle(&set->v6);
}

int feed_set_unite(struct feed_set *set, const struct feed_set *other)
{
	int err = set4_unite(&set->v4, &other->v4);

	return err ? err : set6_unite(&set->v6, &other->v6);
}

int feed_set_subtract(struct feed_set *set, const struct feed_set *minus)
{
	int err = set4_subtract(&set->v4, &minus->v4);

	return err ? err : set6_subtract(&set->v6, &minus->v6);
}

bool feed_set_is_empty(const struct feed_set *set)
{
	return !set->v4.count && !set->v6.count;
}

void feed_set_free(struct feed_set *set)
{
	set4_free(&set->v4);
	set6_free(&set->v6);
}

int feed_set_walk(const struct feed_set *set, int (*fn)(const struct prefix *prefix, void *context),
		  void *context)
{
	int err = set4_walk(&set->v4, fn, context);

	return err ? err : set6_walk(&set->v6, fn, context);
}
