/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of lists.h, shared by its files and by nobody else.
 *
 *   query (one client or domain) -> an ask of each list -> queued -> sent -> (held) -> over
 *
 * A list has few questions under way at a time, the others queue: a dead list must not take the
 * resolver's places away from those that live, and what queues ends at once when the list is
 * opened. A listing is held until the list is confirmed, or until the probe has ended that runs
 * right now.
 *
 * A query that is cancelled or over is freed in a later turn of the loop, so that its owner may
 * cancel it, or others, from within any call.
 *
 * Files: lists.c keeps the lists, lists_ask.c queries and asks, lists_probe.c probes,
 * lists_budget.c who may be asked how often, lists_explain.c and lists_json.c tell people.
 */
#ifndef MXDP_DNS_LISTS_INSIDE_H
#define MXDP_DNS_LISTS_INSIDE_H

#include "../base/latency.h"
#include "health.h"
#include "lists.h"

enum ask_state {
	ASK_QUEUED,
	ASK_SENT,
	ASK_HELD,
	ASK_STATES,
};

struct list_state;

struct list_ask {
	struct lists_query *query;
	struct list_state *list; /* NULL: over */
	enum ask_state state;
	struct dns_question *question; /* of a sent one */
	uint64_t since;                /* nanoseconds: when it came into this state */
	uint32_t groups, ttl;          /* of a listing */
	__be32 code[LIST_GROUPS];      /* of each of these groups */
	struct list_ask *prev, *next;  /* among the list's of the same state */
};

struct lists_query {
	struct lists *lists;
	lists_fn fn; /* NULL: cancelled */
	void *context;
	struct addr addr;
	char *domain; /* NULL: it is about the address */
	uint64_t subject;
	uint32_t listed; /* slots of the lists that list it */
	size_t left;     /* asks that are not over */
	bool over;       /* in lists.over, else in lists.queries */
	struct lists_query *prev, *next;
	size_t count;
	struct list_ask ask[];
};

struct probe_question {
	struct list_state *list;
	struct dns_question *question;
};

struct probe {
	unsigned asked; /* mask of enum probe_point; 0: none is under way */
	unsigned left;  /* points without an answer */
	bool shed;      /* the resolver had no room for one: says nothing of the list */
	uint64_t since; /* nanoseconds */
	struct probe_question question[PROBE_POINTS];
	struct health_answer answer[PROBE_POINTS];
};

/*
 * A listing is told only when the list has just been asked about a name that no list can have: one
 * that has begun to list the world convicts nobody, not even until its next probe.
 */
struct confirmation {
	struct dns_question *question; /* NULL: none is under way */
	uint64_t since;                /* nanoseconds */
	uint64_t good;                 /* when the last one that it passed was asked; 0: never */
};

struct budget {
	double tokens;                /* questions that may be asked now */
	uint64_t refilled, day, said; /* milliseconds; `said`: of the last word about it */
	uint32_t used;                /* this day */
	uint64_t limited, spent;      /* questions not asked: by the rate, by the day's budget */
};

struct list_state {
	struct lists *lists;
	unsigned index; /* of its settings */
	unsigned slot;  /* its bit in masks, its row in overlap, for as long as it lives */
	struct list settings;
	struct health health;
	struct budget budget;
	struct probe probe;
	struct confirmation confirmation;
	struct list_ask *asks[ASK_STATES];
	size_t sent;
	struct latency latency;
	struct {
		uint64_t questions; /* of clients; probes are apart */
		uint64_t probes;    /* whole ones */
		uint64_t listed;    /* believed or not */
		uint64_t untold;    /* of these, not believed */
		uint64_t shed;      /* given up for want of room or time */
	} counts;
};

struct explained;

struct lists {
	uv_loop_t *loop;
	struct resolver *resolver;
	struct lists_handlers handlers;
	void *context;
	size_t count;
	struct list_state *list[LISTS_MAX];
	uint32_t slots;                         /* in use */
	uint64_t overlap[LISTS_MAX][LISTS_MAX]; /* how often both list the same */
	struct lists_query *queries, *over;
	struct explained *explained;
	uint64_t random;
	uv_timer_t probes; /* the next one */
	uv_idle_t work;    /* queries that are over */
	unsigned open;     /* handles that are not closed yet */
};

static inline uint64_t lists_ms(void)
{
	return uv_hrtime() / 1000000;
}

uint64_t lists_random(struct lists *lists);
/* A time-out at once is the resolver's own want of room, no fault of the list. */
bool lists_was_shed(const struct dns_answer *answer, uint64_t since);
/* After anything that may have changed a list's health. */
void list_changed(struct list_state *list, enum health_change change);

/* lists_ask.c */
/* The list's asks are over, whatever their state: nothing of them is told. */
void list_end_asks(struct list_state *list);
/* The probe is over: tells what was held, where the list is believed now. */
void list_settle_held(struct list_state *list);
/* Held listings are not told. */
void list_drop_held(struct list_state *list);
/* All queries are gone, and nobody is called. */
void lists_end_queries(struct lists *lists);

/* lists_probe.c */
/* And the confirmation. */
void list_stop_probe(struct list_state *list);
/* Whether it has been confirmed a moment ago. */
bool list_is_confirmed(const struct list_state *list);
/* Asks for it; held listings are settled by the answer. False: it cannot be asked. */
bool list_confirm(struct list_state *list);
void lists_set_probes(struct lists *lists);

/* lists_budget.c: takes one question from the budget; false: it may not be asked now. */
bool budget_take(struct list_state *list, uint64_t now);
/* A question that is asked whatever the budget says, and counts all the same. */
void budget_count(struct list_state *list, uint64_t now);

/* lists_explain.c */
void lists_end_explained(struct lists *lists);

#endif
