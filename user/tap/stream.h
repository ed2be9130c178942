/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a TCP connection put together by sequence number: out of order, repeated,
 * overlapping, one byte a segment, cut short by the capture.
 *
 * Bytes are delivered only up to a limit that the peer's stack has acknowledged. Where two segments
 * carry different bytes for the same place, nobody can tell from outside which of them the peer's
 * stack took (a bad checksum, a low TTL). The later one goes into the main reading; before it come
 * the other readings of the same stretch, marked as alternatives, so that all are judged: the one
 * where the earliest segment wins every byte, and for each contested segment the lines that it
 * touches where it wins. A contested stretch that the peer acknowledges piece by piece is read
 * piece by piece.
 *
 * Bounded: STREAM_SEGMENTS segments and STREAM_BYTES bytes wait at most. Where room is short, what
 * lies furthest ahead goes; what is gone shows as a hole. One that contradicts those that wait
 * would leave no hole, so decoys in great number could hide it: it is told at once, as another
 * reading, before the peer has acknowledged its place. That proves less; but to fill the table one
 * has to know the sequence numbers of both directions many times over. `dropped` tells the owner.
 *
 * Sequence numbers are in host byte order and wrap (RFC 9293 3.4).
 */
#ifndef MXDP_TAP_STREAM_H
#define MXDP_TAP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_SEGMENTS 32
#define STREAM_BYTES    16384

struct segment {
	uint32_t seq;
	uint32_t ack; /* what its sender had acknowledged of the other direction */
	uint32_t len;
	bool conflict; /* overlaps another segment with different bytes */
	uint8_t *data; /* owned */
};

struct stream {
	bool started;
	bool ended;     /* a FIN was seen */
	uint32_t first; /* where it began */
	uint32_t next;  /* first byte not delivered yet */
	uint32_t fin;   /* the sequence number that the latest FIN takes */
	size_t count;
	size_t bytes;
	uint64_t dropped;                        /* bytes not kept for want of room */
	struct segment segment[STREAM_SEGMENTS]; /* in order of arrival */
};

enum chunk_kind {
	CHUNK_BYTES,       /* the next bytes in order */
	CHUNK_HOLE,        /* `len` acknowledged bytes that were never seen */
	CHUNK_ALTERNATIVE, /* another reading of the bytes that the next chunks will hold */
	CHUNK_LINES,       /* the same, from the beginning of a line on that comes later */
};

struct chunk {
	enum chunk_kind kind;
	const uint8_t *data; /* NULL for a hole */
	size_t len;
	uint32_t seq;
	uint32_t ack;
};

typedef void (*chunk_fn)(const struct chunk *chunk, void *context);

/* Like all zero; the table of segments is filled no further than `count` says. */
void stream_clear(struct stream *s);
/* The first byte that counts; bytes before it are ignored. */
void stream_start(struct stream *s, uint32_t seq);
/* Keeps the bytes, or tells by `fn` those that contradict others and find no room. */
void stream_add(struct stream *s, const struct chunk *bytes, chunk_fn fn, void *context);
/*
 * Tells the bytes at once, without keeping them, where they are the next and nothing else waits;
 * false where they must be added. For a direction whose bytes count as they come.
 */
bool stream_pass(struct stream *s, const struct chunk *bytes, chunk_fn fn, void *context);
/* A FIN stands behind the last byte: it is acknowledged like a byte, but missing it is no hole. */
void stream_end(struct stream *s, uint32_t seq);
/* Delivers what is there up to `limit`; with `over_holes` goes over what is missing. */
void stream_deliver(struct stream *s, uint32_t limit, bool over_holes, chunk_fn fn, void *context);
/* Bytes of it so far: up to the FIN where one was seen, else at least so many. Modulo 2^32. */
uint32_t stream_length(const struct stream *s);
/* One past the last byte that stands there without a hole. */
uint32_t stream_ready(const struct stream *s);
void stream_free(struct stream *s);

static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
