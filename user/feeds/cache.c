// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fault.h"
#include "../base/file.h"
#include "cache.h"

#define FEED_FILE    ".feed"
#define FEED_BAD     ".feed.bad"
#define FEED_CHECKED ".checked"
#define FEED_FRESH   ".new" /* behind one of the others: not whole yet */

#define FILE_TEXT    64
#define CHECKED_TEXT 32

static const char *file_name(char *text, const char *name, const char *suffix)
{
	snprintf(text, FILE_TEXT, "%s%s", name, suffix);
	return text;
}

bool feed_memory_is_of(const struct feed_memory *memory, const struct feed_settings *settings)
{
	return settings->url && !strcmp(memory->url, settings->url) &&
	       memory->format == settings->format;
}

/* The words. */

static json_t *words_of(const struct feed_memory *m)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "url", m->url,
			 "format", feed_format_names[m->format], "etag", m->etag, "modified",
			 m->modified, "changed", (json_int_t)m->changed, "checked",
			 (json_int_t)m->checked, "lines", (json_int_t)m->lines, "used",
			 (json_int_t)m->used, "unusable", (json_int_t)m->unusable, "expires",
			 (json_int_t)m->expires);
}

static bool take_text(char *out, size_t size, const char *text)
{
	return (size_t)snprintf(out, size, "%s", text) < size;
}

static bool parse_words(struct feed_memory *out, const char *words, size_t len)
{
	json_t *object = json_loadb(words, len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t changed, checked, lines, used, unusable, expires;
	const char *url, *format, *etag, *modified;
	bool is_good;

	*out = (struct feed_memory){0};
	is_good = !json_unpack(object, "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I !}",
			       "url", &url, "format", &format, "etag", &etag, "modified", &modified,
			       "changed", &changed, "checked", &checked, "lines", &lines, "used",
			       &used, "unusable", &unusable, "expires", &expires) &&
		  changed >= 0 && checked >= 0 && lines >= 0 && used >= 0 && unusable >= 0 &&
		  expires >= 0 && take_text(out->url, sizeof(out->url), url) &&
		  take_text(out->etag, sizeof(out->etag), etag) &&
		  take_text(out->modified, sizeof(out->modified), modified) &&
		  feed_format_parse(&out->format, format);
	if (is_good) {
		out->changed = changed;
		out->checked = checked;
		out->lines = (uint64_t)lines;
		out->used = (uint64_t)used;
		out->unusable = (uint64_t)unusable;
		out->expires = expires;
	}
	json_decref(object);
	return is_good;
}

/* The directory. */

static int open_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_directory(const char *directory)
{
	return mkdir(directory, 0700) && errno != EEXIST ? -errno : open_directory(directory);
}

/* What is left of an attempt before, or a link that somebody laid there, goes. */
static int create_fresh(int dir, const char *fresh)
{
	int fd;

	if (unlinkat(dir, fresh, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

/* Synced and closed; from then on it can take the place of the old one. */
static int finish_fresh(int fd, int err)
{
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int replace(int dir, const char *fresh, const char *file, int err)
{
	if (!err && renameat(dir, fresh, dir, file))
		err = -errno;
	if (err)
		unlinkat(dir, fresh, 0);
	else if (fsync(dir))
		err = -errno;
	return err;
}

/* Writing. */

static int write_blob(int fd, const struct feed_blob *blob, const struct feed_memory *memory)
{
	json_t *object = words_of(memory);
	char *words = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int err = !object ? -EINVAL : !words ? -ENOMEM : 0;

	if (!err)
		err = feed_blob_write(fd, blob->v4, blob->v4_count, blob->v6, blob->v6_count,
				      words);
	free(words);
	json_decref(object);
	return err;
}

int feed_cache_write(const char *directory, const char *name, const struct feed_blob *blob,
		     const struct feed_memory *memory)
{
	char file[FILE_TEXT], fresh[FILE_TEXT], checked[FILE_TEXT];
	int dir, fd, err;

	if (!feed_name_is_good(name, strlen(name)))
		return -EINVAL;
	dir = make_directory(directory);
	if (dir < 0)
		return dir;
	file_name(file, name, FEED_FILE);
	file_name(fresh, name, FEED_FILE FEED_FRESH);
	file_name(checked, name, FEED_CHECKED);
	fd = create_fresh(dir, fresh);
	err = fd < 0 ? fd : finish_fresh(fd, write_blob(fd, blob, memory));
	fault(feed_written);
	/* It is of the old one: the new one must not be met with it. */
	if (!err && unlinkat(dir, checked, 0) && errno != ENOENT)
		err = -errno;
	err = replace(dir, fresh, file, err);
	close(dir);
	return err;
}

int feed_cache_checked(const char *directory, const char *name, int64_t checked)
{
	char file[FILE_TEXT], fresh[FILE_TEXT], text[CHECKED_TEXT];
	int dir, fd, err, len;

	if (!feed_name_is_good(name, strlen(name)))
		return -EINVAL;
	dir = make_directory(directory);
	if (dir < 0)
		return dir;
	file_name(file, name, FEED_CHECKED);
	file_name(fresh, name, FEED_CHECKED FEED_FRESH);
	len = snprintf(text, sizeof(text), "%" PRId64 "\n", checked);
	fd = create_fresh(dir, fresh);
	err = fd < 0 ? fd : finish_fresh(fd, file_write(fd, text, (size_t)len));
	err = replace(dir, fresh, file, err);
	close(dir);
	return err;
}

/* Reading. */

/* A FIFO there would wait for ever. */
static int open_file(int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool parse_checked(int64_t *out, const char *text)
{
	char *end;
	long long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || strcmp(end, "\n") != 0)
		return false;
	*out = value;
	return true;
}

static void read_checked(struct feed_memory *memory, int dir, const char *name)
{
	char file[FILE_TEXT], text[CHECKED_TEXT];
	int fd = open_file(dir, file_name(file, name, FEED_CHECKED));
	ssize_t len;

	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len > 0) {
		text[len] = '\0';
		parse_checked(&memory->checked, text);
	}
}

static int read_feed(struct feed_blob *blob, struct feed_memory *memory, int fd, char *why,
		     size_t size)
{
	int err = feed_blob_open_file(blob, fd, why, size);

	if (err || parse_words(memory, blob->words, blob->words_len))
		return err;
	feed_blob_close(blob);
	snprintf(why, size, "what stands in it about its source cannot be read");
	return -EBADMSG;
}

int feed_cache_read(struct feed_blob *blob, struct feed_memory *memory, const char *directory,
		    const char *name, char *why, size_t size)
{
	char file[FILE_TEXT], bad[FILE_TEXT];
	int dir, fd, err;

	*blob = (struct feed_blob){0};
	if (!feed_name_is_good(name, strlen(name)))
		return -EINVAL;
	dir = open_directory(directory);
	if (dir < 0)
		return dir;
	file_name(file, name, FEED_FILE);
	fd = open_file(dir, file);
	err = fd < 0 ? fd : read_feed(blob, memory, fd, why, size);
	if (fd >= 0)
		close(fd);
	if (!err)
		read_checked(memory, dir, name);
	else if (err == -EBADMSG)
		renameat(dir, file, dir, file_name(bad, name, FEED_BAD));
	close(dir);
	return err;
}

/* Sweeping. */

static bool is_one_of(const char *name, size_t len, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

/* Whether one of ours, by its name, is needed no more. Others' files are none of our business. */
static bool is_stale(const char *file, const char *const *names, size_t count)
{
	static const struct {
		const char *text;
		bool half; /* nobody writes now: it has been left */
	} suffixes[] = {
		{FEED_FILE, false},
		{FEED_BAD, false},
		{FEED_CHECKED, false},
		{FEED_FILE FEED_FRESH, true},
		{FEED_CHECKED FEED_FRESH, true},
	};
	size_t len = strlen(file);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t suffix = strlen(suffixes[i].text);

		if (len > suffix && !strcmp(file + len - suffix, suffixes[i].text) &&
		    feed_name_is_good(file, len - suffix))
			return suffixes[i].half || !is_one_of(file, len - suffix, names, count);
	}
	return false;
}

int feed_cache_sweep(const char *directory, const char *const *names, size_t count)
{
	int fd = open_directory(directory), err = 0;
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while ((entry = readdir(dir)))
		if (is_stale(entry->d_name, names, count) && unlinkat(fd, entry->d_name, 0) &&
		    errno != ENOENT)
			err = -errno;
	closedir(dir);
	return err;
}
