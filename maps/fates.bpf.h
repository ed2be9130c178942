/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Fates, kernel side: one counter a CPU for each. */
#ifndef MXDP_MAPS_FATES_BPF_H
#define MXDP_MAPS_FATES_BPF_H

#include "fates.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FATE_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} mxdp_fates SEC(".maps");

static __always_inline void fate_count(__u32 fate)
{
	__u64 *count = bpf_map_lookup_elem(&mxdp_fates, &fate);

	if (count)
		(*count)++;
}

#endif
