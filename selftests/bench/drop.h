/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drop.c and its generator, drop.bpf.c, agree on. */
#ifndef MXDP_BENCH_DROP_H
#define MXDP_BENCH_DROP_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>

#include "gate_keys.h"

struct syn {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* The generator is told before it is loaded. */
struct drop_flood {
	__u32 count, step;     /* one of `count` entries is drawn, `step` apart */
	__u32 spare;           /* an entry that is no special network, where a draw finds none */
	__u32 sends;           /* 0: drawn and written only */
	__u32 ip_sum, tcp_sum; /* one's complement sums of the frame, its source left out */
};

/* Source number i of such a flood: an entry of what `feeds write clustered' writes. */
static inline __attribute__((always_inline)) __u32 drop_entry(__u32 i, __u32 step)
{
	return entry4(SHAPE_CLUSTERED, FIRST_ENTRY + i * step);
}

#endif
