// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "feeds_build.h"

#define FIRST_HI 0 /* places in a range */
#define FIRST_LO 1
#define LAST_HI  2
#define LAST_LO  3

#define VALUE(after, part) ((uint32_t)(part) << 1 | (after))

struct build6 {
	uint64_t *words; /* NULL: counting */
	const struct feeds_ranges *ranges;
	uint64_t *keys;
	uint32_t *values;
	uint64_t *parts;
	uint64_t lowers; /* word of the first lower half */
	struct feeds_size6 done;
	uint64_t last_key;
	uint64_t most_lowers; /* in one /64 */
};

/* A key where one stands already, the end of what was before it, is replaced. */
static void add_key(struct build6 *b, uint64_t hi, uint32_t value)
{
	if (!b->done.keys || hi != b->last_key)
		b->done.keys++;
	b->last_key = hi;
	if (!b->words)
		return;
	b->keys[b->done.keys - 1] = hi;
	b->values[b->done.keys - 1] = value;
}

static void add_lower(struct build6 *b, uint64_t lower)
{
	if (b->words)
		b->words[b->lowers + b->done.lowers] = lower;
	b->done.lowers++;
}

/* What range number i has of one /64 that it meets. */
static void piece_of(const struct feeds_ranges *ranges, size_t i, uint64_t hi, uint64_t *first,
		     uint64_t *last)
{
	const uint64_t *r = ranges->v6[i];

	*first = r[FIRST_HI] == hi ? r[FIRST_LO] : 0;
	*last = r[LAST_HI] == hi ? r[LAST_LO] : UINT64_MAX;
}

/* One behind the last range that meets the /64, of those from number i on, which does. */
static size_t pieces_end(const struct feeds_ranges *ranges, size_t i, uint64_t hi, bool *single)
{
	uint64_t first, last;

	*single = true;
	do {
		piece_of(ranges, i, hi, &first, &last);
		*single &= first == last;
		i++;
	} while (i < ranges->v6_count && ranges->v6[i][FIRST_HI] == hi);
	return i;
}

/* A /64 that is listed in part, by range number i and perhaps by others behind it. */
static void add_part(struct build6 *b, size_t i, uint64_t hi)
{
	uint64_t first, last, before = b->done.lowers, count;
	bool single;
	size_t end = pieces_end(b->ranges, i, hi, &single);

	for (; i < end; i++) {
		piece_of(b->ranges, i, hi, &first, &last);
		add_lower(b, first);
		if (!single && last != UINT64_MAX)
			add_lower(b, last + 1);
	}
	count = b->done.lowers - before;
	if (count > b->most_lowers)
		b->most_lowers = count;
	add_key(b, hi, VALUE(0, FEEDS6_PART + b->done.parts));
	if (b->words)
		b->parts[b->done.parts] =
			(b->lowers + before) << 32 | (single ? FEEDS6_SINGLE : 0) | count;
	b->done.parts++;
}

/* Whole /64s. */
static void add_whole(struct build6 *b, uint64_t first, uint64_t last)
{
	add_key(b, first, VALUE(last > first, FEEDS6_ALL));
	if (last > first && last != UINT64_MAX)
		add_key(b, last + 1, VALUE(0, FEEDS6_NONE));
}

static void add_range(struct build6 *b, size_t i)
{
	const uint64_t *r = b->ranges->v6[i];
	bool whole_head = !r[FIRST_LO], whole_tail = r[LAST_LO] == UINT64_MAX;
	bool met = i && b->ranges->v6[i - 1][LAST_HI] == r[FIRST_HI];
	uint64_t first, last;

	if (r[FIRST_HI] == r[LAST_HI]) {
		if (whole_head && whole_tail)
			add_whole(b, r[FIRST_HI], r[FIRST_HI]);
		else if (!met)
			add_part(b, i, r[FIRST_HI]);
		return;
	}
	if (!whole_head && !met)
		add_part(b, i, r[FIRST_HI]);
	first = r[FIRST_HI] + !whole_head;
	last = r[LAST_HI] - !whole_tail;
	if (first <= last)
		add_whole(b, first, last);
	if (!whole_tail)
		add_part(b, i, r[LAST_HI]);
}

static void add_all(struct build6 *b)
{
	/* So that no address stands before the first key. */
	if (b->ranges->v6_count)
		add_key(b, 0, VALUE(0, FEEDS6_NONE));
	for (size_t i = 0; i < b->ranges->v6_count; i++)
		add_range(b, i);
}

static bool less(const uint64_t *a, const uint64_t *b)
{
	return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static bool sorted(const struct feeds_ranges *ranges)
{
	for (size_t i = 0; i < ranges->v6_count; i++)
		if (less(&ranges->v6[i][LAST_HI], &ranges->v6[i][FIRST_HI]) ||
		    (i && !less(&ranges->v6[i - 1][LAST_HI], &ranges->v6[i][FIRST_HI])))
			return false;
	return true;
}

int feeds_size6(const struct feeds_ranges *ranges, struct feeds_size6 *size)
{
	struct build6 b = {.ranges = ranges};

	if (!sorted(ranges))
		return -EINVAL;
	add_all(&b);
	*size = b.done;
	if (size->keys > FEEDS6_KEYS_MAX || b.most_lowers >= 1U << FEEDS6_LOWER_BITS)
		return -E2BIG;
	return 0;
}

static uint64_t lines_for(uint64_t words)
{
	return (words + FEEDS_LINE_WORDS - 1) / FEEDS_LINE_WORDS;
}

uint64_t feeds_plan6(struct feeds_tree *tree, const struct feeds_size6 *size, uint64_t begin)
{
	uint64_t lines[FEEDS6_LEVELS], keys = size->keys, line = begin / FEEDS_LINE_WORDS;

	*tree = (struct feeds_tree){0};
	if (!keys)
		return begin;
	do {
		keys = lines_for(keys);
		lines[tree->levels++] = keys;
	} while (keys > 1);
	for (uint32_t i = 0; i < tree->levels; i++) {
		tree->level[i] = (uint32_t)line;
		line += lines[tree->levels - 1 - i];
	}
	tree->values = (uint32_t)(line * FEEDS_LINE_WORDS);
	line += lines_for((size->keys + 1) / 2);
	tree->parts = (uint32_t)(line * FEEDS_LINE_WORDS);
	line += lines_for(size->parts + size->lowers);
	return line * FEEDS_LINE_WORDS;
}

/* Nodes above the keys hold the first key of each node below them; no address is above a filler. */
static void grow_tree(uint64_t *words, const struct feeds_tree *tree, uint64_t keys)
{
	for (uint32_t i = tree->levels; i--;) {
		uint64_t *level = words + (uint64_t)tree->level[i] * FEEDS_LINE_WORDS;
		uint64_t *below = i + 1 < tree->levels
					  ? words + (uint64_t)tree->level[i + 1] * FEEDS_LINE_WORDS
					  : NULL;
		uint64_t room = lines_for(keys) * FEEDS_LINE_WORDS;

		for (uint64_t n = 0; below && n < keys; n++)
			level[n] = below[n * FEEDS6_FANOUT];
		memset(level + keys, 0xff, (room - keys) * sizeof(*level));
		keys = lines_for(keys);
	}
}

void feeds_build6(uint64_t *words, const struct feeds_ranges *ranges,
		  const struct feeds_size6 *size, const struct feeds_tree *tree)
{
	struct build6 b = {.words = words, .ranges = ranges};

	if (!tree->levels)
		return;
	b.keys = words + (uint64_t)tree->level[tree->levels - 1] * FEEDS_LINE_WORDS;
	b.values = (uint32_t *)(words + tree->values);
	b.parts = words + tree->parts;
	b.lowers = tree->parts + size->parts;
	add_all(&b);
	grow_tree(words, tree, size->keys);
}
