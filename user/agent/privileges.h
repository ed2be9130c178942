/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent may still do once it is attached. Three fences, each of which stands alone, and
 * none of which comes down again:
 *
 *   capabilities  in effect stay CAP_NET_ADMIN (destroy sockets) and CAP_BPF (maps). CAP_SYS_ADMIN
 *                 and CAP_PERFMON are held back for the moments in which programs are attached or
 *                 taken off: the kernel opens a program by its id for CAP_SYS_ADMIN only. All
 *                 others go, and nothing comes back through an exec (PR_SET_NO_NEW_PRIVS).
 *
 *   files         by Landlock where the kernel has it: its state, pins and socket to write; its
 *                 configuration, the lists of file:// feeds, and what resolving, users' names and
 *                 BPF need to read
 *
 *   calls         an allow-list by seccomp. What is dangerous and known to be so fails with EPERM,
 *                 what is unknown with ENOSYS; nothing kills. A C library that is newer than the
 *                 list takes ENOSYS for an old kernel and does it the old way, and a mail host does
 *                 not lose its guard over an upgrade. A kernel that keeps such records (auditd, or
 *                 its own log) tells each refusal as type=1326.
 *
 * No thread may run yet: what it could do it could go on doing. Those that start later are inside.
 */
#ifndef MXDP_AGENT_PRIVILEGES_H
#define MXDP_AGENT_PRIVILEGES_H

#include <stddef.h>

struct privileges {
	const char
		*config_path; /* its directory, too: editors put new files in place of old ones */
	const char *pin_dir;  /* and the directory that it stands in, to take it away at the end */
	const char *socket_path;
	const char *state_dir;
	const char *const *lists; /* files whose directories are read */
	size_t lists_count;
};

/* All three. 0, or -errno with a line in `error'; then it must not go on. */
int privileges_drop(const struct privileges *p, char *error, size_t size);

/* Around attaching and detaching; harmless before privileges_drop(). */
void privileges_raise(void);
void privileges_lower(void);

/* privileges_files.c: 1 where the kernel enforces it, 0 where it has no Landlock, or -errno. */
int privileges_files(const struct privileges *p);
/* privileges_calls.c: 0 or -errno. */
int privileges_calls(void);

#endif
