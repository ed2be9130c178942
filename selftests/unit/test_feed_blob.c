// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets as bytes: what is written is read, by both ways in; what has been changed, cut or made up is
 * refused; questions are answered as by a look at each range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "../../user/feeds/blob.h"
#include "../../user/feeds/job.h"
#include "feeds.h"

#define WORDS "{\"name\":\"drop\"}"

#define SEALED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static char why[FEED_WORDS];

static void add(struct feed_set *set, const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text));
	assert_int_equal(feed_set_add_prefix(set, &prefix), 0);
}

static struct feed_set some_set(void)
{
	static const char *const list[] = {
		"0.0.0.0",         "192.0.2.0/24",  "198.51.100.7",   "255.255.255.255",
		"::/128",          "2001:db8::/32", "2a00:1:2:3::4",  "ffff::/64",
		"10.0.0.0/8",      "11.0.0.0/8",    "2001:db9::/127", "fe80::1",
		"198.51.100.9/32",
	};
	struct feed_set set = {0};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		add(&set, list[i]);
	assert_int_equal(feed_set_settle(&set), 0);
	return set;
}

static void assert_same(const struct feed_blob *blob, const struct feed_set *set)
{
	assert_int_equal(blob->v4_count, set->v4.count);
	assert_int_equal(blob->v6_count, set->v6.count);
	if (set->v4.count)
		assert_memory_equal(blob->v4, set->v4.item, set->v4.count * sizeof(*set->v4.item));
	if (set->v6.count)
		assert_memory_equal(blob->v6, set->v6.item, set->v6.count * sizeof(*set->v6.item));
}

static int plain_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	return fd;
}

static void what_is_written_is_read(void **state)
{
	struct feed_set none = {0}, some = some_set();
	const struct feed_set *const sets[] = {&none, &some};
	char words[FEED_BLOB_WORDS + 2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		/* Lengths on both sides of the padding. */
		for (size_t len = 0; len < 18; len++) {
			struct feed_blob blob;
			int fd, file = plain_memory();

			memset(words, 'w', len);
			words[len] = '\0';
			fd = feed_blob_memory(sets[i], words);
			assert_true(fd >= 0);
			assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), 0);
			assert_true(blob.mapped);
			assert_int_equal(blob.words_len, len);
			assert_memory_equal(blob.words, words, len);
			assert_same(&blob, sets[i]);

			/* What is open can be written again, and is the same file. */
			words[len] = '\0';
			assert_int_equal(feed_blob_write(file, blob.v4, blob.v4_count, blob.v6,
							 blob.v6_count, words),
					 0);
			feed_blob_close(&blob);
			assert_null(blob.bytes);
			assert_int_equal(feed_blob_open_file(&blob, file, why, sizeof(why)), 0);
			assert_false(blob.mapped);
			assert_same(&blob, sets[i]);
			feed_blob_close(&blob);
			close(fd);
			close(file);
		}
	}
	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	assert_int_equal(feed_blob_memory(&some, words), -E2BIG);
	words[sizeof(words) - 2] = '\0';
	assert_int_equal(feed_blob_write(-1, NULL, 0, NULL, 0, words), -EBADF);
	assert_int_equal(feed_blob_write(-1, NULL, FEED_BLOB_MAX / 8, NULL, 0, ""), -E2BIG);
	assert_int_equal(feed_blob_write(-1, NULL, SIZE_MAX / 4, NULL, 0, ""), -E2BIG);
	assert_int_equal(feed_blob_write(-1, NULL, 0, NULL, SIZE_MAX / 16, ""), -E2BIG);
	feed_set_free(&some);
}

/* Any bytes, as a memory file with these seals. */
static int memory_of(const void *bytes, size_t len, int seals)
{
	int fd = plain_memory();

	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void assert_refused(int fd, const char *expected)
{
	struct feed_blob blob;

	strcpy(why, "");
	assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), -EBADMSG);
	if (!strstr(why, expected))
		fail_msg("\"%s\" does not say \"%s\"", why, expected);
	assert_null(blob.bytes);
	close(fd);
}

static void what_can_be_changed_is_refused(void **state)
{
	struct feed_set set = some_set();
	int ends[2], fd = feed_blob_memory(&set, WORDS);
	char bytes[4096];
	ssize_t len = pread(fd, bytes, sizeof(bytes), 0);

	(void)state;
	assert_true(len > 32);
	assert_true((fcntl(fd, F_GET_SEALS) & SEALED) == SEALED);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	for (int bit = 1; bit <= F_SEAL_WRITE; bit <<= 1)
		if (bit & SEALED)
			assert_refused(memory_of(bytes, (size_t)len, SEALED & ~bit), "not sealed");
	assert_refused(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "not sealed");
	assert_int_equal(pipe(ends), 0);
	assert_refused(ends[0], "not sealed");
	close(ends[1]);

	/* A hole of gigabytes costs its maker nothing. */
	fd = plain_memory();
	assert_int_equal(ftruncate(fd, FEED_BLOB_MAX), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALED), 0);
	assert_refused(fd, "holes");
	fd = plain_memory();
	assert_int_equal(ftruncate(fd, FEED_BLOB_MAX + 8), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALED), 0);
	assert_refused(fd, "longer than a set may be");
	feed_set_free(&set);
}

static void damage_is_found(void **state)
{
	struct feed_set set = some_set();
	int fd = feed_blob_memory(&set, WORDS);
	struct feed_blob blob;
	char bytes[4096];
	size_t len;

	(void)state;
	len = (size_t)pread(fd, bytes, sizeof(bytes), 0);
	close(fd);
	for (size_t at = 0; at < len; at++) {
		int file;

		bytes[at] ^= 4;
		file = memory_of(bytes, len, SEALED);
		assert_int_equal(feed_blob_open_memory(&blob, file, why, sizeof(why)), -EBADMSG);
		assert_int_equal(feed_blob_open_file(&blob, file, why, sizeof(why)), -EBADMSG);
		close(file);
		bytes[at] ^= 4;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_refused(memory_of(bytes, cut, SEALED),
			       cut < 32 ? "too short" : "than it says");
	assert_refused(memory_of(bytes, len + 1, SEALED), "than it says");
	bytes[7]++;
	assert_refused(memory_of(bytes, len, SEALED), "no set of addresses");
	feed_set_free(&set);
}

/* Headers and ranges that no writer of ours would make, with a checksum that holds. */
static int forged(struct feed_blob_head head, const void *ranges, size_t len)
{
	char bytes[1024];
	size_t from = offsetof(struct feed_blob_head, words);

	memcpy(head.magic, FEED_BLOB_MAGIC, sizeof(head.magic));
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), ranges, len);
	head.crc = (uint32_t)crc32_z(0, (unsigned char *)bytes + from, sizeof(head) + len - from);
	memcpy(bytes, &head, sizeof(head));
	return memory_of(bytes, sizeof(head) + len, SEALED);
}

static void sizes_that_wrap_are_refused(void **state)
{
	static const struct range4 one = {1, 2};
	static const struct feed_blob_head heads[] = {
		{.v4_count = 2},
		{.v4_count = 0},
		{.v4_count = 1ULL << 61 | 1},
		{.v4_count = UINT64_MAX},
		{.v6_count = 1ULL << 59, .v4_count = 1},
		{.v6_count = UINT64_MAX, .v4_count = 5},
		{.words = UINT32_MAX, .v4_count = 1},
		{.words = UINT32_MAX},
		{.words = FEED_BLOB_WORDS + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_refused(forged(heads[i], &one, sizeof(one)), "than it says");
}

static void unsettled_ranges_are_refused(void **state)
{
	static const struct range4 v4[][2] = {
		{{5, 6}, {1, 2}}, {{1, 2}, {3, 4}},          {{1, 5}, {5, 6}},
		{{1, 2}, {9, 8}}, {{1, UINT32_MAX}, {0, 3}}, {{1, 1}, {1, 1}},
	};
	static const struct range6 v6[][2] = {
		{{{0, 1}, {0, UINT64_MAX}}, {{1, 0}, {1, 0}}},
		{{{0, 1}, {UINT64_MAX, UINT64_MAX}}, {{0, 0}, {0, 0}}},
		{{{0, 1}, {0, 0}}, {{1, 0}, {1, 0}}},
		{{{5, 1}, {5, 1}}, {{4, 9}, {4, 9}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		assert_refused(forged((struct feed_blob_head){.v4_count = 2}, v4[i], sizeof(v4[i])),
			       "not in order");
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++)
		assert_refused(forged((struct feed_blob_head){.v6_count = 2}, v6[i], sizeof(v6[i])),
			       "not in order");
}

static void a_list_of_the_world_is_refused(void **state)
{
	static const struct feed_blob_head v4 = {.v4_count = 1}, v6 = {.v6_count = 1};
	static const struct range4 quarter = {0, 0x3fffffff}, more = {0, 0x40000000},
				   all = {0, UINT32_MAX};
	static const struct range6 quarter6 = {{1ULL << 61, 0}, {0x27ffffffffffffff, UINT64_MAX}},
				   more6 = {{1ULL << 61, 0}, {0x2800000000000000, 0}},
				   all6 = {{0, 0}, {UINT64_MAX, UINT64_MAX}};
	struct feed_blob blob;
	int fd;

	(void)state;
	fd = forged(v4, &quarter, sizeof(quarter));
	assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), 0);
	feed_blob_close(&blob);
	close(fd);
	fd = forged(v6, &quarter6, sizeof(quarter6));
	assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), 0);
	feed_blob_close(&blob);
	close(fd);
	assert_refused(forged(v4, &more, sizeof(more)), "quarter of all IPv4");
	assert_refused(forged(v4, &all, sizeof(all)), "quarter of all IPv4");
	assert_refused(forged(v6, &more6, sizeof(more6)), "quarter of global IPv6");
	assert_refused(forged(v6, &all6, sizeof(all6)), "quarter of global IPv6");
}

static bool finds(const struct feed_blob *blob, const char *text, const char *prefix)
{
	char found_text[ADDR_TEXT] = "none";
	struct prefix found;
	struct addr addr;
	bool is_found;

	assert_true(addr_parse(&addr, text));
	is_found = feed_blob_find(&found, blob, &addr);
	assert_int_equal(is_found, feed_blob_contains(blob, &addr));
	if (is_found)
		prefix_format(found_text, &found);
	assert_string_equal(found_text, prefix);
	return is_found;
}

static bool meets(const struct feed_blob *blob, const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text));
	return feed_blob_meets(blob, &prefix);
}

static void questions_are_answered(void **state)
{
	struct feed_set set = some_set();
	int fd = feed_blob_memory(&set, WORDS);
	struct feed_blob blob, none = {0};

	(void)state;
	assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), 0);
	assert_true(finds(&blob, "0.0.0.0", "0.0.0.0"));
	assert_false(finds(&blob, "0.0.0.1", "none"));
	assert_true(finds(&blob, "192.0.2.200", "192.0.2.0/24"));
	assert_false(finds(&blob, "192.0.3.0", "none"));
	/* 10/8 and 11/8 have become one. */
	assert_true(finds(&blob, "10.1.2.3", "10.0.0.0/7"));
	assert_true(finds(&blob, "255.255.255.255", "255.255.255.255"));
	assert_false(finds(&blob, "255.255.255.254", "none"));
	assert_true(finds(&blob, "::", "::"));
	assert_false(finds(&blob, "::1", "none"));
	assert_true(finds(&blob, "2001:db8:1::", "2001:db8::/32"));
	assert_true(finds(&blob, "2001:db9::1", "2001:db9::/127"));
	assert_true(finds(&blob, "2a00:1:2:3::4", "2a00:1:2:3::4"));
	assert_true(finds(&blob, "ffff::9", "ffff::/64"));
	assert_false(finds(&blob, "ffff:ffff::", "none"));

	assert_true(meets(&blob, "192.0.0.0/16"));
	assert_true(meets(&blob, "192.0.2.128/25"));
	assert_false(meets(&blob, "192.0.3.0/24"));
	assert_true(meets(&blob, "0.0.0.0/0"));
	assert_true(meets(&blob, "::/0"));
	assert_true(meets(&blob, "2a00::/16"));
	assert_false(meets(&blob, "2a01::/16"));
	assert_false(meets(&none, "0.0.0.0/0"));
	assert_false(meets(&none, "::/0"));
	assert_false(finds(&none, "10.1.2.3", "none"));
	feed_blob_close(&blob);
	feed_blob_close(&none);
	close(fd);
	feed_set_free(&set);
}

/* The network around an address that is found is inside the range, and no wider one is. */
static void what_is_found_is_the_widest(void **state)
{
	struct feed_set set = {0};
	struct feed_blob blob;
	int fd;

	(void)state;
	assert_int_equal(set4_add(&set.v4, 0x0a000003, 0x0a00001e), 0);
	assert_int_equal(feed_set_settle(&set), 0);
	fd = feed_blob_memory(&set, WORDS);
	assert_int_equal(feed_blob_open_memory(&blob, fd, why, sizeof(why)), 0);
	finds(&blob, "10.0.0.2", "none");
	finds(&blob, "10.0.0.3", "10.0.0.3");
	finds(&blob, "10.0.0.4", "10.0.0.4/30");
	finds(&blob, "10.0.0.9", "10.0.0.8/29");
	finds(&blob, "10.0.0.17", "10.0.0.16/29");
	finds(&blob, "10.0.0.26", "10.0.0.24/30");
	finds(&blob, "10.0.0.29", "10.0.0.28/31");
	finds(&blob, "10.0.0.30", "10.0.0.30");
	finds(&blob, "10.0.0.31", "none");
	feed_blob_close(&blob);
	close(fd);
	feed_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_can_be_changed_is_refused),
		cmocka_unit_test(damage_is_found),
		cmocka_unit_test(sizes_that_wrap_are_refused),
		cmocka_unit_test(unsettled_ranges_are_refused),
		cmocka_unit_test(a_list_of_the_world_is_refused),
		cmocka_unit_test(questions_are_answered),
		cmocka_unit_test(what_is_found_is_the_widest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
