// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generator of a flood of SYNs, and the programs that the gate is held against. The
 * generator runs by BPF_PROG_TEST_RUN with live frames: each run of `generate' is one frame that is
 * sent out of the interface it is said to have come from. Its sources are entries of the list that
 * `feeds write clustered' wrote, found by arithmetic so that drawing one touches no memory.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "cold_read.bpf.h"
#include "drop.h"
#include "gate_keys.h"

char _license[] SEC("license") = "GPL";

const volatile struct drop_flood flood SEC(".rodata.flood");

__u64 state = 0x9e3779b97f4a7c15ULL;

static __always_inline __u32 draw(void)
{
	for (int i = 0; i < 4; i++) {
		__u64 random = xorshift64(&state);
		__u32 v4 = drop_entry((random >> 32) * flood.count >> 32, flood.step);

		if (!is_special(v4))
			return v4;
	}
	return flood.spare;
}

/* One's complement: what the words of the address add to a sum that was made without them. */
static __always_inline __sum16 sum_with(__u32 sum, __be32 v4)
{
	sum += (v4 & 0xffff) + (v4 >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	struct syn *syn = (void *)(long)ctx->data;
	__be32 v4;

	if ((void *)(syn + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	v4 = bpf_htonl(draw());
	syn->ip.saddr = v4;
	syn->ip.check = sum_with(flood.ip_sum, v4);
	syn->tcp.check = sum_with(flood.tcp_sum, v4);
	return flood.sends ? XDP_TX : XDP_DROP;
}

SEC("xdp")
int bare_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* For bystander: an XDP program at all may have its price. */
SEC("xdp.frags")
int bare_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* One random read that the verdict waits for. */
SEC("xdp")
int one_read(struct xdp_md *ctx)
{
	struct syn *syn = (void *)(long)ctx->data;

	if ((void *)(syn + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	return cold_read(mix32(syn->ip.saddr)) ? XDP_PASS : XDP_DROP;
}
