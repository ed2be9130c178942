/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gzip (RFC 1952) out of a stream, known by its first two bytes; anything else passes as it is. One
 * member may follow another, as in log files that were joined; zero bytes behind the last are
 * padding. What comes out is counted and bounded: a thousandth of a gzip bomb is enough to know it.
 */
#ifndef MXDP_FEEDS_UNPACK_H
#define MXDP_FEEDS_UNPACK_H

#include <zlib.h>
#include "feed.h"

#define UNPACK_ROOM 65536

struct unpack {
	feed_read_fn *read;
	void *context;
	uint64_t max;      /* bytes that may come out */
	uint64_t unpacked; /* bytes that came out */
	const char *why;   /* -EBADMSG and -EFBIG: in words */

	z_stream z;
	enum { UNPACK_NEW, UNPACK_PLAIN, UNPACK_GZIP } state;
	bool open;   /* z is to be ended */
	bool inside; /* a member has begun and not ended */
	bool ended;  /* nothing more comes in */
	unsigned char in[UNPACK_ROOM];
};

void unpack_init(struct unpack *u, feed_read_fn *read, void *context, uint64_t max);
/* A feed_read_fn. -EBADMSG: damaged or cut; -EFBIG: more than `max'; else what `read' returned. */
ssize_t unpack_read(void *unpack, void *buffer, size_t size);
void unpack_end(struct unpack *u);

#endif
