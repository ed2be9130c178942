/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process that reads hostile bytes can still do. Three fences, each of which stands alone:
 *
 *   limits   memory, CPU time, size of files, number of files, no core (setrlimit(2))
 *   files    what TLS and name resolution read, and nothing else, by Landlock where the kernel has
 *            it (5.13 and newer, if enabled); elsewhere permissions alone decide
 *   calls    an allow-list by seccomp: whatever else it calls ends the process (SIGSYS)
 *
 * A process that is to run rsync gets wider ones: it may execute rsync, fork, and write to one
 * file; calls that it may not make fail there, for nobody can list what another program's versions
 * need. None can be taken off again. No capability, no way to gain one: the caller has seen to that
 * (PR_SET_NO_NEW_PRIVS).
 */
#ifndef MXDP_FEEDS_CONFINE_H
#define MXDP_FEEDS_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct confinement {
	uint64_t file_bytes; /* size of the longest file that it may write */
	uint32_t cpu_seconds;
	const char *executable; /* NULL, or the program that it may run */
	const char *writable;   /* NULL, or the one file that it may write */
};

/* All three. 0, or -errno with a line in `why'; then it must not go on. */
int confine(const struct confinement *c, char *why, size_t size);

int confine_limits(const struct confinement *c);
/* 1 where the kernel enforces it, 0 where it has no Landlock, or -errno. */
int confine_files(const struct confinement *c);
int confine_calls(const struct confinement *c);

#endif
