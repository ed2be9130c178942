// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <cap-ng.h>
#include <sys/prctl.h>

#include "privileges.h"

static bool dropped;

int privileges_drop(char *error, size_t size)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN, CAP_BPF,
			  -1) ||
	    capng_updatev(CAPNG_ADD, CAPNG_PERMITTED, CAP_SYS_ADMIN, CAP_PERFMON, -1) ||
	    capng_apply(CAPNG_SELECT_ALL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(error, size, "cannot drop the privileges that are no longer needed");
		return -EPERM;
	}
	dropped = true;
	return 0;
}

static void held_back(capng_act_t act)
{
	if (!dropped)
		return;
	capng_updatev(act, CAPNG_EFFECTIVE, CAP_SYS_ADMIN, CAP_PERFMON, -1);
	capng_apply(CAPNG_SELECT_CAPS);
}

void privileges_raise(void)
{
	held_back(CAPNG_ADD);
}

void privileges_lower(void)
{
	held_back(CAPNG_DROP);
}
