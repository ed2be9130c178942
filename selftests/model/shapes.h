/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of every shape that the parser knows, and then of none: built whole by frame.h, given the
 * addresses of a world, then made to lie, cut, padded and bent.
 */
#ifndef MXDP_SELFTESTS_MODEL_SHAPES_H
#define MXDP_SELFTESTS_MODEL_SHAPES_H

#include "../packets/frame.h"
#include "world.h"

#define SHAPE_MIN 14 /* the kernel takes no shorter one */

static inline uint8_t pick_flags(struct dice *d)
{
	static const uint8_t usual[] = {SYN,       SYN,       SYN,       SYN,      SYN | 0xc0,
					SYN | PSH, SYN | ACK, ACK | PSH, ACK,      RST,
					FIN | ACK, SYN | FIN, SYN | RST, URG | SYN};

	return one_in(d, 8) ? (uint8_t)roll(d) : pick(d, usual);
}

static inline void pick_extensions(struct dice *d, struct spec *s)
{
	static const uint8_t kinds[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING,  IPPROTO_DSTOPTS,
					IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_AH,
					IPPROTO_HOPOPTS, IPPROTO_ROUTING,  IPPROTO_AH};

	s->exts = (uint8_t)(1 + below(d, one_in(d, 3) ? FRAME_EXT_HEADERS : 3));
	for (int i = 0; i < s->exts; i++) {
		struct ext *ext = &s->ext[i];

		ext->kind = one_in(d, 40) ? (uint8_t)roll(d) : pick(d, kinds);
		if (ext->kind != IPPROTO_FRAGMENT && one_in(d, 3))
			ext->more = (uint8_t)below(d, one_in(d, 20) ? 100 : 4);
		if (ext->kind == IPPROTO_FRAGMENT)
			ext->offset = one_in(d, 4) ? (uint16_t)roll(d) : (uint16_t)below(d, 2);
	}
}

static inline void pick_fragment(struct dice *d, struct spec *s)
{
	s->fragment = one_in(d, 4) ? (uint16_t)roll(d) : FRAGMENT_MORE;
	if (one_in(d, 2))
		s->show = 1 + below(d, 24);
}

static inline struct spec pick_spec(struct dice *d, bool v4)
{
	static const uint16_t ports[] = {25, 25,  25, 25, 25, 25, 587, 465, MODEL_SECOND_MX,
					 80, 6400},
			      tags[] = {0x8100, 0x88a8, 0x9100};
	struct spec s = {
		.from = v4 ? "0.0.0.0" : "::",
		.to = v4 ? "0.0.0.0" : "::",
		.sport = (uint16_t)roll(d),
		.dport = one_in(d, 16) ? (uint16_t)roll(d) : pick(d, ports),
		.flags = pick_flags(d),
		.seq = (uint32_t)roll(d),
		.ack = (uint32_t)roll(d),
	};

	for (int i = 0; i < FRAME_VLANS && one_in(d, 4); i++)
		s.vlans[i] = i < 2 ? tags[below(d, 2)] : pick(d, tags);
	if (one_in(d, 40))
		s.ethertype = (uint16_t)roll(d);
	if (one_in(d, 30))
		s.protocol = (uint8_t)roll(d);
	if (one_in(d, 4))
		s.tcp_options = (uint8_t)below(d, 11);
	if (one_in(d, 3))
		s.len = below(d, one_in(d, 50) ? 4000 : 64);
	if (v4 && one_in(d, 6))
		s.ip_options = (uint8_t)below(d, 11);
	if (v4 && one_in(d, 6))
		pick_fragment(d, &s);
	if (!v4 && one_in(d, 3))
		pick_extensions(d, &s);
	if (!v4 && s.exts && one_in(d, 4))
		s.show = 1 + below(d, 24);
	return s;
}

static inline void put_addresses(struct world *w, struct frame *f, bool v4)
{
	struct addr from = pick_source(w, v4), to = pick_dest(w, v4);
	size_t size = v4 ? 4 : 16, at = f->l3 + (v4 ? 12 : 8);

	memcpy(f->data + at, from.b + 16 - size, size);
	memcpy(f->data + at + size, to.b + 16 - size, size);
}

/* A frame's own numbers are where lies matter most: near its headers, and small. */
static inline void bend(struct dice *d, struct frame *f)
{
	static const uint8_t telling[] = {0, 1, 5, 6, 14, 0x40, 0x45, 0x46, 0x4f, 0x60, 0x80, 0xff};
	size_t at = one_in(d, 3) ? below(d, (uint32_t)f->len)
				 : f->l3 + below(d, (uint32_t)(f->l4 + 20 - f->l3));

	if (at >= f->len)
		at = below(d, (uint32_t)f->len);
	switch (below(d, 6)) {
	case 0:
		f->data[at] ^= (uint8_t)(1 << below(d, 8));
		break;
	case 1:
		f->data[at] = pick(d, telling);
		break;
	case 2:
		f->data[at] = (uint8_t)roll(d);
		break;
	case 3:
		if (f->len > SHAPE_MIN)
			f->len = SHAPE_MIN + below(d, (uint32_t)(f->len - SHAPE_MIN));
		break;
	case 4:
		frame_pad(f, (uint8_t)roll(d), below(d, 64));
		break;
	default:
		if (f->l3 + 6 <= f->len)
			frame_claim(f, one_in(d, 4) ? 0 : below(d, (uint32_t)f->len + 64));
		break;
	}
}

/* Three of four are what they say. */
static inline void shape(struct world *w, struct frame *f)
{
	struct dice *d = &w->dice;
	bool v4 = one_in(d, 2);
	struct spec s = pick_spec(d, v4);

	frame_build(f, &s);
	put_addresses(w, f, v4);
	if (one_in(d, 4))
		frame_pad(f, (uint8_t)roll(d), below(d, 40));
	if (one_in(d, 4))
		for (uint32_t n = 1 + below(d, 4); n; n--)
			bend(d, f);
}

#endif
