// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/escape.h"
#include "../base/log.h"
#include "../checks/hostname.h"
#include "../dns/spf.h"
#include "events.h"
#include "senders.h"

#define DAY       86400U
#define HOLDS     (7 * DAY) /* what was read last */
#define RETRY_MAX 900U      /* seconds */
#define NAME_FOR  3600U
#define NOTED     3600U /* seconds of failing after which it is worth a note */

#define BY_NAME "reverse name "

struct sender {
	struct agent *agent;
	char domain[DNS_NAME];
	char text[NET_REASON_TEXT]; /* its reason in a->allow */
	bool ours;                  /* not named in the configuration */
	struct spf_query *query;
	/* Boot seconds. */
	uint32_t ask_at;
	uint32_t read_at; /* 0: not since the start */
	uint32_t until;   /* what is known holds so long */
	uint32_t failing; /* since when; 0: it is not */
	uint32_t retry;   /* seconds */
	unsigned left_out, wide;
	char why[SPF_WHY];
	size_t count;
	struct prefix *net;
};

struct senders {
	size_t count, networks;
	size_t no_room; /* networks that a->allow did not take */
	struct sender *list[];
};

/* What they name, into a->allow */

static int gather(const struct senders *senders, struct nets *wanted)
{
	int err = 0;

	for (size_t i = 0; i < senders->count; i++) {
		const struct sender *s = senders->list[i];

		for (size_t k = 0; k < s->count && !err; k++) {
			const struct net_reason *by = nets_find(wanted, &s->net[k], NET_SPF);

			/* Of two senders it is the one's whose word holds longer. */
			if (!by || by->expires < s->until)
				err = nets_add(wanted, &s->net[k], NET_SPF, s->until, s->text);
		}
	}
	return err;
}

static bool stands(const struct nets *nets, const struct net_reason *wanted)
{
	const struct net_reason *r = nets_find(nets, &wanted->prefix, NET_SPF);

	return r && r->expires == wanted->expires && !strcmp(r->text, wanted->text);
}

/* First who is new, then who is gone. Short of memory, nobody goes: the safer side. */
static void put_all(struct agent *a)
{
	struct senders *senders = a->senders;
	struct nets wanted;

	nets_init(&wanted, -1);
	if (gather(senders, &wanted))
		goto out;
	senders->no_room = 0;
	senders->networks = wanted.count;
	for (size_t i = 0; i < wanted.count; i++) {
		const struct net_reason *r = &wanted.list[i];

		if (!stands(&a->allow, r))
			senders->no_room +=
				!!nets_add(&a->allow, &r->prefix, NET_SPF, r->expires, r->text);
	}
	nets_keep(&a->allow, &wanted, NET_SPF);
	memory_save_soon(a);
out:
	nets_free(&wanted);
}

/* Answers */

static void set_nets(struct sender *s, struct prefix *net, size_t count)
{
	free(s->net);
	s->net = net;
	s->count = count;
}

static bool is_same(const struct sender *s, const struct spf_result *r)
{
	return s->count == r->count &&
	       (!r->count || !memcmp(s->net, r->net, r->count * sizeof(*r->net)));
}

static void ask_again(struct sender *s, uint32_t ttl)
{
	uint32_t least = s->agent->config.dns.ttl_min;

	s->ask_at = boot_seconds() + (ttl > least ? ttl : least);
}

static void note_failure(struct sender *s, const char *why)
{
	bool new = !s->failing;

	utf8_copy(s->why, sizeof(s->why), why);
	if (!new)
		return;
	s->failing = boot_seconds();
	/* Where the DNS is silent that is told by `status', once for all of them. */
	if (s->ours) {
		log_debug("the SPF record of %s cannot be made use of: %s", s->domain, s->why);
		return;
	}
	events_note(s->agent, "note", "the SPF record of %s cannot be made use of: %s; %s",
		    s->domain, s->why,
		    s->count ? "what was read last holds for now" : "nobody is allowed by it");
}

static void failed(struct sender *s, const char *why)
{
	note_failure(s, why);
	ask_again(s, s->retry);
	s->retry = s->ask_at - boot_seconds();
	s->retry = s->retry * 2 < RETRY_MAX ? s->retry * 2 : RETRY_MAX;
}

static void tell_change(const struct sender *s, const struct spf_result *r)
{
	if (s->read_at || s->count)
		events_note(s->agent, "note",
			    "the SPF record of %s names other networks: %zu now, "
			    "%zu before",
			    s->domain, r->count, s->count);
	else
		log_info("the SPF record of %s names %zu networks", s->domain, r->count);
	if (r->left_out)
		log_info("%u terms of the SPF record of %s cannot be known beforehand (ptr, "
			 "exists, macros): who is named by them alone is not allowed",
			 r->left_out, s->domain);
	if (r->wide)
		log_warning("%u networks in the SPF record of %s are too wide: left out", r->wide,
			    s->domain);
}

static void take(struct sender *s, const struct spf_result *r)
{
	uint32_t now = boot_seconds();
	bool same = is_same(s, r);
	struct prefix *net;

	if (!same) {
		net = calloc(r->count ? r->count : 1, sizeof(*net));
		if (!net) {
			failed(s, "out of memory");
			return;
		}
		tell_change(s, r);
		if (r->count)
			memcpy(net, r->net, r->count * sizeof(*net));
		set_nets(s, net, r->count);
	}
	s->read_at = now;
	s->retry = 0;
	s->left_out = r->left_out;
	s->wide = r->wide;
	if (r->outcome == SPF_EXPANDED)
		s->failing = 0;
	/* Renewed each day, not each minute: it is written to disk. */
	if (same && s->until > now + HOLDS - DAY)
		return;
	s->until = now + HOLDS;
	put_all(s->agent);
}

static void expanded(const struct spf_result *r, void *context)
{
	struct sender *s = context;

	s->query = NULL;
	if (r->outcome == SPF_BROKEN || r->outcome == SPF_UNKNOWN) {
		failed(s, r->why);
		return;
	}
	ask_again(s, r->ttl);
	take(s, r);
	if (r->outcome == SPF_NO_RECORD)
		note_failure(s, r->why);
}

void senders_tick(struct agent *a, uint32_t now)
{
	for (size_t i = 0; a->senders && i < a->senders->count; i++) {
		struct sender *s = a->senders->list[i];

		if (s->count && s->until <= now) {
			events_note(a, "note",
				    "%s is not allowed any more: its SPF record could "
				    "not be read for a week",
				    s->domain);
			set_nets(s, NULL, 0);
			put_all(a);
		}
		if (s->query || s->ask_at > now || !a->resolver)
			continue;
		s->query = spf_ask(a->resolver, s->domain, expanded, s);
		if (!s->query)
			failed(s, "out of memory");
	}
}

/* Who they are */

static struct sender *find(const struct senders *senders, const char *domain)
{
	for (size_t i = 0; senders && i < senders->count; i++)
		if (senders->list[i] && !strcmp(senders->list[i]->domain, domain))
			return senders->list[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

/* What an earlier agent knew; in order, as results are. */
static void recall(struct sender *s)
{
	const struct nets *allow = &s->agent->allow;

	if (!allow->of_kind[NET_SPF])
		return;
	s->net = calloc(allow->of_kind[NET_SPF], sizeof(*s->net));
	if (!s->net)
		return;
	for (size_t i = 0; i < allow->count; i++) {
		const struct net_reason *r = &allow->list[i];

		if (r->kind != NET_SPF || strcmp(r->text, s->text))
			continue;
		s->net[s->count++] = r->prefix;
		s->until = r->expires;
	}
	if (s->count)
		qsort(s->net, s->count, sizeof(*s->net), compare);
}

static struct sender *sender_new(struct agent *a, const char *domain)
{
	struct sender *s = calloc(1, sizeof(*s));
	char text[DNS_NAME + 16];

	if (!s)
		return NULL;
	s->agent = a;
	utf8_copy(s->domain, sizeof(s->domain), domain);
	snprintf(text, sizeof(text), "SPF of %s", s->domain);
	utf8_copy(s->text, sizeof(s->text), text);
	recall(s);
	return s;
}

static void sender_free(struct sender *s)
{
	if (!s)
		return;
	if (s->query)
		spf_cancel(s->query);
	free(s->net);
	free(s);
}

/* Moves it over where it is known. */
static void want(struct agent *a, struct senders *new, const char *domain, bool ours)
{
	struct senders *old = a->senders;
	char name[HOSTNAME_MAX + 1];
	struct sender *s;

	if (!hostname_parse(name, domain) || find(new, name))
		return;
	s = find(old, name);
	for (size_t i = 0; s && i < old->count; i++)
		if (old->list[i] == s)
			old->list[i] = NULL;
	if (!s)
		s = sender_new(a, name);
	if (!s)
		return;
	s->ours = ours;
	new->list[new->count++] = s;
}

static void senders_free(struct senders *senders)
{
	for (size_t i = 0; senders && i < senders->count; i++)
		sender_free(senders->list[i]);
	free(senders);
}

/* Names that were allowed before a restart or a new configuration, and are not any more. */
static void drop_names(struct agent *a)
{
	for (size_t i = a->allow.count; i--;) {
		const struct net_reason r = a->allow.list[i];

		if (r.kind == NET_NAME &&
		    !(strlen(r.text) > strlen(BY_NAME) &&
		      config_allows_name(&a->config, r.text + strlen(BY_NAME))))
			nets_remove(&a->allow, &r.prefix, NET_NAME);
	}
}

void senders_reload(struct agent *a)
{
	const struct name_list *named = &a->config.allow_spf;
	struct senders *new;

	drop_names(a);
	/* A resolver that cannot be had takes nobody out. */
	if (!a->resolver && config_needs_dns(&a->config))
		return;
	new = calloc(1,
		     sizeof(*new) + (named->count + senders_default_count) * sizeof(new->list[0]));
	if (!new) {
		events_note(a, "note", "senders are allowed as before: out of memory");
		return;
	}
	for (size_t i = 0; i < named->count; i++)
		want(a, new, named->item[i], false);
	for (size_t i = 0; config_allow_senders(&a->config) && i < senders_default_count; i++)
		want(a, new, senders_default[i], true);
	senders_free(a->senders);
	a->senders = new;
	put_all(a);
}

void senders_close(struct agent *a)
{
	senders_free(a->senders);
	a->senders = NULL;
}

/* Names */

static const char *allowed_name(const struct agent *a, const struct client_facts *facts)
{
	for (size_t i = 0; i < facts->confirmed_count; i++)
		if (config_allows_name(&a->config, facts->name[i]))
			return facts->name[i];
	return NULL;
}

/* Whether none of its names is left to be confirmed. */
static bool is_certain(const struct client_facts *facts)
{
	return facts->has_name == FACT_NO ||
	       (facts->has_name == FACT_YES && !facts->cut &&
		facts->confirmed_count + facts->refuted_count == facts->count);
}

void senders_client(struct agent *a, const struct client_facts *facts)
{
	struct prefix client = prefix_of(&facts->client, ADDR_BITS);
	const struct net_reason *old = nets_find(&a->allow, &client, NET_NAME);
	const char *name = allowed_name(a, facts);
	uint32_t now = boot_seconds();
	char text[DNS_FACT_NAME + sizeof(BY_NAME)];

	if (!name && old && is_certain(facts))
		nets_remove(&a->allow, &client, NET_NAME);
	if (!name || (old && old->expires > now + NAME_FOR / 2))
		return;
	snprintf(text, sizeof(text), BY_NAME "%s", name);
	if (nets_add(&a->allow, &client, NET_NAME, now + NAME_FOR, text))
		events_note(a, "note",
			    "a client with the %s is not allowed: there is no room for "
			    "more than %d of them",
			    text, NETS_NAMES);
}

/* What people are told */

long long senders_age(const struct agent *a, const struct net_reason *reason)
{
	for (size_t i = 0; a->senders && reason->kind == NET_SPF && i < a->senders->count; i++) {
		const struct sender *s = a->senders->list[i];

		if (!strcmp(s->text, reason->text))
			return s->read_at ? (long long)boot_seconds() - s->read_at : -1;
	}
	return -1;
}

json_t *senders_json(const struct agent *a)
{
	json_t *failing = json_object();

	for (size_t i = 0; a->senders && i < a->senders->count; i++)
		if (a->senders->list[i]->failing)
			json_object_set_new(failing, a->senders->list[i]->domain,
					    json_string(a->senders->list[i]->why));
	return json_pack("{s:I, s:I, s:I, s:o}", "domains",
			 (json_int_t)(a->senders ? a->senders->count : 0), "networks",
			 (json_int_t)a->allow.of_kind[NET_SPF], "names",
			 (json_int_t)a->allow.of_kind[NET_NAME], "failing", failing);
}

static bool is_worth_a_note(const struct sender *s)
{
	return s->failing && (!s->count || boot_seconds() - s->failing >= NOTED);
}

void senders_notes(const struct agent *a, json_t *notes)
{
	const struct senders *all = a->senders;
	const struct sender *first = NULL;
	size_t count = 0;

	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++) {
		const struct sender *s = all->list[i];

		if (is_worth_a_note(s) && !count++)
			first = s;
	}
	if (first)
		json_array_append_new(
			notes, json_sprintf("the SPF records of %zu of %zu senders cannot be made "
					    "use of, such as that of %s: %s; what was read last "
					    "holds for a week",
					    count, all->count, first->domain, first->why));
	if (all->no_room)
		json_array_append_new(notes,
				      json_sprintf("%zu networks of senders found no room in the "
						   "allow list: name fewer in allow_spf",
						   all->no_room));
}
