// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "confine.h"

/*
 * Ten million IPv4 entries are 80 MB as ranges, twice that while they are sorted, and as entries of
 * a trie four times that; a curl with its thread and TLS takes some tens of megabytes.
 */
#define MEMORY_MAX (2ULL << 30)
#define FILES_MAX  64

static int limit(int what, uint64_t value)
{
	const struct rlimit limit = {value, value};

	return setrlimit(what, &limit) ? -errno : 0;
}

static int limit_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 0; /* its shadow takes terabytes of addresses */
#else
	return limit(RLIMIT_AS, MEMORY_MAX);
#endif
}

int confine_limits(const struct confinement *c)
{
	int err = limit_memory();

	err = err ? err : limit(RLIMIT_CPU, c->cpu_seconds);
	err = err ? err : limit(RLIMIT_FSIZE, c->file_bytes);
	err = err ? err : limit(RLIMIT_NOFILE, FILES_MAX);
	return err ? err : limit(RLIMIT_CORE, 0);
}

int confine(const struct confinement *c, char *why, size_t size)
{
	int err = confine_limits(c);

	err = err ? err : confine_files(c);
	err = err < 0 ? err : confine_calls(c);
	if (err)
		snprintf(why, size, "the process that reads it cannot be confined: %s",
			 strerror(-err));
	return err;
}
