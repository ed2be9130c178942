/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of addresses, line by line, into a set. One `struct feed' reads one list:
 *
 *   bytes -> source (lines) -> the format's parser -> list or except a range -> set
 *
 * A line that cannot be used is told and skipped; it never stops the rest. Nothing here opens,
 * fetches or prints. Bytes are hostile: lines are bounded, nothing recurses over them, and no order
 * of them is slow.
 *
 * What a list may not say, in any format: an IPv4 network wider than /8 or an IPv6 one wider than
 * /19. Such a line is refused with words; what it excepts may be as wide as it likes.
 */
#ifndef MXDP_FEEDS_FEED_H
#define MXDP_FEEDS_FEED_H

#include <sys/types.h>
#include <time.h>

#include "format.h"
#include "set.h"
#include "trie.h"

#define FEED_WHY      384   /* bytes of a reason, with its quotations, escaped for terminals */
#define FEED_LINE_MAX 32767 /* bytes of a line; rbldnsd cuts there too */

#define FEED_V4_SHORTEST PREFIX_V4_SHORTEST
#define FEED_V6_SHORTEST PREFIX_V6_SHORTEST

struct feed_events {
	/* Line `line`, from 1, cannot be used; 0: the list as a whole is worth a remark. */
	void (*tell)(void *context, size_t line, const char *why);
	void *context;
};

/* rbldnsd's ip4set: blocks of one address, of /24, /16 and /8, decided level by level. */
#define FEED_OCTETS 4

struct feed {
	enum feed_format format; /* after feed_read(), what FEED_AUTO was found to be */
	struct feed_events events;
	time_t now;

	size_t lines;    /* read so far */
	size_t used;     /* that list or except something */
	size_t unusable; /* told */
	time_t expires;  /* by the list's own word; 0: it does not say */

	/* For the parsers. */
	struct feed_set set, minus;
	struct trie trie;
	struct set4 octets[FEED_OCTETS], octets_minus[FEED_OCTETS]; /* [0]: single addresses */
	uint32_t max_range4;                                        /* addresses; 0: no limit */
	long long announced; /* entries, by the list's own word; -1: it does not say */
};

/* Up to `size` bytes; 0 at the end, or -errno. */
typedef ssize_t feed_read_fn(void *context, void *buffer, size_t size);
ssize_t feed_read_fd(void *fd, void *buffer, size_t size); /* context: int * */

/* `now` is for lists that tell when they expire. */
void feed_init(struct feed *feed, enum feed_format format, time_t now,
	       const struct feed_events *events);

/*
 * Reads all of it, then moves what is listed to `out`, settled. 0, or -errno: of `read`, -ENOMEM,
 * or -EBADMSG where it is no list at all or not to be used as a whole, which has been told.
 * *out is empty unless it returns 0.
 */
int feed_read(struct feed *feed, feed_read_fn *read, void *context, struct feed_set *out);

void feed_free(struct feed *feed);

#endif
