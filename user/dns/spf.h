/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The networks that a domain's SPF record lets send its mail (RFC 7208), all of them, beforehand:
 *
 *   domain -> TXT -> terms -> include, redirect: TXT again; a, mx: addresses -> networks
 *
 * Only what passes counts (qualifier "+"), in whichever order it stands; `all' says nothing. What
 * depends on the client or the sender - ptr, exists, macros - cannot be known beforehand: it is
 * counted and left out. So are networks wider than /8 (IPv6: /19): no sender is so large.
 *
 * The limits are those of 4.6.4: 10 terms that ask, two of them in vain, 10 names of an mx. Beyond
 * them, and where a record does not read, stands twice, is missing where another includes it, or
 * includes itself, the record is broken as a whole (4.6, 5.2), and receivers treat it so. One
 * SERVFAIL or time-out, and nothing is known.
 *
 * One question at a time: no expansion asks more than some 230, nearly all ask a dozen.
 */
#ifndef MXDP_DNS_SPF_H
#define MXDP_DNS_SPF_H

#include "resolver.h"
#include "spf_record.h"

#define SPF_LOOKUPS  10
#define SPF_VOIDS    2
#define SPF_MX_NAMES 10
#define SPF_TTL_MAX  86400U /* seconds; the least is the resolver's */
#define SPF_NETS     4096   /* of one domain */

enum spf_outcome {
	SPF_EXPANDED,
	SPF_NO_RECORD, /* for certain */
	SPF_BROKEN,    /* permerror: `why' */
	SPF_UNKNOWN,   /* temperror: a server failed or was silent */
};

struct spf_result {
	enum spf_outcome outcome;
	char why[SPF_WHY]; /* where it is not expanded */
	uint32_t ttl;      /* seconds: the least of all answers; 0 where nothing was said */
	unsigned left_out; /* terms that cannot be known beforehand */
	unsigned wide;     /* networks that were too wide */
	size_t count;
	struct prefix *net; /* in order; none holds another */
};

struct spf_query;

/* Once, later, from the loop; the query is gone then, and the result is its own: copied by who
 * needs it longer. */
typedef void (*spf_fn)(const struct spf_result *result, void *context);

/* NULL where it cannot be asked: nobody is called then. */
struct spf_query *spf_ask(struct resolver *r, const char *domain, spf_fn fn, void *context);
/* `fn' is not called any more. Not from within it. */
void spf_cancel(struct spf_query *query);

#endif
