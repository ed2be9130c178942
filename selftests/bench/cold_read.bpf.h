/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One random read of 256 MiB, which no cache holds: what benches hold a cold lookup against. */
#ifndef MXDP_BENCH_COLD_READ_BPF_H
#define MXDP_BENCH_COLD_READ_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define COLD_WORDS (1 << 25)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COLD_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

/* The word at a random place: 0, since nobody writes there, which only the read tells. */
static __always_inline __u64 cold_read(__u32 random)
{
	__u32 at = random & (COLD_WORDS - 1);
	__u64 *value = bpf_map_lookup_elem(&array, &at);

	return value ? *value : 0;
}

#endif
