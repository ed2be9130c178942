// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "feeds_build.h"

#define OCTETS      256
#define NETS_IN_16  256 /* /24s of a /16 */
#define NETS_GROUP  16  /* /24s of a group */
#define BITMAP_MANY FEEDS_MANY_WORDS

struct build4 {
	uint64_t *words; /* NULL: counting */
	uint64_t chunk;  /* word of the open /16's groups */
	uint64_t next_chunk, leaf;
	uint32_t open; /* the /16 that it is, + 1 */
};

static void set_root(struct build4 *b, uint32_t net16, uint32_t value)
{
	if (b->words)
		b->words[FEEDS_ROOT + net16 / 2] |= (uint64_t)value << net16 % 2 * 32;
}

static void open_chunk(struct build4 *b, uint32_t net16)
{
	if (b->open == net16 + 1)
		return;
	b->open = net16 + 1;
	b->chunk = b->next_chunk;
	b->next_chunk += FEEDS_CHUNK_WORDS;
	set_root(b, net16, (uint32_t)b->chunk);
}

/* Nets come in ascending order, so that leaves do, too: a group's are together. */
static void set_state(struct build4 *b, uint32_t net, enum feeds_state state)
{
	uint64_t *group;

	open_chunk(b, net / NETS_IN_16);
	if (!b->words)
		return;
	group = &b->words[b->chunk + net / NETS_GROUP % FEEDS_CHUNK_WORDS];
	if (!*group)
		*group = b->leaf << 32;
	*group |= (uint64_t)state << net % NETS_GROUP * 2;
}

static uint64_t few_octets(const uint64_t bits[BITMAP_MANY])
{
	uint64_t leaf = 0, first = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < BITMAP_MANY; i++)
		for (uint64_t left = bits[i]; left; left &= left - 1) {
			uint64_t octet = i * 64 + (unsigned)__builtin_ctzll(left);

			if (!n)
				first = octet;
			leaf |= octet << n++ * 8;
		}
	while (n < FEEDS_FEW_MAX)
		leaf |= first << n++ * 8;
	return leaf;
}

static void put_some(struct build4 *b, uint32_t net, const uint64_t bits[BITMAP_MANY])
{
	unsigned count = 0;

	for (unsigned i = 0; i < BITMAP_MANY; i++)
		count += (unsigned)__builtin_popcountll(bits[i]);
	if (count > FEEDS_FEW_MAX) {
		set_state(b, net, FEEDS_STATE_MANY);
		if (b->words)
			memcpy(&b->words[b->leaf], bits, BITMAP_MANY * sizeof(*bits));
		b->leaf += BITMAP_MANY;
		return;
	}
	set_state(b, net, FEEDS_STATE_FEW);
	if (b->words)
		b->words[b->leaf] = few_octets(bits);
	b->leaf++;
}

/* Whole /24s, `first` to `last`; whole /16s among them need no groups. */
static void put_all(struct build4 *b, uint32_t first, uint32_t last)
{
	for (uint32_t net = first; net <= last; net++) {
		if (net % NETS_IN_16 == 0 && last - net >= NETS_IN_16 - 1) {
			set_root(b, net / NETS_IN_16, FEEDS_ALL);
			net += NETS_IN_16 - 1;
		} else {
			set_state(b, net, FEEDS_STATE_ALL);
		}
	}
}

static void set_octets(uint64_t bits[BITMAP_MANY], unsigned first, unsigned last)
{
	for (unsigned i = first / 64; i <= last / 64; i++) {
		unsigned from = i == first / 64 ? first % 64 : 0;
		unsigned to = i == last / 64 ? last % 64 : 63;

		bits[i] |= ~0ULL << from & ~0ULL >> (63 - to);
	}
}

/* A place among the ranges: number `i`, from its address `at` on. */
struct place {
	size_t i;
	uint64_t at;
};

static bool at_end(const struct feeds_ranges *ranges, const struct place *place)
{
	return place->i == ranges->v4_count;
}

static void go_to(const struct feeds_ranges *ranges, struct place *place, uint64_t at)
{
	place->at = at;
	if (at <= ranges->v4[place->i][1])
		return;
	place->i++;
	if (!at_end(ranges, place))
		place->at = ranges->v4[place->i][0];
}

/* The /24 at the place, which is not listed whole by one range. */
static void take_net(struct build4 *b, const struct feeds_ranges *ranges, struct place *place)
{
	uint64_t bits[BITMAP_MANY] = {0};
	uint32_t net = (uint32_t)(place->at / OCTETS);
	uint64_t end = (uint64_t)net * OCTETS + OCTETS - 1;

	while (!at_end(ranges, place) && place->at <= end) {
		uint64_t last = ranges->v4[place->i][1];

		if (last > end)
			last = end;
		set_octets(bits, place->at % OCTETS, last % OCTETS);
		go_to(ranges, place, last + 1);
	}
	put_some(b, net, bits);
}

static bool sorted(const struct feeds_ranges *ranges)
{
	for (size_t i = 0; i < ranges->v4_count; i++)
		if (ranges->v4[i][0] > ranges->v4[i][1] ||
		    (i && ranges->v4[i][0] <= ranges->v4[i - 1][1]))
			return false;
	return true;
}

int feeds_build4(uint64_t *words, const struct feeds_ranges *ranges, struct feeds_size4 *size)
{
	struct build4 b = {.words = words, .next_chunk = FEEDS_CHUNKS};
	struct place place = {0};

	if (!words && !sorted(ranges))
		return -EINVAL;
	if (words)
		b.leaf = FEEDS_CHUNKS + size->chunks * FEEDS_CHUNK_WORDS;
	if (ranges->v4_count)
		place.at = ranges->v4[0][0];
	while (!at_end(ranges, &place)) {
		uint64_t behind = (uint64_t)ranges->v4[place.i][1] + 1;

		if (place.at % OCTETS == 0 && behind - place.at >= OCTETS) {
			uint32_t last = (uint32_t)(behind / OCTETS - 1);

			put_all(&b, (uint32_t)(place.at / OCTETS), last);
			go_to(ranges, &place, ((uint64_t)last + 1) * OCTETS);
		} else {
			take_net(&b, ranges, &place);
		}
	}
	if (!words)
		*size = (struct feeds_size4){(b.next_chunk - FEEDS_CHUNKS) / FEEDS_CHUNK_WORDS,
					     b.leaf};
	return 0;
}
