// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration anew, while the programs go on: read as a whole first, so that a bad one
 * changes nothing. What stands in maps of a fixed size or in the programs themselves waits for the
 * next start, and is named.
 */
#include <stdio.h>
#include <string.h>

#include "../base/fault.h"
#include "../base/log.h"
#include "../log/out.h"
#include "../base/names.h"
#include "events.h"
#include "feeds.h"
#include "lookups.h"
#include "metrics.h"
#include "senders.h"
#include "trust.h"

#define WAITING_TEXT 256

static bool same_names(const struct name_list *a, const struct name_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->item[i], b->item[i]))
			return false;
	return true;
}

#define SWAP(a, b)                  \
	do {                        \
		typeof(a) t_ = (a); \
		(a) = (b);          \
		(b) = t_;           \
	} while (0)

static void wait_for(char *waiting, const char *name)
{
	size_t len = strlen(waiting);

	snprintf(waiting + len, WAITING_TEXT - len, "%s%s", len ? ", " : "", name);
}

/* A number that stays as it is until the next start. */
#define KEEP(field, name)                        \
	do {                                     \
		if (new->field != old->field)    \
			wait_for(waiting, name); \
		new->field = old->field;         \
	} while (0)

/* Gives `new' what cannot change, and names in `waiting' what should have. */
static void keep_fixed(struct config *old, struct config *new, char waiting[WAITING_TEXT])
{
	*waiting = '\0';
	if (!same_names(&old->interfaces, &new->interfaces))
		wait_for(waiting, "interfaces");
	SWAP(old->interfaces, new->interfaces); /* the agent's names point into them */
	if (memcmp(old->ports, new->ports, sizeof(old->ports)))
		wait_for(waiting, "ports");
	memcpy(new->ports, old->ports, sizeof(old->ports));
	if (strcmp(old->socket_group, new->socket_group))
		wait_for(waiting, "socket_group");
	SWAP(old->socket_group, new->socket_group);
	KEEP(xdp_mode, "attach.xdp");
	KEEP(ring_bytes, "tap.ring");
	KEEP(flows_max, "tap.flows");
	KEEP(client_budget, "tap.client_budget");
	KEEP(server_budget, "tap.server_budget");
	KEEP(verdicts_max, "verdicts.max");
	KEEP(log_events, "log.events");
}

/* Its servers, cache and deadlines belong to the resolver's life, which outlasts this. */
static void keep_resolver(struct config *old, struct config *new, char waiting[WAITING_TEXT])
{
	enum dns_checks checks = new->dns.checks;
	uint32_t share = new->dns.suspect_share;

	if (!same_names(&old->dns.server_texts, &new->dns.server_texts) ||
	    !same_names(&old->dns.stub_texts, &new->dns.stub_texts) ||
	    old->dns.timeout != new->dns.timeout || old->dns.cache_bytes != new->dns.cache_bytes)
		wait_for(waiting, "dns");
	SWAP(old->dns, new->dns);
	new->dns.checks = checks;
	new->dns.suspect_share = share;
}

/* Patterns and lists have other numbers now, and findings carry those. */
static void forget_numbered(struct session *session, void *agent)
{
	(void)agent;
	judge_forget(session, finding_is_numbered, NULL);
}

static unsigned find_list(const struct config *config, const struct list *wanted)
{
	for (unsigned i = 0; i < config->lists_count; i++)
		if (config->lists[i].kind == wanted->kind &&
		    !strcasecmp(config->lists[i].zone, wanted->zone))
			return i;
	return LIST_GONE;
}

/* As a bit: verdicts rest on feeds that score, and on no others. */
static unsigned find_feed(const struct config *config, const struct feed_settings *wanted)
{
	for (unsigned i = 0; i < config->feeds_count; i++)
		if (config->feeds[i].action == FEED_SCORE &&
		    !strcmp(config->feeds[i].name, wanted->name))
			return FEED_BIT + i;
	return LIST_GONE;
}

/*
 * Verdicts keep the lists and feeds that they rest on; those of lists and feeds that are gone are
 * taken back.
 */
static void renumber_lists(struct agent *a, const struct config *old)
{
	unsigned to[LIST_BITS];
	bool gone = false;

	for (unsigned i = 0; i < LIST_BITS; i++)
		to[i] = LIST_GONE;
	for (unsigned i = 0; i < old->lists_count; i++) {
		to[i] = find_list(&a->config, &old->lists[i]);
		gone |= to[i] == LIST_GONE;
	}
	for (unsigned i = 0; i < old->feeds_count; i++) {
		to[FEED_BIT + i] = find_feed(&a->config, &old->feeds[i]);
		gone |= old->feeds[i].action == FEED_SCORE && to[FEED_BIT + i] == LIST_GONE;
	}
	reasons_renumber(&a->reasons, to);
	withdraw_renumber(a, to);
	if (gone)
		withdraw_list(a, LIST_GONE, "its list was taken out of the configuration");
}

static void replace_lists(struct agent *a)
{
	char error[AGENT_ERROR];

	if (!a->resolver) {
		if (lookups_open(a, error, sizeof(error)))
			events_note(a, "note", "no questions to the DNS: %s", error);
		return;
	}
	if (!lists_reload(a->lists, a->config.lists, a->config.lists_count))
		events_note(a, "note", "no questions to lists: out of memory");
}

/* What mxdpctl has switched stays switched until the next start. */
static void keep_switched(struct agent *a)
{
	for (int id = 0; id < FINDING_COUNT; id++)
		if (a->switched[id] != SWITCHED_NOT)
			a->config.policy.rule[id].enabled = a->switched[id] == SWITCHED_ON;
}

static void replace(struct agent *a, struct config *new, char waiting[WAITING_TEXT])
{
	struct config old = a->config;

	keep_fixed(&old, new, waiting);
	if (a->resolver)
		keep_resolver(&old, new, waiting);
	a->config = *new;
	keep_switched(a);
	trust_renew(a);
	protected_replaced(a);
	fault(reloading);
	sessions_each(a->sessions, forget_numbered, a);
	replace_lists(a);
	renumber_lists(a, &old);
	log_out_open(&a->config.log);
	senders_reload(a);
	feeds_reload(a);
	metrics_replaced(a);
	agent_fill_live_values(a);
	if (a->config.mode != old.mode && !strcmp(a->mode.by, "config"))
		upkeep_mode(a, a->config.mode, "config", 0);
	config_free(&old);
}

void reload(struct agent *a)
{
	char error[AGENT_ERROR], waiting[WAITING_TEXT];
	struct config new;
	int err = agent_read_config(a, &new, error, sizeof(error));

	if (!err && (metrics_announce(a, &new, error, sizeof(error)) ||
		     protected_announce(a, &new, error, sizeof(error)))) {
		config_free(&new);
		err = -1;
	}
	a->reload_refused = err;
	if (err) {
		events_note(a, "note", "the configuration was not read anew, the old one stays: %s",
			    error);
		return;
	}
	replace(a, &new, waiting);
	events_note(a, "note", "configuration read anew%s%s",
		    *waiting ? "; only the next start changes " : "", waiting);
}
