// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* Least significant digit first; 2^11 counters stay in the first-level cache. */
#define DIGIT_BITS 11
#define DIGITS     3
#define BUCKETS    (1U << DIGIT_BITS)

static unsigned digit_of(uint32_t key, unsigned digit)
{
	return key >> (digit * DIGIT_BITS) & (BUCKETS - 1);
}

static void deal(struct range4 *to, const struct range4 *from, size_t count, unsigned digit,
		 size_t *counts)
{
	size_t sum = 0;

	for (unsigned b = 0; b < BUCKETS; b++) {
		size_t n = counts[b];

		counts[b] = sum;
		sum += n;
	}
	for (size_t i = 0; i < count; i++)
		to[counts[digit_of(from[i].first, digit)]++] = from[i];
}

static int set4_sort(struct set4 *set)
{
	size_t(*counts)[BUCKETS] = calloc(DIGITS, sizeof(*counts));
	struct range4 *other = malloc(set->room * sizeof(*other));
	int err = counts && other ? 0 : -ENOMEM;

	if (err)
		goto out;
	for (size_t i = 0; i < set->count; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			counts[d][digit_of(set->item[i].first, d)]++;
	for (unsigned d = 0; d < DIGITS; d++) {
		struct range4 *from = set->item;

		deal(other, from, set->count, d, counts[d]);
		set->item = other;
		other = from;
	}
out:
	free(counts);
	free(other);
	return err;
}

static int compare6(const void *one, const void *two)
{
	const struct range6 *a = one, *b = two;

	return wide_less(b->first, a->first) - wide_less(a->first, b->first);
}

static int set6_sort(struct set6 *set)
{
	qsort(set->item, set->count, sizeof(*set->item), compare6);
	return 0;
}

#define SET(verb)  set4_##verb
#define KEY(verb)  key4_##verb
#define SET_TYPE   struct set4
#define RANGE_TYPE struct range4
#define KEY_TYPE   uint32_t
#define KEY_BITS   32
#include "set_family.h"

#define SET(verb)  set6_##verb
#define KEY(verb)  key6_##verb
#define SET_TYPE   struct set6
#define RANGE_TYPE struct range6
#define KEY_TYPE   struct wide
#define KEY_BITS   128
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
