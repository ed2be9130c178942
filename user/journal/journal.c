// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal.h"

struct journal {
	size_t room, count, first; /* a ring of lines, oldest at `first` */
	uint64_t next;             /* number of the next event */
	char **line;
	struct writer writer;
	time_t stamped; /* what the text of the time was made of */
	char stamp[32];
	journal_fn listener;
	void *context;
};

struct journal *journal_new(size_t events)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->room = events;
	j->line = calloc(events ? events : 1, sizeof(*j->line));
	if (!j->line) {
		free(j);
		return NULL;
	}
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->count; i++)
		free(j->line[(j->first + i) % j->room]);
	writer_free(&j->writer);
	free(j->line);
	free(j);
}

/* Made once a second, however many events there are in it. */
static const char *stamp(struct journal *j)
{
	time_t now = time(NULL);
	struct tm tm;

	if (j->stamp[0] && now == j->stamped)
		return j->stamp;
	gmtime_r(&now, &tm);
	strftime(j->stamp, sizeof(j->stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	j->stamped = now;
	return j->stamp;
}

static void store(struct journal *j, char *line)
{
	j->next++;
	if (!j->room) {
		free(line);
		return;
	}
	if (j->count == j->room) {
		free(j->line[j->first]);
		j->line[j->first] = line;
		j->first = (j->first + 1) % j->room;
		return;
	}
	j->line[(j->first + j->count++) % j->room] = line;
}

/* Takes over `line`, NULL where memory is short. */
static void take(struct journal *j, char *line)
{
	if (!line)
		return;
	if (j->listener)
		j->listener(line, j->context);
	store(j, line);
}

void journal_add(struct journal *j, json_t *event)
{
	if (!event)
		return;
	json_object_set_new(event, "time", json_string(stamp(j)));
	take(j, json_dumps(event, JSON_COMPACT));
	json_decref(event);
}

struct writer *journal_write(struct journal *j)
{
	writer_reset(&j->writer);
	writer_open(&j->writer, NULL, '{');
	return &j->writer;
}

void journal_written(struct journal *j)
{
	writer_string(&j->writer, "time", stamp(j));
	writer_close(&j->writer, '}');
	if (!j->writer.failed)
		take(j, strndup(j->writer.text, j->writer.len));
}

void journal_listen(struct journal *j, journal_fn fn, void *context)
{
	j->listener = fn;
	j->context = context;
}

uint64_t journal_next(const struct journal *j)
{
	return j->next;
}

uint64_t journal_oldest(const struct journal *j)
{
	return j->next - j->count;
}

const char *journal_line(const struct journal *j, uint64_t number)
{
	uint64_t oldest = journal_oldest(j);

	if (number < oldest || number >= j->next)
		return NULL;
	return j->line[(j->first + (size_t)(number - oldest)) % j->room];
}

void journal_tail(const struct journal *j, size_t lines, journal_fn fn, void *context)
{
	uint64_t from = lines < j->count ? j->next - lines : journal_oldest(j);

	for (; from < j->next; from++)
		fn(journal_line(j, from), context);
}
