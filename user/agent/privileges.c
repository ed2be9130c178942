// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "../base/log.h"
#include "privileges.h"

static bool dropped;

static int reduce_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN, CAP_BPF,
			  -1) ||
	    capng_updatev(CAPNG_ADD, CAPNG_PERMITTED, CAP_SYS_ADMIN, CAP_PERFMON, -1) ||
	    capng_apply(CAPNG_SELECT_ALL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -EPERM;
	dropped = true;
	return 0;
}

/* A directory of threads has a link for each, besides its own two. */
static bool is_alone(void)
{
	struct stat st;

	return !stat("/proc/self/task", &st) && st.st_nlink == 3;
}

int privileges_drop(const struct privileges *p, char *error, size_t size)
{
	int err = is_alone() ? 0 : -EBUSY, fenced = 0;

	err = err ? err : reduce_capabilities();
	if (!err)
		err = fenced = privileges_files(p);
	err = err < 0 ? err : privileges_calls();
	if (err < 0) {
		snprintf(error, size, "cannot drop the privileges that are no longer needed: %s",
			 err == -EBUSY ? "threads run already" : strerror(-err));
		return err;
	}
	if (!fenced)
		log_info("this kernel has no Landlock: permissions alone keep mxdpd from files");
	return 0;
}

static void held_back(capng_act_t act)
{
	/* Capabilities are each thread's own, and so is what libcap-ng knows of them. */
	if (!dropped || capng_get_caps_process())
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
