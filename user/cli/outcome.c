// SPDX-License-Identifier: GPL-2.0-or-later
/* outcome: what the mail server's log says of its clients, as it is written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "lines.h"
#include "outcome_line.h"
#include "text.h"
#include "../control/protocol.h"

#define READ_BYTES 65536
#define AWAY_TRIES 60 /* seconds that an agent may take to start again */

struct talk {
	char text[LINES_TEXT + 1];
	size_t len;
	bool cut;
	unsigned number; /* of the line */
	size_t bad;
	json_int_t done;
	json_t *lines; /* not sent yet */
	int code;
};

static void say_bad(struct talk *t, const char *why)
{
	char quoted[TEXT_QUOTE];

	if (t->bad++ == ASK_ERRORS)
		fprintf(stderr, "stdin: more such lines are only counted\n");
	if (t->bad > ASK_ERRORS)
		return;
	fprintf(stderr, "stdin:%u: %s: %s\n", t->number, text_quote(quoted, t->text), why);
}

/* An agent that is being restarted is waited for: the log goes on. */
static int send_lines(struct talk *t)
{
	struct absence absence;
	json_t *closing;
	int code;

	if (!json_array_size(t->lines))
		return CLI_DONE;
	for (int tries = 0;; tries++) {
		struct question q = {.patience = ASK_CHANGE, .absence = &absence};

		absence = (struct absence){0};
		q.request = json_pack("{s:s, s:O}", "verb", "outcome", "lines", t->lines);
		closing = NULL;
		code = ask(&q, &closing);
		if (!absence.absent || tries == AWAY_TRIES)
			break;
		sleep(1);
	}
	if (absence.absent)
		cli_failed("the agent is not running: %s", absence.why);
	t->done += field_number(closing, "done", 0);
	t->bad += (size_t)field_number(closing, "bad", 0);
	json_decref(closing);
	json_array_clear(t->lines);
	return code;
}

static void take_line(struct talk *t)
{
	char text[ADDR_TEXT], line[LINES_TEXT + 1];
	struct outcome_line said;
	const char *why;
	json_t *object;

	memcpy(line, t->text, t->len + 1);
	if (!outcome_line_parse(&said, line, &why)) {
		say_bad(t, why);
		return;
	}
	object = json_pack("{s:s, s:s}", "addr", addr_format(text, &said.client), "outcome",
			   outcome_name(said.outcome));
	if (said.timed)
		json_object_set_new(object, "at", json_integer(said.at));
	json_array_append_new(t->lines, object);
	if (json_array_size(t->lines) == OUTCOME_LINES_MAX)
		t->code = send_lines(t);
}

static void end_line(struct talk *t)
{
	t->number++;
	while (t->len && strchr(" \t\r", t->text[t->len - 1]))
		t->len--;
	t->text[t->len] = '\0';
	if (t->cut)
		say_bad(t, "the line is too long");
	else if (strlen(t->text) != t->len)
		say_bad(t, "the line holds a zero byte");
	else if (t->len && t->text[0] != '#')
		take_line(t);
	t->len = 0;
	t->cut = false;
}

static void take_bytes(struct talk *t, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count && t->code == CLI_DONE; i++) {
		if (bytes[i] == '\n')
			end_line(t);
		else if (t->len < LINES_TEXT)
			t->text[t->len++] = bytes[i];
		else
			t->cut = true;
	}
}

/* What is there is one batch: a quiet log is told at once, a busy one in large pieces. */
static int follow(struct talk *t)
{
	static char bytes[READ_BYTES];
	ssize_t n = 1;

	while (n && t->code == CLI_DONE) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_failed("cannot read standard input: %s", strerror(errno));
		take_bytes(t, bytes, (size_t)n);
		if (!n && t->len)
			end_line(t);
		if (t->code == CLI_DONE)
			t->code = send_lines(t);
	}
	return t->code;
}

int cmd_outcome(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	struct talk t = {.code = CLI_DONE};
	int code;

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (optind + 1 != argc || strcmp(argv[optind], "-") != 0)
		return cli_misused("`outcome' reads standard input: write `-'");
	t.lines = json_array();
	if (!t.lines)
		return cli_failed("out of memory");
	code = follow(&t);
	json_decref(t.lines);
	if (cli.json)
		printf("{\"done\": %lld, \"bad\": %zu}\n", (long long)t.done, t.bad);
	if (code == CLI_DONE && t.bad)
		return cli_failed("%zu line%s skipped, %lld taken", t.bad,
				  t.bad == 1 ? " was" : "s were", (long long)t.done);
	return code;
}
