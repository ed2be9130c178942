// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "source.h"

struct source *source_new(feed_read_fn *read, void *context)
{
	/* Not cleared: most lists are far smaller than the buffer. */
	struct source *source = malloc(sizeof(*source));

	if (!source)
		return NULL;
	source->read = read;
	source->context = context;
	source->at = source->end = source->buffer;
	source->ended = false;
	source->line = source->buffer;
	source->len = 0;
	source->cut = false;
	return source;
}

/* Once more as much as fits behind what is there. */
static int fill(struct source *source)
{
	size_t ahead = source_ahead(source);
	ssize_t got;

	memmove(source->buffer, source->at, ahead);
	source->at = source->buffer;
	source->end = source->buffer + ahead;
	got = source->read(source->context, source->end, SOURCE_ROOM - ahead);
	if (got < 0)
		return (int)got;
	source->ended = !got;
	source->end += got;
	return 0;
}

int source_begin(struct source *source)
{
	static const char mark[] = {'\xef', '\xbb', '\xbf'};
	int err = 0;

	/* A pipe gives it in pieces. */
	while (!err && !source->ended && source_ahead(source) < SOURCE_ROOM)
		err = fill(source);
	if (!err && source_ahead(source) >= sizeof(mark) && !memcmp(source->at, mark, sizeof(mark)))
		source->at += sizeof(mark);
	return err;
}

/* Over what is left of a line that was too long. */
static int skip_rest(struct source *source)
{
	while (source->cut) {
		char *feed = memchr(source->at, '\n', source_ahead(source));
		int err = 0;

		source->at = feed ? feed + 1 : source->end;
		source->cut = !feed && !source->ended;
		if (source->cut)
			err = fill(source);
		if (err)
			return err;
	}
	return 0;
}

int source_next(struct source *source)
{
	int err = skip_rest(source);
	char *feed;

	while (!err) {
		feed = memchr(source->at, '\n', source_ahead(source));
		if (feed || source->ended || source_ahead(source) > FEED_LINE_MAX)
			break;
		err = fill(source);
	}
	if (err)
		return err;
	if (!source_ahead(source))
		return 0;
	source->line = source->at;
	source->len = feed ? (size_t)(feed - source->at) : source_ahead(source);
	source->cut = source->len > FEED_LINE_MAX;
	if (source->cut)
		source->len = FEED_LINE_MAX;
	source->at += source->len;
	/* The line feed, or a byte of what is cut: the line's zero byte goes there. */
	if (source->at < source->end)
		source->at++;
	return 1;
}
