// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a hit was. The kernel counts by slot, and remembers the newest sources that it met; which
 * feeds list them is known here. Where more came between two looks than it remembers, the rest is
 * shared out as those that are known, and the figures are no longer exact.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "feeds_inner.h"
#include "knocks.h"

struct feed_trace {
	struct feeds_recent recent;
	struct feeds_hits before; /* at the last look */
};

static struct feed_trace *trace_new(struct feeds *f, unsigned slot)
{
	struct feed_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (!feeds_recent_open(&t->recent, &f->agent->maps, slot)) {
		if (!feeds_hits_read(&f->agent->maps, slot, &t->before))
			return t;
		feeds_recent_free(&t->recent);
	}
	free(t);
	return NULL;
}

void hits_open(struct feeds *f)
{
	bool failed = false;

	for (unsigned slot = 0; slot < FEEDS_SLOTS; slot++) {
		f->trace[slot] = trace_new(f, slot);
		failed |= !f->trace[slot];
	}
	if (failed)
		log_warning("feeds: hits cannot be told apart by feed");
}

void hits_close(struct feeds *f)
{
	for (unsigned slot = 0; slot < FEEDS_SLOTS; slot++) {
		if (f->trace[slot])
			feeds_recent_free(&f->trace[slot]->recent);
		free(f->trace[slot]);
		f->trace[slot] = NULL;
	}
}

/* Of `of' that came `known' are told, `hits' of them this feed's: rounded. */
static uint64_t share(uint64_t hits, uint64_t of, uint64_t known)
{
	return known ? (uint64_t)((double)hits * (double)of / (double)known + 0.5) : 0;
}

static void look(struct feeds *f, unsigned slot, struct feed_trace *t)
{
	struct feeds_hits now;
	uint64_t came, stopped, hits;

	if (feeds_hits_read(&f->agent->maps, slot, &now) || now.listed == t->before.listed ||
	    feeds_recent_read(&t->recent, &f->agent->maps))
		return;
	came = t->recent.count + t->recent.missed;
	stopped = now.stopped - t->before.stopped;
	t->before = now;
	for (size_t k = 0; k < t->recent.count; k++)
		knocks_met_feed(f->agent, slot, &t->recent.sources[k]);
	for (size_t i = 0; i < f->count; i++) {
		struct feed_one *one = f->one[i];

		hits = 0;
		for (size_t k = 0; k < t->recent.count; k++)
			hits += feed_backs(one, slot, &t->recent.sources[k]);
		one->hits += share(hits, came, t->recent.count);
		one->stopped += share(hits, stopped, t->recent.count);
		one->sampled |= hits && t->recent.missed;
	}
}

void hits_tick(struct feeds *f)
{
	for (unsigned slot = 0; slot < FEEDS_SLOTS; slot++)
		if (f->trace[slot])
			look(f, slot, f->trace[slot]);
}
