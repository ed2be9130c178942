// SPDX-License-Identifier: GPL-2.0-or-later
/* One direction of a connection put together: whatever the order, the same bytes come out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/stream.h"

#define BASE   1000U
#define OTHERS 64

/* What was delivered: bytes as they are, a hole as a '?' a byte; other readings apart. */
static struct told {
	char text[65536];
	size_t len;
	char other[OTHERS][256];
	size_t others;
	size_t chunks;
	uint32_t acks[64]; /* of the first chunks */
	uint32_t next;     /* where the next chunk has to begin */
} told;

static void take(const struct chunk *chunk, void *context)
{
	struct told *t = context;

	assert_true(chunk->len > 0);
	if (chunk->kind == CHUNK_LINES)
		assert_true(seq_diff(chunk->seq, t->next) >= 0);
	else
		assert_int_equal(chunk->seq, t->next);
	if (chunk->kind == CHUNK_ALTERNATIVE || chunk->kind == CHUNK_LINES) {
		assert_in_range(t->others, 0, OTHERS - 1);
		snprintf(t->other[t->others++], sizeof(t->other[0]), "%.*s", (int)chunk->len,
			 (const char *)chunk->data);
		return;
	}
	t->next += (uint32_t)chunk->len;
	assert_true(t->len + chunk->len < sizeof(t->text));
	if (chunk->kind == CHUNK_HOLE)
		memset(t->text + t->len, '?', chunk->len);
	else
		memcpy(t->text + t->len, chunk->data, chunk->len);
	t->len += chunk->len;
	if (t->chunks < 64)
		t->acks[t->chunks] = chunk->ack;
	t->chunks++;
}

static void begin(struct stream *s, uint32_t seq)
{
	memset(s, 0, sizeof(*s));
	memset(&told, 0, sizeof(told));
	told.next = seq;
	stream_start(s, seq);
}

static void add_bytes(struct stream *s, uint32_t seq, uint32_t ack, const uint8_t *data, size_t len)
{
	const struct chunk bytes = {CHUNK_BYTES, data, len, seq, ack};

	stream_add(s, &bytes, take, &told);
}

static void add(struct stream *s, uint32_t seq, const char *text)
{
	add_bytes(s, seq, 7, (const uint8_t *)text, strlen(text));
}

static void deliver(struct stream *s, uint32_t limit)
{
	stream_deliver(s, limit, true, take, &told);
}

static void expect(const char *text)
{
	told.text[told.len] = '\0';
	assert_string_equal(told.text, text);
}

static bool was_told_also(const char *text)
{
	for (size_t i = 0; i < told.others; i++)
		if (!strcmp(told.other[i], text))
			return true;
	return false;
}

static void end(struct stream *s)
{
	stream_free(s);
	assert_int_equal(s->count, 0);
	assert_int_equal(s->bytes, 0);
}

static void in_order(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "EHLO ");
	add(&s, BASE + 5, "x\r\n");
	deliver(&s, BASE + 8);
	expect("EHLO x\r\n");
	end(&s);
}

static void waits_for_the_limit(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "0123456789");
	deliver(&s, BASE);
	expect("");
	deliver(&s, BASE + 4);
	expect("0123");
	deliver(&s, BASE + 2); /* an older acknowledgement takes nothing back */
	expect("0123");
	deliver(&s, BASE + 10);
	expect("0123456789");
	assert_int_equal(s.count, 0);
	end(&s);
}

static void reordered(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE + 6, "world");
	add(&s, BASE + 5, " ");
	assert_int_equal(stream_ready(&s), BASE);
	add(&s, BASE, "hello");
	assert_int_equal(stream_ready(&s), BASE + 11);
	deliver(&s, BASE + 11);
	expect("hello world");
	end(&s);
}

static void overlaps_that_agree(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "abcdef");
	add(&s, BASE + 3, "defghi");
	add(&s, BASE + 2, "cd");
	add(&s, BASE, "abcdefghij");
	deliver(&s, BASE + 10);
	expect("abcdefghij");
	assert_int_equal(told.others, 0);
	end(&s);
}

static void retransmissions_cost_nothing(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	for (int i = 0; i < 1000; i++)
		add(&s, BASE, "again");
	assert_int_equal(s.count, 1);
	assert_int_equal(s.bytes, 5);
	deliver(&s, BASE + 5);
	add(&s, BASE, "again");
	add(&s, BASE + 3, "inst"); /* half of it is delivered already */
	deliver(&s, BASE + 7);
	expect("against");
	assert_int_equal(s.dropped, 0);
	end(&s);
}

/* What a retransmission was sent with does not replace what the first was sent with. */
static void first_acknowledgement_stays(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add_bytes(&s, BASE, 1, (const uint8_t *)"ab", 2);
	add_bytes(&s, BASE + 2, 5, (const uint8_t *)"cd", 2);
	add_bytes(&s, BASE, 9, (const uint8_t *)"ab", 2);
	deliver(&s, BASE + 4);
	expect("abcd");
	assert_int_equal(told.chunks, 2);
	assert_int_equal(told.acks[0], 1);
	assert_int_equal(told.acks[1], 5);
	end(&s);
}

static void both_readings(bool decoy_first)
{
	struct stream s;

	begin(&s, BASE);
	add(&s, BASE, decoy_first ? "EHLO good\n" : "EHLO evil\n");
	add(&s, BASE, decoy_first ? "EHLO evil\n" : "EHLO good\n");
	deliver(&s, BASE + 10);
	expect(decoy_first ? "EHLO evil\n" : "EHLO good\n");
	assert_int_equal(told.others, 1);
	assert_true(was_told_also(decoy_first ? "EHLO good\n" : "EHLO evil\n"));
	end(&s);
}

static void overlaps_that_contradict(void **state)
{
	(void)state;
	both_readings(true);
	both_readings(false);
}

/* The one in the middle is neither the earliest nor the latest. */
static void three_readings(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "EHLO ");
	add(&s, BASE + 5, "aa\n");
	add(&s, BASE + 5, "bb\n");
	add(&s, BASE + 5, "cc\n");
	deliver(&s, BASE + 8);
	expect("EHLO cc\n");
	assert_int_equal(told.others, 2);
	assert_true(was_told_also("EHLO aa\n"));
	assert_true(was_told_also("EHLO bb\n"));
	end(&s);
}

/* The earlier reading is whole, though two segments make it up and the decoy is one. */
static void contradiction_across_segments(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add_bytes(&s, BASE, 1, (const uint8_t *)"EHLO e", 6);
	add_bytes(&s, BASE + 6, 2, (const uint8_t *)"vil\n", 4);
	add(&s, BASE, "EHLO good\n");
	deliver(&s, BASE + 10);
	expect("EHLO good\n");
	assert_true(was_told_also("EHLO evil\n"));
	end(&s);
}

static void contradiction_behind_a_hole(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "ab");
	add(&s, BASE + 5, "xyz");
	add(&s, BASE + 5, "uvw");
	deliver(&s, BASE + 8);
	expect("ab???uvw");
	assert_int_equal(told.others, 1);
	assert_string_equal(told.other[0], "xyz"); /* nothing made up for the hole */
	end(&s);
}

static void contradiction_with_delivered_bytes(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "abc");
	deliver(&s, BASE + 3);
	add(&s, BASE, "xyzd");
	deliver(&s, BASE + 4);
	expect("abcd");
	end(&s);
}

static void one_byte_a_segment(bool backwards)
{
	const char *line = "EHLO a-name-that-is-longer-than-the-table-of-segments.example\r\n";
	size_t len = strlen(line);
	struct stream s;

	assert_true(len > STREAM_SEGMENTS);
	begin(&s, BASE);
	for (size_t i = 0; i < len; i++) {
		size_t at = backwards ? len - 1 - i : i;

		add_bytes(&s, BASE + (uint32_t)at, 7, (const uint8_t *)line + at, 1);
	}
	deliver(&s, BASE + (uint32_t)len);
	expect(line);
	end(&s);
}

static void bytes_one_by_one(void **state)
{
	(void)state;
	one_byte_a_segment(false);
	one_byte_a_segment(true);
}

static void wrap_around(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, 0xfffffffcU);
	add(&s, 2, "ghij");
	add(&s, 0xfffffffcU, "abcdef");
	add(&s, 0xfffffffeU, "cdEf");
	deliver(&s, 0);
	expect("abcd");
	deliver(&s, 6);
	expect("abcdEfghij");
	end(&s);
}

static void holes(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "ab");
	add(&s, BASE + 4, "ef");
	stream_deliver(&s, BASE + 6, false, take, &told);
	expect("ab");
	stream_deliver(&s, BASE + 8, true, take, &told);
	expect("ab??ef??");
	add(&s, BASE + 2, "cd"); /* too late */
	deliver(&s, BASE + 8);
	expect("ab??ef??");
	end(&s);
}

static void fin_is_no_hole(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "QUIT\r\n");
	stream_end(&s, BASE + 6);
	deliver(&s, BASE + 7);
	expect("QUIT\r\n");
	end(&s);
}

/* A FIN that the peer did not take hides nothing that comes after it. */
static void decoy_fin(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	stream_end(&s, BASE);
	add(&s, BASE, "EHLO x\r\n");
	deliver(&s, BASE + 8);
	expect("EHLO x\r\n");
	deliver(&s, BASE + 10);
	expect("EHLO x\r\n??");
	end(&s);
}

static void bounded_segments(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	for (uint32_t i = 0; i < 10 * STREAM_SEGMENTS; i++)
		add(&s, BASE + 100 + 2 * i, "j");
	assert_int_equal(s.count, STREAM_SEGMENTS);
	assert_int_equal(s.dropped, 9 * STREAM_SEGMENTS);
	/* what is far ahead does not keep out what is waited for */
	add(&s, BASE, "EHLO x\r\n");
	deliver(&s, BASE + 8);
	expect("EHLO x\r\n");
	end(&s);
}

/* In whatever place among forty decoys: the real one is told, and that it was crowded is known. */
static void a_crowd_hides_nothing(void **state)
{
	(void)state;
	for (int real = 0; real < 40; real++) {
		struct stream s;
		bool found;

		begin(&s, BASE);
		add(&s, BASE, "NOOP\n");
		for (int i = 0; i < 40; i++) {
			char text[16];

			snprintf(text, sizeof(text), i == real ? "EHLO evil\n" : "EHLO x%02d.\n",
				 i);
			add(&s, BASE + 5, text);
		}
		assert_int_equal(s.count, STREAM_SEGMENTS);
		assert_true(s.dropped > 0);
		deliver(&s, BASE + 15);
		told.text[told.len] = '\0';
		found = strstr(told.text, "EHLO evil\n");
		for (size_t i = 0; i < told.others; i++)
			found |= !!strstr(told.other[i], "EHLO evil\n");
		assert_true(found);
		end(&s);
	}
}

/* What is told of a contested segment are the lines that it touches, not all that waits. */
static void no_more_lines_than_touched(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	add(&s, BASE, "NOOP a\nNOOP b\nNOOP c\nNOOP d\n");
	add(&s, BASE + 12, "X");
	add(&s, BASE + 12, "Y\nN");
	add(&s, BASE + 19, "Z");
	deliver(&s, BASE + 28);
	expect("NOOP a\nNOOP Y\nNOOP Z\nNOOP d\n");
	assert_int_equal(told.others, 2);
	assert_string_equal(told.other[0], "NOOP a\nNOOP b\nNOOP c\nNOOP d\n"); /* the earliest */
	assert_string_equal(told.other[1], "NOOP X\n");
	end(&s);
}

/* Behind a hole nobody knows what the line began with. */
static void crowded_behind_a_hole(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	for (int i = 0; i < STREAM_SEGMENTS; i++)
		add(&s, BASE + 10, i % 2 ? "ab\nNOOP" : "cd\nNOOP");
	add(&s, BASE + 11, "x\nNO");
	assert_int_equal(told.others, 1);
	assert_string_equal(told.other[0], "x\nNOOP");
	end(&s);
}

static void bounded_bytes(void **state)
{
	static uint8_t big[STREAM_BYTES + 1];
	struct stream s;

	(void)state;
	memset(big, 'x', sizeof(big));
	begin(&s, BASE);
	add_bytes(&s, BASE, 0, big, sizeof(big));
	assert_int_equal(s.bytes, 0);
	assert_int_equal(s.dropped, sizeof(big));
	add_bytes(&s, BASE + 10, 0, big, STREAM_BYTES);
	add(&s, BASE, "0123456789");
	assert_in_range(s.bytes, 10, STREAM_BYTES);
	deliver(&s, BASE + 12);
	expect("0123456789??");
	end(&s);
}

static void starts_by_itself(void **state)
{
	struct stream s;

	(void)state;
	begin(&s, BASE);
	s.started = false;
	deliver(&s, BASE + 10);
	expect("");
	told.next = 77;
	add(&s, 77, "midway");
	deliver(&s, 83);
	expect("midway");
	end(&s);
}

/* Deterministic, so that a failure can be told again by its seed. */
static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (uint32_t)(((uint64_t)seed * n) >> 32);
}

struct piece {
	uint32_t at, len;
};

static void shuffle(struct piece *pieces, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = random_below((uint32_t)i);
		struct piece swap = pieces[i - 1];

		pieces[i - 1] = pieces[j];
		pieces[j] = swap;
	}
}

/* Any cut, in any order, with repetitions and overlaps, acknowledged at any moment it can be. */
static void any_order_gives_the_same_bytes(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 3000; round++) {
		uint8_t text[600];
		struct piece pieces[2 * STREAM_SEGMENTS];
		uint32_t start, len, at = 0;
		size_t count = 0;
		struct stream s;

		seed = round;
		start = random_below(3) ? 0U - random_below(600) : random_below(UINT32_MAX);
		len = 1 + random_below(sizeof(text) - 1);
		for (uint32_t i = 0; i < len; i++)
			text[i] = (uint8_t)('a' + random_below(26));
		/* the pieces, at most as many as the table holds, and as many repetitions */
		while (at < len && count < STREAM_SEGMENTS / 2 - 1) {
			pieces[count].at = at;
			pieces[count].len = 1 + random_below(len - at);
			at += pieces[count++].len;
		}
		if (at < len)
			pieces[count++] = (struct piece){at, len - at};
		for (size_t first = count; count < 2 * first; count++) {
			pieces[count].at = random_below(len);
			pieces[count].len = 1 + random_below(len - pieces[count].at);
		}
		shuffle(pieces, count);
		begin(&s, start);
		for (size_t i = 0; i < count; i++) {
			add_bytes(&s, start + pieces[i].at, random_below(2), text + pieces[i].at,
				  pieces[i].len);
			if (!random_below(4))
				deliver(&s, stream_ready(&s));
		}
		deliver(&s, start + len);
		if (told.len != len || memcmp(told.text, text, len) || told.others)
			fail_msg("round %u: %zu of %u bytes", round, told.len, len);
		assert_int_equal(s.count, 0);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(waits_for_the_limit),
		cmocka_unit_test(reordered),
		cmocka_unit_test(overlaps_that_agree),
		cmocka_unit_test(retransmissions_cost_nothing),
		cmocka_unit_test(first_acknowledgement_stays),
		cmocka_unit_test(overlaps_that_contradict),
		cmocka_unit_test(three_readings),
		cmocka_unit_test(contradiction_across_segments),
		cmocka_unit_test(contradiction_behind_a_hole),
		cmocka_unit_test(contradiction_with_delivered_bytes),
		cmocka_unit_test(bytes_one_by_one),
		cmocka_unit_test(wrap_around),
		cmocka_unit_test(holes),
		cmocka_unit_test(fin_is_no_hole),
		cmocka_unit_test(decoy_fin),
		cmocka_unit_test(bounded_segments),
		cmocka_unit_test(a_crowd_hides_nothing),
		cmocka_unit_test(no_more_lines_than_touched),
		cmocka_unit_test(crowded_behind_a_hole),
		cmocka_unit_test(bounded_bytes),
		cmocka_unit_test(starts_by_itself),
		cmocka_unit_test(any_order_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
