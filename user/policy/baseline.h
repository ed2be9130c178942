/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether mail still comes in as it used to: accepted messages by the hour of the day over seven
 * days, and those of the last sixty minutes held against them. A filter that blocks whom it should
 * not shows nowhere sooner.
 *
 * What is usual is the mean of the same sixty minutes on the days that are known - at least
 * BASELINE_DAYS of seven - or, where that is less, what they brought on the same day of the last
 * week: a Sunday is no alarm. Fewer than BASELINE_LEAST usual messages say nothing. It is low below
 * a third, and until a half is reached again.
 *
 * An hour is known where the agent was there for nearly all of it; the last sixty minutes are,
 * where it was there for all of them, or, just after a restart, where the hours that were kept
 * cover nearly all of them.
 *
 * Two clocks are given by the caller: seconds of CLOCK_BOOTTIME count the minutes, the time of day
 * says which hour it is. Where the time of day jumps, the last sixty minutes begin anew, so that
 * for an hour nothing is said; what was counted under a wrong hour stands there, and is forgotten
 * with it. Pure; the caller keeps the hours over a restart.
 */
#ifndef MXDP_POLICY_BASELINE_H
#define MXDP_POLICY_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#define BASELINE_WEEK   7
#define BASELINE_DAYS   2
#define BASELINE_LEAST  20
#define BASELINE_HOURS  ((BASELINE_WEEK + 1) * 24)
#define BASELINE_WHOLE  55  /* minutes of an hour that make it known */
#define BASELINE_JUMP   120 /* seconds by which the time of day may be set without a word */
#define BASELINE_MINUTE 60

struct baseline_hour {
	int64_t hour; /* time of day divided by 3600 */
	uint32_t accepted;
	uint32_t minutes; /* of it that the agent was there */
};

/* All zero is an empty one. */
struct baseline {
	struct baseline_hour hour[BASELINE_HOURS];
	uint32_t lately[BASELINE_MINUTE];
	uint32_t minute; /* the newest of those, since boot */
	uint32_t since;  /* boot minute since which all of them are known */
	int64_t booted;  /* time of day when the boot clock was 0, at the last look */
	bool begun, low;
	bool restored; /* no jump so far: the hours that an earlier agent kept go before ours */
};

enum baseline_state {
	BASELINE_UNKNOWN, /* too little is known, or too little is usual */
	BASELINE_USUAL,
	BASELINE_LOW,
};

struct baseline_says {
	enum baseline_state state;
	uint32_t accepted; /* in the last sixty minutes */
	uint32_t usual;    /* 0 where it is unknown */
	unsigned days;     /* of how many days that is */
};

/* What an earlier agent has counted. Before the first of the calls below; any order. */
void baseline_restore(struct baseline *b, const struct baseline_hour *hour);

/* The second hand. True once a minute, when the hour that is now is worth keeping. */
bool baseline_tick(struct baseline *b, uint32_t boot, int64_t wall);
/* So many messages were accepted now; baseline_tick() was called within this second or minute. */
void baseline_accepted(struct baseline *b, uint32_t messages);
/* The hour as it is counted now, to be kept. */
struct baseline_hour baseline_now(const struct baseline *b);

struct baseline_says baseline_look(struct baseline *b);

#endif
