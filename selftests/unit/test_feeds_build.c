// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feed sets built in plain memory and read there by the very code that the kernel runs: every
 * address of small windows, built by counting first and filling then, with nothing written or read
 * outside; and how many bytes an entry takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "random.h"
#include "../../maps/feeds_build.h"

/* A set in memory stands in for every map. */
static const struct image {
	uint64_t *words;
	uint64_t count;
	struct feeds_size4 size4;
	struct feeds_size6 size6;
} * in_force;

static void *image_line(void *set, const void *key)
{
	uint32_t line;

	(void)set;
	memcpy(&line, key, sizeof(line));
	if (line >= in_force->count / FEEDS_LINE_WORDS)
		fail_msg("line %u of %llu is read", line,
			 (unsigned long long)in_force->count / FEEDS_LINE_WORDS);
	return in_force->words + (uint64_t)line * FEEDS_LINE_WORDS;
}

static uint64_t no_clock(void)
{
	return 0;
}

#define bpf_map_lookup_elem   image_line
#define bpf_ktime_get_boot_ns no_clock
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "../../maps/feeds.bpf.h"

#define CANARY 0xdeadbeefcafef00dULL

static void build(struct image *image, const struct feeds_ranges *ranges)
{
	struct feeds_tree tree;
	uint64_t begin;

	assert_int_equal(feeds_build4(NULL, ranges, &image->size4), 0);
	assert_int_equal(feeds_size6(ranges, &image->size6), 0);
	begin = FEEDS_CHUNKS + image->size4.chunks * FEEDS_CHUNK_WORDS + image->size4.leaves;
	begin = (begin + FEEDS_LINE_WORDS - 1) / FEEDS_LINE_WORDS * FEEDS_LINE_WORDS;
	image->count = feeds_plan6(&tree, &image->size6, begin);
	image->words = calloc(image->count + 1, sizeof(uint64_t));
	assert_non_null(image->words);
	image->words[image->count] = CANARY;
	assert_int_equal(feeds_build4(image->words, ranges, &image->size4), 0);
	feeds_build6(image->words, ranges, &image->size6, &tree);
	memcpy(image->words + FEEDS_LINE_WORDS, &tree, sizeof(tree));
	assert_true(image->words[image->count] == CANARY);
	in_force = image;
}

/* IPv4: a window over the borders of a group, a /16 and the whole space. */

#define WINDOW4 4096
#define MOST    600

static uint32_t ranges4(uint32_t (*range)[2], uint32_t base, uint32_t most)
{
	uint32_t count = 0, gap, at = 0;

	for (;; count++) {
		gap = 1 + below(below(4) ? 40 : 700);
		if (at + gap >= WINDOW4 || count == most)
			return count;
		at += gap;
		range[count][0] = base + at;
		if (!below(3))
			at += below(below(4) ? 8 : 600);
		if (at >= WINDOW4)
			at = WINDOW4 - 1;
		range[count][1] = base + at;
	}
}

static bool in_ranges4(uint32_t (*range)[2], uint32_t count, uint32_t v4)
{
	for (uint32_t i = 0; i < count; i++)
		if (v4 >= range[i][0] && v4 <= range[i][1])
			return true;
	return false;
}

static void test_every_v4(void **state)
{
	static const uint32_t bases[] = {0x0afff800, 0xc6336000, 0xfffff000, 0x7ffff800, 0};
	static uint32_t range[MOST][2];

	(void)state;
	for (seed = 0; seed < 300;) {
		uint32_t begun = seed, base = bases[begun % 5], count;
		struct feeds_ranges ranges = {.v4 = range};
		struct image image;

		count = ranges4(range, base, 1 + below(MOST - 1));
		ranges.v4_count = count;
		build(&image, &ranges);
		for (uint32_t i = 0; i < WINDOW4; i++)
			if (feeds_find4(&image, base + i) != in_ranges4(range, count, base + i))
				fail_msg("seed %u: %#x is wrong", begun, base + i);
		assert_false(feeds_find4(&image, base - 1));
		assert_false(feeds_find4(&image, base + WINDOW4));
		free(image.words);
		seed = begun + 1;
	}
}

/*
 * IPv6: a window of eight /64s; of each, the addresses around both its ends. Number n of them is
 * followed by number n + 1, but for the gap in the middle of each /64.
 */

#define WINDOW6 128
#define EACH    16

static const uint64_t his[] = {0, 0x20010db800000000ULL, 0x20010db8fffffff9ULL,
			       UINT64_MAX - WINDOW6 / EACH};

static void place6(uint64_t base, uint32_t n, uint64_t *hi, uint64_t *lo)
{
	*hi = base + n / EACH;
	*lo = n % EACH < EACH / 2 ? n % EACH : 0ULL - EACH + n % EACH;
}

static uint32_t ranges6(uint64_t (*range)[4], uint64_t base, bool *listed)
{
	uint32_t count = 0, first, last = 0;

	memset(listed, 0, WINDOW6 * sizeof(*listed));
	for (;; count++) {
		first = last + !!count + 1 + below(below(3) ? 3 : 40);
		if (!count && below(2))
			first = 0;
		last = first + (below(2) ? below(below(2) ? 4 : 50) : 0);
		if (last >= WINDOW6)
			return count;
		place6(base, first, &range[count][0], &range[count][1]);
		place6(base, last, &range[count][2], &range[count][3]);
		for (uint32_t n = first; n <= last; n++)
			listed[n] = true;
	}
}

static void test_every_v6(void **state)
{
	static uint64_t range[WINDOW6][4];
	bool listed[WINDOW6];

	(void)state;
	for (seed = 0; seed < 40000;) {
		uint32_t begun = seed;
		uint64_t base = his[begun % 4], hi, lo;
		struct feeds_ranges ranges = {.v6 = range};
		struct image image;

		ranges.v6_count = ranges6(range, base, listed);
		build(&image, &ranges);
		for (uint32_t n = 0; n < WINDOW6; n++) {
			place6(base, n, &hi, &lo);
			if (feeds_find6(&image, hi, lo) != listed[n])
				fail_msg("seed %u: number %u is wrong", begun, n);
		}
		/* The gap in the middle of a /64 is listed where both its sides are. */
		for (uint32_t n = EACH / 2; n < WINDOW6; n += EACH)
			if (feeds_find6(&image, base + n / EACH, 1ULL << 63) !=
			    (listed[n - 1] && listed[n]))
				fail_msg("seed %u: the middle of /64 %u is wrong", begun, n / EACH);
		if (base)
			assert_false(feeds_find6(&image, base - 1, 0));
		assert_false(feeds_find6(&image, base + WINDOW6 / EACH, 0));
		free(image.words);
		seed = begun + 1;
	}
}

/* Bytes */

static uint64_t bytes_without_root(const struct feeds_ranges *ranges)
{
	struct image image;
	uint64_t bytes;

	build(&image, ranges);
	bytes = (image.count - FEEDS_CHUNKS) * sizeof(uint64_t);
	free(image.words);
	return bytes;
}

static void test_bytes_of_v4(void **state)
{
	static const uint32_t whole[][2] = {{0x01000000, 0x0fffffff}, {0x20000000, 0xdfffffff}};
	static const uint32_t nets[][2] = {{0x01000100, 0x01fffeff}};
	static uint32_t many[1000000][2];
	struct feeds_ranges ranges = {.v4 = whole, .v4_count = 2};

	(void)state;
	assert_int_equal(bytes_without_root(&ranges), 0);
	ranges = (struct feeds_ranges){.v4 = nets, .v4_count = 1};
	assert_int_equal(bytes_without_root(&ranges), 2 * FEEDS_CHUNK_WORDS * 8);

	/* A million, evenly: one address for every sixteenth /24 and each chunk in use. */
	for (uint32_t i = 0; i < 1000000; i++)
		many[i][0] = many[i][1] = i * 4294;
	ranges = (struct feeds_ranges){.v4 = many, .v4_count = 1000000};
	assert_in_range(bytes_without_root(&ranges), 8000000, 17000000);
	/* Half a million, every other address. */
	for (uint32_t i = 0; i < 500000; i++)
		many[i][0] = many[i][1] = 0x10000000 + i * 2;
	ranges.v4_count = 500000;
	assert_in_range(bytes_without_root(&ranges), 0, 150000);
}

static void test_bytes_of_v6(void **state)
{
	static uint64_t many[100000][4];
	struct feeds_ranges ranges = {.v6 = many, .v6_count = 100000};

	(void)state;
	for (uint64_t i = 0; i < 100000; i++)
		memcpy(many[i], (uint64_t[]){i * 3 << 16, 0, (i * 3 << 16) + 65535, UINT64_MAX},
		       sizeof(many[i]));
	assert_in_range(bytes_without_root(&ranges), 2400000, 2800000); /* /48s */
	for (uint64_t i = 0; i < 100000; i++)
		memcpy(many[i], (uint64_t[]){i * 3, 0, i * 3, UINT64_MAX}, sizeof(many[i]));
	assert_in_range(bytes_without_root(&ranges), 1200000, 1400000); /* /64s */
	for (uint64_t i = 0; i < 100000; i++)
		memcpy(many[i], (uint64_t[]){i * 3, 5, i * 3, 5}, sizeof(many[i]));
	assert_in_range(bytes_without_root(&ranges), 2800000, 3000000); /* /128s, each alone */
	for (uint64_t i = 0; i < 100000; i++)
		memcpy(many[i], (uint64_t[]){7, i * 3, 7, i * 3}, sizeof(many[i]));
	assert_in_range(bytes_without_root(&ranges), 800000, 801000); /* ... and together */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_v4),
		cmocka_unit_test(test_every_v6),
		cmocka_unit_test(test_bytes_of_v4),
		cmocka_unit_test(test_bytes_of_v6),
	};

	return cmocka_run_group_tests_name("feeds_build", tests, NULL, NULL);
}
