// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.h"
#include "chore.h"

static void run(uv_work_t *work)
{
	struct chore *chore = work->data;

	chore->run(chore);
}

static void done(uv_work_t *work, int status)
{
	struct chore *chore = work->data;

	(void)status; /* none is ever cancelled */
	chore->done(chore);
}

int chore_start(struct agent *a, struct chore *chore)
{
	chore->work.data = chore;
	chore->agent = a;
	return uv_queue_work(&a->loop, &chore->work, run, done);
}
