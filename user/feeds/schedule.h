/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a feed is fetched next, and until when what came of it blocks. Pure: no clock, no chance of
 * its own; `random' is any 32 bits of the caller's.
 *
 * Times are seconds of CLOCK_BOOTTIME: nobody sets that clock. The time of day comes in only at the
 * start, when the last good on disk says when it was checked, and with a list that says when it
 * expires:
 *
 *   - a check that lies in the future by more than FEED_SKEW was written under another clock than
 *     ours; how old it is cannot be known. It is due at once and blocks for FEED_DOUBT more at
 * most, however far back the clock stands.
 *   - a check long ago is as old as it says: due at once, and past its max_age it blocks nothing.
 *   - a list's own end shortens max_age and never lengthens it.
 *
 * After a success (304 too, and what a guard held back or refused: the server has done its work)
 * the next fetch is one interval later and up to a tenth more, never less: operators of lists ban
 * who comes more often. After a failure it is a minute, then twice as long each time up to the
 * interval. A server that says when to come again is obeyed, up to a day.
 */
#ifndef MXDP_FEEDS_SCHEDULE_H
#define MXDP_FEEDS_SCHEDULE_H

#include "settings.h"

#define FEED_SKEW        300   /* seconds that clocks may differ by */
#define FEED_DOUBT       3600  /* seconds that one of unknown age blocks */
#define FEED_RETRY_FIRST 60    /* seconds */
#define FEED_RETRY_AFTER 86400 /* seconds that a server may ask for, at most */

struct feed_schedule {
	int64_t due;
	uint32_t failures; /* in a row */
};

/*
 * When the last good was checked, by our clock; it may lie before zero. `checked' and `wall' are
 * times of day.
 */
int64_t feed_checked_at(int64_t checked, int64_t wall, int64_t now,
			const struct feed_settings *settings);

/* With no last good: now. */
void feed_schedule_start(struct feed_schedule *out, const struct feed_settings *settings,
			 bool has_last, int64_t checked_at, int64_t now, uint32_t random);
void feed_schedule_succeeded(struct feed_schedule *schedule, const struct feed_settings *settings,
			     int64_t now, uint32_t random);
/* `retry_after': 0 where the server did not ask. */
void feed_schedule_failed(struct feed_schedule *schedule, const struct feed_settings *settings,
			  uint32_t retry_after, int64_t now, uint32_t random);

/*
 * From when on it blocks nothing: for `expires' of maps/feeds_user.h, where 0 is long ago.
 * `expires' and `wall' are times of day; 0: the list does not say.
 */
uint32_t feed_blocks_until(const struct feed_settings *settings, int64_t checked_at,
			   int64_t expires, int64_t wall, int64_t now);
/* Its set leaves the kernel so many seconds earlier, so that those of other feeds stay. */
uint32_t feed_lead(uint32_t max_age);
/* The least max_age, in seconds, with which a feed that is fetched on time, and a tenth late by
 * chance, never counts as too old. */
uint32_t feed_max_age_least(uint32_t interval);

#endif
