/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tap of bpf/tap.bpf.h told again in user space, for the scenes: segments of one connection in,
 * the records that the agent would get of them out. So a scene tests what the agent makes of what
 * the kernel really hands over: early segments that are held, message bodies and TLS that are not
 * looked at, acknowledgements that say nothing new.
 *
 * Where the two differ, bpf/tap.bpf.h is right; selftests/packets tests it.
 */
#ifndef MXDP_SELFTESTS_SCENARIOS_TAP_H
#define MXDP_SELFTESTS_SCENARIOS_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../maps/record.h"
#include "../../user/tap/stream.h" /* seq_diff() */

struct packet {
	uint32_t seq, ack;
	uint8_t flags; /* RECORD_FIN, RECORD_RST */
	const uint8_t *data;
	size_t len; /* at most 0xffff */
};

struct tap {
	struct flow_key key;
	bool born;
	struct flow flow;
	struct early early;
	uint8_t birth; /* flags of the birth's record */
	int32_t client_budget, server_budget;
	uint64_t time; /* milliseconds: the records' */
	void (*tell)(const struct record *record, size_t size, void *context);
	void *context;
};

union any_record {
	struct record head;
	uint8_t bytes[offsetof(struct record, data) + RECORD_BYTES];
};

/* The part of it that is captured: no more than `room`. */
static inline uint16_t tap_record(const struct tap *tap, union any_record *r, uint8_t from,
				  const struct packet *p, int32_t room)
{
	size_t cap = room < 0 ? 0 : (size_t)room;

	if (cap > p->len)
		cap = p->len;
	if (cap > RECORD_BYTES)
		cap = RECORD_BYTES;
	r->head = (struct record){
		.time = tap->time * 1000000,
		.flow = tap->key,
		.seq = p->seq,
		.ack = p->ack,
		.len = (uint16_t)p->len,
		.cap = (uint16_t)cap,
		.from = from,
		.flags = p->flags,
	};
	if (cap)
		memcpy(r->bytes + offsetof(struct record, data), p->data, cap);
	return (uint16_t)cap;
}

static inline void tap_tell(const struct tap *tap, const union any_record *r)
{
	tap->tell(&r->head, offsetof(struct record, data) + r->head.cap, tap->context);
}

#define STARTTLS_LEN 8

static inline bool tap_asks_starttls(const struct record *r)
{
	static const char verb[STARTTLS_LEN] = "STARTTLS";

	for (size_t i = 0; i < sizeof(verb); i++)
		if (i >= r->cap || (r->data[i] & 0xdf) != verb[i])
			return false;
	return true;
}

static inline void tap_hold(struct tap *tap, const struct packet *p)
{
	struct early_segment *s = &tap->early.segment[early_slot(tap->early.count)];

	if (p->flags & RECORD_RST)
		return;
	s->seq = p->seq;
	s->ack = p->ack;
	s->len = (uint16_t)p->len;
	s->cap = s->len < EARLY_BYTES ? s->len : EARLY_BYTES;
	memcpy(s->data, p->data, s->cap);
	tap->early.count++;
}

static inline bool tap_expects(const struct flow *flow, const struct packet *p)
{
	if (seq_diff(p->seq, flow->acked + FLOW_WINDOW) >= 0 ||
	    seq_diff(p->seq, flow->acked - FLOW_WINDOW) < 0)
		return false;
	return p->flags & RECORD_RST ||
	       (seq_diff(p->ack, flow->first) >= 0 && seq_diff(p->ack, flow->next) <= 0);
}

static inline int32_t tap_client_room(const struct flow *flow, const struct packet *p)
{
	int32_t before = seq_diff(p->seq, flow->acked);
	int32_t room = flow->client_budget;

	if (flow->phase == FLOW_BODY || flow->phase == FLOW_DARK || room <= 0)
		return 0;
	if (before > 0)
		room -= before;
	return room < flow->client_ahead ? room : flow->client_ahead;
}

static inline bool tap_acknowledge(struct flow *flow, uint32_t ack)
{
	int32_t taken = seq_diff(ack, flow->acked);
	bool crowded = flow->client_ahead <= 0;

	if (taken <= 0)
		return false;
	flow->acked = ack;
	flow->client_ahead = FLOW_AHEAD;
	if (flow->phase != FLOW_BODY && flow->phase != FLOW_DARK)
		flow->client_budget = taken < flow->client_budget ? flow->client_budget - taken : 0;
	return crowded;
}

static inline void tap_client(struct tap *tap, const struct packet *p)
{
	struct flow *flow = &tap->flow;
	bool dark = flow->phase == FLOW_BODY || flow->phase == FLOW_DARK;
	uint32_t next = p->seq + (uint32_t)p->len;
	union any_record r;
	uint16_t cap;

	if (!p->len && !p->flags)
		return;
	if (!tap->born) {
		if (p->len)
			tap_hold(tap, p);
		return;
	}
	if (!tap_expects(flow, p))
		return;
	if (!p->flags && (seq_diff(next, flow->acked) <= 0 || dark))
		return;
	cap = tap_record(tap, &r, FROM_CLIENT, p, tap_client_room(flow, p));
	flow->client_ahead -= cap;
	if (!p->flags && !cap)
		return;
	if (tap_asks_starttls(&r.head)) {
		flow->starttls = p->seq + STARTTLS_LEN;
		flow->phase = FLOW_STARTTLS;
	}
	if (seq_diff(next, flow->client_next) > 0)
		flow->client_next = next;
	tap_tell(tap, &r);
}

static inline void tap_release(struct tap *tap, const struct packet *p)
{
	for (uint32_t i = 0; i < EARLY_SEGMENTS && i < tap->early.count; i++) {
		const struct early_segment *s = &tap->early.segment[i];
		const struct packet held = {.seq = s->seq,
					    .ack = s->ack,
					    .flags = RECORD_EARLY,
					    .data = s->data,
					    .len = s->len};
		union any_record r;

		if (s->ack != p->seq || seq_diff(s->seq, p->ack) > FLOW_WINDOW ||
		    seq_diff(p->ack, s->seq) > FLOW_WINDOW)
			continue;
		tap_record(tap, &r, FROM_CLIENT, &held, s->cap);
		if (seq_diff(s->seq + s->len, tap->flow.client_next) > 0)
			tap->flow.client_next = s->seq + s->len;
		tap_tell(tap, &r);
	}
}

static inline bool tap_acknowledges_held(const struct tap *tap, const struct packet *p)
{
	for (uint32_t i = 0; i < EARLY_SEGMENTS && i < tap->early.count; i++) {
		const struct early_segment *s = &tap->early.segment[i];

		if (s->ack == p->seq && seq_diff(p->ack, s->seq) > 0 &&
		    seq_diff(p->ack, s->seq + s->len) >= 0 &&
		    seq_diff(p->ack, s->seq) <= FLOW_WINDOW)
			return true;
	}
	return false;
}

static inline bool tap_birth(struct tap *tap, const struct packet *p)
{
	if ((p->flags && !p->len) || (!p->len && !tap_acknowledges_held(tap, p)))
		return false;
	tap->flow = (struct flow){
		.first = p->seq,
		.next = p->seq + (uint32_t)p->len,
		.acked = p->ack,
		.told = p->ack,
		.client_next = p->ack,
		.client_budget = tap->client_budget,
		.client_ahead = FLOW_AHEAD,
		.server_budget = tap->server_budget,
		.phase = FLOW_TALK,
	};
	tap->born = true;
	tap->birth = RECORD_BIRTH | (tap->early.count > EARLY_SEGMENTS ? RECORD_MISSED : 0);
	tap_release(tap, p);
	tap->early.count = 0;
	return true;
}

/* Where the last line begins, as far back as the kernel looks for it. */
static inline size_t tap_last_line(const struct record *r)
{
	size_t at = r->cap && r->cap == r->len ? r->cap - 1U : 0;

	for (size_t i = 0; at; at--, i++) {
		if (r->data[at - 1] == '\n')
			return at;
		if (i == 96)
			return 0;
	}
	return 0;
}

static inline bool tap_grants_starttls(const struct flow *flow)
{
	return flow->phase == FLOW_STARTTLS && flow->greeted &&
	       seq_diff(flow->acked, flow->starttls) >= 0;
}

static inline void tap_follow_reply(struct flow *flow, const struct record *r)
{
	size_t at = tap_last_line(r);
	const uint8_t *d = r->data + at;

	if (at + 3 > r->cap)
		return;
	if (flow->phase == FLOW_DARK)
		return;
	if (!memcmp(d, "220", 3)) {
		flow->phase = tap_grants_starttls(flow) ? FLOW_DARK : FLOW_TALK;
		return;
	}
	flow->greeted = 1;
	flow->phase = !memcmp(d, "354", 3) ? FLOW_BODY : FLOW_TALK;
}

static inline void tap_server(struct tap *tap, const struct packet *p)
{
	struct flow *flow = &tap->flow;
	uint32_t next = p->seq + (uint32_t)p->len + !!(p->flags & RECORD_FIN);
	bool born = !tap->born, news;
	uint8_t missed = 0;
	union any_record r;
	uint16_t cap;

	if (born && !tap_birth(tap, p))
		return;
	if (seq_diff(next, flow->next) > 0)
		flow->next = next;
	if (tap_acknowledge(flow, p->ack))
		missed = RECORD_MISSED;
	news = seq_diff(flow->acked, flow->told) > 0 && seq_diff(flow->client_next, flow->told) > 0;
	if (!p->len && !p->flags && !born && !missed && !news)
		return;
	if (flow->phase == FLOW_DARK && !p->flags)
		return;
	cap = tap_record(tap, &r, FROM_SERVER, p,
			 flow->phase == FLOW_DARK ? 0 : flow->server_budget);
	flow->server_budget -= cap;
	r.head.flags |= missed | (born ? tap->birth : 0);
	if (p->len && !cap && !p->flags && !news)
		return;
	tap_follow_reply(flow, &r.head);
	flow->told = flow->acked;
	tap_tell(tap, &r);
	tap->born = !(p->flags & RECORD_RST);
}

#endif
