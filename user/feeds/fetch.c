// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "fetch.h"
#include "../base/clock.h"

int fetch_fail(struct fetch *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->out->why, sizeof(f->out->why), format, args);
	va_end(args);
	return -EIO;
}

int fetch_too_late(struct fetch *f)
{
	return fetch_fail(f, "it was not there after %u s; raise timeout if it is that slow",
			  f->job->settings.timeout);
}

int fetch_left(const struct fetch *f)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	return now < f->deadline ? (int)((f->deadline - now) / 1000000) : 0;
}

int fetch_wait(struct fetch *f, int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int left, n;

	do {
		left = fetch_left(f);
		n = left ? poll(&poller, 1, left) : 0;
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : fetch_too_late(f);
}

ssize_t fetch_read_fd(struct fetch *f, int fd, void *buffer, size_t size)
{
	ssize_t got = fetch_wait(f, fd);

	if (got)
		return got;
	got = feed_read_fd(&fd, buffer, size);
	return got < 0 ? fetch_fail(f, "it cannot be read: %s", strerror((int)-got)) : got;
}

static bool is_scheme(const struct fetch *f, const char *scheme)
{
	return !strncmp(f->job->settings.url, scheme, strlen(scheme));
}

int fetch_prepare(struct fetch *f, const struct feed_job *job, struct feed_outcome *out)
{
	*f = (struct fetch){
		.job = job,
		.out = out,
		.deadline = clock_ns(CLOCK_MONOTONIC) + job->settings.timeout * 1000000000ULL,
		.fd = job->source,
		.rsync = {.words = -1},
	};
	if (f->fd >= 0 || !is_scheme(f, "rsync://"))
		return 0;
	return fetch_rsync_start(f);
}

int fetch_open(struct fetch *f)
{
	if (f->rsync.pid)
		return fetch_rsync_wait(f);
	if (f->fd >= 0)
		return 0;
	if (is_scheme(f, "https://") || is_scheme(f, "http://"))
		return fetch_http_open(f);
	return fetch_fail(f, "its url begins with none of https://, http://, rsync:// and file://");
}

ssize_t fetch_read(void *fetch, void *buffer, size_t size)
{
	struct fetch *f = fetch;
	ssize_t got =
		f->http ? fetch_http_read(f, buffer, size) : fetch_read_fd(f, f->fd, buffer, size);

	if (got <= 0)
		return got;
	f->out->bytes += (uint64_t)got;
	if (f->out->bytes <= f->job->settings.max_bytes)
		return got;
	return fetch_fail(f, "it is longer than the %llu bytes of max_bytes",
			  (unsigned long long)f->job->settings.max_bytes);
}

void fetch_close(struct fetch *f)
{
	fetch_http_close(f);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
