// SPDX-License-Identifier: GPL-2.0-or-later
#include <libgen.h>
#include <stdio.h>

#include "../base/landlock.h"
#include "privileges.h"

#define PATH_TEXT 4096

/*
 * Who may use the control socket, how names are resolved, what libbpf and libxdp look for, and
 * libraries that load others. /sys tells of hardware and the kernel, and of no user's secrets.
 */
static const char *const readable[] = {
	"/etc/passwd",
	"/etc/group",
	"/etc/nsswitch.conf",
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/services",
	"/etc/protocols",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/usr/share/zoneinfo",
	"/var/lib/sss/mc",
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/usr/local/lib",
	"/lib",
	"/lib64",
	"/sys",
	"/proc/self",
	"/proc/sys/kernel",
	"/proc/sys/net",
	"/proc/sys/vm",
	"/proc/cpuinfo",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/uptime",
	"/proc/version_signature",
	"/dev/urandom",
	"/dev/random",
};

/* libxdp keeps its dispatchers' pins here, wherever ours are. */
#define BPF_FILES "/sys/fs/bpf"

static int allow_directory(const struct landlock *fence, const char *path,
			   enum landlock_reach reach)
{
	char copy[PATH_TEXT];

	snprintf(copy, sizeof(copy), "%s", path);
	return landlock_allow(fence, dirname(copy), reach);
}

static int allow_own(const struct landlock *fence, const struct privileges *p)
{
	int err = allow_directory(fence, p->config_path, LANDLOCK_READ);

	err = err ? err : allow_directory(fence, p->socket_path, LANDLOCK_REMOVE);
	err = err ? err : allow_directory(fence, p->pin_dir, LANDLOCK_ALL);
	err = err ? err : landlock_allow(fence, BPF_FILES, LANDLOCK_ALL);
	err = err ? err : landlock_allow(fence, p->state_dir, LANDLOCK_ALL);
	for (size_t i = 0; !err && i < p->lists_count; i++)
		err = allow_directory(fence, p->lists[i], LANDLOCK_READ);
	return err ? err : landlock_allow(fence, "/dev/null", LANDLOCK_WRITE);
}

int privileges_files(const struct privileges *p)
{
	struct landlock fence;
	int err = landlock_begin(&fence);

	if (err < 1)
		return err;
	err = allow_own(&fence, p);
	for (size_t i = 0; !err && i < sizeof(readable) / sizeof(readable[0]); i++)
		err = landlock_allow(&fence, readable[i], LANDLOCK_READ);
	if (!err)
		return landlock_close(&fence);
	landlock_forget(&fence);
	return err;
}
