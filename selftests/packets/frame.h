/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames to send through the programs, built byte by byte so that a wrong structure in the programs
 * cannot be mirrored here: Ethernet, up to three VLAN tags, IPv4 with options or IPv6 with
 * extension headers, TCP with options and payload.
 *
 * A spec names what matters to its test and nothing else; zero stands for the usual: a segment from
 * CLIENT port 40000 to port 25 of SERVER. Numbers are in host byte order. What a frame shall lie
 * about is patched into its bytes afterwards, by the offsets kept beside them.
 *
 * Checksums are rubbish on purpose: veth and offloads leave them so, nothing may depend on them.
 */
#ifndef MXDP_SELFTESTS_FRAME_H
#define MXDP_SELFTESTS_FRAME_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT  "198.51.100.7"
#define SERVER  "203.0.113.25"
#define CLIENT6 "2001:db8:bad:1::7"
#define SERVER6 "2001:db8:25::1"

#define CLIENT_PORT 40000

enum tcp_flags { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

#define FRAGMENT_MORE     0x2000 /* IPv4: the bit beside the offset */
#define FRAME_EXT_HEADERS 10
#define FRAME_VLANS       3
#define FRAME_MAX         9216

/* An IPv6 extension header; `more` lengthens it by so many times eight bytes. */
struct ext {
	uint8_t kind; /* IPPROTO_* */
	uint8_t more;
	uint16_t offset; /* of a fragment, as in the header: offset << 3 | more fragments */
};

#define EXT(name, ...)                              \
	{                                           \
		.kind = IPPROTO_##name, __VA_ARGS__ \
	}

struct spec {
	const char *from, *to; /* the family follows `from` */
	uint16_t sport, dport;
	uint8_t flags;
	uint32_t seq, ack;
	const char *text;    /* payload */
	size_t len;          /* of the payload where it is not the text's; filled up with 'x' */
	uint8_t tcp_options; /* 32-bit words of NOPs */
	uint16_t vlans[FRAME_VLANS]; /* tag protocols, outermost first */
	uint16_t ethertype;          /* instead of that of the family */
	uint8_t protocol;            /* instead of TCP */
	uint8_t ip_options;          /* 32-bit words of NOPs */
	uint16_t fragment;           /* IPv4: flags and offset / 8 */
	uint8_t exts;                /* how many of `ext` there are: HOPOPTS is number 0 */
	struct ext ext[FRAME_EXT_HEADERS];
	size_t show; /* a fragment: ends after so many bytes of TCP, and the IP header says so */
};

struct frame {
	size_t len;
	size_t l3; /* offsets */
	size_t l4;
	size_t payload;
	uint8_t data[FRAME_MAX];
};

static inline void put_bytes(struct frame *f, const void *from, size_t len)
{
	if (f->len + len > sizeof(f->data))
		abort();
	memcpy(f->data + f->len, from, len);
	f->len += len;
}

static inline void put_fill(struct frame *f, uint8_t byte, size_t len)
{
	if (f->len + len > sizeof(f->data))
		abort();
	memset(f->data + f->len, byte, len);
	f->len += len;
}

static inline void put8(struct frame *f, uint8_t value)
{
	put_bytes(f, &value, 1);
}

static inline void put16(struct frame *f, uint16_t value)
{
	put_bytes(f, (uint8_t[]){value >> 8, value & 0xff}, 2);
}

static inline void put32(struct frame *f, uint32_t value)
{
	put16(f, value >> 16);
	put16(f, value & 0xffff);
}

static inline void put_address(struct frame *f, const char *text, int family)
{
	uint8_t bytes[16];

	if (inet_pton(family, text, bytes) != 1)
		abort();
	put_bytes(f, bytes, family == AF_INET ? 4 : 16);
}

static inline void patch16(struct frame *f, size_t at, uint16_t value)
{
	f->data[at] = value >> 8;
	f->data[at + 1] = value & 0xff;
}

static inline uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void put_ethernet(struct frame *f, const struct spec *s, bool v4)
{
	put_bytes(f, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	for (int i = 0; i < FRAME_VLANS && s->vlans[i]; i++) {
		put16(f, s->vlans[i]);
		put16(f, (uint16_t)(100 + i));
	}
	put16(f, s->ethertype ? s->ethertype : v4 ? 0x0800 : 0x86dd);
}

static inline void put_ip4(struct frame *f, const struct spec *s)
{
	put8(f, 0x40 | (uint8_t)(5 + s->ip_options));
	put8(f, 0x10);
	put16(f, 0); /* the length: patched when it is known */
	put16(f, 0x1234);
	put16(f, s->fragment);
	put8(f, 57);
	put8(f, s->protocol ? s->protocol : IPPROTO_TCP);
	put16(f, 0xabad);
	put_address(f, s->from ? s->from : CLIENT, AF_INET);
	put_address(f, s->to ? s->to : SERVER, AF_INET);
	put_fill(f, 1, 4U * s->ip_options);
}

static inline void put_ext(struct frame *f, const struct ext *ext, uint8_t next)
{
	/* AH alone counts in words, less two: 24 bytes is its shortest form with an ICV. */
	size_t len = (ext->kind == IPPROTO_AH ? 24 : 8) + 8U * ext->more;
	size_t start = f->len;

	put8(f, next);
	if (ext->kind == IPPROTO_FRAGMENT)
		put8(f, 0); /* reserved */
	else if (ext->kind == IPPROTO_AH)
		put8(f, (uint8_t)(len / 4 - 2));
	else
		put8(f, ext->more);
	put16(f, ext->offset);
	put_fill(f, 0, len - (f->len - start));
}

static inline void put_ip6(struct frame *f, const struct spec *s)
{
	uint8_t last = s->protocol ? s->protocol : IPPROTO_TCP;

	put32(f, 0x61234567);
	put16(f, 0); /* the length: patched when it is known */
	put8(f, s->exts ? s->ext[0].kind : last);
	put8(f, 57);
	put_address(f, s->from, AF_INET6);
	put_address(f, s->to ? s->to : SERVER6, AF_INET6);
	for (int i = 0; i < s->exts; i++)
		put_ext(f, &s->ext[i], i + 1 < s->exts ? s->ext[i + 1].kind : last);
}

static inline void put_tcp(struct frame *f, const struct spec *s)
{
	put16(f, s->sport ? s->sport : CLIENT_PORT);
	put16(f, s->dport ? s->dport : 25);
	put32(f, s->seq);
	put32(f, s->ack);
	put8(f, (uint8_t)((5 + s->tcp_options) << 4));
	put8(f, s->flags);
	put16(f, 64240);
	put16(f, 0xabad);
	put16(f, 0);
	put_fill(f, 1, 4U * s->tcp_options);
}

/* The length that the IP header claims, counted from its first byte for IPv4, behind it for IPv6.
 */
static inline void frame_claim(struct frame *f, size_t len)
{
	patch16(f, f->l3 + ((f->data[f->l3] >> 4) == 4 ? 2 : 4), (uint16_t)len);
}

static inline size_t frame_claimed(const struct frame *f)
{
	return read16(f->data + f->l3 + ((f->data[f->l3] >> 4) == 4 ? 2 : 4));
}

/* What a network card adds to reach its shortest frame; not part of the packet. */
static inline void frame_pad(struct frame *f, uint8_t byte, size_t len)
{
	put_fill(f, byte, len);
}

static inline void frame_build(struct frame *f, const struct spec *s)
{
	bool v4 = !s->from || !strchr(s->from, ':');
	size_t text = s->text ? strlen(s->text) : 0;
	size_t len = s->len ? s->len : text;

	f->len = 0;
	put_ethernet(f, s, v4);
	f->l3 = f->len;
	if (v4)
		put_ip4(f, s);
	else
		put_ip6(f, s);
	f->l4 = f->len;
	put_tcp(f, s);
	f->payload = f->len;
	if (s->text)
		put_bytes(f, s->text, text < len ? text : len);
	put_fill(f, 'x', f->payload + len - f->len);
	if (s->show)
		f->len = f->l4 + s->show;
	frame_claim(f, f->len - f->l3 - (v4 ? 0 : 40));
}

#endif
