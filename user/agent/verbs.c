// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../control/protocol.h"
#include "verbs.h"

#define STEP_NS 4000000 /* of the loop's time, at most about that at once */

const struct server_verb agent_verbs[] = {
	{"status", verb_status},
	{"list", verb_list},
	{"block", verb_block},
	{"unblock", verb_unblock},
	{"flush", verb_flush},
	{"allow", verb_allow},
	{"unallow", verb_unallow},
	{"allowed", verb_allowed},
	{"mode", verb_mode},
	{"checks", verb_checks},
	{"dnsbl", verb_dnsbl},
	{"feeds", verb_feeds},
	{"explain", verb_explain},
	{"log", verb_log},
	{"detach", verb_detach},
	{"report", verb_report},
	{"outcome", verb_outcome},
	{"top", verb_top},
	{NULL, NULL},
};

const char *request_text(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

json_t *request_span(uint32_t *seconds, const json_t *request, const char *key)
{
	const char *text = request_text(request, key);

	if (!json_object_get(request, key))
		return NULL;
	if (text && !strcmp(text, CONTROL_FOREVER)) {
		*seconds = 0;
		return NULL;
	}
	if (text && duration_parse(seconds, text))
		return NULL;
	return answer_error("`%.40s' is no span of time: write 90s, 30m, 1h30m, 7d or forever",
			    text ? text : "?");
}

static void complain(json_t **errors, const char *entry, const char *why)
{
	if (!*errors)
		*errors = json_array();
	json_array_append_new(*errors, json_pack("{s:s, s:s}", "entry", entry, "error", why));
}

json_t *request_prefixes(struct prefix **out, size_t *count, const struct agent *a,
			 const json_t *request, refuse_fn refuse)
{
	const json_t *entries = json_object_get(request, "entries");
	json_t *errors = NULL, *entry;
	size_t i;

	*out = NULL;
	*count = json_array_size(entries);
	if (!*count)
		return answer_error("no address given");
	if (*count > CONTROL_ENTRIES_MAX)
		return answer_error("%zu entries in one request; at most %d", *count,
				    CONTROL_ENTRIES_MAX);
	*out = calloc(*count, sizeof(**out));
	if (!*out)
		return answer_error("out of memory");
	json_array_foreach(entries, i, entry)
	{
		const char *text = json_string_value(entry);
		char why[160];

		if (!text || !prefix_parse(&(*out)[i], text))
			complain(&errors, text ? text : "?",
				 "no address or network (are host bits set behind the length?)");
		else if (refuse && refuse(a, &(*out)[i], why, sizeof(why)))
			complain(&errors, text, why);
	}
	if (!errors)
		return NULL;
	free(*out);
	*out = NULL;
	return json_pack("{s:b, s:o}", "ok", 0, "errors", errors);
}

bool refuse_wide(const struct agent *a, const struct prefix *prefix, char *why, size_t size)
{
	bool v4 = addr_is_v4(&prefix->addr);

	(void)a;
	if (prefix_is_too_wide(prefix)) {
		snprintf(why, size, "wider than /%d: too much of the world for one word",
			 v4 ? PREFIX_V4_SHORTEST : PREFIX_V6_SHORTEST);
		return true;
	}
	if (prefix_holds_all_v4(prefix)) {
		snprintf(why, size, "it holds all of IPv4 (::ffff:0:0/96): name a narrower one");
		return true;
	}
	return false;
}

bool bulk_has_time(uint64_t began)
{
	return clock_ns(CLOCK_MONOTONIC) - began < STEP_NS;
}

static void bulk_back(struct bulk *bulk)
{
	while (bulk->work->back && bulk->at)
		bulk->work->back(bulk, --bulk->at);
}

static json_t *bulk_step(struct connection *c, void *state)
{
	struct bulk *bulk = state;
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	int err = 0;

	(void)c;
	while (!err && bulk->at < bulk->count && bulk_has_time(began)) {
		err = bulk->work->one(bulk, bulk->at);
		bulk->at += !err;
	}
	if (err)
		bulk_back(bulk);
	if (!err && bulk->at < bulk->count)
		return NULL;
	bulk->count = bulk->at;
	return bulk->work->finish(bulk, err);
}

static void bulk_done(void *state)
{
	struct bulk *bulk = state;

	if (bulk->at < bulk->count)
		bulk_back(bulk);
	bulk->work->free_state(bulk->state);
	free(bulk->list);
	free(bulk);
}

json_t *bulk_start(struct connection *c, const struct bulk_work *work, struct agent *a,
		   struct prefix *list, size_t count, void *state)
{
	struct bulk *bulk = state ? malloc(sizeof(*bulk)) : NULL;

	if (!bulk) {
		if (state)
			work->free_state(state);
		free(list);
		return answer_error("out of memory");
	}
	*bulk = (struct bulk){work, a, list, count, 0, state};
	connection_defer(c, bulk_step, bulk_done, bulk);
	return NULL;
}
