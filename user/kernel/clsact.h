/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tap as a filter on a clsact qdisc, for kernels without tcx. The qdisc may be somebody else's:
 * that we made it is noted below the pin directory (pins.h), and even ours stays while somebody
 * else's filter is on it.
 */
#ifndef MXDP_KERNEL_CLSACT_H
#define MXDP_KERNEL_CLSACT_H

#include "attach.h"

int clsact_put(struct attachment *attachment, int tap_fd, const char *pin_dir, char *error,
	       size_t error_size);

/* Our filters, all of them; then the qdisc where `made` and nothing is left on it. 0 or -errno. */
int clsact_take_off(int ifindex, bool made, const char *pin_dir);

/* How many filters named like our tap are on the egress, or -errno; 0 where there is no clsact. */
int clsact_count(int ifindex);

/* Whether the note says that we made the qdisc. */
bool clsact_is_made(int ifindex, const char *pin_dir);

#endif
