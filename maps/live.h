/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Live values: what the agent can change while the programs run. One mmapable element; the agent
 * stores with plain aligned 32-bit writes, the programs read. Times are seconds of CLOCK_BOOTTIME.
 */
#ifndef MXDP_MAPS_LIVE_H
#define MXDP_MAPS_LIVE_H

#include <linux/types.h>
#include "addr.h"

/*
 * Raised whenever a key, a value or a meaning below maps/ changes. Pinned maps of another version
 * are never reused: the agent says so and does not start before `mxdpctl detach' has removed them.
 */
#define LAYOUT_VERSION 11

enum mode {
	MODE_MONITOR, /* count what would be dropped, drop nothing */
	MODE_ENFORCE,
};

/*
 * What saves the gate its two questions to the tries of nets.h, of some 40 ns each, on nearly every
 * way to a drop. Both only ever save: where they do not know, the trie is asked.
 */
#define LIVE_OWN         4
#define LIVE_ALLOW_WORDS (65536 / 64)

struct live {
	__u32 layout;          /* LAYOUT_VERSION of whoever created the maps */
	__u32 mode;            /* enum mode */
	__u32 heartbeat;       /* when the agent was last alive */
	__u32 heartbeat_limit; /* seconds; older than this means count, do not drop */
	__u32 reset_ok;        /* 1: answering with a reset works on every attached interface */
	__u32 prefixes;        /* entries in the prefix verdicts; 0 saves the lookup */
	__u32 courtesy;        /* seconds between courtesy passes of an automatic block; 0: none */
	__u32 reset_limit;     /* resets a second; the rest are drops */
	__u32 feeds;           /* bit n: feed slot n holds a set (feeds.h); 0 saves the lookups */
	__u32 limit_gap;       /* ACTION_LIMIT: microseconds between two SYNs; 0: no limit */
	__u32 limit_burst;     /* SYNs that may come at once */
	struct addr limit_mask[2]; /* those of one network share a bucket: [0] IPv6, [1] IPv4 */
	__u32 allow_known;         /* 1: `allow' is complete; 0: not filled yet */
	__u32 feed_serial;         /* of the newest feed set */
	__u32 zero;
	/* Some protected addresses; those left over are zero, which is nobody's address. */
	struct addr own[LIVE_OWN];
	/* Bit n: a network that is allowed, or was lately, shares addresses with IPv4's /16 n. */
	__u64 allow[LIVE_ALLOW_WORDS];
};

_Static_assert(sizeof(struct live) == 152 + 8192, "struct live is shared with the kernel side");

#endif
