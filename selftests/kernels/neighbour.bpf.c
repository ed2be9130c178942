// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Somebody else's XDP program in libxdp's dispatcher: it counts what it sees and lets it pass. The
 * priority with which it is loaded decides whether it sees a packet before mxdp's gate or after it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} neighbour_saw SEC(".maps");

SEC("xdp.frags")
int neighbour(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *saw = bpf_map_lookup_elem(&neighbour_saw, &zero);

	(void)ctx;
	if (saw)
		__sync_fetch_and_add(saw, 1);
	return XDP_PASS;
}

/* The same without the promise that it knows frames in several buffers: it wants a small MTU. */
SEC("xdp")
int neighbour_small(struct xdp_md *ctx)
{
	return neighbour(ctx);
}

char _license[] SEC("license") = "Dual BSD/GPL";
