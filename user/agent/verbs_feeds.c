// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * feeds: how they stand. {"sync": [names], "force": true} has them fetched now, all where none is
 * named, and tells how that goes until each has ended.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "../base/clock.h"
#include "../feeds/presets.h"
#include "feeds_inner.h"
#include "meant.h"
#include "verbs.h"

struct feed_watch {
	struct feeds *feeds; /* NULL once the agent ends */
	struct connection *connection;
	struct {
		uint32_t serial;
		uint64_t news, fetches; /* as told, and at the beginning */
		bool ended;
	} feed[FEEDS_MAX];
	size_t count, current;
	struct feed_watch *prev, *next;
};

void watches_wake(struct feeds *f)
{
	struct feed_watch *w;

	DL_FOREACH(f->watches, w)
	connection_wake(w->connection);
}

static void watch_free(void *state)
{
	struct feed_watch *w = state;

	DL_DELETE(w->feeds->watches, w);
	free(w);
}

static bool has_ended(struct feed_watch *w, size_t i, const struct feed_one *one)
{
	return one->phase == PHASE_IDLE && one->fetches > w->feed[i].fetches;
}

/* The reader may be slow: progress in between is left out, the end is told. */
static void tell(struct feed_watch *w, size_t i, struct connection *c)
{
	struct feed_one *one = feeds_by_serial(w->feeds, w->feed[i].serial);
	json_t *data;

	if (w->feed[i].ended || (one && one->news == w->feed[i].news))
		return;
	w->feed[i].ended = !one || has_ended(w, i, one);
	if (!one)
		return;
	w->feed[i].news = one->news;
	w->current += w->feed[i].ended && !strcmp(feed_state(w->feeds, one), "ok");
	data = feed_json(w->feeds, one, false);
	json_object_set_new(data, "ended", json_boolean(w->feed[i].ended));
	connection_send(c, data);
}

static json_t *watch_step(struct connection *c, void *state)
{
	struct feed_watch *w = state;
	bool ended = true;

	for (size_t i = 0; i < w->count; i++) {
		tell(w, i, c);
		ended &= w->feed[i].ended;
	}
	if (ended)
		return json_pack("{s:b, s:I, s:I}", "ok", 1, "current", (json_int_t)w->current,
				 "asked", (json_int_t)w->count);
	connection_sleep(c);
	return NULL;
}

json_t *no_such_feed(const struct feeds *f, const char *name)
{
	char text[MEANT_TEXT];

	return answer_error("there is no feed `%.40s'%s", name,
			    meant_words(text, meant_feed(f->agent, name), ": see mxdpctl feeds"));
}

static bool can_be_asked(const struct feed_one *one)
{
	return strcmp(one->settings->url, "stdin") != 0 || one->source >= 0;
}

/* What the terms of a known list or its server's own word forbid now; NULL where nothing does. */
static json_t *too_soon(const struct feed_one *one)
{
	uint32_t least = feed_preset_least(one->settings->name);
	int64_t now = boot_seconds();

	if (one->refused_until > now)
		return answer_error("%s: its server wants no question for another %lld seconds; "
				    "--force asks all the same",
				    one->settings->name, (long long)(one->refused_until - now));
	if (one->answered && now - one->asked < least)
		return answer_error("%s: its terms allow one fetch in %u seconds, and the last was "
				    "%lld seconds ago; --force fetches all the same",
				    one->settings->name, least, (long long)(now - one->asked));
	return NULL;
}

static json_t *add_watched(struct feed_watch *w, const char *name, bool force)
{
	struct feed_one *one = feeds_by_name(w->feeds, name);
	json_t *error = NULL;

	if (!one)
		return no_such_feed(w->feeds, name);
	if (!can_be_asked(one))
		return answer_error("%s has no source to ask: bring it by `mxdpctl feeds sync %s "
				    "- <FILE'",
				    name, name);
	if (!force)
		error = too_soon(one);
	if (error || w->count == FEEDS_MAX)
		return error;
	w->feed[w->count].serial = one->serial;
	w->feed[w->count].fetches = one->fetches;
	w->feed[w->count++].news = one->news;
	return NULL;
}

static json_t *choose(struct feed_watch *w, const json_t *names, bool force)
{
	json_t *error = NULL, *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		error = add_watched(w, json_is_string(name) ? json_string_value(name) : "?", force);
		if (error)
			return error;
	}
	for (size_t k = 0; !json_array_size(names) && k < w->feeds->count; k++)
		if (can_be_asked(w->feeds->one[k]))
			json_decref(add_watched(w, w->feeds->one[k]->settings->name, force));
	return w->count ? NULL : answer_error("there is no feed that may be fetched now");
}

static json_t *start_sync(struct feeds *f, const json_t *request, struct connection *c)
{
	bool force = json_is_true(json_object_get(request, "force"));
	struct feed_watch *w = calloc(1, sizeof(*w));
	json_t *error = NULL;

	if (!w)
		return answer_error("out of memory");
	w->feeds = f;
	w->connection = c;
	if (json_object_get(request, "upload"))
		error = bring_end(f, request);
	if (!error)
		error = choose(w, json_object_get(request, "sync"), force);
	if (error) {
		free(w);
		return error;
	}
	DL_APPEND(f->watches, w);
	connection_defer(c, watch_step, watch_free, w);
	for (size_t i = 0; i < w->count; i++)
		fetch_now(f, feeds_by_serial(f, w->feed[i].serial), force);
	return NULL;
}

json_t *verb_feeds(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	struct feeds *f = a->feeds;
	const char *name = request_text(request, "name");
	const struct feed_one *one = name ? feeds_by_name(f, name) : NULL;

	if (json_object_get(request, "bring"))
		return bring_piece(f, request);
	if (json_object_get(request, "sync"))
		return start_sync(f, request, c);
	if (name && !one)
		return no_such_feed(f, name);
	for (size_t i = 0; i < f->count; i++)
		if (!one || one == f->one[i])
			connection_send(c, feed_json(f, f->one[i], true));
	return answer_done();
}
