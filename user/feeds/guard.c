// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "../base/duration.h"
#include "guard.h"

/* More than so many percent; a set may count 2^59, and no product may wrap. */
static bool is_beyond(uint64_t part, uint64_t whole, uint32_t percent)
{
	return (unsigned __int128)part * 100 > (unsigned __int128)whole * percent;
}

static unsigned percent_of(uint64_t part, uint64_t whole)
{
	unsigned __int128 percent = (unsigned __int128)part * 100 / (whole ? whole : 1);

	return percent > 999999 ? 999999 : (unsigned)percent;
}

static bool is_near(uint64_t a, uint64_t b, uint32_t percent)
{
	return !is_beyond(a > b ? a - b : b - a, b, percent);
}

struct moved {
	uint64_t count, of;
	const char *what, *how;
};

/* What is beyond the guard, if anything is; of two the first. */
static bool find_beyond(struct moved *out, const struct feed_change *c, uint32_t guard)
{
	/* A family that had nothing yet grows by any percentage. */
	uint64_t of4 = c->v4_before ? c->v4_before : c->v6_before;
	uint64_t of6 = c->v6_before ? c->v6_before : c->v4_before;
	const struct moved moves[] = {
		{c->v4_removed, c->v4_before, "IPv4 addresses", "would go"},
		{c->v6_removed, c->v6_before, "IPv6 networks", "would go"},
		{c->v4_added, of4, "IPv4 addresses", "would come"},
		{c->v6_added, of6, "IPv6 networks", "would come"},
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (!is_beyond(moves[i].count, moves[i].of, guard))
			continue;
		*out = moves[i];
		return true;
	}
	return false;
}

static bool is_first(const struct feed_change *c)
{
	return !c->v4_before && !c->v6_before;
}

static bool is_empty(const struct feed_change *c)
{
	return !c->v4_after && !c->v6_after;
}

/* Why it should wait, or false where there is nothing against it. */
static bool find_doubt(char *text, size_t size, const struct feed_change *c, uint32_t guard)
{
	struct moved moved;

	if (is_empty(c)) {
		if (is_first(c))
			snprintf(text, size, "it is empty");
		else
			snprintf(text, size,
				 "it is empty; before it had %" PRIu64
				 " IPv4 addresses and %" PRIu64 " IPv6 networks",
				 c->v4_before, c->v6_before);
		return true;
	}
	if (!guard || is_first(c) || !find_beyond(&moved, c, guard))
		return false;
	snprintf(text, size, "%" PRIu64 " %s %s, %u %% of %" PRIu64 ", and `guard' is %u %%",
		 moved.count, moved.what, moved.how, percent_of(moved.count, moved.of), moved.of,
		 guard);
	return true;
}

/* Whether this fetch says what the one said that is held back. */
static bool says_the_same(const struct feed_held *held, const struct feed_change *c, uint32_t guard)
{
	return held->is_held && is_near(c->v4_after, held->v4, guard) &&
	       is_near(c->v6_after, held->v6, guard);
}

static enum feed_guard accept(struct feed_held *held, const struct feed_change *c,
			      const char *after, char *words, size_t size)
{
	*held = (struct feed_held){0};
	snprintf(words, size,
		 "accepted%s: %" PRIu64 " IPv4 addresses and %" PRIu64 " IPv6 networks; %" PRIu64
		 " and %" PRIu64 " came, %" PRIu64 " and %" PRIu64 " went",
		 after, c->v4_after, c->v6_after, c->v4_added, c->v6_added, c->v4_removed,
		 c->v6_removed);
	return FEED_ACCEPTED;
}

static enum feed_guard hold(struct feed_held *held, const struct feed_update *update,
			    const char *doubt, int64_t now, char *words, size_t size)
{
	char span[DURATION_TEXT];
	int64_t left;

	if (!held->is_held)
		*held = (struct feed_held){true, update->change.v4_after, update->change.v6_after,
					   now};
	left = held->since + FEED_GUARD_WAIT - now;
	snprintf(words, size,
		 "held back: %s; a second fetch like it in %s or later confirms it, as does "
		 "`mxdpctl feeds sync %s --force'",
		 doubt, duration_format(span, (uint32_t)left), update->name);
	return FEED_HELD;
}

enum feed_guard feed_guard_decide(struct feed_held *held, const struct feed_update *update,
				  uint32_t guard, int64_t now, char *words, size_t size)
{
	const struct feed_change *c = &update->change;
	char doubt[FEED_WORDS / 2];

	if (update->unusable > update->used) {
		*held = (struct feed_held){0};
		snprintf(words, size,
			 "refused: %" PRIu64 " of %" PRIu64
			 " lines cannot be used; look at its url and format",
			 update->unusable, update->unusable + update->used);
		return FEED_REFUSED;
	}
	if (!find_doubt(doubt, sizeof(doubt), c, guard))
		return accept(held, c, "", words, size);
	if (update->is_forced)
		return accept(held, c, " by order", words, size);
	if (!says_the_same(held, c, guard))
		*held = (struct feed_held){0};
	else if (now - held->since >= FEED_GUARD_WAIT)
		return accept(held, c, " because a second fetch confirms it", words, size);
	return hold(held, update, doubt, now, words, size);
}
