// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A check that turned out to be wrong: the verdicts of a finding that is suspended (trust.h) are
 * taken back. A list that turned out to be broken, a feed that is too old: those that would not
 * stand without it are.
 * So are those of lists and of points whose evidence is no longer known - an earlier agent's, or
 * beyond what reasons.h keeps: better a bot let go than a customer locked out by a dead list.
 */
#include <stdio.h>
#include <string.h>

#include "../base/escape.h"
#include "../base/log.h"
#include "events.h"
#include "feeds.h"
#include "lookups.h"
#include "remember.h"
#include "trust.h"

#define STEP_MS 2 /* between the steps: the loop breathes */

/* Feeds never convict, so that what a list convicts does not rest on one. */
static uint64_t may_rest_on(unsigned cause)
{
	if (cause_is_of_list(cause))
		return (1ULL << FEED_BIT) - 1;
	return cause == CAUSE_SCORE ? UINT64_MAX : 0;
}

static bool take_back(struct agent *a, const struct verdict_entry *entry, const char *why)
{
	if (verdict_delete(&a->maps, &entry->prefix, entry->ports))
		return false;
	reasons_forget(&a->reasons, &entry->prefix, entry->ports);
	history_forget(a->history, &entry->prefix);
	a->withdrawal.count++;
	events_unblocked(a, entry, why);
	return true;
}

static void take_back_suspended(struct agent *a, const struct verdict_entry *entry)
{
	struct suspension *s = trust_withdrawn_by(a, entry);
	char why[POLICY_FINDING_NAME + 32];

	if (!s)
		return;
	snprintf(why, sizeof(why), "%s is suspended", s->name);
	s->withdrawn += take_back(a, entry, why);
}

/* Unlike with a network that is allowed, the gate does not know of them. */
static bool take_back_allowed(struct agent *a, const struct verdict_entry *entry)
{
	const char *feed = feeds_sparing_some(a, &entry->prefix);
	char why[FEED_NAME + 32];

	if (!feed)
		return false;
	snprintf(why, sizeof(why), "feed %s allows it", feed);
	return take_back(a, entry, why);
}

/* `lists`: those of the withdrawn ones that it rests on; all where that is not known. */
static void take_back_listed(struct agent *a, const struct verdict_entry *entry, uint64_t lists)
{
	char why[AGENT_ERROR];
	unsigned list = 0;

	while (!(lists >> list & 1))
		list++;
	if (list < a->config.lists_count)
		snprintf(why, sizeof(why), "list %s is not believed any more",
			 a->config.lists[list].shown);
	else if (list >= FEED_BIT && list - FEED_BIT < a->config.feeds_count)
		snprintf(why, sizeof(why), "feed %s does not count any more",
			 a->config.feeds[list - FEED_BIT].name);
	else
		utf8_copy(why, sizeof(why), a->withdrawal.why);
	if (take_back(a, entry, why))
		trust_list_withdrawn(a, lists);
}

/* Deleting does not disturb a walk by the kernel's batches: see verdict_user.c. */
static void step(uv_timer_t *timer)
{
	static struct verdict_entry batch[VERDICT_WALK_BATCH];
	struct agent *a = timer->data;
	struct withdrawal *w = &a->withdrawal;
	int count = verdict_walk_next(&a->maps, &w->walk, batch, VERDICT_WALK_BATCH, false);

	for (int i = 0; i < count; i++) {
		const struct verdict_entry *entry = &batch[i];
		uint64_t lists = w->lists & may_rest_on(entry->verdict.cause) &
				 reasons_lists(&a->reasons, &entry->prefix, entry->ports);

		if (w->allowed && take_back_allowed(a, entry))
			continue;
		if (lists && reasons_lose(&a->reasons, &entry->prefix, entry->ports, lists))
			take_back_listed(a, entry, lists);
		else if (w->suspended)
			take_back_suspended(a, entry);
	}
	if (count > 0)
		return;
	if (count < 0)
		log_warning("cannot read all verdicts: some of a broken list or of a suspended "
			    "check may stay until they expire");
	log_info("%zu verdicts withdrawn: %s", w->count, w->why);
	uv_timer_stop(timer);
	w->lists = 0;
	w->suspended = w->allowed = false;
	remember_suspensions(a);
}

/* A second one meanwhile: the walk begins anew, for both. */
static void start(struct agent *a, uint64_t lists, bool suspended, const char *why)
{
	struct withdrawal *w = &a->withdrawal;

	if (!w->timer.data) {
		uv_timer_init(&a->loop, &w->timer);
		w->timer.data = a;
	}
	if (!w->lists && !w->suspended && !w->allowed)
		w->count = 0;
	w->lists |= lists;
	w->suspended |= suspended;
	w->walk = (struct verdict_walk){0};
	utf8_copy(w->why, sizeof(w->why), why);
	uv_timer_start(&w->timer, step, 0, STEP_MS);
}

void withdraw_list(struct agent *a, unsigned list, const char *why)
{
	start(a, 1ULL << list, false, why);
}

static void forget_feed(struct session *session, void *of_list)
{
	judge_forget(session, evidence_is_of_list, of_list);
}

void withdraw_feed(struct agent *a, unsigned feed, const char *why)
{
	struct evidence_of_list of_list = {&a->config.policy, FEED_BIT + feed};

	sessions_each(a->sessions, forget_feed, &of_list);
	start(a, 1ULL << of_list.list, false, why);
}

void withdraw_suspended(struct agent *a, const char *why)
{
	start(a, 0, true, why);
}

void withdraw_allowed(struct agent *a, const char *feed)
{
	char why[FEED_NAME + 32];

	snprintf(why, sizeof(why), "feed %s allows them", feed);
	start(a, 0, false, why);
	a->withdrawal.allowed = true;
}

void withdraw_renumber(struct agent *a, const unsigned to[LIST_BITS])
{
	a->withdrawal.lists = lists_renumber_mask(a->withdrawal.lists, to);
}
