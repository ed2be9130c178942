/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Longest prefix decides: entries that list a network or except one from a wider listing, as
 * rbldnsd's ip4trie and ip6trie keep them. Of two entries for the same network the first counts.
 * No trie is built: the entries are sorted so that a network stands in front of those inside it,
 * and one pass with a stack of the networks that are open (129 at most) gives the ranges.
 */
#ifndef MXDP_FEEDS_TRIE_H
#define MXDP_FEEDS_TRIE_H

#include "set.h"

struct trie_entry {
	struct wide base;
	uint32_t order; /* in the list */
	uint8_t plen;   /* over 128 bits */
	bool excepted;
};

struct trie {
	struct trie_entry *entry;
	size_t count, room;
};

/* `base` has no host bits set. 0, -ENOMEM, or -E2BIG beyond 2^32 - 1 entries. */
int trie_add(struct trie *trie, struct wide base, unsigned plen, bool excepted);

/* Adds what is listed to `set`, and sorts the entries. */
int trie_resolve(struct trie *trie, struct feed_set *set);
void trie_free(struct trie *trie);

#endif
