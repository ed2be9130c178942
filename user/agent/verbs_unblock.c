// SPDX-License-Identifier: GPL-2.0-or-later
/* unblock, flush: verdicts that an administrator takes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/names.h"
#include "events.h"
#include "remember.h"
#include "meant.h"
#include "verbs.h"

/* After an unblock the same evidence does not block again for a day. */
#define GRACE_SECONDS 86400

#define FEED_PREFIX "feed:"

/* Whoever finds no room for his grace is unblocked all the same. */
struct unblocked {
	size_t done, no_grace;
};

static bool remove_entry(struct agent *a, const struct verdict_entry *entry)
{
	if (verdict_delete(&a->maps, &entry->prefix, entry->ports))
		return false;
	fault(unblock_deleted);
	reasons_forget(&a->reasons, &entry->prefix, entry->ports);
	history_forget(a->history, &entry->prefix);
	return true;
}

static void give_grace(struct agent *a, const struct prefix *prefix, struct unblocked *o)
{
	if (nets_add(&a->allow, prefix, NET_GRACE, boot_seconds() + GRACE_SECONDS,
		     "a day's grace after unblock"))
		o->no_grace++;
}

static json_t *answer_outcome(struct agent *a, const struct unblocked *o)
{
	json_t *answer = json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)o->done);

	if (o->no_grace)
		json_object_set_new(
			answer, "note",
			json_sprintf("%zu of them got no day's grace, for want of room (%d graces "
				     "at most): on new evidence they are blocked again",
				     o->no_grace, NETS_GRACES));
	memory_save_soon(a);
	return answer;
}

/* By name */

static int unblock_one(struct bulk *bulk, size_t i)
{
	struct agent *a = bulk->agent;
	struct unblocked *o = bulk->state;
	struct verdict_entry entry;

	for (int class = 0; class < PORTS_COUNT; class ++) {
		if (verdict_get(&a->maps, &bulk->list[i], (enum port_class) class, &entry))
			continue;
		if (remove_entry(a, &entry))
			events_unblocked(a, &entry, "mxdpctl");
		o->done++;
	}
	give_grace(a, &bulk->list[i], o);
	return 0;
}

static json_t *unblocked(struct bulk *bulk, int err)
{
	(void)err;
	return answer_outcome(bulk->agent, bulk->state);
}

/* By what they have in common: collected first, for a walk must not change what it walks over. */

struct picking {
	struct agent *agent;
	int cause; /* -1: any */
	/*
	 * Only what one of these lists and feeds caused or carries; 0: any. Of a single one its
	 * name, as the words of a verdict begin with it; else "".
	 */
	uint64_t lists;
	char shown[LIST_SHOWN];
	uint32_t not_before;
	bool grace;
	bool flushes;
	const char *why;
	struct verdict_walk walk;
	bool walked;
	size_t count, room, at;
	struct verdict_key *list;
	struct unblocked outcome;
	struct verdict_entry batch[VERDICT_WALK_BATCH];
};

/* What would not stand without the list, or names it first. */
static bool is_of_list(const struct picking *p, const struct verdict_entry *entry)
{
	const struct reasons *r = &p->agent->reasons;
	uint64_t lists = reasons_lists(r, &entry->prefix, entry->ports);
	const char *words = reasons_get(r, &entry->prefix, entry->ports);
	size_t len = strlen(p->shown);

	return (lists != LISTS_UNKNOWN && lists & p->lists) ||
	       (len && !strncmp(words, p->shown, len) && words[len] == ' ');
}

static bool is_wanted(const struct picking *p, const struct verdict_entry *entry)
{
	return (!p->lists || is_of_list(p, entry)) &&
	       (p->cause < 0 || entry->verdict.cause == p->cause) &&
	       entry->verdict.since >= p->not_before;
}

static bool pick(struct picking *p, const struct verdict_entry *entry)
{
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : VERDICT_WALK_BATCH;
		struct verdict_key *list = reallocarray(p->list, room, sizeof(*list));

		if (!list)
			return false;
		p->list = list;
		p->room = room;
	}
	p->list[p->count++] = (struct verdict_key){.addr = entry->prefix.addr,
						   .plen = (__u8)entry->prefix.plen,
						   .ports = (__u8)entry->ports};
	return true;
}

static bool pick_batch(struct picking *p)
{
	int count =
		verdict_walk_next(&p->agent->maps, &p->walk, p->batch, VERDICT_WALK_BATCH, false);

	for (int i = 0; i < count; i++)
		if (is_wanted(p, &p->batch[i]) && !pick(p, &p->batch[i]))
			return false;
	p->walked = !count;
	return count >= 0;
}

/* Others were heard since it was picked: somebody may have blocked it anew. */
static void remove_picked(struct picking *p, const struct verdict_key *key)
{
	const struct prefix prefix = {key->addr, key->plen};
	struct verdict_entry entry;

	if (verdict_get(&p->agent->maps, &prefix, key->ports, &entry) || !is_wanted(p, &entry))
		return;
	if (!remove_entry(p->agent, &entry))
		return;
	events_unblocked(p->agent, &entry, p->why);
	p->outcome.done++;
	if (p->grace)
		give_grace(p->agent, &prefix, &p->outcome);
}

/* Others were heard since it was read: who has been blocked anew stays so. */
static void flush_one(struct picking *p, const struct verdict_entry *read)
{
	struct verdict_entry entry;

	if (verdict_get(&p->agent->maps, &read->prefix, read->ports, &entry) ||
	    memcmp(&entry.verdict, &read->verdict, sizeof(entry.verdict)) != 0)
		return;
	if (!remove_entry(p->agent, &entry))
		return;
	remember_ended(p->agent, &entry, p->why);
	p->outcome.done++;
}

/*
 * All of them need no choice, so none is picked: what a batch of the walk holds is removed as soon
 * as there is time; deleting does not disturb the walk. They make one event together: one for each
 * of a million would push all others out.
 */
static json_t *flush_step(struct connection *c, void *state)
{
	struct picking *p = state;
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	int count;

	(void)c;
	while (!p->walked && bulk_has_time(began)) {
		while (p->at < p->count && bulk_has_time(began))
			flush_one(p, &p->batch[p->at++]);
		if (p->at < p->count)
			break;
		count = verdict_walk_next(&p->agent->maps, &p->walk, p->batch, VERDICT_WALK_BATCH,
					  false);
		if (count < 0)
			return answer_error("cannot read all verdicts: %zu were removed",
					    p->outcome.done);
		p->at = 0;
		p->count = (size_t)count;
		p->walked = !count;
	}
	return p->walked ? answer_outcome(p->agent, &p->outcome) : NULL;
}

static json_t *picking_step(struct connection *c, void *state)
{
	struct picking *p = state;
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	(void)c;
	while (!p->walked && bulk_has_time(began))
		if (!pick_batch(p))
			return answer_error("cannot read all verdicts: nothing was removed");
	while (p->walked && p->at < p->count && bulk_has_time(began))
		remove_picked(p, &p->list[p->at++]);
	if (!p->walked || p->at < p->count)
		return NULL;
	return answer_outcome(p->agent, &p->outcome);
}

static void picking_free(void *state)
{
	struct picking *p = state;

	if (p->flushes) {
		remember_flushed(p->agent);
		events_note(p->agent, "flush", "%zu verdicts removed by mxdpctl", p->outcome.done);
	}
	free(p->list);
	free(p);
}

/* NULL where memory is short. */
static struct picking *picking_start(struct connection *c, struct agent *a, step_fn step,
				     const char *why)
{
	struct picking *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->agent = a;
	p->cause = -1;
	p->why = why;
	connection_defer(c, step, picking_free, p);
	return p;
}

/* "bl.example.net", "feed:psbl", or "feed" for all of them: which lists; 0 where none is called so.
 */
static uint64_t lists_called(const struct agent *a, const char *name, const char **shown)
{
	const struct config *config = &a->config;

	*shown = "";
	if (!strcmp(name, finding_types[FINDING_FEED].id))
		return UINT64_MAX << FEED_BIT;
	for (unsigned i = 0; i < config->lists_count; i++) {
		*shown = config->lists[i].shown;
		if (!strcasecmp(*shown, name))
			return 1ULL << i;
	}
	for (unsigned i = 0; i < config->feeds_count; i++) {
		*shown = config->feeds[i].name;
		if (config->feeds[i].action == FEED_SCORE &&
		    !strncmp(name, FEED_PREFIX, strlen(FEED_PREFIX)) &&
		    !strcasecmp(*shown, name + strlen(FEED_PREFIX)))
			return 1ULL << (FEED_BIT + i);
	}
	return 0;
}

static json_t *no_such_source(const struct agent *a, const char *by)
{
	char name[MEANT_NAME], text[MEANT_TEXT];
	bool exists;
	const char *near = meant_source(a, by, name, &exists);

	return answer_error("`%.60s' is no finding, no list and no feed that scores%s", by,
			    meant_words(text, exists ? NULL : near,
					": see mxdpctl checks, mxdpctl dnsbl and mxdpctl feeds"));
}

static json_t *unblock_by(struct agent *a, const json_t *request, struct connection *c)
{
	const char *by = request_text(request, "by");
	uint32_t span = 0, now = boot_seconds();
	const char *shown = "";
	uint64_t lists = by ? lists_called(a, by, &shown) : 0;
	unsigned cause = 0;
	json_t *error = request_span(&span, request, "since");
	struct picking *p;

	if (error)
		return error;
	if (!lists && (!by || !cause_parse(&cause, by)))
		return no_such_source(a, by ? by : "?");
	p = picking_start(c, a, picking_step, "mxdpctl unblock --by");
	if (!p)
		return answer_error("out of memory");
	p->lists = lists;
	snprintf(p->shown, sizeof(p->shown), "%s", shown);
	p->cause = lists ? -1 : (int)cause;
	p->not_before = span && span < now ? now - span : 0;
	p->grace = true;
	return NULL;
}

json_t *verb_unblock(void *agent, const json_t *request, struct connection *c)
{
	static const struct bulk_work work = {unblock_one, NULL, unblocked, free};
	struct prefix *list;
	size_t count;
	json_t *error;

	if (json_object_get(request, "by"))
		return unblock_by(agent, request, c);
	error = request_prefixes(&list, &count, agent, request, refuse_wide);
	if (error)
		return error;
	return bulk_start(c, &work, agent, list, count, calloc(1, sizeof(struct unblocked)));
}

json_t *verb_flush(void *agent, const json_t *request, struct connection *c)
{
	struct picking *p = picking_start(c, agent, flush_step, "mxdpctl flush");

	(void)request;
	if (!p)
		return answer_error("out of memory");
	p->flushes = true;
	remember_flush(agent);
	return NULL;
}
