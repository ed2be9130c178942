// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop's side: copied into the queue, or lost. */
#include <stdlib.h>
#include <string.h>

#include "../base/addr.h"
#include "../base/clock.h"
#include "../base/escape.h"
#include "store_own.h"

bool store_is_pressing(const struct store *s)
{
	return s->ending || s->waiting > s->options.queue / 4 || s->bytes > STORE_BYTES / 4;
}

static struct store_op *op_new(enum store_op_kind kind, const char *const texts[TEXT_COUNT])
{
	struct store_op *op;
	size_t len[TEXT_COUNT] = {0}, size = sizeof(*op);
	char *at;

	for (int i = 0; texts && i < TEXT_COUNT; i++) {
		len[i] = texts[i] ? strlen(texts[i]) + 1 : 0;
		len[i] = len[i] > STORE_EVIDENCE ? STORE_EVIDENCE : len[i];
		size += len[i];
	}
	op = malloc(size);
	if (!op)
		return NULL;
	*op = (struct store_op){.kind = kind, .size = size, .uid = (uid_t)-1};
	at = (char *)(op + 1);
	for (int i = 0; i < TEXT_COUNT; at += len[i++])
		if (len[i])
			op->text[i] = utf8_copy(at, len[i], texts[i]);
	return op;
}

/* Takes over `op`, which is NULL where memory was short. */
static void tell(struct store *s, struct store_op *op)
{
	bool wake = false;

	if (op) {
		op->at = op->at ? op->at : boot_seconds();
		op->booted = store_booted(s);
	}
	pthread_mutex_lock(&s->lock);
	if (op && s->waiting < s->options.queue && s->bytes + op->size <= STORE_BYTES) {
		wake = !s->first || store_is_pressing(s);
		*s->last = op;
		s->last = &op->next;
		s->waiting++;
		s->bytes += op->size;
		op = NULL;
	} else {
		s->lost++;
		s->wants_census = true;
	}
	if (wake)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	free(op);
}

static struct store_op *op_of(enum store_op_kind kind, const struct store_verdict *verdict)
{
	const char *const texts[TEXT_COUNT] = {verdict->reason, verdict->lists, verdict->evidence};
	struct store_op *op = op_new(kind, texts);

	if (op) {
		op->entry = verdict->entry;
		op->score = verdict->score;
		op->repeats = verdict->repeats;
	}
	return op;
}

void store_put(struct store *s, const struct store_verdict *verdict)
{
	tell(s, op_of(OP_PUT, verdict));
}

void store_end(struct store *s, const struct verdict_entry *entry, enum store_ending ending,
	       const char *by)
{
	const char *const texts[TEXT_COUNT] = {[TEXT_LISTS] = by};
	struct store_op *op = op_new(OP_END, texts);

	if (op) {
		op->entry = *entry;
		op->ending = ending;
	}
	tell(s, op);
}

void store_flush(struct store *s)
{
	tell(s, op_new(OP_FLUSH, NULL));
}

void store_undo(struct store *s, const struct prefix *prefix, enum port_class ports)
{
	struct store_op *op = op_new(OP_UNDO, NULL);

	if (op)
		op->entry = (struct verdict_entry){.prefix = *prefix, .ports = ports};
	tell(s, op);
}

void store_expire(struct store *s, uint32_t at)
{
	struct store_op *op = op_new(OP_EXPIRE, NULL);

	if (op)
		op->at = at;
	tell(s, op);
}

void store_hits(struct store *s, const struct verdict_entry *entry)
{
	struct store_op *op = op_new(OP_HITS, NULL);

	if (op)
		op->entry = *entry;
	tell(s, op);
}

void store_known(struct store *s, const struct addr *client)
{
	struct store_op *op = op_new(OP_KNOWN, NULL);

	if (op)
		op->entry.prefix.addr = *client;
	tell(s, op);
}

void store_suspend(struct store *s, const struct store_suspended *suspended)
{
	const char *const texts[TEXT_COUNT] = {
		[TEXT_REASON] = suspended->name, [TEXT_LISTS] = suspended->clients};
	struct store_op *op = op_new(OP_SUSPEND, texts);

	if (op) {
		op->entry.verdict.expires = (uint32_t)suspended->until;
		op->entry.hits.packets = suspended->withdrawn;
	}
	tell(s, op);
}

void store_lift(struct store *s, const char *name)
{
	const char *const texts[TEXT_COUNT] = {[TEXT_REASON] = name};

	tell(s, op_new(OP_LIFT, texts));
}

void store_change(struct store *s, uid_t uid, const char *verb, const char *text)
{
	const char *const texts[TEXT_COUNT] = {[TEXT_REASON] = verb, [TEXT_LISTS] = text};
	struct store_op *op = op_new(OP_CHANGE, texts);

	if (op)
		op->uid = uid;
	tell(s, op);
}

void store_case(struct store *s, const struct store_case *c)
{
	const char *const texts[TEXT_COUNT] = {
		[TEXT_REASON] = c->why, [TEXT_LISTS] = c->findings, [TEXT_HELO] = c->helo};
	struct store_op *op = op_new(OP_CASE, texts);

	if (op) {
		op->entry = (struct verdict_entry){.prefix = prefix_of(&c->client, ADDR_BITS),
						   .ports = c->ports,
						   .verdict = {.since = c->at,
							       .expires = c->until,
							       .action = (__u8)c->action,
							       .cause = (__u16)c->cause}};
		op->score = c->score;
		op->of_case.number = c->number;
		op->of_case.kind = (uint8_t)c->kind;
		op->of_case.began = c->began;
	}
	tell(s, op);
}

void store_case_session(struct store *s, const struct store_case_session *session)
{
	const char *const texts[TEXT_COUNT] = {[TEXT_LISTS] = session->findings,
					       [TEXT_HELO] = session->helo,
					       [TEXT_NAME] = session->name,
					       [TEXT_SENDER] = session->sender};
	struct store_op *op = op_new(OP_CASE_SESSION, texts);

	if (op) {
		op->at = session->ended;
		op->of_case.number = session->number;
		op->of_case.outcome = (uint8_t)session->outcome;
		op->of_case.later = session->later;
		op->of_case.bytes = session->later ? session->bytes : 0;
	}
	tell(s, op);
}

void store_case_told(struct store *s, const struct addr *client, bool accepted, int64_t at)
{
	struct store_op *op = op_new(OP_CASE_TOLD, NULL);

	if (op) {
		op->entry.prefix = prefix_of(client, ADDR_BITS);
		op->of_case.accepted = accepted;
		op->of_case.wall = at;
	}
	tell(s, op);
}

void store_hour(struct store *s, const struct store_hour *hour)
{
	struct store_op *op = op_new(OP_HOUR, NULL);

	if (op) {
		op->of_case.wall = hour->hour;
		op->of_case.told = hour->told;
		op->of_case.accepted = hour->accepted;
		op->of_case.minutes = hour->minutes;
	}
	tell(s, op);
}

bool store_wants_census(struct store *s)
{
	bool wants;

	pthread_mutex_lock(&s->lock);
	wants = s->wants_census && !s->problem[0];
	pthread_mutex_unlock(&s->lock);
	return wants;
}

void store_ask_census(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->wants_census = true;
	pthread_mutex_unlock(&s->lock);
}

bool store_has_room(struct store *s, size_t count)
{
	bool has;

	pthread_mutex_lock(&s->lock);
	has = s->waiting + count <= s->options.queue / 2 && s->bytes <= STORE_BYTES / 2;
	pthread_mutex_unlock(&s->lock);
	return has;
}

/* What is lost from now on asks for another one. */
void store_census_begin(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->wants_census = false;
	pthread_mutex_unlock(&s->lock);
	tell(s, op_new(OP_CENSUS_BEGIN, NULL));
}

void store_census(struct store *s, const struct store_verdict *verdict)
{
	tell(s, op_of(OP_CENSUS, verdict));
}

/* Where something was lost meanwhile, rows that were not told of may stand all the same. */
void store_census_end(struct store *s)
{
	bool complete;

	pthread_mutex_lock(&s->lock);
	complete = !s->wants_census;
	pthread_mutex_unlock(&s->lock);
	if (complete)
		tell(s, op_new(OP_CENSUS_END, NULL));
}

void store_state(struct store *s, struct store_state *out)
{
	pthread_mutex_lock(&s->lock);
	memcpy(out->problem, s->problem, sizeof(out->problem));
	out->written = s->written;
	out->lost = s->lost;
	out->waiting = s->waiting;
	pthread_mutex_unlock(&s->lock);
}
