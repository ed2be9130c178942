/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending an offender's live connection: sock_diag is asked for the exact 4-tuple, the answer must
 * not be in state LISTEN, and the destroy carries that socket's cookie. Never INET_DIAG_NOCOOKIE:
 * on a tuple that has just gone, the kernel's lookup falls back to the listener and destroys that.
 */
#ifndef MXDP_KERNEL_SOCKDIAG_H
#define MXDP_KERNEL_SOCKDIAG_H

#include "../../maps/flow.h"

/* 0 where destroyed, -ENOENT where no such connection exists (any more), else -errno. */
int sockdiag_destroy(const struct flow_key *flow);

/* The two halves, for tests: find the cookie, then destroy by it (-ENOENT where it is gone). */
int sockdiag_find(const struct flow_key *flow, unsigned cookie[2]);
int sockdiag_destroy_cookie(const struct flow_key *flow, const unsigned cookie[2]);

#endif
