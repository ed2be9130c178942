/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Feed sets: what lists of addresses say, by the million, in the kernel.
 *
 * There is one slot for each port class and action, and in a slot at most one set. A set is one
 * mmapable array of cache lines that user space builds whole and hands over by a single store to
 * the slot of an array of maps: both families change at once, and no packet meets a half-built set.
 * A set is never changed afterwards but for its `expires', and its serial where it is put in force.
 *
 * IPv4 is a trie cut at /16, /20 and /24, with ranks instead of pointers, two dependent reads in
 * memory and one in a table that stays in the cache:
 *
 *   root    a 32-bit number for each /16: FEEDS_NONE, FEEDS_ALL, or the word of its 16 groups
 *   group   a word for 16 /24s: below, two bits each (enum feeds_state); above, the word of the
 *           first leaf. The other leaves follow each other in order, so their places are counted.
 *   leaf    FEEDS_FEW: one word, up to eight last octets (the first one fills what is left over);
 *           FEEDS_MANY: four words, a bit for each address
 *
 * So an address alone in its /24 costs 8 bytes, 256 together 32, whole /24s and /16s nothing.
 *
 * IPv6 is a sorted array of /64 numbers with a tree of every eighth key above it (a node is a cache
 * line), so that a million networks of any lengths cost seven lines, of which all but two or three
 * stay in the cache, and no choice of networks is slow. Beside each key stands what becomes of that
 * /64 and of those between it and the next key. What is smaller than a /64 has a sorted list of the
 * lower halves: single addresses, or where ranges begin and have ended.
 *
 * Words are of 64 bits, in host byte order; a line is eight of them. Places are counted in words
 * from the beginning of the set, or in lines where it says so.
 */
#ifndef MXDP_MAPS_FEEDS_H
#define MXDP_MAPS_FEEDS_H

#include <linux/types.h>
#include "addr.h"
#include "ports.h"
#include "verdict.h"

#define FEEDS_ACTIONS (ACTION_WATCH + 1) /* a list does not limit */
#define FEEDS_SLOTS   (PORTS_COUNT * FEEDS_ACTIONS)
/* Lower slots of a class decide before higher ones: drop, reset, watch. */
#define FEEDS_SLOT(ports, action) ((ports)*FEEDS_ACTIONS + (action))
#define FEEDS_SLOT_PORTS(slot)    ((enum port_class)((slot) / FEEDS_ACTIONS))
#define FEEDS_SLOT_ACTION(slot)   ((enum action)((slot) % FEEDS_ACTIONS))

#define FEEDS_LINE_WORDS 8

struct feeds_line {
	__u64 w[FEEDS_LINE_WORDS];
};

#define FEEDS6_FANOUT     FEEDS_LINE_WORDS
#define FEEDS6_LEVELS     8
#define FEEDS6_KEYS_MAX   (1U << 24) /* FANOUT to the power of LEVELS */
#define FEEDS6_LOWER_BITS 24         /* of the number of lower halves in one /64 */

/* The first line. */
struct feeds_terms {
	__u32 expires; /* CLOCK_BOOTTIME seconds; from then on, or if 0, the set counts as empty */
	__u32 since;   /* when it was built */
	__u64 entries; /* disjoint ranges that it was built from, of both families */
	__u32 serial;  /* of no other set in these maps, while they live; 0: not in force yet */
	__u32 zero[11];
};

/* The second line. */
struct feeds_tree {
	__u32 levels;               /* 0: no IPv6 */
	__u32 level[FEEDS6_LEVELS]; /* lines; the root first, the keys themselves last */
	__u32 values;               /* 32 bits a key: FEEDS6_AFTER and what the /64 itself is */
	__u32 parts;                /* a word for each /64 that is listed in part */
	__u32 zero[5];
};

/* Of a value: bit 0, whether the /64s between this key and the next are listed; above it: */
enum feeds_part {
	FEEDS6_NONE, /* the key's own /64 is not listed */
	FEEDS6_ALL,
	FEEDS6_PART, /* number n of the parts: FEEDS6_PART + n */
};

/* A part: above, the word of its first lower half; below, this flag and how many there are. */
#define FEEDS6_SINGLE (1U << 31)

#define FEEDS_ROOT        16 /* word */
#define FEEDS_ROOT_WORDS  32768
#define FEEDS_CHUNKS      (FEEDS_ROOT + FEEDS_ROOT_WORDS) /* word of the first group */
#define FEEDS_CHUNK_WORDS 16                              /* groups of a /16 */

enum { FEEDS_NONE, FEEDS_ALL };

enum feeds_state {
	FEEDS_STATE_NONE,
	FEEDS_STATE_FEW,
	FEEDS_STATE_MANY,
	FEEDS_STATE_ALL,
};

#define FEEDS_FEW_MAX    8
#define FEEDS_MANY_WORDS 4

struct feeds_hits {
	__u64 listed;  /* SYNs of listed sources that came this far: neither allowed nor astray */
	__u64 stopped; /* of these, dropped or reset */
};

#define FEEDS_RECENT 64 /* a power of two */

/*
 * What was found lately: "this set lists this IPv4 address", 8 bytes each. A set never changes, so
 * what was true of it once stays true, and a new set has a new serial. Whoever comes again, as the
 * sources of a flood do, costs one read of 256 KB instead of a root, a group and a leaf.
 */
#define FEEDS_MEMO_BITS 13 /* sets of ways */
#define FEEDS_MEMO_WAYS 4

/*
 * For each slot and CPU. The hits are exact. Which feeds list a source only user space knows, so
 * the newest sources stand beside: number n in recent[n % FEEDS_RECENT], written before it counts
 * as listed.
 */
struct feeds_trail {
	struct feeds_hits hits;
	struct addr recent[FEEDS_RECENT];
};

_Static_assert(sizeof(struct feeds_line) == 64, "map value");
_Static_assert(sizeof(struct feeds_terms) == 64, "first line");
_Static_assert(sizeof(struct feeds_tree) == 64, "second line");
_Static_assert(sizeof(struct feeds_trail) == 16 + 16 * FEEDS_RECENT, "map value");

#endif
