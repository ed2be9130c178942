// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "events.h"
#include "feeds.h"
#include "lookups.h"
#include "senders.h"
#include "../feeds/evidence.h"

struct lookups {
	struct agent *agent;
	struct session *session;
	struct evidence *evidence;
	char name[DNS_FACT_NAME]; /* of the client; "" where none is known */
};

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

/* Answers */

static void on_client(const struct client_facts *facts, void *context)
{
	struct lookups *l = context;

	if (facts->count)
		snprintf(l->name, sizeof(l->name), "%s", facts->name[0]);
	senders_client(l->agent, facts);
	/* Machines that submit mail have no names to speak of. */
	if (l->session->dialogue.ports == PORTS_MX &&
	    suspect_note(&l->agent->suspect, facts, boot_seconds()))
		tell_suspicion(l->agent);
}

static bool on_counts(enum finding_id id, void *context)
{
	const struct lookups *l = context;

	return !l->session->dialogue.relay && !(l->agent->suspect.active && suspect_covers(id));
}

/* With the last answer, what waited for it is decided. */
static void on_changed(void *context)
{
	struct lookups *l = context;

	l->session->waiting = evidence_waiting(l->evidence);
	judge_changed(l->session, l->agent);
}

/* Questions */

static bool is_worth_judging(const struct agent *a, const struct session *session)
{
	const struct addr *client = &session->flow.client;
	const struct net_reason *allowed;

	if (session->dialogue.relay || addr_special(client) || feeds_sparing(a, client))
		return false;
	allowed = nets_covering(&a->allow, client, boot_seconds());
	/* Who is a relay by its volume must earn that again on all that is known of it, who is
	 * allowed by name does so from then on: and both are reported. */
	return !allowed || allowed->kind >= NET_RELAY;
}

bool lookups_name_pending(const struct agent *a, const struct session *session)
{
	return a->config.allow_names.count && session->lookups &&
	       evidence_awaits_client(session->lookups->evidence);
}

static void on_feed(const struct feed_hit *hit, void *context)
{
	const struct lookups *l = context;

	feed_evidence(&l->session->dialogue.findings, &l->agent->config.feeds[hit->feed],
		      &hit->entry, hit->ttl);
}

/* In memory: with or without a resolver. */
static void ask_feeds(struct agent *a, struct session *session)
{
	struct lookups l = {.agent = a, .session = session};

	if (is_worth_judging(a, session))
		feeds_score(a, &session->flow.client, session->dialogue.ports, on_feed, &l);
}

void lookups_began(struct session *session, void *agent)
{
	static const struct evidence_handlers handlers = {on_client, on_counts, on_changed};
	struct agent *a = agent;
	const struct evidence_sources sources = {a->resolver, a->lists, &a->config};
	struct lookups *l;

	ask_feeds(a, session);
	if (!a->resolver || !is_worth_judging(a, session))
		return;
	l = malloc(sizeof(*l));
	if (!l)
		return;
	l->agent = a;
	l->session = session;
	l->name[0] = '\0';
	l->evidence = evidence_new(&sources, &session->flow.client, session->dialogue.ports,
				   &session->dialogue.findings, &handlers, l);
	if (!l->evidence) {
		free(l);
		return;
	}
	session->lookups = l;
	session->waiting = evidence_waiting(l->evidence);
}

void lookups_named(struct session *session, void *agent)
{
	const struct dialogue *d = &session->dialogue;
	struct evidence *e;

	(void)agent;
	if (!session->lookups || d->relay)
		return;
	e = session->lookups->evidence;
	for (size_t i = 0; i < kept_count(&d->helo); i++)
		evidence_hello_line(e, kept_text(&d->helo, i));
	for (size_t i = 0; i < kept_count(&d->mail_from); i++)
		evidence_sender(e, kept_text(&d->mail_from, i));
	session->waiting = evidence_waiting(e);
}

void lookups_forget(struct session *session)
{
	if (!session->lookups)
		return;
	evidence_free(session->lookups->evidence);
	free(session->lookups);
	session->waiting = 0;
	session->lookups = NULL;
}

const char *lookups_name(const struct session *session)
{
	const struct lookups *l = session->lookups;

	return l && l->name[0] ? l->name : NULL;
}

/* The rooms behind it */

static void forget_list(struct session *session, void *of_list)
{
	judge_forget(session, evidence_is_of_list, of_list);
}

/* Sessions under way forget what it said before a verdict can come of it. */
static void list_opened(unsigned list, const char *why, void *context)
{
	struct agent *a = context;
	struct evidence_of_list of_list = {&a->config.policy, list};

	sessions_each(a->sessions, forget_list, &of_list);
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

	if (!config_needs_dns(&a->config))
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
