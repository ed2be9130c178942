/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the generator of drop.bpf.c is told before it is loaded. */
#ifndef MXDP_BENCH_DROP_H
#define MXDP_BENCH_DROP_H

#include <linux/types.h>

struct drop_flood {
	__u32 count, step;     /* one of `count` entries is drawn, `step` apart */
	__u32 spare;           /* an entry that is no special network, where a draw finds none */
	__u32 sends;           /* 0: drawn and written only */
	__u32 ip_sum, tcp_sum; /* one's complement sums of the frame, its source left out */
};

#endif
