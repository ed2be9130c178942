/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The egress side of attach.h. tcx (kernel 6.6) is a link without a qdisc, pinned below the pin
 * directory so that it outlives the agent; a restart gives the link the new program, because a
 * second link would be a second tap. Older kernels get a filter on a clsact qdisc, with a fixed
 * handle and priority so that a restart replaces its own filter; see clsact.h.
 */
#ifndef MXDP_KERNEL_EGRESS_H
#define MXDP_KERNEL_EGRESS_H

#include "attach.h"
#include "object.h"

/* Attaches the tap of the loaded object; fills the egress part of *attachment. */
int egress_put(struct attachment *attachment, const struct programs *programs, const char *pin_dir,
	       char *error, size_t error_size);

/* Whether what egress_put() attached is still there, and runs the tap of `programs`. */
bool egress_holds(const struct attachment *attachment, const struct programs *programs,
		  const char *pin_dir);

/* Takes off what egress_put() attached. An interface or a link that is gone is no error. */
int egress_take_off(const struct attachment *attachment, const char *pin_dir, char *error,
		    size_t error_size);

/* The pinned tcx link PATH: detached if it is our tap's, then unlinked. -EPERM where it is not. */
int egress_drop_pin(const char *path);

#endif
