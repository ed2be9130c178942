/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of addresses as numbers in host byte order, under the same names for both
 * families: key4_* on uint32_t, key6_* on struct wide. It is for the headers *_family.h, which hold
 * an algorithm once and are included twice, each time with
 *
 *   SET(verb)      the name of a function: set4_##verb
 *   KEY(verb)      the name of its arithmetic: key4_##verb
 *   SET_TYPE, RANGE_TYPE, KEY_TYPE
 *   KEY_BITS       32 or 128; KEY_DIGITS of the sort in set_family.h
 *
 * key4_next() and key4_prev() wrap, as numbers do: who calls them knows that there is a next.
 */
#ifndef MXDP_FEEDS_KEY_H
#define MXDP_FEEDS_KEY_H

#include <arpa/inet.h>
#include "set.h"

/* The lowest so many bits. */
static inline uint64_t low_bits(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;
}

static inline bool key4_less(uint32_t a, uint32_t b)
{
	return a < b;
}

static inline bool key4_equal(uint32_t a, uint32_t b)
{
	return a == b;
}

static inline uint32_t key4_next(uint32_t a)
{
	return a + 1;
}

static inline uint32_t key4_prev(uint32_t a)
{
	return a - 1;
}

static inline uint32_t key4_end(uint32_t first, unsigned host_bits)
{
	return first | (uint32_t)low_bits(host_bits);
}

static inline bool key4_is_aligned(uint32_t key, unsigned host_bits)
{
	return !(key & low_bits(host_bits));
}

static inline struct addr key4_addr(uint32_t key)
{
	return addr_from_v4(htonl(key));
}

#define key6_less  wide_less
#define key6_equal wide_equal
#define key6_next  wide_next
#define key6_prev  wide_prev
#define key6_addr  addr_of_wide

static inline struct wide key6_end(struct wide first, unsigned host_bits)
{
	first.lo |= low_bits(host_bits);
	if (host_bits > 64)
		first.hi |= low_bits(host_bits - 64);
	return first;
}

static inline bool key6_is_aligned(struct wide key, unsigned host_bits)
{
	return !(key.lo & low_bits(host_bits)) &&
	       (host_bits <= 64 || !(key.hi & low_bits(host_bits - 64)));
}

#endif
