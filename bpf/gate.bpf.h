/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The gate: what becomes of a SYN to a mail port. Clean sources leave after one bit test; every
 * check that could spare a guilty one is made on the way to a drop only.
 */
#ifndef MXDP_BPF_GATE_BPF_H
#define MXDP_BPF_GATE_BPF_H

#include "../maps/clock.bpf.h"
#include "../maps/fates.bpf.h"
#include "../maps/feeds.bpf.h"
#include "../maps/limits.bpf.h"
#include "../maps/live.bpf.h"
#include "../maps/nets.bpf.h"
#include "../maps/resets.bpf.h"
#include "../maps/verdict.bpf.h"
#include "reset.bpf.h"

/*
 * Pure: SYN set; ACK, RST and FIN clear. The other bits do not matter to Linux, which answers
 * SYN|PSH|URG and SYN|ECE|CWR, so they do not matter here.
 */
static __always_inline bool is_pure_syn(const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* What the gate looks at: a copy, so that packets which are no SYNs need not lie in memory. */
struct syn {
	struct addr source __attribute__((aligned(8)));
	struct addr dest;
	__u32 hidden; /* no SYN for certain: a first fragment that does not show its flags */
};

static __always_inline bool courtesy_due(const struct verdict *v, struct verdict_hits *hits,
					 const struct live *live, __u32 now)
{
	__u32 last = hits->courtesy;

	if (!(v->flags & VERDICT_COURTESY) || !live->courtesy)
		return false;
	if (now - (last > v->since ? last : v->since) < live->courtesy)
		return false;
	/* Of CPUs that race here one wins. */
	return __sync_val_compare_and_swap(&hits->courtesy, last, now) == last;
}

/* Last asked: a reset that comes to nothing must not use up those of others. */
static __always_inline bool reset_allowed(void)
{
	const struct live *live = live_values();

	return live && live->reset_ok && resets_take(clock_seconds(), live->reset_limit);
}

/*
 * What a listed source, or one under verdict, meets: nothing while nobody is there to answer.
 * A fragment that hides its flags takes no token: nobody could tell what for. Global, so that the
 * verifier does not follow each way through it into what comes after.
 */
__noinline int sentence(const struct syn *s, __u32 ports, __u32 action, __u32 now)
{
	const struct live *live = live_values();

	if (!s || !live)
		return FATE_SYN_WATCHED;
	if (action == ACTION_WATCH)
		return FATE_SYN_WATCHED;
	if (action == ACTION_LIMIT && !s->hidden && limits_take(&s->source, ports))
		return FATE_SYN_WATCHED;
	if (live->mode != MODE_ENFORCE)
		return FATE_SYN_MONITORED;
	if ((__s32)(now - live->heartbeat) > (__s32)live->heartbeat_limit)
		return FATE_SYN_STALE;
	if (s->hidden)
		return FATE_FRAGMENT_DROPPED;
	if (action == ACTION_LIMIT)
		return FATE_SYN_LIMITED;
	return action == ACTION_RESET ? FATE_SYN_RESET : FATE_SYN_DROPPED;
}

/*
 * Who is let through for a reason of his own, or because of where he goes; FATE_PENDING where there
 * is none. Global for the same reason.
 */
__noinline int spared(const struct syn *s, __u32 now)
{
	const struct live *live = live_values();

	if (!s || !live)
		return FATE_SYN_ALLOWED;
	if (allow_is_near(&s->source, live) && allow_contains(&s->source, now))
		return FATE_SYN_ALLOWED;
	if (!is_own(&s->dest, live) && !local_contains(&s->dest))
		return FATE_SYN_NOT_LOCAL;
	return FATE_PENDING;
}

static __always_inline bool stops(enum fate fate)
{
	return fate == FATE_SYN_DROPPED || fate == FATE_SYN_RESET || fate == FATE_FRAGMENT_DROPPED;
}

/*
 * The fate of a pure SYN, or of a first fragment that hides its flags. FATE_SYN_RESET is a wish:
 * the caller turns it into a drop where it is not allowed, or the frame cannot be answered.
 *
 * A verdict that stops decides alone; one that only watches or limits must not shield a source
 * from the lists that stop it.
 *
 * A global function: the verifier looks at it once, and forgets the many ways that lead here
 * through a frame's headers.
 */
__noinline int gate_syn(const struct syn *s, __u32 ports)
{
	const struct live *live = live_values();
	const struct verdict *v;
	struct verdict_key key;
	__u32 now = 0, action, listed = FEEDS_NO_ACTION;
	enum fate fate;

	if (!s || !live)
		return FATE_SYN_CLEAN;
	v = verdict_lookup(&s->source, ports, live, &key, &now);
	action = v ? v->action : FEEDS_NO_ACTION;
	if (live->feeds && action != ACTION_DROP && action != ACTION_RESET)
		listed = feeds_lookup(&s->source, ports, live->feeds, &now);
	if (listed < FEEDS_ACTIONS && !(listed == ACTION_WATCH && action == ACTION_LIMIT))
		action = listed;
	if (action == FEEDS_NO_ACTION && listed == FEEDS_TOO_OLD)
		return FATE_SYN_FEED_OLD;
	if (action == FEEDS_NO_ACTION)
		return now ? FATE_SYN_EXPIRED : FATE_SYN_CLEAN;
	fate = spared(s, now);
	if (fate)
		return fate;
	fate = sentence(s, ports, action, now);
	if (listed < FEEDS_ACTIONS)
		feeds_count(&s->source, FEEDS_SLOT(ports, listed), stops(fate));
	if (v) {
		struct verdict_hits *hits = verdict_hit(&key, now);

		if (hits && listed >= FEEDS_ACTIONS && stops(fate) && !s->hidden &&
		    courtesy_due(v, hits, live, now))
			return FATE_SYN_COURTESY;
	}
	return fate;
}

#endif
