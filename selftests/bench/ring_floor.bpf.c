// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel side of the bare loop: for the segments that the tap would report of a session without
 * trouble, a record each; the server's first segment after a client's payload is the one that
 * proves. Untagged IPv4 without options and IPv6 without extension headers: what the bench sends.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "../../maps/flow.h"
#include "ring_floor.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* Of the same kind as the verdicts. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1048576);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct verdict_key);
	__type(value, struct verdict);
} entries SEC(".maps");

/* Flows whose client has spoken and whose server has not acknowledged it yet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, __u32);
} asked SEC(".maps");

struct segment {
	struct addr source, dest;
	const struct tcphdr *tcp;
	__u32 payload;
};

static __always_inline bool find_tcp(struct segment *s, void *data, void *end)
{
	const struct ethhdr *eth = data;
	const struct iphdr *ip4 = (const void *)(eth + 1);
	const struct ipv6hdr *ip6 = (const void *)(eth + 1);
	__u32 len;

	if ((const void *)(ip4 + 1) > end)
		return false;
	if (eth->h_proto == bpf_htons(ETH_P_IP) && ip4->ihl == 5 && ip4->protocol == IPPROTO_TCP) {
		s->source.w[2] = s->dest.w[2] = bpf_htonl(0xffff);
		s->source.w[3] = ip4->saddr;
		s->dest.w[3] = ip4->daddr;
		s->tcp = (const void *)(ip4 + 1);
		len = bpf_ntohs(ip4->tot_len) - sizeof(*ip4);
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6) && (const void *)(ip6 + 1) <= end &&
		   ip6->nexthdr == IPPROTO_TCP) {
		__builtin_memcpy(&s->source, &ip6->saddr, sizeof(s->source));
		__builtin_memcpy(&s->dest, &ip6->daddr, sizeof(s->dest));
		s->tcp = (const void *)(ip6 + 1);
		len = bpf_ntohs(ip6->payload_len);
	} else {
		return false;
	}
	if ((const void *)(s->tcp + 1) > end)
		return false;
	s->payload = len - s->tcp->doff * 4;
	return true;
}

static __always_inline void tell(const struct addr *client, bool proves)
{
	struct floor_record r = {.proves = proves, .client = {.addr = *client, .plen = ADDR_BITS}};

	r.time = bpf_ktime_get_ns();
	bpf_ringbuf_output(&ring, &r, sizeof(r), 0);
}

SEC("xdp")
int floor_ingress(struct xdp_md *ctx)
{
	struct segment s = {};
	struct flow_key key;
	__u32 one = 1;

	if (!find_tcp(&s, (void *)(long)ctx->data, (void *)(long)ctx->data_end) ||
	    s.tcp->dest != bpf_htons(25) || !s.payload)
		return XDP_PASS;
	key = (struct flow_key){s.source, s.dest, s.tcp->source, s.tcp->dest};
	bpf_map_update_elem(&asked, &key, &one, BPF_ANY);
	tell(&s.source, false);
	return XDP_PASS;
}

SEC("tc")
int floor_egress(struct __sk_buff *skb)
{
	struct segment s = {};
	struct flow_key key;
	bool proves;

	if (bpf_skb_pull_data(skb, sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + 20) ||
	    !find_tcp(&s, (void *)(long)skb->data, (void *)(long)skb->data_end) ||
	    s.tcp->source != bpf_htons(25) || s.tcp->syn)
		return TC_ACT_UNSPEC;
	key = (struct flow_key){s.dest, s.source, s.tcp->dest, s.tcp->source};
	proves = !bpf_map_delete_elem(&asked, &key);
	if (proves || s.payload)
		tell(&s.dest, proves);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
