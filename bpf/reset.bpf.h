/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * A SYN turned into the RST that answers it (RFC 9293 3.10.7.1), in place. The frame keeps its
 * length: the IP header says where the packet ends, what follows is padding. So no helper moves the
 * frame's ends, which libxdp's dispatcher would refuse.
 *
 * Checksums are computed in full: the SYN's own may be partial (veth, offloads).
 */
#ifndef MXDP_BPF_RESET_BPF_H
#define MXDP_BPF_RESET_BPF_H

#include "parse.bpf.h"

#define RESET_TTL 64

static __always_inline __u16 checksum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* Sum of 16-bit words as they lie in memory; `size` is a constant multiple of two. */
static __always_inline __u32 checksum_add(__u32 sum, const void *data, __u32 size)
{
	const __u16 *words = data;

	for (__u32 i = 0; i < size / 2; i++)
		sum += words[i];
	return sum;
}

static __always_inline void reset_fill_tcp(struct tcp_header *tcp, const struct packet *p)
{
	tcp->source = p->dport;
	tcp->dest = p->sport;
	tcp->seq = 0;
	/* The SYN counts as one; bytes that came with it (TCP Fast Open) as themselves. */
	tcp->ack = bpf_htonl(p->seq + 1 + p->len);
	tcp->doff = (TCP_HEADER_LEN / 4) << 4;
	tcp->flags = TCP_RST | TCP_ACK;
	tcp->window = 0;
	tcp->check = 0;
	tcp->urgent = 0;
}

static __always_inline __u32 pseudo_header_sum(__u32 sum)
{
	return sum + bpf_htons(IPPROTO_TCP) + bpf_htons(TCP_HEADER_LEN);
}

static __always_inline bool reset_ip4(void *data, void *end, const struct packet *p)
{
	struct iphdr *ip = data + (p->l3 & PARSE_OFFSET_MASK);
	struct tcp_header *tcp = (void *)(ip + 1);
	__be32 from;

	if ((void *)(tcp + 1) > end)
		return false;
	from = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = from;
	ip->tos = 0;
	ip->tot_len = bpf_htons(sizeof(*ip) + TCP_HEADER_LEN);
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000); /* do not fragment */
	ip->ttl = RESET_TTL;
	ip->check = 0;
	ip->check = checksum_fold(checksum_add(0, ip, sizeof(*ip)));

	reset_fill_tcp(tcp, p);
	tcp->check = checksum_fold(checksum_add(checksum_add(pseudo_header_sum(0), &ip->saddr, 8),
						tcp, TCP_HEADER_LEN));
	return true;
}

static __always_inline bool reset_ip6(void *data, void *end, const struct packet *p)
{
	struct ipv6hdr *ip = data + (p->l3 & PARSE_OFFSET_MASK);
	struct tcp_header *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end)
		return false;
	__builtin_memcpy(&ip->saddr, &p->dest, sizeof(ip->saddr));
	__builtin_memcpy(&ip->daddr, &p->source, sizeof(ip->daddr));
	ip->payload_len = bpf_htons(TCP_HEADER_LEN);
	ip->hop_limit = RESET_TTL;

	reset_fill_tcp(tcp, p);
	tcp->check = checksum_fold(checksum_add(checksum_add(pseudo_header_sum(0), &ip->saddr, 32),
						tcp, TCP_HEADER_LEN));
	return true;
}

/* Whether the frame can be answered in place: asked before one of the second's resets is spent. */
static __always_inline bool reset_fits(const void *data, const void *end, const struct packet *p)
{
	__u32 ip = p->v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	return p->plain && data + (p->l3 & PARSE_OFFSET_MASK) + ip + TCP_HEADER_LEN <= end;
}

/* False, with the frame untouched, where it cannot be answered in place. */
static __always_inline bool reset_build(void *data, void *end, const struct packet *p)
{
	struct ethhdr *eth = data;
	__u8 mac[ETH_ALEN];

	if (!p->plain || (void *)(eth + 1) > end)
		return false;
	if (!(p->v4 ? reset_ip4(data, end, p) : reset_ip6(data, end, p)))
		return false;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	return true;
}

#endif
