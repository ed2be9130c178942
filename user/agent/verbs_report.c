// SPDX-License-Identifier: GPL-2.0-or-later
/* report: what became of those whom we would have blocked; read by a worker thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../journal/report.h"
#include "daily.h"
#include "trust.h"
#include "verbs.h"

#define SINCE_DEFAULT (7 * 86400U)

struct reporting {
	uv_work_t work;
	struct connection *connection; /* NULL: it has gone */
	struct agent *agent;
	int64_t since;
	bool done, daily;
	json_t *answers;
	char path[512], error[512];
};

static void reporting_free(struct reporting *r)
{
	json_decref(r->answers);
	free(r);
}

static void work(uv_work_t *request)
{
	struct reporting *r = request->data;

	r->answers = report_make(r->path, r->since, r->error, sizeof(r->error));
}

static void work_done(uv_work_t *request, int status)
{
	struct reporting *r = request->data;

	if (status)
		snprintf(r->error, sizeof(r->error), "cannot read the journal: %s",
			 uv_strerror(status));
	r->done = true;
	if (r->connection)
		connection_wake(r->connection);
	else
		reporting_free(r);
}

static void left(void *state)
{
	struct reporting *r = state;

	r->connection = NULL;
	if (r->done)
		reporting_free(r);
}

static void send_daily(struct connection *c, const struct reporting *r)
{
	json_t *lines = daily_lines(r->agent, r->answers), *line;
	size_t i;

	json_array_foreach(lines, i, line)
		connection_send(c, json_pack("{s:s, s:O}", "about", "day", "text", line));
	json_decref(lines);
}

static json_t *step(struct connection *c, void *state)
{
	struct reporting *r = state;
	json_t *answer, *crowds;
	size_t i;

	if (!r->done) {
		connection_sleep(c);
		return NULL;
	}
	if (!r->answers)
		return answer_error("%s", r->error);
	if (r->daily) {
		send_daily(c, r);
		return answer_done();
	}
	json_array_foreach(r->answers, i, answer) connection_send(c, json_incref(answer));
	crowds = trust_crowds(r->agent);
	json_array_foreach(crowds, i, answer)
	{
		json_object_set_new(answer, "about", json_string("network"));
		connection_send(c, json_incref(answer));
	}
	json_decref(crowds);
	return answer_done();
}

json_t *verb_report(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	uint32_t span = SINCE_DEFAULT;
	json_t *error = request_span(&span, request, "since");
	struct reporting *r = error ? NULL : calloc(1, sizeof(*r));

	if (!r)
		return error ? error : answer_error("out of memory");
	r->work.data = r;
	r->connection = c;
	r->agent = a;
	r->daily = json_is_true(json_object_get(request, "daily"));
	r->since = span ? (int64_t)time(NULL) - span : 0;
	snprintf(r->path, sizeof(r->path), "%s/journal.db", a->options.state_dir);
	if (uv_queue_work(&a->loop, &r->work, work, work_done)) {
		reporting_free(r);
		return answer_error("cannot read the journal: no thread is to be had");
	}
	connection_defer(c, step, left, r);
	return NULL;
}
