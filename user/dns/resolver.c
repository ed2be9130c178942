// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "../base/log.h"
#include "resolver_inside.h"
#include "wire.h"

#define TURN_NS    2000000 /* of work in one turn of the loop, which has others to serve */
#define NO_SOA_TTL 5       /* of a denial that does not say how long it holds: as libunbound does */

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

static void on_work(uv_idle_t *work);

static void work_soon(struct resolver *r)
{
	if (!uv_is_active((uv_handle_t *)&r->work))
		uv_idle_start(&r->work, on_work);
}

/* Lookups */

static size_t key_len(const struct lookup *lookup)
{
	return 1 + strlen(lookup->key + 1);
}

static struct lookup *lookup_new(struct resolver *r, enum dns_type type, const char *name)
{
	size_t len = strlen(name) + 1;
	struct lookup *lookup = calloc(1, sizeof(*lookup) + 1 + len);

	if (!lookup)
		return NULL;
	lookup->resolver = r;
	lookup->key[0] = (char)type;
	memcpy(lookup->key + 1, name, len);
	return lookup;
}

static void lookup_free(struct lookup *lookup)
{
	ub_resolve_free(lookup->result);
	free(lookup);
}

static void lookup_done(struct lookup *lookup, enum dns_status status)
{
	struct resolver *r = lookup->resolver;

	lookup->state = LOOKUP_DONE;
	lookup->status = status;
	DL_APPEND(r->done, lookup);
	work_soon(r);
}

static void table_remove(struct lookup *lookup)
{
	struct resolver *r = lookup->resolver;

	HASH_DEL(r->table, lookup);
	r->counts.under_way--;
}

/* One that is under way, or a new one that waits; one that is refused stands in no table. */
static struct lookup *lookup_get(struct resolver *r, enum dns_type type, const char *name)
{
	struct lookup *lookup, *found;

	lookup = lookup_new(r, type, name);
	if (!lookup)
		return NULL;
	HASH_FIND(hh, r->table, lookup->key, key_len(lookup), found);
	if (found) {
		free(lookup);
		r->counts.coalesced++;
		return found;
	}
	if (r->counts.under_way >= r->settings.under_way_max) {
		lookup->refused = true;
		lookup_done(lookup, DNS_TIMED_OUT);
		return lookup;
	}
	HASH_ADD_KEYPTR(hh, r->table, lookup->key, key_len(lookup), lookup);
	r->counts.under_way++;
	DL_APPEND(r->waiting, lookup);
	work_soon(r);
	return lookup;
}

/* Askers */

static void on_deadline(uv_timer_t *timer);

static void set_timer(struct resolver *r)
{
	uint64_t now = now_ms();

	if (!r->first)
		uv_timer_stop(&r->timer);
	else
		uv_timer_start(&r->timer, on_deadline,
			       r->first->deadline > now ? r->first->deadline - now : 0, 0);
}

static void asker_add(struct lookup *lookup, struct dns_question *asker)
{
	struct resolver *r = lookup->resolver;

	asker->lookup = lookup;
	asker->deadline = now_ms() + r->settings.timeout;
	DL_APPEND(lookup->askers, asker);
	asker->earlier = r->last;
	if (r->last)
		r->last->later = asker;
	else
		r->first = asker;
	r->last = asker;
	if (!uv_is_active((uv_handle_t *)&r->timer))
		set_timer(r);
}

static void asker_remove(struct dns_question *asker)
{
	struct lookup *lookup = asker->lookup;
	struct resolver *r = lookup->resolver;

	DL_DELETE(lookup->askers, asker);
	*(asker->earlier ? &asker->earlier->later : &r->first) = asker->later;
	*(asker->later ? &asker->later->earlier : &r->last) = asker->earlier;
	free(asker);
	/* What nobody waits for any more need not be sent; what was sent comes back by itself. */
	if (!lookup->askers && lookup->state == LOOKUP_WAITING) {
		DL_DELETE(r->waiting, lookup);
		table_remove(lookup);
		lookup_free(lookup);
	}
}

/* The asker is gone before its function runs, which may do anything. */
static void asker_answer(struct dns_question *asker, const struct dns_answer *answer)
{
	dns_fn fn = asker->fn;
	void *context = asker->context;

	asker_remove(asker);
	fn(answer, context);
}

/* Answers */

static uint32_t ttl_of_answer(const struct resolver_settings *s, int ttl)
{
	uint32_t seconds = ttl > 0 ? (uint32_t)ttl : 0;

	if (seconds < s->ttl_min)
		seconds = s->ttl_min;
	return seconds > s->ttl_max ? s->ttl_max : seconds;
}

/* libunbound makes up a TTL where there is no SOA (RFC 2308 5) to take it from. */
static uint32_t ttl_of_denial(const struct resolver_settings *s, const struct ub_result *result)
{
	bool told = wire_has_authority(result->answer_packet, result->answer_len);
	uint32_t seconds = !told ? NO_SOA_TTL : result->ttl > 0 ? (uint32_t)result->ttl : 0;

	return seconds > s->negative_ttl_max ? s->negative_ttl_max : seconds;
}

enum { RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3 }; /* RFC 1035 4.1.1 */

static void answer_read(struct dns_answer *answer, const struct lookup *lookup)
{
	const struct resolver_settings *s = &lookup->resolver->settings;
	const struct ub_result *result = lookup->result;

	*answer = (struct dns_answer){.status = result ? DNS_FAILED : lookup->status};
	if (!result || result->bogus)
		return;
	if (result->rcode == RCODE_NOERROR && result->havedata) {
		wire_records(answer, lookup->key[0], result->data, result->len);
		/* Records of which none parses say nothing about the name. */
		if (answer->count) {
			answer->status = DNS_ANSWER;
			answer->ttl = ttl_of_answer(s, result->ttl);
		}
	} else if (result->rcode == RCODE_NOERROR || result->rcode == RCODE_NXDOMAIN) {
		answer->status = result->rcode == RCODE_NXDOMAIN ? DNS_NO_NAME : DNS_NO_DATA;
		answer->ttl = ttl_of_denial(s, result);
	}
}

static uint64_t *counter_of(struct resolver *r, const struct lookup *lookup, enum dns_status status)
{
	if (lookup->refused)
		return &r->counts.refused;
	if (status == DNS_TIMED_OUT)
		return &r->counts.timed_out;
	return status == DNS_FAILED ? &r->counts.failed : &r->counts.answered;
}

/* Out of all lists first: the askers may ask the same again, cancel each other, free us. */
static void deliver(struct resolver *r, struct lookup *lookup)
{
	struct dns_answer answer;
	uint64_t *counter;

	DL_DELETE(r->done, lookup);
	if (!lookup->refused)
		table_remove(lookup);
	answer_read(&answer, lookup);
	counter = counter_of(r, lookup, answer.status);
	while (lookup->askers) {
		++*counter;
		asker_answer(lookup->askers, &answer);
	}
	lookup_free(lookup);
}

/* From within ub_process(): only noted, for libunbound must not be left from here. */
static void on_answer(void *context, int err, struct ub_result *result)
{
	struct lookup *lookup = context;

	lookup->result = err ? NULL : result;
	lookup->resolver->sent--;
	histogram_add(&lookup->resolver->counts.took,
		      (double)(uv_hrtime() - lookup->sent_at) / 1000);
	lookup_done(lookup, DNS_FAILED);
}

/* Its thread has died, which it does for want of memory: nothing that it holds comes back. */
static void fail_all(struct resolver *r)
{
	log_error("the DNS resolver has died: no lists and no names are asked until a restart");
	r->broken = true;
	uv_poll_stop(&r->poll);
	for (struct lookup *lookup = r->table; lookup; lookup = lookup->hh.next) {
		if (lookup->state == LOOKUP_SENT)
			lookup_done(lookup, DNS_FAILED);
	}
}

static void gather(struct resolver *r)
{
	if (!r->broken && ub_process(r->ctx))
		fail_all(r);
	/* The marker may have been among them: there is room again. */
	if (r->waiting)
		work_soon(r);
}

static void deliver_some(struct resolver *r, uint64_t until)
{
	while (r->done && !r->closing && uv_hrtime() < until)
		deliver(r, r->done);
}

static void send_some(struct resolver *r, uint64_t until)
{
	while (r->waiting && send_has_room(r) && uv_hrtime() < until) {
		struct lookup *lookup = r->waiting;

		DL_DELETE(r->waiting, lookup);
		lookup->state = LOOKUP_SENT;
		lookup->sent_at = uv_hrtime();
		if (send_lookup(lookup, on_answer))
			r->counts.sent++;
		else
			lookup_done(lookup, DNS_FAILED);
	}
}

/* A short turn, so that the loop's others are not kept waiting; the rest goes on in the next. */
static void work(struct resolver *r)
{
	uint64_t until = uv_hrtime() + TURN_NS;

	deliver_some(r, until);
	if (r->closing)
		return;
	send_some(r, until);
	/* Without room for it, what waits goes on when the marker has come back. */
	if (r->done || (r->waiting && send_has_room(r)))
		work_soon(r);
	else
		uv_idle_stop(&r->work);
}

static void on_work(uv_idle_t *idle)
{
	work(idle->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct resolver *r = poll->data;

	(void)status;
	(void)events;
	gather(r);
	work(r);
}

/* After a long turn of the loop answers may lie there since before the deadline: they count. */
static void on_deadline(uv_timer_t *timer)
{
	static const struct dns_answer timed_out = {.status = DNS_TIMED_OUT};
	struct resolver *r = timer->data;
	uint64_t until = uv_hrtime() + TURN_NS;

	gather(r);
	while (r->first && r->first->deadline <= now_ms() && uv_hrtime() < until) {
		if (r->first->lookup->state == LOOKUP_DONE) {
			deliver(r, r->first->lookup);
		} else {
			r->counts.timed_out++;
			asker_answer(r->first, &timed_out);
		}
		if (r->closing)
			return;
	}
	set_timer(r);
}

/* Opening, closing, asking */

/* Those that were refused stand in no table. */
static void free_lookups(struct resolver *r)
{
	struct lookup *lookup, *next;

	for (lookup = r->done; lookup; lookup = next) {
		next = lookup->next;
		if (lookup->refused)
			lookup_free(lookup);
	}
	HASH_ITER(hh, r->table, lookup, next)
	{
		HASH_DEL(r->table, lookup);
		lookup_free(lookup);
	}
}

/* No handle is left that could call us, so libunbound's thread can end. */
static void on_closed(uv_handle_t *handle)
{
	struct resolver *r = handle->data;

	if (--r->open)
		return;
	/* It would wait for the word of a thread that has died. */
	if (!r->broken)
		ub_ctx_delete(r->ctx);
	free_lookups(r);
	free(r);
}

static void close_handles(struct resolver *r)
{
	r->closing = true;
	uv_close((uv_handle_t *)&r->poll, on_closed);
	uv_close((uv_handle_t *)&r->timer, on_closed);
	uv_close((uv_handle_t *)&r->work, on_closed);
}

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_settings *settings,
			      char *error, size_t error_size)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	r->loop = loop;
	r->settings = *settings;
	r->sockets = unbound_sockets();
	r->ctx = unbound_new(settings, r->sockets, error, error_size);
	if (!r->ctx || uv_poll_init(loop, &r->poll, ub_fd(r->ctx))) {
		if (r->ctx)
			snprintf(error, error_size, "cannot wait for the resolver's answers");
		goto out;
	}
	uv_timer_init(loop, &r->timer);
	uv_idle_init(loop, &r->work);
	r->poll.data = r->timer.data = r->work.data = r;
	r->open = 3;
	if (uv_poll_start(&r->poll, UV_READABLE, on_readable)) {
		snprintf(error, error_size, "cannot wait for the resolver's answers");
		close_handles(r);
		return NULL;
	}
	return r;
out:
	if (r->ctx)
		ub_ctx_delete(r->ctx);
	free(r);
	return NULL;
}

struct dns_question *dns_ask(struct resolver *r, const char *name, enum dns_type type, dns_fn fn,
			     void *context)
{
	struct dns_question *asker;
	struct lookup *lookup;
	char lower[DNS_NAME];

	if (r->closing || !wire_name_copy(lower, name))
		return NULL;
	asker = calloc(1, sizeof(*asker));
	lookup = asker ? lookup_get(r, type, lower) : NULL;
	if (!lookup) {
		free(asker);
		return NULL;
	}
	asker->fn = fn;
	asker->context = context;
	asker_add(lookup, asker);
	r->counts.asked++;
	return asker;
}

void dns_cancel(struct dns_question *question)
{
	asker_remove(question);
}

const struct resolver_counts *resolver_counts(const struct resolver *r)
{
	return &r->counts;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (r->first)
		asker_remove(r->first);
	close_handles(r);
}
