/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent's fences hold: makes an attempt twice, each in a process of its own, as it stands
 * and behind privileges_drop(), there in a thread that starts afterwards.
 *
 *   confined DIR ATTEMPT [PATH]
 *       with DIR/mxdp.conf, DIR/state and DIR/mxdp.sock as the agent's, and DIR/../lists/bad.txt as
 *       a list of it. Prints "before HOW after HOW landlock 0|1", HOW being allowed or an error
 * name. confined DIR busy privileges_drop() while another thread runs; prints what it says.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "../../user/agent/privileges.h"

#define NO_FENCE 254 /* no error number is that high */

static char config_path[512], state_dir[512], socket_path[512], list_path[512];
static const char *const lists[] = {list_path};
static const char *what, *where;

static int try_exec(void)
{
	char *argv[] = {"true", NULL};

	return execv("/bin/true", argv);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid;
}

static int try_ptrace(void)
{
	/* Attaching would stop him who waits for us. */
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int try_open(void)
{
	return open(where, O_RDONLY);
}

static int try_write(void)
{
	return open(where, O_WRONLY | O_CREAT, 0600);
}

static int try_remove(void)
{
	return unlink(where);
}

static int try_rename(void)
{
	char new[600];

	snprintf(new, sizeof(new), "%s.new", where);
	return rename(where, new);
}

static int try_mount(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static int try_unshare(void)
{
	return unshare(CLONE_NEWUTS);
}

static int try_chroot(void)
{
	return chroot("/");
}

static int try_setuid(void)
{
	return setuid(65534);
}

static int try_keys(void)
{
	return (int)syscall(SYS_add_key, "user", "mxdp", "x", 1, -2 /* this process's own ring */);
}

static int try_packet(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static int try_raw(void)
{
	return socket(AF_INET, SOCK_RAW, 1);
}

static int try_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int try_tcp(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_raise(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int try_bpf_stats(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

static int try_bpf_map(void)
{
	return bpf_map_create(BPF_MAP_TYPE_HASH, "x", 4, 4, 1, NULL);
}

static int try_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static int try_link(void)
{
	char new[600];

	snprintf(new, sizeof(new), "%s.link", where);
	return link(where, new);
}

static int try_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {config_path, 1};

	return (int)syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

static int try_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) ? -1 : setrlimit(RLIMIT_CORE, &limit);
}

static int try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Held back, and taken back for a moment. */
static int try_raise_capability(void)
{
	__u32 id = 0;
	int err;

	privileges_raise();
	err = bpf_prog_get_next_id(0, &id);
	privileges_lower();
	return err;
}

static const struct {
	const char *name;
	int (*make)(void);
} attempts[] = {
	{"exec", try_exec},
	{"fork", try_fork},
	{"ptrace", try_ptrace},
	{"open", try_open},
	{"write", try_write},
	{"remove", try_remove},
	{"rename", try_rename},
	{"mount", try_mount},
	{"unshare", try_unshare},
	{"chroot", try_chroot},
	{"setuid", try_setuid},
	{"keys", try_keys},
	{"packet", try_packet},
	{"raw", try_raw},
	{"vsock", try_vsock},
	{"tcp", try_tcp},
	{"netlink", try_netlink},
	{"kill", try_kill},
	{"raise", try_raise},
	{"bpf-stats", try_bpf_stats},
	{"bpf-map", try_bpf_map},
	{"perf", try_perf},
	{"link", try_link},
	{"memory", try_memory},
	{"limit", try_limit},
	{"dumpable", try_dumpable},
	{"programs", try_raise_capability},
};

static int (*make)(void);

static void *make_it(void *unused)
{
	(void)unused;
	_exit(make() < 0 ? errno : 0);
	return NULL;
}

static const struct privileges privileges = {
	.config_path = config_path,
	.pin_dir = "/sys/fs/bpf/mxdp",
	.socket_path = socket_path,
	.state_dir = state_dir,
	.lists = lists,
	.lists_count = 1,
};

static int run(bool fenced)
{
	char error[256];
	pthread_t thread;
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (fenced && privileges_drop(&privileges, error, sizeof(error))) {
			fprintf(stderr, "confined: %s\n", error);
			_exit(NO_FENCE);
		}
		if (make == try_raise_capability) /* only the thread that dropped them can */
			make_it(NULL);
		if (pthread_create(&thread, NULL, make_it, NULL))
			_exit(NO_FENCE);
		pthread_join(thread, NULL);
		_exit(NO_FENCE);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_FENCE;
}

static const char *how(int status)
{
	return !status ? "allowed" : status == NO_FENCE ? "no-fence" : strerrorname_np(status);
}

static bool has_landlock(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		      privileges_files(&privileges) == 1);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status);
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int busy(void)
{
	char error[256] = "it does not mind";
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_on, NULL))
		return 1;
	privileges_drop(&privileges, error, sizeof(error));
	puts(error);
	return 0;
}

static int compare(void)
{
	int before = run(false), after = run(true);

	if (before == NO_FENCE || after == NO_FENCE)
		return 1;
	printf("before %s after %s landlock %d\n", how(before), how(after), has_landlock());
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("confined DIR ATTEMPT [PATH]\n", stderr);
		return 2;
	}
	snprintf(config_path, sizeof(config_path), "%s/mxdp.conf", argv[1]);
	snprintf(state_dir, sizeof(state_dir), "%s/state", argv[1]);
	snprintf(socket_path, sizeof(socket_path), "%s/mxdp.sock", argv[1]);
	snprintf(list_path, sizeof(list_path), "%s/../lists/bad.txt", argv[1]);
	what = argv[2];
	where = argc > 3 ? argv[3] : "";
	if (!strcmp(what, "busy"))
		return busy();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (!strcmp(attempts[i].name, what))
			make = attempts[i].make;
	if (make)
		return compare();
	fprintf(stderr, "confined: there is no attempt `%s'\n", what);
	return 2;
}
