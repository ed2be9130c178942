// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "agent.h"
#include "chore.h"

#define PAUSE 10000 /* milliseconds between the beginnings of two counts */

struct count {
	struct chore chore;
	int flows_map, early_map, err;
	struct fill flows, early;
};

static void count(struct chore *chore)
{
	struct count *c = (struct count *)chore;

	c->err = fill_count(&c->flows, c->flows_map);
	if (!c->err)
		c->err = fill_count(&c->early, c->early_map);
}

static void counted(struct chore *chore)
{
	struct count *c = (struct count *)chore;
	struct tables *t = &chore->agent->tables;

	t->counting = false;
	t->known = !c->err;
	t->flows = c->flows;
	t->early = c->early;
	free(c);
}

void tables_count(struct agent *a)
{
	struct tables *t = &a->tables;
	struct count *c;

	if (t->counting || (t->since && uv_now(&a->loop) < t->since + PAUSE))
		return;
	t->since = uv_now(&a->loop);
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->chore.run = count;
	c->chore.done = counted;
	c->flows_map = a->maps.flows;
	c->early_map = a->maps.early;
	t->counting = !chore_start(a, &c->chore);
	if (!t->counting)
		free(c);
}
