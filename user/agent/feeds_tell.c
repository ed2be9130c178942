// SPDX-License-Identifier: GPL-2.0-or-later
/* The feeds in words and in JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/names.h"
#include "feeds_inner.h"

static bool is_brought(const struct feed_one *one)
{
	return !strcmp(one->settings->url, "stdin");
}

const char *feed_state(const struct feeds *f, const struct feed_one *one)
{
	if (one->phase == PHASE_LOADING)
		return "loading";
	if (one->phase != PHASE_IDLE)
		return "fetching";
	if (one->stock && !one->fresh)
		return "stale";
	if (one->held_why[0])
		return "held";
	if (one->plan.failures || !f->child)
		return "failing";
	return one->stock ? "ok" : "never";
}

static const char *span(char out[DURATION_TEXT], int64_t seconds)
{
	return seconds < 1 ? "a moment" : duration_format(out, (uint32_t)seconds);
}

static const char *trouble(const struct feeds *f, const struct feed_one *one)
{
	return *one->error ? one->error : f->child ? "" : f->no_child;
}

/* Its source is silent, or the list itself says until when it is good. */
static void say_stale(char *words, const struct feeds *f, const struct feed_one *one, int64_t now)
{
	int64_t end = feed_end(one);
	bool own = end < one->checked + one->settings->max_age;
	const char *why = trouble(f, one);
	char age[DURATION_TEXT];

	span(age, own ? (end > now ? end - now : now - end) : now - one->checked);
	snprintf(words, FEED_STATE_WORDS, "stale: %s %s%s, so it %s%s%s",
		 !own        ? "last known to be current"
		 : end > now ? "by its own word it ends in"
			     : "by its own word it ended",
		 age, own && end > now ? "" : " ago",
		 one->settings->action == FEED_ALLOW ? "protects nobody" : "blocks nothing",
		 *why ? "; " : "", why);
}

const char *feed_words(const struct feeds *f, const struct feed_one *one,
		       char words[FEED_STATE_WORDS])
{
	int64_t now = boot_seconds();
	const char *state = feed_state(f, one), *name = one->settings->name;
	char since[DURATION_TEXT];

	if (!strcmp(state, "fetching") && one->phase == PHASE_FETCHING && one->bytes)
		snprintf(words, FEED_STATE_WORDS, "fetching: %" PRIu64 " bytes, %" PRIu64 " lines",
			 one->bytes, one->lines);
	else if (!strcmp(state, "stale"))
		say_stale(words, f, one, now);
	else if (!strcmp(state, "held"))
		snprintf(words, FEED_STATE_WORDS, "%s; the one before stays in force",
			 one->held_why);
	else if (!strcmp(state, "failing") && one->plan.failures)
		snprintf(words, FEED_STATE_WORDS, "failing since %s: %s",
			 span(since, now - one->failing_since), one->error);
	else if (!strcmp(state, "failing"))
		snprintf(words, FEED_STATE_WORDS, "not fetched: %s", f->no_child);
	else if (!strcmp(state, "never") && is_brought(one))
		snprintf(words, FEED_STATE_WORDS,
			 "never brought: `mxdpctl feeds sync %s - <FILE' does it", name);
	else if (!strcmp(state, "never"))
		snprintf(words, FEED_STATE_WORDS, "never fetched");
	else if (one->unkept[0])
		snprintf(words, FEED_STATE_WORDS, "%s, but %s", state, one->unkept);
	else
		snprintf(words, FEED_STATE_WORDS, "%s", state);
	return words;
}

static json_t *age(bool known, int64_t now, int64_t at)
{
	return known ? json_integer(now > at ? now - at : 0) : json_null();
}

static json_t *next_of(const struct feeds *f, const struct feed_one *one, int64_t now)
{
	if (!f->child || is_brought(one) || one->phase != PHASE_IDLE)
		return json_null();
	return json_integer(one->plan.due > now ? one->plan.due - now : 0);
}

static json_t *ports_of(const struct feed_one *one)
{
	json_t *ports = json_array();

	for (unsigned class = 0; class < PORTS_COUNT; class ++)
		if (one->settings->ports[class])
			json_array_append_new(ports, json_string(ports_name(class)));
	return ports;
}

static json_t *remarks_of(const struct feed_one *one)
{
	json_t *remarks = json_array();

	for (size_t i = 0; i < one->remarks_count; i++)
		json_array_append_new(remarks, json_string(one->remark[i]));
	return remarks;
}

static void add_whole(json_t *json, const struct feed_one *one)
{
	const struct feed_settings *s = one->settings;
	const struct feed_memory *m = one->stock ? &one->stock->memory : NULL;

	json_object_update_new(
		json,
		json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:I, s:I, s:o}", "url", s->url, "format",
			  feed_format_names[s->format], "interval", (json_int_t)s->interval,
			  "max_age", (json_int_t)s->max_age, "guard", (int)s->guard, "weight",
			  (int)s->weight, "lines", (json_int_t)(m ? m->lines : 0), "unusable",
			  (json_int_t)(m ? m->unusable : 0), "remarks", remarks_of(one)));
}

json_t *feed_json(const struct feeds *f, const struct feed_one *one, bool whole)
{
	int64_t now = boot_seconds();
	char words[FEED_STATE_WORDS];
	json_t *json = json_pack(
		"{s:s, s:s, s:i, s:o, s:I, s:o, s:o, s:o, s:s, s:s, s:b, s:b, s:I, s:I, s:b, s:I, "
		"s:I, s:I, s:I, s:s}",
		"name", one->settings->name, "action", feed_action_name(one->settings->action),
		"points", one->settings->action == FEED_SCORE ? one->settings->points : 0, "ports",
		ports_of(one), "entries", (json_int_t)stock_entries(one->stock), "changed",
		age(one->stock, now, one->changed), "checked", age(one->stock, now, one->checked),
		"next_in", next_of(f, one, now), "state", feed_state(f, one), "words",
		feed_words(f, one, words), "counts", one->fresh, "in_force",
		one->fresh && slots_hold(f, one), "hits", (json_int_t)one->hits, "stopped",
		(json_int_t)one->stopped, "sampled", one->sampled, "bytes", (json_int_t)one->bytes,
		"fetches", (json_int_t)one->fetches, "added", (json_int_t)one->added, "removed",
		(json_int_t)one->removed, "error", one->error);

	if (json && whole)
		add_whole(json, one);
	return json;
}

static void add_note(json_t *notes, const char *what, const char *words)
{
	json_array_append_new(notes, json_sprintf("%s%s", what, words));
}

json_t *feeds_status(const struct agent *a, json_t *notes)
{
	const struct feeds *f = a->feeds;
	char words[FEED_STATE_WORDS], name[FEED_NAME + 16];
	json_t *unwell = json_object();
	size_t entries = 0, in_force = 0;

	for (size_t i = 0; f && i < f->count; i++) {
		const struct feed_one *one = f->one[i];
		const char *state = feed_state(f, one);

		entries += one->fresh ? stock_entries(one->stock) : 0;
		in_force += one->fresh;
		if (!one->fresh || one->held_why[0] || one->plan.failures)
			json_object_set_new(unwell, one->settings->name, json_string(state));
		snprintf(name, sizeof(name), "feed %s: ", one->settings->name);
		if (!strcmp(state, "stale") || !strcmp(state, "held") ||
		    (!strcmp(state, "failing") && one->plan.failures))
			add_note(notes, name, feed_words(f, one, words));
	}
	for (unsigned i = 0; f && i < FEEDS_SLOTS; i++)
		if (f->slot[i].error)
			json_array_append_new(
				notes, json_sprintf("the feeds' set for %s on %s could not be "
						    "built (%s): the one before stays in force",
						    action_name(FEEDS_SLOT_ACTION(i)),
						    ports_name(FEEDS_SLOT_PORTS(i)),
						    strerror(-f->slot[i].error)));
	if (f && f->count && !f->child)
		add_note(notes, "feeds are not fetched any more, start mxdpd again: ", f->no_child);
	return json_pack("{s:I, s:I, s:I, s:o}", "count", (json_int_t)(f ? f->count : 0),
			 "in_force", (json_int_t)in_force, "entries", (json_int_t)entries, "unwell",
			 unwell);
}
