/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that is too long for a turn of the loop, for one of its threads. A chore stands first in a
 * struct of its own that holds all the thread needs: the agent is the loop's, and the thread
 * touches nothing of it that may change.
 */
#ifndef MXDP_AGENT_CHORE_H
#define MXDP_AGENT_CHORE_H

#include <uv.h>

struct agent;

struct chore {
	uv_work_t work;
	struct agent *agent;
	void (*run)(struct chore *chore);  /* in the thread */
	void (*done)(struct chore *chore); /* on the loop, in any case; frees it */
};

/* 0, or -errno where neither will be called. */
int chore_start(struct agent *a, struct chore *chore);

#endif
