// SPDX-License-Identifier: GPL-2.0-or-later
/* What every list says now, for people: past health, budget and queues. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lists_inside.h"

#define KEY_LABEL 8 /* a shorter label is no key */

struct explained_list {
	struct explained *whole;
	struct dns_question *listing, *reason;
	struct list settings; /* a copy: a reload may come in between */
	json_t *object;
};

struct explained {
	struct lists *lists;
	lists_explained_fn fn;
	void *context;
	json_t *array;
	size_t left; /* answers */
	struct explained *prev, *next;
	size_t count;
	struct explained_list list[];
};

static void explained_free(struct explained *whole)
{
	for (size_t i = 0; i < whole->count; i++) {
		if (whole->list[i].listing)
			dns_cancel(whole->list[i].listing);
		if (whole->list[i].reason)
			dns_cancel(whole->list[i].reason);
	}
	json_decref(whole->array);
	free(whole);
}

void lists_end_explained(struct lists *lists)
{
	while (lists->explained) {
		struct explained *whole = lists->explained;

		DL_DELETE(lists->explained, whole);
		explained_free(whole);
	}
}

static void answered(struct explained *whole)
{
	lists_explained_fn fn = whole->fn;
	void *context = whole->context;
	json_t *array;

	if (--whole->left)
		return;
	array = json_incref(whole->array);
	DL_DELETE(whole->lists->explained, whole);
	explained_free(whole);
	fn(array, context);
}

/* Answers */

static const char *meaning_name(enum list_meaning meaning)
{
	switch (meaning) {
	case LIST_MEANS_NOT_LISTED:
		return "not listed";
	case LIST_MEANS_LISTED:
		return "listed";
	case LIST_MEANS_REFUSED:
		return "refused";
	case LIST_MEANS_BROKEN:
		return "broken";
	case LIST_MEANS_UNKNOWN_CODE:
		return "unknown code";
	default:
		return "no answer";
	}
}

static json_t *codes_of(const struct dns_answer *answer)
{
	json_t *codes = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < answer->count; i++)
		json_array_append_new(codes, json_string(addr_format(text, &answer->addr[i])));
	return codes;
}

static json_t *groups_of(const struct list *list, uint32_t groups)
{
	json_t *array = json_array();

	for (size_t g = 0; g < list->groups_count; g++) {
		const struct list_group *group = &list->group[g];

		if (groups >> g & 1)
			json_array_append_new(array, json_pack("{s:s, s:i, s:b}", "name",
							       group->name, "points", group->points,
							       "convicts", group->convicts));
	}
	return array;
}

static void on_listing(const struct dns_answer *answer, void *context)
{
	struct explained_list *list = context;
	struct health_answer told = {.status = answer->status};
	char words[HEALTH_WORDS];
	uint32_t groups;

	list->listing = NULL;
	told.meaning = list_meaning(&list->settings, answer, &groups, &told.code);
	health_describe(words, sizeof(words), &told);
	json_object_set_new(list->object, "listed",
			    json_boolean(told.meaning == LIST_MEANS_LISTED));
	json_object_set_new(list->object, "meaning", json_string(meaning_name(told.meaning)));
	json_object_set_new(list->object, "words", json_string(words));
	json_object_set_new(list->object, "codes", codes_of(answer));
	json_object_set_new(list->object, "groups", groups_of(&list->settings, groups));
	json_object_set_new(list->object, "ttl", json_integer(answer->ttl));
	answered(list->whole);
}

/* An operator's words may quote the question, and with it what is the customer's secret. */
static bool holds_key(const struct list *list, const char *text)
{
	char label[DNS_NAME];
	const char *end;

	for (const char *at = list->zone; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, '.');
		memcpy(label, at, (size_t)(end - at));
		label[end - at] = '\0';
		if (end - at >= KEY_LABEL && !strstr(list->shown, label) && strcasestr(text, label))
			return true;
	}
	return false;
}

static void on_reason(const struct dns_answer *answer, void *context)
{
	struct explained_list *list = context;

	list->reason = NULL;
	if (answer->status == DNS_ANSWER)
		json_object_set_new(list->object, "reason",
				    json_string(holds_key(&list->settings, answer->text)
							? "(not shown: it holds the key)"
							: answer->text));
	answered(list->whole);
}

/* Questions */

static bool question_name(char name[DNS_NAME], const struct list *list, const char *subject)
{
	bool domains = list->kind == LIST_RHSBL_HELO || list->kind == LIST_RHSBL_SENDER;
	struct addr addr;

	if (!addr_parse(&addr, subject))
		return domains && list_question_domain(name, list, subject);
	return !domains && (addr_is_v4(&addr) ? list->v4 : list->v6) &&
	       list_question_addr(name, list, &addr);
}

static void explain_one(struct explained *whole, const struct list_state *state,
			const char *subject)
{
	struct explained_list *list = &whole->list[whole->count];
	char name[DNS_NAME];

	if (!question_name(name, &state->settings, subject))
		return;
	list->listing = dns_ask(state->lists->resolver, name, DNS_A, on_listing, list);
	if (!list->listing)
		return;
	list->reason = dns_ask(state->lists->resolver, name, DNS_TXT, on_reason, list);
	whole->left += 1 + (list->reason != NULL);
	whole->count++;
	list->whole = whole;
	list->settings = state->settings;
	list->object = json_pack("{s:s, s:s, s:s, s:b}", "list", state->settings.shown, "kind",
				 list_kind_name(state->settings.kind), "state",
				 health_state_name(state->health.state), "believed",
				 health_believed(&state->health));
	json_array_append_new(whole->array, list->object);
}

bool lists_explain(struct lists *lists, const char *addr_or_domain, lists_explained_fn fn,
		   void *context)
{
	struct explained *whole;

	whole = calloc(1, sizeof(*whole) + lists->count * sizeof(whole->list[0]));
	if (!whole)
		return false;
	whole->lists = lists;
	whole->fn = fn;
	whole->context = context;
	whole->array = json_array();
	for (size_t i = 0; i < lists->count; i++)
		explain_one(whole, lists->list[i], addr_or_domain);
	if (!whole->count) {
		explained_free(whole);
		return false;
	}
	DL_APPEND(lists->explained, whole);
	return true;
}
