// SPDX-License-Identifier: GPL-2.0-or-later
/* top: a live view; with --json snapshots. */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "top.h"
#include "top_gather.h"

#define PATIENCE     2    /* seconds that the agent may be silent */
#define INTERVAL_MAX 3600 /* seconds */
#define COUNT_MAX    1000000
#define ESCAPE_MS    25 /* after Esc this long nothing: it is the key, no sequence of the terminal */

struct looks {
	unsigned interval, count; /* count 0: without an end */
};

/* Snapshots, one a line. Where the agent was absent from the last, the code says so. */
static int tell_looks(void *context)
{
	const struct looks *looks = context;
	bool agent = false;

	for (unsigned i = 0; !looks->count || i < looks->count; i++) {
		json_t *snapshot;

		if (i)
			sleep(looks->interval);
		snapshot = top_gather(PATIENCE);
		if (!snapshot || !text_json(stdout, snapshot) || fflush(stdout)) {
			json_decref(snapshot);
			return cli_failed("cannot write to standard output");
		}
		agent = field_is_true(snapshot, "agent");
		json_decref(snapshot);
	}
	return agent ? CLI_DONE : CLI_FAILED;
}

static volatile sig_atomic_t ended;

static void end(int unused)
{
	(void)unused;
	ended = 1;
}

static void hear_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = end};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* The newest of those that have come. */
static void take_snapshots(struct top *top)
{
	json_t *newest = NULL, *snapshot;
	char *line;

	top_job_read(&top->stream);
	while ((line = top_job_line(&top->stream))) {
		snapshot = json_loads(line, 0, NULL);
		if (!json_is_object(snapshot)) {
			json_decref(snapshot);
			continue;
		}
		json_decref(newest);
		newest = snapshot;
	}
	if (top->paused || !newest) {
		json_decref(newest);
		return;
	}
	top_model_take(&top->model, newest);
	top_follow(top);
}

static void read_keys(struct top *top)
{
	int key;

	while (!top->quit && (key = getch()) != ERR)
		top_key(top, key);
}

/* What each turn waits for. */
static bool wait_for(struct top *top)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = top->stream.fd, .events = POLLIN},
		{.fd = top->doing ? top->verb.fd : -1, .events = POLLIN},
	};

	if (poll(fds, 3, -1) < 0)
		return errno == EINTR;
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return false; /* the terminal is gone */
	if (fds[1].revents)
		take_snapshots(top);
	if (fds[2].revents)
		top_job_read(&top->verb);
	if (top->doing && top->verb.ended)
		top_verb_ended(top);
	return !top->stream.ended;
}

static void show(struct top *top)
{
	do {
		/* A key may be a new size of the terminal, which comes by a signal. */
		read_keys(top);
		top_draw(top);
		refresh();
	} while (!top->quit && !ended && wait_for(top) && !ended);
}

static void open_screen(struct top *top)
{
	const char *codeset = nl_langinfo(CODESET);

	top->unicode = codeset && !strcmp(codeset, "UTF-8");
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	top_colors(top);
}

static int show_screen(struct looks *looks)
{
	const char *term = getenv("TERM");
	char quoted[TEXT_QUOTE];
	struct top top = {0};
	bool broken;
	SCREEN *screen;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_failed("it draws on a terminal, and this is none: write `mxdpctl top "
				  "--json' for a snapshot");
	setlocale(LC_CTYPE, "");
	hear_signals();
	/* Before curses, so that nothing of it is in the other process. */
	if (!top_job_start(&top.stream, tell_looks, looks))
		return cli_failed("there is no room for another process");
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		top_job_end(&top.stream);
		return cli_failed("the terminal %s is not known here: set TERM to one that is",
				  text_quote(quoted, term ? term : ""));
	}
	open_screen(&top);
	show(&top);
	broken = top.stream.ended;
	endwin();
	delscreen(screen);
	top_job_end(&top.stream);
	top_job_end(&top.verb);
	top_model_free(&top.model);
	free(top.page.text);
	return broken ? cli_failed("the process that asks the agent has ended") : CLI_DONE;
}

static bool read_number(unsigned *out, const char *option, unsigned max)
{
	char quoted[TEXT_QUOTE];

	if (cli_number(out, optarg, max) && *out)
		return true;
	cli_misused("%s: %s is no number from 1 to %u", option, text_quote(quoted, optarg), max);
	return false;
}

int cmd_top(int argc, char **argv)
{
	static const struct option words[] = {
		{"interval", required_argument, NULL, 'i'},
		{"count", required_argument, NULL, 'n'},
		CLI_WORDS,
	};
	struct looks looks = {.interval = 1};
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'i' && read_number(&looks.interval, "--interval", INTERVAL_MAX))
			continue;
		if (c == 'n' && read_number(&looks.count, "--count", COUNT_MAX))
			continue;
		return CLI_USAGE;
	}
	if (optind < argc)
		return cli_misused("there is nothing to say behind `top' but options");
	if (looks.count && !cli.json)
		return cli_misused("--count goes with --json");
	if (!cli.json)
		return show_screen(&looks);
	if (!looks.count)
		looks.count = 1;
	return tell_looks(&looks);
}
