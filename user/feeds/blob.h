/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finished set as bytes: what the feed process hands over, what is kept on disk as the last good.
 *
 *   struct feed_blob_head, `words' bytes of JSON padded to eight, v4_count struct range4 padded to
 *   eight, v6_count struct range6; host byte order
 *
 * Who opens one believes nothing: sizes must add up, the checksum must hold, and the ranges must be
 * settled as set.h means it. How wide a network may be the parsers decide line by line; joined
 * neighbours are wider, and legal. What no set may do is hold more than a quarter of all IPv4
 * addresses or of global unicast IPv6 (2000::/3, counted in /64s): such a list lists the world.
 * Loopback and the like are no matter here, they are subtracted where sets are combined.
 */
#ifndef MXDP_FEEDS_BLOB_H
#define MXDP_FEEDS_BLOB_H

#include "set.h"

#define FEED_BLOB_MAGIC "mxdpset1"
#define FEED_BLOB_WORDS 16384
#define FEED_BLOB_MAX   (1ULL << 30) /* bytes in all: 134 million IPv4 ranges, or 33 of IPv6 */

#define FEED_BLOB_V4_MOST (1ULL << 30) /* addresses */
#define FEED_BLOB_V6_MOST (1ULL << 59) /* /64s and parts of them */

struct feed_blob_head {
	char magic[8];
	uint32_t crc; /* CRC-32 of all that follows this field */
	uint32_t words;
	uint64_t v4_count, v6_count;
};

/* One that is open; read only. Zero-initialised is none. */
struct feed_blob {
	const void *bytes;
	size_t size;
	bool mapped;       /* else allocated */
	const char *words; /* JSON, not terminated */
	size_t words_len;
	const struct range4 *v4;
	const struct range6 *v6;
	size_t v4_count, v6_count;
};

/*
 * A sealed memory file of the set: what goes through a socket. Its descriptor, or -errno: -E2BIG
 * where the words or all of it are longer than allowed.
 */
int feed_blob_memory(const struct feed_set *set, const char *words);
/* Writes to a file: header, words, ranges. 0 or -errno, as above. */
int feed_blob_write(int fd, const struct range4 *v4, size_t v4_count, const struct range6 *v6,
		    size_t v6_count, const char *words);

/*
 * A memory file must be sealed against change and have no holes, and is mapped; a file is read into
 * memory, so that nobody can change it under us. 0; -EBADMSG with `why' (FEED_WORDS bytes of
 * job.h); -errno. *out is open only where they return 0; `fd' stays the caller's. Runs for a while
 * on a big one: in a thread.
 */
int feed_blob_open_memory(struct feed_blob *out, int fd, char *why, size_t size);
int feed_blob_open_file(struct feed_blob *out, int fd, char *why, size_t size);
void feed_blob_close(struct feed_blob *blob);

bool feed_blob_contains(const struct feed_blob *blob, const struct addr *addr);
/* The listed range that holds it, as the largest prefix inside that range around it. */
bool feed_blob_find(struct prefix *out, const struct feed_blob *blob, const struct addr *addr);
/* Whether it shares an address with the prefix. */
bool feed_blob_meets(const struct feed_blob *blob, const struct prefix *prefix);

#endif
