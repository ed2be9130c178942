// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A packet parsed, an address drawn, and one lookup: nothing (the floor), one random read, a hash,
 * a trie, a feed set. The address depends on what was found before, so that each run waits for the
 * one before, as packets do that come one by one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../../bpf/parse.bpf.h"
#include "../../maps/feeds.bpf.h"
#include "cold_read.bpf.h"
#include "gate_keys.h"

char _license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bench_keys);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __be32);
	__type(value, __u64);
} hash SEC(".maps");

struct trie_key {
	__u32 plen;
	__be32 v4;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct trie_key);
	__type(value, __u64);
} trie SEC(".maps");

static __always_inline long load(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_xdp_load_bytes(ctx, off, to, len);
}

__noinline int walk_bench(struct xdp_md *ctx, __u32 off, __u32 next)
{
	return walk_ext_headers(ctx, load, off, next);
}

static __always_inline int walk(void *ctx, __u32 off, __u32 next)
{
	return walk_bench(ctx, off, next);
}

static __always_inline __u32 length(void *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

__noinline int parse_bench(struct xdp_md *ctx, struct packet *p)
{
	if (!p)
		return FATE_MALFORMED;
	return parse_frame(ctx, walk, length, (void *)(long)ctx->data, (void *)(long)ctx->data_end,
			   p);
}

static __always_inline __u64 draw(struct bench_keys *k)
{
	return xorshift64(&k->state);
}

static __always_inline __u32 draw4(struct bench_keys *k)
{
	__u64 random = draw(k);
	__u32 i = (random >> 32) * k->count >> 32;

	if (k->draw == DRAW_MISS)
		return random;
	if (k->draw == DRAW_HIT)
		return entry4(k->shape, i);
	return clustered(k->shape, i / CLUSTER, CLUSTER + i % CLUSTER);
}

static __always_inline void draw6(struct bench_keys *k, struct addr *out)
{
	__u64 random = draw(k), hi;
	__u32 i = (random >> 32) * k->count >> 32, lo = random;

	hi = entry6(i);
	if (k->draw == DRAW_MISS)
		hi = 0x2000000000000000ULL | random >> 3;
	else if (k->draw == DRAW_NEAR)
		hi = entry6(i) |
		     0xffff; /* beside a /64, or a single address; in the /48 next door */
	if (k->draw == DRAW_NEAR && i % 3 == 0)
		hi = entry6(i) + 0x10000;
	if (k->draw == DRAW_HIT && i % 3 == 2)
		lo = i;
	*out = (struct addr){.w = {bpf_htonl(hi >> 32), bpf_htonl(hi), 0, bpf_htonl(lo)}};
}

#define BEGIN(k)                                                    \
	struct packet p = {};                                       \
	struct bench_keys *k;                                       \
	__u32 zero = 0;                                             \
                                                                    \
	k = bpf_map_lookup_elem(&keys, &zero);                      \
	if (!k || parse_bench(ctx, &p) || p.dport != bpf_htons(25)) \
		return XDP_ABORTED;

static __always_inline int end(struct bench_keys *k, __u64 found)
{
	k->state += found;
	return found ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int bench_floor(struct xdp_md *ctx)
{
	BEGIN(k)
	return end(k, draw4(k) == 1);
}

SEC("xdp")
int bench_array(struct xdp_md *ctx)
{
	BEGIN(k)

	return end(k, cold_read(draw4(k)));
}

SEC("xdp")
int bench_hash(struct xdp_md *ctx)
{
	BEGIN(k)
	__be32 v4 = bpf_htonl(draw4(k));
	__u64 *value = bpf_map_lookup_elem(&hash, &v4);

	return end(k, value ? *value : 0);
}

SEC("xdp")
int bench_trie(struct xdp_md *ctx)
{
	BEGIN(k)
	struct trie_key key = {32, bpf_htonl(draw4(k))};
	__u64 *value = bpf_map_lookup_elem(&trie, &key);

	return end(k, value ? *value : 0);
}

SEC("xdp")
int bench_feeds(struct xdp_md *ctx)
{
	BEGIN(k)
	struct addr source = {.w = {0, 0, bpf_htonl(0xffff), bpf_htonl(draw4(k))}};

	return end(k, !!feeds_match(&source, 0));
}

SEC("xdp")
int bench_floor6(struct xdp_md *ctx)
{
	BEGIN(k)
	struct addr source;

	draw6(k, &source);
	return end(k, source.w[0] == 1);
}

SEC("xdp")
int bench_feeds6(struct xdp_md *ctx)
{
	BEGIN(k)
	struct addr source;

	draw6(k, &source);
	return end(k, !!feeds_match(&source, 0));
}
