// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "lookups.h"
#include "remember.h"
#include "trust.h"

#define RELAY_FOR  86400U
#define RELAYS_MAX 1024 /* beyond, others than relays by volume could find no room */
#define NOTED_FOR  3600 /* seconds that a reached ceiling stays worth a note */
#define CROWDS     20   /* networks of many offenders that are told of */

static const char at_ceiling[] = "the ceiling of verdicts.per_minute is reached";

int trust_open(struct agent *a)
{
	a->volume = volume_new(VOLUME_SOURCES);
	a->known = known_new(KNOWN_CLIENTS);
	a->crowd = crowd_new(CROWD_NETS);
	return a->volume && a->known && a->crowd ? 0 : -ENOMEM;
}

void trust_close(struct agent *a)
{
	volume_free(a->volume);
	known_free(a->known);
	crowd_free(a->crowd);
	suspend_free(&a->suspend);
}

/* New blocks that are not to be */

const char *trust_only_watch(const struct agent *a, const struct session *session,
			     const struct decision *decision, char words[TRUST_WORDS])
{
	unsigned wanted = a->config.trust_accepted, times;
	uint32_t now = boot_seconds();

	times = wanted && decision->cause == CAUSE_SCORE
			? known_times(a->known, &session->flow.client, now)
			: 0;
	if (times && times >= wanted) {
		snprintf(words, TRUST_WORDS,
			 "earned trust: it delivered mail in %u%s sessions within 30 days", times,
			 times == KNOWN_MOST ? " or more" : "");
		return words;
	}
	return ceiling_reached(&a->ceiling, a->config.blocks_per_minute, now) ? at_ceiling : NULL;
}

void trust_put(struct agent *a, const struct verdict_event *event)
{
	if (!event->doubtful)
		ceiling_blocked(&a->ceiling, boot_seconds());
	else if (event->doubtful == at_ceiling)
		ceiling_watched(&a->ceiling, boot_seconds());
}

/* Networks of many offenders: not those who are spared, and nobody whom a forger may have made up.
 */
void trust_offended(struct agent *a, const struct verdict_event *event)
{
	const struct addr *client = &event->session->flow.client;
	uint32_t now = boot_seconds();

	if (!event->spared && !judge_is_doubtful(a, event->session) &&
	    !known_times(a->known, client, now))
		crowd_offended(a->crowd, client, now);
}

/* Findings that convict whom they should not */

static bool is_listed(const struct prefix_list *list, const struct addr *addr)
{
	for (size_t i = 0; i < list->count; i++)
		if (prefix_contains(&list->item[i], addr))
			return true;
	return false;
}

static bool is_vouched_for(const struct agent *a, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (policy_points(&a->config.policy, &f->list[i]) < 0)
			return true;
	return false;
}

/* Pools that send for everybody are listed at times, and rightly: no list is wrong for that. */
static bool vouches(const struct net_reason *allowed, const struct finding *why)
{
	return allowed->kind == NET_CONFIG || allowed->kind == NET_ADMIN ||
	       allowed->kind == NET_NAME || (allowed->kind == NET_SPF && !finding_is_of_list(why));
}

/* Behind a relay stand bots, too: what it is convicted of says nothing against the check. */
static bool is_known_good(const struct agent *a, const struct session *session,
			  const struct finding *why, uint32_t now)
{
	const struct addr *client = &session->flow.client;
	const struct net_reason *allowed = nets_covering(&a->allow, client, now);

	if (session->dialogue.relay || (allowed && allowed->kind == NET_RELAY) ||
	    is_listed(&a->config.trusted_relays, client))
		return false;
	return (allowed && vouches(allowed, why)) ||
	       is_vouched_for(a, &session->dialogue.findings) ||
	       known_times(a->known, client, now) > 0;
}

static void suspend(struct agent *a, const struct suspension *s, const struct finding *finding)
{
	const struct policy *policy = &a->config.policy;
	char why[POLICY_FINDING_NAME + 64], words[SUSPEND_WORDS];

	events_note(a, "note", "%s", suspend_words(words, s, boot_seconds()));
	remember_suspended(a, s);
	snprintf(why, sizeof(why), "%s is suspended", s->name);
	if (finding_is_of_list(finding))
		withdraw_list(a, policy->list[finding->which].list, why);
	else
		withdraw_suspended(a, why);
}

/* A forger may have made a session in doubt, with the addresses of whom he likes. */
static void note_conviction(struct agent *a, const struct session *session, uint32_t now)
{
	const struct findings *f = &session->dialogue.findings;
	const struct finding *why = policy_main(&a->config.policy, f);
	const struct suspension *s;

	if (!why || !policy_convicts(&a->config.policy, why) || judge_is_doubtful(a, session))
		return;
	s = suspend_convicted(&a->suspend, &a->config.policy, why, &session->flow.client,
			      is_known_good(a, session, why, now), a->config.trust_suspend, now);
	if (s)
		suspend(a, s, why);
}

/* It is known for good, and a block stands against it. */
static void note_blamed(struct agent *a, const struct session *session, uint32_t now)
{
	const struct findings *f = &session->dialogue.findings;
	const struct prefix client = prefix_of(&session->flow.client, ADDR_BITS);
	const struct finding *why = policy_main(&a->config.policy, f);
	const struct kept *helo = &session->dialogue.helo;
	char name[POLICY_FINDING_NAME];
	struct verdict_entry entry;

	if (!why || judge_is_doubtful(a, session) || !is_known_good(a, session, why, now) ||
	    verdict_find(&a->maps, &client, session->dialogue.ports, now, &entry) ||
	    !action_blocks(entry.verdict.action))
		return;
	blamed_add(&a->blamed, &client.addr, session->dialogue.ports,
		   policy_finding_name(name, &a->config.policy, why), lookups_name(session),
		   kept_count(helo) ? kept_text(helo, kept_count(helo) - 1) : NULL, now);
}

struct suspension *trust_withdrawn_by(const struct agent *a, const struct verdict_entry *entry)
{
	struct finding finding = {.id = entry->verdict.cause};
	const char *words, *name;
	struct suspension *s;

	if (finding.id >= FINDING_COUNT || finding_is_of_list(&finding))
		return NULL;
	if (finding.id != FINDING_PATTERN)
		return suspend_find(&a->suspend, &finding);
	/* The kernel does not know which; without words it may be any. */
	words = reasons_get(&a->reasons, &entry->prefix, entry->ports);
	for (; finding.which < a->config.policy.pattern_count; finding.which++) {
		name = a->config.policy.pattern[finding.which].name;
		s = suspend_find(&a->suspend, &finding);
		if (s && (!*words ||
			  (!strncmp(words, name, strlen(name)) && words[strlen(name)] == ':')))
			return s;
	}
	return NULL;
}

void trust_list_withdrawn(struct agent *a, uint64_t lists)
{
	for (size_t key = 0; key < SUSPEND_KEYS; key++) {
		struct suspension *s = a->suspend.of[key];

		if (s && s->until && finding_is_of_list(&s->finding) &&
		    lists >> a->config.policy.list[s->finding.which].list & 1)
			s->withdrawn++;
	}
}

static void lift(struct agent *a, struct suspension *s, const char *why)
{
	events_note(a, "note", "%s is no longer suspended: %s", s->name, why);
	remember_lifted(a, s->name);
	suspend_lift(&a->suspend, &a->config.policy, s);
}

bool trust_lift(struct agent *a, const char *name)
{
	struct suspension *s = suspend_find_name(&a->suspend, name);

	if (s)
		lift(a, s, MODE_BY_MXDPCTL);
	return s;
}

void trust_tick(struct agent *a, uint32_t now)
{
	struct suspension *s;

	while ((s = suspend_over(&a->suspend, now)))
		lift(a, s, "its day is over");
}

void trust_renew(struct agent *a)
{
	suspend_renew(&a->suspend, &a->config.policy);
	remember_suspensions(a);
}

/* Relays by volume */

static bool stands_against(const struct agent *a, const struct volume_says *says, uint32_t now)
{
	struct verdict_entry entry;

	for (int ports = 0; ports < PORTS_COUNT; ports++)
		if (!verdict_find(&a->maps, &says->source, (enum port_class)ports, now, &entry) &&
		    (entry.verdict.cause == CAUSE_MANUAL || says->kind == VOLUME_MANY_NAMES))
			return true;
	return false;
}

static void note_relay(struct agent *a, const struct volume_says *says, uint32_t now)
{
	const struct net_reason *relay = nets_find(&a->allow, &says->source, NET_RELAY);
	char words[VOLUME_WORDS], text[ADDR_TEXT];
	bool new = !relay;

	if (relay && relay->expires > now + RELAY_FOR / 2)
		return;
	if (new && (nets_covering(&a->allow, &says->source.addr, now) ||
		    a->allow.of_kind[NET_RELAY] >= RELAYS_MAX || stands_against(a, says, now)))
		return;
	volume_words(words, says);
	if (nets_add(&a->allow, &says->source, NET_RELAY, now + RELAY_FOR, words))
		return;
	memory_save_soon(a);
	if (new)
		events_note(a, "note", "%s is a relay: it %s; it is not blocked for a day",
			    prefix_format(text, &says->source), words);
}

static void note_volume(struct agent *a, const struct session *session, uint32_t now)
{
	const struct kept *hello = &session->dialogue.helo;
	struct volume_says says;
	const char *name;

	if (!kept_count(hello))
		return;
	name = strchr(kept_text(hello, kept_count(hello) - 1), ' ');
	says = volume_served(a->volume, &session->flow.client, name ? name + 1 : "", now);
	if (says.kind != VOLUME_ORDINARY && a->config.trust_relays)
		note_relay(a, &says, now);
}

static bool is_spotless(const struct agent *a, const struct session *session)
{
	return policy_decide(&a->config.policy, &session->dialogue.findings, 0).kind ==
	       DECISION_PASS;
}

void trust_ended(struct agent *a, const struct session *session)
{
	uint32_t now = boot_seconds();

	volume_session(a->volume, now);
	if (session->decided == DECISION_BLOCK) {
		note_blamed(a, session, now);
		note_conviction(a, session, now);
	}
	if (session->decided != DECISION_PASS || !session->dialogue.accepted ||
	    judge_is_doubtful(a, session) || !is_spotless(a, session))
		return;
	known_accepted(a->known, &session->flow.client, now);
	remember_known(a, &session->flow.client);
	if (!session->dialogue.relay)
		note_volume(a, session, now);
}

/* What people are told */

static bool is_lately(uint32_t at, uint32_t now)
{
	return at && now - at < NOTED_FOR;
}

static void note_crowds(const struct agent *a, json_t *notes)
{
	struct crowd_says most;
	size_t count = crowd_list(a->crowd, boot_seconds(), &most, 1);
	char words[CROWD_WORDS], more[96] = "", net[ADDR_TEXT];

	if (!count)
		return;
	if (count > 1)
		snprintf(more, sizeof(more),
			 ", as have those of %zu other%s (see `mxdpctl report')", count - 1,
			 count == 2 ? "" : "s");
	prefix_format(net, &most.net);
	json_array_append_new(
		notes, json_sprintf("%s%s: such networks are not blocked by themselves; look "
				    "with `mxdpctl log --client %s', and if nobody there is "
				    "wanted, `mxdpctl block %s --for 1d'",
				    crowd_words(words, &most), more, net, net));
}

json_t *trust_crowds(const struct agent *a)
{
	struct crowd_says says[CROWDS];
	size_t count = crowd_list(a->crowd, boot_seconds(), says, CROWDS);
	json_t *list = json_array();
	char net[ADDR_TEXT];

	for (size_t i = 0; i < count && i < CROWDS; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "net",
						      prefix_format(net, &says[i].net), "offenders",
						      (int)says[i].offenders));
	return list;
}

void trust_notes(const struct agent *a, json_t *notes)
{
	uint32_t now = boot_seconds();
	char words[SUSPEND_WORDS];

	for (size_t key = 0; key < SUSPEND_KEYS; key++)
		if (a->suspend.of[key] && a->suspend.of[key]->until)
			json_array_append_new(
				notes, json_string(suspend_words(words, a->suspend.of[key], now)));
	note_crowds(a, notes);
	if (is_lately(a->ceiling.beyond_at, now))
		json_array_append_new(
			notes,
			json_sprintf("%llu verdicts only watch because there were more than %u new "
				     "blocks in a minute, some within the last hour: if `mxdpctl "
				     "list' shows an attack, raise verdicts.per_minute; if it "
				     "shows a check that is wrong, `mxdpctl checks off' it",
				     (unsigned long long)a->ceiling.beyond,
				     a->config.blocks_per_minute));
}

static json_t *clients_of(const struct suspension *s)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < s->clients; i++)
		json_array_append_new(list, json_string(prefix_format(text, &s->client[i])));
	return list;
}

json_t *trust_suspended(const struct agent *a)
{
	json_t *list = json_array();
	uint32_t now = boot_seconds();

	for (size_t key = 0; key < SUSPEND_KEYS; key++) {
		const struct suspension *s = a->suspend.of[key];

		if (s && s->until)
			json_array_append_new(list,
					      json_pack("{s:s, s:I, s:I, s:o}", "id", s->name,
							"until_in", (json_int_t)s->until - now,
							"withdrawn", (json_int_t)s->withdrawn,
							"clients", clients_of(s)));
	}
	return list;
}
