/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model, second half: the gate's rules over plain lists, as slow and as simple as they can be
 * said. What the kernel finds by hashes, tries, bitmaps and trees is found here by looking at every
 * entry.
 *
 * model_ingress() says what has to become of a frame in the second `now`, and remembers what the
 * gate remembers: hits, courtesy passes, tokens, resets.
 */
#ifndef MXDP_SELFTESTS_MODEL_RULES_H
#define MXDP_SELFTESTS_MODEL_RULES_H

#include "../../maps/feeds.h"
#include "../../maps/live.h"
#include "../../maps/ports.h"
#include "../../maps/verdict.h"
#include "facts.h"

#define MODEL_SECOND_MX 2525 /* a second port of the class mx, by configuration */

#define MODEL_VERDICTS  400
#define MODEL_NETS      64
#define MODEL_FEED_NETS 48
#define MODEL_BUCKETS   20000

struct model_verdict {
	struct prefix net;
	enum port_class ports;
	struct verdict v;
	uint32_t courtesy; /* the last pass */
	uint64_t hits;
};

struct model_net {
	struct prefix net;
	uint32_t expires;
};

struct model_nets {
	struct model_net item[MODEL_NETS];
	size_t count;
};

struct model_feed {
	bool there;
	uint32_t expires; /* 0: as if it were empty */
	struct prefix net[MODEL_FEED_NETS];
	size_t count;
	uint64_t listed, stopped;
};

/* Tokens do not come back here: the gap between two is far longer than a world lasts. */
struct model_bucket {
	struct addr net;
	enum port_class ports;
	uint32_t taken;
};

struct model {
	enum mode mode;
	uint32_t heartbeat, heartbeat_limit;
	uint32_t courtesy;
	bool reset_ok;
	uint32_t reset_limit;
	bool limited;
	uint32_t limit_burst;
	unsigned limit_plen[2]; /* of IPv6 and IPv4, both over 128 bits */
	struct model_verdict verdict[MODEL_VERDICTS];
	size_t verdicts;
	struct model_nets allow, local;
	size_t own; /* local addresses that the gate knows by heart */
	struct model_feed feed[FEEDS_SLOTS];
	struct model_bucket bucket[MODEL_BUCKETS];
	size_t buckets;
	uint32_t reset_second, resets;
	uint64_t fates[FATE_COUNT]; /* what the counters have to show */
};

static inline struct addr first_bits(const struct addr *addr, unsigned bits)
{
	struct addr cut = *addr;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			cut.b[i] &= (uint8_t)(0xff00 >> keep);
	}
	return cut;
}

static inline bool same_addr(const struct addr *a, const struct addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool is_in(const struct addr *addr, const struct prefix *net)
{
	unsigned whole = net->plen / 8, more = net->plen % 8;

	if (memcmp(addr, &net->addr, whole))
		return false;
	return !more || !((addr->b[whole] ^ net->addr.b[whole]) >> (8 - more));
}

static inline bool is_mapped(const struct addr *addr)
{
	static const uint8_t front[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(addr->b, front, sizeof(front));
}

static inline enum port_class class_of(uint16_t port)
{
	if (port == 25 || port == MODEL_SECOND_MX)
		return PORTS_MX;
	return port == 587 || port == 465 ? PORTS_SUBMISSION : PORTS_NONE;
}

/* The longest network that holds the address decides, even where it has run out. */
static inline const struct model_net *nets_find(const struct model_nets *nets,
						const struct addr *addr)
{
	const struct model_net *best = NULL;

	for (size_t i = 0; i < nets->count; i++)
		if (is_in(addr, &nets->item[i].net) &&
		    (!best || best->net.plen < nets->item[i].net.plen))
			best = &nets->item[i];
	return best;
}

/* What the administrator's networks are among: not single addresses, nor /64s of IPv6. */
static inline bool is_network(const struct prefix *net)
{
	return net->plen != 128 && (net->plen != 64 || is_mapped(&net->addr));
}

/*
 * The most specific unexpired one of: the address itself; its /64; the longest network around it.
 * *met where any of them stood in the way, run out or not.
 */
static inline struct model_verdict *verdict_of(struct model *m, const struct facts *p,
					       enum port_class ports, uint32_t now, bool *met)
{
	struct model_verdict *found[3] = {0};

	for (size_t i = 0; i < m->verdicts; i++) {
		struct model_verdict *one = &m->verdict[i];

		if (one->ports != ports || !is_in(&p->source, &one->net))
			continue;
		if (!is_network(&one->net))
			found[one->net.plen == 128 ? 0 : 1] = one;
		else if (!found[2] || found[2]->net.plen < one->net.plen)
			found[2] = one;
	}
	*met = false;
	for (int i = 0; i < 3; i++) {
		*met |= found[i] != NULL;
		if (found[i] && found[i]->v.expires > now)
			return found[i];
	}
	return NULL;
}

/* Sets do not answer for the last /64 of all, which is multicast and sends no SYN. */
static inline bool feed_lists(const struct model_feed *feed, const struct addr *source)
{
	static const uint8_t last[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (!feed->there || !feed->expires || !memcmp(source->b, last, sizeof(last)))
		return false;
	for (size_t i = 0; i < feed->count; i++)
		if (is_in(source, &feed->net[i]))
			return true;
	return false;
}

/* The first list that names the source and is young enough, or NULL; *old where one is too old. */
static inline struct model_feed *feed_of(struct model *m, const struct facts *p,
					 enum port_class ports, uint32_t now, enum action *action,
					 bool *old)
{
	*old = false;
	for (unsigned a = 0; a < FEEDS_ACTIONS; a++) {
		struct model_feed *feed = &m->feed[FEEDS_SLOT(ports, a)];

		if (!feed_lists(feed, &p->source))
			continue;
		*action = (enum action)a;
		if (feed->expires > now)
			return feed;
		*old = true;
	}
	return NULL;
}

static inline bool is_protected(const struct model *m, const struct addr *dest)
{
	static const struct addr nobody;

	/* The unspecified address, which no stack answers for, stands where own ones are missing.
	 */
	if (m->own < LIVE_OWN && same_addr(dest, &nobody))
		return true;
	return nets_find(&m->local, dest) != NULL;
}

static inline bool token_is_left(struct model *m, const struct facts *p, enum port_class ports)
{
	struct addr net = first_bits(&p->source, m->limit_plen[is_mapped(&p->source)]);

	if (!m->limited)
		return true;
	for (size_t i = 0; i < m->buckets; i++) {
		struct model_bucket *bucket = &m->bucket[i];

		if (bucket->ports == ports && same_addr(&bucket->net, &net))
			return bucket->taken < m->limit_burst && ++bucket->taken;
	}
	/* One that has not been seen has a token, however small the bucket. */
	if (m->buckets < MODEL_BUCKETS)
		m->bucket[m->buckets++] = (struct model_bucket){net, ports, 1};
	return true;
}

/* What is due to a source that nothing spares. */
static inline enum fate sentence_of(struct model *m, const struct facts *p, enum port_class ports,
				    enum action action, uint32_t now)
{
	if (action == ACTION_WATCH)
		return FATE_SYN_WATCHED;
	if (action == ACTION_LIMIT && !p->hidden && token_is_left(m, p, ports))
		return FATE_SYN_WATCHED;
	if (m->mode != MODE_ENFORCE)
		return FATE_SYN_MONITORED;
	if ((int64_t)now - m->heartbeat > m->heartbeat_limit)
		return FATE_SYN_STALE;
	if (p->hidden)
		return FATE_FRAGMENT_DROPPED;
	if (action == ACTION_LIMIT)
		return FATE_SYN_LIMITED;
	return action == ACTION_RESET ? FATE_SYN_RESET : FATE_SYN_DROPPED;
}

/* An automatic block lets one SYN through each time that so many seconds have passed. */
static inline bool courtesy_is_due(struct model *m, struct model_verdict *verdict, uint32_t now)
{
	uint32_t last = verdict->courtesy > verdict->v.since ? verdict->courtesy : verdict->v.since;

	if (!m->courtesy || !(verdict->v.flags & VERDICT_COURTESY) || now - last < m->courtesy)
		return false;
	verdict->courtesy = now;
	return true;
}

/* A reset where the frame can be answered and the second has one left; else a drop. */
static inline enum fate reset_or_drop(struct model *m, const struct facts *p, uint32_t now)
{
	if (p->plain && m->reset_ok) {
		if (m->reset_second != now)
			m->resets = 0;
		m->reset_second = now;
		if (m->resets++ < m->reset_limit)
			return FATE_SYN_RESET;
	}
	m->fates[FATE_RESET_LIMITED]++;
	return FATE_SYN_DROPPED;
}

/* A pure SYN to a mail port, or a first fragment that hides what it is. */
static inline enum fate model_syn(struct model *m, const struct facts *p, enum port_class ports,
				  uint32_t now)
{
	struct model_verdict *verdict;
	struct model_feed *feed = NULL;
	enum action action = ACTION_WATCH, listed = ACTION_WATCH;
	const struct model_net *allowed;
	bool met, old = false, stops;
	enum fate fate;

	verdict = verdict_of(m, p, ports, now, &met);
	if (verdict)
		action = (enum action)verdict->v.action;
	/* One that shuts out decides alone. */
	if (!verdict || (action != ACTION_DROP && action != ACTION_RESET))
		feed = feed_of(m, p, ports, now, &listed, &old);
	if (!verdict && !feed)
		return old ? FATE_SYN_FEED_OLD : met ? FATE_SYN_EXPIRED : FATE_SYN_CLEAN;
	/* The list's word counts, but for one: to be watched frees nobody from being slowed down.
	 */
	if (feed && !(listed == ACTION_WATCH && verdict && action == ACTION_LIMIT))
		action = listed;

	allowed = nets_find(&m->allow, &p->source);
	if (allowed && allowed->expires > now)
		return FATE_SYN_ALLOWED;
	if (!is_protected(m, &p->dest))
		return FATE_SYN_NOT_LOCAL;

	fate = sentence_of(m, p, ports, action, now);
	stops = fate == FATE_SYN_DROPPED || fate == FATE_SYN_RESET || fate == FATE_FRAGMENT_DROPPED;
	if (feed) {
		feed->listed++;
		feed->stopped += stops;
	}
	if (verdict) {
		verdict->hits++;
		if (stops && !feed && !p->hidden && courtesy_is_due(m, verdict, now))
			return FATE_SYN_COURTESY;
	}
	return fate == FATE_SYN_RESET ? reset_or_drop(m, p, now) : fate;
}

/* SYN alone decides, among those that begin or end a connection; the other flags do not matter. */
static inline bool is_syn(const struct facts *p)
{
	return (p->flags & 0x02) && !(p->flags & (0x10 | 0x04 | 0x01));
}

/*
 * Payload of a connection that the server's own stack has not proven: held if it could be early
 * talk, but no evidence.
 */
static inline enum fate model_unproven(const struct facts *p)
{
	if (!p->len)
		return FATE_MAIL_BARE;
	return (p->flags & 0x10) && !(p->flags & (0x02 | 0x04)) ? FATE_MAIL_HELD
								: FATE_MAIL_UNPROVEN;
}

static inline enum fate model_ingress(struct model *m, const uint8_t *frame, size_t len,
				      uint32_t now)
{
	struct facts p;
	enum fate fate = facts_of(frame, len, &p);
	enum port_class ports = class_of(p.dport);

	if (!fate && ports == PORTS_NONE)
		fate = FATE_NOT_MAIL;
	else if (!fate && (p.hidden || is_syn(&p)))
		fate = model_syn(m, &p, ports, now);
	else if (!fate)
		fate = p.dport == 465 ? FATE_MAIL_QUIET : model_unproven(&p);
	m->fates[fate]++;
	return fate;
}

#endif
