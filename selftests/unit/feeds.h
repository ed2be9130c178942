/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists out of memory: what a test reads, what was told about it, and the set as text. */
#ifndef MXDP_SELFTESTS_FEEDS_H
#define MXDP_SELFTESTS_FEEDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/feeds/feed.h"

/* The middle of 2026: a list may be of yesterday, or of tomorrow. */
#define FEEDS_NOW 1782864000

struct memory {
	const char *bytes;
	size_t len;
	size_t piece; /* at most so many a read; 0: no limit */
};

static inline ssize_t memory_read(void *context, void *buffer, size_t size)
{
	struct memory *memory = (struct memory *)context;

	if (memory->piece && size > memory->piece)
		size = memory->piece;
	if (size > memory->len)
		size = memory->len;
	memcpy(buffer, memory->bytes, size);
	memory->bytes += size;
	memory->len -= size;
	return (ssize_t)size;
}

/* What was told, "LINE: WHY" a line; cut where it is long. */
struct told {
	size_t count, longest;
	char text[16384];
};

static inline void told_add(void *context, size_t line, const char *why)
{
	struct told *told = (struct told *)context;
	size_t n = strlen(told->text), len = strlen(why);

	told->count++;
	if (len > told->longest)
		told->longest = len;
	snprintf(told->text + n, sizeof(told->text) - n, "%zu: %s\n", line, why);
}

/* `feed` and `out` are for the caller to free. */
static inline int memory_feed(struct feed *feed, enum feed_format format, struct memory memory,
			      struct told *told, struct feed_set *out)
{
	const struct feed_events events = {told_add, told};

	*told = (struct told){0};
	feed_init(feed, format, FEEDS_NOW, &events);
	return feed_read(feed, memory_read, &memory, out);
}

struct set_text {
	size_t len;
	char text[65536];
};

static inline int set_text_add(const struct prefix *prefix, void *context)
{
	struct set_text *all = (struct set_text *)context;
	char text[ADDR_TEXT];

	if (all->len + ADDR_TEXT + 1 >= sizeof(all->text))
		return -1;
	all->len += (size_t)sprintf(all->text + all->len, "%s%s", all->len ? " " : "",
				    prefix_format(text, prefix));
	return 0;
}

/* The prefixes, one blank between them. */
static inline const char *set_text(struct set_text *all, const struct feed_set *set)
{
	*all = (struct set_text){0};
	return feed_set_walk(set, set_text_add, all) ? "too much" : all->text;
}

#endif
