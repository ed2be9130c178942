/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Verdicts, kernel side: looked up, hits counted, never changed. */
#ifndef MXDP_MAPS_VERDICT_BPF_H
#define MXDP_MAPS_VERDICT_BPF_H

#include "clock.bpf.h"
#include "live.h"
#include "verdict.h"

/* Sizes are set from the configuration before loading; memory is taken as entries come. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1048576);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct verdict_key);
	__type(value, struct verdict);
} mxdp_verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct verdict_prefix_key);
	__type(value, struct verdict);
} mxdp_prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PRESENCE_WORDS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} mxdp_presence SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1048576);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct verdict_key);
	__type(value, struct verdict_hits);
} mxdp_hits SEC(".maps");

static __always_inline bool presence_bit(__u32 first, __u32 net)
{
	__u32 word = first + (net >> 6);
	const __u64 *bits = bpf_map_lookup_elem(&mxdp_presence, &word);

	return bits && (*bits >> (net & 63)) & 1;
}

static __always_inline bool presence_test(__be32 v4)
{
	__u32 net = bpf_ntohl(v4) >> 8;

	return presence_bit(PRESENCE_NETS16, net >> 8) && presence_bit(0, net);
}

/* Keeps the first `plen` bits. */
static __always_inline void addr_mask(struct addr *addr, __u32 plen)
{
	for (__u32 i = 0; i < 4; i++) {
		__s32 keep = (__s32)plen - (__s32)(i * 32);

		if (keep <= 0)
			addr->w[i] = 0;
		else if (keep < 32)
			addr->w[i] &= bpf_htonl(~0U << (32 - keep));
	}
}

/* The clock is read on a hit only: a SYN from a clean source does not pay for it. */
static __always_inline const struct verdict *verdict_if_fresh(const struct verdict *v, __u32 *now)
{
	if (!v)
		return NULL;
	if (!*now)
		*now = clock_seconds();
	return v->expires > *now ? v : NULL;
}

/*
 * The most specific unexpired verdict, or NULL. *now stays 0 where nothing was hit, so that the
 * caller can tell an expired verdict from none. *hit becomes the key of its hits.
 */
static __always_inline const struct verdict *verdict_lookup(const struct addr *source, __u32 ports,
							    const struct live *live,
							    struct verdict_key *hit, __u32 *now)
{
	bool v4 = addr_is_v4(source);
	struct verdict_prefix_key prefix = {.plen = 32 + ADDR_BITS, .ports = bpf_htonl(ports)};
	const struct verdict *v;

	if (v4 && !presence_test(source->w[3]))
		return NULL;

	*hit = (struct verdict_key){.addr = *source, .plen = ADDR_BITS, .ports = ports};
	v = verdict_if_fresh(bpf_map_lookup_elem(&mxdp_verdicts, hit), now);
	if (v)
		return v;
	if (!v4) {
		hit->addr.w[2] = hit->addr.w[3] = 0;
		hit->plen = 64;
		v = verdict_if_fresh(bpf_map_lookup_elem(&mxdp_verdicts, hit), now);
		if (v)
			return v;
	}
	if (!live->prefixes)
		return NULL;
	prefix.addr = *source;
	v = verdict_if_fresh(bpf_map_lookup_elem(&mxdp_prefixes, &prefix), now);
	if (v) {
		hit->addr = *source;
		hit->plen = v->plen;
		addr_mask(&hit->addr, v->plen);
	}
	return v;
}

/*
 * Apart, and global for the verifier's sake: done once for each verdict. Over a copy of the key:
 * before Linux 6.2 a helper takes none from an argument's memory.
 */
__noinline int verdict_hits_begin(const struct verdict_key *key, __u32 now)
{
	struct verdict_hits none = {.first = now};
	struct verdict_key copy;

	if (!key)
		return 0;
	copy = *key;
	return bpf_map_update_elem(&mxdp_hits, &copy, &none, BPF_NOEXIST);
}

static __always_inline struct verdict_hits *verdict_hit(const struct verdict_key *key, __u32 now)
{
	struct verdict_hits *hits = bpf_map_lookup_elem(&mxdp_hits, key);

	if (!hits) {
		verdict_hits_begin(key, now);
		hits = bpf_map_lookup_elem(&mxdp_hits, key);
		if (!hits)
			return NULL;
	}
	__sync_fetch_and_add(&hits->packets, 1);
	hits->last = now;
	return hits;
}

#endif
