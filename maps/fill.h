/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * How full the kernel's tables are. The kernel does not say: entries are counted by reading all of
 * them, which for a million takes a third of a second. Not for the agent's loop, but any thread may
 * do it beside everything else; what comes and goes meanwhile may be counted or not.
 */
#ifndef MXDP_MAPS_FILL_H
#define MXDP_MAPS_FILL_H

#include "maps.h"

struct fill {
	__u32 entries, max;
};

/* Of a hash. 0 or -errno. */
int fill_count(struct fill *out, int map);
/* The room alone; of any kind of map. */
int fill_room(__u32 *max, int map);

#endif
