// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last good of feeds in a directory: what is kept comes back, and what is damaged, laid there
 * by others or half written does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/feeds/cache.h"

static char top[64], directory[80], why[FEED_WORDS];

static const struct range4 v4[] = {{1, 9}, {20, 29}};
static const struct range6 v6[] = {{{1, 1}, {1, 9}}};
static const struct feed_blob some = {.v4 = v4, .v4_count = 2, .v6 = v6, .v6_count = 1};

static const struct feed_memory memory = {
	.url = "https://example.org/drop?a=\"b\\c\"&d=\xc3\xa4",
	.format = FEED_SPAMHAUS_JSON,
	.etag = "W/\"abc\"",
	.modified = "Tue, 30 Jun 2026 00:00:00 GMT",
	.changed = 1782864000,
	.checked = 1782867600,
	.lines = 12,
	.used = 10,
	.unusable = 2,
	.expires = 1783000000,
};

static int begin(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/mxdp-cache-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(directory, sizeof(directory), "%s/feeds", top);
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static const char *path_of(const char *file)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return path;
}

static bool is_there(const char *file)
{
	struct stat st;

	return !lstat(path_of(file), &st);
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(path_of(file), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int read_back(struct feed_blob *blob, struct feed_memory *out)
{
	strcpy(why, "");
	return feed_cache_read(blob, out, directory, "drop", why, sizeof(why));
}

static void write_some(void)
{
	assert_int_equal(feed_cache_write(directory, "drop", &some, &memory), 0);
}

/* True where it reads, with all that was written. */
static bool is_whole(int64_t checked)
{
	struct feed_blob blob;
	struct feed_memory out;

	if (read_back(&blob, &out))
		return false;
	assert_int_equal(blob.v4_count, 2);
	assert_memory_equal(blob.v4, v4, sizeof(v4));
	assert_int_equal(blob.v6_count, 1);
	assert_memory_equal(blob.v6, v6, sizeof(v6));
	feed_blob_close(&blob);
	assert_string_equal(out.url, memory.url);
	assert_int_equal(out.format, memory.format);
	assert_string_equal(out.etag, memory.etag);
	assert_string_equal(out.modified, memory.modified);
	assert_int_equal(out.changed, memory.changed);
	assert_int_equal(out.checked, checked);
	assert_int_equal(out.lines, memory.lines);
	assert_int_equal(out.used, memory.used);
	assert_int_equal(out.unusable, memory.unusable);
	assert_int_equal(out.expires, memory.expires);
	return true;
}

static void what_is_kept_comes_back(void **state)
{
	struct feed_memory out;
	struct feed_blob blob;
	struct stat st;

	(void)state;
	assert_int_equal(read_back(&blob, &out), -ENOENT);
	assert_int_equal(feed_cache_sweep(directory, NULL, 0), 0);
	write_some();
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path_of("drop.feed"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(is_there("drop.feed.new"));
	assert_true(is_whole(memory.checked));
	assert_int_equal(feed_cache_read(&blob, &out, directory, "other", why, sizeof(why)),
			 -ENOENT);
	assert_int_equal(feed_cache_write(directory, "../x", &some, &memory), -EINVAL);
	assert_int_equal(feed_cache_checked(directory, "a/b", 1), -EINVAL);
	assert_int_equal(feed_cache_read(&blob, &out, directory, "..", why, sizeof(why)), -EINVAL);
}

static void the_last_check_stands_beside(void **state)
{
	(void)state;
	write_some();
	assert_int_equal(feed_cache_checked(directory, "drop", 1782999999), 0);
	assert_true(is_whole(1782999999));
	assert_int_equal(feed_cache_checked(directory, "drop", 1783000001), 0);
	assert_true(is_whole(1783000001));
	/* A new one comes with its own. */
	write_some();
	assert_false(is_there("drop.checked"));
	assert_true(is_whole(memory.checked));
	/* What is no time is none. */
	put("drop.checked", "");
	assert_true(is_whole(memory.checked));
	put("drop.checked", "-5\n");
	assert_true(is_whole(memory.checked));
	put("drop.checked", "99999999999999999999\n");
	assert_true(is_whole(memory.checked));
	put("drop.checked", "17829");
	assert_true(is_whole(memory.checked));
	put("drop.checked", "1783000002\n");
	assert_true(is_whole(1783000002));
}

static void the_damaged_is_moved_aside(void **state)
{
	struct feed_memory out;
	struct feed_blob blob;
	FILE *f;

	(void)state;
	write_some();
	f = fopen(path_of("drop.feed"), "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, -3, SEEK_END), 0);
	fputc('x', f);
	fclose(f);
	assert_int_equal(read_back(&blob, &out), -EBADMSG);
	assert_non_null(strstr(why, "damaged"));
	assert_null(blob.bytes);
	assert_false(is_there("drop.feed"));
	assert_true(is_there("drop.feed.bad"));
	assert_int_equal(read_back(&blob, &out), -ENOENT);

	put("drop.feed", "");
	assert_int_equal(read_back(&blob, &out), -EBADMSG);
	assert_non_null(strstr(why, "too short"));
	write_some();
	assert_true(is_whole(memory.checked));
}

/* A set that holds, with words that do not. */
static void words_are_not_believed(void **state)
{
	static const char *const words[] = {
		"",
		"[]",
		"{}",
		"{\"url\":1}",
		"{\"url\":\"u\",\"format\":\"none\",\"etag\":\"\",\"modified\":\"\",\"changed\":1,"
		"\"checked\":1,\"lines\":1,\"used\":1,\"unusable\":1,\"expires\":1}",
		"{\"url\":\"u\",\"format\":\"cidr\",\"etag\":\"\",\"modified\":\"\",\"changed\":1,"
		"\"checked\":-1,\"lines\":1,\"used\":1,\"unusable\":1,\"expires\":1}",
		"{\"url\":\"u\",\"format\":\"cidr\",\"etag\":\"\",\"modified\":"
		"\"0123456789012345678"
		"901234567890123456789012345678901234567890123456789\",\"changed\":1,"
		"\"checked\":1,\"lines\":1,\"used\":1,\"unusable\":1,\"expires\":1}",
	};
	struct feed_memory out;
	struct feed_blob blob;

	(void)state;
	write_some();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int fd = open(path_of("drop.feed"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

		assert_int_equal(feed_blob_write(fd, v4, 2, v6, 1, words[i]), 0);
		close(fd);
		assert_int_equal(read_back(&blob, &out), -EBADMSG);
		assert_non_null(strstr(why, "about its source"));
		assert_null(blob.bytes);
	}
}

static void links_are_not_followed(void **state)
{
	char target[128];
	struct feed_memory out;
	struct feed_blob blob;
	struct stat st;

	(void)state;
	write_some();
	snprintf(target, sizeof(target), "%s/target", top);
	assert_int_equal(rename(path_of("drop.feed"), target), 0);
	assert_int_equal(symlink(target, path_of("drop.feed")), 0);
	assert_int_equal(read_back(&blob, &out), -ELOOP);
	assert_int_equal(symlink(target, path_of("drop.feed.new")), 0);
	assert_int_equal(symlink(target, path_of("drop.checked")), 0);
	assert_int_equal(truncate(target, 7), 0);
	write_some();
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_true(is_whole(memory.checked));
	/* Nor is a FIFO waited for. */
	assert_int_equal(unlink(path_of("drop.feed")), 0);
	assert_int_equal(mkfifo(path_of("drop.feed"), 0600), 0);
	assert_int_equal(read_back(&blob, &out), -EBADMSG);
	assert_non_null(strstr(why, "no file"));
}

/* Where writing fails, the old one stays: /dev/full cannot be had here, a directory in the way can.
 */
static void a_failure_leaves_the_old(void **state)
{
	struct feed_memory bad = memory;

	(void)state;
	write_some();
	assert_int_equal(mkdir(path_of("drop.feed.new"), 0700), 0);
	assert_int_not_equal(feed_cache_write(directory, "drop", &some, &memory), 0);
	assert_true(is_whole(memory.checked));
	assert_int_equal(rmdir(path_of("drop.feed.new")), 0);
	strcpy(bad.etag, "\xff\xfe");
	assert_int_equal(feed_cache_write(directory, "drop", &some, &bad), -EINVAL);
	assert_false(is_there("drop.feed.new"));
	assert_true(is_whole(memory.checked));
	assert_int_equal(feed_cache_write("/proc/none", "drop", &some, &memory), -ENOENT);
}

static void others_are_swept(void **state)
{
	static const char *const gone[] = {"old.feed",      "old.feed.bad",     "old.checked",
					   "drop.feed.new", "drop.checked.new", "dro.feed"};
	static const char *const kept[] = {"drop.feed", "drop.feed.bad", "drop.checked",
					   ".feed",     "notes.txt",     "a b.feed"};
	const char *const names[] = {"drop", "other"};

	(void)state;
	write_some();
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		put(gone[i], "x");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		put(kept[i], "x");
	assert_int_equal(feed_cache_sweep(directory, names, 2), 0);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_false(is_there(gone[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(is_there(kept[i]));
}

static void another_source_is_another_list(void **state)
{
	char url[1024];
	struct feed_settings settings = {.url = url, .format = FEED_SPAMHAUS_JSON};

	(void)state;
	strcpy(url, memory.url);
	assert_true(feed_memory_is_of(&memory, &settings));
	settings.format = FEED_AUTO;
	assert_false(feed_memory_is_of(&memory, &settings));
	settings.format = memory.format;
	url[0] = 'x';
	assert_false(feed_memory_is_of(&memory, &settings));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_comes_back),    TEST(the_last_check_stands_beside),
		TEST(the_damaged_is_moved_aside), TEST(words_are_not_believed),
		TEST(links_are_not_followed),     TEST(a_failure_leaves_the_old),
		TEST(others_are_swept),           TEST(another_source_is_another_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
