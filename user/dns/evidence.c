// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "evidence.h"

/* The client's lists and names; of each HELO and sender the same. */
#define QUESTIONS (2 + 4 * EVIDENCE_NAMES)

enum subject {
	ABOUT_CLIENT,
	ABOUT_HELO,
	ABOUT_SENDER,
};

struct question {
	struct evidence *of;
	enum subject subject;
	size_t which; /* of the HELOs or senders */
	struct lists_query *list;
	struct names_query *names; /* one of the two, NULL once answered */
};

struct evidence {
	struct evidence_sources sources;
	const struct evidence_handlers *handlers;
	void *context;
	struct addr about;
	enum port_class ports;
	struct findings *findings;
	unsigned waiting;
	size_t count;
	struct question question[QUESTIONS];
	size_t helos, senders;
	char helo[EVIDENCE_NAMES][DNS_NAME];
	char sender[EVIDENCE_NAMES][DNS_NAME];
	bool client_known;
	struct client_facts client;
	size_t helos_known;
	struct helo_dns_facts helo_facts[EVIDENCE_NAMES];
};

/* Answers */

static void tell(const struct evidence *e)
{
	if (e->handlers->changed)
		e->handlers->changed(e->context);
}

static void answered(struct question *q)
{
	q->list = NULL;
	q->names = NULL;
	q->of->waiting--;
	tell(q->of);
}

static bool counts(const struct evidence *e, enum finding_id id)
{
	return !e->handlers->counts || e->handlers->counts(id, e->context);
}

/* What was asked about, where that is not the client itself. */
static const char *subject_of(const struct question *q)
{
	switch (q->subject) {
	case ABOUT_HELO:
		return q->of->helo[q->which];
	case ABOUT_SENDER:
		return q->of->sender[q->which];
	case ABOUT_CLIENT:
		break;
	}
	return NULL;
}

static void listed(const struct list_hit *hit, void *context)
{
	static const enum finding_id ids[LIST_KIND_COUNT] = LIST_FINDINGS;
	struct question *q = context;
	const struct config *config = q->of->sources.config;
	const struct list *list;
	const char *about = subject_of(q);
	char detail[FINDING_DETAIL], code[ADDR_TEXT];

	if (!hit) {
		answered(q);
		return;
	}
	if (hit->list >= config->lists_count)
		return;
	list = &config->lists[hit->list];
	if (!counts(q->of, ids[list->kind]))
		return;
	addr_format(code, &hit->code);
	snprintf(detail, sizeof(detail), "%s says %s%s%.60s", list->shown, code,
		 about ? " of " : "", about ? about : "");
	if (findings_put_list(q->of->findings, ids[list->kind], list->group[hit->group].rule,
			      hit->ttl, detail))
		tell(q->of);
}

static void accuse(struct evidence *e, const struct findings *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (counts(e, found->list[i].id) &&
		    policy_counts_on(&e->sources.config->policy, &found->list[i], e->ports))
			findings_put_copy(e->findings, &found->list[i]);
}

static void check_helo(struct evidence *e, size_t which)
{
	const struct config *config = e->sources.config;
	struct findings found;

	findings_clear(&found);
	check_helo_dns(&found, &e->helo_facts[which], e->client_known ? &e->client : NULL,
		       config->brands, config->brands_count);
	accuse(e, &found);
}

/*
 * Whether anything that comes of names in the DNS counts on these ports. Else they are asked for
 * only because one of them may allow a client.
 */
static bool checks_names(const struct evidence *e)
{
	static const enum finding_id of_names[] = {
		FINDING_RDNS_MISSING,      FINDING_RDNS_MISMATCH,      FINDING_HELO_UNRESOLVABLE,
		FINDING_HELO_DNS_MISMATCH, FINDING_HELO_BRAND_FORGERY, FINDING_SENDER_UNRESOLVABLE,
	};
	const struct config *config = e->sources.config;

	if (!config_dns_checks(config))
		return false;
	for (size_t i = 0; i < sizeof(of_names) / sizeof(of_names[0]); i++)
		if (policy_counts_on(&config->policy,
				     &(struct finding){.id = (uint16_t)of_names[i]}, e->ports))
			return true;
	return false;
}

static void client_told(const struct client_facts *facts, void *context)
{
	struct question *q = context;
	struct evidence *e = q->of;
	struct findings found;

	e->client = *facts;
	e->client_known = true;
	if (e->handlers->client)
		e->handlers->client(facts, e->context);
	findings_clear(&found);
	if (checks_names(e))
		check_client_dns(&found, facts);
	accuse(e, &found);
	/* What the HELO is compared with has come late: again. */
	for (size_t i = 0; i < e->helos_known; i++)
		check_helo(e, i);
	answered(q);
}

static void helo_told(const struct helo_dns_facts *facts, void *context)
{
	struct question *q = context;
	struct evidence *e = q->of;

	e->helo_facts[e->helos_known] = *facts;
	check_helo(e, e->helos_known++);
	answered(q);
}

static void sender_told(const struct sender_dns_facts *facts, void *context)
{
	struct question *q = context;
	struct findings found;

	findings_clear(&found);
	check_sender_dns(&found, facts);
	accuse(q->of, &found);
	answered(q);
}

/* Questions */

static struct question *question_new(struct evidence *e, enum subject subject, size_t which)
{
	struct question *q = &e->question[e->count];

	*q = (struct question){.of = e, .subject = subject, .which = which};
	return q;
}

/* What was not asked, for want of lists or memory, is not waited for. */
static void question_asked(struct evidence *e, const struct question *q)
{
	if (!q->list && !q->names)
		return;
	e->count++;
	e->waiting++;
}

static void ask_lists(struct evidence *e, enum subject subject, size_t which, const char *domain)
{
	struct question *q = question_new(e, subject, which);
	struct lists *lists = e->sources.lists;

	if (subject == ABOUT_CLIENT)
		q->list = lists_ask_addr(lists, &e->about, e->ports, listed, q);
	else
		q->list = lists_ask_domain(
			lists, domain, subject == ABOUT_HELO ? LIST_RHSBL_HELO : LIST_RHSBL_SENDER,
			e->ports, listed, q);
	question_asked(e, q);
}

static void ask_names(struct evidence *e, enum subject subject, size_t which, const char *name)
{
	struct question *q = question_new(e, subject, which);
	struct resolver *r = e->sources.resolver;

	if (!checks_names(e) && (subject != ABOUT_CLIENT || !e->sources.config->allow_names.count))
		return;
	if (subject == ABOUT_CLIENT)
		q->names = names_ask_client(r, &e->about, client_told, q);
	else if (subject == ABOUT_HELO)
		q->names = names_ask_helo(r, name, helo_told, q);
	else
		q->names = names_ask_sender(r, name, sender_told, q);
	question_asked(e, q);
}

static bool is_known(char (*names)[DNS_NAME], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* Each name once, the first few: `names` keeps them. */
static void ask_about(struct evidence *e, enum subject subject, char (*names)[DNS_NAME],
		      size_t *count, const char *name)
{
	size_t which = *count;

	if (!*name || which == EVIDENCE_NAMES || strlen(name) >= DNS_NAME ||
	    is_known(names, which, name))
		return;
	strcpy(names[which], name);
	++*count;
	/* A bare or bracketed address is no domain. */
	if (subject == ABOUT_SENDER || (name[0] != '[' && strchr(name, '.')))
		ask_lists(e, subject, which, name);
	ask_names(e, subject, which, name);
}

void evidence_helo(struct evidence *e, const char *name)
{
	ask_about(e, ABOUT_HELO, e->helo, &e->helos, name);
}

/* What is escaped there is no DNS name. */
void evidence_hello_line(struct evidence *e, const char *line)
{
	const char *name = line + strcspn(line, " \t");

	evidence_helo(e, name + strspn(name, " \t"));
}

void evidence_sender(struct evidence *e, const char *address)
{
	const char *at = strrchr(address, '@');

	if (at && at[1] != '[')
		ask_about(e, ABOUT_SENDER, e->sender, &e->senders, at + 1);
}

struct evidence *evidence_new(const struct evidence_sources *sources, const struct addr *client,
			      enum port_class ports, struct findings *findings,
			      const struct evidence_handlers *handlers, void *context)
{
	struct evidence *e = malloc(sizeof(*e));

	/* Not cleared: what is beyond the counts is never read. */
	if (!e)
		return NULL;
	e->sources = *sources;
	e->handlers = handlers;
	e->context = context;
	e->about = *client;
	e->ports = ports;
	e->findings = findings;
	e->waiting = 0;
	e->count = e->helos = e->senders = e->helos_known = 0;
	e->client_known = false;
	ask_lists(e, ABOUT_CLIENT, 0, NULL);
	ask_names(e, ABOUT_CLIENT, 0, NULL);
	return e;
}

unsigned evidence_waiting(const struct evidence *e)
{
	return e->waiting;
}

bool evidence_awaits_client(const struct evidence *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->question[i].subject == ABOUT_CLIENT && e->question[i].names)
			return true;
	return false;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++) {
		if (e->question[i].list)
			lists_cancel(e->question[i].list);
		if (e->question[i].names)
			names_cancel(e->question[i].names);
	}
	free(e);
}

bool evidence_is_of_list(const struct finding *finding, const void *of_list)
{
	const struct evidence_of_list *of = of_list;

	return finding_is_of_list(finding) && finding->which < of->policy->list_count &&
	       of->policy->list[finding->which].list == of->list;
}
