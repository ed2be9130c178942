/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdicts that are met most: whoever was met lately stands before all others, and the more
 * often, the further in front. A few out of a million, without keeping the others. Pure.
 */
#ifndef MXDP_AGENT_BUSIEST_H
#define MXDP_AGENT_BUSIEST_H

#include <stddef.h>
#include <stdint.h>
#include "../../maps/verdict_user.h"

#define BUSIEST 40

struct busiest {
	struct verdict_entry entry[BUSIEST]; /* the busiest first */
	size_t count;
	uint32_t lately; /* boot seconds: who was met since then was met lately */
};

/* Takes a copy where it belongs among them; one that comes twice stands twice. */
void busiest_offer(struct busiest *b, const struct verdict_entry *entry);

#endif
