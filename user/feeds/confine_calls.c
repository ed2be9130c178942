// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls that a feed's process may make, by libseccomp. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "../base/calls.h"
#include "confine.h"

/* rsync makes its own processes and its own files. */
static const char *const of_programs[] = {
	"execve",  "fork",      "vfork",     "clone",    "kill",   "waitpid",   "chdir",
	"fchdir",  "umask",     "prlimit64", "open",     "openat", "utimensat", "utimes",
	"utime",   "chmod",     "fchmod",    "fchmodat", "alarm",  "setitimer", "rt_sigsuspend",
	"getpgrp", "getgroups", "getdents",  "flock",    "prctl",  "fsync",     "fdatasync",
};

static int allow_families(scmp_filter_ctx filter)
{
	static const unsigned families[] = {AF_INET, AF_INET6, AF_NETLINK};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(families) / sizeof(families[0]); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_EQ, families[i], 0));
	/* Name resolution asks nscd and systemd-resolved first, and does without. */
	return err ? err
		   : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
				      SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
}

/* Reading only: whatever would make or change a file fails. */
static int allow_opening(scmp_filter_ctx filter)
{
	const unsigned writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	int err = 0;

	err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
	for (unsigned bit = 1; !err && bit <= writes; bit <<= 1)
		if (writes & bit)
			err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
					       SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
	return err;
}

int confine_calls(const struct confinement *c)
{
	bool program = c->executable != NULL;
	/* See confine.h: what rsync may not do fails, what we may not do ends us. */
	scmp_filter_ctx filter =
		seccomp_init(program ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int err;

	if (!filter)
		return -ENOMEM;
	err = calls_allow_harmless(filter);
	err = err ? err : allow_families(filter);
	err = err ? err : calls_allow_own_signals(filter);
	/* Its flags cannot be looked at; the C library falls back to clone. */
	err = err ? err : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (program) {
		err = err ? err
			  : calls_allow(filter, of_programs,
					sizeof(of_programs) / sizeof(of_programs[0]));
	} else {
		err = err ? err : allow_opening(filter);
		err = err ? err : calls_allow_threads(filter);
		err = err ? err
			  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 0);
		err = err ? err
			  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
					     SCMP_A2(SCMP_CMP_EQ, 0, 0));
	}
	err = err ? err : seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
