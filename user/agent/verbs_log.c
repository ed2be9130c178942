// SPDX-License-Identifier: GPL-2.0-or-later
/* log: the events, all or those that are wanted; and who changed what by hand. */
#include <stdlib.h>
#include <time.h>

#include "../base/clock.h"
#include "../journal/filter.h"
#include "../journal/reader.h"
#include "meant.h"
#include "verbs.h"

#define LOG_STEP    256   /* lines at once */
#define AUDIT_LINES 10000 /* at most */

struct logging {
	struct agent *agent;
	uint64_t at, end; /* who follows has no end */
	uint64_t wanted;  /* events that are looked for yet, backwards from `at'; 0: found */
	bool filters;
	struct event_filter filter;
	json_t *request; /* whose texts the filter points to */
};

static bool is_wanted(const struct logging *l, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	bool wanted = event && filter_wants(&l->filter, event);

	json_decref(event);
	return wanted;
}

/* Where the newest of so many wanted ones begin. */
static void look_back(struct logging *l)
{
	const struct journal *j = l->agent->journal;

	for (int i = 0; i < LOG_STEP && l->wanted; i++) {
		const char *line = l->at ? journal_line(j, l->at - 1) : NULL;

		if (!line) {
			l->wanted = 0;
			return;
		}
		l->at--;
		l->wanted -= is_wanted(l, line);
	}
}

/* What comes meanwhile is told in its turn, so that a follower misses nothing in between. */
static json_t *log_step(struct connection *c, void *state)
{
	struct logging *l = state;
	const struct journal *j = l->agent->journal;
	const char *line;

	if (l->wanted) {
		look_back(l);
		return NULL;
	}
	if (l->at < journal_oldest(j))
		l->at = journal_oldest(j);
	for (int i = 0; i < LOG_STEP && (line = journal_line(j, l->at)) && l->at < l->end;
	     i++, l->at++)
		if (!l->filters || is_wanted(l, line))
			connection_send_line(c, line);
	if (l->at >= l->end)
		return answer_done();
	if (l->at < journal_next(j))
		return NULL;
	connection_follow(c);
	return NULL;
}

static void logging_free(void *state)
{
	struct logging *l = state;

	json_decref(l->request);
	free(l);
}

static json_t *read_filter(struct event_filter *out, const json_t *request)
{
	const char *client = request_text(request, "client");
	uint32_t span = 0;
	json_t *error = request_span(&span, request, "since");

	if (error)
		return error;
	*out = (struct event_filter){
		.event = request_text(request, "event"),
		.finding = request_text(request, "finding"),
		.since = span ? time(NULL) - span : 0,
	};
	out->has_client = client && prefix_parse(&out->client, client);
	if (client && !out->has_client)
		return answer_error("`%.60s' is neither an address nor a network", client);
	return NULL;
}

/* Who changed what: read of the journal's file in a worker thread. */

struct auditing {
	uv_work_t work;
	struct connection *connection; /* NULL once he has gone */
	bool told;
	char path[512], words[READER_WORDS];
	int64_t since;
	size_t lines;
	struct event_filter filter;
	json_t *list;
};

static void auditing_left(void *state)
{
	struct auditing *a = state;

	a->connection = NULL;
	if (!a->told)
		return;
	json_decref(a->list);
	free(a);
}

static void read_changes(uv_work_t *work)
{
	struct auditing *a = work->data;

	a->list = reader_changes(a->path, a->since, a->lines, a->words);
}

static void changes_told(uv_work_t *work, int status)
{
	struct auditing *a = work->data;

	if (status)
		snprintf(a->words, sizeof(a->words), "%s", uv_strerror(status));
	a->told = true;
	if (a->connection)
		connection_wake(a->connection);
	else
		auditing_left(a);
}

static json_t *audit_step(struct connection *c, void *state)
{
	struct auditing *a = state;
	json_t *change;
	size_t i;

	if (!a->told) {
		connection_sleep(c);
		return NULL;
	}
	if (!a->list)
		return answer_error("the journal cannot be read: %s", a->words);
	json_array_foreach(a->list, i, change) connection_send(c, json_incref(change));
	return answer_done();
}

static json_t *audit(struct agent *agent, struct connection *c, json_int_t lines,
		     const struct event_filter *filter)
{
	struct auditing *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return answer_error("out of memory");
	a->work.data = a;
	a->connection = c;
	a->since = filter->since;
	a->lines = lines < 0 ? 0 : lines > AUDIT_LINES ? AUDIT_LINES : (size_t)lines;
	snprintf(a->path, sizeof(a->path), "%s/journal.db", agent->options.state_dir);
	err = uv_queue_work(&agent->loop, &a->work, read_changes, changes_told);
	if (err) {
		free(a);
		return answer_error("%s", uv_strerror(err));
	}
	connection_defer(c, audit_step, auditing_left, a);
	return NULL;
}

/* A list or pattern that is configured no more may stand in the log still: no near one, no mistake.
 */
static json_t *mistyped(const struct agent *a, const char *finding)
{
	char name[MEANT_NAME];
	bool exists = true;
	const char *near = finding ? meant_source(a, finding, name, &exists) : NULL;

	return near && !exists ? answer_error("`%.60s' is no finding or list: did you mean `%s'?",
					      finding, near)
			       : NULL;
}

json_t *verb_log(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	json_int_t lines = json_integer_value(json_object_get(request, "lines"));
	uint64_t next = journal_next(a->journal), kept = next - journal_oldest(a->journal);
	struct event_filter filter;
	json_t *error = read_filter(&filter, request);
	struct logging *l;

	if (!error)
		error = mistyped(a, filter.finding);
	if (error)
		return error;
	if (json_is_true(json_object_get(request, "audit")))
		return audit(a, c, lines, &filter);
	l = calloc(1, sizeof(*l));
	if (!l)
		return answer_error("out of memory");
	l->agent = a;
	l->end = json_is_true(json_object_get(request, "follow")) ? UINT64_MAX : next;
	l->filter = filter;
	l->filters = filter_is_set(&filter);
	l->request = json_incref((json_t *)request);
	lines = lines < 0 ? 0 : lines;
	l->wanted = l->filters ? (uint64_t)lines : 0;
	l->at = l->filters ? next : next - ((uint64_t)lines < kept ? (uint64_t)lines : kept);
	connection_defer(c, log_step, logging_free, l);
	return NULL;
}
