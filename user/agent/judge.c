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
#include "../base/log.h"
#include "../kernel/sockdiag.h"
#include "agent.h"
#include "events.h"

/* Why a verdict of the engine does not become one in the kernel; NULL where it does. */
static const char *spared_because(const struct agent *a, const struct session *session)
{
	const struct net_reason *reason;

	if (session->dialogue.relay)
		return "a relay: it speaks for others";
	reason = nets_covering(&a->allow, &session->flow.client, boot_seconds());
	if (!reason)
		return NULL;
	return reason->text[0] ? reason->text : net_kind_name(reason->kind);
}

/* An IPv6 /64 that holds somebody who is allowed is not blocked as a whole. */
static struct prefix narrow_to_guilty(const struct agent *a, const struct session *session,
				      struct prefix prefix)
{
	if (prefix.plen < ADDR_BITS && nets_meeting(&a->allow, &prefix, boot_seconds()))
		return prefix_of(&session->flow.client, ADDR_BITS);
	return prefix;
}

/* A longer block that stands already is left alone: an administrator's above all. */
static bool stands_longer(const struct agent *a, const struct prefix *prefix, enum port_class ports,
			  const struct verdict *v)
{
	struct verdict_entry old;

	return !verdict_get(&a->maps, prefix, ports, &old) && old.verdict.action != ACTION_WATCH &&
	       old.verdict.expires >= v->expires;
}

static float since_proof(const struct session *session)
{
	return (float)(clock_ns(CLOCK_MONOTONIC) - session->proof) / 1000;
}

/* Puts event->decision on event->prefix; what is not needed for that comes after it. */
static int put_block(struct agent *a, struct verdict_event *event, uint32_t now)
{
	const struct session *session = event->session;
	const struct decision *d = &event->decision;
	enum port_class ports = session->dialogue.ports;
	const struct finding *why;
	struct verdict v = {
		.expires = now + d->ttl,
		.since = now,
		/* While SYN cookies are validated, a forger may have made this handshake. */
		.action = (__u8)(a->cookies ? ACTION_WATCH : d->action),
		.flags = VERDICT_COURTESY,
		.cause = (__u16)d->cause,
	};
	int err;

	/* Nearly always there is none yet: look only where there is one. */
	err = verdict_put_new(&a->maps, &event->prefix, ports, &v);
	if (err == -EEXIST && stands_longer(a, &event->prefix, ports, &v))
		return 0;
	if (err == -EEXIST)
		err = verdict_put(&a->maps, &event->prefix, ports, &v);
	if (err) {
		a->counts.map_full++;
		log_error("the verdict map is full (%u): raise verdicts.max",
			  a->config.verdicts_max);
		return err;
	}
	event->latency_us = since_proof(session);
	why = policy_main(&a->config.policy, &session->dialogue.findings);
	reasons_set(&a->reasons, &event->prefix, ports, why ? why->detail : "");
	return 0;
}

/* Off by default; never while a message is under way, whose fate the sender could not tell. */
static void kill_connection(const struct agent *a, const struct session *session)
{
	int err;

	if (!a->config.kill_connections || a->mode.mode != MODE_ENFORCE || a->cookies ||
	    session->dialogue.state == DIALOGUE_BODY)
		return;
	err = sockdiag_destroy(&session->flow);
	if (err && err != -ENOENT)
		log_warning("cannot end the connection of an offender: %s", strerror(-err));
}

static void block(struct agent *a, struct session *session)
{
	enum port_class ports = session->dialogue.ports;
	uint32_t now = boot_seconds();
	struct verdict_event event = {.session = session, .spared = spared_because(a, session)};
	unsigned repeats = 0;

	event.prefix = prefix_of(&session->flow.client, ADDR_BITS);
	if (!event.spared)
		event.prefix = narrow_to_guilty(a, session,
						history_offence(a->history, &session->flow.client,
								ports, now, &repeats));
	event.decision = policy_decide(&a->config.policy, &session->dialogue.findings, repeats);
	event.latency_us = since_proof(session);
	if (event.spared)
		a->counts.spared++;
	else
		event.error = put_block(a, &event, now);
	if (!event.spared && !event.error) {
		latency_add(&a->latency, event.latency_us);
		a->counts.blocked++;
		if (a->mode.mode == MODE_ENFORCE && !a->cookies)
			history_blocked(a->history, &event.prefix, ports, now,
					now + event.decision.ttl);
		kill_connection(a, session);
	}
	events_verdict(a, &event);
}

static void watch(struct agent *a, struct session *session, const struct decision *d)
{
	struct verdict_event event = {.session = session, .decision = *d};

	event.prefix = prefix_of(&session->flow.client, ADDR_BITS);
	a->counts.watched++;
	events_verdict(a, &event);
}

/* Records carry CLOCK_MONOTONIC, verdicts CLOCK_BOOTTIME; they part while the host sleeps. */
static uint32_t started_at(const struct session *session)
{
	uint64_t age = clock_ns(CLOCK_MONOTONIC) / 1000000 - session->started;

	return boot_seconds() - (uint32_t)(age / 1000);
}

/*
 * Mail was accepted in a session that began after its sender was blocked: a courtesy pass, and the
 * MTA knows better than we do. Automatic blocks only.
 */
static void lift_block(struct agent *a, const struct session *session)
{
	struct prefix prefix = prefix_of(&session->flow.client, ADDR_BITS);
	enum port_class ports = session->dialogue.ports;
	struct verdict_entry entry;

	if (verdict_get(&a->maps, &prefix, ports, &entry) ||
	    !(entry.verdict.flags & VERDICT_COURTESY) || started_at(session) <= entry.verdict.since)
		return;
	if (verdict_delete(&a->maps, &prefix, ports))
		return;
	reasons_forget(&a->reasons, &prefix, ports);
	history_forget(a->history, &prefix);
	events_unblocked(a, &entry, "mail accepted");
}

static void note_relay(struct agent *a, const struct session *session)
{
	struct prefix prefix = prefix_of(&session->flow.client, ADDR_BITS);
	char text[ADDR_TEXT];

	if (nets_covering(&a->allow, &session->flow.client, boot_seconds()))
		return;
	nets_add(&a->allow, &prefix, NET_RELAY, boot_seconds() + 7 * 86400,
		 "sends PROXY headers or XCLIENT");
	log_warning("%s relays for others (PROXY header or XCLIENT): never blocked",
		    addr_format(text, &session->flow.client));
}

void judge_changed(struct session *session, void *context)
{
	struct agent *a = context;
	struct decision d = policy_decide(&a->config.policy, &session->dialogue.findings, 0);

	if (session->dialogue.relay)
		note_relay(a, session);
	if (session->dialogue.accepted && !session->accepted_told) {
		session->accepted_told = true;
		history_accepted(a->history, &session->flow.client, boot_seconds());
		lift_block(a, session);
	}
	if ((int)d.kind <= session->decided)
		return;
	session->decided = d.kind;
	for (size_t i = 0; i < session->dialogue.findings.count; i++)
		a->found[session->dialogue.findings.list[i].id]++;
	if (d.kind == DECISION_BLOCK)
		block(a, session);
	else
		watch(a, session, &d);
}

void judge_ended(struct session *session, void *context)
{
	struct agent *a = context;

	a->counts.sessions++;
	a->counts.accepted += session->dialogue.accepted;
	if (session->dialogue.relay)
		note_relay(a, session);
	events_session(a, session);
}
