/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The tap: both directions of the early SMTP exchange, for the agent to judge.
 *
 * Nothing a client sends is believed for itself. A flow is born on egress only, when the server's
 * own stack sends payload or acknowledges bytes that came too early; from then on client bytes are
 * evidence where their ACK lies within what the server has sent and their SEQ within a window of
 * what it has acknowledged. So a forger who sees neither direction must guess both numbers.
 *
 * Checksums are never looked at: veth and offloads leave them partial. A decoy that the stack will
 * drop is therefore seen; the agent judges both it and what follows.
 */
#ifndef MXDP_BPF_TAP_BPF_H
#define MXDP_BPF_TAP_BPF_H

#include "../maps/flow.bpf.h"
#include "../maps/nets.bpf.h"
#include "../maps/record.bpf.h"
#include "config.bpf.h"
#include "parse.bpf.h"

static __always_inline __s32 seq_diff(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

static __always_inline struct flow_key flow_key_of(const struct packet *p, bool from_client)
{
	if (from_client)
		return (struct flow_key){p->source, p->dest, p->sport, p->dport};
	return (struct flow_key){p->dest, p->source, p->dport, p->sport};
}

static __always_inline void record_segment(struct record *r, const struct packet *p)
{
	r->seq = p->seq;
	r->ack = p->ack;
	r->len = p->len > 0xffff ? 0xffff : p->len; /* BIG TCP can exceed 16 bits */
	if (p->flags & TCP_FIN)
		r->flags |= RECORD_FIN;
	if (p->flags & TCP_RST)
		r->flags |= RECORD_RST;
}

/* Copies payload into the record, up to `budget` bytes; returns how many. */
static __always_inline __u32 record_payload(struct record *r, void *ctx, load_bytes_fn load,
					    const struct packet *p, __s32 budget)
{
	__u32 want = p->len;

	if (budget <= 0)
		return 0;
	if (want > (__u32)budget)
		want = budget;
	if (want > RECORD_BYTES)
		want = RECORD_BYTES;
	/*
	 * 1..RECORD_BYTES for the verifier: Linux 6.1 learns nothing from "not zero", so zero goes
	 * out at the top, and the barrier keeps clang from folding that away.
	 */
	want--;
	asm volatile("" : "+r"(want));
	if (want >= RECORD_BYTES)
		return 0;
	want++;
	if (load(ctx, p->payload, r->data, want))
		return 0;
	r->cap = want;
	return want;
}

#define STARTTLS_LEN 8

/* The client's side of the phase: STARTTLS is a command of its own (RFC 3207 4). */
static __always_inline bool asks_starttls(const struct record *r)
{
	const char verb[STARTTLS_LEN] = {'S', 'T', 'A', 'R', 'T', 'T', 'L', 'S'};

	if (r->cap < sizeof(verb))
		return false;
	for (__u32 i = 0; i < sizeof(verb); i++)
		if ((r->data[i] & 0xdf) != verb[i]) /* letters without case */
			return false;
	return true;
}

/* How far from its end a segment's last line is looked for; no MTA's 354 line is longer. */
#define REPLY_TAIL 96

/*
 * Where the last line of a segment of replies begins: those to pipelined commands come in one
 * segment (RFC 2920), and only the last tells what the client does next. A global function for the
 * verifier's sake, as the parsers are.
 */
__noinline __u32 reply_last_line(const struct record_buffer *buffer)
{
	const struct record *r = (const void *)buffer;
	__u32 at;

	if (!buffer || !r->cap || r->cap < r->len)
		return 0;
	at = r->cap - 1; /* where the last line's own end stands */
	for (int i = 0; i < REPLY_TAIL && at; i++) {
		at = (at - 1) & (RECORD_BYTES - 1); /* the mask is for the verifier */
		if (r->data[at] == '\n')
			return at + 1;
	}
	return 0;
}

/*
 * 220 answers STARTTLS only where the server has the command, and where its banner is behind it: a
 * decoy with a bad checksum, sent between the lines of a banner, must not close the tap's eyes.
 */
static __always_inline bool grants_starttls(const struct flow *flow)
{
	return flow->phase == FLOW_STARTTLS && flow->greeted &&
	       seq_diff(flow->acked, flow->starttls) >= 0;
}

/* The server's side: 220 to STARTTLS goes dark, 354 to DATA opens a message, any reply ends it. */
static __always_inline void flow_follow_reply(struct flow *flow, const struct record *r)
{
	__u32 at = reply_last_line((const void *)r);
	const __u8 *d = r->data + at;

	if (at > RECORD_BYTES - 3 || at + 3 > r->cap)
		return;
	if (flow->phase == FLOW_DARK)
		return;
	if (d[0] == '2' && d[1] == '2' && d[2] == '0') {
		flow->phase = grants_starttls(flow) ? FLOW_DARK : FLOW_TALK;
		return;
	}
	flow->greeted = 1;
	flow->phase = d[0] == '3' && d[1] == '5' && d[2] == '4' ? FLOW_BODY : FLOW_TALK;
}

/* Payload of no known flow: kept until the server's own acknowledgement covers it. */
static __always_inline enum fate tap_hold(void *ctx, load_bytes_fn load, const struct packet *p,
					  const struct flow_key *key)
{
	struct early_segment *s;
	struct early *early;
	__u32 want;

	if (!(p->flags & TCP_ACK) || p->flags & (TCP_SYN | TCP_RST))
		return FATE_MAIL_UNPROVEN;
	early = early_lookup_or_create(key);
	if (!early)
		return FATE_MAIL_UNPROVEN;
	s = &early->segment[early_slot(early->count) & (EARLY_SEGMENTS - 1)];
	want = p->len < EARLY_BYTES ? p->len : EARLY_BYTES;
	want--;
	asm volatile("" : "+r"(want));
	if (want >= EARLY_BYTES)
		return FATE_MAIL_UNPROVEN;
	want++;
	if (load(ctx, p->payload, s->data, want))
		return FATE_MAIL_UNPROVEN;
	s->seq = p->seq;
	s->ack = p->ack;
	s->len = p->len > 0xffff ? 0xffff : p->len; /* BIG TCP can exceed 16 bits */
	s->cap = want;
	early->count++;
	return FATE_MAIL_HELD;
}

/*
 * How many bytes from p->seq on may be handed over. The budget is a place in the stream, one that
 * moves as the server acknowledges: decoys far ahead of it, or many in one place, do not spend it.
 */
static __always_inline __s32 client_room(const struct flow *flow, const struct packet *p)
{
	__s32 before = seq_diff(p->seq, flow->acked);
	__s32 room = flow->client_budget;

	if (flow->phase == FLOW_BODY || flow->phase == FLOW_DARK || room <= 0)
		return 0;
	if (before > 0)
		room -= before;
	return room < flow->client_ahead ? room : flow->client_ahead;
}

/*
 * The server has taken more: talk is charged for, a message's body is not. True where so much came
 * before it, in one place or ahead, that some of it may not have been handed over.
 */
static __always_inline bool flow_acknowledge(struct flow *flow, __u32 ack)
{
	__s32 taken = seq_diff(ack, flow->acked);
	bool crowded = flow->client_ahead <= 0;

	if (taken <= 0)
		return false;
	flow->acked = ack;
	flow->client_ahead = FLOW_AHEAD;
	if (flow->phase != FLOW_BODY && flow->phase != FLOW_DARK)
		flow->client_budget = taken < flow->client_budget ? flow->client_budget - taken : 0;
	return crowded;
}

/* A segment from the client to a tapped port. */
static __always_inline enum fate tap_client(void *ctx, load_bytes_fn load, const struct packet *p)
{
	struct flow_key key = flow_key_of(p, true);
	bool ends = p->flags & (TCP_FIN | TCP_RST);
	struct flow *flow;
	struct record *r;
	__u32 next;

	if (!p->len && !ends)
		return FATE_MAIL_BARE;
	flow = flow_lookup(&key);
	if (!flow)
		return p->len ? tap_hold(ctx, load, p, &key) : FATE_MAIL_BARE;
	if (seq_diff(p->seq, flow->acked + FLOW_WINDOW) >= 0 ||
	    seq_diff(p->seq, flow->acked - FLOW_WINDOW) < 0)
		return FATE_MAIL_OUTSIDE;
	if (!(p->flags & TCP_RST) && (!(p->flags & TCP_ACK) || seq_diff(p->ack, flow->first) < 0 ||
				      seq_diff(p->ack, flow->next) > 0))
		return FATE_MAIL_OUTSIDE;
	next = p->seq + p->len;
	if (!ends && seq_diff(next, flow->acked) <= 0)
		return FATE_MAIL_STALE;
	if (!ends && (flow->phase == FLOW_BODY || flow->phase == FLOW_DARK))
		return FATE_MAIL_QUIET;

	r = record_begin(FROM_CLIENT, &key);
	if (!r)
		return FATE_MAIL_QUIET;
	record_segment(r, p);
	__sync_fetch_and_sub(&flow->client_ahead,
			     record_payload(r, ctx, load, p, client_room(flow, p)));
	if (!ends && !r->cap)
		return FATE_MAIL_QUIET;
	if (asks_starttls(r)) {
		flow->starttls = p->seq + STARTTLS_LEN;
		flow->phase = FLOW_STARTTLS;
	}
	if (seq_diff(next, flow->client_next) > 0)
		flow->client_next = next;
	record_send(r);
	return FATE_MAIL_SEEN;
}

/*
 * Hands over what was held, where the server's first byte is what the client acknowledged; returns
 * how far beyond the acknowledgement it reaches. Global functions for the verifier's sake: each
 * segment would double the paths through the rest.
 */
__noinline __u32 release_held(const struct early_segment *s, const struct flow_key *key, __u32 seq,
			      __u32 ack)
{
	struct record *r;
	__s32 beyond;

	if (!s || !key || s->ack != seq || s->cap > EARLY_BYTES)
		return 0;
	if (seq_diff(s->seq, ack) > FLOW_WINDOW || seq_diff(ack, s->seq) > FLOW_WINDOW)
		return 0;
	r = record_begin(FROM_SERVER, key); /* the egress program's buffer */
	if (!r)
		return 0;
	r->from = FROM_CLIENT;
	r->seq = s->seq;
	r->ack = s->ack;
	r->len = s->len;
	r->cap = s->cap;
	r->flags = RECORD_EARLY;
	__builtin_memcpy(r->data, s->data, EARLY_BYTES);
	record_send(r);
	beyond = seq_diff(s->seq + s->len, ack);
	return beyond > 0 ? beyond : 0;
}

static __always_inline void tap_release(const struct early *early, const struct packet *p,
					const struct flow_key *key, struct flow *flow)
{
	__u32 furthest = 0;

	for (__u32 i = 0; i < EARLY_SEGMENTS && i < early->count; i++) {
		__u32 beyond = release_held(&early->segment[i], key, p->seq, p->ack);

		if (beyond > furthest)
			furthest = beyond;
	}
	flow->client_next = p->ack + furthest;
}

/* Whether an acknowledgement without payload covers a held segment that fits its numbers. */
__noinline int acknowledges_held(const struct early *early, __u32 seq, __u32 ack)
{
	if (!early)
		return false;
	for (__u32 i = 0; i < EARLY_SEGMENTS && i < early->count; i++) {
		const struct early_segment *s = &early->segment[i];

		if (s->ack == seq && seq_diff(ack, s->seq) > 0 &&
		    seq_diff(ack, s->seq + s->len) >= 0 && seq_diff(ack, s->seq) <= FLOW_WINDOW)
			return true;
	}
	return false;
}

/* The proof: the server's own stack speaks, which it does after a completed handshake only. */
static __always_inline struct flow *tap_birth(const struct packet *p, const struct flow_key *key,
					      __u8 *flags)
{
	struct early *early = bpf_map_lookup_elem(&mxdp_early, key);
	struct flow born = {
		.first = p->seq,
		.next = p->seq + p->len,
		.acked = p->ack,
		.told = p->ack,
		.client_next = p->ack,
		.client_budget = client_budget,
		.client_ahead = FLOW_AHEAD,
		.server_budget = server_budget,
		.phase = FLOW_TALK,
	};

	if (!p->len && !(early && acknowledges_held(early, p->seq, p->ack)))
		return NULL;
	if (!local_contains(&key->server))
		return NULL;
	*flags = RECORD_BIRTH;
	if (early) {
		if (early->count > EARLY_SEGMENTS)
			*flags |= RECORD_MISSED;
		tap_release(early, p, key, &born);
		bpf_map_delete_elem(&mxdp_early, key);
	}
	bpf_map_update_elem(&mxdp_flows, key, &born, BPF_ANY);
	fate_count(FATE_FLOW_BORN);
	return flow_lookup(key);
}

/* A segment from a tapped port of ours. */
static __always_inline enum fate tap_server(void *ctx, load_bytes_fn load, const struct packet *p)
{
	struct flow_key key = flow_key_of(p, false);
	bool ends = p->flags & (TCP_FIN | TCP_RST);
	__u8 flags = 0;
	bool news;
	struct flow *flow;
	struct record *r;
	__u32 next;

	if (p->flags & TCP_SYN) {
		flow_forget(&key);
		return FATE_REPLY_BARE;
	}
	flow = flow_lookup(&key);
	if (!flow) {
		if (ends && !p->len)
			return FATE_REPLY_BARE;
		flow = tap_birth(p, &key, &flags);
		if (!flow)
			return FATE_REPLY_BARE;
	}
	next = p->seq + p->len + !!(p->flags & TCP_FIN); /* a FIN is acknowledged like a byte */
	if (seq_diff(next, flow->next) > 0)
		flow->next = next;
	if (p->flags & TCP_ACK && flow_acknowledge(flow, p->ack))
		flags |= RECORD_MISSED;

	/* An acknowledgement alone is told only where it confirms bytes that the agent holds. */
	news = seq_diff(flow->acked, flow->told) > 0 && seq_diff(flow->client_next, flow->told) > 0;
	if (!p->len && !ends && !flags && !news)
		return FATE_REPLY_BARE;
	if (flow->phase == FLOW_DARK && !ends)
		return FATE_REPLY_QUIET;

	r = record_begin(FROM_SERVER, &key);
	if (!r)
		return FATE_REPLY_QUIET;
	record_segment(r, p);
	r->flags |= flags;
	if (flow->phase != FLOW_DARK)
		__sync_fetch_and_sub(&flow->server_budget,
				     record_payload(r, ctx, load, p, flow->server_budget));
	/* Past the budget only what confirms, or ends, is worth a record. */
	if (p->len && !r->cap && !ends && !news)
		return FATE_REPLY_QUIET;
	flow_follow_reply(flow, r);
	flow->told = flow->acked;
	record_send(r);
	if (p->flags & TCP_RST)
		bpf_map_delete_elem(&mxdp_flows, &key);
	return FATE_REPLY_SEEN;
}

#endif
