/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Allowed sources and protected destinations, kernel side. */
#ifndef MXDP_MAPS_NETS_BPF_H
#define MXDP_MAPS_NETS_BPF_H

#include "nets.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct net_key);
	__type(value, struct net_value);
} mxdp_allow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct net_key);
	__type(value, struct net_value);
} mxdp_local SEC(".maps");

static __always_inline bool allow_contains(const struct addr *source, __u32 now)
{
	struct net_key key = {.plen = ADDR_BITS, .addr = *source};
	const struct net_value *net = bpf_map_lookup_elem(&mxdp_allow, &key);

	return net && net->expires > now;
}

static __always_inline bool local_contains(const struct addr *dest)
{
	struct net_key key = {.plen = ADDR_BITS, .addr = *dest};

	return bpf_map_lookup_elem(&mxdp_local, &key) != NULL;
}

#endif
