/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last good of each feed, DIRECTORY/NAME.feed: written whole under another name, synced, and
 * renamed, so that a crash leaves the old one or the new one. Used at the start, before the network
 * answers.
 */
#ifndef MXDP_FEEDS_CACHE_H
#define MXDP_FEEDS_CACHE_H

#include <time.h>
#include "blob.h"
#include "job.h"

/* What stands beside the ranges. Another source or format is another list: it is not used then. */
struct feed_memory {
	char url[1024];
	enum feed_format format; /* as configured */
	char etag[FEED_ETAG], modified[FEED_DATE];
	int64_t changed; /* time of day when these entries came */
	int64_t checked; /* time of day when the source last said that they are current */
	uint64_t lines, used, unusable;
	int64_t expires; /* by the list's own word; 0 none */
};

/* All three run in a thread. 0 or -errno; a damaged file is -EBADMSG with `why', and is moved aside
 * to NAME.feed.bad. */
int feed_cache_write(const char *directory, const char *name, const struct feed_blob *blob,
		     const struct feed_memory *memory);
int feed_cache_read(struct feed_blob *blob, struct feed_memory *memory, const char *directory,
		    const char *name, char *why, size_t size);
/* Only `checked' has changed: a few bytes beside it, NAME.checked. */
int feed_cache_checked(const char *directory, const char *name, int64_t checked);
/* Removes those of feeds that are none of `names' any more. */
int feed_cache_sweep(const char *directory, const char *const *names, size_t count);

#endif
