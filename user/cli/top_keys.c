// SPDX-License-Identifier: GPL-2.0-or-later
/* What keys do. A change wants a yes, and is made by the verb that everybody knows. */
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "top.h"

#define KEY_ESCAPE 27

static const char help[] =
	"SYNs: connection attempts to the mail ports, a second; the bars show the last minutes.\n"
	"agent: memory, its longest turn of the last minute, the mail server's replies that\n"
	"it sees, what it lost; a line with ! says what is wrong.\n"
	"BLOCKED: the verdicts that are met most, those met in the last minute first. /S is\n"
	"hits a second, LAST the last hit, LEFT what is left of it.\n"
	"VERDICTS: the newest decisions, with the evidence.\n"
	"LISTS AND FEEDS: what is wrong comes first.\n"
	"\n"
	"up, down, page up, page down, home, end   choose a line\n"
	"Tab                                       the other table\n"
	"e, Enter   explain it, as `mxdpctl explain' does\n"
	"u          unblock it: its verdict is taken back, with a day's grace\n"
	"a          allow it for ever: never blocked, whatever it does\n"
	"s          sort by rate, by hits, by age\n"
	"p          pause, and go on\n"
	"Esc        give up what was asked\n"
	"h          this\n"
	"q          quit\n";

__attribute__((format(printf, 3, 4))) static void tell(struct top *top, bool bad,
						       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(top->message, sizeof(top->message), format, args);
	va_end(args);
	top->message_is_bad = bad;
}

/* Lines of the tables */

size_t top_lines(const struct top *top, enum top_focus focus)
{
	return focus == TOP_ON_BLOCKED ? top->model.rows : top_model_verdicts(&top->model);
}

static const char *text_or_none(const json_t *object, const char *key)
{
	const char *text = field_text(object, key);

	return text ? text : "";
}

const char *top_line_key(char *out, size_t size, const struct top *top, enum top_focus focus,
			 size_t i)
{
	const json_t *of;

	if (focus == TOP_ON_BLOCKED) {
		of = top->model.row[i].verdict;
		snprintf(out, size, "%s %s", text_or_none(of, "addr"), text_or_none(of, "ports"));
	} else {
		of = top_model_verdict(&top->model, i);
		snprintf(out, size, "%s %s", text_or_none(of, "client"), text_or_none(of, "time"));
	}
	return out;
}

/* "198.51.100.7:41234" and "[2001:db8::1]:25" without the port. */
static void address_of(char out[ADDR_TEXT], const char *endpoint)
{
	const char *end = strrchr(endpoint, ':');
	size_t len = end ? (size_t)(end - endpoint) : strlen(endpoint);

	if (*endpoint == '[' && len > 1) {
		endpoint++;
		len -= 2;
	}
	snprintf(out, ADDR_TEXT, "%.*s", (int)len, endpoint);
}

bool top_line_address(char out[ADDR_TEXT], const struct top *top, enum top_focus focus, size_t i)
{
	const json_t *of;
	struct prefix prefix;

	out[0] = '\0';
	if (i >= top_lines(top, focus))
		return false;
	of = focus == TOP_ON_BLOCKED ? top->model.row[i].verdict
				     : top_model_verdict(&top->model, i);
	if (focus == TOP_ON_BLOCKED)
		snprintf(out, ADDR_TEXT, "%s", text_or_none(of, "addr"));
	else if (field_text(of, "blocked"))
		snprintf(out, ADDR_TEXT, "%s", field_text(of, "blocked"));
	else
		address_of(out, text_or_none(of, "client"));
	return prefix_parse(&prefix, out);
}

void top_follow(struct top *top)
{
	char key[sizeof(top->choice[0].key)];

	for (int focus = 0; focus < TOP_FOCUSES; focus++) {
		struct top_choice *choice = &top->choice[focus];
		size_t lines = top_lines(top, (enum top_focus)focus), i = 0;

		while (*choice->key && i < lines &&
		       strcmp(choice->key,
			      top_line_key(key, sizeof(key), top, (enum top_focus)focus, i)) != 0)
			i++;
		if (*choice->key && i < lines)
			choice->at = i;
		else
			choice->key[0] = '\0';
		if (choice->at >= lines)
			choice->at = lines ? lines - 1 : 0;
	}
}

static void move_to(struct top *top, long at)
{
	struct top_choice *choice = &top->choice[top->focus];
	long last = (long)top_lines(top, top->focus) - 1;

	choice->at = at < 0 || last < 0 ? 0 : (size_t)(at > last ? last : at);
	choice->key[0] = '\0';
	if (last >= 0)
		top_line_key(choice->key, sizeof(choice->key), top, top->focus, choice->at);
}

/* What is done about an address */

static const char *const words[] = {
	[TOP_ASK_NOTHING] = "",
	[TOP_ASK_EXPLAIN] = "explain",
	[TOP_ASK_UNBLOCK] = "unblock",
	[TOP_ASK_ALLOW] = "allow",
};

/* In the process of the verb. */
static int run_verb(void *context)
{
	const struct top *top = context;
	char verb[16], about[ADDR_TEXT], reason[] = "--reason", by[] = "by mxdpctl top",
					 end[] = "--";
	char *allow[] = {verb, reason, by, end, about, NULL}, *other[] = {verb, end, about, NULL};

	snprintf(verb, sizeof(verb), "%s", words[top->doing]);
	snprintf(about, sizeof(about), "%s", top->about);
	cli.json = false;
	optind = 0;
	switch (top->doing) {
	case TOP_ASK_EXPLAIN:
		return cmd_explain(3, other);
	case TOP_ASK_UNBLOCK:
		return cmd_unblock(3, other);
	case TOP_ASK_ALLOW:
		return cmd_allow(5, allow);
	default:
		return CLI_USAGE;
	}
}

static void do_it(struct top *top, enum top_ask what)
{
	top->doing = what;
	if (top_job_start(&top->verb, run_verb, top)) {
		tell(top, false, "%s %s ...", words[what], top->about);
	} else {
		top->doing = TOP_ASK_NOTHING;
		tell(top, true, "%s %s: there is no room for another process", words[what],
		     top->about);
	}
}

static void ask(struct top *top, enum top_ask what)
{
	if (top->doing) {
		tell(top, true, "%s %s is not done yet; Esc gives it up", words[top->doing],
		     top->about);
		return;
	}
	if (!top_line_address(top->about, top, top->focus, top->choice[top->focus].at)) {
		tell(top, true, "there is no line to %s", words[what]);
		return;
	}
	if (what == TOP_ASK_EXPLAIN) {
		do_it(top, what);
		return;
	}
	top->asking = what;
	tell(top, false, "%s %s, %s? y or n", words[what], top->about,
	     what == TOP_ASK_UNBLOCK ? "with a day's grace" : "for ever");
}

static void answer(struct top *top, int key)
{
	enum top_ask what = top->asking;

	if (key == KEY_RESIZE)
		return;
	top->asking = TOP_ASK_NOTHING;
	if (key == 'y' || key == 'Y')
		do_it(top, what);
	else
		tell(top, false, "%s %s: nothing was changed", words[what], top->about);
}

/* The first line of what the verb said, without our own name. */
static const char *first_line(char *text)
{
	static const char name[] = "mxdpctl: ";

	text[strcspn(text, "\n")] = '\0';
	return strncmp(text, name, sizeof(name) - 1) ? text : text + sizeof(name) - 1;
}

void top_verb_ended(struct top *top)
{
	bool done = WIFEXITED(top->verb.status) && WEXITSTATUS(top->verb.status) == CLI_DONE;
	char *text = top->verb.text;

	top->message[0] = '\0';
	if (!text || !*text)
		tell(top, true, "%s %s: it ended without a word", words[top->doing], top->about);
	else if (done && top->doing == TOP_ASK_EXPLAIN)
		top_page_open(top, "explain", text);
	else
		tell(top, !done, "%s: %s", top->about, first_line(text));
	top->doing = TOP_ASK_NOTHING;
	top_job_end(&top->verb);
}

static void give_up(struct top *top)
{
	if (!top->doing)
		return;
	tell(top, true, "%s %s: given up; what the agent makes of it is not known",
	     words[top->doing], top->about);
	top->doing = TOP_ASK_NOTHING;
	top_job_end(&top->verb);
}

static void sort_next(struct top *top)
{
	static const char *const names[TOP_SORTS] = {"rate", "hits", "age"};

	top_model_sort(&top->model, (top->model.sort + 1) % TOP_SORTS);
	top_follow(top);
	tell(top, false, "sorted by %s", names[top->model.sort]);
}

static void pause_or_go_on(struct top *top)
{
	top->paused = !top->paused;
	tell(top, false, top->paused ? "paused: p goes on" : "it goes on");
}

static void key_of_table(struct top *top, int key)
{
	long at = (long)top->choice[top->focus].at, page = LINES / 2;

	switch (key) {
	case KEY_UP:
	case 'k':
		move_to(top, at - 1);
		break;
	case KEY_DOWN:
	case 'j':
		move_to(top, at + 1);
		break;
	case KEY_PPAGE:
		move_to(top, at - page);
		break;
	case KEY_NPAGE:
		move_to(top, at + page);
		break;
	case KEY_HOME:
		move_to(top, 0);
		break;
	case KEY_END:
		move_to(top, (long)top_lines(top, top->focus));
		break;
	case '\t':
		top->focus = (top->focus + 1) % TOP_FOCUSES;
		break;
	default:
		return;
	}
	top->message[0] = '\0';
}

void top_key(struct top *top, int key)
{
	if (top->page.text) {
		top_page_key(top, key);
		return;
	}
	if (top->asking) {
		answer(top, key);
		return;
	}
	switch (key) {
	case 'e':
	case '\r':
	case '\n':
	case KEY_ENTER:
		ask(top, TOP_ASK_EXPLAIN);
		break;
	case 'u':
		ask(top, TOP_ASK_UNBLOCK);
		break;
	case 'a':
		ask(top, TOP_ASK_ALLOW);
		break;
	case 's':
		sort_next(top);
		break;
	case 'p':
		pause_or_go_on(top);
		break;
	case 'h':
	case '?':
		top_page_open(top, "mxdpctl top", help);
		break;
	case KEY_ESCAPE:
		give_up(top);
		break;
	case 'q':
		top->quit = true;
		break;
	default:
		key_of_table(top, key);
	}
}
