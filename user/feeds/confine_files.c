// SPDX-License-Identifier: GPL-2.0-or-later
/* Landlock by its system calls: C libraries have no words for it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

/* Newer headers than the oldest that this is built with. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

/* What getaddrinfo(3), the TLS libraries and the loader read; those that are there. */
static const char *const readable[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/ssl",
	"/etc/pki",
	"/etc/gnutls",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/crypto-policies",
	"/usr/share/pki",
	"/usr/share/zoneinfo",
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/lib",
	"/lib64",
	"/dev/null",
	"/dev/urandom",
};

static uint64_t handled(int abi)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

static int allow(int ruleset, const char *path, uint64_t access)
{
	const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat st;
	int err = 0;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	if (fstat(rule.parent_fd, &st))
		err = -errno;
	if (!err && !S_ISDIR(st.st_mode))
		rule.allowed_access &= of_files;
	if (!err && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err = -errno;
	close(rule.parent_fd);
	return err;
}

static int allow_all(int ruleset, const struct confinement *c, int abi)
{
	/* A program is started by its loader, which must be executable too. */
	uint64_t access = READ | (c->executable ? LANDLOCK_ACCESS_FS_EXECUTE : 0);
	uint64_t write = WRITE | (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(readable) / sizeof(readable[0]); i++)
		err = allow(ruleset, readable[i], access);
	if (!err && c->executable)
		err = allow(ruleset, c->executable, access);
	if (!err && c->writable)
		err = allow(ruleset, c->writable, write);
	return err;
}

int confine_files(const struct confinement *c)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const struct landlock_ruleset_attr attr = {.handled_access_fs = handled((int)abi)};
	int ruleset, err;

	if (abi < 1)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return -errno;
	err = allow_all(ruleset, c, (int)abi);
	if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0))
		err = -errno;
	close(ruleset);
	return err ? err : 1;
}
