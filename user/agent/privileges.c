// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "../base/log.h"
#include "../log/out.h"
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

/*
 * Capabilities are each thread's own, and so is what libcap-ng knows of them. It has to look first,
 * which takes a descriptor and may fail.
 */
static _Thread_local bool raised;

void privileges_raise(void)
{
	if (!dropped || raised)
		return;
	raised = !capng_get_caps_process() &&
		 !capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_SYS_ADMIN, CAP_PERFMON, -1) &&
		 !capng_apply(CAPNG_SELECT_CAPS);
	if (!raised)
		log_error("cannot take back CAP_SYS_ADMIN and CAP_PERFMON, which were held back "
			  "to attach and detach: what needs them now will fail");
}

void privileges_lower(void)
{
	if (!raised)
		return;
	raised = false;
	/* Nothing has to be looked up, and the kernel refuses nobody to have less. */
	if (capng_updatev(CAPNG_DROP, CAPNG_EFFECTIVE, CAP_SYS_ADMIN, CAP_PERFMON, -1) ||
	    capng_apply(CAPNG_SELECT_CAPS)) {
		log_error("cannot put CAP_SYS_ADMIN and CAP_PERFMON aside again: better no mxdpd "
			  "than one with all doors open; the gate stands without it");
		log_out_settle();
		abort();
	}
}
