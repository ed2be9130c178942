// SPDX-License-Identifier: GPL-2.0-or-later
/* feeds sync: waits for the end; on a terminal the progress is one line that changes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "feeds.h"
#include "text.h"
#include "../base/names.h"

/* A fetch may take its whole timeout, behind others. */
#define PATIENCE 3600

static bool on_line; /* the terminal's line holds progress */

static void clear_line(void)
{
	if (on_line)
		fputs("\r\033[K", stdout);
	on_line = false;
}

static int show(const json_t *feed, void *unused)
{
	const char *name = field_text(feed, "name"), *words = field_text(feed, "words");
	const char *state = field_text(feed, "state");
	bool ended = field_is_true(feed, "ended"), ok = state && !strcmp(state, "ok");
	long long entries = (long long)field_number(feed, "entries", 0);
	char clean[TEXT_CELL], text[TEXT_CELL];

	(void)unused;
	if (cli.json)
		return ask_print_json(feed, NULL);
	if (!ended && !isatty(STDOUT_FILENO))
		return 0;
	clear_line();
	text_clean(clean, sizeof(clean), name ? name : "?");
	text_clean(text, sizeof(text), words ? words : "?");
	if (!ended)
		printf("%s: %.60s", clean, text);
	else if (ok)
		printf("%s: current, %lld %s\n", clean, entries, entries_word((uint64_t)entries));
	else
		printf("%s: %s%s%s\n", clean, paint(PAINT_BAD), text, paint(PAINT_NONE));
	on_line = !ended;
	fflush(stdout);
	return 0;
}

static json_t *make_request(int count, char **names, bool force)
{
	json_t *request = ask_request("feeds", NULL), *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	json_object_set_new(request, "sync", list);
	json_object_set_new(request, "force", json_boolean(force));
	return request;
}

int feeds_sync(int count, char **names, bool force)
{
	struct question question = {.data = show, .patience = PATIENCE};
	bool brings = count == 2 && !strcmp(names[1], "-");
	json_int_t asked, current, upload = 0;
	json_t *closing;
	int code = brings ? feeds_bring(names[0], &upload) : CLI_DONE;

	if (code != CLI_DONE)
		return code;
	question.request = make_request(brings ? 1 : count, names, force);
	if (brings)
		json_object_set_new(question.request, "upload", json_integer(upload));
	code = ask(&question, &closing);
	clear_line();
	if (code != CLI_DONE)
		return code;
	asked = field_number(closing, "asked", 0);
	current = field_number(closing, "current", 0);
	json_decref(closing);
	if (current == asked)
		return CLI_DONE;
	return cli_failed("%lld of %lld feeds are not current", (long long)(asked - current),
			  (long long)asked);
}
