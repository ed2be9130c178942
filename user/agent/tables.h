/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How full those of the kernel's tables are whose entries nobody here puts or takes: counted in a
 * thread (maps/fill.h), and only when somebody wants to know.
 */
#ifndef MXDP_AGENT_TABLES_H
#define MXDP_AGENT_TABLES_H

#include <stdbool.h>
#include <stdint.h>
#include "../../maps/fill.h"

struct agent;

struct tables {
	bool known, counting; /* the figures below are good; they are being counted anew */
	uint64_t since;       /* milliseconds of the loop: when that last began */
	struct fill flows, early;
};

/* Begins, unless a count is under way or has begun a moment ago. */
void tables_count(struct agent *a);

#endif
