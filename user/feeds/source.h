/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines out of a stream of bytes, by the block: a list has millions. Lines end in LF; the last may
 * lack it. A byte order mark at the beginning is skipped. What goes beyond FEED_LINE_MAX is dropped
 * and told.
 */
#ifndef MXDP_FEEDS_SOURCE_H
#define MXDP_FEEDS_SOURCE_H

#include "feed.h"

#define SOURCE_ROOM 131072

struct source {
	feed_read_fn *read;
	void *context;
	char *at, *end; /* what has been read and not been handed out */
	bool ended;

	char *line; /* the current one; it may be changed up to line[len] */
	size_t len;
	bool cut;

	char buffer[SOURCE_ROOM + 1];
};

/* To be freed with free(). NULL where memory ran out. */
struct source *source_new(feed_read_fn *read, void *context);

/* Fills the buffer for a first look at source->at. 0 or -errno. */
int source_begin(struct source *source);

/* 1 where there was one more line, 0 at the end, or -errno. */
int source_next(struct source *source);

static inline size_t source_ahead(const struct source *source)
{
	return (size_t)(source->end - source->at);
}

#endif
