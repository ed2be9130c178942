// SPDX-License-Identifier: GPL-2.0-or-later
#include "../tap/keyed.h"

/* Clients choose what is hashed here. */
#define HASH_FUNCTION(key, len, hash) (hash) = keyed_hash(key, len)

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "../base/clock.h"
#include "../journal/store.h"
#include "../policy/baseline.h"
#include "lookups.h"
#include "outcomes.h"
#include "remember.h"

#define LINGER     660  /* seconds: sessions that began within a case may end so much later */
#define TOLD_LATE  3600 /* a line that is older says nothing of what stands now */
#define TRUST_EACH 3600
#define TEXT       1024

struct key {
	struct addr client;
	uint32_t ports;
};

struct open_case {
	struct key key;
	uint64_t number;
	enum store_case_kind kind;
	uint64_t at_ms, until_ms; /* of CLOCK_MONOTONIC, as session.started */
	uint64_t began_ms;        /* the session that it was opened for... */
	__be16 port;              /* and its port: tells it from others */
	UT_hash_handle hh;
};

/* What the log, or the wire, said of a client lately. Boot seconds, 0 is never. */
struct told {
	struct addr client;
	uint32_t trusted, accepted, refused;
	UT_hash_handle hh;
};

struct outcomes {
	struct open_case *cases;
	struct told *told;
	uint64_t number; /* of the newest case */
	struct baseline seen, heard;
	int64_t last;   /* boot seconds: mail accepted, seen or told; 0: none that is known */
	uint32_t alarm; /* boot seconds when mail was found to be low; 0: it is not */
};

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static int64_t wall_now(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) / 1000000000);
}

int outcomes_open(struct agent *a)
{
	a->outcomes = calloc(1, sizeof(*a->outcomes));
	return a->outcomes ? 0 : -ENOMEM;
}

static void drop_case(struct outcomes *o, struct open_case *c)
{
	HASH_DEL(o->cases, c);
	free(c);
}

void outcomes_close(struct agent *a)
{
	struct outcomes *o = a->outcomes;

	if (!o)
		return;
	while (o->cases)
		drop_case(o, o->cases);
	while (o->told) {
		struct told *t = o->told;

		HASH_DEL(o->told, t);
		free(t);
	}
	free(o);
	a->outcomes = NULL;
}

/* Cases */

static struct key key_of(const struct addr *client, enum port_class ports)
{
	return (struct key){*client, ports};
}

/* In order of arrival: the oldest makes room. */
static struct open_case *new_case(struct outcomes *o, const struct key *key)
{
	struct open_case *c;

	HASH_FIND(hh, o->cases, key, sizeof(*key), c);
	if (c)
		drop_case(o, c);
	else if (HASH_COUNT(o->cases) >= OUTCOMES_CASES)
		drop_case(o, o->cases);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->key = *key;
	HASH_ADD(hh, o->cases, key, sizeof(c->key), c);
	return c;
}

static struct open_case *find_case(struct agent *a, const struct addr *client,
				   enum port_class ports)
{
	const struct key key = key_of(client, ports);
	struct open_case *c;

	HASH_FIND(hh, a->outcomes->cases, &key, sizeof(key), c);
	return c;
}

static bool is_of(const struct open_case *c, const struct session *session)
{
	return c->began_ms == session->started && c->port == session->flow.client_port;
}

static bool is_open(const struct open_case *c, uint64_t at)
{
	return at <= c->until_ms;
}

static bool blocks(enum store_case_kind kind)
{
	return kind == CASE_WOULD_BLOCK || kind == CASE_BLOCKED;
}

/* The finding that weighs most, then all others that speak against it; once each. */
static const char *findings_text(const struct agent *a, const struct findings *f, char text[TEXT])
{
	const struct policy *policy = &a->config.policy;
	const struct finding *first = policy_main(policy, f);
	char name[POLICY_FINDING_NAME], word[POLICY_FINDING_NAME + 2];
	size_t len = 1;

	snprintf(text, TEXT, " ");
	for (size_t i = 0; i <= f->count; i++) {
		const struct finding *one = i ? &f->list[i - 1] : first;

		if (!one || (one != first && policy_points(policy, one) <= 0))
			continue;
		snprintf(word, sizeof(word), " %s ", policy_finding_name(name, policy, one));
		if (strstr(text, word) || len + strlen(word) >= TEXT)
			continue;
		len += (size_t)snprintf(text + len, TEXT - len, "%s", word + 1);
	}
	text[len - 1] = '\0';
	return len > 1 ? text + 1 : "";
}

static enum store_case_kind kind_of(const struct agent *a, const struct verdict_event *e,
				    const char **why)
{
	*why = e->spared ? e->spared : e->doubtful;
	if (e->decision.kind != DECISION_BLOCK || (e->doubtful && !e->spared))
		return CASE_WATCHED;
	if (e->spared)
		return CASE_SPARED;
	return a->mode.mode == MODE_ENFORCE && !e->error ? CASE_BLOCKED : CASE_WOULD_BLOCK;
}

/* NULL where there is none. */
static const char *last_of(const struct kept *kept)
{
	return kept_count(kept) ? kept_text(kept, kept_count(kept) - 1) : NULL;
}

/* A watched client has no block of its own to last; for as long as a first block of points. */
static uint32_t lasting(const struct agent *a, const struct decision *d)
{
	return d->ttl ? d->ttl : a->config.policy.ttl[TTL_SCORED].first;
}

/* What the log said of this session before it was decided about. */
static void catch_up(struct agent *a, const struct session *session)
{
	uint32_t now = boot_seconds(), age = (uint32_t)((now_ms() - session->started) / 1000) + 1;
	struct store *store = remember_store(a);
	struct told *t;

	HASH_FIND(hh, a->outcomes->told, &session->flow.client, sizeof(struct addr), t);
	if (!t || session->dialogue.ports != PORTS_MX)
		return;
	if (t->accepted && now - t->accepted < age)
		store_case_told(store, &t->client, true, wall_now() - (now - t->accepted));
	if (t->refused && now - t->refused < age)
		store_case_told(store, &t->client, false, wall_now() - (now - t->refused));
}

void outcomes_decided(struct agent *a, const struct verdict_event *e)
{
	const struct session *session = e->session;
	const struct key key = key_of(&session->flow.client, session->dialogue.ports);
	struct store *store = remember_store(a);
	uint32_t now = boot_seconds(), age = (uint32_t)((now_ms() - session->started) / 1000);
	struct open_case *c = find_case(a, &key.client, session->dialogue.ports);
	struct store_case told = {.client = key.client, .ports = session->dialogue.ports};
	char text[TEXT];
	bool same = c && is_of(c, session);

	told.kind = kind_of(a, e, &told.why);
	/* It would have been kept away, or is watched already: one more of its sessions. */
	if (!store ||
	    (c && !same && is_open(c, session->started) && (blocks(c->kind) || !blocks(told.kind))))
		return;
	told.number = same ? c->number : clock_ns(CLOCK_BOOTTIME);
	if (!same && told.number <= a->outcomes->number)
		told.number = a->outcomes->number + 1;
	c = new_case(a->outcomes, &key);
	if (!c)
		return;
	if (!same)
		a->outcomes->number = told.number;
	c->number = told.number;
	c->kind = told.kind;
	c->began_ms = session->started;
	c->port = session->flow.client_port;
	c->at_ms = now_ms();
	c->until_ms = c->at_ms + 1000ULL * lasting(a, &e->decision);
	told.action = e->decision.kind == DECISION_BLOCK ? e->decision.action : ACTION_WATCH;
	told.cause = e->decision.kind == DECISION_BLOCK ? e->decision.cause : CAUSE_SCORE;
	told.score = e->decision.score;
	told.at = now;
	told.began = now - age;
	told.until = now + lasting(a, &e->decision);
	told.findings = findings_text(a, &session->dialogue.findings, text);
	told.helo = last_of(&session->dialogue.helo);
	store_case(store, &told);
	catch_up(a, session);
}

/* Clients and senders by their last words; of a sender as much as the log may say. */
static void tell_session(struct agent *a, const struct open_case *c, const struct session *session)
{
	char sender[DIALOGUE_TEXT], text[TEXT];
	const char *said = last_of(&session->dialogue.mail_from);
	struct store_case_session s = {
		.number = c->number,
		.outcome = dialogue_result(&session->dialogue),
		.later = session->started > c->at_ms,
		.bytes = stream_length(&session->client),
		.ended = boot_seconds(),
		.helo = last_of(&session->dialogue.helo),
		.name = lookups_name(session),
	};

	if (said && !a->config.log_recipients)
		said = envelope_redact(sender, sizeof(sender), (const uint8_t *)said, strlen(said));
	s.sender = said;
	if (is_of(c, session))
		s.findings = findings_text(a, &session->dialogue.findings, text);
	store_case_session(remember_store(a), &s);
}

static struct told *told_of(struct outcomes *o, const struct addr *client)
{
	struct told *t;

	HASH_FIND(hh, o->told, client, sizeof(*client), t);
	if (t)
		return t;
	if (HASH_COUNT(o->told) >= OUTCOMES_TOLD) {
		t = o->told;
		HASH_DEL(o->told, t);
		free(t);
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->client = *client;
	HASH_ADD(hh, o->told, client, sizeof(t->client), t);
	return t;
}

void outcomes_last(struct agent *a, int64_t at)
{
	if (!a->outcomes->last || at > a->outcomes->last)
		a->outcomes->last = at;
}

void outcomes_ended(struct agent *a, const struct session *session)
{
	const struct open_case *c = find_case(a, &session->flow.client, session->dialogue.ports);
	struct told *t;

	if (session->dialogue.accepted) {
		baseline_accepted(&a->outcomes->seen, session->dialogue.accepted);
		outcomes_last(a, boot_seconds());
		t = told_of(a->outcomes, &session->flow.client);
		if (t)
			t->trusted = boot_seconds();
	}
	if (c && remember_store(a) && is_open(c, session->started))
		tell_session(a, c, session);
}

/* What the log tells */

static void trust(struct agent *a, struct told *t, uint32_t now)
{
	const struct open_case *c = find_case(a, &t->client, PORTS_MX);

	if (c || a->cookies || (t->trusted && now - t->trusted < TRUST_EACH))
		return;
	t->trusted = now;
	known_accepted(a->known, &t->client, now);
	remember_known(a, &t->client);
}

void outcomes_told(struct agent *a, const struct addr *client, bool accepted, int64_t at)
{
	int64_t age = wall_now() - at;
	uint32_t now = boot_seconds(), then;
	struct told *t;

	if (remember_store(a))
		store_case_told(remember_store(a), client, accepted, at);
	if (age > TOLD_LATE || age < -TOLD_LATE || age >= (int64_t)now)
		return;
	then = age > 0 ? now - (uint32_t)age : now;
	t = told_of(a->outcomes, client);
	if (!t)
		return;
	*(accepted ? &t->accepted : &t->refused) = then;
	if (!accepted)
		return;
	baseline_accepted(&a->outcomes->heard, 1);
	outcomes_last(a, then);
	history_accepted(a->history, client, now);
	judge_told_accepted(a, client, then);
	trust(a, t, now);
}

/* Over a restart */

static void restore_case(const struct store_case_open *kept, void *context)
{
	struct agent *a = context;
	const struct key key = key_of(&kept->client, kept->ports);
	uint32_t now = boot_seconds();
	struct open_case *c = new_case(a->outcomes, &key);

	if (!c)
		return;
	c->number = kept->number;
	c->kind = kept->kind;
	c->at_ms = now_ms() - 1000ULL * (now > kept->at ? now - kept->at : 0);
	c->until_ms = now_ms() + 1000ULL * (kept->until > now ? kept->until - now : 0);
	if (kept->number > a->outcomes->number)
		a->outcomes->number = kept->number;
}

static void restore_hour(const struct store_hour *kept, void *context)
{
	const struct baseline_hour hour = {kept->hour, kept->accepted, kept->minutes};
	struct outcomes *o = context;

	baseline_restore(kept->told ? &o->heard : &o->seen, &hour);
}

void outcomes_restore(struct agent *a)
{
	struct store *store = remember_store(a);

	if (!store)
		return;
	store_load_cases(store, restore_case, a);
	store_load_hours(store, restore_hour, a->outcomes);
}

/* The second hand */

static void forget_old(struct outcomes *o)
{
	uint64_t now = now_ms();

	/* In order of arrival, not of their ends: a few a second are enough to look at. */
	for (int i = 0; i < 64 && o->cases && o->cases->until_ms + 1000ULL * LINGER < now; i++)
		drop_case(o, o->cases);
}

static void keep_hour(struct agent *a, const struct baseline *b, bool told)
{
	const struct baseline_hour hour = baseline_now(b);

	if (remember_store(a))
		store_hour(remember_store(a),
			   &(struct store_hour){hour.hour, told, hour.accepted, hour.minutes});
}

/* Where lines are told they know more than the wire; but that none come may be their reader's end.
 */
static struct baseline_says look(struct outcomes *o, bool *told)
{
	struct baseline_says heard = baseline_look(&o->heard), seen = baseline_look(&o->seen);

	*told = heard.state == BASELINE_LOW && seen.state != BASELINE_LOW;
	return *told || (seen.state == BASELINE_UNKNOWN && heard.state != BASELINE_UNKNOWN) ? heard
											    : seen;
}

static const char *alarm_words(const struct agent *a, const struct baseline_says *says, bool told,
			       char text[TEXT])
{
	const char *todo = a->mode.mode == MODE_ENFORCE
				   ? "if it may be mxdp, `mxdpctl mode monitor --for 2h' lets "
				     "everybody in, and `mxdpctl report' names whom it blocked"
				   : "mxdp drops nothing in monitor mode: look at the mail server";

	snprintf(text, TEXT,
		 "accepted mail has fallen: %u message%s in the last hour, where %u are usual at "
		 "this time (%u days): %s%s",
		 says->accepted, says->accepted == 1 ? "" : "s", says->usual, says->days,
		 told ? "does `mxdpctl outcome -' still run? If it does: " : "", todo);
	return text;
}

void outcomes_tick(struct agent *a, uint32_t now)
{
	struct outcomes *o = a->outcomes;
	int64_t wall = wall_now();
	struct baseline_says says;
	char text[TEXT];
	bool told;

	forget_old(o);
	if (baseline_tick(&o->heard, now, wall))
		keep_hour(a, &o->heard, true);
	if (!baseline_tick(&o->seen, now, wall))
		return;
	keep_hour(a, &o->seen, false);
	says = look(o, &told);
	if (says.state == BASELINE_LOW && !o->alarm)
		events_note(a, "note", "%s", alarm_words(a, &says, told, text));
	else if (says.state != BASELINE_LOW && o->alarm)
		events_note(a, "note", "accepted mail is as usual again");
	o->alarm = says.state == BASELINE_LOW ? (o->alarm ? o->alarm : now) : 0;
}

json_t *outcomes_status(struct agent *a, json_t *notes)
{
	char text[TEXT];
	bool told;
	struct baseline_says says = look(a->outcomes, &told);

	if (says.state == BASELINE_LOW)
		json_array_append_new(notes, json_string(alarm_words(a, &says, told, text)));
	return json_pack("{s:I, s:I, s:I, s:o}", "last_hour", (json_int_t)says.accepted, "usual",
			 (json_int_t)says.usual, "days", (json_int_t)says.days, "last_ago",
			 a->outcomes->last
				 ? json_integer((json_int_t)boot_seconds() - a->outcomes->last)
				 : json_null());
}
