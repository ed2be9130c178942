/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words behind a verdict: an administrator's reason, or the evidence. The kernel's map has room
 * for a number only. The newest REASONS_MAX are kept; a verdict without words is still in force.
 */
#ifndef MXDP_AGENT_REASONS_H
#define MXDP_AGENT_REASONS_H

#include "../../maps/verdict.h"

#define REASONS_MAX 65536
#define REASON_TEXT 160

struct reason;

struct reasons {
	struct reason *table; /* uthash: in order of arrival */
};

void reasons_set(struct reasons *r, const struct prefix *prefix, unsigned ports, const char *text);
/* "" where nothing is known. */
const char *reasons_get(const struct reasons *r, const struct prefix *prefix, unsigned ports);
void reasons_forget(struct reasons *r, const struct prefix *prefix, unsigned ports);
void reasons_free(struct reasons *r);

#endif
