/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection with its two ends: what is said becomes segments with the sequence and
 * acknowledgement numbers that both stacks would put there, and the tap hears them.
 */
#ifndef MXDP_SELFTESTS_SCENARIOS_WIRE_H
#define MXDP_SELFTESTS_SCENARIOS_WIRE_H

#include "tap.h"

#define WIRE_SEGMENT 16384
#define WIRE_SAID    1024

enum side {
	CLIENT = FROM_CLIENT,
	SERVER = FROM_SERVER,
};

/* How something is said. */
struct manner {
	unsigned unread; /* of what the other side said last, not received yet */
	bool bytewise;   /* a segment for each byte */
	bool fin;        /* with the FIN */
	bool lost;       /* the record does not reach the agent */
	bool late;       /* arrives behind the next segment of this side */
	bool decoy;      /* seen by the tap, dropped by the other stack: a bad checksum */
	bool over;       /* a decoy, in the place of what this side said last */
};

struct end {
	uint32_t next;
	uint32_t start[WIRE_SAID]; /* where each thing that it said begins */
	size_t said;
	bool closed;
	struct packet late, last;
	uint8_t late_data[WIRE_SEGMENT], last_data[WIRE_SEGMENT];
};

struct wire {
	struct tap tap;
	struct end end[2];
};

static inline void wire_begin(struct wire *w, unsigned number)
{
	/* The numbers wrap within the first words, each time at another place. */
	w->end[CLIENT].next = 0xfffffffdU - number * 7;
	w->end[SERVER].next = 0xfffffff0U - number * 5;
}

/* What `side` has received of the other one, but for the last `unread` things; false: too many. */
static inline bool wire_ack(const struct wire *w, enum side side, unsigned unread, uint32_t *ack)
{
	const struct end *other = &w->end[!side];

	if (unread > other->said)
		return false;
	*ack = unread ? other->start[other->said - unread] : other->next;
	return true;
}

static inline void wire_pass(struct wire *w, enum side side, const struct packet *p)
{
	if (side == CLIENT)
		tap_client(&w->tap, p);
	else
		tap_server(&w->tap, p);
}

static inline void wire_keep(struct packet *kept, uint8_t *data, const struct packet *p)
{
	*kept = *p;
	if (p->len)
		memcpy(data, p->data, p->len);
	kept->data = data;
}

/* What is held back comes after. */
static inline void wire_put(struct wire *w, enum side side, const struct packet *p, bool late)
{
	struct end *e = &w->end[side];

	wire_keep(&e->last, e->last_data, p);
	if (late) {
		wire_keep(&e->late, e->late_data, p);
		return;
	}
	wire_pass(w, side, p);
	if (e->late.len)
		wire_pass(w, side, &e->late);
	e->late.len = 0;
}

/* False where the manner asks for what cannot be. */
static inline bool wire_say(struct wire *w, enum side side, const struct manner *manner,
			    const uint8_t *data, size_t len)
{
	struct end *e = &w->end[side];
	size_t step = manner->bytewise ? 1 : len;
	struct packet p = {.seq = e->next};

	if (!len || !wire_ack(w, side, manner->unread, &p.ack) || e->said == WIRE_SAID ||
	    e->closed || w->end[!side].late.len || (manner->late && e->late.len) ||
	    (manner->over && !e->said))
		return false;
	if (manner->over)
		p.seq = e->start[e->said - 1];
	for (size_t at = 0; at < len; at += step) {
		p.data = data + at;
		p.len = step;
		p.flags = manner->fin && at + step == len ? RECORD_FIN : 0;
		wire_put(w, side, &p, manner->late);
		p.seq += (uint32_t)step;
	}
	if (manner->decoy || manner->over)
		return true;
	e->start[e->said++] = e->next;
	e->next += (uint32_t)len + manner->fin;
	e->closed = manner->fin;
	return true;
}

/* FIN, RST or, with no flags, an acknowledgement alone. */
static inline void wire_signal(struct wire *w, enum side side, uint8_t flags)
{
	struct end *e = &w->end[side];
	struct packet p = {.seq = e->next, .flags = flags};

	wire_ack(w, side, 0, &p.ack);
	wire_pass(w, side, &p);
	e->next += !!(flags & RECORD_FIN);
	/* A client may send a RST that the server does not believe, and go on. */
	e->closed |= flags & RECORD_FIN || (flags && side == SERVER);
}

/* What this side said last, once more: its acknowledgement did not come in time. */
static inline void wire_again(struct wire *w, enum side side)
{
	wire_pass(w, side, &w->end[side].last);
}

#endif
