// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lists_inside.h"

#define SHED_NS 100000000ULL /* no deadline is that short */
#define NO_SLOT LISTS_MAX

uint64_t lists_random(struct lists *lists)
{
	/* splitmix64 (Vigna 2015): for jitter and names of the moment, nothing secret. */
	uint64_t x = lists->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

bool lists_was_shed(const struct dns_answer *answer, uint64_t since)
{
	return answer->status == DNS_TIMED_OUT && uv_hrtime() - since < SHED_NS;
}

void list_changed(struct list_state *list, enum health_change change)
{
	struct lists *lists = list->lists;

	switch (change) {
	case HEALTH_OPENED:
		/* A probe from before says nothing about what happened since. */
		list_stop_probe(list);
		list_end_asks(list);
		if (lists->handlers.opened)
			lists->handlers.opened(list->index, list->health.words, lists->context);
		break;
	case HEALTH_CLOSED:
		if (lists->handlers.closed)
			lists->handlers.closed(list->index, lists->context);
		break;
	default:
		break;
	}
}

/* A list's life */

static unsigned slot_take(struct lists *lists)
{
	unsigned slot = 0;

	while (lists->slots >> slot & 1)
		slot++;
	lists->slots |= 1U << slot;
	return slot;
}

static void slot_give(struct lists *lists, unsigned slot)
{
	struct lists_query *query;

	lists->slots &= ~(1U << slot);
	for (unsigned i = 0; i < LISTS_MAX; i++)
		lists->overlap[slot][i] = lists->overlap[i][slot] = 0;
	for (query = lists->queries; query; query = query->next)
		query->listed &= ~(1U << slot);
}

static struct list_state *list_new(struct lists *lists, const struct list *settings)
{
	struct list_state *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->lists = lists;
	list->slot = NO_SLOT;
	list->settings = *settings;
	list->budget.day = list->budget.refilled = lists_ms();
	list->budget.tokens = settings->rate;
	health_init(&list->health, settings, lists_random(lists), lists_ms());
	return list;
}

static void list_free(struct list_state *list)
{
	list_stop_probe(list);
	list_end_asks(list);
	slot_give(list->lists, list->slot);
	free(list);
}

/* The one that `settings` were about before and that is not `taken` yet, or -1. */
static int find_known(const struct lists *lists, const struct list *settings, uint32_t taken)
{
	for (size_t i = 0; i < lists->count; i++) {
		const struct list *known = &lists->list[i]->settings;

		if (!(taken >> i & 1) && known->kind == settings->kind &&
		    !strcmp(known->zone, settings->zone))
			return (int)i;
	}
	return -1;
}

/*
 * The lists that these settings are about, known or new; *kept: the known ones, by their old index.
 * False: out of memory.
 */
static bool gather(struct lists *lists, const struct list *settings, size_t count,
		   struct list_state *list[LISTS_MAX], uint32_t *kept)
{
	uint32_t new = 0;

	*kept = 0;
	for (size_t i = 0; i < count; i++) {
		int known = find_known(lists, &settings[i], *kept);

		list[i] = known < 0 ? list_new(lists, &settings[i]) : lists->list[known];
		if (!list[i])
			goto out;
		*(known < 0 ? &new : kept) |= 1U << (known < 0 ? i : (unsigned)known);
	}
	return true;
out:
	for (size_t i = 0; i < count; i++)
		if (new >> i & 1)
			free(list[i]);
	return false;
}

static void list_renew(struct list_state *list, const struct list *settings)
{
	/* What they ask about may have become other. */
	list_drop_held(list);
	list_stop_probe(list);
	list->settings = *settings;
	health_renew(&list->health, settings, lists_ms());
}

bool lists_reload(struct lists *lists, const struct list *settings, size_t count)
{
	struct list_state *list[LISTS_MAX];
	uint32_t kept;

	if (count > LISTS_MAX || !gather(lists, settings, count, list, &kept))
		return false;
	for (size_t i = 0; i < lists->count; i++) {
		if (!(kept >> i & 1))
			list_free(lists->list[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i]->slot == NO_SLOT)
			list[i]->slot = slot_take(lists);
		else
			list_renew(list[i], &settings[i]);
		list[i]->index = (unsigned)i;
		lists->list[i] = list[i];
	}
	lists->count = count;
	lists_set_probes(lists);
	return true;
}

/* Opening and closing */

struct lists *lists_new(uv_loop_t *loop, struct resolver *resolver, const struct list *settings,
			size_t count, const struct lists_handlers *handlers, void *context)
{
	struct lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return NULL;
	lists->loop = loop;
	lists->resolver = resolver;
	lists->context = context;
	if (handlers)
		lists->handlers = *handlers;
	if (getrandom(&lists->random, sizeof(lists->random), GRND_NONBLOCK) < 0)
		lists->random = uv_hrtime();
	uv_timer_init(loop, &lists->probes);
	uv_idle_init(loop, &lists->work);
	lists->probes.data = lists->work.data = lists;
	lists->open = 2;
	if (lists_reload(lists, settings, count))
		return lists;
	lists_free(lists);
	return NULL;
}

static void on_closed(uv_handle_t *handle)
{
	struct lists *lists = handle->data;

	if (!--lists->open)
		free(lists);
}

void lists_free(struct lists *lists)
{
	if (!lists)
		return;
	lists_end_queries(lists);
	lists_end_explained(lists);
	for (size_t i = 0; i < lists->count; i++)
		list_free(lists->list[i]);
	lists->count = 0;
	uv_close((uv_handle_t *)&lists->probes, on_closed);
	uv_close((uv_handle_t *)&lists->work, on_closed);
}
