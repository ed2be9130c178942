/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The limit on resets, kernel side only: a flood from blocked sources must not make a flood of
 * answers. One window a second for all CPUs.
 */
#ifndef MXDP_MAPS_RESETS_BPF_H
#define MXDP_MAPS_RESETS_BPF_H

#include <linux/types.h>

struct reset_window {
	__u32 second;
	__u32 sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reset_window);
} mxdp_resets SEC(".maps");

/* CPUs that race at the turn of a second may let a few more through: a bound, not a meter. */
static __always_inline bool resets_take(__u32 now, __u32 limit)
{
	__u32 zero = 0;
	struct reset_window *window = bpf_map_lookup_elem(&mxdp_resets, &zero);

	if (!window)
		return false;
	if (window->second != now) {
		window->second = now;
		window->sent = 0;
	}
	return __sync_fetch_and_add(&window->sent, 1) < limit;
}

#endif
