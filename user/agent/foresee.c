// SPDX-License-Identifier: GPL-2.0-or-later
#include "../base/clock.h"
#include "foresee.h"

int64_t foresee_courtesy(const struct agent *a, const struct verdict_entry *entry, uint32_t now)
{
	uint32_t every = a->maps.live_values->courtesy, last = entry->hits.courtesy;

	if (!(entry->verdict.flags & VERDICT_COURTESY) || !every)
		return -1;
	last = last > entry->verdict.since ? last : entry->verdict.since;
	return now - last < every ? every - (now - last) : 0;
}

/* What comes before anything is stopped: sentence() of the gate. */
static enum fate sentence(const struct agent *a, unsigned action, uint32_t now)
{
	const volatile struct live *live = a->maps.live_values;

	if (action == ACTION_WATCH || (action == ACTION_LIMIT && !live->limit_gap))
		return FATE_SYN_WATCHED;
	if (live->mode != MODE_ENFORCE)
		return FATE_SYN_MONITORED;
	if ((int32_t)(now - live->heartbeat) > (int32_t)live->heartbeat_limit)
		return FATE_SYN_STALE;
	if (action == ACTION_LIMIT)
		return FATE_SYN_LIMITED;
	return action == ACTION_RESET && live->reset_ok ? FATE_SYN_RESET : FATE_SYN_DROPPED;
}

/* One that has run out, and that no sweep has found yet, is told apart from none. */
static enum fate nothing_stands(const struct agent *a, const struct prefix *prefix,
				enum port_class ports)
{
	struct verdict_entry old;

	return verdict_find(&a->maps, prefix, ports, 0, &old) ? FATE_SYN_CLEAN : FATE_SYN_EXPIRED;
}

static enum fate fate_of(const struct agent *a, const struct foresight *f,
			 const struct prefix *prefix, enum port_class ports, uint32_t now)
{
	enum fate fate;

	if (f->action == ACTION_COUNT)
		return nothing_stands(a, prefix, ports);
	if (prefix->plen == ADDR_BITS && nets_covering(&a->allow, &prefix->addr, now))
		return FATE_SYN_ALLOWED;
	fate = sentence(a, f->action, now);
	if ((fate == FATE_SYN_DROPPED || fate == FATE_SYN_RESET) && !f->by_feed &&
	    !foresee_courtesy(a, &f->verdict, now))
		return FATE_SYN_COURTESY;
	return fate;
}

void foresee(struct foresight *out, const struct agent *a, const struct prefix *prefix,
	     enum port_class ports)
{
	uint32_t now = boot_seconds();
	struct verdict_entry whole;

	*out = (struct foresight){.action = ACTION_COUNT, .feed.action = ACTION_COUNT};
	out->has_verdict = !verdict_find(&a->maps, prefix, ports, now, &out->verdict);
	if (out->has_verdict) {
		out->action = out->verdict.verdict.action;
		if (!verdict_get(&a->maps, &out->verdict.prefix, ports, &whole))
			out->verdict.hits = whole.hits;
	}
	/* Who is allowed is taken out of the sets. */
	if (prefix->plen == ADDR_BITS && !nets_covering(&a->allow, &prefix->addr, now))
		feeds_word(a, &prefix->addr, ports, &out->feed);
	if (!(out->has_verdict && action_blocks(out->action)) && out->feed.action < ACTION_COUNT &&
	    !(out->feed.action == ACTION_WATCH && out->action == ACTION_LIMIT)) {
		out->action = out->feed.action;
		out->by_feed = true;
	}
	out->fate = fate_of(a, out, prefix, ports, now);
}
