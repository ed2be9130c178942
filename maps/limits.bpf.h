/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * How often those under ACTION_LIMIT may connect, kernel side only: a token bucket for each source
 * prefix (live.limit_*), kept as the moment when it will be full again (GCRA, ITU-T I.371 annex A:
 * a bucket in one number, which one compare-and-swap changes).
 *
 * A table that is too small forgets those seen longest ago, and they begin with a full bucket: it
 * fails open. A forger cannot fill it: only sources under a verdict come here.
 */
#ifndef MXDP_MAPS_LIMITS_BPF_H
#define MXDP_MAPS_LIMITS_BPF_H

#include "addr.h"
#include "live.bpf.h"

struct limit_key {
	struct addr addr; /* host bits zero */
	__u32 ports;      /* enum port_class */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct limit_key);
	__type(value, __u64); /* CLOCK_BOOTTIME microseconds when the bucket is full again */
} mxdp_limits SEC(".maps");

#define LIMITS_TRIES 4 /* CPUs that race for one bucket; whoever loses so often has no token */

/*
 * Whether the source has a token left, which is taken then; always where there is no limit. Global
 * for the verifier's sake, as feeds_match4().
 */
__noinline int limits_take(const struct addr *source, __u32 ports)
{
	const struct live *live = live_values();
	__u64 now, gap, most, *full;
	struct limit_key key = {};
	bool v4;

	if (!source || !live || !live->limit_gap)
		return true;
	now = bpf_ktime_get_boot_ns() / 1000;
	gap = live->limit_gap;
	most = now + gap * live->limit_burst;
	v4 = addr_is_v4(source);
	for (int i = 0; i < 4; i++)
		key.addr.w[i] = source->w[i] & live->limit_mask[v4].w[i];
	key.ports = ports;
	full = bpf_map_lookup_elem(&mxdp_limits, &key);
	if (!full) {
		__u64 first = now + gap;

		/* Of CPUs that race here each takes a token, and the last one's is remembered. */
		bpf_map_update_elem(&mxdp_limits, &key, &first, BPF_ANY);
		return true;
	}
	for (int i = 0; i < LIMITS_TRIES; i++) {
		__u64 old = *(volatile __u64 *)full;
		__u64 next = (old > now ? old : now) + gap;

		if (next > most)
			return false;
		if (__sync_val_compare_and_swap(full, old, next) == old)
			return true;
	}
	return false;
}

#endif
