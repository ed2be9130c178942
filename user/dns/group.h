/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of a list's codes as the configuration and the presets write them:
 * "[NAME=]CODES[*POINTS]", where CODES is postscreen's filter. "policy=127.0.0.[10;11]*6" is what
 * "zen.spamhaus.org:policy" brings six points for. Pure.
 */
#ifndef MXDP_DNS_GROUP_H
#define MXDP_DNS_GROUP_H

#include "list.h"

/* Points without which a finding of a list never convicts, and with which one list alone does. */
#define GROUP_CONVICTS 10

/*
 * "NAME=CODES*POINTS", or where `convicts`, "NAME=CODES", which is worth GROUP_CONVICTS. Fills in
 * all but group.rule; false with `why`, which quotes what is wrong and says what to write.
 */
bool group_parse(struct list_group *out, const char *text, bool convicts, char *why,
		 size_t why_size);

/* Whether an answer may be in both. */
bool group_codes_overlap(const struct list_codes *a, const struct list_codes *b);

/*
 * Whether any answer in them can mean a listing: 127.0.0.1 is what lists answer that are dead, and
 * 127.255.255.x is how they refuse to answer; neither is ever believed, whatever the codes say.
 */
bool group_codes_believable(const struct list_codes *codes);

/* Appends a group; false where the list is full, or one of its groups overlaps with it: `why`. */
bool group_add(struct list *list, const struct list_group *group, char *why, size_t why_size);

#endif
