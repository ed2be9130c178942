// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "stream.h"

static uint32_t end_of(const struct segment *s)
{
	return s->seq + s->len;
}

static uint32_t seq_first(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0 ? a : b;
}

static uint32_t seq_last(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0 ? a : b;
}

void stream_clear(struct stream *s)
{
	memset(s, 0, offsetof(struct stream, segment));
}

void stream_start(struct stream *s, uint32_t seq)
{
	s->started = true;
	s->first = s->next = seq;
}

uint32_t stream_length(const struct stream *s)
{
	if (!s->started)
		return 0;
	return (s->ended ? s->fin : s->next) - s->first;
}

void stream_end(struct stream *s, uint32_t seq)
{
	s->ended = true;
	s->fin = seq;
}

/* Coming in */

static void segment_remove(struct stream *s, size_t i)
{
	s->bytes -= s->segment[i].len;
	free(s->segment[i].data);
	s->count--;
	memmove(&s->segment[i], &s->segment[i + 1], (s->count - i) * sizeof(s->segment[0]));
}

enum overlap {
	APART,
	AGREES,      /* the same bytes where both have some */
	HOLDS,       /* the older one has all bytes of the newer one */
	CONTRADICTS, /* different bytes for the same place */
};

static enum overlap compare(const struct segment *old, const struct segment *new)
{
	uint32_t from = seq_last(old->seq, new->seq);
	uint32_t to = seq_first(end_of(old), end_of(new));

	if (seq_diff(to, from) <= 0)
		return APART;
	if (memcmp(old->data + (from - old->seq), new->data + (from - new->seq), to - from))
		return CONTRADICTS;
	return to - from == new->len ? HOLDS : AGREES;
}

/* Marks what the new segment contradicts; true where it is a retransmission and nothing more. */
static bool is_repeated(struct stream *s, struct segment *new)
{
	for (size_t i = 0; i < s->count; i++) {
		struct segment *old = &s->segment[i];
		enum overlap overlap = compare(old, new);

		/* A copy of a contested segment comes later than what contests it: it counts. */
		if (overlap == HOLDS && !old->conflict)
			return true;
		if (overlap == CONTRADICTS)
			old->conflict = new->conflict = true;
	}
	return false;
}

/*
 * Neighbours become one, so that a byte a segment does not fill the table. Only where their order
 * of arrival does not matter, and where both were sent with the same knowledge.
 */
static bool join_neighbor(struct stream *s, const struct segment *new)
{
	for (size_t i = 0; i < s->count && !new->conflict; i++) {
		struct segment *old = &s->segment[i];
		bool behind = end_of(old) == new->seq, before = end_of(new) == old->seq;
		uint8_t *data;

		if (old->conflict || old->ack != new->ack || (!behind && !before))
			continue;
		data = realloc(old->data, old->len + new->len);
		if (!data)
			return false;
		if (before)
			memmove(data + new->len, data, old->len);
		memcpy(data + (before ? 0 : old->len), new->data, new->len);
		old->seq = before ? new->seq : old->seq;
		old->data = data;
		old->len += new->len;
		s->bytes += new->len;
		return true;
	}
	return false;
}

/* Segments far ahead must not keep out the one that is waited for. */
static bool make_room(struct stream *s, const struct segment *new)
{
	while (s->count == STREAM_SEGMENTS || s->bytes + new->len > STREAM_BYTES) {
		size_t furthest = 0;

		for (size_t i = 1; i < s->count; i++)
			if (seq_diff(s->segment[i].seq, s->segment[furthest].seq) > 0)
				furthest = i;
		if (!s->count || seq_diff(s->segment[furthest].seq, new->seq) <= 0)
			return false;
		s->dropped += s->segment[furthest].len;
		segment_remove(s, furthest);
	}
	return true;
}

static void cut_delivered(const struct stream *s, struct segment *new)
{
	uint32_t gone = s->next - new->seq;

	if (seq_diff(new->seq, s->next) >= 0)
		return;
	new->seq += gone;
	new->data += gone;
	new->len -= gone;
}

bool stream_pass(struct stream *s, const struct chunk *bytes, chunk_fn fn, void *context)
{
	if (!s->started || s->count || bytes->seq != s->next || !bytes->len)
		return false;
	s->next += (uint32_t)bytes->len;
	fn(bytes, context);
	return true;
}

/* Going out */

/* The latest segment that holds byte `at`. */
static const struct segment *holder_of(const struct stream *s, uint32_t at)
{
	for (size_t i = s->count; i--;) {
		const struct segment *g = &s->segment[i];

		if (seq_diff(g->seq, at) <= 0 && seq_diff(end_of(g), at) > 0)
			return g;
	}
	return NULL;
}

/* One past the last byte from `at` on that stands there without a hole. */
static uint32_t whole_until(const struct stream *s, uint32_t at)
{
	const struct segment *holder;

	while ((holder = holder_of(s, at)))
		at = end_of(holder);
	return at;
}

uint32_t stream_ready(const struct stream *s)
{
	return whole_until(s, s->next);
}

/* The part of [from, to) that a segment has, put where it belongs in `text`. */
static void paint(uint8_t *text, uint32_t from, uint32_t to, const struct segment *g)
{
	uint32_t first = seq_last(g->seq, from), last = seq_first(end_of(g), to);

	if (seq_diff(last, first) > 0)
		memcpy(text + (first - from), g->data + (first - g->seq), last - first);
}

/* A reading of [start, end) without a hole, as text. */
struct reading {
	uint8_t *text;
	uint32_t start, end;
	enum chunk_kind kind; /* CHUNK_LINES where a line begins at its start */
};

static void tell_reading(const struct reading *r, uint32_t from, uint32_t to, chunk_fn fn,
			 void *context)
{
	enum chunk_kind kind = from == r->start ? r->kind : CHUNK_LINES;

	fn(&(struct chunk){kind, r->text + (from - r->start), to - from, from, 0}, context);
}

/* Where the line that holds byte `at` begins, and where the one that holds the byte before ends. */

static uint32_t line_begin(const struct reading *r, uint32_t at)
{
	const uint8_t *before = memrchr(r->text, '\n', at - r->start);

	return before ? r->start + (uint32_t)(before + 1 - r->text) : r->start;
}

static uint32_t line_end(const struct reading *r, uint32_t at)
{
	const uint8_t *last = r->text + (at - r->start) - 1;
	const uint8_t *end = memchr(last, '\n', r->end - at + 1);

	return end ? r->start + (uint32_t)(end + 1 - r->text) : r->end;
}

struct readings {
	struct reading main, earliest, other; /* of the same bytes */
	size_t len;
};

/* The lines that a segment touches where it wins: the others are those of the main reading. */
static void tell_winning(const struct readings *r, const struct segment *g, chunk_fn fn,
			 void *context)
{
	const struct reading *other = &r->other;
	uint32_t from = seq_last(g->seq, other->start), to = seq_first(end_of(g), other->end);
	uint32_t begin, end;
	size_t at;

	if (seq_diff(to, from) <= 0)
		return;
	memcpy(other->text, r->main.text, r->len);
	paint(other->text, other->start, other->end, g);
	begin = line_begin(other, from);
	end = line_end(other, to);
	at = begin - other->start;
	if (memcmp(other->text + at, r->main.text + at, end - begin) &&
	    memcmp(other->text + at, r->earliest.text + at, end - begin))
		tell_reading(other, begin, end, fn, context);
}

/* Without a hole, so that every byte of each reading is painted. */
static void tell_readings(const struct stream *s, const struct readings *r, chunk_fn fn,
			  void *context)
{
	uint32_t start = r->main.start, end = r->main.end;

	for (size_t i = 0; i < s->count; i++) {
		paint(r->main.text, start, end, &s->segment[i]);
		paint(r->earliest.text, start, end, &s->segment[s->count - 1 - i]);
	}
	if (memcmp(r->earliest.text, r->main.text, r->len))
		tell_reading(&r->earliest, start, end, fn, context);
	for (size_t i = 0; i < s->count; i++)
		if (s->segment[i].conflict)
			tell_winning(r, &s->segment[i], fn, context);
}

static void tell_alternatives(const struct stream *s, uint32_t end, chunk_fn fn, void *context)
{
	const struct reading none = {NULL, s->next, end, CHUNK_ALTERNATIVE};
	struct readings r = {none, none, none, end - s->next};
	bool conflict = false;

	for (size_t i = 0; i < s->count; i++)
		conflict |= s->segment[i].conflict && seq_diff(s->segment[i].seq, end) < 0;
	if (!conflict)
		return;
	r.main.text = malloc(r.len * 3);
	if (!r.main.text)
		return;
	r.earliest.text = r.main.text + r.len;
	r.other.text = r.earliest.text + r.len;
	tell_readings(s, &r, fn, context);
	free(r.main.text);
}

/* Where a run from `holder` starting at `at` ends: at its end, or where a later segment begins. */
static uint32_t run_end(const struct stream *s, const struct segment *holder, uint32_t at,
			uint32_t limit)
{
	uint32_t end = seq_first(end_of(holder), limit);

	for (const struct segment *g = holder + 1; g < s->segment + s->count; g++)
		if (seq_diff(g->seq, at) > 0)
			end = seq_first(end, g->seq);
	return end;
}

static void tell_bytes(struct stream *s, uint32_t end, chunk_fn fn, void *context)
{
	tell_alternatives(s, end, fn, context);
	while (s->next != end) {
		const struct segment *holder = holder_of(s, s->next);
		uint32_t at = s->next;

		s->next = run_end(s, holder, at, end);
		fn(&(struct chunk){CHUNK_BYTES, holder->data + (at - holder->seq), s->next - at, at,
				   holder->ack},
		   context);
	}
}

static void tell_hole(struct stream *s, uint32_t limit, chunk_fn fn, void *context)
{
	uint32_t at = s->next, end = limit;

	for (size_t i = 0; i < s->count; i++)
		if (seq_diff(s->segment[i].seq, at) > 0)
			end = seq_first(end, s->segment[i].seq);
	s->next = end;
	if (!s->ended || at != s->fin || end - at != 1 || end != limit)
		fn(&(struct chunk){CHUNK_HOLE, NULL, end - at, at, 0}, context);
}

void stream_deliver(struct stream *s, uint32_t limit, bool over_holes, chunk_fn fn, void *context)
{
	if (!s->started)
		return;
	while (seq_diff(limit, s->next) > 0) {
		uint32_t end = seq_first(stream_ready(s), limit);

		if (end != s->next)
			tell_bytes(s, end, fn, context);
		else if (over_holes)
			tell_hole(s, limit, fn, context);
		else
			break;
	}
	for (size_t i = s->count; i--;)
		if (seq_diff(end_of(&s->segment[i]), s->next) <= 0)
			segment_remove(s, i);
}

/* A segment that cannot be kept, as if it won: the lines that it touches, as far as they are there.
 */
static void tell_alone(const struct stream *s, const struct segment *g, chunk_fn fn, void *context)
{
	bool joins = seq_diff(stream_ready(s), g->seq) >= 0;
	struct reading r = {
		.start = joins ? s->next : g->seq,
		.end = whole_until(s, end_of(g)),
		.kind = joins ? CHUNK_ALTERNATIVE : CHUNK_LINES,
	};

	r.text = malloc(r.end - r.start);
	if (!r.text)
		return;
	for (size_t i = 0; i < s->count; i++)
		paint(r.text, r.start, r.end, &s->segment[i]);
	paint(r.text, r.start, r.end, g);
	tell_reading(&r, line_begin(&r, g->seq), line_end(&r, end_of(g)), fn, context);
	free(r.text);
}

void stream_add(struct stream *s, const struct chunk *bytes, chunk_fn fn, void *context)
{
	struct segment new = {
		.seq = bytes->seq,
		.ack = bytes->ack,
		.len = (uint32_t)bytes->len,
		.data = (uint8_t *)bytes->data,
	};
	uint8_t *copy = NULL;

	if (!new.len || new.len > STREAM_BYTES) {
		s->dropped += new.len;
		return;
	}
	if (!s->started)
		stream_start(s, new.seq);
	if (seq_diff(end_of(&new), s->next) <= 0)
		return;
	cut_delivered(s, &new);
	if (is_repeated(s, &new))
		return;
	if (s->bytes + new.len <= STREAM_BYTES && join_neighbor(s, &new))
		return;
	if (make_room(s, &new))
		copy = malloc(new.len);
	if (!copy) {
		s->dropped += new.len;
		if (new.conflict)
			tell_alone(s, &new, fn, context);
		return;
	}
	new.data = memcpy(copy, new.data, new.len);
	s->segment[s->count++] = new;
	s->bytes += new.len;
}

void stream_free(struct stream *s)
{
	while (s->count)
		segment_remove(s, s->count - 1);
	s->started = s->ended = false;
}
