/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Allowed sources and protected destinations, kernel side. */
#ifndef MXDP_MAPS_NETS_BPF_H
#define MXDP_MAPS_NETS_BPF_H

#include "live.h"
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

/* False only where no allowed network is near: most listed sources need not be looked up. */
static __always_inline bool allow_is_near(const struct addr *source, const struct live *live)
{
	bool v4 = addr_is_v4(source);
	__u32 net = bpf_ntohl(source->w[3]) >> 16;

	if (!v4 || !live->allow_known)
		return true;
	return live->allow[net >> 6] >> (net & 63) & 1;
}

/* The tries are asked in global functions: the verifier looks at each once, not on each way there.
 */
__noinline int allow_contains(const struct addr *source, __u32 now)
{
	const struct net_value *net;
	struct net_key key = {.plen = ADDR_BITS};

	if (!source)
		return false;
	key.addr = *source;
	net = bpf_map_lookup_elem(&mxdp_allow, &key);
	return net && net->expires > now;
}

__noinline int local_contains(const struct addr *dest)
{
	struct net_key key = {.plen = ADDR_BITS};

	if (!dest)
		return false;
	key.addr = *dest;
	return bpf_map_lookup_elem(&mxdp_local, &key) != NULL;
}

typedef __u64 __attribute__((may_alias)) addr_half;

/*
 * By arithmetic: comparisons would be branches, and the verifier would follow each way through all
 * of them. clang 19 makes branches of whatever it knows to be a comparison, so it must not know.
 */
static __always_inline bool is_own(const struct addr *dest, const struct live *live)
{
	const addr_half *to = (const void *)dest;
	__u64 strange = 1;

	for (int i = 0; i < LIVE_OWN; i++) {
		const addr_half *own = (const void *)&live->own[i];
		__u64 differs = (own[0] ^ to[0]) | (own[1] ^ to[1]);

		asm volatile("" : "+r"(differs));
		differs |= -differs; /* the highest bit, where it is not zero */
		strange &= differs >> 63;
	}
	return !strange;
}

#endif
