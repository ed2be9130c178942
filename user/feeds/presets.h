/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The well-known feeds: where they are, what they hold, on what terms and how often they may be
 * fetched, what mxdp makes of them. All are off until the configuration names one; a section feed
 * "NAME" that is called as one of them begins with what stands here.
 *
 * Only Spamhaus DROP drops by itself, and only on the ports of class mx: it holds networks that
 * criminals run as a whole. The others list single machines for a while, or whatever somebody put
 * together; each was wrong about honest senders before, so they bring points.
 *
 * And feeds that mxdp refuses, each with the reason: those of the refused DNS lists (their zones
 * stand in dns/presets.c), and those that are gone.
 *
 * Terms and places are the operators' as of 2026; the URL says what they are today.
 */
#ifndef MXDP_FEEDS_PRESETS_H
#define MXDP_FEEDS_PRESETS_H

#include <jansson.h>
#include <stdio.h>
#include "settings.h"

struct feed_preset {
	const char *name;
	const char *text; /* what it holds */
	const char *url;
	const char *also; /* where else it is, or NULL */
	enum feed_format format;
	enum feed_action action;
	uint32_t least; /* seconds between fetches that its operator asks for, at least */
	uint32_t interval;
	uint32_t max_age;
	const char *terms;
	const char *terms_url;
};

extern const struct feed_preset feed_presets[];
extern const size_t feed_presets_count;

/* Without case; NULL where none is called so. */
const struct feed_preset *feed_preset_find(const char *name);

/* Seconds between two fetches that the operator of a feed of this name asks for; 0: nobody does. */
uint32_t feed_preset_least(const char *name);

/*
 * What a section of that name begins with: the preset (NULL: none), and for the rest the defaults
 * of any feed. The URL is a copy and may be NULL: where there is no preset, or no memory.
 */
void feed_settings_begin(struct feed_settings *out, const char *name,
			 const struct feed_preset *preset);

struct refused_feed {
	const char *name; /* as people would call it */
	const char *why;
};

extern const struct refused_feed refused_feeds[];
extern const size_t refused_feeds_count;

/* Why mxdp does not fetch a feed of this name, or from this URL, and what to do; else NULL. */
const char *feed_name_refusal(const char *name);
const char *feed_url_refusal(const char *url);

/* presets_show.c: all of them, and those that are refused, for people... */
void feed_presets_show(FILE *out);
/* ...and as {"presets": [...], "refused": [...]}; NULL where memory ran out. */
json_t *feed_presets_json(void);

#endif
