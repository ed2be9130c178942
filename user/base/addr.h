/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and prefixes as text and as the 16-byte form of maps/addr.h.
 */
#ifndef MXDP_BASE_ADDR_H
#define MXDP_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include "../../maps/addr.h"

/* Longest text of a prefix: 39 characters of IPv6, "/128", the terminating zero; rounded up. */
#define ADDR_TEXT 64

/*
 * Strict: "192.0.2.1" or "2001:db8::1", nothing around it. An IPv4-mapped IPv6 address is IPv4.
 */
bool addr_parse(struct addr *out, const char *text);

/* An address or address/length. Host bits that are set are an error: 192.0.2.1/24 is a typo. */
bool prefix_parse(struct prefix *out, const char *text);

/* The text forms; `text` holds ADDR_TEXT bytes and is returned. A full-length prefix has no "/". */
const char *addr_format(char *text, const struct addr *addr);
const char *prefix_format(char *text, const struct prefix *prefix);

struct addr addr_from_v4(__be32 v4);
bool addr_equal(const struct addr *a, const struct addr *b);
struct prefix prefix_of(const struct addr *addr, unsigned plen);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
/* Whether the two share an address: one contains the other. */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/*
 * The widest block that one holder has: what names more of the internet at once, an allowance, a
 * block or a list's entry, is a mistake or an attack.
 */
#define PREFIX_V4_SHORTEST 8
#define PREFIX_V6_SHORTEST 19
bool prefix_is_too_wide(const struct prefix *prefix);
/* An IPv6 network, or ::ffff:0:0/96 itself, that holds all of IPv4. */
bool prefix_holds_all_v4(const struct prefix *prefix);

/*
 * Address blocks that no public client can have: RFC 6890 and its registry, plus NAT64 prefixes.
 * The documentation networks count as global, so that laboratories can use them.
 */
extern const struct special_net {
	struct prefix prefix;
	const char *name;
} special_nets[];
extern const size_t special_nets_count;

/* The block that holds `addr`, or NULL where it is a global unicast address. */
const struct special_net *addr_special(const struct addr *addr);

#endif
