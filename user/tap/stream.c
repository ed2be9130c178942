// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "stream.h"

static uint32_t end_of(const struct segment *s)
{
	return s->seq + s->len;
}

void stream_start(struct stream *s, uint32_t seq)
{
	s->started = true;
	s->next = seq;
}

static void segment_remove(struct stream *s, size_t i)
{
	s->bytes -= s->segment[i].len;
	free(s->segment[i].data);
	s->count--;
	memmove(&s->segment[i], &s->segment[i + 1], (s->count - i) * sizeof(s->segment[0]));
}

/* Whether `old` holds all bytes of `new` (1), contradicts some (-1), or neither (0). */
static int compare(const struct segment *old, const struct segment *new)
{
	uint32_t from = seq_diff(new->seq, old->seq) > 0 ? new->seq : old->seq;
	uint32_t to = seq_diff(end_of(new), end_of(old)) < 0 ? end_of(new) : end_of(old);

	if (seq_diff(to, from) <= 0)
		return 0;
	if (memcmp(old->data + (from - old->seq), new->data + (from - new->seq), to - from))
		return -1;
	return from == new->seq &&to == end_of(new);
}

/* A run of small segments becomes one, so that a byte a segment does not fill the table. */
static bool join_last(struct stream *s, const struct segment *new)
{
	struct segment *last = s->count ? &s->segment[s->count - 1] : NULL;
	uint8_t *data;

	if (!last || last->conflict || new->conflict || end_of(last) != new->seq ||
	    last->ack != new->ack)
		return false;
	data = realloc(last->data, last->len + new->len);
	if (!data)
		return false;
	memcpy(data + last->len, new->data, new->len);
	last->data = data;
	last->len += new->len;
	s->bytes += new->len;
	return true;
}

void stream_add(struct stream *s, uint32_t seq, uint32_t ack, const uint8_t *data, size_t len)
{
	struct segment new = {
		.seq = seq, .ack = ack, .len = (uint32_t)len, .data = (uint8_t *)data};

	if (!len)
		return;
	if (!s->started)
		stream_start(s, seq);
	if (seq_diff(end_of(&new), s->next) <= 0)
		return;
	if (seq_diff(new.seq, s->next) < 0) {
		uint32_t gone = s->next - new.seq;

		new.seq += gone;
		new.data += gone;
		new.len -= gone;
	}
	for (size_t i = 0; i < s->count; i++) {
		int same = compare(&s->segment[i], &new);

		if (same > 0 && !s->segment[i].conflict)
			return; /* a retransmission */
		if (same < 0)
			s->segment[i].conflict = new.conflict = true;
	}
	if (s->bytes + new.len > STREAM_BYTES) {
		s->dropped += new.len;
		return;
	}
	if (join_last(s, &new))
		return;
	data = new.data;
	new.data = s->count < STREAM_SEGMENTS ? malloc(new.len) : NULL;
	if (!new.data) {
		s->dropped += new.len;
		return;
	}
	memcpy(new.data, data, new.len);
	s->segment[s->count++] = new;
	s->bytes += new.len;
}

/* The latest segment that holds byte `at`: of two readings the later is taken for the main one. */
static const struct segment *holder_of(const struct stream *s, uint32_t at)
{
	for (size_t i = s->count; i--;) {
		const struct segment *g = &s->segment[i];

		if (seq_diff(g->seq, at) <= 0 && seq_diff(end_of(g), at) > 0)
			return g;
	}
	return NULL;
}

/* Where a run from `holder` starting at `at` ends: at its end, or where a later segment begins. */
static uint32_t run_end(const struct stream *s, const struct segment *holder, uint32_t at,
			uint32_t limit)
{
	uint32_t end = seq_diff(end_of(holder), limit) < 0 ? end_of(holder) : limit;

	for (const struct segment *g = holder + 1; g < s->segment + s->count; g++)
		if (seq_diff(g->seq, at) > 0 && seq_diff(g->seq, end) < 0)
			end = g->seq;
	return end;
}

static uint32_t hole_end(const struct stream *s, uint32_t limit)
{
	uint32_t end = limit;

	for (size_t i = 0; i < s->count; i++)
		if (seq_diff(s->segment[i].seq, s->next) > 0 &&
		    seq_diff(s->segment[i].seq, end) < 0)
			end = s->segment[i].seq;
	return end;
}

uint32_t stream_ready(const struct stream *s)
{
	const struct segment *holder;
	uint32_t at = s->next;

	while ((holder = holder_of(s, at)))
		at = end_of(holder);
	return at;
}

static void forget_delivered(struct stream *s, chunk_fn fn, void *context)
{
	for (size_t i = 0; i < s->count;) {
		struct segment *g = &s->segment[i];

		if (seq_diff(end_of(g), s->next) > 0) {
			i++;
			continue;
		}
		if (g->conflict)
			fn(&(struct chunk){CHUNK_ALTERNATIVE, g->data, g->len, g->seq, g->ack},
			   context);
		segment_remove(s, i);
	}
}

/*
 * The main reading takes the later of two segments for each byte; this is the other whole reading,
 * the earlier one, for lines that several segments make up.
 */
static uint8_t *earlier_reading(const struct stream *s, uint32_t limit, size_t *len)
{
	bool conflict = false;
	uint8_t *text;

	for (size_t i = 0; i < s->count; i++)
		conflict |= s->segment[i].conflict && seq_diff(s->segment[i].seq, limit) < 0;
	*len = limit - s->next;
	if (!conflict || seq_diff(limit, s->next) <= 0 || *len > STREAM_BYTES)
		return NULL;
	text = calloc(1, *len);
	for (size_t i = s->count; text && i--;) {
		const struct segment *g = &s->segment[i];

		for (uint32_t at = g->seq; at != end_of(g); at++)
			if (seq_diff(at, s->next) >= 0 && seq_diff(at, limit) < 0)
				text[at - s->next] = g->data[at - g->seq];
	}
	return text;
}

void stream_deliver(struct stream *s, uint32_t limit, bool over_holes, chunk_fn fn, void *context)
{
	struct chunk earlier = {.kind = CHUNK_ALTERNATIVE, .seq = s->next};
	uint8_t *text;

	if (!s->started)
		return;
	text = earlier_reading(s, limit, &earlier.len);
	while (seq_diff(limit, s->next) > 0) {
		const struct segment *holder = holder_of(s, s->next);
		uint32_t at = s->next;

		if (holder) {
			s->next = run_end(s, holder, at, limit);
			fn(&(struct chunk){CHUNK_BYTES, holder->data + (at - holder->seq),
					   s->next - at, at, holder->ack},
			   context);
		} else if (over_holes) {
			s->next = hole_end(s, limit);
			fn(&(struct chunk){CHUNK_HOLE, NULL, s->next - at, at, 0}, context);
		} else {
			break;
		}
	}
	earlier.data = text;
	if (text)
		fn(&earlier, context);
	free(text);
	forget_delivered(s, fn, context);
}

void stream_free(struct stream *s)
{
	while (s->count)
		segment_remove(s, s->count - 1);
	s->started = false;
}
