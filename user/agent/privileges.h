/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent may still do once it is attached. In effect stay CAP_NET_ADMIN (destroy sockets)
 * and CAP_BPF (maps). CAP_SYS_ADMIN and CAP_PERFMON are held back for the moments in which programs
 * are attached or taken off: the kernel opens a program by its id for CAP_SYS_ADMIN only. All other
 * capabilities go, and nothing comes back through an exec.
 */
#ifndef MXDP_AGENT_PRIVILEGES_H
#define MXDP_AGENT_PRIVILEGES_H

#include <stddef.h>

/* 0, or -errno with a line in `error`. */
int privileges_drop(char *error, size_t size);

/* Around attaching and detaching; harmless before privileges_drop(). */
void privileges_raise(void);
void privileges_lower(void);

#endif
