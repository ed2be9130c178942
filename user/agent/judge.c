// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From findings to a verdict in the kernel: decide, ask who must be spared, put, tell.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "../kernel/sockdiag.h"
#include "agent.h"
#include "events.h"
#include "feeds.h"
#include "lookups.h"
#include "outcomes.h"
#include "remember.h"
#include "trust.h"

#define COOKIES_IN_USE "SYN cookies were in use"

/* Why a verdict of the engine does not become one in the kernel; NULL where it does. */
static const char *spared_because(const struct agent *a, const struct session *session)
{
	const struct net_reason *reason;

	if (session->dialogue.relay)
		return "a relay: it speaks for others";
	reason = nets_covering(&a->allow, &session->flow.client, boot_seconds());
	if (!reason)
		return feeds_sparing(a, &session->flow.client) ? "a feed allows it" : NULL;
	return reason->text[0] ? reason->text : net_kind_name(reason->kind);
}

/* An IPv6 /64 that holds somebody who is allowed is not blocked as a whole. */
static struct prefix narrow_to_guilty(const struct agent *a, const struct session *session,
				      struct prefix prefix)
{
	if (prefix.plen < ADDR_BITS &&
	    (nets_meeting(&a->allow, &prefix, boot_seconds()) || feeds_sparing_some(a, &prefix)))
		return prefix_of(&session->flow.client, ADDR_BITS);
	return prefix;
}

bool judge_is_doubtful(const struct agent *a, const struct session *session)
{
	return a->cookies || (a->cookies_at && a->cookies_at >= session->started);
}

static int severity(unsigned action)
{
	return action == ACTION_WATCH ? 0 : action == ACTION_LIMIT ? 1 : 2;
}

/*
 * What stands already is left alone where it says more: an administrator's word whatever it is, a
 * block that lasts longer, and any block where the new verdict only watches or limits. That holds
 * for the networks around too, which a narrower verdict would hide from the gate.
 */
static bool says_more(const struct verdict *old, const struct verdict *v)
{
	if (old->cause == CAUSE_MANUAL)
		return true;
	if (severity(old->action) != severity(v->action))
		return severity(old->action) > severity(v->action);
	return old->action != ACTION_WATCH && old->expires >= v->expires;
}

static float since_proof(const struct session *session)
{
	return session->proof ? (float)(clock_ns(CLOCK_MONOTONIC) - session->proof) / 1000 : 0;
}

/*
 * Nearly always nothing stands yet, neither here nor around: it is put at once, and what is around
 * is asked for after that. Where a network says more, the new one goes again.
 */
static int put_or_leave(struct agent *a, struct verdict_event *event, const struct verdict *v)
{
	enum port_class ports = event->session->dialogue.ports;
	struct verdict_entry old;
	int err = verdict_put_new(&a->maps, &event->prefix, ports, v), missing;
	bool added = !err;

	if (added)
		event->latency_us = since_proof(event->session);
	else if (err != -EEXIST)
		return err;
	missing = added ? verdict_around(&a->maps, &event->prefix, ports, v->since, &old)
			: verdict_find(&a->maps, &event->prefix, ports, v->since, &old);
	event->stands = !missing && says_more(&old.verdict, v);
	if (!event->stands)
		return added ? 0 : verdict_put(&a->maps, &event->prefix, ports, v);
	if (added)
		verdict_delete(&a->maps, &event->prefix, ports);
	event->latency_us = 0; /* nothing of it stayed */
	if (severity(old.verdict.action) < severity(v->action))
		event->spared = "an administrator wants it watched";
	return 0;
}

/* Patterns are told apart by their names: the kernel's map says no more than that it was one. */
static const char *words_of(const struct agent *a, const struct finding *why,
			    char words[REASON_TEXT])
{
	const struct policy *policy = &a->config.policy;

	if (why->id != FINDING_PATTERN || why->which >= policy->pattern_count)
		return why->detail;
	snprintf(words, REASON_TEXT, "%s: %s", policy->pattern[why->which].name, why->detail);
	return words;
}

/* Puts event->decision on event->prefix; what is not needed for that comes after it. */
static int put_block(struct agent *a, struct verdict_event *event, uint32_t now)
{
	const struct session *session = event->session;
	const struct decision *d = &event->decision;
	const struct finding *why;
	const struct verdict v = {
		.expires = now + d->ttl,
		.since = now,
		.action = (__u8)(event->doubtful ? ACTION_WATCH : d->action),
		.flags = VERDICT_COURTESY,
		.cause = (__u16)d->cause,
	};
	uint64_t lists;
	char words[REASON_TEXT];
	bool one_will_do;
	int err = put_or_leave(a, event, &v);

	if (err) {
		a->counts.map_full++;
		log_error("the verdict map is full (%u): raise verdicts.max",
			  a->config.verdicts_max);
		return err;
	}
	if (event->stands)
		return 0;
	by_cause_add(&a->put, v.cause, v.action, 1);
	fault(verdict_put);
	if (!event->latency_us)
		event->latency_us = since_proof(session);
	why = policy_main(&a->config.policy, &session->dialogue.findings);
	lists = policy_rests_on(&a->config.policy, &session->dialogue.findings, &one_will_do);
	reasons_set(&a->reasons, &event->prefix, session->dialogue.ports,
		    why ? words_of(a, why, words) : "", lists);
	if (one_will_do)
		reasons_one_will_do(&a->reasons, &event->prefix, session->dialogue.ports);
	remember_blocked(a, event, &v);
	fault(verdict_told);
	return 0;
}

/* Off by default; never while a message is under way, whose fate the sender could not tell. */
static void kill_connection(const struct agent *a, const struct session *session)
{
	int err;

	if (!a->config.kill_connections || a->mode.mode != MODE_ENFORCE ||
	    session->dialogue.state == DIALOGUE_BODY)
		return;
	err = sockdiag_destroy(&session->flow);
	if (err && err != -ENOENT)
		log_warning("cannot end the connection of an offender: %s", strerror(-err));
}

static void count_block(struct agent *a, const struct verdict_event *event, uint32_t now)
{
	const struct session *session = event->session;

	if (!event->stands) {
		trust_put(a, event);
		*(event->doubtful ? &a->counts.watched : &a->counts.blocked) += 1;
		if (event->latency_us > 0)
			latency_add(&a->latency, event->latency_us);
		if (a->mode.mode == MODE_ENFORCE && !event->doubtful)
			history_blocked(a->history, &event->prefix, session->dialogue.ports, now,
					now + event->decision.ttl);
	}
	if (!event->doubtful)
		kill_connection(a, session);
}

static void block(struct agent *a, struct session *session)
{
	enum port_class ports = session->dialogue.ports;
	uint32_t now = boot_seconds();
	struct verdict_event event = {
		.session = session,
		.spared = spared_because(a, session),
	};
	char words[TRUST_WORDS];
	unsigned repeats = 0;

	event.prefix = prefix_of(&session->flow.client, ADDR_BITS);
	if (!event.spared)
		event.prefix = narrow_to_guilty(a, session,
						history_offence(a->history, &session->flow.client,
								ports, now, &repeats));
	event.decision = policy_decide(&a->config.policy, &session->dialogue.findings, repeats);
	event.doubtful = judge_is_doubtful(a, session)
				 ? COOKIES_IN_USE
				 : trust_only_watch(a, session, &event.decision, words);
	if (!event.spared)
		event.error = put_block(a, &event, now);
	if (event.spared)
		a->counts.spared++;
	else if (!event.error)
		count_block(a, &event, now);
	trust_offended(a, &event);
	events_verdict(a, &event);
	outcomes_decided(a, &event);
}

/* Journalled; and where the configuration wants it, slowed down. */
static void watch(struct agent *a, struct session *session, const struct decision *d)
{
	struct verdict_event event = {.session = session, .decision = *d};

	event.prefix = prefix_of(&session->flow.client, ADDR_BITS);
	if (d->action == ACTION_LIMIT) {
		event.spared = spared_because(a, session);
		event.doubtful = judge_is_doubtful(a, session) ? COOKIES_IN_USE : NULL;
		if (!event.spared)
			event.error = put_block(a, &event, boot_seconds());
	}
	a->counts.watched++;
	events_verdict(a, &event);
	outcomes_decided(a, &event);
}

/*
 * In boot seconds, cut as those of verdicts are: rounded up, the session that a verdict was made in
 * would seem to have begun after it. Records carry CLOCK_MONOTONIC, verdicts CLOCK_BOOTTIME; they
 * part while the host sleeps.
 */
static uint32_t started_at(const struct session *session)
{
	uint64_t age = clock_ns(CLOCK_MONOTONIC) / 1000000 - session->started;

	return (uint32_t)((clock_ns(CLOCK_BOOTTIME) / 1000000 - age) / 1000);
}

static void lift(struct agent *a, const struct verdict_entry *entry)
{
	if (!(entry->verdict.flags & VERDICT_COURTESY) ||
	    verdict_delete(&a->maps, &entry->prefix, entry->ports))
		return;
	reasons_forget(&a->reasons, &entry->prefix, entry->ports);
	history_forget(a->history, &entry->prefix);
	events_unblocked(a, entry, "mail accepted");
}

/* The log does not say when the session began: only what was let in since can have brought it. */
static void lift_told(struct agent *a, const struct prefix *prefix, uint32_t at)
{
	struct verdict_entry e;
	uint32_t let_in;

	if (verdict_get(&a->maps, prefix, PORTS_MX, &e))
		return;
	let_in = a->mode.mode == MODE_ENFORCE ? e.hits.courtesy : e.hits.last;
	if (let_in > e.verdict.since && at >= let_in)
		lift(a, &e);
}

void judge_told_accepted(struct agent *a, const struct addr *client, uint32_t at)
{
	const struct prefix host = prefix_of(client, ADDR_BITS), net = prefix_of(client, 64);

	lift_told(a, &host, at);
	if (!addr_is_v4(client))
		lift_told(a, &net, at);
}

/*
 * Mail was accepted in a session that began after its sender was blocked: a courtesy pass, and the
 * MTA knows better than we do. Automatic blocks only.
 */
static void lift_one(struct agent *a, const struct session *session, const struct prefix *prefix)
{
	enum port_class ports = session->dialogue.ports;
	struct verdict_entry entry;

	if (verdict_get(&a->maps, prefix, ports, &entry) ||
	    started_at(session) <= entry.verdict.since)
		return;
	lift(a, &entry);
}

static void lift_block(struct agent *a, const struct session *session)
{
	const struct addr *client = &session->flow.client;
	struct prefix host = prefix_of(client, ADDR_BITS), net = prefix_of(client, 64);

	lift_one(a, session, &host);
	if (!addr_is_v4(client))
		lift_one(a, session, &net);
}

static void note_relay(struct agent *a, const struct session *session)
{
	struct prefix prefix = prefix_of(&session->flow.client, ADDR_BITS);
	char text[ADDR_TEXT];

	if (nets_covering(&a->allow, &session->flow.client, boot_seconds()))
		return;
	nets_add(&a->allow, &prefix, NET_RELAY, boot_seconds() + 7 * 86400,
		 "sends PROXY headers or XCLIENT");
	memory_save_soon(a);
	log_warning("%s relays for others (PROXY header or XCLIENT): never blocked",
		    addr_format(text, &session->flow.client));
}

static void decide(struct agent *a, struct session *session)
{
	struct decision d = policy_decide(&a->config.policy, &session->dialogue.findings, 0);

	if ((int)d.kind <= session->decided)
		return;
	/* A list or its name may still vouch for it; with the answer this is asked again. */
	if ((d.kind == DECISION_BLOCK || d.action == ACTION_LIMIT) &&
	    (d.certain ? lookups_name_pending(a, session) : lookups_pending(session)))
		return;
	session->decided = d.kind;
	if (d.kind == DECISION_BLOCK)
		block(a, session);
	else
		watch(a, session, &d);
}

void judge_changed(struct session *session, void *context)
{
	struct agent *a = context;
	const struct findings *found = &session->dialogue.findings;

	if (session->dialogue.relay)
		note_relay(a, session);
	if (session->dialogue.accepted && !session->accepted_told) {
		session->accepted_told = true;
		history_accepted(a->history, &session->flow.client, boot_seconds());
		lift_block(a, session);
	}
	decide(a, session);
	for (; session->judged < found->count; session->judged++)
		a->found[found->list[session->judged].id]++;
	/* What is found later, with no new record, has no moment of its proof. */
	session->proof = 0;
}

void judge_forget(struct session *session,
		  bool (*gone)(const struct finding *f, const void *context), const void *context)
{
	struct dialogue *d = &session->dialogue;

	findings_forget(&d->findings, gone, context);
	if (d->holds)
		findings_forget(&d->held, gone, context);
	if (session->judged > d->findings.count)
		session->judged = d->findings.count;
}

void judge_ended(struct session *session, void *context)
{
	struct agent *a = context;

	a->counts.sessions++;
	a->counts.accepted += session->dialogue.accepted;
	if (session->dialogue.relay)
		note_relay(a, session);
	trust_ended(a, session);
	outcomes_ended(a, session);
	lookups_forget(session);
	events_session(a, session);
}
