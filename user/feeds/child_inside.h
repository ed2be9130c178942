/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between child.c (the agent's side), keeper.c and worker.c: datagrams of a SOCK_SEQPACKET pair,
 * each with at most one descriptor. Agent to keeper: a job, or {"cancel": ID}. Keeper to agent: one
 * zero byte once it is ready, or words why it is not; then outcomes. Worker to keeper: outcomes.
 */
#ifndef MXDP_FEEDS_CHILD_INSIDE_H
#define MXDP_FEEDS_CHILD_INSIDE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FEED_PROGRESS_NS 500000000ULL /* between two words of progress */
#define FEED_WAITING     64           /* jobs that may be under way, with those that wait */

/* fd: -1 none; it stays the caller's. 0 or -errno. `flags' as of sendmsg(2). */
int feed_send(int socket, const char *text, size_t len, int fd, int flags);
/*
 * Bytes of one datagram, with its descriptor or -1 in *fd; 0 at the end; -EBADMSG where it is
 * longer than `size' or has more than one descriptor; -errno. `flags' as of recvmsg(2).
 */
ssize_t feed_receive(int socket, char *text, size_t size, int *fd, int flags);

/* The keeper's whole life: until `socket' ends, or `agent' does. */
void __attribute__((noreturn)) keeper_run(int socket, pid_t agent);

#endif
