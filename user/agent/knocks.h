/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line each log.knocks for each source under a block that still knocks: how many of its SYNs
 * met the block since the last one, why it is blocked, and until when. The busiest log.knocks_most
 * have lines of their own, the rest one together.
 *
 * Verdicts are read with their hits, a batch a second, so a million take some minutes; of what the
 * feeds stop the kernel remembers the newest sources, and a flood's are more than that.
 */
#ifndef MXDP_AGENT_KNOCKS_H
#define MXDP_AGENT_KNOCKS_H

#include "events.h"

int knocks_open(struct agent *a);
void knocks_close(struct agent *a);
/* The second hand. */
void knocks_tick(struct agent *a, uint32_t now);
/* A SYN met the feeds' set of a slot (maps/feeds.h). */
void knocks_met_feed(struct agent *a, unsigned slot, const struct addr *source);

#endif
