// SPDX-License-Identifier: GPL-2.0-or-later
/* Who holds an address: asked before each verdict, so it is a search in memory and no more. */
#include <string.h>

#include "../base/clock.h"
#include "../base/names.h"
#include "feeds_inner.h"

static bool counts(const struct feed_one *one, enum feed_action action)
{
	return one->settings->action == action && one->stock && one->fresh;
}

const char *feeds_sparing(const struct agent *a, const struct addr *addr)
{
	const struct feeds *f = a->feeds;

	for (size_t i = 0; f && i < f->count; i++)
		if (counts(f->one[i], FEED_ALLOW) &&
		    feed_blob_contains(&f->one[i]->stock->blob, addr))
			return f->one[i]->settings->name;
	return NULL;
}

const char *feeds_sparing_some(const struct agent *a, const struct prefix *prefix)
{
	const struct feeds *f = a->feeds;

	for (size_t i = 0; f && i < f->count; i++)
		if (counts(f->one[i], FEED_ALLOW) &&
		    feed_blob_meets(&f->one[i]->stock->blob, prefix))
			return f->one[i]->settings->name;
	return NULL;
}

/* feed_evidence() keeps it within bounds. */
static uint32_t ttl_of(const struct feed_one *one, int64_t now)
{
	int64_t until = one->plan.due < feed_end(one) ? one->plan.due : feed_end(one);

	return until <= now ? 0 : until - now > UINT32_MAX ? UINT32_MAX : (uint32_t)(until - now);
}

void feeds_score(const struct agent *a, const struct addr *addr, enum port_class ports,
		 feed_hit_fn fn, void *context)
{
	const struct feeds *f = a->feeds;
	int64_t now = boot_seconds();

	/* A session that an earlier agent saw may be of a port that is a mail port no more. */
	if ((unsigned)ports >= PORTS_COUNT)
		return;
	for (unsigned i = 0; f && i < f->count; i++) {
		const struct feed_one *one = f->one[i];
		struct feed_hit hit = {.feed = i};

		if (!counts(one, FEED_SCORE) || !one->settings->ports[ports] ||
		    !feed_blob_find(&hit.entry, &one->stock->blob, addr))
			continue;
		hit.ttl = ttl_of(one, now);
		fn(&hit, context);
	}
}

/* Those of one slot: whether what they weigh together counts. */
static bool word_of_slot(const struct feeds *f, const struct addr *addr, unsigned slot,
			 struct feed_word *out)
{
	uint32_t weight = 0, stale = 0, found = 0;
	unsigned first = 0;

	for (unsigned i = 0; i < f->count; i++) {
		const struct feed_one *one = f->one[i];

		if (!feed_backs(one, slot, addr))
			continue;
		if (!one->fresh) {
			stale += one->settings->weight;
			first = found ? first : i;
			continue;
		}
		first = found++ ? first : i;
		weight += one->settings->weight;
	}
	if (weight < FEED_WEIGHT_FULL && (out->stale || weight + stale < FEED_WEIGHT_FULL))
		return false;
	out->feed = first;
	feed_blob_find(&out->entry, &f->one[first]->stock->blob, addr);
	out->others = found ? found - 1 : 0;
	out->stale = weight < FEED_WEIGHT_FULL;
	out->action = out->stale ? ACTION_COUNT : FEEDS_SLOT_ACTION(slot);
	return !out->stale;
}

/* As the gate asks: the slots of a class in their order, each with its weights, and without whom
 * another feed allows. */
void feeds_word(const struct agent *a, const struct addr *addr, enum port_class ports,
		struct feed_word *out)
{
	*out = (struct feed_word){.action = ACTION_COUNT};
	if (!a->feeds || feeds_sparing(a, addr))
		return;
	for (unsigned action = 0; action < FEEDS_ACTIONS; action++)
		if (word_of_slot(a->feeds, addr, FEEDS_SLOT(ports, action), out))
			return;
}

json_t *feeds_explain(const struct agent *a, const struct addr *addr)
{
	const struct feeds *f = a->feeds;
	int64_t now = boot_seconds();
	json_t *found = json_array();

	for (size_t i = 0; f && i < f->count; i++) {
		const struct feed_one *one = f->one[i];
		char text[ADDR_TEXT];
		struct prefix entry;

		if (!one->stock || !feed_blob_find(&entry, &one->stock->blob, addr))
			continue;
		json_array_append_new(
			found,
			json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:I, s:I}", "about", "feed",
				  "feed", one->settings->name, "action",
				  feed_action_name(one->settings->action), "entry",
				  prefix_format(text, &entry), "points",
				  one->settings->action == FEED_SCORE ? one->settings->points : 0,
				  "weight", (int)one->settings->weight, "counts", one->fresh,
				  "since", (json_int_t)(now - one->changed), "checked",
				  (json_int_t)(now - one->checked)));
	}
	return found;
}
