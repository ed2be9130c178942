// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "landlock.h"

/* Newer headers than the oldest that this is built with. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

static uint64_t handled(long abi)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

int landlock_begin(struct landlock *l)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const struct landlock_ruleset_attr attr = {.handled_access_fs = handled(abi)};

	*l = (struct landlock){.ruleset = -1, .handled = attr.handled_access_fs};
	if (abi < 1)
		return 0;
	l->ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	return l->ruleset < 0 ? -errno : 1;
}

static uint64_t access_of(enum landlock_reach reach)
{
	switch (reach) {
	case LANDLOCK_READ:
		return READ;
	case LANDLOCK_EXECUTE:
		return READ | LANDLOCK_ACCESS_FS_EXECUTE;
	case LANDLOCK_WRITE:
		return WRITE;
	case LANDLOCK_REMOVE:
		return LANDLOCK_ACCESS_FS_REMOVE_FILE;
	case LANDLOCK_ALL:
		return ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	}
	return 0;
}

int landlock_allow(const struct landlock *l, const char *path, enum landlock_reach reach)
{
	const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access_of(reach) & l->handled,
		.parent_fd = -1,
	};
	struct stat st;
	int err = 0;

	if (l->ruleset < 0)
		return 0;
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	if (fstat(rule.parent_fd, &st))
		err = -errno;
	if (!err && !S_ISDIR(st.st_mode))
		rule.allowed_access &= of_files;
	if (!err &&
	    syscall(SYS_landlock_add_rule, l->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err = -errno;
	close(rule.parent_fd);
	return err;
}

int landlock_close(struct landlock *l)
{
	int err = 0;

	if (l->ruleset < 0)
		return 0;
	if (syscall(SYS_landlock_restrict_self, l->ruleset, 0))
		err = -errno;
	landlock_forget(l);
	return err ? err : 1;
}

void landlock_forget(struct landlock *l)
{
	if (l->ruleset >= 0)
		close(l->ruleset);
	l->ruleset = -1;
}
