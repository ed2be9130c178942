// SPDX-License-Identifier: GPL-2.0-or-later
/* outcome: what the mail server's log tells of its clients, a batch a request. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/outcome.h"
#include "../control/protocol.h"
#include "outcomes.h"
#include "verbs.h"

#define AHEAD 3600 /* seconds that the clock of the log's host may be */

/* One line, or why it is none. */
static const char *take(struct agent *a, const json_t *line, int64_t now)
{
	const char *addr = request_text(line, "addr"), *word = request_text(line, "outcome");
	const json_t *at = json_object_get(line, "at");
	enum outcome outcome;
	struct addr client;

	if (!addr || !addr_parse(&client, addr))
		return "no address";
	if (!word || !outcome_parse(&outcome, word) ||
	    (outcome != OUTCOME_ACCEPTED && outcome != OUTCOME_REFUSED))
		return "neither accepted nor refused";
	if (at && (!json_is_integer(at) || json_integer_value(at) < 0))
		return "no time";
	if (json_integer_value(at) > now + AHEAD)
		return "a time to come";
	outcomes_told(a, &client, outcome == OUTCOME_ACCEPTED, at ? json_integer_value(at) : now);
	return NULL;
}

json_t *verb_outcome(void *agent, const json_t *request, struct connection *c)
{
	const json_t *lines = json_object_get(request, "lines"), *line;
	json_int_t done = 0, bad = 0;
	const char *why = NULL;
	size_t i;

	(void)c;
	if (!json_is_array(lines))
		return answer_error("`outcome' wants \"lines\", an array");
	if (json_array_size(lines) > OUTCOME_LINES_MAX)
		return answer_error("%zu lines in one request; at most %d", json_array_size(lines),
				    OUTCOME_LINES_MAX);
	json_array_foreach(lines, i, line)
	{
		const char *one = take(agent, line, (int64_t)time(NULL));

		why = one ? one : why;
		done += !one;
		bad += one != NULL;
	}
	return json_pack("{s:b, s:I, s:I, s:s?}", "ok", 1, "done", done, "bad", bad, "why", why);
}
