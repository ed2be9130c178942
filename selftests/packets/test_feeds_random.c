// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feed sets in the kernel against the sets of user space that they were built from: sets of every
 * shape, and of each the addresses where an answer changes, besides some at random. A million
 * lookups in all.
 */
#include "test_feeds.h"

#define LOOKUPS 1000000
#define ROUNDS  250 /* sets */

static uint64_t seed = 88172645463325252ULL;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(uint64_t n)
{
	return (random64() >> 16) % n;
}

/* Where a set lies and how thick: addresses share their first `shared` bits. */
struct shape {
	bool v4;
	unsigned shared;            /* over 128 bits */
	unsigned shortest, longest; /* prefix lengths over 128 bits */
	unsigned most;              /* prefixes */
};

static const struct shape shapes[] = {
	{true, ADDR_V4_BITS, 128, 128, 3000},
	{true, ADDR_V4_BITS, 104, 128, 200},
	{true, ADDR_V4_BITS + 8, 112, 124, 2000},
	{true, ADDR_V4_BITS + 14, 116, 128, 3000},
	{true, ADDR_V4_BITS + 20, 120, 128, 300},
	{true, ADDR_V4_BITS + 22, 126, 128, 700},
	{false, 0, 1, 128, 300},
	{false, 16, 19, 64, 3000},
	{false, 32, 48, 64, 5000},
	{false, 40, 64, 128, 3000},
	{false, 56, 57, 70, 400},
	{false, 64, 65, 128, 2000},
	{false, 64, 128, 128, 3000},
	{false, 110, 118, 128, 800},
	{false, 48, 60, 66, 20},
};

#define SHAPES (sizeof(shapes) / sizeof(*shapes))

static struct wide pick(const struct shape *shape, struct wide base)
{
	struct wide end = wide_end((struct wide){0, 0}, shape->shared);

	return (struct wide){base.hi ^ (random64() & end.hi), base.lo ^ (random64() & end.lo)};
}

static struct wide start_of(const struct shape *shape)
{
	/* The mapped addresses would be IPv4. */
	return shape->v4 ? wide_of_v4((uint32_t)random64())
			 : (struct wide){random64() | 1ULL << 61, random64()};
}

static void fill(struct feed_set *set, const struct shape *shape, struct wide base)
{
	for (uint64_t n = 1 + below(shape->most); n; n--) {
		struct addr addr = addr_of_wide(pick(shape, base));
		unsigned plen = shape->shortest + below(shape->longest - shape->shortest + 1);
		struct prefix prefix = prefix_of(&addr, plen);

		assert_int_equal(feed_set_add_prefix(set, &prefix), 0);
	}
	assert_int_equal(feed_set_settle(set), 0);
}

/* The oracle: plain binary search among the ranges. */
static bool listed4(const struct set4 *set, uint32_t v4)
{
	size_t from = 0, to = set->count;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (set->item[at].last < v4)
			from = at + 1;
		else
			to = at;
	}
	return from < set->count && set->item[from].first <= v4;
}

static bool listed6(const struct set6 *set, struct wide wide)
{
	size_t from = 0, to = set->count;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (wide_less(set->item[at].last, wide))
			from = at + 1;
		else
			to = at;
	}
	return from < set->count && !wide_less(wide, set->item[from].first);
}

static bool is_v4(struct wide wide)
{
	return wide_equal(wide, wide_of_v4((uint32_t)wide.lo));
}

static bool listed(const struct feed_set *set, struct wide wide)
{
	return is_v4(wide) ? listed4(&set->v4, (uint32_t)wide.lo) : listed6(&set->v6, wide);
}

struct bench {
	struct room *room;
	struct syn syn4, syn6;
	size_t hits, misses;
};

static void check(struct bench *b, const struct feed_set *set, struct wide wide)
{
	int got, want = listed(set, wide) ? XDP_DROP : XDP_PASS;

	/* The last /64 is multicast: sets do not answer for it (maps/feeds.bpf.h). */
	if (wide.hi == UINT64_MAX)
		return;
	got = syn_run(b->room->gate, is_v4(wide) ? &b->syn4 : &b->syn6, wide);
	if (got != want)
		fail_msg("%llx:%llx of %zu and %zu ranges: %d instead of %d",
			 (unsigned long long)wide.hi, (unsigned long long)wide.lo, set->v4.count,
			 set->v6.count, got, want);
	if (want == XDP_DROP)
		b->hits++;
	else
		b->misses++;
}

/* Both sides of an end of a range. */
static void check_edge(struct bench *b, const struct feed_set *set)
{
	bool end = below(2);

	if (set->v4.count && (!set->v6.count || below(2))) {
		struct range4 r = set->v4.item[below(set->v4.count)];

		check(b, set, wide_of_v4(end ? r.last : r.first));
		check(b, set, wide_of_v4(end ? r.last + 1 : r.first - 1));
	} else {
		struct range6 r = set->v6.item[below(set->v6.count)];

		check(b, set, end ? r.last : r.first);
		check(b, set, end ? wide_next(r.last) : wide_prev(r.first));
	}
}

static void test_random_sets(void **state)
{
	struct bench b = {.room = *state};

	syn_build(&b.syn4, true);
	syn_build(&b.syn6, false);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct shape *one = &shapes[round % SHAPES], *other = &shapes[below(SHAPES)];
		struct wide at = start_of(one), there = start_of(other);
		struct feed_set set = {0};

		fill(&set, one, at);
		fill(&set, other, there);
		put_set(b.room, FEEDS_SLOT(PORTS_MX, ACTION_DROP), &set, boot_seconds() + AGES);
		for (unsigned i = 0; i < LOOKUPS / ROUNDS / 4; i++) {
			check_edge(&b, &set);
			check(&b, &set, pick(one, at));
			check(&b, &set, i % 8 ? pick(other, there) : start_of(one));
		}
		feed_set_free(&set);
	}
	print_message("%zu listed, %zu not\n", b.hits, b.misses);
	/* Neither answer is rare, or the test would tell little. */
	assert_true(b.hits > LOOKUPS / 4 && b.misses > LOOKUPS / 4);
}

/* As large as sets of real lists get, in both families at once. */
static void test_large_set(void **state)
{
	struct bench b = {.room = *state};
	struct feed_set set = {0};

	syn_build(&b.syn4, true);
	syn_build(&b.syn6, false);
	for (unsigned i = 0; i < 1000000; i++) {
		struct wide first = {0x2000000000000000ULL | random64() >> 3, 0};

		assert_int_equal(set4_add(&set.v4, (uint32_t)i * 2654435761U, i * 2654435761U), 0);
		first.hi &= ~0ULL << (i % 33);
		assert_int_equal(set6_add(&set.v6, first, wide_end(first, 64 - i % 33)), 0);
	}
	assert_int_equal(feed_set_settle(&set), 0);
	put_set(b.room, FEEDS_SLOT(PORTS_MX, ACTION_DROP), &set, boot_seconds() + AGES);
	for (unsigned i = 0; i < LOOKUPS / 20; i++) {
		check_edge(&b, &set);
		check(&b, &set, start_of(&shapes[0]));
	}
	assert_true(b.hits > LOOKUPS / 40 && b.misses > LOOKUPS / 40);
	feed_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_random_sets),
		room_test(test_large_set),
	};

	return cmocka_run_group_tests_name("feed sets, random", tests, NULL, NULL);
}
