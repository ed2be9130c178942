// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls that the agent may make, by libseccomp. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "../base/calls.h"
#include "privileges.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Besides what is harmless: files, as far as they can be reached; being a server; capabilities that
 * are held back. */
static const char *const needed[] = {
	"open",
	"openat",
	"creat",
	"mkdir",
	"mkdirat",
	"rmdir",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"chmod",
	"fchmod",
	"fchmodat",
	"chown",
	"fchown",
	"fchownat",
	"lchown",
	"umask",
	"utimensat",
	"futimens",
	"fsync",
	"fdatasync",
	"flock",
	"msync",
	"getdents",
	"truncate",
	"sendfile",
	"sendfile64",
	"accept",
	"accept4",
	"listen",
	"socketcall",
	"epoll_create",
	"epoll_pwait2",
	"eventfd",
	"signalfd4",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_settime64",
	"timerfd_gettime",
	"capget",
	"capset",
	"mincore",
	"mlock",
	"mlock2",
	"munlock",
	"munlockall",
	"getpriority",
	"sched_getparam",
	"sched_getscheduler",
	"sched_get_priority_max",
	"sched_get_priority_min",
	"getcpu",
	"getresuid",
	"getresgid",
	"getgroups",
	"rt_sigtimedwait",
	"rt_sigpending",
	"clock_gettime",
	"inotify_init1",
	"inotify_add_watch",
	"inotify_rm_watch",
	"waitid",
};

/*
 * EPERM instead of the ENOSYS of all that is not named: words for whoever looks at an error or an
 * audit record. io_uring would make calls that no filter sees; libuv does without.
 */
static const char *const refused[] = {
	"execve",
	"execveat",
	"fork",
	"vfork",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"kcmp",
	"pidfd_getfd",
	"kill",
	"tkill",
	"rt_sigqueueinfo",
	"mount",
	"umount2",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsmount",
	"fsconfig",
	"fspick",
	"mount_setattr",
	"pivot_root",
	"chroot",
	"unshare",
	"setns",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"swapon",
	"swapoff",
	"add_key",
	"request_key",
	"keyctl",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setgroups",
	"setfsuid",
	"setfsgid",
	"perf_event_open",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"open_by_handle_at",
	"name_to_handle_at",
	"fanotify_init",
	"acct",
	"quotactl",
	"syslog",
	"settimeofday",
	"clock_settime",
	"adjtimex",
	"clock_adjtime",
	"sethostname",
	"setdomainname",
	"iopl",
	"ioperm",
	"mknod",
	"mknodat",
	"symlink",
	"symlinkat",
	"link",
	"linkat",
	"setxattr",
	"lsetxattr",
	"fsetxattr",
	"personality",
	"seccomp",
	"setsid",
};

/* Programs on interfaces, maps, links and pins: no cgroups, no iterators, no counting of others. */
static const unsigned bpf_commands[] = {
	BPF_MAP_CREATE,
	BPF_MAP_LOOKUP_ELEM,
	BPF_MAP_UPDATE_ELEM,
	BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	BPF_MAP_LOOKUP_BATCH,
	BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH,
	BPF_MAP_DELETE_BATCH,
	BPF_MAP_FREEZE,
	BPF_MAP_GET_NEXT_ID,
	BPF_MAP_GET_FD_BY_ID,
	BPF_PROG_LOAD,
	BPF_PROG_TEST_RUN, /* libxdp asks so what the kernel's XDP can do */
	BPF_PROG_QUERY,
	BPF_PROG_BIND_MAP,
	BPF_PROG_GET_NEXT_ID,
	BPF_PROG_GET_FD_BY_ID,
	BPF_RAW_TRACEPOINT_OPEN, /* how libbpf puts a program into a dispatcher on old kernels */
	BPF_OBJ_PIN,
	BPF_OBJ_GET,
	BPF_OBJ_GET_INFO_BY_FD,
	BPF_BTF_LOAD,
	BPF_BTF_GET_FD_BY_ID,
	BPF_BTF_GET_NEXT_ID,
	BPF_LINK_CREATE,
	BPF_LINK_UPDATE,
	BPF_LINK_DETACH,
	BPF_LINK_GET_FD_BY_ID,
	BPF_LINK_GET_NEXT_ID,
};

/* What terminals, sockets and interfaces are asked; nothing that types into a terminal. */
static const unsigned ioctls[] = {
	TCGETS,      FIONREAD,   FIONBIO,      FIOCLEX,       FIONCLEX,
	TIOCOUTQ,    TIOCGWINSZ, SIOCGIFNAME,  SIOCGIFCONF,   SIOCGIFFLAGS,
	SIOCGIFADDR, SIOCGIFMTU, SIOCGIFINDEX, SIOCGIFHWADDR, SIOCETHTOOL,
};

/* Names of threads and of memory, and what capabilities there are. */
static const unsigned prctls[] = {
	PR_SET_NAME,         PR_GET_NAME,     PR_CAPBSET_READ, PR_CAP_AMBIENT,
	PR_GET_NO_NEW_PRIVS, PR_GET_DUMPABLE, PR_GET_SECCOMP,  PR_GET_SECUREBITS,
#ifdef PR_SET_VMA
	PR_SET_VMA,
#endif
};

/* The kernel looks at the lower half of these arguments only, and so does this. */
static struct scmp_arg_cmp word(unsigned arg, unsigned mask, unsigned value)
{
	return SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value);
}

static int allow_first(scmp_filter_ctx filter, int call, unsigned arg, const unsigned *values,
		       size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, word(arg, ~0U, values[i]));
	return err;
}

/* What crosses the network, the DNS, the control socket, and the kernel's own answers. */
static int allow_sockets(scmp_filter_ctx filter)
{
	static const unsigned families[] = {AF_INET, AF_INET6, AF_UNIX};
	static const unsigned types[] = {SOCK_STREAM, SOCK_DGRAM};
	const unsigned type_bits = 0xf; /* the rest are SOCK_CLOEXEC and SOCK_NONBLOCK */
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				   word(0, ~0U, AF_NETLINK));

	for (size_t i = 0; i < COUNT(families); i++)
		for (size_t k = 0; !err && k < COUNT(types); k++)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
					       word(0, ~0U, families[i]),
					       word(1, type_bits, types[k]));
	return err;
}

static int fill(scmp_filter_ctx filter)
{
	int err = calls_allow_harmless(filter);

	err = err ? err : calls_allow(filter, needed, COUNT(needed));
	err = err ? err : calls_allow_threads(filter);
	err = err ? err : calls_allow_own_signals(filter);
	err = err ? err : calls_answer(filter, SCMP_ACT_ERRNO(EPERM), refused, COUNT(refused));
	err = err ? err : allow_sockets(filter);
	err = err ? err : allow_first(filter, SCMP_SYS(bpf), 0, bpf_commands, COUNT(bpf_commands));
	err = err ? err : allow_first(filter, SCMP_SYS(ioctl), 1, ioctls, COUNT(ioctls));
	err = err ? err : allow_first(filter, SCMP_SYS(prctl), 0, prctls, COUNT(prctls));
	/* Limits are looked at; nobody's are changed, and another process's are not even seen. */
	return err ? err
		   : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
				      word(0, ~0U, 0), SCMP_A2(SCMP_CMP_EQ, 0, 0));
}

int privileges_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err;

	if (!filter)
		return -ENOMEM;
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1); /* where the kernel can */
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	err = err ? err : fill(filter);
	err = err ? err : seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
