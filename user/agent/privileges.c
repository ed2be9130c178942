// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <cap-ng.h>
#include <sys/prctl.h>

#include "privileges.h"

int privileges_drop(char *error, size_t size)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN, CAP_BPF,
			  CAP_PERFMON, -1) ||
	    capng_apply(CAPNG_SELECT_ALL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(error, size, "cannot drop privileges that are no longer needed");
		return -EPERM;
	}
	return 0;
}
