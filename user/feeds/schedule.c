// SPDX-License-Identifier: GPL-2.0-or-later
#include "schedule.h"

#define LEAD     60                    /* seconds, and at most a tenth of the maximum age */
#define AGE_MOST (100LL * 365 * 86400) /* so that no sum wraps, whatever a file says */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* Up to a tenth more, so that machines that were started together do not come together. */
static int64_t spread(int64_t seconds, uint32_t random)
{
	return seconds + (int64_t)((uint64_t)(seconds / 10) * random >> 32);
}

int64_t feed_checked_at(int64_t checked, int64_t wall, int64_t now,
			const struct feed_settings *settings)
{
	int64_t age = clamp(wall, 0, INT64_MAX) - clamp(checked, 0, INT64_MAX);

	if (age < -FEED_SKEW) {
		age = (int64_t)settings->max_age - FEED_DOUBT;
		age = age > settings->interval ? age : settings->interval;
	}
	return now - clamp(age, 0, AGE_MOST);
}

void feed_schedule_start(struct feed_schedule *out, const struct feed_settings *settings,
			 bool has_last, int64_t checked_at, int64_t now, uint32_t random)
{
	*out = (struct feed_schedule){.due = now};
	if (has_last && now - checked_at < settings->interval)
		out->due = checked_at + spread(settings->interval, random);
}

void feed_schedule_succeeded(struct feed_schedule *schedule, const struct feed_settings *settings,
			     int64_t now, uint32_t random)
{
	*schedule = (struct feed_schedule){.due = now + spread(settings->interval, random)};
}

void feed_schedule_failed(struct feed_schedule *schedule, const struct feed_settings *settings,
			  uint32_t retry_after, int64_t now, uint32_t random)
{
	int64_t asked = clamp(retry_after, 0, FEED_RETRY_AFTER), wait = FEED_RETRY_FIRST;

	for (uint32_t i = 0; i < schedule->failures && wait < settings->interval; i++)
		wait *= 2;
	wait = clamp(wait, 1, settings->interval ? settings->interval : 1);
	wait = spread(wait > asked ? wait : asked, random);
	if (schedule->failures < UINT32_MAX)
		schedule->failures++;
	schedule->due = now + wait;
}

uint32_t feed_blocks_until(const struct feed_settings *settings, int64_t checked_at,
			   int64_t expires, int64_t wall, int64_t now)
{
	int64_t until = checked_at + settings->max_age;

	if (expires > 0) {
		int64_t own = now + clamp(expires - clamp(wall, 0, INT64_MAX), -AGE_MOST, AGE_MOST);

		until = own < until ? own : until;
	}
	return (uint32_t)clamp(until, 0, UINT32_MAX);
}

uint32_t feed_lead(uint32_t max_age)
{
	return max_age / 10 < LEAD ? max_age / 10 : LEAD;
}

/* A tenth more of the one and a tenth less of the other: eleven ninths, and some seconds. */
uint32_t feed_max_age_least(uint32_t interval)
{
	return interval + interval / 4;
}
