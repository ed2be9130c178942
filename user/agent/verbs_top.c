// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * top: the verdicts that are met most, and the newest decisions. Asked every second by whoever
 * watches, so it is bounded: what was met is looked through a batch a turn of the loop, and not
 * again before twenty times the work that it took; in between the same few are told with their hits
 * of now. The journal is looked through once, and then only what is new of it.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "verbs.h"

#define LATELY    60   /* seconds */
#define REST      20   /* times the work of the last look */
#define LINE_STEP 2048 /* of the journal in a turn */

struct looking {
	struct agent *agent;
	struct verdict_hits_walk walk;
	struct busiest found;
	uint64_t work; /* nanoseconds of CPU */
	bool walked;
};

static bool is_decision(const char *line)
{
	return strstr(line, "\"event\":\"verdict\"");
}

/* False while there is more of it. */
static bool read_journal(struct agent *a)
{
	struct top *top = &a->top;
	uint64_t oldest = journal_oldest(a->journal), next = journal_next(a->journal);

	if (top->read < oldest)
		top->read = oldest;
	for (int i = 0; i < LINE_STEP && top->read < next; i++, top->read++)
		if (is_decision(journal_line(a->journal, top->read)))
			top->decision[top->decisions++ % TOP_DECISIONS] = top->read;
	return top->read == next;
}

static void look_on(struct looking *l)
{
	static struct verdict_entry batch[VERDICT_WALK_BATCH];
	uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct top *top = &l->agent->top;
	int count = verdict_hits_next(&l->agent->maps, &l->walk, batch, VERDICT_WALK_BATCH);

	for (int i = 0; i < count; i++)
		busiest_offer(&l->found, &batch[i]);
	l->work += clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
	if (count > 0)
		return;
	l->walked = true;
	top->busiest = l->found;
	top->again = clock_ns(CLOCK_MONOTONIC) + REST * l->work;
}

static void tell_busiest(const struct agent *a, struct connection *c)
{
	uint32_t now = boot_seconds();

	for (size_t i = 0; i < a->top.busiest.count; i++) {
		const struct verdict_entry *busy = &a->top.busiest.entry[i];
		struct verdict_entry e;

		if (!verdict_get(&a->maps, &busy->prefix, busy->ports, &e) &&
		    e.verdict.expires > now)
			connection_send(c, verdict_listed(&a->reasons, &e, now));
	}
}

/* The oldest first. */
static void tell_decisions(const struct agent *a, struct connection *c)
{
	const struct top *top = &a->top;
	uint64_t i = top->decisions > TOP_DECISIONS ? top->decisions - TOP_DECISIONS : 0;

	for (; i < top->decisions; i++) {
		const char *line = journal_line(a->journal, top->decision[i % TOP_DECISIONS]);

		if (line)
			connection_send_line(c, line);
	}
}

static json_t *top_step(struct connection *c, void *state)
{
	struct looking *l = state;

	if (!l->walked) {
		look_on(l);
		return NULL;
	}
	if (!read_journal(l->agent))
		return NULL;
	tell_busiest(l->agent, c);
	tell_decisions(l->agent, c);
	return answer_done();
}

json_t *verb_top(void *agent, const json_t *request, struct connection *c)
{
	struct looking *l = calloc(1, sizeof(*l));
	uint32_t now = boot_seconds();

	(void)request;
	if (!l)
		return answer_error("out of memory");
	l->agent = agent;
	l->found.lately = now > LATELY ? now - LATELY : 0;
	l->walked = clock_ns(CLOCK_MONOTONIC) < l->agent->top.again;
	connection_defer(c, top_step, free, l);
	return NULL;
}
