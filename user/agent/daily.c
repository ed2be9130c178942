// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/log.h"
#include "../base/names.h"
#include "../journal/report.h"
#include "chore.h"
#include "daily.h"
#include "verbs.h"

#define CAUSES  5  /* that are named */
#define CLIENTS 5  /* the same of possible false positives */
#define NOTES   10 /* the same of what wants to be done */
#define LINE    400

#define HOURS 24
#define SPAN  (HOURS * 3600U)

/* What is counted, as of a moment. */
struct counts {
	uint32_t at; /* boot seconds; 0: none */
	uint64_t dropped, reset, limited, monitored, passed;
	uint64_t sessions, accepted;
};

struct daily {
	struct counts hour[HOURS + 1]; /* a ring, the newest at `newest' */
	unsigned newest;
	uint32_t day; /* of the last summary; 0: none is wanted, or none was due yet */
	bool working;
};

int daily_open(struct agent *a)
{
	a->daily = calloc(1, sizeof(*a->daily));
	return a->daily ? 0 : -ENOMEM;
}

void daily_close(struct agent *a)
{
	free(a->daily);
	a->daily = NULL;
}

/* What is counted */

static struct counts counts_of(const struct agent *a, uint32_t now)
{
	unsigned long long fates[FATE_COUNT] = {0};

	fates_read(&a->maps, fates);
	return (struct counts){
		.at = now,
		.dropped = fates[FATE_SYN_DROPPED] + fates[FATE_FRAGMENT_DROPPED],
		.reset = fates[FATE_SYN_RESET],
		.limited = fates[FATE_SYN_LIMITED],
		.monitored = fates[FATE_SYN_MONITORED],
		.passed = fates[FATE_SYN_CLEAN] + fates[FATE_SYN_EXPIRED] +
			  fates[FATE_SYN_WATCHED] + fates[FATE_SYN_ALLOWED] +
			  fates[FATE_SYN_COURTESY],
		.sessions = a->counts.sessions,
		.accepted = a->counts.accepted,
	};
}

/* A day ago, or as long ago as is known. */
static const struct counts *oldest(const struct daily *d)
{
	const struct counts *next = &d->hour[(d->newest + 1) % (HOURS + 1)];

	return next->at ? next : &d->hour[0];
}

static void count_hour(struct agent *a, uint32_t now)
{
	struct daily *d = a->daily;

	if (d->hour[d->newest].at && now - d->hour[d->newest].at < 3600)
		return;
	if (d->hour[d->newest].at)
		d->newest = (d->newest + 1) % (HOURS + 1);
	d->hour[d->newest] = counts_of(a, now);
}

/* The lines */

__attribute__((format(printf, 2, 3))) static void add(json_t *lines, const char *format, ...)
{
	char text[LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(lines, json_string(text));
}

static void add_counts(json_t *lines, const struct agent *a)
{
	const struct counts *then = oldest(a->daily);
	struct counts now = counts_of(a, boot_seconds());
	char span[DURATION_TEXT];

	duration_format(span, now.at - then->at ? now.at - then->at : 1);
	add(lines,
	    "%s mode, set by %s; SYNs in %s: %llu dropped, %llu reset, %llu slowed down, %llu let "
	    "through, %llu that enforce mode would have stopped",
	    mode_name(a->mode.mode), a->mode.by, span,
	    (unsigned long long)(now.dropped - then->dropped),
	    (unsigned long long)(now.reset - then->reset),
	    (unsigned long long)(now.limited - then->limited),
	    (unsigned long long)(now.passed - then->passed),
	    (unsigned long long)(now.monitored - then->monitored));
	add(lines, "sessions judged in %s: %llu; messages seen to be accepted: %llu", span,
	    (unsigned long long)(now.sessions - then->sessions),
	    (unsigned long long)(now.accepted - then->accepted));
}

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static bool is_about(const json_t *object, const char *what)
{
	return !strcmp(text(object, "about"), what);
}

static void add_summary(json_t *lines, const json_t *summary)
{
	const json_t *blocks = json_object_get(summary, "blocks");
	const json_t *others = json_object_get(summary, "others");

	add(lines,
	    "clients blocked, or who would have been: %lld; with mail accepted all the same %lld, "
	    "refused anyway %lld, without any mail %lld, unknown %lld; others, only watched or "
	    "spared: %lld",
	    number(blocks, "clients"), number(blocks, "accepted"), number(blocks, "refused"),
	    number(blocks, "nothing"), number(blocks, "unknown"), number(others, "clients"));
}

static void add_causes(json_t *lines, const json_t *report)
{
	char words[LINE] = "";
	const json_t *object;
	size_t i, named = 0, n = 0;

	json_array_foreach(report, i, object)
	{
		if (!is_about(object, "cause") || named == CAUSES || n >= sizeof(words) - 1)
			continue;
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%s %lld",
				      named++ ? ", " : "", text(object, "cause"),
				      number(object, "clients"));
	}
	if (named)
		add(lines, "what spoke against most of them, with clients: %s", words);
}

static void add_clients(json_t *lines, const json_t *report)
{
	const json_t *object;
	size_t i, named = 0;

	json_array_foreach(report, i, object)
	{
		if (!is_about(object, "client") || named++ >= CLIENTS)
			continue;
		add(lines,
		    "perhaps blocked in error: %s (%s), for %s; mxdpctl explain %s says more",
		    text(object, "addr"),
		    *text(object, "name") ? text(object, "name") : text(object, "helo"),
		    text(object, "findings"), text(object, "addr"));
	}
	if (named > CLIENTS)
		add(lines, "perhaps blocked in error: %zu more, see mxdpctl report --since 1d",
		    named - CLIENTS);
}

static void add_notes(json_t *lines, struct agent *a)
{
	json_t *status = agent_status(a);
	const json_t *notes = json_object_get(status, "notes"), *note;
	size_t i;

	json_array_foreach(notes, i, note)
	{
		if (i < NOTES)
			add(lines, "to do: %s", json_string_value(note));
	}
	if (i > NOTES)
		add(lines, "to do: %zu more, see mxdpctl status", i - NOTES);
	json_decref(status);
}

json_t *daily_lines(struct agent *a, const json_t *report)
{
	json_t *lines = json_array();

	add_counts(lines, a);
	if (report) {
		add_summary(lines, json_array_get(report, 0));
		add_causes(lines, report);
		add_clients(lines, report);
	}
	add_notes(lines, a);
	return lines;
}

/* Once a day */

struct summing {
	struct chore chore;
	char path[512], error[512];
	int64_t since;
	json_t *report;
};

static void sum_up(struct chore *chore)
{
	struct summing *s = (struct summing *)chore;

	s->report = report_make(s->path, s->since, s->error, sizeof(s->error));
}

static void summed_up(struct chore *chore)
{
	struct summing *s = (struct summing *)chore;
	struct agent *a = chore->agent;
	json_t *lines, *line;
	size_t i;

	a->daily->working = false;
	if (!s->report)
		log_warning("the day's summary lacks who was blocked: %s", s->error);
	lines = a->ending ? NULL : daily_lines(a, s->report);
	json_array_foreach(lines, i, line) events_note(a, "daily", "%s", json_string_value(line));
	json_decref(lines);
	json_decref(s->report);
	free(s);
}

static void begin(struct agent *a)
{
	struct summing *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->chore.run = sum_up;
	s->chore.done = summed_up;
	s->since = (int64_t)time(NULL) - SPAN;
	snprintf(s->path, sizeof(s->path), "%s/journal.db", a->options.state_dir);
	a->daily->working = !chore_start(a, &s->chore);
	if (!a->daily->working)
		free(s);
}

/* Which of its days it is by local time, each beginning at that time of day. */
static uint32_t day_of(uint32_t daily)
{
	time_t wall = time(NULL);
	struct tm tm;

	if (!localtime_r(&wall, &tm))
		return 0;
	return ((uint32_t)(tm.tm_year * 366 + tm.tm_yday) * 1440 +
		(uint32_t)(tm.tm_hour * 60 + tm.tm_min) - (daily - 1)) /
	       1440;
}

/* A start after the time of day waits for the next; a clock that is set back tells nothing twice.
 */
void daily_tick(struct agent *a, uint32_t now)
{
	struct daily *d = a->daily;
	uint32_t day = a->config.log_daily ? day_of(a->config.log_daily) : 0;
	bool due = d->day && day > d->day;

	count_hour(a, now);
	if (d->working)
		return;
	if (due)
		begin(a);
	if (!day || day > d->day)
		d->day = day;
}
