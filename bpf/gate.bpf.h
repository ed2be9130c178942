/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The gate: what becomes of a SYN to a mail port. Clean sources leave after one bit test; every
 * check that could spare a guilty one is made on the way to a drop only.
 */
#ifndef MXDP_BPF_GATE_BPF_H
#define MXDP_BPF_GATE_BPF_H

#include "../maps/fates.bpf.h"
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

	return live && live->reset_ok &&
	       resets_take(bpf_ktime_get_boot_ns() / 1000000000ULL, live->reset_limit);
}

/*
 * The fate of a pure SYN, or of a first fragment that hides its flags. FATE_SYN_RESET is a wish:
 * the caller turns it into a drop where it is not allowed, or the frame cannot be answered.
 */
static __always_inline enum fate gate_syn(const struct packet *p, enum port_class ports)
{
	const struct live *live = live_values();
	struct verdict_hits *hits;
	const struct verdict *v;
	struct verdict_key key;
	__u32 now = 0;

	if (!live)
		return FATE_SYN_CLEAN;
	v = verdict_lookup(&p->source, ports, live, &key, &now);
	if (!v)
		return now ? FATE_SYN_EXPIRED : FATE_SYN_CLEAN;
	if (allow_contains(&p->source, now))
		return FATE_SYN_ALLOWED;
	if (!local_contains(&p->dest))
		return FATE_SYN_NOT_LOCAL;

	hits = verdict_hit(&key, now);
	if (v->action == ACTION_WATCH)
		return FATE_SYN_WATCHED;
	if (live->mode != MODE_ENFORCE)
		return FATE_SYN_MONITORED;
	if ((__s32)(now - live->heartbeat) > (__s32)live->heartbeat_limit)
		return FATE_SYN_STALE;
	if (p->hidden)
		return FATE_FRAGMENT_DROPPED;
	if (hits && courtesy_due(v, hits, live, now))
		return FATE_SYN_COURTESY;
	return v->action == ACTION_RESET ? FATE_SYN_RESET : FATE_SYN_DROPPED;
}

#endif
