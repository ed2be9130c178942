// SPDX-License-Identifier: GPL-2.0-or-later
/* How often a list may be asked: its operator's terms, and our own prudence. */
#include "../base/log.h"
#include "lists_inside.h"

#define DAY_MS  86400000ULL
#define HOUR_MS 3600000ULL

/* Questions are counted when asked: which of them the resolver's cache answers is not known here.
 */
static void refill(struct list_state *list, uint64_t now)
{
	struct budget *b = &list->budget;
	double rate = list->settings.rate;

	b->tokens += rate * (double)(now - b->refilled) / 1000;
	if (b->tokens > rate)
		b->tokens = rate;
	b->refilled = now;
	if (now - b->day >= DAY_MS) {
		b->day = now;
		b->used = 0;
	}
}

/* Now and then: a burst passes a limit a thousand times a second. */
static bool may_say(struct budget *b, uint64_t now)
{
	if (b->said && now - b->said < HOUR_MS)
		return false;
	b->said = now;
	return true;
}

static bool within_day(struct list_state *list, uint64_t now)
{
	struct budget *b = &list->budget;

	if (!list->settings.daily || b->used < list->settings.daily)
		return true;
	b->spent++;
	if (may_say(b, now))
		log_warning("list %s: the day's %u questions are used up, it is asked again in %u "
			    "minutes: raise `daily' if its terms allow it, or take its data feed",
			    list->settings.shown, list->settings.daily,
			    (unsigned)((DAY_MS - (now - b->day)) / 60000 + 1));
	return false;
}

static bool within_rate(struct list_state *list, uint64_t now)
{
	struct budget *b = &list->budget;

	if (!list->settings.rate || b->tokens >= 1)
		return true;
	b->limited++;
	if (may_say(b, now))
		log_warning("list %s: more than %u questions a second, some clients are not asked "
			    "about: raise `rate' if its terms allow it",
			    list->settings.shown, list->settings.rate);
	return false;
}

bool budget_take(struct list_state *list, uint64_t now)
{
	refill(list, now);
	if (!within_day(list, now) || !within_rate(list, now))
		return false;
	list->budget.used++;
	list->budget.tokens -= 1;
	return true;
}

void budget_count(struct list_state *list, uint64_t now)
{
	refill(list, now);
	list->budget.used++;
}
