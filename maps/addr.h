/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * An IP address as every map, record and check of mxdp holds it: 16 bytes in network byte order,
 * IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). One form for both families means that an IPv4 client
 * on an IPv6 socket and the same client on an IPv4 socket are the same key.
 *
 * Prefix lengths are counted over these 128 bits inside the maps: 192.0.2.0/24 is /120 there.
 */
#ifndef MXDP_MAPS_ADDR_H
#define MXDP_MAPS_ADDR_H

#include <linux/types.h>

struct addr {
	union {
		__u8 b[16];
		__be32 w[4];
	};
};

struct prefix {
	struct addr addr; /* host bits zero */
	__u32 plen;       /* over 128 bits: 192.0.2.0/24 is 120 */
};

/* htonl(0xffff), for the kernel side too. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ADDR_V4_MARK ((__be32)0xffff0000)
#else
#define ADDR_V4_MARK ((__be32)0xffff)
#endif

#define ADDR_BITS    128 /* prefix length of a single address, either family */
#define ADDR_V4_BITS 96  /* bits of the ::ffff:0:0/96 in front of an IPv4 address */

static inline __attribute__((always_inline)) _Bool addr_is_v4(const struct addr *addr)
{
	return !addr->w[0] && !addr->w[1] && addr->w[2] == ADDR_V4_MARK;
}

_Static_assert(sizeof(struct addr) == 16, "struct addr is a map key");

#endif
