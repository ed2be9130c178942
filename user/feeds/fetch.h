/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one list, from wherever the job says, as a stream that feed_read() pulls: a whole
 * list is never in memory. Used inside a worker (worker.h); it may block, up to the job's timeout.
 *
 *   fetch_prepare()   before the worker confines itself: starts rsync, which is a program
 *   fetch_open()      connects, asks; knows whether there is something to read
 *   fetch_read()      bytes; counted, and refused beyond max_bytes
 *
 * Whatever fails is told in out->why, in words and without secrets. What a server says of itself
 * goes to out->etag, ->modified and ->retry_after.
 */
#ifndef MXDP_FEEDS_FETCH_H
#define MXDP_FEEDS_FETCH_H

#include <sys/types.h>
#include "job.h"

struct http;

struct fetch {
	const struct feed_job *job;
	struct feed_outcome *out;
	uint64_t deadline; /* CLOCK_MONOTONIC, ns */
	int fd;            /* file, pipe, or what rsync wrote; -1 none */
	struct http *http;
	struct {
		pid_t pid;
		int words; /* what it says on standard error */
	} rsync;
};

/* 0 or -errno. */
int fetch_prepare(struct fetch *f, const struct feed_job *job, struct feed_outcome *out);
/* 0; 1 where ours is current; -errno. */
int fetch_open(struct fetch *f);
ssize_t fetch_read(void *fetch, void *buffer, size_t size); /* a feed_read_fn */
void fetch_close(struct fetch *f);

/* For the files fetch_*.c: */
int fetch_fail(struct fetch *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fetch_too_late(struct fetch *f);
/* Milliseconds that are left, 0 none. */
int fetch_left(const struct fetch *f);
/* Waits for `fd' to be readable. 0 or -errno. */
int fetch_wait(struct fetch *f, int fd);
ssize_t fetch_read_fd(struct fetch *f, int fd, void *buffer, size_t size);

int fetch_http_open(struct fetch *f);
ssize_t fetch_http_read(struct fetch *f, void *buffer, size_t size);
void fetch_http_close(struct fetch *f);

/* Where rsync writes to: a file of the worker with this id, which the keeper removes. */
#define FETCH_FILE      "/tmp/mxdp-feed-%d"
#define FETCH_FILE_TEXT 40
#define FETCH_ROOM      "/tmp" /* the keeper's own, where it may mount one */
int fetch_rsync_start(struct fetch *f);
int fetch_rsync_wait(struct fetch *f);

#endif
