// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes: a few questions at a time whose right answers are known beforehand (RFC 5782 5). They are
 * asked whatever the budget says, for they are what keeps a dead list from being asked by clients.
 */
#include <stdio.h>
#include <string.h>

#include "lists_inside.h"

/* Two root servers' addresses (root-servers.org): in nobody's way, and no sources of mail. */
#define CANARY_V4     "198.41.0.4"
#define CANARY_V6     "2001:503:ba3e::2:30"
#define CANARY_DOMAIN "example.com" /* RFC 2606 3 */

/* ::FFFF:7F00:2 and ::FFFF:7F00:1 (RFC 5782 5); an address type would take them for IPv4. */
#define NIBBLES_7F   "f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
#define NIBBLES_7F00 "0.0.0.0.0." NIBBLES_7F

#define CONFIRMED_NS 2000000000ULL /* how long a confirmation is worth something */

static bool of_domains(const struct list *list)
{
	return list->kind == LIST_RHSBL_HELO || list->kind == LIST_RHSBL_SENDER;
}

static bool canary_name(char name[DNS_NAME], const struct list *list)
{
	const char *canary = list->canary;
	struct addr addr;

	if (!*canary)
		canary = of_domains(list) ? CANARY_DOMAIN : list->v4 ? CANARY_V4 : CANARY_V6;
	if (!of_domains(list) && addr_parse(&addr, canary))
		return list_question_addr(name, list, &addr);
	return list_question_domain(name, list, canary);
}

/*
 * No cache has it, and a zone that answers any name at all answers this one too, as one does that
 * lists all addresses: for lists of addresses it is one of 127.0.0.0/8, beyond the test entries.
 */
static bool random_name(char name[DNS_NAME], const struct list_state *list)
{
	unsigned long long random = lists_random(list->lists);
	unsigned a = random & 255, b = random >> 8 & 255, c = 1 + (random >> 16) % 255;
	char text[96];

	if (of_domains(&list->settings))
		snprintf(text, sizeof(text), "probe-%016llx", random);
	else if (list->settings.v4)
		snprintf(text, sizeof(text), "%u.%u.%u.127", a, b, c);
	else
		snprintf(text, sizeof(text), "%x.%x.%x.%x.%x.%x." NIBBLES_7F, a & 15, a >> 4,
			 b & 15, b >> 4, c & 15, c >> 4);
	return list_question_domain(name, &list->settings, text);
}

/* False: not a point of this list. */
static bool point_name(char name[DNS_NAME], const struct list_state *state, enum probe_point point)
{
	const struct list *list = &state->settings;
	bool domains = of_domains(list);
	bool v4 = list->tested && !domains && list->v4, v6 = list->tested && !domains && list->v6;

	switch (point) {
	case PROBE_LISTED:
		return (v4 || (domains && list->tested)) &&
		       list_question_domain(name, list, domains ? "test" : "2.0.0.127");
	case PROBE_NOT_LISTED:
		return (v4 || (domains && list->tested)) &&
		       list_question_domain(name, list, domains ? "invalid" : "1.0.0.127");
	case PROBE_LISTED_V6:
		return v6 && list_question_domain(name, list, "2." NIBBLES_7F00);
	case PROBE_NOT_LISTED_V6:
		return v6 && list_question_domain(name, list, "1." NIBBLES_7F00);
	case PROBE_CANARY:
		return canary_name(name, list);
	default:
		return random_name(name, state);
	}
}

/* Confirmations */

bool list_is_confirmed(const struct list_state *list)
{
	uint64_t good = list->confirmation.good;

	return good && uv_hrtime() - good < CONFIRMED_NS;
}

/*
 * Silence says nothing against what was listed before it, which may come from the cache; it is
 * looked into soon.
 */
static void on_confirmed(const struct dns_answer *answer, void *context)
{
	struct list_state *list = context;
	struct health_answer told[PROBE_POINTS] = {0}, *random = &told[PROBE_RANDOM];
	enum health_change change = HEALTH_NO_CHANGE;
	uint32_t groups;

	list->confirmation.question = NULL;
	random->status = answer->status;
	random->meaning = list_meaning(&list->settings, answer, &groups, &random->code);
	if (random->meaning == LIST_MEANS_NOT_LISTED)
		list->confirmation.good = list->confirmation.since;
	else if (random->meaning == LIST_MEANS_NOTHING)
		health_put_off(&list->health, lists_ms());
	else
		change = health_probed(&list->health, 1U << PROBE_RANDOM, told, lists_ms());
	list_changed(list, change);
	list_settle_held(list);
	lists_set_probes(list->lists);
}

bool list_confirm(struct list_state *list)
{
	char name[DNS_NAME];

	if (list->confirmation.question)
		return true;
	if (!random_name(name, list))
		return false;
	list->confirmation.since = uv_hrtime();
	list->confirmation.question =
		dns_ask(list->lists->resolver, name, DNS_A, on_confirmed, list);
	budget_count(list, lists_ms());
	return list->confirmation.question;
}

/* Probes */

static void probe_end(struct list_state *list)
{
	unsigned asked = list->probe.asked;
	enum health_change change = HEALTH_NO_CHANGE;

	list->probe.asked = 0;
	if (list->probe.shed) {
		health_put_off(&list->health, lists_ms());
	} else {
		list->counts.probes++;
		change = health_probed(&list->health, asked, list->probe.answer, lists_ms());
	}
	list_changed(list, change);
	/* A confirmation under way settles them. */
	if (!list->confirmation.question)
		list_settle_held(list);
	lists_set_probes(list->lists);
}

static void on_answer(const struct dns_answer *answer, void *context)
{
	struct probe_question *question = context;
	struct list_state *list = question->list;
	struct probe *probe = &list->probe;
	struct health_answer *told = &probe->answer[question - probe->question];
	uint32_t groups;

	question->question = NULL;
	told->status = answer->status;
	told->meaning = list_meaning(&list->settings, answer, &groups, &told->code);
	probe->shed |= lists_was_shed(answer, probe->since);
	if (!--probe->left)
		probe_end(list);
}

static void probe_start(struct list_state *list)
{
	struct probe *probe = &list->probe;
	char name[DNS_NAME];

	memset(probe, 0, sizeof(*probe));
	probe->since = uv_hrtime();
	for (unsigned point = 0; point < PROBE_POINTS; point++) {
		struct probe_question *question = &probe->question[point];

		if (!point_name(name, list, point))
			continue;
		question->list = list;
		question->question =
			dns_ask(list->lists->resolver, name, DNS_A, on_answer, question);
		probe->shed |= !question->question;
		probe->asked |= 1U << point;
		probe->left += question->question != NULL;
		budget_count(list, lists_ms());
	}
	/* No memory, or no name that fits: tried again. */
	if (!probe->left) {
		probe->asked = 0;
		health_put_off(&list->health, lists_ms());
	}
}

void list_stop_probe(struct list_state *list)
{
	struct probe *probe = &list->probe;

	for (unsigned point = 0; probe->asked && point < PROBE_POINTS; point++)
		if (probe->question[point].question)
			dns_cancel(probe->question[point].question);
	memset(probe, 0, sizeof(*probe));
	if (list->confirmation.question)
		dns_cancel(list->confirmation.question);
	list->confirmation.question = NULL;
}

static void on_due(uv_timer_t *timer)
{
	struct lists *lists = timer->data;

	for (size_t i = 0; i < lists->count; i++)
		if (!lists->list[i]->probe.asked && lists->list[i]->health.due <= lists_ms())
			probe_start(lists->list[i]);
	lists_set_probes(lists);
}

void lists_set_probes(struct lists *lists)
{
	uint64_t first = UINT64_MAX, now = lists_ms();

	for (size_t i = 0; i < lists->count; i++)
		if (!lists->list[i]->probe.asked && lists->list[i]->health.due < first)
			first = lists->list[i]->health.due;
	if (first == UINT64_MAX)
		uv_timer_stop(&lists->probes);
	else
		uv_timer_start(&lists->probes, on_due, first > now ? first - now : 0, 0);
}
