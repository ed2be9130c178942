// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any segments in any order: what is delivered is contiguous, stays below the limit, and consists
 * of bytes that somebody sent for that very place.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/tap/stream.h"

#define SPAN 4096U /* of sequence numbers in play, around the wrap */
#define BASE (0U - SPAN / 2)

static struct {
	uint8_t sent[SPAN][32]; /* a bit for each byte value sent for a place */
	uint32_t next, limit;
} world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void take(const struct chunk *chunk, void *context)
{
	(void)context;
	check(chunk->len > 0 && seq_diff(chunk->seq, world.next) >= 0);
	if (chunk->kind != CHUNK_LINES)
		check(chunk->seq == world.next);
	check(seq_diff(chunk->seq + (uint32_t)chunk->len, world.limit) <= 0);
	check(!chunk->data == (chunk->kind == CHUNK_HOLE));
	for (size_t i = 0; chunk->data && i < chunk->len; i++) {
		uint32_t at = chunk->seq - BASE + (uint32_t)i;
		uint8_t byte = chunk->data[i];

		check(at < SPAN && world.sent[at][byte / 8] & 1 << byte % 8);
	}
	if (chunk->kind == CHUNK_BYTES || chunk->kind == CHUNK_HOLE)
		world.next += (uint32_t)chunk->len;
}

static void check_bounds(const struct stream *s)
{
	size_t bytes = 0;

	check(s->count <= STREAM_SEGMENTS);
	for (size_t i = 0; i < s->count; i++) {
		check(s->segment[i].len > 0);
		bytes += s->segment[i].len;
	}
	check(bytes == s->bytes && bytes <= STREAM_BYTES);
}

static void add(struct stream *s, uint32_t at, uint8_t ack, const uint8_t *bytes, size_t len)
{
	/* malloc, so that reading behind the end is caught */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		return;
	memcpy(copy, bytes, len);
	for (size_t i = 0; i < len; i++)
		world.sent[at + i][bytes[i] / 8] |= (uint8_t)(1 << bytes[i] % 8);
	/* Before its place is acknowledged only what finds no room is told. */
	world.limit = BASE + SPAN;
	stream_add(s, &(struct chunk){CHUNK_BYTES, copy, len, BASE + (uint32_t)at, ack}, take,
		   NULL);
	check(world.next == s->next);
	free(copy);
}

/* Each step: what to do, a place in two bytes, a length; for an addition its bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream s;

	memset(&world, 0, sizeof(world));
	memset(&s, 0, sizeof(s));
	world.next = BASE;
	stream_start(&s, BASE);
	while (size >= 4) {
		uint32_t at = (uint32_t)(data[1] << 8 | data[2]) % SPAN;
		size_t len = data[3];
		uint8_t what = data[0];

		data += 4;
		size -= 4;
		if (what & 1) {
			if (len > size)
				len = size;
			if (len > SPAN - at)
				len = SPAN - at;
			add(&s, at, what >> 4, data, len);
			data += len;
			size -= len;
		} else if (what & 2) {
			stream_end(&s, BASE + at);
		} else {
			world.limit = BASE + at;
			stream_deliver(&s, world.limit, what & 4, take, NULL);
			world.next = s.next; /* a FIN is gone over without a word */
		}
		check(seq_diff(stream_ready(&s), s.next) >= 0);
		check_bounds(&s);
	}
	stream_free(&s);
	check(!s.count && !s.bytes);
	return 0;
}
