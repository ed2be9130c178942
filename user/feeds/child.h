/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The feed process: fetches lists and reads them, with no privilege and nothing of ours in reach.
 *
 *   agent --job--> keeper --fork--> worker: fetch -> unpack -> parse -> blob --outcome--> agent
 *
 * The keeper is forked at the very start, before there are maps, threads or secrets in memory. It
 * becomes another user, gives up all capabilities and forks a worker for each job; it does nothing
 * else. A worker has bounds on memory, time and file size, a seccomp filter, and where the kernel
 * has Landlock no file but what TLS and name resolution need. What crashes, hangs or grows in it
 * costs that one update: the keeper says so. Files are opened by the agent and come as descriptors;
 * rsync is run by the worker.
 */
#ifndef MXDP_FEEDS_CHILD_H
#define MXDP_FEEDS_CHILD_H

#include "job.h"

/* Of these the first that exists. */
#define FEED_USERS                    \
	{                             \
		"mxdp-feed", "nobody" \
	}

struct feed_child;

/*
 * Forks; no thread may run yet. Where we are not root it stays who we are. NULL with one line in
 * `error'.
 */
struct feed_child *feed_child_start(char *error, size_t size);

/* To poll for reading: an outcome is there, or the keeper has gone (then it is readable, too). */
int feed_child_fd(const struct feed_child *child);

/* 0, -EAGAIN where too much is under way, -EPIPE where the keeper has gone. Takes over job->source
 * where it returns 0. */
int feed_child_ask(struct feed_child *child, const struct feed_job *job);
/* Ends a job that has been asked for: FEED_FAILED comes. */
int feed_child_cancel(struct feed_child *child, uint32_t id);

/* 1 and *out; 0 where nothing waits; -EPIPE where the keeper has gone. out->set is the caller's. */
int feed_child_next(struct feed_child *child, struct feed_outcome *out);

/* Ends the keeper and its workers. */
void feed_child_stop(struct feed_child *child);

#endif
