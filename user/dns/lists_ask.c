// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lists_inside.h"

#define SENT_MAX    256            /* of a list: more than a live one needs at 10,000 a second */
#define PATIENCE_NS 30000000000ULL /* in the queue: late is of use to the next connection */
#define V6_CLIENT   8              /* bytes: whoever has one address has its /64 */
#define TURN_NS     2000000        /* of work in one turn of the loop, which has others to serve */

static void pump(struct list_state *list);

/* Queries */

static void query_free(struct lists_query *query)
{
	free(query->domain);
	free(query);
}

static void work(uv_idle_t *idle)
{
	struct lists *lists = idle->data;
	uint64_t until = uv_hrtime() + TURN_NS;

	while (lists->over && uv_hrtime() < until) {
		struct lists_query *query = lists->over;
		lists_fn fn = query->fn;
		void *context = query->context;

		DL_DELETE(lists->over, query);
		query_free(query);
		if (fn)
			fn(NULL, context);
	}
	if (!lists->over)
		uv_idle_stop(&lists->work);
}

static void query_over(struct lists_query *query)
{
	struct lists *lists = query->lists;

	if (query->over)
		return;
	query->over = true;
	DL_DELETE(lists->queries, query);
	DL_APPEND(lists->over, query);
	if (!uv_is_active((uv_handle_t *)&lists->work))
		uv_idle_start(&lists->work, work);
}

/* Asks */

static void ask_enter(struct list_ask *ask, enum ask_state state)
{
	struct list_state *list = ask->list;

	DL_DELETE(list->asks[ask->state], ask);
	list->sent -= ask->state == ASK_SENT;
	ask->state = state;
	ask->since = uv_hrtime();
	DL_APPEND(list->asks[state], ask);
	list->sent += state == ASK_SENT;
}

static void ask_over(struct list_ask *ask)
{
	struct list_state *list = ask->list;

	if (ask->question)
		dns_cancel(ask->question);
	ask->question = NULL;
	DL_DELETE(list->asks[ask->state], ask);
	list->sent -= ask->state == ASK_SENT;
	ask->list = NULL;
	if (!--ask->query->left)
		query_over(ask->query);
}

void list_drop_held(struct list_state *list)
{
	while (list->asks[ASK_HELD]) {
		list->counts.untold++;
		ask_over(list->asks[ASK_HELD]);
	}
}

void list_end_asks(struct list_state *list)
{
	for (unsigned state = 0; state < ASK_STATES; state++)
		while (list->asks[state])
			ask_over(list->asks[state]);
}

/* The owner may cancel the query at the first of several hits; it is freed in a later turn. */
static void tell(const struct list_ask *ask, const struct list_state *list)
{
	struct lists_query *query = ask->query;
	struct list_hit hit = {.list = list->index, .ttl = ask->ttl};

	for (unsigned g = 0; g < LIST_GROUPS && query->fn; g++) {
		if (!(ask->groups >> g & 1))
			continue;
		hit.group = g;
		hit.code = addr_from_v4(ask->code[g]);
		query->fn(&hit, query->context);
	}
}

static bool is_v6(const struct lists_query *query)
{
	return !query->domain && !addr_is_v4(&query->addr);
}

static bool believed(const struct list_state *list, const struct lists_query *query)
{
	return health_believed(&list->health) && !(is_v6(query) && list->health.without_v6);
}

/* The ask is over first: whoever is told may do anything. */
static void tell_last(struct list_ask *ask)
{
	struct list_state *list = ask->list;

	ask_over(ask);
	if (believed(list, ask->query))
		tell(ask, list);
	else
		list->counts.untold++;
}

void list_settle_held(struct list_state *list)
{
	while (list->asks[ASK_HELD])
		tell_last(list->asks[ASK_HELD]);
}

/* Answers */

static void note_listing(struct list_ask *ask, const struct dns_answer *answer, uint32_t groups)
{
	struct list_state *list = ask->list;
	struct lists *lists = list->lists;

	ask->groups = groups;
	ask->ttl = answer->ttl;
	for (unsigned g = 0; g < list->settings.groups_count; g++) {
		for (size_t i = answer->count; i--;)
			if (list_codes_match(&list->settings.group[g].codes, &answer->addr[i]))
				ask->code[g] = answer->addr[i].w[3];
	}
	list->counts.listed++;
	for (unsigned slot = 0; slot < LISTS_MAX; slot++) {
		if (!(ask->query->listed >> slot & 1))
			continue;
		lists->overlap[list->slot][slot]++;
		lists->overlap[slot][list->slot]++;
	}
	ask->query->listed |= 1U << list->slot;
}

/* Not told now means never, where nothing is under way that it could wait for. */
static bool can_wait(struct list_state *list)
{
	return health_believed(&list->health) ? list_confirm(list) : list->probe.asked;
}

static void listed(struct list_ask *ask, const struct dns_answer *answer, uint32_t groups)
{
	struct list_state *list = ask->list;

	note_listing(ask, answer, groups);
	if (health_believed(&list->health) && list_is_confirmed(list)) {
		tell_last(ask);
	} else if (can_wait(list)) {
		ask_enter(ask, ASK_HELD);
	} else {
		list->counts.untold++;
		ask_over(ask);
	}
}

static void judge(struct list_ask *ask, const struct dns_answer *answer)
{
	struct list_state *list = ask->list;
	struct health_answer told = {.status = answer->status};
	enum health_change change;
	uint32_t groups;

	told.meaning = list_meaning(&list->settings, answer, &groups, &told.code);
	if (told.meaning != LIST_MEANS_NOTHING)
		latency_add(&list->latency, (float)(uv_hrtime() - ask->since) / 1000);
	change = health_answered(&list->health, &told, ask->query->subject, lists_ms());
	if (told.meaning == LIST_MEANS_LISTED && change != HEALTH_OPENED)
		listed(ask, answer, groups);
	else
		ask_over(ask);
	list_changed(list, change);
	lists_set_probes(list->lists);
}

static void on_answer(const struct dns_answer *answer, void *context)
{
	struct list_ask *ask = context;
	struct list_state *list = ask->list;

	ask->question = NULL;
	if (lists_was_shed(answer, ask->since)) {
		list->counts.shed++;
		ask_over(ask);
	} else {
		judge(ask, answer);
	}
	pump(list);
}

/* Questions */

static bool question_name(char name[DNS_NAME], const struct list_ask *ask)
{
	const struct lists_query *query = ask->query;

	if (query->domain)
		return list_question_domain(name, &ask->list->settings, query->domain);
	return list_question_addr(name, &ask->list->settings, &query->addr);
}

static void ask_send(struct list_ask *ask)
{
	struct list_state *list = ask->list;
	char name[DNS_NAME];

	if (!budget_take(list, lists_ms())) {
		ask_over(ask);
		return;
	}
	ask_enter(ask, ASK_SENT);
	if (question_name(name, ask))
		ask->question = dns_ask(list->lists->resolver, name, DNS_A, on_answer, ask);
	if (ask->question) {
		list->counts.questions++;
		return;
	}
	list->counts.shed++;
	ask_over(ask);
}

/* Sends what queues, as far as there is room. */
static void pump(struct list_state *list)
{
	while (list->asks[ASK_QUEUED] && list->sent < SENT_MAX) {
		struct list_ask *ask = list->asks[ASK_QUEUED];

		if (uv_hrtime() - ask->since < PATIENCE_NS) {
			ask_send(ask);
		} else {
			list->counts.shed++;
			ask_over(ask);
		}
	}
}

static void ask_add(struct lists_query *query, struct list_state *list)
{
	struct list_ask *ask = &query->ask[query->count++];

	query->left++;
	ask->query = query;
	ask->list = list;
	ask->state = ASK_QUEUED;
	ask->since = uv_hrtime();
	DL_APPEND(list->asks[ASK_QUEUED], ask);
}

/* FNV-1a: tells clients apart, for a count. */
static uint64_t hash(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t h = 0xcbf29ce484222325ULL;

	while (len--)
		h = (h ^ *at++) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static struct lists_query *query_new(struct lists *lists, lists_fn fn, void *context)
{
	struct lists_query *query;

	query = calloc(1, sizeof(*query) + lists->count * sizeof(query->ask[0]));
	if (!query)
		return NULL;
	query->lists = lists;
	query->fn = fn;
	query->context = context;
	DL_APPEND(lists->queries, query);
	return query;
}

/* Every list has its ask before the first is sent: none of them alone can end the query. */
static struct lists_query *query_start(struct lists_query *query)
{
	for (size_t i = 0; i < query->count; i++)
		pump(query->ask[i].list);
	if (query->left)
		return query;
	/* Nobody is called where nothing could be asked. */
	query->fn = NULL;
	query_over(query);
	return NULL;
}

/* Of clients of other ports than these its operator need not know, nor may its word count. */
static bool is_asked(const struct list_state *state, enum port_class ports)
{
	return (unsigned)ports < PORTS_COUNT && state->settings.ports[ports] &&
	       health_asked(&state->health);
}

static bool is_for_addr(const struct list_state *state, const struct addr *addr,
			enum port_class ports)
{
	const struct list *list = &state->settings;

	if (list->kind != LIST_DNSBL && list->kind != LIST_DNSWL)
		return false;
	if (!is_asked(state, ports))
		return false;
	return addr_is_v4(addr) ? list->v4 : list->v6 && !state->health.without_v6;
}

struct lists_query *lists_ask_addr(struct lists *lists, const struct addr *addr,
				   enum port_class ports, lists_fn fn, void *context)
{
	struct lists_query *query;

	/* No list can know them, and its operator need not. */
	if (addr_special(addr))
		return NULL;
	query = query_new(lists, fn, context);
	if (!query)
		return NULL;
	query->addr = *addr;
	query->subject = hash(addr->b, addr_is_v4(addr) ? sizeof(addr->b) : V6_CLIENT);
	for (size_t i = 0; i < lists->count; i++)
		if (is_for_addr(lists->list[i], addr, ports))
			ask_add(query, lists->list[i]);
	return query_start(query);
}

/*
 * A domain of two labels or more that is no address: a list of domains takes a question about an
 * address for a mistake of ours, and answers as if it refused us.
 */
static bool is_domain(const char *domain)
{
	const char *last = strrchr(domain, '.');
	struct addr addr;

	return last && last > domain && isalpha((unsigned char)last[1]) &&
	       !addr_parse(&addr, domain);
}

static char *lower_copy(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; at && *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

struct lists_query *lists_ask_domain(struct lists *lists, const char *domain, enum list_kind kind,
				     enum port_class ports, lists_fn fn, void *context)
{
	struct lists_query *query;

	if (!is_domain(domain) || (kind != LIST_RHSBL_HELO && kind != LIST_RHSBL_SENDER))
		return NULL;
	query = query_new(lists, fn, context);
	if (!query)
		return NULL;
	query->domain = lower_copy(domain);
	query->subject = query->domain ? hash(query->domain, strlen(query->domain)) : 0;
	for (size_t i = 0; i < lists->count && query->domain; i++)
		if (lists->list[i]->settings.kind == kind && is_asked(lists->list[i], ports))
			ask_add(query, lists->list[i]);
	return query_start(query);
}

static void query_cancel(struct lists_query *query)
{
	query->fn = NULL;
	for (size_t i = 0; i < query->count; i++)
		if (query->ask[i].list)
			ask_over(&query->ask[i]);
	query_over(query);
}

void lists_cancel(struct lists_query *query)
{
	struct lists *lists = query->lists;

	query_cancel(query);
	for (size_t i = 0; i < lists->count; i++)
		pump(lists->list[i]);
}

void lists_end_queries(struct lists *lists)
{
	struct lists_query *query;

	while (lists->queries)
		query_cancel(lists->queries);
	while ((query = lists->over)) {
		DL_DELETE(lists->over, query);
		query_free(query);
	}
}
