// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <jansson.h>

#include "blob.h"
#include "child_inside.h"
#include "confine.h"
#include "feed.h"
#include "fetch.h"
#include "unpack.h"
#include "worker.h"
#include "../base/clock.h"
#include "../base/escape.h"

struct worker {
	const struct feed_job *job;
	int socket;
	struct feed_outcome out;
	struct fetch fetch;
	struct unpack unpack;
	struct feed feed;
	uint64_t told; /* when progress was told last */
};

static bool tell_outcome(const struct worker *w)
{
	char text[FEED_MESSAGE];
	size_t len;

	return feed_outcome_write(text, sizeof(text), &len, &w->out) &&
	       !feed_send(w->socket, text, len, w->out.set, 0);
}

static void count(struct worker *w)
{
	w->out.format = w->feed.format;
	w->out.unpacked = w->unpack.unpacked;
	w->out.lines = w->feed.lines;
	w->out.used = w->feed.used;
	w->out.unusable = w->feed.unusable;
	w->out.expires = w->feed.expires;
}

static void tell_progress(struct worker *w)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now - w->told < FEED_PROGRESS_NS)
		return;
	w->told = now;
	w->out.kind = FEED_PROGRESS;
	count(w);
	tell_outcome(w);
}

static ssize_t read_unpacked(void *worker, void *buffer, size_t size)
{
	struct worker *w = worker;
	ssize_t got = unpack_read(&w->unpack, buffer, size);

	if (got < 0 && w->unpack.why)
		utf8_copy(w->out.why, sizeof(w->out.why), w->unpack.why);
	tell_progress(w);
	return got;
}

/* Line 0 is said of the whole: where the list is refused, that is why. */
static void take_remark(void *worker, size_t line, const char *why)
{
	struct worker *w = worker;

	if (!line)
		utf8_copy(w->out.why, sizeof(w->out.why), why);
	else if (w->out.remarks_count < FEED_REMARKS)
		snprintf(w->out.remark[w->out.remarks_count++], FEED_WORDS, "%zu: %s", line, why);
}

static int refuse_useless(struct worker *w, const struct feed_set *set)
{
	const struct feed *feed = &w->feed;

	if (!feed->used && !feed->unusable)
		return fetch_fail(&w->fetch, "it holds no entry, which is taken for a mistake");
	if (!feed->used)
		return fetch_fail(&w->fetch, "no line of it can be used as %s",
				  feed_format_names[feed->format]);
	if (feed_set_is_empty(set))
		return fetch_fail(&w->fetch, "it excepts all that it lists");
	return 0;
}

/* What stands beside the ranges, for whoever finds them alone. */
static int make_blob(struct worker *w, const struct feed_set *set)
{
	json_t *json = json_pack("{s:s, s:s}", "name", w->job->settings.name, "format",
				 feed_format_names[w->feed.format]);
	char *words = json ? json_dumps(json, JSON_COMPACT) : NULL;

	w->out.set = words ? feed_blob_memory(set, words) : -ENOMEM;
	json_decref(json);
	free(words);
	if (w->out.set == -E2BIG)
		return fetch_fail(&w->fetch, "it holds more than a set may, %llu bytes",
				  FEED_BLOB_MAX);
	if (w->out.set < 0)
		return fetch_fail(&w->fetch, "the finished set cannot be handed over: %s",
				  strerror(-w->out.set));
	return 0;
}

static int parse(struct worker *w)
{
	const struct feed_events events = {take_remark, w};
	struct feed_set set;
	int err;

	unpack_init(&w->unpack, fetch_read, &w->fetch, w->job->settings.max_unpacked);
	feed_init(&w->feed, w->job->settings.format, time(NULL), &events);
	err = feed_read(&w->feed, read_unpacked, w, &set);
	count(w);
	if (err == -ENOMEM)
		return fetch_fail(&w->fetch, "it needs more memory than a list may take");
	if (err && !*w->out.why)
		return fetch_fail(&w->fetch, "it cannot be read: %s", strerror(-err));
	err = err ? err : refuse_useless(w, &set);
	return err ? err : make_blob(w, &set);
}

static int run(struct worker *w)
{
	const struct feed_settings *s = &w->job->settings;
	/* The last word is the keeper's, ten seconds after the timeout. */
	const struct confinement confinement = {
		.file_bytes = FEED_BLOB_MAX,
		.cpu_seconds = s->timeout + FEED_GRACE / 2,
	};
	int err = fetch_prepare(&w->fetch, w->job, &w->out);

	err = err ? err : confine(&confinement, w->out.why, sizeof(w->out.why));
	err = err ? err : fetch_open(&w->fetch);
	if (!err)
		err = parse(w);
	w->out.kind = err > 0 ? FEED_UNCHANGED : err ? FEED_FAILED : FEED_DONE;
	if (!err)
		*w->out.why = '\0'; /* remarks on the whole that did no harm */
	return err;
}

void worker_run(const struct feed_job *job, int socket)
{
	static struct worker w;

	w = (struct worker){.job = job, .socket = socket, .out = {.id = job->id, .set = -1}};
	w.out.format = job->settings.format;
	w.told = clock_ns(CLOCK_MONOTONIC);
	prctl(PR_SET_NAME, "mxdpd-feed");
	run(&w);
	/* Nothing is freed: the end of the process does that, and more quickly. */
	_exit(tell_outcome(&w) ? 0 : 1);
}
