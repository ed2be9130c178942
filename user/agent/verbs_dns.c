// SPDX-License-Identifier: GPL-2.0-or-later
/* dnsbl: the lists and how they are. explain: what stands against an address or a domain, now. */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "../base/names.h"
#include "../checks/hostname.h"
#include "../dns/names.h"
#include "verbs.h"

json_t *verb_dnsbl(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	json_t *lists = a->lists ? lists_json(a->lists) : NULL, *list;
	size_t i;

	(void)request;
	json_array_foreach(lists, i, list) connection_send(c, json_incref(list));
	json_decref(lists);
	return answer_done();
}

/* explain */

/*
 * What is asked outlives who asked: `connection` is NULL once he has gone, and the last answer
 * frees it.
 */
struct explaining {
	struct agent *agent;
	struct connection *connection;
	unsigned waiting; /* for answers */
	char about[DNS_NAME];
	bool is_addr;
	struct addr addr;
	json_t *answers; /* data to send, an array */
};

static void explaining_free(struct explaining *e)
{
	json_decref(e->answers);
	free(e);
}

static void explaining_left(void *state)
{
	struct explaining *e = state;

	e->connection = NULL;
	if (!e->waiting)
		explaining_free(e);
}

static void one_answer_more(struct explaining *e)
{
	e->waiting--;
	if (e->waiting)
		return;
	if (e->connection)
		connection_wake(e->connection);
	else
		explaining_free(e);
}

static void lists_told(json_t *answers, void *context)
{
	struct explaining *e = context;
	json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		json_object_set_new(answer, "about", json_string("list"));
		json_array_append(e->answers, answer);
	}
	json_decref(answers);
	one_answer_more(e);
}

static const char *fact_word(enum fact fact)
{
	return fact == FACT_YES ? "yes" : fact == FACT_NO ? "no" : "unknown";
}

static void names_told(const struct client_facts *facts, void *context)
{
	struct explaining *e = context;
	json_t *names = json_array();

	for (size_t i = 0; i < facts->count; i++)
		json_array_append_new(names, json_string(facts->name[i]));
	json_array_append_new(e->answers,
			      json_pack("{s:s, s:s, s:s, s:o}", "about", "names", "has_name",
					fact_word(facts->has_name), "confirmed",
					fact_word(facts->confirmed), "names", names));
	one_answer_more(e);
}

static json_t *verdict_of(const struct agent *a, const struct prefix *prefix, enum port_class ports)
{
	uint32_t now = boot_seconds();
	struct verdict_entry entry;
	char text[ADDR_TEXT];

	if (verdict_find(&a->maps, prefix, ports, now, &entry))
		return json_null();
	verdict_get(&a->maps, &entry.prefix, ports, &entry);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:o}", "addr",
		prefix_format(text, &entry.prefix), "action", action_name(entry.verdict.action),
		"cause", cause_name(entry.verdict.cause), "reason",
		reasons_get(&a->reasons, &entry.prefix, ports), "age",
		(json_int_t)now - entry.verdict.since, "expires_in",
		entry.verdict.expires == VERDICT_NEVER_EXPIRES
			? json_null()
			: json_integer((json_int_t)entry.verdict.expires - now),
		"hits", (json_int_t)entry.hits.packets, "last_hit",
		entry.hits.packets ? json_integer((json_int_t)now - entry.hits.last) : json_null());
}

/* What the gate would do with a SYN of it now, and why. */
static void tell_state(struct explaining *e)
{
	const struct agent *a = e->agent;
	struct prefix prefix = prefix_of(&e->addr, ADDR_BITS);
	const struct net_reason *allowed = nets_covering(&a->allow, &e->addr, boot_seconds());

	for (int class = 0; class < PORTS_COUNT; class ++)
		json_array_append_new(
			e->answers,
			json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o}", "about", "state", "addr",
				  e->about, "ports", ports_name((enum port_class) class), "mode",
				  mode_name(a->mode.mode), "allowed",
				  !allowed           ? NULL
				  : allowed->text[0] ? allowed->text
						     : net_kind_name(allowed->kind),
				  "verdict", verdict_of(a, &prefix, (enum port_class) class)));
}

static void ask_all(struct explaining *e)
{
	struct agent *a = e->agent;

	/* One more than there are questions, so that none of them is the last before all are asked.
	 */
	e->waiting = 1;
	if (a->lists)
		e->waiting += lists_explain(a->lists, e->about, lists_told, e);
	if (a->resolver && e->is_addr)
		e->waiting += !!names_ask_client(a->resolver, &e->addr, names_told, e);
	e->waiting--;
}

static json_t *explain_step(struct connection *c, void *state)
{
	struct explaining *e = state;
	json_t *answer;
	size_t i;

	if (e->waiting) {
		connection_sleep(c);
		return NULL;
	}
	json_array_foreach(e->answers, i, answer) connection_send(c, json_incref(answer));
	return answer_done();
}

json_t *verb_explain(void *agent, const json_t *request, struct connection *c)
{
	const char *about = request_text(request, "entry");
	char domain[HOSTNAME_MAX + 1];
	struct explaining *e;
	struct addr addr;
	bool is_addr = about && addr_parse(&addr, about);

	if (!is_addr && !(about && hostname_parse(domain, about)))
		return answer_error("`%.60s' is neither an address nor a domain",
				    about ? about : "?");
	e = calloc(1, sizeof(*e));
	if (!e)
		return answer_error("out of memory");
	e->agent = agent;
	e->connection = c;
	e->is_addr = is_addr;
	if (is_addr)
		e->addr = addr;
	utf8_copy(e->about, sizeof(e->about), is_addr ? about : domain);
	e->answers = json_array();
	if (is_addr)
		tell_state(e);
	ask_all(e);
	connection_defer(c, explain_step, explaining_left, e);
	return NULL;
}
