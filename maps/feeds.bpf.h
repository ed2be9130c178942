/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Feed sets, kernel side: looked up, hits counted, never changed. */
#ifndef MXDP_MAPS_FEEDS_BPF_H
#define MXDP_MAPS_FEEDS_BPF_H

#include "addr.h"
#include "clock.bpf.h"
#include "feeds.h"
#include "live.h"

/* Sets are of all sizes: BPF_F_INNER_MAP leaves the number of lines open. */
struct feeds_set_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	/* By size: clang describes no types two maps deep. */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct feeds_line));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, FEEDS_SLOTS);
	__type(key, __u32);
	__array(values, struct feeds_set_map);
} mxdp_feeds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FEEDS_SLOTS);
	__type(key, __u32);
	__type(value, struct feeds_trail);
} mxdp_feed_hits SEC(".maps");

/* In sets of ways: a set is half a cache line, and the newest fact is its first. */
static volatile __u64 feeds_memo[1 << FEEDS_MEMO_BITS][FEEDS_MEMO_WAYS]
	__attribute__((aligned(64)));

static __always_inline bool feeds_word(void *set, __u32 at, __u64 *word)
{
	__u32 index = at / FEEDS_LINE_WORDS;
	const struct feeds_line *line = bpf_map_lookup_elem(set, &index);

	if (!line)
		return false;
	*word = line->w[at % FEEDS_LINE_WORDS];
	return true;
}

/*
 * How many words the leaves of the /24s below bit `shift' take: one for each FEW, four for each
 * MANY, summed side by side in ever wider fields.
 */
static __always_inline __u32 feeds_leaf_words(__u32 states, __u32 shift)
{
	__u32 below = states & ((1U << shift) - 1);
	__u32 low = below & 0x55555555, high = below >> 1 & 0x55555555;
	__u32 few = low & ~high, many = high & ~low, sum;

	few = (few & 0x33333333) + (few >> 2 & 0x33333333);
	many = (many & 0x33333333) + (many >> 2 & 0x33333333);
	sum = few + many * FEEDS_MANY_WORDS;
	sum = (sum & 0x0f0f0f0f) + (sum >> 4 & 0x0f0f0f0f);
	return sum * 0x01010101U >> 24;
}

/* Whether one of the word's bytes is `octet`: the old trick of the borrow out of a zero byte. */
static __always_inline bool feeds_has_octet(__u64 word, __u32 octet)
{
	const __u64 ones = 0x0101010101010101ULL;

	word ^= ones * octet;
	return (word - ones) & ~word & (ones << 7);
}

static __always_inline bool feeds_find4(void *set, __u32 v4)
{
	__u32 octet = v4 & 255, shift = (v4 >> 8 & 15) * 2, chunk, state, at;
	__u64 root, group, leaf;

	if (!feeds_word(set, FEEDS_ROOT + (v4 >> 17), &root))
		return false;
	chunk = root >> (v4 >> 16 & 1) * 32;
	if (chunk <= FEEDS_ALL)
		return chunk;
	if (!feeds_word(set, chunk + (v4 >> 12 & 15), &group))
		return false;
	state = group >> shift & 3;
	if (state == FEEDS_STATE_NONE || state == FEEDS_STATE_ALL)
		return state;
	at = (group >> 32) + feeds_leaf_words(group, shift);
	if (state == FEEDS_STATE_MANY)
		at += octet >> 6;
	if (!feeds_word(set, at, &leaf))
		return false;
	return state == FEEDS_STATE_FEW ? feeds_has_octet(leaf, octet) : leaf >> (octet & 63) & 1;
}

/*
 * 1 where key <= x, else 0, by the borrow of x - key. No comparison on purpose: each would double
 * the paths that the verifier follows through the search.
 */
static __always_inline __u32 feeds_not_above(__u64 key, __u64 x)
{
	__u64 borrow = (~x & key) | ((~x | key) & (x - key));
	__u32 result = 1 - (__u32)(borrow >> 63);

	/* clang must not know that it is 0 or 1: it would drop masks that the verifier asks for. */
	asm volatile("" : "+r"(result));
	return result;
}

/* The number of the last key that is not above `hi`; the first key is 0, so there is one. */
static __always_inline bool feeds_find_key(void *set, const struct feeds_tree *tree, __u64 hi,
					   __u32 *number, __u64 *key)
{
	__u32 at = 0;

#pragma clang loop unroll(full)
	for (__u32 i = 0; i < FEEDS6_LEVELS; i++) {
		const struct feeds_line *node;
		__u32 index, n;

		if (i >= tree->levels)
			break;
		index = tree->level[i] + at;
		node = bpf_map_lookup_elem(set, &index);
		if (!node)
			return false;
		n = feeds_not_above(node->w[4], hi) * 4;
		n += feeds_not_above(node->w[(n + 2) & 7], hi) * 2;
		n += feeds_not_above(node->w[(n + 1) & 7], hi);
		*key = node->w[n & 7];
		at = at * FEEDS6_FANOUT + n;
	}
	*number = at;
	return true;
}

/*
 * The lower half against those of one /64. How many are not above it tells: of beginnings and ends
 * an odd number; of single addresses the last one must be it.
 */
static __always_inline bool feeds_find_lower(void *set, __u64 part, __u64 lo)
{
	__u32 first = part >> 32, at = first, count = (__u32)part & ~FEEDS6_SINGLE;
	__u64 last = ~lo, lower;

	for (int i = 0; i <= FEEDS6_LOWER_BITS; i++) {
		__u32 half = count / 2, below;

		if (!count)
			break;
		if (!feeds_word(set, at + half, &lower))
			return false;
		below = feeds_not_above(lower, lo);
		last ^= (last ^ lower) & -(__u64)below;
		at += (half + 1) & -below;
		count = half - (below & ~count & 1);
	}
	return (__u32)part & FEEDS6_SINGLE ? last == lo : (at - first) & 1;
}

static __always_inline bool feeds_find6(void *set, __u64 hi, __u64 lo)
{
	const struct feeds_tree *tree;
	__u32 second = 1, number, value;
	__u64 key = 0, word;

	tree = bpf_map_lookup_elem(set, &second);
	/* The last /64 is multicast, and what fills the tree's nodes up. */
	if (!tree || !tree->levels || hi == ~0ULL)
		return false;
	if (!feeds_find_key(set, tree, hi, &number, &key))
		return false;
	if (!feeds_word(set, tree->values + number / 2, &word))
		return false;
	value = word >> (number & 1) * 32;
	if (key != hi)
		return value & 1;
	value >>= 1;
	if (value < FEEDS6_PART)
		return value;
	if (!feeds_word(set, tree->parts + value - FEEDS6_PART, &word))
		return false;
	return feeds_find_lower(set, word, lo);
}

static __always_inline __u64 feeds_half(const __be32 *w)
{
	return (__u64)bpf_ntohl(w[0]) << 32 | bpf_ntohl(w[1]);
}

static __always_inline const struct feeds_terms *feeds_terms(void *set)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(set, &first);
}

/*
 * Facts that come again and again in turn each have room, as long as they are no more than ways.
 * CPUs that do this at once may lose one; each word is a whole fact, so none becomes untrue.
 */
static __always_inline void feeds_remember(volatile __u64 *memo, __u64 fact)
{
#pragma clang loop unroll(full)
	for (__u32 way = FEEDS_MEMO_WAYS - 1; way > 0; way--)
		memo[way] = memo[way - 1];
	memo[0] = fact;
}

/*
 * By arithmetic: which of the ways it is nobody can foretell, so a branch for each would be missed
 * about once. clang must not know that these are comparisons.
 */
static __always_inline bool feeds_remembers(const volatile __u64 *memo, __u64 fact)
{
	__u64 strange = ~0ULL;

#pragma clang loop unroll(full)
	for (__u32 way = 0; way < FEEDS_MEMO_WAYS; way++) {
		__u64 differs = memo[way] ^ fact;

		asm volatile("" : "+r"(differs));
		strange &= differs | -differs; /* the highest bit, where it is not zero */
	}
	return !(strange >> 63);
}

static __always_inline bool feeds_lists4(void *set, __u32 serial, __u32 v4)
{
	volatile __u64 *memo = feeds_memo[v4 * 0x9e3779b1U >> (32 - FEEDS_MEMO_BITS)];
	__u64 fact = (__u64)v4 << 32 | serial;

	if (serial && feeds_remembers(memo, fact))
		return true;
	if (!feeds_find4(set, v4))
		return false;
	if (serial)
		feeds_remember(memo, fact);
	return true;
}

/*
 * When the set of one slot that lists the address expires; 0 where none does. Global functions for
 * the verifier's sake: it looks at each once, and not again for each slot on each path that leads
 * here.
 */
__noinline __u32 feeds_match4(__u32 v4, __u32 slot)
{
	void *set = bpf_map_lookup_elem(&mxdp_feeds, &slot);
	const struct feeds_terms *terms = set ? feeds_terms(set) : NULL;

	return terms && feeds_lists4(set, terms->serial, v4) ? terms->expires : 0;
}

__noinline __u32 feeds_match6(__u64 hi, __u64 lo, __u32 slot)
{
	void *set = bpf_map_lookup_elem(&mxdp_feeds, &slot);
	const struct feeds_terms *terms = set ? feeds_terms(set) : NULL;

	return terms && feeds_find6(set, hi, lo) ? terms->expires : 0;
}

static __always_inline __u32 feeds_match(const struct addr *source, __u32 slot)
{
	if (addr_is_v4(source))
		return feeds_match4(bpf_ntohl(source->w[3]), slot);
	return feeds_match6(feeds_half(source->w), feeds_half(source->w + 2), slot);
}

/* Like no action that stands in a verdict: those are bytes. */
#define FEEDS_NO_ACTION 256

#define FEEDS_TOO_OLD 257

/*
 * The action of the first set that lists the address and is young enough; else FEEDS_TOO_OLD or
 * FEEDS_NO_ACTION. The clock is read, into *now, on a hit only.
 */
static __always_inline __u32 feeds_lookup(const struct addr *source, __u32 ports, __u32 feeds,
					  __u32 *now)
{
	__u32 used = feeds >> FEEDS_SLOT(ports, 0), none = FEEDS_NO_ACTION;

	for (__u32 action = 0; action < FEEDS_ACTIONS; action++) {
		__u32 expires;

		if (!(used >> action & 1))
			continue;
		expires = feeds_match(source, FEEDS_SLOT(ports, action));
		if (!expires)
			continue;
		if (!*now)
			*now = clock_seconds();
		if (expires > *now)
			return action;
		none = FEEDS_TOO_OLD;
	}
	return none;
}

/* Counts a hit of a slot, and remembers whose. Global as the others; returns nothing of use. */
__noinline int feeds_count(const struct addr *source, __u32 slot, __u32 stopped)
{
	struct feeds_trail *trail = bpf_map_lookup_elem(&mxdp_feed_hits, &slot);

	if (!trail || !source)
		return 0;
	trail->recent[trail->hits.listed % FEEDS_RECENT] = *source;
	/*
	 * A reader on another CPU must not meet the number before its source. Where CPUs reorder
	 * stores it might, for nanoseconds; it would then be told the source of FEEDS_RECENT ago.
	 */
	asm volatile("" ::: "memory");
	trail->hits.listed++;
	trail->hits.stopped += stopped;
	return 0;
}

#endif
