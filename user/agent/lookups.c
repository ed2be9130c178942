// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../dns/names.h"
#include "events.h"
#include "lookups.h"

#define NAMES_ASKED 4 /* different HELOs of a session, and senders: a bot may say hundreds */
#define QUESTIONS   (2 + 4 * NAMES_ASKED)

enum subject {
	ABOUT_CLIENT,
	ABOUT_HELO,
	ABOUT_SENDER,
};

struct question {
	struct lookups *of;
	enum subject subject;
	size_t which; /* of the HELOs or senders */
	struct lists_query *list;
	struct names_query *names; /* one of the two, NULL once answered */
};

struct lookups {
	struct agent *agent;
	struct session *session;
	size_t count;
	struct question question[QUESTIONS];
	size_t helos, senders;
	char helo[NAMES_ASKED][DNS_NAME];
	char sender[NAMES_ASKED][DNS_NAME];
	bool client_known;
	struct client_facts client;
	size_t helos_known;
	struct helo_dns_facts helo_facts[NAMES_ASKED];
};

/* Answers */

/* A question has its end. With the last one, what waited for it is decided. */
static void answered(struct question *q)
{
	struct session *session = q->of->session;

	q->list = NULL;
	q->names = NULL;
	session->waiting--;
	judge_changed(session, q->of->agent);
}

static bool may_be_accused(const struct session *session)
{
	return !session->dialogue.relay;
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
	struct session *session = q->of->session;
	const struct list *list;
	const char *about = subject_of(q);
	char detail[FINDING_DETAIL], code[ADDR_TEXT];

	if (!hit) {
		answered(q);
		return;
	}
	if (!may_be_accused(session) || hit->list >= q->of->agent->config.lists_count)
		return;
	list = &q->of->agent->config.lists[hit->list];
	addr_format(code, &hit->code);
	snprintf(detail, sizeof(detail), "%s says %s%s%.60s", list->shown, code,
		 about ? " of " : "", about ? about : "");
	/* Told at once: who is listed for certain need not wait for the slowest list. */
	if (findings_put_list(&session->dialogue.findings, ids[list->kind],
			      list->group[hit->group].rule, hit->ttl, detail))
		judge_changed(session, q->of->agent);
}

static void accuse(struct lookups *l, const struct findings *found)
{
	const struct suspect *suspect = &l->agent->suspect;

	if (!may_be_accused(l->session))
		return;
	for (size_t i = 0; i < found->count; i++)
		if (!suspect->active || !suspect_covers(found->list[i].id))
			findings_put_copy(&l->session->dialogue.findings, &found->list[i]);
}

static void check_helo(struct lookups *l, size_t which)
{
	const struct config *config = &l->agent->config;
	struct findings found;

	findings_clear(&found);
	check_helo_dns(&found, &l->helo_facts[which], l->client_known ? &l->client : NULL,
		       config->brands, config->brands_count);
	accuse(l, &found);
}

/* 0 means never, in the configuration. */
static unsigned suspect_share(const struct config *config)
{
	return config->dns.suspect_share ? config->dns.suspect_share : 100;
}

static void tell_suspicion(struct agent *a)
{
	char words[SUSPECT_WORDS];

	events_note(a, "note", "%s",
		    a->suspect.active ? suspect_words(&a->suspect, words)
				      : "the resolver is no longer suspect: checks of names in the "
					"DNS count again");
}

void lookups_tick(struct agent *a, uint32_t now)
{
	a->suspect.share = suspect_share(&a->config);
	if (a->resolver && suspect_tick(&a->suspect, now))
		tell_suspicion(a);
}

static void client_told(const struct client_facts *facts, void *context)
{
	struct question *q = context;
	struct lookups *l = q->of;
	struct findings found;

	l->client = *facts;
	l->client_known = true;
	if (suspect_note(&l->agent->suspect, facts, boot_seconds()))
		tell_suspicion(l->agent);
	findings_clear(&found);
	check_client_dns(&found, facts);
	accuse(l, &found);
	/* What the HELO is compared with has come late: again. */
	for (size_t i = 0; i < l->helos_known; i++)
		check_helo(l, i);
	answered(q);
}

static void helo_told(const struct helo_dns_facts *facts, void *context)
{
	struct question *q = context;
	struct lookups *l = q->of;

	l->helo_facts[l->helos_known] = *facts;
	check_helo(l, l->helos_known++);
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

static struct question *question_new(struct lookups *l, enum subject subject, size_t which)
{
	struct question *q = &l->question[l->count];

	*q = (struct question){.of = l, .subject = subject, .which = which};
	return q;
}

/* What was not asked, for want of lists or memory, is not waited for. */
static void question_asked(struct lookups *l, const struct question *q)
{
	if (!q->list && !q->names)
		return;
	l->count++;
	l->session->waiting++;
}

static void ask_lists(struct lookups *l, enum subject subject, size_t which, const char *domain)
{
	struct question *q = question_new(l, subject, which);
	struct session *session = l->session;

	if (subject == ABOUT_CLIENT)
		q->list = lists_ask_addr(l->agent->lists, &session->flow.client,
					 session->dialogue.ports, listed, q);
	else
		q->list = lists_ask_domain(
			l->agent->lists, domain,
			subject == ABOUT_HELO ? LIST_RHSBL_HELO : LIST_RHSBL_SENDER, listed, q);
	question_asked(l, q);
}

static void ask_names(struct lookups *l, enum subject subject, size_t which, const char *name)
{
	struct question *q = question_new(l, subject, which);
	struct resolver *r = l->agent->resolver;

	if (!config_dns_checks(&l->agent->config) || l->session->dialogue.ports != PORTS_MX)
		return;
	if (subject == ABOUT_CLIENT)
		q->names = names_ask_client(r, &l->session->flow.client, client_told, q);
	else if (subject == ABOUT_HELO)
		q->names = names_ask_helo(r, name, helo_told, q);
	else
		q->names = names_ask_sender(r, name, sender_told, q);
	question_asked(l, q);
}

static bool is_known(char (*names)[DNS_NAME], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* Each name once, the first few: `names` keeps them. */
static void ask_about(struct lookups *l, enum subject subject, char (*names)[DNS_NAME],
		      size_t *count, const char *name)
{
	size_t which = *count;

	if (!*name || which == NAMES_ASKED || strlen(name) >= DNS_NAME ||
	    is_known(names, which, name))
		return;
	strcpy(names[which], name);
	++*count;
	/* A bare or bracketed address is no domain. */
	if (subject == ABOUT_SENDER || (name[0] != '[' && strchr(name, '.')))
		ask_lists(l, subject, which, name);
	ask_names(l, subject, which, name);
}

/* "EHLO mail.example.net" as kept for the log; what is escaped there is no DNS name. */
static void ask_helos(struct lookups *l)
{
	const struct kept *kept = &l->session->dialogue.helo;

	for (size_t i = 0; i < kept_count(kept); i++) {
		const char *name = kept_text(kept, i) + strcspn(kept_text(kept, i), " \t");

		name += strspn(name, " \t");
		ask_about(l, ABOUT_HELO, l->helo, &l->helos, name);
	}
}

static void ask_senders(struct lookups *l)
{
	const struct kept *kept = &l->session->dialogue.mail_from;

	for (size_t i = 0; i < kept_count(kept); i++) {
		const char *at = strrchr(kept_text(kept, i), '@');

		if (at && at[1] != '[')
			ask_about(l, ABOUT_SENDER, l->sender, &l->senders, at + 1);
	}
}

static bool is_worth_asking(const struct agent *a, const struct session *session)
{
	const struct addr *client = &session->flow.client;

	return a->resolver && !session->dialogue.relay && !addr_special(client) &&
	       !nets_covering(&a->allow, client, boot_seconds());
}

void lookups_began(struct session *session, void *agent)
{
	struct agent *a = agent;
	struct lookups *l;

	if (!is_worth_asking(a, session))
		return;
	l = malloc(sizeof(*l));
	if (!l)
		return;
	l->agent = a;
	l->session = session;
	l->count = l->helos = l->senders = l->helos_known = 0;
	l->client_known = false;
	session->lookups = l;
	ask_lists(l, ABOUT_CLIENT, 0, NULL);
	ask_names(l, ABOUT_CLIENT, 0, NULL);
}

void lookups_named(struct session *session, void *agent)
{
	(void)agent;
	if (!session->lookups || session->dialogue.relay)
		return;
	ask_helos(session->lookups);
	ask_senders(session->lookups);
}

void lookups_forget(struct session *session)
{
	struct lookups *l = session->lookups;

	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		if (l->question[i].list)
			lists_cancel(l->question[i].list);
		if (l->question[i].names)
			names_cancel(l->question[i].names);
	}
	session->waiting = 0;
	session->lookups = NULL;
	free(l);
}

/* The rooms behind it */

struct opened_list {
	const struct policy *policy;
	unsigned list;
};

static bool is_of_list(const struct finding *finding, const void *opened)
{
	const struct opened_list *o = opened;

	return finding_is_of_list(finding) && finding->which < o->policy->list_count &&
	       o->policy->list[finding->which].list == o->list;
}

static void forget_list(struct session *session, void *opened)
{
	judge_forget(session, is_of_list, opened);
}

/* Sessions under way forget what it said before a verdict can come of it. */
static void list_opened(unsigned list, const char *why, void *context)
{
	struct agent *a = context;
	struct opened_list opened = {&a->config.policy, list};

	sessions_each(a->sessions, forget_list, &opened);
	events_note(a, "note", "list %s is not believed any more: %s", a->config.lists[list].shown,
		    why);
	withdraw_list(a, list, why);
}

static void list_closed(unsigned list, void *context)
{
	struct agent *a = context;

	events_note(a, "note", "list %s passes its test entries and is believed",
		    a->config.lists[list].shown);
}

int lookups_open(struct agent *a, char *error, size_t size)
{
	static const struct lists_handlers handlers = {list_opened, list_closed};
	const struct resolver_settings settings = config_resolver_settings(&a->config);

	if (!a->config.lists_count && !config_dns_checks(&a->config))
		return 0;
	suspect_init(&a->suspect, suspect_share(&a->config));
	a->resolver = resolver_new(&a->loop, &settings, error, size);
	if (!a->resolver)
		return -1;
	a->lists = lists_new(&a->loop, a->resolver, a->config.lists, a->config.lists_count,
			     &handlers, a);
	if (a->lists)
		return 0;
	snprintf(error, size, "out of memory");
	return -1;
}

void lookups_close(struct agent *a)
{
	lists_free(a->lists);
	resolver_free(a->resolver);
	a->lists = NULL;
	a->resolver = NULL;
}
