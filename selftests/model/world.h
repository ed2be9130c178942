/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world: what the gate is told, twice - by the maps' own verbs into the kernel, and as plain
 * lists into the model - and how it changes between packets.
 *
 * Addresses come from a few neighbourhoods, so that entries lie inside, beside and around each
 * other, and sources meet them. Times lie on both sides of now, some of them so near that they
 * come while the world lasts.
 */
#ifndef MXDP_SELFTESTS_MODEL_WORLD_H
#define MXDP_SELFTESTS_MODEL_WORLD_H

#include "../../maps/nets_user.h"
#include "../../maps/verdict_user.h"
#include "../../user/feeds/image.h"
#include "dice.h"
#include "rules.h"

#define AN_HOUR_US 3600000000U
#define ROOTS      4 /* neighbourhoods of each family */

struct world {
	struct maps *maps;
	struct dice dice;
	struct model m;
	struct addr root[2][ROOTS]; /* of IPv6 and of IPv4 */
	struct feeds_image image[FEEDS_SLOTS];
	struct feeds_hits hits_before[FEEDS_SLOTS];
	uint32_t began;
};

static inline void must(int err, const char *what)
{
	if (err)
		fail_msg("%s: %s", what, strerror(-err));
}

/* Addresses and networks. */

static inline struct addr random_addr(struct dice *d)
{
	struct addr addr;

	for (int i = 0; i < 16; i++)
		addr.b[i] = (uint8_t)roll(d);
	return addr;
}

/* `addr` with its last `bits` bits thrown anew. */
static inline struct addr near(struct dice *d, const struct addr *addr, unsigned bits)
{
	struct addr out = first_bits(addr, 128 - bits), other = random_addr(d);

	for (unsigned bit = 128 - bits; bit < 128; bit++)
		out.b[bit / 8] |= other.b[bit / 8] & (uint8_t)(0x80 >> bit % 8);
	return out;
}

static inline struct addr pick_v4(struct world *w)
{
	static const uint8_t bits[] = {0, 0, 1, 2, 4, 8, 8, 12, 16, 24, 32};

	return near(&w->dice, &w->root[1][below(&w->dice, ROOTS)], pick(&w->dice, bits));
}

static inline struct addr pick_v6(struct world *w)
{
	static const uint8_t bits[] = {0, 0, 1, 4, 16, 60, 64, 64, 68, 72, 80, 100, 128};

	return near(&w->dice, &w->root[0][below(&w->dice, ROOTS)], pick(&w->dice, bits));
}

static inline bool holds_all_mapped(const struct prefix *net)
{
	static const struct addr mark = {.b = {[10] = 0xff, [11] = 0xff}};

	return net->plen < ADDR_V4_BITS && is_in(&mark, net);
}

/* Single addresses, as often as not; IPv4 within its own /96. */
static inline struct prefix pick_net(struct world *w)
{
	static const uint8_t v4[] = {120, 120, 112, 124, 127, 104, 103, 121};
	static const uint8_t v6[] = {64, 64, 48, 32, 56, 65, 63, 96, 127, 19, 1};
	struct dice *d = &w->dice;
	struct prefix net;
	struct addr addr;

	/* IPv6 networks around all of IPv4 are none: configuration and feeds refuse them. */
	do {
		bool is_v4 = one_in(d, 2);

		addr = is_v4 ? pick_v4(w) : pick_v6(w);
		net.plen = one_in(d, 2) ? 128 : is_mapped(&addr) ? pick(d, v4) : pick(d, v6);
		if (is_mapped(&addr) && one_in(d, 500)) /* each has millions of /24s to mark */
			net.plen = ADDR_V4_BITS + below(d, 2);
		net.addr = first_bits(&addr, net.plen);
	} while (holds_all_mapped(&net));
	return net;
}

/* Who sends: often somebody of whom something is known, or his neighbour. */
static inline struct addr pick_source(struct world *w, bool v4)
{
	struct dice *d = &w->dice;
	const struct model *m = &w->m;
	const struct model_feed *feed = &m->feed[below(d, FEEDS_SLOTS)];
	const struct prefix *net = NULL;
	struct addr addr;

	switch (below(d, 4)) {
	case 0:
		net = m->verdicts ? &m->verdict[below(d, (uint32_t)m->verdicts)].net : NULL;
		break;
	case 1:
		net = feed->there && feed->count ? &feed->net[below(d, (uint32_t)feed->count)]
						 : NULL;
		break;
	default:
		break;
	}
	if (!net || (v4 && !is_mapped(&net->addr)))
		return v4 ? pick_v4(w) : pick_v6(w);
	addr = near(d, &net->addr, 128 - net->plen);
	if (one_in(d, 4) && net->plen > ADDR_V4_BITS) /* just outside */
		addr.b[(net->plen - 1) / 8] ^= (uint8_t)(0x80 >> (net->plen - 1) % 8);
	return addr;
}

static inline struct addr pick_dest(struct world *w, bool v4)
{
	const struct model_nets *local = &w->m.local;
	struct dice *d = &w->dice;

	for (int i = 0; i < 8 && local->count && !one_in(d, 8); i++) {
		const struct prefix *net = &local->item[below(d, (uint32_t)local->count)].net;

		if (is_mapped(&net->addr) == v4)
			return near(d, &net->addr, 128 - net->plen);
	}
	return v4 ? pick_v4(w) : pick_v6(w);
}

/* Long past, just past, soon, later, never. */
static inline uint32_t pick_expiry(struct world *w)
{
	uint32_t now = boot_seconds();

	switch (below(&w->dice, 8)) {
	case 0:
		return below(&w->dice, now + 1);
	case 1:
		return now;
	case 2:
		return now + 1 + below(&w->dice, 3);
	case 3:
		return VERDICT_NEVER_EXPIRES;
	default:
		return now + 60 + below(&w->dice, 86400);
	}
}

/* Changes, each to both sides. */

static inline struct model_verdict *verdict_known(struct model *m, const struct prefix *net,
						  enum port_class ports)
{
	for (size_t i = 0; i < m->verdicts; i++)
		if (m->verdict[i].ports == ports && m->verdict[i].net.plen == net->plen &&
		    same_addr(&m->verdict[i].net.addr, &net->addr))
			return &m->verdict[i];
	return NULL;
}

static inline void change_verdict(struct world *w)
{
	struct dice *d = &w->dice;
	struct model *m = &w->m;
	uint32_t now = boot_seconds(), age = one_in(d, 3) ? 0 : below(d, 7200);
	struct model_verdict one = {
		.net = pick_net(w),
		.ports = (enum port_class)below(d, PORTS_COUNT),
		.v = {.expires = pick_expiry(w),
		      .since = now > age ? now - age : 0,
		      .action = (uint8_t)below(d, ACTION_COUNT),
		      .flags = one_in(d, 2) ? VERDICT_COURTESY : 0},
	};
	struct model_verdict *known = verdict_known(m, &one.net, one.ports);

	if (!known && m->verdicts == MODEL_VERDICTS)
		return;
	must(verdict_put(w->maps, &one.net, one.ports, &one.v), "verdict_put");
	*(known ? known : &m->verdict[m->verdicts++]) = one;
}

static inline void verdict_hits_agree(struct world *w, const struct model_verdict *one)
{
	struct verdict_entry entry;

	must(verdict_get(w->maps, &one->net, one->ports, &entry), "verdict_get");
	assert_int_equal(entry.hits.packets, one->hits);
	assert_int_equal(entry.hits.courtesy, one->courtesy);
}

static inline void forget_verdict(struct world *w, size_t number)
{
	struct model_verdict *one = &w->m.verdict[number];

	must(verdict_delete(w->maps, &one->net, one->ports), "verdict_delete");
	*one = w->m.verdict[--w->m.verdicts];
}

static inline void sweep(struct world *w)
{
	const struct verdict_sweep_told nobody = {0};
	struct verdict_sweep state = {0};
	struct model *m = &w->m;
	uint32_t now = boot_seconds();
	bool done = false;

	while (!done)
		must(verdict_sweep_step(w->maps, &state, now, &done, &nobody), "sweep");
	for (size_t i = m->verdicts; i-- > 0;)
		if (m->verdict[i].v.expires <= now)
			m->verdict[i] = m->verdict[--m->verdicts];
}

/* What is near is marked before it stands in the trie, and may stay marked. */
static inline void put_net(struct world *w, struct model_nets *nets, int fd,
			   const struct model_net *one)
{
	const struct net_value value = {.expires = one->expires, .kind = NET_ADMIN};
	size_t at = 0;

	while (at < nets->count && (nets->item[at].net.plen != one->net.plen ||
				    !same_addr(&nets->item[at].net.addr, &one->net.addr)))
		at++;
	if (at == MODEL_NETS)
		return;
	if (fd == w->maps->allow)
		net_near_mark(w->maps->live_values->allow, &one->net);
	must(net_put(fd, &one->net, &value), "net_put");
	nets->item[at] = *one;
	nets->count += at == nets->count;
}

static inline void drop_net(struct dice *d, struct model_nets *nets, int fd)
{
	size_t at;

	if (!nets->count)
		return;
	at = below(d, (uint32_t)nets->count);
	must(net_delete(fd, &nets->item[at].net), "net_delete");
	nets->item[at] = nets->item[--nets->count];
}

static inline void change_allow(struct world *w)
{
	struct model_net one = {pick_net(w), pick_expiry(w)};

	if (one_in(&w->dice, 3))
		drop_net(&w->dice, &w->m.allow, w->maps->allow);
	else
		put_net(w, &w->m.allow, w->maps->allow, &one);
}

/* As before the agent has filled it: nothing is marked, and the trie is asked for everybody. */
static inline void unknow_allowed(struct world *w)
{
	volatile struct live *live = w->maps->live_values;

	live->allow_known = 0;
	for (size_t i = 0; i < LIVE_ALLOW_WORDS; i++)
		live->allow[i] = 0;
}

static inline void know_allowed(struct world *w)
{
	static __u64 bits[LIVE_ALLOW_WORDS];

	memset(bits, 0, sizeof(bits));
	for (size_t i = 0; i < w->m.allow.count; i++)
		net_near_mark(bits, &w->m.allow.item[i].net);
	net_near_set(w->maps->live_values, bits);
}

/* The gate knows the first few single ones by heart, which all stand in the trie, too. */
static inline void know_own(struct world *w)
{
	struct addr own[LIVE_OWN];
	size_t count = 0, most = below(&w->dice, LIVE_OWN + 1);

	for (size_t i = 0; i < w->m.local.count && count < most; i++)
		if (w->m.local.item[i].net.plen == 128)
			own[count++] = w->m.local.item[i].net.addr;
	net_own_set(w->maps->live_values, own, count);
	w->m.own = count;
}

static inline void change_local(struct world *w)
{
	struct model_net one = {pick_net(w), NET_NEVER_EXPIRES};

	net_own_set(w->maps->live_values, NULL, 0);
	if (w->m.local.count > 4 && one_in(&w->dice, 2))
		drop_net(&w->dice, &w->m.local, w->maps->local);
	else
		put_net(w, &w->m.local, w->maps->local, &one);
	know_own(w);
}

static inline void change_feed(struct world *w, uint32_t slot)
{
	struct model_feed *feed = &w->m.feed[slot];
	struct feed_set set = {0};

	feeds_free(&w->image[slot]);
	feed->there = !one_in(&w->dice, 4);
	feed->count = 0;
	if (!feed->there) {
		must(feeds_swap(w->maps, slot, NULL), "feeds_swap");
		return;
	}
	for (uint32_t n = below(&w->dice, MODEL_FEED_NETS + 1); n; n--) {
		feed->net[feed->count++] = pick_net(w);
		must(feed_set_add_prefix(&set, &feed->net[feed->count - 1]), "a feed's network");
	}
	must(feed_set_settle(&set), "feed_set_settle");
	feed->expires = one_in(&w->dice, 8) ? 0 : pick_expiry(w);
	must(feed_set_build(&w->image[slot], &set, boot_seconds(), feed->expires), "feeds_build");
	must(feeds_swap(w->maps, slot, &w->image[slot]), "feeds_swap");
	feed_set_free(&set);
}

static inline void change_feed_age(struct world *w)
{
	uint32_t slot = below(&w->dice, FEEDS_SLOTS);
	struct model_feed *feed = &w->m.feed[slot];

	if (!feed->there)
		return;
	feed->expires = one_in(&w->dice, 8) ? 0 : pick_expiry(w);
	feeds_set_expires(&w->image[slot], feed->expires);
}

static inline void change_mode(struct world *w)
{
	w->m.mode = one_in(&w->dice, 5) ? MODE_MONITOR : MODE_ENFORCE;
	w->maps->live_values->mode = w->m.mode;
}

/* Fresh, at the limit, past it, and ahead of the clock. */
static inline void change_heartbeat(struct world *w)
{
	static const uint32_t limits[] = {600, 600, 60, 5, 0};
	struct model *m = &w->m;
	uint32_t now = boot_seconds(), age;

	m->heartbeat_limit = pick(&w->dice, limits);
	age = one_in(&w->dice, 8)   ? m->heartbeat_limit + 60
	      : one_in(&w->dice, 4) ? m->heartbeat_limit
				    : 0;
	m->heartbeat = one_in(&w->dice, 8) ? now + 100 : now > age ? now - age : 0;
	w->maps->live_values->heartbeat = m->heartbeat;
	w->maps->live_values->heartbeat_limit = m->heartbeat_limit;
}

static inline void change_courtesy(struct world *w)
{
	static const uint32_t gaps[] = {0, 1, 2, 3600, 3600, 60};

	w->m.courtesy = pick(&w->dice, gaps);
	w->maps->live_values->courtesy = w->m.courtesy;
}

static inline void change_reset(struct world *w)
{
	static const uint32_t limits[] = {0, 1, 100, 1000, UINT32_MAX};

	w->m.reset_ok = !one_in(&w->dice, 5);
	w->m.reset_limit = pick(&w->dice, limits);
	w->maps->live_values->reset_ok = w->m.reset_ok;
	w->maps->live_values->reset_limit = w->m.reset_limit;
}

static inline void change_limit(struct world *w)
{
	static const unsigned v4[] = {128, 128, 120, 112, 96}, v6[] = {64, 64, 48, 128, 0};
	static const uint32_t bursts[] = {0, 1, 2, 3, 10, 100};
	const struct addr ones = {.w = {~0U, ~0U, ~0U, ~0U}};
	volatile struct live *live = w->maps->live_values;
	struct model *m = &w->m;

	m->limited = !one_in(&w->dice, 5);
	m->limit_burst = pick(&w->dice, bursts);
	m->limit_plen[0] = pick(&w->dice, v6);
	m->limit_plen[1] = pick(&w->dice, v4);
	live->limit_gap = m->limited ? AN_HOUR_US : 0;
	live->limit_burst = m->limit_burst;
	for (int family = 0; family < 2; family++) {
		struct addr mask = first_bits(&ones, m->limit_plen[family]);

		for (int i = 0; i < 4; i++)
			live->limit_mask[family].w[i] = mask.w[i];
	}
}

static inline void world_change(struct world *w)
{
	struct dice *d = &w->dice;

	switch (below(d, 20)) {
	case 0:
		change_mode(w);
		break;
	case 1:
		change_heartbeat(w);
		break;
	case 2:
		change_courtesy(w);
		break;
	case 3:
		change_reset(w);
		break;
	case 4:
		change_limit(w);
		break;
	case 5:
	case 6:
		change_allow(w);
		break;
	case 7:
		change_local(w);
		break;
	case 8:
		change_feed_age(w);
		break;
	case 9: /* each waits for the kernel to let go of the set before */
		if (one_in(d, 4))
			change_feed(w, below(d, FEEDS_SLOTS));
		break;
	case 10:
		if (one_in(d, 8))
			sweep(w);
		break;
	case 11:
		if (one_in(d, 2))
			know_allowed(w);
		else
			unknow_allowed(w);
		break;
	case 12:
	case 13:
	case 14:
		if (w->m.verdicts)
			forget_verdict(w, below(d, (uint32_t)w->m.verdicts));
		break;
	default:
		change_verdict(w);
		break;
	}
}

/* Birth and end. */

static inline void plant_roots(struct world *w)
{
	static const struct addr zero, ones = {.w = {~0U, ~0U, ~0U, ~0U}};

	for (int i = 0; i < ROOTS; i++) {
		struct addr v4 = random_addr(&w->dice);

		w->root[0][i] = random_addr(&w->dice);
		w->root[1][i] = mapped(v4.b);
	}
	/* Where arithmetic may slip: next to IPv4's own place, and at both ends. */
	if (one_in(&w->dice, 2))
		w->root[0][0] = w->root[1][0];
	if (one_in(&w->dice, 4))
		w->root[0][1] = one_in(&w->dice, 2) ? zero : ones;
	if (one_in(&w->dice, 4))
		w->root[1][1] = mapped(one_in(&w->dice, 2) ? zero.b : ones.b);
}

static inline void world_begin(struct world *w, struct maps *maps, uint64_t seed)
{
	*w = (struct world){.maps = maps, .dice = dice_of(seed), .began = boot_seconds()};
	plant_roots(w);
	for (uint32_t n = below(&w->dice, 150); n; n--)
		change_verdict(w);
	for (uint32_t n = below(&w->dice, 20); n; n--)
		change_allow(w);
	for (uint32_t n = 4 + below(&w->dice, 8); n; n--)
		change_local(w);
	for (uint32_t slot = 0; slot < FEEDS_SLOTS; slot++) {
		w->image[slot].fd = -1;
		must(feeds_hits_read(maps, slot, &w->hits_before[slot]), "feeds_hits_read");
		if (one_in(&w->dice, 2))
			change_feed(w, slot);
	}
	know_allowed(w);
	change_mode(w);
	change_heartbeat(w);
	change_courtesy(w);
	change_reset(w);
	change_limit(w);
}

/* Every hit that the model counted the gate has counted, too. */
static inline void hits_agree(struct world *w)
{
	for (uint32_t slot = 0; slot < FEEDS_SLOTS; slot++) {
		struct feeds_hits now, *before = &w->hits_before[slot];

		must(feeds_hits_read(w->maps, slot, &now), "feeds_hits_read");
		assert_int_equal(now.listed - before->listed, w->m.feed[slot].listed);
		assert_int_equal(now.stopped - before->stopped, w->m.feed[slot].stopped);
	}
	for (size_t i = 0; i < w->m.verdicts; i++)
		verdict_hits_agree(w, &w->m.verdict[i]);
}

/* Leaves nothing of it in the kernel. */
static inline void world_end(struct world *w)
{
	for (uint32_t slot = 0; slot < FEEDS_SLOTS; slot++) {
		feeds_free(&w->image[slot]);
		if (w->m.feed[slot].there)
			must(feeds_swap(w->maps, slot, NULL), "feeds_swap");
	}
	while (w->m.verdicts)
		forget_verdict(w, w->m.verdicts - 1);
	while (w->m.allow.count)
		drop_net(&w->dice, &w->m.allow, w->maps->allow);
	while (w->m.local.count)
		drop_net(&w->dice, &w->m.local, w->maps->local);
	sweep(w);
}

#endif
