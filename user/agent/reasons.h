/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words behind a verdict: an administrator's reason, or the evidence, and the lists and feeds
 * that it rests on. The kernel's map has room for a number only. The newest REASONS_MAX are kept; a
 * verdict without words is still in force.
 */
#ifndef MXDP_AGENT_REASONS_H
#define MXDP_AGENT_REASONS_H

#include <stdint.h>
#include "../dns/list.h"
#include "../feeds/settings.h"
#include "../policy/policy.h"
#include "../../maps/verdict.h"

#define REASONS_MAX 65536
#define REASON_TEXT 160

struct reason;

struct reasons {
	struct reason *table; /* uthash: in order of arrival */
};

/* `lists`: a bit for each list and feed that it rests on (policy_rests_on()), all of them needed.
 */
void reasons_set(struct reasons *r, const struct prefix *prefix, unsigned ports, const char *text,
		 uint64_t lists);
/* Of these lists one is enough: it stands as long as one of them is believed. */
void reasons_one_will_do(struct reasons *r, const struct prefix *prefix, unsigned ports);
/* These lists are believed no more: true where it stands no longer, or nothing is known of it. */
bool reasons_lose(struct reasons *r, const struct prefix *prefix, unsigned ports, uint64_t lists);
/* "" where nothing is known. */
const char *reasons_get(const struct reasons *r, const struct prefix *prefix, unsigned ports);
/* LISTS_UNKNOWN where nothing is known: it may rest on any. */
#define LISTS_UNKNOWN UINT64_MAX
uint64_t reasons_lists(const struct reasons *r, const struct prefix *prefix, unsigned ports);
/* The lists and feeds have new numbers: to[old bit], or LIST_GONE. */
#define LIST_GONE LISTS_MAX /* the bit between those of the lists and of the feeds */
_Static_assert(LIST_GONE < FEED_BIT, "a bit of its own");
_Static_assert(FEED_BIT + FEEDS_MAX <= LIST_BITS, "a bit for each feed");
uint64_t lists_renumber_mask(uint64_t mask, const unsigned to[LIST_BITS]);
void reasons_renumber(struct reasons *r, const unsigned to[LIST_BITS]);
void reasons_forget(struct reasons *r, const struct prefix *prefix, unsigned ports);
void reasons_free(struct reasons *r);

#endif
