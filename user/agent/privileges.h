/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent may still do once it is attached. It keeps CAP_NET_ADMIN (attach again, replace,
 * destroy sockets), CAP_BPF and CAP_PERFMON (maps, and loading for an interface that came back);
 * everything else goes, and cannot come back through an exec.
 */
#ifndef MXDP_AGENT_PRIVILEGES_H
#define MXDP_AGENT_PRIVILEGES_H

#include <stddef.h>

/* 0, or -errno with a line in `error`. */
int privileges_drop(char *error, size_t size);

#endif
