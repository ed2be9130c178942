// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/log.h"
#include "../base/names.h"
#include "../policy/knocks.h"
#include "feeds.h"
#include "knocks.h"

struct knocking {
	struct knocks *knocks;
	struct verdict_walk walk;
	bool primed, walking;
	uint32_t began; /* boot seconds: this round */
};

int knocks_open(struct agent *a)
{
	a->knocking = calloc(1, sizeof(*a->knocking));
	if (a->knocking)
		a->knocking->knocks = knocks_new(KNOCKS_SOURCES);
	return a->knocking && a->knocking->knocks ? 0 : -ENOMEM;
}

void knocks_close(struct agent *a)
{
	if (a->knocking)
		knocks_free(a->knocking->knocks);
	free(a->knocking);
	a->knocking = NULL;
}

void knocks_met_feed(struct agent *a, unsigned slot, const struct addr *source)
{
	if (a->config.log_knocks && action_blocks(FEEDS_SLOT_ACTION(slot)))
		knocks_feed(a->knocking->knocks, source, FEEDS_SLOT_PORTS(slot), (int)slot);
}

/* The words of one that knocks */

struct told {
	const struct knock *knock;
	char cause[POLICY_FINDING_NAME], reason[REASON_TEXT];
	enum action action;
	uint32_t left; /* seconds; VERDICT_NEVER_EXPIRES: as long as somebody wants */
};

/* False where the block has ended meanwhile. */
static bool by_feed(const struct agent *a, struct told *t)
{
	struct feed_word word;

	feeds_word(a, &t->knock->prefix.addr, t->knock->ports, &word);
	if (!action_blocks(word.action))
		return false;
	snprintf(t->cause, sizeof(t->cause), "feed:%s", a->config.feeds[word.feed].name);
	t->action = (enum action)word.action;
	t->left = VERDICT_NEVER_EXPIRES;
	return true;
}

static bool by_verdict(const struct agent *a, struct told *t, uint32_t now)
{
	struct verdict_entry e;

	if (verdict_get(&a->maps, &t->knock->prefix, t->knock->ports, &e) ||
	    e.verdict.expires <= now)
		return false;
	snprintf(t->cause, sizeof(t->cause), "%s", cause_name(e.verdict.cause));
	snprintf(t->reason, sizeof(t->reason), "%s",
		 reasons_get(&a->reasons, &t->knock->prefix, t->knock->ports));
	t->action = (enum action)e.verdict.action;
	t->left = e.verdict.expires == VERDICT_NEVER_EXPIRES ? e.verdict.expires
							     : e.verdict.expires - now;
	return true;
}

static json_t *event_of(const struct agent *a, const struct told *t, uint32_t span,
			const char *prefix)
{
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:b}", "event", "knock",
			  "blocked", prefix, "ports", ports_name(t->knock->ports), "cause",
			  t->cause, "action", action_name(t->action), "syns",
			  (json_int_t)t->knock->syns, "span", (json_int_t)span, "mode",
			  mode_name(a->mode.mode), "enforced", a->mode.mode == MODE_ENFORCE);

	if (t->knock->prefix.plen == ADDR_BITS)
		json_object_set_new(event, "address", json_string(prefix));
	if (t->left != VERDICT_NEVER_EXPIRES)
		json_object_set_new(event, "ttl", json_integer(t->left));
	if (*t->reason)
		json_object_set_new(event, "text", json_string(t->reason));
	return event;
}

static void tell(struct agent *a, const struct told *t, uint32_t span)
{
	char prefix[ADDR_TEXT], length[DURATION_TEXT], left[DURATION_TEXT];
	json_t *event;

	prefix_format(prefix, &t->knock->prefix);
	event = event_of(a, t, span, prefix);
	duration_format(length, span);
	if (t->left != VERDICT_NEVER_EXPIRES)
		duration_format(left, t->left);
	/* Bounded as they are, these are not left out for what else their source has done. */
	log_event(LOG_LEVEL_INFO, NULL, event,
		  "knock %s on %s: %llu SYN%s in %s %s (%s): %s%s%s; %s%s", prefix,
		  ports_name(t->knock->ports), (unsigned long long)t->knock->syns,
		  t->knock->syns == 1 ? "" : "s", length,
		  a->mode.mode == MODE_ENFORCE ? "met its block" : "would have met its block",
		  action_name(t->action), t->cause, *t->reason ? ", " : "", t->reason,
		  t->left != VERDICT_NEVER_EXPIRES ? "it ends in "
		  : t->knock->slot >= 0            ? "while the feed lists it"
						   : "it ends by mxdpctl unblock",
		  t->left != VERDICT_NEVER_EXPIRES ? left : "");
	journal_add(a->journal, event);
}

/* A round */

static void tell_rest(struct agent *a, const struct knocks_sum *sum, size_t told, uint64_t syns,
		      uint32_t span)
{
	char length[DURATION_TEXT];

	duration_format(length, span);
	if (sum->sources > told)
		events_note(a, "knock",
			    "%zu more blocked sources knocked: %llu SYNs in %s (log.knocks_most)",
			    sum->sources - told, (unsigned long long)(sum->syns - syns), length);
	if (sum->without_room)
		events_note(a, "knock",
			    "of more blocked sources than can be followed (%d) nothing is known "
			    "but that they knocked",
			    KNOCKS_SOURCES);
}

static void tell_all(struct agent *a, uint32_t now)
{
	size_t most = a->config.log_knocks_most, count;
	uint32_t span = now - a->knocking->began;
	struct knock *list = calloc(most, sizeof(*list));
	size_t room = list ? most : 0;
	struct knocks_sum sum;
	uint64_t syns = 0;

	count = knocks_round(a->knocking->knocks, list, room, &sum);
	for (size_t i = 0; i < room && i < count; i++) {
		struct told t = {.knock = &list[i]};

		if (list[i].slot >= 0 ? by_feed(a, &t) : by_verdict(a, &t, now))
			tell(a, &t, span);
		syns += list[i].syns;
	}
	tell_rest(a, &sum, count, syns, span);
	free(list);
}

/* What verdicts had met before us is no news. */
static void prime(struct agent *a)
{
	struct knocks_sum sum;

	knocks_round(a->knocking->knocks, NULL, 0, &sum);
	a->knocking->primed = true;
}

static void walk_on(struct agent *a, uint32_t now)
{
	static struct verdict_entry batch[VERDICT_WALK_BATCH];
	struct knocking *k = a->knocking;
	int count = verdict_walk_next(&a->maps, &k->walk, batch, VERDICT_WALK_BATCH, true);

	for (int i = 0; i < count; i++)
		if (batch[i].hits.packets && action_blocks(batch[i].verdict.action))
			knocks_verdict(k->knocks, &batch[i].prefix, batch[i].ports,
				       batch[i].hits.packets);
	if (count > 0)
		return;
	k->walking = false;
	if (k->primed)
		tell_all(a, now);
	else
		prime(a);
	k->began = now;
}

void knocks_tick(struct agent *a, uint32_t now)
{
	struct knocking *k = a->knocking;

	if (!a->config.log_knocks) {
		k->primed = k->walking = false;
		return;
	}
	if (!k->walking && (!k->primed || now - k->began >= a->config.log_knocks)) {
		k->walking = true;
		k->walk = (struct verdict_walk){0};
	}
	if (k->walking)
		walk_on(a, now);
}
