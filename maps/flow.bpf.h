/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Flows and held early segments, kernel side. */
#ifndef MXDP_MAPS_FLOW_BPF_H
#define MXDP_MAPS_FLOW_BPF_H

#include "flow.h"

/* LRU: a flow that nobody closes leaves when room is needed; only program lookups keep it young. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow);
} mxdp_flows SEC(".maps");

/* Small on purpose: a flood of forged payload churns this and nothing else. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct early);
} mxdp_early SEC(".maps");

/* A blank to insert from: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct early);
} mxdp_early_blank SEC(".maps");

static __always_inline struct flow *flow_lookup(const struct flow_key *key)
{
	return bpf_map_lookup_elem(&mxdp_flows, key);
}

/* A new connection on this 4-tuple: what is known of an older one is void. */
static __always_inline void flow_forget(const struct flow_key *key)
{
	if (bpf_map_lookup_elem(&mxdp_flows, key))
		bpf_map_delete_elem(&mxdp_flows, key);
	if (bpf_map_lookup_elem(&mxdp_early, key))
		bpf_map_delete_elem(&mxdp_early, key);
}

static __always_inline struct early *early_lookup_or_create(const struct flow_key *key)
{
	struct early *early = bpf_map_lookup_elem(&mxdp_early, key);
	__u32 zero = 0;
	void *blank;

	if (early)
		return early;
	blank = bpf_map_lookup_elem(&mxdp_early_blank, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&mxdp_early, key, blank, BPF_NOEXIST);
	return bpf_map_lookup_elem(&mxdp_early, key);
}

#endif
