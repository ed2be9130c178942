// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls that a feed's process may make, by libseccomp. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"

/* By name, for not every machine has each: what one does not know, nobody there can call. */
static const char *const harmless[] = {
	/* bytes */
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"pwrite64",
	"lseek",
	"_llseek",
	"close",
	"close_range",
	"dup",
	"dup2",
	"dup3",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"select",
	"_newselect",
	"pselect6",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"eventfd2",
	"fcntl",
	"fcntl64",
	"fadvise64",
	"fadvise64_64",
	"ftruncate",
	"ftruncate64",
	"fallocate",
	"memfd_create",
	/* files, as far as they can be opened */
	"access",
	"faccessat",
	"faccessat2",
	"stat",
	"stat64",
	"fstat",
	"fstat64",
	"lstat",
	"lstat64",
	"newfstatat",
	"fstatat64",
	"statx",
	"statfs",
	"fstatfs",
	"readlink",
	"readlinkat",
	"getcwd",
	"getdents64",
	/* memory */
	"brk",
	"mmap",
	"mmap2",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	"membarrier",
	/* threads: curl resolves names in one */
	"futex",
	"futex_time64",
	"set_robust_list",
	"get_robust_list",
	"rseq",
	"set_tid_address",
	"sched_yield",
	"sched_getaffinity",
	"arch_prctl",
	"gettid",
	"getpid",
	"getppid",
	/* sockets; which ones, see below */
	"connect",
	"bind",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"shutdown",
	"socketpair",
	/* clocks, chance, signals to itself, the end */
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"gettimeofday",
	"nanosleep",
	"time",
	"times",
	"getrandom",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigaltstack",
	"restart_syscall",
	"exit",
	"exit_group",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"getrlimit",
	"ugetrlimit",
	"getrusage",
	"uname",
	"sysinfo",
	"wait4",
};

/* rsync makes its own processes and its own files. */
static const char *const of_programs[] = {
	"execve",  "fork",      "vfork",     "clone",    "kill",   "waitpid",   "chdir",
	"fchdir",  "umask",     "prlimit64", "open",     "openat", "utimensat", "utimes",
	"utime",   "chmod",     "fchmod",    "fchmodat", "alarm",  "setitimer", "rt_sigsuspend",
	"getpgrp", "getgroups", "getdents",  "flock",    "prctl",  "fsync",     "fdatasync",
};

static int allow_names(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	return err;
}

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

/* Threads, no processes. clone3 hides its flags; the C library falls back to clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	const unsigned long thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
}

/* abort(3) shall look like an abort. */
static int allow_own_signals(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
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
	err = allow_names(filter, harmless, sizeof(harmless) / sizeof(harmless[0]));
	err = err ? err : allow_families(filter);
	err = err ? err : allow_own_signals(filter);
	err = err ? err : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (program) {
		err = err ? err
			  : allow_names(filter, of_programs,
					sizeof(of_programs) / sizeof(of_programs[0]));
	} else {
		err = err ? err : allow_opening(filter);
		err = err ? err : allow_threads(filter);
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
