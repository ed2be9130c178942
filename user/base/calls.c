// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "calls.h"

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

int calls_answer(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, action, call, 0);
	}
	return err;
}

int calls_allow(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	return calls_answer(filter, SCMP_ACT_ALLOW, names, count);
}

int calls_allow_harmless(scmp_filter_ctx filter)
{
	return calls_allow(filter, harmless, sizeof(harmless) / sizeof(harmless[0]));
}

int calls_allow_threads(scmp_filter_ctx filter)
{
	const unsigned long thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
}

int calls_allow_own_signals(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}
