/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many lines one source may have a minute, so that whoever knocks without end does not fill the
 * disk. What is left out is counted, and told once the minute is over. An IPv6 client stands for
 * its /64.
 *
 * Bounded: a table of sets of eight under a keyed hash. A source that has been quiet for a minute
 * makes room, else the one whose minute began first; what was left out of its lines is then told
 * with all such others. Seconds are the caller's and never run backwards. All zero is an empty one.
 */
#ifndef MXDP_LOG_LIMIT_H
#define MXDP_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

#define LOG_LIMIT_MINUTE  60
#define LOG_LIMIT_WAYS    8
#define LOG_LIMIT_SOURCES 4096 /* at 32 bytes each */

struct log_limited {
	struct addr source;
	uint32_t began; /* plus 1; 0: a free place */
	uint32_t lines;
	uint32_t left_out;
	uint32_t since; /* when the first of these was */
};

struct log_limit {
	struct log_limited source[LOG_LIMIT_SOURCES];
	size_t look;        /* where the next look goes on */
	uint64_t forgotten; /* lines left out of sources that made room */
};

/* Whether one more line about `source` may be written; `rate` is above 0. */
bool log_limit_takes(struct log_limit *l, const struct addr *source, uint32_t rate, uint32_t now);

/*
 * A source of which lines were left out for a minute; what is told is not told again. False where
 * there is none.
 */
bool log_limit_over(struct log_limit *l, uint32_t now, struct prefix *source, uint32_t *left_out);

#endif
