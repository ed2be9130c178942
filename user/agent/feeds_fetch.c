// SPDX-License-Identifier: GPL-2.0-or-later
/* When a feed is asked for, and what comes of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/escape.h"
#include "../feeds/presets.h"
#include "events.h"
#include "feeds_inner.h"

#define DAY 86400
/* Seconds without a word behind the time in which one of its jobs must have ended. */
#define HUNG 20

static bool is_stdin(const struct feed_one *one)
{
	return !strcmp(one->settings->url, "stdin");
}

static bool is_file(const struct feed_one *one)
{
	return feed_settings_path(one->settings) != NULL;
}

/* How it ended */

static void ended(struct feeds *f, struct feed_one *one)
{
	one->phase = PHASE_IDLE;
	one->job = 0;
	one->fetches++;
	feed_has_news(f, one);
}

/* A list that is away for weeks is a line a day in the log. */
static void tell_failure(struct feeds *f, struct feed_one *one, int64_t now)
{
	if (one->plan.failures > 1 && now - one->told < DAY)
		return;
	one->told = now;
	events_note(f->agent, "feed", "%s was not updated: %s", one->settings->name, one->error);
}

/* To a list's operator a fetch is one, whether or not we could use what came. */
static uint32_t least_wait(const struct feed_one *one, uint32_t retry_after)
{
	uint32_t least = one->answered ? feed_preset_least(one->settings->name) : 0;

	return retry_after > least ? retry_after : least;
}

void fetch_failed(struct feeds *f, struct feed_one *one, const char *why, uint32_t retry_after)
{
	int64_t now = boot_seconds();

	if (!one->plan.failures)
		one->failing_since = now;
	one->failed++;
	feed_schedule_failed(&one->plan, one->settings, least_wait(one, retry_after), now,
			     (uint32_t)random());
	utf8_copy(one->error, sizeof(one->error), why);
	one->refused_until = retry_after ? one->plan.due : 0;
	one->forced = false;
	tell_failure(f, one, now);
	ended(f, one);
}

static void succeeded(struct feeds *f, struct feed_one *one, int64_t now)
{
	char span[DURATION_TEXT];

	if (one->plan.failures)
		events_note(f->agent, "feed", "%s can be fetched again, after %s",
			    one->settings->name,
			    duration_format(span, (uint32_t)(now - one->failing_since) + 1));
	one->error[0] = '\0';
	one->refused_until = 0;
	one->forced = false;
	feed_schedule_succeeded(&one->plan, one->settings, now, (uint32_t)random());
}

void fetch_is_current(struct feeds *f, struct feed_one *one)
{
	int64_t now = boot_seconds();

	succeeded(f, one, now);
	one->checked = now;
	feed_look_at_age(f, one, now);
	slots_renew(f, one);
	ended(f, one);
}

/* The fetch that may confirm it comes as soon as that counts, and the list's terms allow it. */
static void confirm_soon(struct feed_one *one)
{
	int64_t due = one->held.since + FEED_GUARD_WAIT;
	int64_t allowed = one->asked + feed_preset_least(one->settings->name);

	due = due > allowed ? due : allowed;
	if (due < one->plan.due)
		one->plan.due = due;
}

/* The source is well; what it says waits for another word, the next fetch or an administrator's. */
void fetch_is_held(struct feeds *f, struct feed_one *one)
{
	succeeded(f, one, boot_seconds());
	confirm_soon(one);
	ended(f, one);
}

/* The feed process */

static void child_has_gone(struct feeds *f, const char *how)
{
	fetch_stop(f);
	snprintf(f->no_child, sizeof(f->no_child), "the feed process %s", how);
	events_note(f->agent, "feed",
		    "the process that fetches the feeds %s: they go on with what they have, "
		    "until it is too old; start mxdpd again",
		    how);
	for (size_t i = 0; i < f->count; i++)
		if (f->one[i]->phase == PHASE_FETCHING)
			fetch_failed(f, f->one[i], f->no_child, 0);
}

/* Seconds, of the jobs under way; -1: there is none. */
static int64_t longest_timeout(const struct feeds *f)
{
	int64_t longest = -1;

	for (size_t i = 0; i < f->count; i++)
		if (f->one[i]->phase == PHASE_FETCHING && f->one[i]->settings->timeout > longest)
			longest = f->one[i]->settings->timeout;
	return longest;
}

/*
 * Of those at least one has a reader, which ends with its timeout or is ended a little later: a
 * keeper that is itself says so.
 */
static bool is_hung(const struct feeds *f, int64_t now)
{
	int64_t longest = longest_timeout(f);

	return longest >= 0 && now - f->heard > longest + FEED_GRACE + HUNG;
}

static void take_outcome(struct feeds *f, struct feed_one *one, const struct feed_outcome *o)
{
	one->answered = o->answered;
	switch (o->kind) {
	case FEED_PROGRESS:
		one->bytes = o->bytes;
		one->lines = o->lines;
		feed_has_news(f, one);
		break;
	case FEED_UNCHANGED:
		/* Who wants it by force meanwhile is content with that, too. */
		if (one->stock) {
			fetch_is_current(f, one);
			take_checked(f, one);
			break;
		}
		fetch_failed(f, one,
			     "the source says that nothing has changed, but nothing is here", 0);
		break;
	case FEED_DONE:
		one->bytes = o->bytes;
		one->lines = o->lines;
		one->job = 0;
		take_set(f, one, o);
		break;
	case FEED_FAILED:
		fetch_failed(f, one, o->why, o->retry_after);
		break;
	}
}

static struct feed_one *by_job(const struct feeds *f, uint32_t job)
{
	for (size_t i = 0; i < f->count; i++)
		if (job && f->one[i]->job == job)
			return f->one[i];
	return NULL;
}

/* One outcome a turn of the loop: more of them make the poll ready again. */
static void readable(uv_poll_t *poll, int status, int events)
{
	static struct feed_outcome outcome;
	struct feeds *f = poll->data;
	struct feed_one *one;
	int got = status < 0 ? -EPIPE : feed_child_next(f->child, &outcome);

	(void)events;
	if (got < 0)
		child_has_gone(f, "has ended");
	if (got <= 0)
		return;
	f->heard = boot_seconds();
	one = by_job(f, outcome.id);
	if (one)
		take_outcome(f, one, &outcome);
	if (outcome.kind == FEED_DONE && !one && outcome.set >= 0)
		close(outcome.set);
	fetch_due(f, boot_seconds());
}

void fetch_poll(struct feeds *f)
{
	if (!f->child || uv_poll_init(&f->agent->loop, &f->poll, feed_child_fd(f->child)))
		return;
	f->poll.data = f;
	uv_poll_start(&f->poll, UV_READABLE, readable);
	f->polling = true;
}

void fetch_stop(struct feeds *f)
{
	if (f->polling && !uv_is_closing((uv_handle_t *)&f->poll))
		uv_close((uv_handle_t *)&f->poll, NULL);
	f->polling = false;
	feed_child_stop(f->child);
	f->child = NULL;
}

void fetch_cancel(struct feeds *f, struct feed_one *one)
{
	if (one->phase != PHASE_FETCHING)
		return;
	if (f->child)
		feed_child_cancel(f->child, one->job);
	one->job = 0;
	one->phase = PHASE_IDLE;
}

/* `source' is closed where the feed process does not get it. */
static void ask(struct feeds *f, struct feed_one *one, int source)
{
	struct feed_job job = {
		.id = ++f->jobs ? f->jobs : ++f->jobs,
		.settings = *one->settings,
		.source = source,
	};
	int err;

	if (one->stock && !one->forced && source < 0) {
		utf8_copy(job.etag, sizeof(job.etag), one->stock->memory.etag);
		utf8_copy(job.modified, sizeof(job.modified), one->stock->memory.modified);
	}
	err = f->child ? feed_child_ask(f->child, &job) : -EPIPE;
	if (longest_timeout(f) < 0)
		f->heard = boot_seconds();
	one->phase = PHASE_FETCHING;
	one->job = job.id;
	one->asked = boot_seconds();
	one->bytes = one->lines = 0;
	one->answered = false;
	if (!err) {
		feed_has_news(f, one);
		return;
	}
	if (err == -EAGAIN) { /* it comes when another one has ended */
		one->source = source;
		one->phase = PHASE_IDLE;
		one->job = 0;
		return;
	}
	if (source >= 0)
		close(source);
	if (err == -EPIPE && f->child)
		child_has_gone(f, "has ended");
	else
		fetch_failed(f, one, f->child ? "the feed process takes no job" : f->no_child, 0);
}

/* Files */

struct opening {
	struct chore chore;
	uint32_t serial;
	char path[FEED_URL];
	char id[FEED_ETAG]; /* which file, as it is now; "" where that says nothing */
	int fd, err;
};

/* In a thread: a file may lie on a server that does not answer. A FIFO must not wait for a writer.
 */
static void open_file(struct chore *chore)
{
	struct opening *o = (struct opening *)chore;
	struct stat st;

	o->fd = open(o->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (o->fd < 0 || fstat(o->fd, &st)) {
		o->err = -errno;
		return;
	}
	if (S_ISREG(st.st_mode))
		snprintf(o->id, sizeof(o->id), "%ju:%ju:%jd:%jd.%09ld", (uintmax_t)st.st_dev,
			 (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec);
	else if (!S_ISFIFO(st.st_mode))
		o->err = -ENXIO;
}

static const char *open_words(int err)
{
	if (err == -EACCES)
		return "permission denied; what lies in a directory that no feed named when mxdpd "
		       "started, it can read after a restart";
	return err == -ENXIO ? "it is neither a file nor a FIFO" : strerror(-err);
}

static void file_opened(struct chore *chore)
{
	struct opening *o = (struct opening *)chore;
	struct feeds *f = o->chore.agent->feeds;
	struct feed_one *one = feeds_by_serial(f, o->serial);
	char why[FEED_WORDS];
	int fd = o->fd;

	if (!one || one->phase != PHASE_OPENING || f->agent->ending) {
		goto out;
	} else if (o->err) {
		char path[FEED_WORDS / 2];

		snprintf(why, sizeof(why), "cannot read `%s': %s",
			 escape_bytes(path, sizeof(path), o->path, strlen(o->path)),
			 open_words(o->err));
		fetch_failed(f, one, why, 0);
	} else if (*o->id && one->stock && !one->forced &&
		   !strcmp(o->id, one->stock->memory.etag)) {
		fetch_is_current(f, one);
		take_checked(f, one);
	} else {
		utf8_copy(one->file, sizeof(one->file), o->id);
		ask(f, one, fd);
		fd = -1;
	}
out:
	if (fd >= 0)
		close(fd);
	free(o);
}

static void open_soon(struct feeds *f, struct feed_one *one)
{
	struct opening *o = calloc(1, sizeof(*o));

	if (o) {
		o->chore.run = open_file;
		o->chore.done = file_opened;
		o->serial = one->serial;
		o->fd = -1;
		utf8_copy(o->path, sizeof(o->path), feed_settings_path(one->settings));
		one->phase = PHASE_OPENING;
		if (!chore_start(f->agent, &o->chore))
			return;
		free(o);
	}
	fetch_failed(f, one, "out of memory", 0);
}

/* Whose time it is */

static void begin(struct feeds *f, struct feed_one *one)
{
	int source = one->source;

	one->source = -1;
	one->wanted = false;
	one->file[0] = '\0';
	if (source >= 0)
		ask(f, one, source);
	else if (is_stdin(one))
		one->plan.due = INT64_MAX; /* comes when it is brought */
	else if (is_file(one))
		open_soon(f, one);
	else
		ask(f, one, -1);
}

void fetch_due(struct feeds *f, int64_t now)
{
	if (f->agent->ending)
		return;
	if (f->child && is_hung(f, now))
		child_has_gone(f, "does not answer");
	for (size_t i = 0; i < f->count; i++) {
		struct feed_one *one = f->one[i];

		if (one->phase == PHASE_IDLE && f->child &&
		    (one->source >= 0 || now >= one->plan.due))
			begin(f, one);
	}
}

void fetch_now(struct feeds *f, struct feed_one *one, bool force)
{
	one->forced |= force;
	one->wanted = true;
	if (!f->child && one->phase == PHASE_IDLE) {
		fetch_failed(f, one, f->no_child, 0);
		return;
	}
	one->plan.due = 0;
	fetch_due(f, boot_seconds());
}
