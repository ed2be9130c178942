/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last day in a few lines: what met the gate, who was blocked and by which checks, whose mail
 * was accepted all the same, how much mail came, and what wants to be done. The log gets them once
 * a day (log.daily), `mxdpctl report --daily' whenever somebody asks.
 *
 * Who was blocked stands in the journal on disk; what was counted is remembered by the hour, for a
 * day, and begins with the agent.
 */
#ifndef MXDP_AGENT_DAILY_H
#define MXDP_AGENT_DAILY_H

#include "events.h"

int daily_open(struct agent *a);
void daily_close(struct agent *a);
/* The second hand. */
void daily_tick(struct agent *a, uint32_t now);
/* The lines, as an array of texts; `report' as report_make() gives it for the last day. */
json_t *daily_lines(struct agent *a, const json_t *report);

#endif
