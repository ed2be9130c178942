// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/duration.h"
#include "../base/log.h"
#include "../base/names.h"
#include "events.h"
#include "remember.h"
#include "trust.h"

/* "198.51.100.7:41234", "[2001:db8::1]:25" */
static json_t *endpoint(const struct addr *addr, __be16 port)
{
	char text[ADDR_TEXT];

	addr_format(text, addr);
	return json_sprintf(addr_is_v4(addr) ? "%s:%u" : "[%s]:%u", text, ntohs(port));
}

static json_t *about(const char *event, const struct session *session)
{
	return json_pack("{s:s, s:o, s:o, s:s}", "event", event, "client",
			 endpoint(&session->flow.client, session->flow.client_port), "server",
			 endpoint(&session->flow.server, session->flow.server_port), "ports",
			 ports_name(session->dialogue.ports));
}

static json_t *findings_of(const struct policy *policy, const struct findings *f)
{
	char name[POLICY_FINDING_NAME];
	json_t *list = json_array();

	for (size_t i = 0; i < f->count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s}", "id",
						policy_finding_name(name, policy, &f->list[i]),
						"points", policy_points(policy, &f->list[i]),
						"detail", f->list[i].detail));
	return list;
}

static void log_verdict(const struct agent *a, const struct verdict_event *e, const char *prefix,
			const json_t *event)
{
	const struct finding *why = policy_main(&a->config.policy, &e->session->dialogue.findings);
	const struct addr *client = &e->session->flow.client;
	const char *detail = why ? why->detail : "";
	char ttl[DURATION_TEXT], watch[TRUST_WORDS + 16];

	if (e->doubtful)
		snprintf(watch, sizeof(watch), "watch (%s)", e->doubtful);
	if (e->decision.action == ACTION_LIMIT && !e->spared && !e->doubtful)
		log_event(LOG_LEVEL_INFO, client, event, "limit %s on %s for %s: %d points, %s",
			  prefix, ports_name(e->session->dialogue.ports),
			  duration_format(ttl, e->decision.ttl), e->decision.score, detail);
	else if (e->decision.kind != DECISION_BLOCK)
		log_event(LOG_LEVEL_INFO, client, event, "watch %s: %d points, %s", prefix,
			  e->decision.score, detail);
	else if (e->spared)
		log_event(LOG_LEVEL_INFO, client, event, "spared %s (%s): %s, %s", prefix,
			  e->spared, cause_name(e->decision.cause), detail);
	else
		log_event(LOG_LEVEL_INFO, client, event, "%s %s on %s for %s: %s, %s",
			  e->stands                      ? "stands already: block"
			  : e->doubtful                  ? watch
			  : a->mode.mode == MODE_ENFORCE ? "block"
							 : "would block (monitor mode)",
			  prefix, ports_name(e->session->dialogue.ports),
			  duration_format(ttl, e->decision.ttl), cause_name(e->decision.cause),
			  detail);
}

void events_verdict(struct agent *a, const struct verdict_event *e)
{
	const struct session *session = e->session;
	bool blocks = e->decision.kind == DECISION_BLOCK;
	bool watches = e->doubtful && !e->stands;
	bool enforced =
		blocks && !e->spared && !e->error && !watches && a->mode.mode == MODE_ENFORCE;
	json_t *event = about("verdict", session);
	char prefix[ADDR_TEXT];

	prefix_format(prefix, &e->prefix);
	json_object_update_new(
		event, json_pack("{s:s, s:i, s:s, s:b, s:o}", "verdict", blocks ? "block" : "watch",
				 "score", e->decision.score, "mode", mode_name(a->mode.mode),
				 "enforced", enforced, "findings",
				 findings_of(&a->config.policy, &session->dialogue.findings)));
	if (blocks || e->decision.action == ACTION_LIMIT)
		json_object_update_new(event, json_pack("{s:s, s:s, s:i, s:s}", "cause",
							cause_name(e->decision.cause), "action",
							action_name(e->decision.action), "ttl",
							(int)e->decision.ttl, "blocked", prefix));
	if (blocks && e->latency_us > 0)
		json_object_set_new(event, "latency_us", json_real((double)e->latency_us));
	if (blocks && !enforced)
		json_object_set_new(event, "why_not",
				    json_string(e->spared  ? e->spared
						: e->error ? "the verdict map is full"
						: watches  ? e->doubtful
							   : "monitor mode"));
	log_verdict(a, e, prefix, event);
	journal_add(a->journal, event);
}

/* Sessions end by the thousand a second: theirs are written, not built. */

static void write_endpoint(struct writer *w, const char *name, const struct addr *addr, __be16 port)
{
	char text[ADDR_TEXT + 9] = "[", *at = text + 1; /* "[", "]:", five digits */
	bool v4 = addr_is_v4(addr);

	addr_format(at, addr);
	at = stpcpy(at + strlen(at), v4 ? ":" : "]:");
	for (unsigned n = ntohs(port), unit = 10000; unit; unit /= 10)
		if (n >= unit || unit == 1)
			*at++ = (char)('0' + n / unit % 10);
	*at = '\0';
	writer_string(w, name, text + v4);
}

static void write_texts(struct writer *w, const char *name, const struct kept *kept, bool redact)
{
	char text[DIALOGUE_TEXT];

	writer_open(w, name, '[');
	for (size_t i = 0; i < kept_count(kept); i++) {
		const char *said = kept_text(kept, i);

		writer_string(w, NULL,
			      redact ? envelope_redact(text, sizeof(text), (const uint8_t *)said,
						       strlen(said))
				     : said);
	}
	writer_close(w, ']');
}

static void write_findings(struct writer *w, const struct policy *policy, const struct findings *f)
{
	char name[POLICY_FINDING_NAME];

	writer_open(w, "findings", '[');
	for (size_t i = 0; i < f->count; i++) {
		writer_open(w, NULL, '{');
		writer_string(w, "id", policy_finding_name(name, policy, &f->list[i]));
		writer_integer(w, "points", policy_points(policy, &f->list[i]));
		writer_string(w, "detail", f->list[i].detail);
		writer_close(w, '}');
	}
	writer_close(w, ']');
}

void events_session(struct agent *a, const struct session *session)
{
	const struct dialogue *d = &session->dialogue;
	struct writer *w = journal_write(a->journal);
	char outcome[64];

	writer_string(w, "event", "session");
	write_endpoint(w, "client", &session->flow.client, session->flow.client_port);
	write_endpoint(w, "server", &session->flow.server, session->flow.server_port);
	writer_string(w, "ports", ports_name(d->ports));
	write_texts(w, "helo", &d->helo, false);
	write_texts(w, "mail_from", &d->mail_from, false);
	/* Who was written to is nobody's business in a log: domains only, unless configured. */
	write_texts(w, "rcpt_to", &d->rcpt_to, !a->config.log_recipients);
	writer_integer(w, "rcpt", (long long)d->rcpt_to.seen);
	writer_bool(w, "starttls", d->starttls);
	writer_string(w, "outcome", dialogue_outcome(outcome, sizeof(outcome), d));
	writer_integer(w, "score", policy_decide(&a->config.policy, &d->findings, 0).score);
	writer_bool(w, "partial", d->partial);
	writer_thousandths(w, "seconds", session->touched - session->started);
	write_findings(w, &a->config.policy, &d->findings);
	journal_written(a->journal);
}

void events_unblocked(struct agent *a, const struct verdict_entry *entry, const char *why)
{
	const char *cause = cause_name(entry->verdict.cause);
	char prefix[ADDR_TEXT];
	json_t *event;

	prefix_format(prefix, &entry->prefix);
	event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "event", "unblock", "blocked", prefix,
			  "ports", ports_name(entry->ports), "cause", cause, "why", why, "hits",
			  (json_int_t)entry->hits.packets);
	log_event(LOG_LEVEL_INFO, &entry->prefix.addr, event,
		  "unblock %s on %s: %s (was %s, %llu hits)", prefix, ports_name(entry->ports), why,
		  cause, (unsigned long long)entry->hits.packets);
	remember_ended(a, entry, why);
	journal_add(a->journal, event);
}

void events_note(struct agent *a, const char *name, const char *format, ...)
{
	char text[512];
	json_t *event;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	event = json_pack("{s:s, s:s}", "event", name, "text", text);
	log_event(LOG_LEVEL_INFO, NULL, event, "%s: %s", name, text);
	journal_add(a->journal, event);
}
