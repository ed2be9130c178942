/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments made by hand, whole IP packets, and a look at what comes back. For forge.c.
 *
 * Sending goes through IPPROTO_RAW sockets, so the kernel does the routing and nothing else:
 * source, sequence numbers, fragments and checksums are as written here. Receiving is an AF_PACKET
 * socket that sees a copy of everything. Sequence numbers and ports are in host byte order.
 */
#ifndef MXDP_SELFTESTS_WIRE_H
#define MXDP_SELFTESTS_WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define WIRE_PACKET    2048
#define WIRE_EXTHDRS   16 /* at most */
#define WIRE_TCP_BYTES 20

struct ends {
	int family;
	unsigned char source[16], dest[16]; /* network byte order; 4 bytes used for AF_INET */
	uint16_t sport, dport;
};

struct segment {
	uint32_t seq, ack;
	uint8_t flags; /* TH_*; 0x40 ECE, 0x80 CWR */
	bool bad_checksum;
	unsigned exthdrs; /* IPv6: one hop-by-hop header, then destination options */
	const void *payload;
	size_t len;
};

static inline double wire_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline size_t wire_addr_len(const struct ends *e)
{
	return e->family == AF_INET ? 4 : 16;
}

/* RFC 1071 over bytes; `sum` carries on from a part of even length. */
static inline uint32_t wire_sum(uint32_t sum, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static inline uint16_t wire_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The TCP header and payload; returns their length. */
static inline size_t wire_tcp(unsigned char *out, const struct ends *e, const struct segment *s)
{
	struct tcphdr tcp = {
		.th_sport = htons(e->sport),
		.th_dport = htons(e->dport),
		.th_seq = htonl(s->seq),
		.th_ack = htonl(s->ack),
		.th_off = WIRE_TCP_BYTES / 4,
		.th_flags = s->flags,
		.th_win = htons(65535),
		.th_urp = htons(s->flags & TH_URG ? 1 : 0),
	};
	size_t len = sizeof(tcp) + s->len;
	uint32_t sum;

	memcpy(out, &tcp, sizeof(tcp));
	if (s->len)
		memcpy(out + sizeof(tcp), s->payload, s->len);
	sum = wire_sum(0, e->source, wire_addr_len(e));
	sum = wire_sum(sum, e->dest, wire_addr_len(e));
	sum = wire_sum(sum + IPPROTO_TCP + (uint32_t)len, out, len);
	tcp.th_sum = htons((uint16_t)(wire_fold(sum) ^ (s->bad_checksum ? 0x5555 : 0)));
	memcpy(out, &tcp, sizeof(tcp));
	return len;
}

/* Eight bytes a header: next, length 0, one PadN of four bytes. */
static inline size_t wire_exthdrs(unsigned char *out, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned char *h = out + (size_t)i * 8;

		memset(h, 0, 8);
		h[0] = i + 1 < count ? IPPROTO_DSTOPTS : IPPROTO_TCP;
		h[2] = 1; /* PadN */
		h[3] = 4;
	}
	return (size_t)count * 8;
}

/* An IPv4 header for `len` bytes; the kernel fills in the checksum. */
static inline void wire_ip4(unsigned char *out, const struct ends *e, size_t len, uint16_t id,
			    uint16_t offset)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(ip) + len)),
		.id = htons(id),
		.frag_off = htons(offset),
		.ttl = 64,
		.protocol = IPPROTO_TCP,
	};

	memcpy(&ip.saddr, e->source, 4);
	memcpy(&ip.daddr, e->dest, 4);
	memcpy(out, &ip, sizeof(ip));
}

/* The whole packet; returns its length. The caller keeps payloads below WIRE_PACKET - 256. */
static inline size_t wire_packet(unsigned char *out, const struct ends *e, const struct segment *s)
{
	struct ip6_hdr ip = {0};
	size_t skip, len;

	if (e->family == AF_INET) {
		len = wire_tcp(out + sizeof(struct iphdr), e, s);
		wire_ip4(out, e, len, 0, IP_DF);
		return sizeof(struct iphdr) + len;
	}
	skip = wire_exthdrs(out + sizeof(ip), s->exthdrs);
	len = skip + wire_tcp(out + sizeof(ip) + skip, e, s);
	ip.ip6_flow = htonl(6U << 28);
	ip.ip6_hlim = 64;
	ip.ip6_plen = htons((uint16_t)len);
	ip.ip6_nxt = s->exthdrs ? IPPROTO_HOPOPTS : IPPROTO_TCP;
	memcpy(&ip.ip6_src, e->source, 16);
	memcpy(&ip.ip6_dst, e->dest, 16);
	memcpy(out, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

static inline socklen_t wire_to(struct sockaddr_storage *out, const struct ends *e)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = (sa_family_t)e->family;
	if (e->family == AF_INET) {
		memcpy(&v4->sin_addr, e->dest, 4);
		return sizeof(*v4);
	}
	memcpy(&v6->sin6_addr, e->dest, 16);
	return sizeof(*v6);
}

/* 0 or -errno. */
static inline int wire_send_bytes(int fd, const struct ends *e, const void *bytes, size_t len)
{
	struct sockaddr_storage to;
	socklen_t to_len = wire_to(&to, e);

	return sendto(fd, bytes, len, 0, (struct sockaddr *)&to, to_len) < 0 ? -errno : 0;
}

static inline int wire_send(int fd, const struct ends *e, const struct segment *s)
{
	unsigned char packet[WIRE_PACKET];

	return wire_send_bytes(fd, e, packet, wire_packet(packet, e, s));
}

/* IPv4 only: the segment in fragments of eight bytes, the smallest there are (RFC 791). */
static inline int wire_send_fragments(int fd, const struct ends *e, const struct segment *s,
				      uint16_t id)
{
	unsigned char tcp[WIRE_PACKET], packet[sizeof(struct iphdr) + 8];
	size_t len = wire_tcp(tcp, e, s);

	for (size_t at = 0; at < len; at += 8) {
		size_t part = len - at < 8 ? len - at : 8;
		int err;

		wire_ip4(packet, e, part, id, (uint16_t)(at / 8 | (at + part < len ? IP_MF : 0)));
		memcpy(packet + sizeof(struct iphdr), tcp + at, part);
		err = wire_send_bytes(fd, e, packet, sizeof(struct iphdr) + part);
		if (err)
			return err;
	}
	return 0;
}

/* A received packet that answers `e`, as a segment whose payload points into `packet`. */
static inline bool wire_parse(struct segment *out, uint16_t *to_port, const struct ends *e,
			      const unsigned char *packet, size_t len)
{
	size_t n = wire_addr_len(e), head, total, tcp_len;
	const unsigned char *from, *to;
	struct tcphdr tcp;

	if (len < 40 || packet[0] >> 4 != (e->family == AF_INET ? 4 : 6))
		return false;
	head = e->family == AF_INET ? (size_t)(packet[0] & 15) * 4 : sizeof(struct ip6_hdr);
	from = packet + (e->family == AF_INET ? 12 : 8);
	to = from + n;
	total = e->family == AF_INET ? (size_t)packet[2] << 8 | packet[3]
				     : head + ((size_t)packet[4] << 8 | packet[5]);
	if (packet[e->family == AF_INET ? 9 : 6] != IPPROTO_TCP || memcmp(from, e->dest, n) ||
	    memcmp(to, e->source, n) || total > len || total < head + sizeof(tcp))
		return false;
	memcpy(&tcp, packet + head, sizeof(tcp));
	tcp_len = (size_t)tcp.th_off * 4;
	if (ntohs(tcp.th_sport) != e->dport || tcp_len < sizeof(tcp) || head + tcp_len > total)
		return false;
	*to_port = ntohs(tcp.th_dport);
	*out = (struct segment){
		.seq = ntohl(tcp.th_seq),
		.ack = ntohl(tcp.th_ack),
		.flags = tcp.th_flags,
		.payload = packet + head + tcp_len,
		.len = total - head - tcp_len,
	};
	return true;
}

/* The next answer until `deadline`; false where none comes. `packet` holds WIRE_PACKET bytes. */
static inline bool wire_receive(struct segment *out, uint16_t *to_port, int fd,
				const struct ends *e, unsigned char *packet, double deadline)
{
	for (double left; (left = deadline - wire_now()) > 0;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		n = recv(fd, packet, WIRE_PACKET, 0);
		if (n > 0 && wire_parse(out, to_port, e, packet, (size_t)n))
			return true;
	}
	return false;
}

/* Sends a batch whole; what the queue has no room for is tried again. 0 or -errno. */
static inline int wire_send_batch(int fd, struct mmsghdr *messages, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		int n = sendmmsg(fd, messages + done, count - done, 0);

		if (n > 0)
			done += (unsigned)n;
		else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -errno;
		else
			poll(NULL, 0, 1);
	}
	return 0;
}

#endif
