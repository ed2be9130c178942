/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last good of each feed, DIRECTORY/NAME.feed: written whole under another name, synced, and
 * renamed, so that a crash leaves the old one or the new one. Used at the start, before the network
 * answers.
 *
 * It is a blob (blob.h) whose words are the memory: what the source said of it, so that the next
 * question can be "has it changed?". NAME.checked holds the time of day alone, and only for as long
 * as NAME.feed stays: it goes before a new one comes. Where it cannot be read, the list looks older
 * than it is, which is the harmless side.
 *
 * What the directory holds is read with suspicion: links in it are not followed, only regular files
 * are read, and nothing is believed of them that does not add up. It is made, 0700, where it is
 * missing; its files are 0600. A full or read-only disk is -errno, and leaves what was there.
 */
#ifndef MXDP_FEEDS_CACHE_H
#define MXDP_FEEDS_CACHE_H

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

/* Whether it is of the list that is configured. */
bool feed_memory_is_of(const struct feed_memory *memory, const struct feed_settings *settings);

/*
 * All run in a thread, one at a time for each feed. 0 or -errno: -EINVAL where the name is none
 * (feed_name_is_good()) or a text is not UTF-8, -ENOENT where there is none, -ELOOP where it is a
 * link. A damaged file is -EBADMSG with `why' (FEED_WORDS bytes), and is moved aside to
 * NAME.feed.bad. feed_cache_read() opens *blob and fills *memory only where it returns 0.
 */
int feed_cache_write(const char *directory, const char *name, const struct feed_blob *blob,
		     const struct feed_memory *memory);
int feed_cache_read(struct feed_blob *blob, struct feed_memory *memory, const char *directory,
		    const char *name, char *why, size_t size);
/* Only `checked' has changed: a few bytes beside it, NAME.checked. */
int feed_cache_checked(const char *directory, const char *name, int64_t checked);
/* Removes those of feeds that are none of `names' any more, and what a crash left half written: at
 * the start, while nobody writes. */
int feed_cache_sweep(const char *directory, const char *const *names, size_t count);

#endif
