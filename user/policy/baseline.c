// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "baseline.h"

#define HOUR 3600

static struct baseline_hour *place_of(struct baseline *b, int64_t hour)
{
	return &b->hour[(uint64_t)hour % BASELINE_HOURS];
}

static int64_t wall_of(const struct baseline *b)
{
	return b->booted + (int64_t)b->minute * 60;
}

/* The place of the hour that it is now, cleared of what stood there a week ago. */
static struct baseline_hour *this_hour(struct baseline *b)
{
	int64_t hour = wall_of(b) / HOUR;
	struct baseline_hour *h = place_of(b, hour);

	if (h->hour != hour)
		*h = (struct baseline_hour){.hour = hour};
	return h;
}

void baseline_restore(struct baseline *b, const struct baseline_hour *hour)
{
	struct baseline_hour *h = place_of(b, hour->hour);

	if (hour->hour > 0 && hour->hour > h->hour)
		*h = *hour;
}

static void begin_anew(struct baseline *b, uint32_t minute)
{
	memset(b->lately, 0, sizeof(b->lately));
	b->since = b->minute = minute;
	b->restored = !b->begun;
	b->begun = true;
}

bool baseline_tick(struct baseline *b, uint32_t boot, int64_t wall)
{
	int64_t booted = wall - (int64_t)boot, jump = booted - b->booted;
	uint32_t minute = boot / 60, begun = minute - b->minute;

	b->booted = booted;
	if (!b->begun || jump > BASELINE_JUMP || jump < -BASELINE_JUMP || begun > 1) {
		/* A minute that was slept through is not known either. */
		begin_anew(b, minute);
		return false;
	}
	if (!begun)
		return false;
	b->minute = minute;
	b->lately[minute % BASELINE_MINUTE] = 0;
	this_hour(b)->minutes++;
	return true;
}

void baseline_accepted(struct baseline *b, uint32_t messages)
{
	if (!b->begun)
		return;
	b->lately[b->minute % BASELINE_MINUTE] += messages;
	this_hour(b)->accepted += messages;
}

struct baseline_hour baseline_now(const struct baseline *b)
{
	int64_t hour = wall_of(b) / HOUR;
	const struct baseline_hour *h = &b->hour[(uint64_t)hour % BASELINE_HOURS];

	return h->hour == hour ? *h : (struct baseline_hour){.hour = hour};
}

/* More minutes than an hour has: the clock was set back into it. */
static const struct baseline_hour *known(struct baseline *b, int64_t hour)
{
	const struct baseline_hour *h = place_of(b, hour);

	if (h->hour != hour || h->minutes < BASELINE_WHOLE || h->minutes > 60)
		return NULL;
	return h;
}

/* What the same sixty minutes brought so many days ago; below zero where that is not known. */
static int64_t days_ago(struct baseline *b, unsigned days)
{
	int64_t wall = wall_of(b) - (int64_t)days * 24 * HOUR, into = wall % HOUR;
	const struct baseline_hour *now = known(b, wall / HOUR);
	const struct baseline_hour *before = known(b, wall / HOUR - 1);

	if (!now || !before)
		return -1;
	return (now->accepted * into + before->accepted * (HOUR - into)) / HOUR;
}

static void compare(struct baseline *b, struct baseline_says *says)
{
	int64_t sum = 0, last = 0, usual;

	for (unsigned day = 1; day <= BASELINE_WEEK; day++) {
		last = days_ago(b, day);
		if (last < 0)
			continue;
		sum += last;
		says->days++;
	}
	if (says->days < BASELINE_DAYS)
		return;
	usual = sum / says->days;
	if (last >= 0 && last < usual)
		usual = last;
	says->usual = (uint32_t)usual;
}

/* Sixty whole minutes, and the one that is under way. */
static bool is_whole(const struct baseline *b)
{
	return b->begun && b->minute - b->since > BASELINE_MINUTE;
}

/* An agent that was gone for a moment: what this hour and the one before it have brought. */
static bool kept_lately(struct baseline *b, uint32_t *accepted)
{
	int64_t wall = wall_of(b), into = wall % HOUR;
	const struct baseline_hour now = baseline_now(b), *before = known(b, wall / HOUR - 1);

	if (!b->restored || !before || now.minutes > 60 ||
	    now.minutes + (60 - BASELINE_WHOLE) < into / 60)
		return false;
	*accepted = now.accepted + (uint32_t)(before->accepted * (HOUR - into) / HOUR);
	return true;
}

static bool last_hour(struct baseline *b, uint32_t *accepted)
{
	if (!is_whole(b) && kept_lately(b, accepted))
		return true;
	*accepted = 0;
	for (int i = 0; i < BASELINE_MINUTE; i++)
		*accepted += b->lately[i];
	return is_whole(b);
}

struct baseline_says baseline_look(struct baseline *b)
{
	struct baseline_says says = {.state = BASELINE_UNKNOWN};
	bool whole = last_hour(b, &says.accepted);

	compare(b, &says);
	if (!whole || says.usual < BASELINE_LEAST) {
		b->low = false;
		return says;
	}
	b->low = (uint64_t)says.accepted * (b->low ? 2 : 3) < says.usual;
	says.state = b->low ? BASELINE_LOW : BASELINE_USUAL;
	return says;
}
