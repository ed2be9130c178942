// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes that are no text, no list, too long, too many or never end well; and reads that fail. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feeds.h"

static struct told told;
static struct set_text text;

static int feed_bytes(enum feed_format format, const char *bytes, size_t len, size_t piece)
{
	struct feed_set set;
	struct feed feed;
	int err = memory_feed(&feed, format, (struct memory){bytes, len, piece}, &told, &set);

	set_text(&text, &set);
	feed_set_free(&set);
	feed_free(&feed);
	return err;
}

static void no_lists_at_all(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} wrong[] = {
		{"", 0, "0: empty"},
		{" \r\n\n\t", 5, "0: empty"},
		{"\xef\xbb\xbf", 3, "0: empty"},
		{"<!DOCTYPE html>\n192.0.2.1\n", 26, "0: an HTML page"},
		{"\xef\xbb\xbf\r\n <html>", 12, "0: an HTML page"},
		{"\x1f\x8b\x08\0\0\0", 6, "0: gzip data"},
		{"BZh91AY", 7, "0: compressed data"},
		{"\xff\xfe"
		 "1\0",
		 4, "0: text in UTF-16"},
	};

	(void)state;
	for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			assert_int_equal(feed_bytes((enum feed_format)format, wrong[i].bytes,
						    wrong[i].len, i % 3),
					 -EBADMSG);
			assert_string_equal(text.text, "");
			assert_int_equal(strncmp(told.text, wrong[i].why, strlen(wrong[i].why)), 0);
		}
	}
}

static void auto_says_what_it_took(void **state)
{
	static const char list[] = ":2:x\n192.0.2.1\n";

	(void)state;
	assert_int_equal(feed_bytes(FEED_AUTO, list, strlen(list), 1), 0);
	assert_string_equal(told.text, "0: taken for rbldnsd-ip4set\n");
	assert_string_equal(text.text, "192.0.2.1");
}

/* A line as long as it may be, one longer, and one far longer than any buffer. */
static void long_lines(void **state)
{
	static const size_t lengths[] = {FEED_LINE_MAX, FEED_LINE_MAX + 1, 65536, 131072, 131073,
					 1000000};
	char *bytes = malloc(1000100);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		bool cut = lengths[i] > FEED_LINE_MAX;
		size_t n = (size_t)sprintf(bytes, "192.0.2.1\n192.0.2.3 #");

		memset(bytes + n, 'x', lengths[i]);
		n = 10 + lengths[i];
		n += (size_t)sprintf(bytes + n, "\n192.0.2.5\n");
		for (size_t piece = 0; piece < 100000; piece = piece * 6 + 1000) {
			assert_int_equal(feed_bytes(FEED_CIDR, bytes, n, piece), 0);
			assert_string_equal(text.text, "192.0.2.1 192.0.2.3 192.0.2.5");
			assert_string_equal(told.text,
					    cut ? "2: the line is cut behind 32767 bytes\n" : "");
		}
		/* Cut in the middle, a JSON object is none. */
		assert_int_equal(feed_bytes(FEED_SPAMHAUS_JSON, bytes, n, 0), 0);
		assert_string_equal(text.text, "");
	}
	free(bytes);
}

/* What is cut must not become another address. */
static void nothing_is_made_by_cutting(void **state)
{
	size_t blanks = FEED_LINE_MAX - strlen("192.0.2.1");
	char *bytes = malloc(FEED_LINE_MAX + 64);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, ' ', blanks);
	for (int format = FEED_CIDR; format < FEED_FORMAT_COUNT; format++) {
		strcpy(bytes + blanks, "192.0.2.123\n");
		assert_int_equal(feed_bytes((enum feed_format)format, bytes, strlen(bytes), 0), 0);
		assert_string_equal(text.text, "");
		assert_int_equal(strncmp(told.text, "1: the line is longer", 21), 0);
	}
	/* What stands before the cut counts. */
	strcpy(bytes, "192.0.2.1 ");
	memset(bytes + 10, ':', FEED_LINE_MAX);
	assert_int_equal(feed_bytes(FEED_RBLDNSD_IP4TSET, bytes, FEED_LINE_MAX + 10, 0), 0);
	assert_string_equal(text.text, "192.0.2.1");
	free(bytes);
}

static void zero_bytes(void **state)
{
	static const char list[] = "192.0.2.1\0/24\n\0\n192.0.2.3\0";

	(void)state;
	assert_int_equal(feed_bytes(FEED_CIDR, list, sizeof(list) - 1, 0), 0);
	assert_string_equal(text.text, "");
	assert_int_equal(told.count, 3);
	assert_int_equal(feed_bytes(FEED_SPAMHAUS_DROP, list, sizeof(list) - 1, 0), 0);
	assert_string_equal(text.text, "");
	/* As for rbldnsd, the line ends there. */
	assert_int_equal(feed_bytes(FEED_RBLDNSD_IP4SET, list, sizeof(list) - 1, 0), 0);
	assert_string_equal(text.text, "192.0.2.1 192.0.2.3");
}

/* Control bytes never reach the terminal, and no reason overflows. */
static void reasons_are_clean(void **state)
{
	char bytes[2048];

	(void)state;
	for (int format = FEED_CIDR; format < FEED_FORMAT_COUNT; format++) {
		memset(bytes, '\x1b', sizeof(bytes));
		bytes[sizeof(bytes) - 1] = '\n';
		assert_int_equal(feed_bytes((enum feed_format)format, bytes, sizeof(bytes), 0), 0);
		assert_int_equal(told.count, format == FEED_SPAMHAUS_JSON ? 2 : 1);
		assert_null(strchr(told.text, '\x1b'));
		assert_non_null(strstr(told.text, "\\x1b"));
		assert_true(told.longest < FEED_WHY - 1);
	}
}

struct failing {
	struct memory memory;
	int err;
};

static ssize_t read_and_fail(void *context, void *buffer, size_t size)
{
	struct failing *failing = context;
	ssize_t got = memory_read(&failing->memory, buffer, size);

	return got ? got : failing->err;
}

/* Half a list is none. */
static void a_failing_read_ends_it(void **state)
{
	const struct feed_events events = {told_add, &told};
	struct failing failing = {.err = -EIO};
	struct feed_set set;
	struct feed feed;
	char *many = malloc(400000);

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < 40000; i++)
		memcpy(many + 10 * i, "192.0.2.1\n", 10);
	for (size_t len = 0; len <= 400000; len += 200000) {
		failing.memory = (struct memory){many, len, 0};
		feed_init(&feed, FEED_CIDR, FEEDS_NOW, &events);
		assert_int_equal(feed_read(&feed, read_and_fail, &failing, &set), -EIO);
		assert_true(feed_set_is_empty(&set));
		feed_free(&feed);
	}
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_lists_at_all),
		cmocka_unit_test(auto_says_what_it_took),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(nothing_is_made_by_cutting),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(reasons_are_clean),
		cmocka_unit_test(a_failing_read_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
