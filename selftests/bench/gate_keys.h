/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses of gate_lookup, feeds and drop: entry number i of a list, and what is near one. By
 * arithmetic, so that finding a key touches no memory; user space fills by the same functions.
 */
#ifndef MXDP_BENCH_GATE_KEYS_H
#define MXDP_BENCH_GATE_KEYS_H

#include <linux/types.h>

enum shape {
	SHAPE_SCATTERED, /* evenly over all addresses */
	SHAPE_NETS,      /* CLUSTER in each /24, the /24s evenly over all */
	SHAPE_CLUSTERED, /* CLUSTER in each /24, NETS such /24s in each /16, the /16s evenly */
	SHAPE_V6,        /* a third each of /48s, /64s and single addresses */
};

enum draw {
	DRAW_HIT,
	DRAW_MISS, /* evenly over all addresses */
	DRAW_NEAR, /* a /24 or /48 that holds an entry, but not that address */
};

#define CLUSTER 20
#define NETS    64

/* Of lists that are written: behind the /16 of number 0, which is 0.0.0.0/16. */
#define FIRST_ENTRY (NETS * CLUSTER)

struct bench_keys {
	__u64 state; /* of the generator; what was found goes into it, so that runs cannot overlap
		      */
	__u32 shape, draw, count;
};

/* Marsaglia's; `state` is never 0. */
static inline __attribute__((always_inline)) __u64 xorshift64(__u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One to one on 32 bits (the end of MurmurHash3). */
static inline __attribute__((always_inline)) __u32 mix32(__u32 x)
{
	x = (x ^ x >> 16) * 0x85ebca6b;
	x = (x ^ x >> 13) * 0xc2b2ae35;
	return x ^ x >> 16;
}

/* One to one on 24 bits. */
static inline __attribute__((always_inline)) __u32 mix24(__u32 x)
{
	x = x * 0x9e3779 & 0xffffff;
	x = (x ^ x >> 12) * 0x5bd1e9 & 0xffffff;
	return x ^ x >> 12;
}

/* One to one on 16 bits. */
static inline __attribute__((always_inline)) __u32 mix16(__u32 x)
{
	x = x * 0x9e35 & 0xffff;
	x = (x ^ x >> 8) * 0x5bd1 & 0xffff;
	return x ^ x >> 8;
}

static inline __attribute__((always_inline)) __u32 cluster_net(__u32 shape, __u32 c)
{
	if (shape == SHAPE_NETS)
		return mix24(c);
	return mix16(c / NETS) << 8 | ((c % NETS * 37 + c / NETS) & 255);
}

/* Number j of cluster c; those from CLUSTER on are near it and not listed. */
static inline __attribute__((always_inline)) __u32 clustered(__u32 shape, __u32 c, __u32 j)
{
	return cluster_net(shape, c) << 8 | ((j * 167 + c * 31) & 255);
}

static inline __attribute__((always_inline)) __u32 entry4(__u32 shape, __u32 i)
{
	return shape == SHAPE_SCATTERED ? mix32(i) : clustered(shape, i / CLUSTER, i % CLUSTER);
}

/* Whether no list may block it, by its first byte alone: more than the special networks, not less.
 */
static inline __attribute__((always_inline)) int is_special(__u32 v4)
{
	__u32 first = v4 >> 24;

	return first == 0 || first == 10 || first == 100 || first == 127 || first == 169 ||
	       first == 172 || first == 192 || first == 198 || first == 203 || first >= 224;
}

/* The upper half of entry i; bits below its /48 are zero. */
static inline __attribute__((always_inline)) __u64 entry6(__u32 i)
{
	return 0x2000000000000000ULL | (__u64)mix32(i) << 16;
}

#endif
