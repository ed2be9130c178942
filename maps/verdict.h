/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Verdicts: what is to happen to the SYNs of an address or a prefix, per port class, until when.
 *
 * Single addresses and IPv6 /64s (what agent verdicts are) stand in a hash; all other prefixes
 * (what administrators type) in a small trie. A bitmap of the IPv4 networks that hold any verdict
 * stands in front, 2 MB for the /24s and 8 KB for the /16s: the second stays in the first cache and
 * spares most sources a cold read of the first, which then spares all but few the hash. A bit is
 * set before an entry is put and cleared only by a rebuild: a stale bit costs a lookup, never a
 * wrong answer.
 *
 * The most specific unexpired verdict decides. Hits are kept beside the verdicts, never in them:
 * the agent overwrites verdicts while CPUs count.
 */
#ifndef MXDP_MAPS_VERDICT_H
#define MXDP_MAPS_VERDICT_H

#include <linux/types.h>
#include "addr.h"

enum action {
	ACTION_DROP,  /* silent */
	ACTION_RESET, /* answered with RST, so that the sender tries its next MX at once */
	ACTION_WATCH, /* passes, counted */
	ACTION_LIMIT, /* passes as often as live.limit_* says, then as ACTION_DROP */
	ACTION_COUNT,
};

struct verdict_key {
	struct addr addr; /* host bits zero */
	__u8 plen;        /* in the hash 128, or 64 for an IPv6 /64; in the hits any length */
	__u8 ports;       /* enum port_class */
	__u16 zero;
};

#define VERDICT_NEVER_EXPIRES 0xffffffffU

/* An automatic block lets a SYN an hour through (live.courtesy); manual blocks do not. */
#define VERDICT_COURTESY 1

struct verdict {
	__u32 expires; /* CLOCK_BOOTTIME seconds, or VERDICT_NEVER_EXPIRES */
	__u32 since;   /* CLOCK_BOOTTIME seconds */
	__u8 action;   /* enum action */
	__u8 flags;    /* VERDICT_* */
	__u16 cause;   /* enum cause: a finding, or an administrator's block */
	__u32 plen;    /* over 128 bits; a trie does not tell which length it matched */
};

/* Trie key: the port class stands in front of the address, so one trie serves all classes. */
struct verdict_prefix_key {
	__u32 plen;   /* 32 + prefix length over 128 bits */
	__be32 ports; /* enum port_class, big endian so that all its bits are matched first */
	struct addr addr;
};

struct verdict_hits {
	__u64 packets;  /* SYNs and hidden-flag fragments met since the verdict was put */
	__u32 last;     /* CLOCK_BOOTTIME seconds of the last one */
	__u32 courtesy; /* CLOCK_BOOTTIME seconds of the last courtesy pass */
	__u32 first;    /* CLOCK_BOOTTIME seconds of the first one; 0: it is not known */
	__u32 zero;
};

/* Words of the bitmap: bit n for the /24 of number n, then bit n for the /16 of number n. */
#define PRESENCE_NETS16 ((1U << 24) / 64)
#define PRESENCE_WORDS  (PRESENCE_NETS16 + (1U << 16) / 64)

_Static_assert(sizeof(struct verdict_key) == 20, "map key");
_Static_assert(sizeof(struct verdict) == 16, "map value");
_Static_assert(sizeof(struct verdict_prefix_key) == 24, "map key");
_Static_assert(sizeof(struct verdict_hits) == 24, "map value");

#endif
