/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts counted by what caused them and what they do. Causes are few numbers with a gap between
 * them (checks/finding.h); one that is not known, as an earlier agent may have left it, counts as
 * such.
 */
#ifndef MXDP_AGENT_BY_CAUSE_H
#define MXDP_AGENT_BY_CAUSE_H

#include <stdint.h>
#include "../checks/finding.h"
#include "../../maps/verdict.h"

#define BY_CAUSE_UNKNOWN (FINDING_COUNT + CAUSE_COUNT - CAUSE_MANUAL)
#define BY_CAUSE_COUNT   (BY_CAUSE_UNKNOWN + 1)

struct by_cause {
	uint64_t of[BY_CAUSE_COUNT][ACTION_COUNT];
};

static inline void by_cause_add(struct by_cause *b, unsigned cause, unsigned action, uint64_t more)
{
	unsigned i = BY_CAUSE_UNKNOWN;

	if (cause < FINDING_COUNT)
		i = cause;
	else if (cause >= CAUSE_MANUAL && cause < CAUSE_COUNT)
		i = FINDING_COUNT + cause - CAUSE_MANUAL;
	if (action < ACTION_COUNT)
		b->of[i][action] += more;
}

/* The cause that stands at the i-th place; CAUSE_COUNT for those not known. */
static inline unsigned by_cause_at(unsigned i)
{
	return i < FINDING_COUNT ? i : i - FINDING_COUNT + CAUSE_MANUAL;
}

#endif
