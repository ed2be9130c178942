// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "ask.h"
#include "cli.h"
#include "event.h"

#define LINES_DEFAULT 50
#define LINES_MOST    10000000

/* An event that waits in a buffer is no news. */
static int flushed(void)
{
	if (!fflush(stdout))
		return 0;
	cli_failed("cannot write to standard output");
	return -1;
}

static int take(const json_t *event, void *follow)
{
	enum paint color = event_paint(event);
	char line[EVENT_TEXT];

	if (cli.json)
		text_json(stdout, event);
	else if (color == PAINT_NONE)
		puts(event_line(line, event));
	else
		printf("%s%s%s\n", paint(color), event_line(line, event), paint(PAINT_NONE));
	return *(bool *)follow ? flushed() : 0;
}

int cmd_log(int argc, char **argv)
{
	static const struct option words[] = {
		{"follow", no_argument, NULL, 'f'},
		{"lines", required_argument, NULL, 'n'},
		CLI_WORDS,
	};
	unsigned lines = LINES_DEFAULT;
	bool follow = false;
	struct question question = {.data = take, .context = &follow};
	int c;

	while ((c = cli_next(argc, argv, ":fn:", words)) != -1) {
		char quoted[TEXT_QUOTE];

		if (c != 'f' && c != 'n')
			return CLI_USAGE;
		if (c == 'f')
			follow = true;
		else if (!cli_number(&lines, optarg, LINES_MOST))
			return cli_misused("-n: %s is no number of lines from 0 to %d",
					   text_quote(quoted, optarg), LINES_MOST);
	}
	if (optind < argc)
		return cli_misused("there is nothing to say behind `log' but options");
	question.follow = follow;
	question.request = json_pack("{s:s, s:I, s:b}", "verb", "log", "lines", (json_int_t)lines,
				     "follow", (int)follow);
	return ask(&question, NULL);
}
