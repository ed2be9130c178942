/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SPF record, read term by term (RFC 7208 4.6.1, 12). Pure, and every byte is hostile.
 *
 *   "v=spf1 ip4:192.0.2.0/24 include:_spf.example.net ~all" -> ip4, include, all
 *
 * A record is good or bad as a whole: one term that does not read makes all of it a permanent error
 * (4.6), so spf_record_check() goes first. Names are as wire_name_copy() makes them. What stands
 * behind `all' is never tested (5.1), and is not returned; `redirect' beside it means nothing
 * (6.1), and is returned as any other modifier.
 *
 * Macros (7) ask for the client, the sender and the HELO: nothing that can be known beforehand. A
 * domain with one of them is told as such, and not kept.
 */
#ifndef MXDP_DNS_SPF_RECORD_H
#define MXDP_DNS_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include "resolver.h"

#define SPF_WHY 256 /* of what is wrong, in words */

enum spf_kind {
	SPF_END, /* no more of them */
	SPF_BAD, /* does not read */
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_MODIFIER, /* exp, and those that nobody knows: ignored (6) */
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;        /* + - ~ ?; of modifiers 0 */
	bool macro;            /* the domain cannot be known beforehand */
	char domain[DNS_NAME]; /* "": that of the record */
	struct prefix net;     /* SPF_IP4, SPF_IP6: host bits zero, length over 128 bits */
	unsigned plen4, plen6; /* SPF_A, SPF_MX: over 128 bits, too */
	const char *text;      /* as written, in the record */
	size_t len;
};

/* The next term of *at, which moves behind it; at first *at is the record, version and all. */
enum spf_kind spf_next(struct spf_term *out, const char **at);

/* False with `why' where any of it does not read. */
bool spf_record_check(const char *record, char why[SPF_WHY]);

#endif
