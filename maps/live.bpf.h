/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Live values, kernel side: read only. */
#ifndef MXDP_MAPS_LIVE_BPF_H
#define MXDP_MAPS_LIVE_BPF_H

#include "live.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct live);
} mxdp_live SEC(".maps");

static __always_inline const struct live *live_values(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&mxdp_live, &zero);
}

#endif
