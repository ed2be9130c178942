/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model, first half: what a frame says, read byte by byte from the rules of DESIGN and README
 * alone. Nothing of bpf/ is included or copied, so a mistake there has no twin here.
 *
 * A frame that is a TCP segment, or the first fragment of one, has facts; of any other its fate is
 * told. Lengths are those of the IP header: what is behind them is padding.
 */
#ifndef MXDP_SELFTESTS_MODEL_FACTS_H
#define MXDP_SELFTESTS_MODEL_FACTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../maps/addr.h"
#include "../../maps/fates.h"

#define MODEL_VLANS    2    /* tags that are looked behind */
#define MODEL_EXTS     8    /* IPv6 extension headers that are followed */
#define MODEL_DEEPEST  2047 /* where a TCP header may begin at the latest */
#define MODEL_ETHERNET 14

struct facts {
	struct addr source, dest;
	uint16_t sport, dport;
	uint8_t flags;
	uint32_t seq, ack;
	uint32_t len; /* of the payload */
	bool hidden;  /* a first fragment that does not show its flags */
	bool plain;   /* neither options, extension headers nor fragments: a reset can answer it */
};

struct bytes {
	const uint8_t *at;
	size_t len;
};

static inline uint16_t two(const struct bytes *f, size_t at)
{
	return (uint16_t)(f->at[at] << 8 | f->at[at + 1]);
}

static inline uint32_t four(const struct bytes *f, size_t at)
{
	return (uint32_t)two(f, at) << 16 | two(f, at + 2);
}

static inline struct addr mapped(const uint8_t *v4)
{
	struct addr addr = {.b = {[10] = 0xff, [11] = 0xff}};

	memcpy(addr.b + 12, v4, 4);
	return addr;
}

/* *tcp is where TCP begins, *rest how much of the packet is left from there. */
static inline enum fate facts_of_ip4(const struct bytes *f, size_t ip, struct facts *out,
				     size_t *tcp, size_t *rest)
{
	size_t header, total;
	uint16_t fragment;

	if (f->len < ip + 20 || f->at[ip] >> 4 != 4)
		return FATE_MALFORMED;
	header = (f->at[ip] & 15U) * 4;
	if (header < 20)
		return FATE_MALFORMED;
	if (f->at[ip + 9] != IPPROTO_TCP)
		return FATE_NOT_TCP;
	fragment = two(f, ip + 6);
	if (fragment & 0x1fff)
		return FATE_FRAGMENT;
	total = two(f, ip + 2) ? two(f, ip + 2) : f->len - ip; /* 0: more than 16 bits can say */
	if (total < header || f->len < ip + total)
		return FATE_MALFORMED;
	out->source = mapped(f->at + ip + 12);
	out->dest = mapped(f->at + ip + 16);
	out->hidden = fragment & 0x2000;
	out->plain = header == 20 && !out->hidden;
	*tcp = ip + header;
	*rest = total - header;
	return FATE_PENDING;
}

static inline bool is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH;
}

/* From the header at *at, of kind `next`, to the TCP header. */
static inline enum fate follow_extensions(const struct bytes *f, size_t *at, uint8_t next,
					  struct facts *out)
{
	for (int followed = 0; next != IPPROTO_TCP; followed++) {
		uint8_t kind = next;

		if (!is_extension(kind))
			return FATE_NOT_TCP;
		if (followed == MODEL_EXTS)
			return FATE_EXT_DEEP;
		if (f->len < *at + 4)
			return FATE_MALFORMED;
		out->plain = false;
		next = f->at[*at];
		if (kind == IPPROTO_FRAGMENT && two(f, *at + 2) & 0xfff8)
			return FATE_FRAGMENT;
		if (kind == IPPROTO_FRAGMENT && two(f, *at + 2) & 1)
			out->hidden = true;
		*at += kind == IPPROTO_FRAGMENT ? 8U
		       : kind == IPPROTO_AH     ? (f->at[*at + 1] + 2U) * 4
						: (f->at[*at + 1] + 1U) * 8;
	}
	return FATE_PENDING;
}

static inline enum fate facts_of_ip6(const struct bytes *f, size_t ip, struct facts *out,
				     size_t *tcp, size_t *rest)
{
	size_t begin = ip + 40, total;
	enum fate fate;

	if (f->len < begin || f->at[ip] >> 4 != 6)
		return FATE_MALFORMED;
	total = two(f, ip + 4) ? two(f, ip + 4) : f->len - begin;
	if (f->len < begin + total)
		return FATE_MALFORMED;
	memcpy(&out->source, f->at + ip + 8, 16);
	memcpy(&out->dest, f->at + ip + 24, 16);
	out->plain = true;
	*tcp = begin;
	fate = follow_extensions(f, tcp, f->at[ip + 6], out);
	if (fate)
		return fate;
	if (*tcp - begin > total)
		return FATE_MALFORMED;
	*rest = total - (*tcp - begin);
	return FATE_PENDING;
}

/* What a first fragment does not show, another packet will: it is not malformed. */
static inline enum fate facts_of_tcp(const struct bytes *f, size_t at, size_t rest,
				     struct facts *out)
{
	bool first = out->hidden;
	size_t header;

	if (at > MODEL_DEEPEST || rest < 4)
		return FATE_MALFORMED;
	out->sport = two(f, at);
	out->dport = two(f, at + 2);
	if (rest < 14)
		return first ? FATE_PENDING : FATE_MALFORMED;
	out->hidden = false;
	out->flags = f->at[at + 13];
	out->seq = four(f, at + 4);
	out->ack = four(f, at + 8);
	header = (f->at[at + 12] >> 4) * 4U;
	if (header < 20 || header > rest)
		return first ? FATE_PENDING : FATE_MALFORMED;
	out->len = (uint32_t)(rest - header);
	return FATE_PENDING;
}

/* FATE_PENDING, and *out, where there is a TCP segment; else what the frame is. */
static inline enum fate facts_of(const uint8_t *frame, size_t len, struct facts *out)
{
	const struct bytes f = {frame, len};
	size_t at = MODEL_ETHERNET, tcp = 0, rest = 0;
	uint16_t type;
	enum fate fate;

	*out = (struct facts){0};
	if (len < at)
		return FATE_NOT_IP;
	type = two(&f, at - 2);
	for (int tags = 0; tags < MODEL_VLANS && (type == 0x8100 || type == 0x88a8); tags++) {
		if (len < at + 4)
			return FATE_MALFORMED;
		at += 4;
		type = two(&f, at - 2);
	}
	if (type == 0x0800)
		fate = facts_of_ip4(&f, at, out, &tcp, &rest);
	else if (type == 0x86dd)
		fate = facts_of_ip6(&f, at, out, &tcp, &rest);
	else
		return FATE_NOT_IP;
	return fate ? fate : facts_of_tcp(&f, tcp, rest, out);
}

#endif
