/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ceiling on new blocks: so many a minute, and beyond it new verdicts only watch until the next
 * minute. It bounds what a fault that nobody thought of can do before somebody looks. A minute
 * begins with the first block after the one before is over. Times are seconds of CLOCK_BOOTTIME,
 * given by the caller. All zero is a fresh one. Pure.
 */
#ifndef MXDP_POLICY_CEILING_H
#define MXDP_POLICY_CEILING_H

#include <stdbool.h>
#include <stdint.h>

#define CEILING_MINUTE 60

struct ceiling {
	uint32_t began, blocks; /* this minute */
	uint64_t beyond;        /* how many only watch for it, ever */
	uint32_t beyond_at;     /* when the last one was */
};

/* Whether one more would be beyond it; 0 a minute is no ceiling. Counts nothing. */
bool ceiling_reached(const struct ceiling *ceiling, uint32_t per_minute, uint32_t now);
/* A new block stands. */
void ceiling_blocked(struct ceiling *ceiling, uint32_t now);
/* A new verdict only watches for it. */
void ceiling_watched(struct ceiling *ceiling, uint32_t now);

#endif
