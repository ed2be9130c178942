/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Records, kernel side: built in a per-CPU buffer, sent with exactly their length. */
#ifndef MXDP_MAPS_RECORD_BPF_H
#define MXDP_MAPS_RECORD_BPF_H

#include "fates.bpf.h"
#include "record.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16777216);
} mxdp_ring SEC(".maps");

struct record_buffer {
	__u64 words[(sizeof(struct record) + RECORD_BYTES) / 8];
};

/* One buffer for each program: ingress may interrupt egress on the same CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct record_buffer);
} mxdp_buffers SEC(".maps");

static __always_inline struct record *record_begin(__u32 from, const struct flow_key *flow)
{
	struct record *r = bpf_map_lookup_elem(&mxdp_buffers, &from);

	if (!r)
		return NULL;
	r->time = bpf_ktime_get_ns();
	r->flow = *flow;
	r->from = from;
	r->flags = 0;
	r->cap = 0;
	r->zero = 0;
	return r;
}

static __always_inline bool record_send(struct record *r)
{
	__u64 size = __builtin_offsetof(struct record, data) + r->cap;

	/* Keeps clang from checking one copy of the size and passing another. */
	asm volatile("" : "+r"(size));
	if (size > sizeof(struct record_buffer))
		return false;
	if (bpf_ringbuf_output(&mxdp_ring, r, size, 0)) {
		fate_count(FATE_RECORD_LOST);
		return false;
	}
	if (r->cap < r->len)
		fate_count(FATE_RECORD_CUT);
	return true;
}

#endif
