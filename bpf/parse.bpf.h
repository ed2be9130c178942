/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * From a frame to the facts of its TCP segment, for both programs.
 *
 * Lengths are those of the IP header, not of the frame: short frames are padded, and padding must
 * not pass for TCP flags. What cannot be parsed is named by a fate and passes: the kernel's own
 * stack is the judge of malformed packets.
 */
#ifndef MXDP_BPF_PARSE_BPF_H
#define MXDP_BPF_PARSE_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include "../maps/addr.h"
#include "../maps/fates.h"

#define PARSE_VLANS    2 /* 802.1Q inside 802.1ad */
#define PARSE_EXT_HDRS 8 /* IPv6 extension headers that are followed */

#define IP4_MORE_FRAGMENTS 0x2000
#define IP4_OFFSET_MASK    0x1fff
#define IP6_OFFSET_MASK    0xfff8
#define IP6_MORE_FRAGMENTS 1

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define TCP_PORTS_LEN  4  /* source and destination port */
#define TCP_FLAGS_LEN  14 /* up to and with the flags byte */
#define TCP_HEADER_LEN 20

/* Above any offset of a header that is looked at; a power of two for the verifier. */
#define PARSE_OFFSET_MASK 0x7ff

struct vlan_header {
	__be16 tci;
	__be16 proto;
};

struct ext_header {
	__u8 next;
	__u8 len;      /* 8-byte units beyond the first 8; AH: 4-byte units less 2 (RFC 4302) */
	__be16 offset; /* fragment header only */
};

struct tcp_header {
	__be16 source;
	__be16 dest;
	__be32 seq;
	__be32 ack;
	__u8 doff; /* upper four bits: 32-bit words */
	__u8 flags;
	__be16 window;
	__be16 check;
	__be16 urgent;
};

struct packet {
	struct addr source __attribute__((aligned(8))); /* by parse_addresses() */
	struct addr dest __attribute__((aligned(8)));
	__be16 sport;
	__be16 dport;
	__u32 seq; /* host byte order */
	__u32 ack; /* host byte order */
	__u32 l3;  /* offsets in the frame */
	__u32 l4;
	__u32 payload;
	__u32 len; /* of the payload */
	__u8 flags;
	bool hidden; /* first fragment too short to show its flags */
	bool plain;  /* no IP options, extension headers or fragments: can be answered in place */
	bool v4;
};

/* A cursor over the linear part of a frame. */
struct cursor {
	void *data;
	void *end;
	__u32 off;
};

/* The next `size` bytes, or NULL where the frame ends before. */
static __always_inline void *cursor_take(struct cursor *c, __u32 size)
{
	void *at;

	if (c->off > PARSE_OFFSET_MASK)
		return NULL;
	at = c->data + (c->off & PARSE_OFFSET_MASK);
	if (at + size > c->end)
		return NULL;
	c->off += size;
	return at;
}

/* The whole frame's length, which may be more than its linear part; asks a helper. */
typedef __u32 (*length_fn)(void *ctx);

/* Whether the frame has so many bytes: the linear part, which nearly always has, is asked first. */
static __always_inline bool frame_holds(void *ctx, length_fn length, const struct cursor *c,
					__u32 bytes)
{
	return bytes <= (__u32)(c->end - c->data) || bytes <= length(ctx);
}

static __always_inline enum fate parse_ethernet(struct cursor *c, __be16 *proto)
{
	struct ethhdr *eth = cursor_take(c, sizeof(*eth));

	if (!eth)
		return FATE_NOT_IP;
	*proto = eth->h_proto;
	for (int i = 0; i < PARSE_VLANS; i++) {
		struct vlan_header *vlan;

		if (*proto != bpf_htons(ETH_P_8021Q) && *proto != bpf_htons(ETH_P_8021AD))
			break;
		vlan = cursor_take(c, sizeof(*vlan));
		if (!vlan)
			return FATE_MALFORMED;
		*proto = vlan->proto;
	}
	return FATE_PENDING;
}

/*
 * After parse_ip4 and parse_ip6 the cursor stands at the TCP header and *rest is what the IP header
 * says is left of the packet from there.
 */
static __always_inline enum fate parse_ip4(void *ctx, length_fn length, struct cursor *c,
					   struct packet *p, __u32 *rest)
{
	struct iphdr *ip = cursor_take(c, sizeof(*ip));
	__u32 header, total;
	__u16 frag;

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return FATE_MALFORMED;
	if (ip->protocol != IPPROTO_TCP)
		return FATE_NOT_TCP;
	frag = bpf_ntohs(ip->frag_off);
	if (frag & IP4_OFFSET_MASK)
		return FATE_FRAGMENT;

	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (!total) /* BIG TCP: a GSO packet of more than 64 KB */
		total = length(ctx) - p->l3;
	if (total < header || !frame_holds(ctx, length, c, p->l3 + total))
		return FATE_MALFORMED;

	p->v4 = true;
	p->hidden = frag & IP4_MORE_FRAGMENTS; /* until the flags are seen */
	p->plain = header == sizeof(*ip) && !p->hidden;
	c->off = p->l3 + header;
	*rest = total - header;
	return FATE_PENDING;
}

/* XDP and TC read bytes by different helpers; both programs share the rest. */
typedef long (*load_bytes_fn)(void *ctx, __u32 off, void *to, __u32 len);

/*
 * From the extension header at `off` to the TCP header: its offset, with WALK_FRAGMENT where this
 * is a packet's first fragment; or a fate, as a negative number. Reads by helper, not by packet
 * pointer: the chain is rare, and plain numbers keep the verifier's work small.
 */
#define WALK_OFFSET   0xffff
#define WALK_FRAGMENT 0x10000

static __always_inline int walk_ext_headers(void *ctx, load_bytes_fn load, __u32 off, __u32 next)
{
	int fragment = 0;

	/* Unrolled: Linux 6.1 refuses the loop that clang 14 makes of it. */
#pragma clang loop unroll(full)
	for (int i = 0; i <= PARSE_EXT_HDRS; i++) {
		struct ext_header ext;

		if (next == IPPROTO_TCP)
			return (off & WALK_OFFSET) | fragment;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_AH)
			return -FATE_NOT_TCP;
		if (i == PARSE_EXT_HDRS)
			break;
		if (load(ctx, off, &ext, sizeof(ext)))
			return -FATE_MALFORMED;
		if (next == IPPROTO_FRAGMENT) {
			__u16 frag = bpf_ntohs(ext.offset);

			if (frag & IP6_OFFSET_MASK)
				return -FATE_FRAGMENT;
			if (frag & IP6_MORE_FRAGMENTS)
				fragment = WALK_FRAGMENT;
			off += 8;
		} else if (next == IPPROTO_AH) {
			off += (ext.len + 2) * 4;
		} else {
			off += (ext.len + 1) * 8;
		}
		next = ext.next;
	}
	return -FATE_EXT_DEEP;
}

/* The walk of one program: a global function over walk_ext_headers, see mxdp.bpf.c. */
typedef int (*walk_fn)(void *ctx, __u32 off, __u32 next);

static __always_inline enum fate parse_ip6(void *ctx, walk_fn walk, length_fn length,
					   struct cursor *c, struct packet *p, __u32 *rest)
{
	struct ipv6hdr *ip = cursor_take(c, sizeof(*ip));
	__u32 start = c->off, total;

	if (!ip || ip->version != 6)
		return FATE_MALFORMED;
	total = bpf_ntohs(ip->payload_len);
	if (!total) /* jumbogram or BIG TCP */
		total = length(ctx) - start;
	if (!frame_holds(ctx, length, c, start + total))
		return FATE_MALFORMED;

	p->v4 = false;
	p->hidden = false;
	p->plain = true;
	if (ip->nexthdr != IPPROTO_TCP) {
		int walked = walk(ctx, start, ip->nexthdr);

		if (walked < 0)
			return -walked;
		p->hidden = walked & WALK_FRAGMENT; /* until the flags are seen */
		p->plain = false;
		c->off = walked & WALK_OFFSET;
		if (c->off - start > total)
			return FATE_MALFORMED;
	}
	*rest = total - (c->off - start);
	return FATE_PENDING;
}

static __always_inline enum fate parse_tcp(struct cursor *c, struct packet *p, __u32 rest)
{
	bool first_fragment = p->hidden;
	struct tcp_header *tcp;
	__u32 header, off = c->off;

	p->l4 = off;
	if (off > PARSE_OFFSET_MASK || rest < TCP_PORTS_LEN)
		return FATE_MALFORMED;
	/* Linux 6.1 forgets the bound in copies, and clang 16 would drop the mask for its sake. */
	asm volatile("" : "+r"(off));
	tcp = c->data + (off & PARSE_OFFSET_MASK);
	if ((void *)tcp + TCP_PORTS_LEN > c->end)
		return FATE_MALFORMED;
	p->sport = tcp->source;
	p->dport = tcp->dest;
	p->flags = 0;
	p->len = 0;
	if ((void *)tcp + TCP_FLAGS_LEN > c->end || rest < TCP_FLAGS_LEN)
		return first_fragment ? FATE_PENDING : FATE_MALFORMED;
	p->flags = tcp->flags;
	p->hidden = false;
	p->seq = bpf_ntohl(tcp->seq);
	p->ack = bpf_ntohl(tcp->ack);
	header = (tcp->doff >> 4) * 4;
	if (header < TCP_HEADER_LEN || header > rest)
		return first_fragment ? FATE_PENDING : FATE_MALFORMED;
	p->payload = p->l4 + header;
	p->len = rest - header;
	return FATE_PENDING;
}

/* FATE_PENDING where *p describes a TCP segment or the first fragment of one, else what it is. */
static __always_inline enum fate parse_frame(void *ctx, walk_fn walk, length_fn length, void *data,
					     void *end, struct packet *p)
{
	struct cursor c = {.data = data, .end = end};
	__be16 proto = 0;
	__u32 rest = 0;
	enum fate fate;

	fate = parse_ethernet(&c, &proto);
	if (fate)
		return fate;
	p->l3 = c.off;
	if (proto == bpf_htons(ETH_P_IP))
		fate = parse_ip4(ctx, length, &c, p, &rest);
	else if (proto == bpf_htons(ETH_P_IPV6))
		fate = parse_ip6(ctx, walk, length, &c, p, &rest);
	else
		return FATE_NOT_IP;
	return fate ? fate : parse_tcp(&c, p, rest);
}

/* Apart from parse_frame(): most packets are no mail, and are not asked for more than a port. */
static __always_inline bool parse_addresses(const void *data, const void *end, struct packet *p)
{
	const void *l3 = data + (p->l3 & PARSE_OFFSET_MASK);

	if (p->v4) {
		const struct iphdr *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		p->source = (struct addr){.w = {0, 0, ADDR_V4_MARK, ip->saddr}};
		p->dest = (struct addr){.w = {0, 0, ADDR_V4_MARK, ip->daddr}};
	} else {
		const struct ipv6hdr *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		__builtin_memcpy(&p->source, &ip->saddr, sizeof(p->source));
		__builtin_memcpy(&p->dest, &ip->daddr, sizeof(p->dest));
	}
	return true;
}

#endif
