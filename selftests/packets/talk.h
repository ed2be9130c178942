/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first words of a session, for the tests of the tap. After the handshake the server's first
 * byte is number S + 1 and the client's C + 1; END is one past the banner.
 */
#ifndef MXDP_SELFTESTS_TALK_H
#define MXDP_SELFTESTS_TALK_H

#include "expect.h"

#define S      1000U
#define C      500000U
#define BANNER "220 mx.our.example ESMTP\r\n"
#define END    (S + (uint32_t)sizeof(BANNER))

static inline void server_says(struct kernel *k, uint32_t seq, uint32_t ack, const char *text)
{
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK | PSH, .seq = seq, .ack = ack,
		  .text = text);
}

static inline void client_says(struct kernel *k, uint32_t seq, uint32_t ack, const char *text)
{
	ingress_is(k, FATE_MAIL_SEEN, .flags = ACK | PSH, .seq = seq, .ack = ack, .text = text);
}

static inline void banner(struct kernel *k)
{
	server_says(k, S + 1, C + 1, BANNER);
}

/* Up to the reply to EHLO: C + 9 and END + 8 come next. */
static inline void greeting(struct kernel *k)
{
	banner(k);
	client_says(k, C + 1, END, "EHLO x\r\n");
	server_says(k, END, C + 9, "250 mx\r\n");
}

/* The ring holds a record at `index` with this text, and nothing of it was cut. */
static inline void told_text(const struct kernel *k, size_t index, enum record_direction from,
			     uint8_t flags, const char *text)
{
	const struct record *r = &k->told[index].head;

	assert_true(index < k->told_count);
	assert_int_equal(r->from, from);
	assert_int_equal(r->flags, flags);
	assert_int_equal(r->len, strlen(text));
	assert_int_equal(r->cap, r->len);
	assert_memory_equal(r->data, text, r->len);
}

#endif
