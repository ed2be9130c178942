// SPDX-License-Identifier: GPL-2.0-or-later
#include "lists_inside.h"

static json_int_t seconds_since(uint64_t ms, uint64_t now)
{
	return (json_int_t)((now - ms) / 1000);
}

static json_t *last_error(const struct health *h, uint64_t now)
{
	if (!*h->words)
		return json_null();
	return json_pack("{s:s, s:I}", "words", h->words, "age", seconds_since(h->words_at, now));
}

static json_t *latency_of(const struct latency *latency)
{
	if (!latency->count)
		return json_null();
	return json_pack("{s:f, s:f}", "median", (double)latency_percentile(latency, 50) / 1000,
			 "p99", (double)latency_percentile(latency, 99) / 1000);
}

static json_t *budget_of(const struct list_state *list)
{
	return json_pack("{s:i, s:i, s:i, s:I, s:I}", "daily", list->settings.daily, "used",
			 list->budget.used, "rate", list->settings.rate, "skipped_daily",
			 (json_int_t)list->budget.spent, "skipped_rate",
			 (json_int_t)list->budget.limited);
}

static json_t *overlap_of(const struct lists *lists, const struct list_state *list)
{
	json_t *object = json_object();

	for (size_t i = 0; i < lists->count; i++) {
		const struct list_state *other = lists->list[i];
		uint64_t both = lists->overlap[list->slot][other->slot];

		if (other != list && both)
			json_object_set_new(object, other->settings.shown,
					    json_integer((json_int_t)both));
	}
	return object;
}

static json_t *list_json(const struct lists *lists, const struct list_state *list, uint64_t now)
{
	const struct health *h = &list->health;
	json_t *object;

	object = json_pack("{s:s, s:s, s:s, s:b, s:I, s:b, s:o}", "name", list->settings.shown,
			   "kind", list_kind_name(list->settings.kind), "state",
			   health_state_name(h->state), "believed", health_believed(h), "since",
			   seconds_since(h->since, now), "tested", list->settings.tested,
			   "last_error", last_error(h, now));
	if (!object)
		return NULL;
	json_object_update_new(object, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "questions",
						 (json_int_t)list->counts.questions, "probes",
						 (json_int_t)list->counts.probes, "hits",
						 (json_int_t)list->counts.listed, "untold",
						 (json_int_t)list->counts.untold, "failures",
						 (json_int_t)h->failures, "unknown_codes",
						 (json_int_t)h->unknown_codes, "given_up",
						 (json_int_t)list->counts.shed));
	json_object_set_new(object, "latency", latency_of(&list->latency));
	json_object_set_new(object, "budget", budget_of(list));
	json_object_set_new(object, "overlap", overlap_of(lists, list));
	return object;
}

json_t *lists_json(const struct lists *lists)
{
	json_t *array = json_array();
	uint64_t now = lists_ms();

	for (size_t i = 0; i < lists->count; i++)
		json_array_append_new(array, list_json(lists, lists->list[i], now));
	return array;
}

bool lists_figures(const struct lists *lists, size_t i, struct lists_figures *out)
{
	const struct list_state *list = i < lists->count ? lists->list[i] : NULL;

	if (!list)
		return false;
	*out = (struct lists_figures){
		.name = list->settings.shown,
		.kind = list_kind_name(list->settings.kind),
		.state = health_state_name(list->health.state),
		.believed = health_believed(&list->health),
		.since = (uint64_t)seconds_since(list->health.since, lists_ms()),
		.questions = list->counts.questions,
		.hits = list->counts.listed,
		.untold = list->counts.untold,
		.failures = list->health.failures,
		.skipped_daily = list->budget.spent,
		.skipped_rate = list->budget.limited,
	};
	return true;
}
