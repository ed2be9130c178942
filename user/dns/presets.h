/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The well-known lists: what their answers mean, what mxdp makes of them, on what terms they may be
 * asked. All are off until the configuration names one; a section list "ZONE" that is called as one
 * of them begins with what stands here.
 *
 * And lists that mxdp refuses to ask, each with the reason: those that list whole providers, for
 * which innocent senders pay, and those that are gone (a dead list answers nothing, or everything).
 *
 * Terms and codes are the operators' as of 2026; the URL says what they are today.
 */
#ifndef MXDP_DNS_PRESETS_H
#define MXDP_DNS_PRESETS_H

#include <jansson.h>
#include <stdio.h>
#include "list.h"

#define PRESET_GROUPS 4

/* Groups of codes as group.h reads them; NULL ends each array. */
struct preset {
	const char *zone;
	enum list_kind kind;
	const char *text; /* what it lists */
	const char *convict[PRESET_GROUPS];
	const char *score[PRESET_GROUPS];
	const char *any;      /* the codes of all its listings, for a site without codes */
	bool v6;              /* it answers for IPv6 */
	bool untested;        /* it has no test points as RFC 5782 wants them */
	uint32_t daily;       /* questions a day that it gives away; 0: the usual budget */
	const char *key_zone; /* with a customer's key it is asked as KEY.key_zone; NULL: no keys */
	bool key_needed;      /* it answers nobody without a key */
	const char *errors;   /* how it says that it may not be asked */
	const char *terms;    /* what it asks for */
	const char *url;
};

extern const struct preset presets[];
extern const size_t presets_count;

/* In lower case or not; a zone may have two kinds. LIST_KIND_COUNT: any kind, the first wins. */
const struct preset *preset_find(const char *zone, enum list_kind kind);
/* The same for a zone as it is asked: "KEY.zen.dq.spamhaus.net" is Zen too. */
const struct preset *preset_of_zone(const char *asked, enum list_kind kind);

/*
 * The list that a preset is, with all its groups. `key` may be NULL where the preset needs none;
 * one that does not fit into a name leaves false.
 */
bool preset_list(struct list *out, const struct preset *preset, const char *key);
/* What the preset knows besides groups: families, test points, the daily budget. */
void preset_habits(struct list *list, const struct preset *preset);

/* A DNS label of letters, digits and hyphens. */
bool preset_key_is_good(const char *key);

struct refused_list {
	const char *zone;
	bool and_below; /* and all zones below it */
	const char *why;
};

extern const struct refused_list refused_lists[];
extern const size_t refused_lists_count;

/* Why mxdp does not ask this zone, and what to do instead; NULL where it has nothing against it. */
const char *preset_refusal(const char *zone);

/* presets_show.c: all of them, and those that are refused, for people... */
void presets_show(FILE *out);
/* ...and as {"presets": [...], "refused": [...]}; NULL where memory ran out. */
json_t *presets_json(void);

#endif
