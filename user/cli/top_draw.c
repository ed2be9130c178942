// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The screen of `top'. All text goes through put(), which cleans and cuts it: nothing that a bot
 * typed reaches the terminal as it came.
 */
#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "top.h"

#define LABEL 8 /* columns of the words in front of the upper lines */

void top_colors(struct top *top)
{
	static const struct {
		enum paint paint;
		short color;
	} pairs[] = {
		{PAINT_GOOD, COLOR_GREEN},
		{PAINT_WARN, COLOR_YELLOW},
		{PAINT_BAD, COLOR_RED},
	};

	top->colors = *paint(PAINT_GOOD) && has_colors() && start_color() != ERR;
	if (!top->colors)
		return;
	use_default_colors();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		init_pair((short)pairs[i].paint, pairs[i].color, -1);
}

static chtype attribute(const struct top *top, enum paint paint)
{
	switch (paint) {
	case PAINT_NONE:
		return A_NORMAL;
	case PAINT_HEAD:
		return A_BOLD;
	case PAINT_DIM:
		return A_DIM;
	case PAINT_BAD:
		return A_BOLD | (top->colors ? (chtype)COLOR_PAIR(paint) : 0);
	default:
		return top->colors ? (chtype)COLOR_PAIR(paint) : A_NORMAL;
	}
}

/* At most `width' columns, and never beyond the edge. Returns how many it took. */
static int put(int y, int x, int width, chtype attr, const char *text)
{
	char clean[TEXT_CELL];
	size_t room;

	if (width > COLS - x)
		width = COLS - x;
	if (y < 0 || y >= LINES || width <= 0)
		return 0;
	room = (size_t)width + 1 > sizeof(clean) ? sizeof(clean) : (size_t)width + 1;
	/* text_clean() wants room for its "...", so what is narrower is cut by curses. */
	text_clean(clean, room < 8 ? 8 : room, text ? text : "-");
	attrset(attr);
	mvaddnstr(y, x, clean, width);
	attrset(A_NORMAL);
	return (int)strlen(clean) < width ? (int)strlen(clean) : width;
}

__attribute__((format(printf, 5, 6))) static int putf(int y, int x, int width, chtype attr,
						      const char *format, ...)
{
	char text[TEXT_CELL];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return put(y, x, width, attr, text);
}

/* "0", "3.4", "120", "12.3k", "-": a second */
static const char *rate_text(char out[16], double rate)
{
	if (rate < 0)
		return strcpy(out, "-");
	if (rate >= 999.5e3)
		snprintf(out, 16, "%.1fM", rate / 1e6);
	else if (rate >= 9999.5)
		snprintf(out, 16, "%.1fk", rate / 1e3);
	else if (rate > 0 && rate < 9.95)
		snprintf(out, 16, "%.1f", rate);
	else
		snprintf(out, 16, "%.0f", rate);
	return out;
}

static const json_t *status_of(const struct top *top)
{
	return json_object_get(top->model.snapshot, "status");
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

/* The upper lines */

static void local_time(char out[16], const char *utc)
{
	struct tm tm = {0}, local;
	time_t when;

	snprintf(out, 16, "--:--:--");
	if (!utc || !strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return;
	when = timegm(&tm);
	if (localtime_r(&when, &local))
		strftime(out, 16, "%H:%M:%S", &local);
}

static int put_mode(const struct top *top, int y, int x)
{
	const json_t *status = status_of(top);
	const char *mode = field_text(status, "mode"), *by = field_text(status, "mode_by");
	bool enforces = field_is_true(status, "enforcing");

	x += put(y, x, COLS, attribute(top, enforces ? PAINT_GOOD : PAINT_WARN), or_unknown(mode));
	return x + (by ? putf(y, x, COLS, A_NORMAL, ", set by %s", by) : 0);
}

static int put_interfaces(const struct top *top, int y, int x)
{
	const json_t *interface;
	size_t i;

	json_array_foreach(json_object_get(status_of(top), "interfaces"), i, interface)
	{
		bool attached = field_is_true(interface, "attached");

		x += put(y, x, COLS, A_NORMAL, i ? " " : "   ");
		x += putf(y, x, COLS, attribute(top, attached ? PAINT_NONE : PAINT_BAD), "%s%s",
			  or_unknown(field_text(interface, "name")), attached ? "" : " OFF");
	}
	return x;
}

static void draw_title(const struct top *top, struct top_section s)
{
	char now[16], up[TEXT_SPAN];
	int x = put(s.at, 0, LABEL, attribute(top, PAINT_HEAD), "mxdp");

	if (!s.lines)
		return;
	x = LABEL > x ? LABEL : x + 1;
	if (!top->model.agent)
		x += put(s.at, x, COLS, attribute(top, PAINT_BAD),
			 top->model.snapshot ? "NO AGENT   " : "asking the agent ...");
	if (json_is_object(status_of(top))) {
		x = put_mode(top, s.at, x);
		x = put_interfaces(top, s.at, x);
	}
	if (top->model.agent)
		putf(s.at, x, COLS, A_NORMAL, "   up %s",
		     text_span(up, field_number(status_of(top), "uptime", 0)));
	local_time(now, field_text(top->model.snapshot, "time"));
	if (COLS > 20)
		putf(s.at, COLS - (top->paused ? 16 : 9), 16,
		     attribute(top, top->paused ? PAINT_WARN : PAINT_HEAD), " %s%s",
		     top->paused ? "PAUSED " : "", now);
}

static void draw_syns(const struct top *top, struct top_section s)
{
	const struct top_rates *rates = &top->model.rates;
	char passed[16], dropped[16], spared[16];

	if (!s.lines)
		return;
	put(s.at, 0, LABEL, attribute(top, PAINT_DIM), "SYNs");
	putf(s.at, LABEL, COLS, A_NORMAL, "passed %s/s   dropped %s/s",
	     rate_text(passed, rates->passed), rate_text(dropped, rates->dropped));
	if (rates->spared > 0)
		putf(s.at, LABEL + 36, COLS, attribute(top, PAINT_WARN),
		     "%s/s would be dropped in enforce mode", rate_text(spared, rates->spared));
}

#define LEVELS 8

static const char *bar(const struct top *top, double rate, double most)
{
	static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	int level = rate > 0 && most > 0 ? 1 + (int)(rate / most * (LEVELS - 1.001)) : 0;

	if (rate < 0)
		return " ";
	return (top->unicode ? blocks : ascii)[level < LEVELS ? level : LEVELS - 1];
}

/* The newest at the right; "most" is of those shown. */
static void draw_spark(const struct top *top, int y, const char *label, const double *past)
{
	size_t count = top->model.past, width = COLS > LABEL + 16 ? (size_t)COLS - LABEL - 12 : 0;
	char text[16];
	double most = 0;

	if (count > width)
		past += count - width;
	count = count < width ? count : width;
	for (size_t i = 0; i < count; i++)
		most = past[i] > most ? past[i] : most;
	put(y, 0, LABEL, attribute(top, PAINT_DIM), label);
	for (size_t i = 0; i < count; i++)
		mvaddstr(y, LABEL + (int)(width - count + i), bar(top, past[i], most));
	if (width)
		putf(y, COLS - 11, 11, attribute(top, PAINT_DIM), "most %s", rate_text(text, most));
}

static void draw_sparks(const struct top *top, struct top_section s)
{
	if (s.lines < 2)
		return;
	draw_spark(top, s.at, "passed", top->model.passed);
	draw_spark(top, s.at + 1, "dropped", top->model.dropped);
}

static void draw_agent(const struct top *top, struct top_section s)
{
	const json_t *status = status_of(top);
	const json_t *minute = json_object_get(json_object_get(status, "loop"), "last_minute");
	json_int_t lost = field_number(json_object_get(status, "fates"), "record-lost", 0);
	json_int_t memory = field_number(top->model.snapshot, "memory", -1);
	char replies[16], mib[24] = "-";

	if (!s.lines)
		return;
	put(s.at, 0, LABEL, attribute(top, PAINT_DIM), "agent");
	if (!top->model.agent)
		return;
	if (memory >= 0)
		snprintf(mib, sizeof(mib), "%lld MiB", (long long)(memory >> 20));
	putf(s.at, LABEL, COLS, attribute(top, top->model.rates.lost > 0 ? PAINT_BAD : PAINT_NONE),
	     "%s, longest turn %lld ms, tap %s replies/s, %lld lost, %lld verdicts, %lld sessions",
	     mib, (long long)field_number(minute, "longest_ms", 0),
	     rate_text(replies, top->model.rates.replies), (long long)lost,
	     (long long)field_number(status, "verdicts", 0),
	     (long long)field_number(status, "sessions", 0));
}

static void draw_note(const struct top *top, struct top_section s)
{
	const json_t *notes = json_object_get(status_of(top), "notes");
	const char *first = json_string_value(json_array_get(notes, 0));
	size_t more = json_array_size(notes) > 1 ? json_array_size(notes) - 1 : 0;
	chtype bad = attribute(top, PAINT_BAD);

	if (!s.lines)
		return;
	if (top->model.snapshot && !top->model.agent)
		putf(s.at, 0, COLS, bad, "! %s; the tables are as last known",
		     or_unknown(field_text(top->model.snapshot, "why")));
	else if (first && more)
		putf(s.at, 0, COLS, bad, "! (1 of %zu, see mxdpctl status) %s", more + 1, first);
	else if (first)
		putf(s.at, 0, COLS, bad, "! %s", first);
}

/* The tables. Columns go one by one as the screen gets narrow. */

enum cell {
	CELL_ADDRESS,
	CELL_PORTS,
	CELL_ACTION,
	CELL_CAUSE,
	CELL_HITS,
	CELL_RATE,
	CELL_LAST,
	CELL_LEFT,
	CELLS
};

static const struct {
	const char *title;
	int width; /* 0: they share what is left */
	int from;  /* columns of the screen that it takes */
} cells[CELLS] = {
	[CELL_ADDRESS] = {"BLOCKED", 0, 0}, [CELL_PORTS] = {"PORTS", 5, 76},
	[CELL_ACTION] = {"ACTION", 6, 68},  [CELL_CAUSE] = {"CAUSE", 0, 44},
	[CELL_HITS] = {"HITS", 8, 28},      [CELL_RATE] = {"/S", 6, 36},
	[CELL_LAST] = {"LAST", 6, 80},      [CELL_LEFT] = {"LEFT", 7, 60},
};

static int address_width(const struct top *top)
{
	size_t longest = 15;

	for (size_t i = 0; i < top->model.rows; i++) {
		const char *addr = field_text(top->model.row[i].verdict, "addr");

		if (addr && strlen(addr) > longest)
			longest = strlen(addr);
	}
	return (int)longest;
}

static void widths_of(const struct top *top, int widths[CELLS])
{
	int left = COLS, address = address_width(top);

	for (int i = 0; i < CELLS; i++) {
		widths[i] = COLS >= cells[i].from ? cells[i].width : 0;
		left -= widths[i] ? widths[i] + 1 : 0;
	}
	if (COLS < cells[CELL_CAUSE].from) {
		widths[CELL_ADDRESS] = left;
		return;
	}
	widths[CELL_ADDRESS] = address < left - 9 ? address : left - 9;
	widths[CELL_CAUSE] = left - widths[CELL_ADDRESS] - 1;
}

static void put_cells(int y, const int widths[CELLS], chtype attr, const char *const texts[CELLS])
{
	int x = 0;

	for (int i = 0; i < CELLS; i++) {
		const char *text = texts[i] ? texts[i] : "-";
		int len = (int)strlen(text);
		bool right = i >= CELL_HITS;

		if (!widths[i])
			continue;
		put(y, right && len < widths[i] ? x + widths[i] - len : x, widths[i], attr, text);
		x += widths[i] + 1;
	}
}

/* A whole line in the colour of the choice. */
static void mark(int y)
{
	mvchgat(y, 0, -1, A_REVERSE, 0, NULL);
}

static const char *short_ports(const json_t *of)
{
	const char *ports = field_text(of, "ports");

	return ports && !strcmp(ports, "submission") ? "subm" : ports;
}

static const char *span_or(char out[TEXT_SPAN], const json_t *of, const char *key, const char *none)
{
	json_int_t seconds = field_number(of, key, -1);

	return seconds < 0 ? none : text_span(out, seconds);
}

static void draw_row(const struct top *top, int y, const int widths[CELLS], size_t i)
{
	const struct top_row *row = &top->model.row[i];
	char hits[24], rate[16], last[TEXT_SPAN], left[TEXT_SPAN];
	const char *texts[CELLS] = {
		[CELL_ADDRESS] = field_text(row->verdict, "addr"),
		[CELL_PORTS] = short_ports(row->verdict),
		[CELL_ACTION] = field_text(row->verdict, "action"),
		[CELL_CAUSE] = field_text(row->verdict, "cause"),
		[CELL_HITS] = hits,
		[CELL_RATE] = rate_text(rate, row->rate),
		[CELL_LAST] = span_or(last, row->verdict, "last_hit", "never"),
		[CELL_LEFT] = span_or(left, row->verdict, "expires_in", "forever"),
	};

	snprintf(hits, sizeof(hits), "%lld", (long long)field_number(row->verdict, "hits", 0));
	put_cells(y, widths, attribute(top, row->rate > 0 ? PAINT_HEAD : PAINT_NONE), texts);
}

static chtype title_of(const struct top *top, enum top_focus focus)
{
	return top->focus == focus ? A_BOLD | A_UNDERLINE : A_BOLD;
}

/* The first line to show so that the chosen one is among them. */
static size_t scrolled(struct top_choice *choice, size_t lines, size_t room)
{
	if (choice->first + room > lines)
		choice->first = lines > room ? lines - room : 0;
	if (choice->at < choice->first)
		choice->first = choice->at;
	if (choice->at >= choice->first + room)
		choice->first = choice->at + 1 - room;
	return choice->first;
}

static void draw_blocked(struct top *top, struct top_section s)
{
	struct top_choice *choice = &top->choice[TOP_ON_BLOCKED];
	const char *titles[CELLS];
	int widths[CELLS];
	size_t first, room = (size_t)s.lines - 1;

	if (s.lines < 2)
		return;
	widths_of(top, widths);
	for (int i = 0; i < CELLS; i++)
		titles[i] = cells[i].title;
	put_cells(s.at, widths, title_of(top, TOP_ON_BLOCKED), titles);
	if (!top->model.rows)
		put(s.at + 1, 0, COLS, attribute(top, PAINT_DIM),
		    "nobody under verdict has come again");
	first = scrolled(choice, top->model.rows, room);
	for (size_t i = first; i < top->model.rows && i < first + room; i++) {
		draw_row(top, s.at + 1 + (int)(i - first), widths, i);
		if (top->focus == TOP_ON_BLOCKED && i == choice->at)
			mark(s.at + 1 + (int)(i - first));
	}
}

/* "drop 30m", "would drop 30m", "watch" */
static void decision_words(char out[48], const json_t *event)
{
	const char *verdict = field_text(event, "verdict"), *action = field_text(event, "action");
	json_int_t ttl = field_number(event, "ttl", 0);
	char span[TEXT_SPAN] = "";

	if (action && ttl > 0)
		text_span(span, ttl);
	snprintf(out, 48, "%s%.16s %.16s",
		 verdict && !strcmp(verdict, "block") && !field_is_true(event, "enforced")
			 ? "would "
			 : "",
		 action ? action : or_unknown(verdict), span);
}

static void evidence_words(char *out, size_t size, const json_t *event)
{
	const json_t *finding;
	size_t n = 0, i;

	out[0] = '\0';
	json_array_foreach(json_object_get(event, "findings"), i, finding)
	{
		const char *detail = field_text(finding, "detail");

		if (n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s%s%s", i ? "; " : "",
					      or_unknown(field_text(finding, "id")),
					      detail && *detail ? " " : "", detail ? detail : "");
	}
}

#define DECISION 16 /* columns of the words of a decision */

static void draw_verdict(const struct top *top, int y, size_t i)
{
	const json_t *event = top_model_verdict(&top->model, i);
	char when[16], what[48], why[TEXT_CELL], who[ADDR_TEXT];
	chtype attr = attribute(top, event_paint(event));
	int x = 0, width = COLS >= 72 ? 18 : 15;

	local_time(when, field_text(event, "time"));
	if (COLS >= 60) {
		put(y, x, 8, attr, when);
		x += 9;
	}
	top_line_address(who, top, TOP_ON_VERDICTS, i);
	if (strlen(who) > (size_t)width && COLS >= 72)
		width = (int)strlen(who) < COLS / 2 ? (int)strlen(who) : COLS / 2;
	put(y, x, width, attr, who);
	x += width + 1;
	decision_words(what, event);
	put(y, x, DECISION, attr, what);
	evidence_words(why, sizeof(why), event);
	put(y, x + DECISION + 1, COLS, attr, why);
}

static void draw_verdicts(struct top *top, struct top_section s)
{
	struct top_choice *choice = &top->choice[TOP_ON_VERDICTS];
	size_t count = top_model_verdicts(&top->model), room = (size_t)s.lines - 1, first;

	if (s.lines < 2)
		return;
	put(s.at, 0, COLS, title_of(top, TOP_ON_VERDICTS), "VERDICTS, the newest first");
	if (!count)
		put(s.at + 1, 0, COLS, attribute(top, PAINT_DIM), "none since the agent's start");
	first = scrolled(choice, count, room);
	for (size_t i = first; i < count && i < first + room; i++) {
		draw_verdict(top, s.at + 1 + (int)(i - first), i);
		if (top->focus == TOP_ON_VERDICTS && i == choice->at)
			mark(s.at + 1 + (int)(i - first));
	}
}

static void draw_health(const struct top *top, struct top_section s)
{
	static const enum paint paints[] = {
		[TOP_BROKEN] = PAINT_BAD,
		[TOP_WEAK] = PAINT_WARN,
		[TOP_WELL] = PAINT_NONE,
	};
	const struct top_model *m = &top->model;
	size_t ill = 0, room = s.lines > 1 ? (size_t)s.lines - 1 : 0;
	int name = COLS >= 60 ? 24 : 16;

	if (!room)
		return;
	for (size_t i = 0; i < m->healths; i++)
		ill += m->health[i].state != TOP_WELL;
	putf(s.at, 0, COLS, A_BOLD, "LISTS AND FEEDS: %zu, %zu not well", m->healths, ill);
	for (size_t i = 0; i < m->healths && i < room; i++) {
		const struct top_health *h = &m->health[i];
		int y = s.at + 1 + (int)i;

		put(y, 0, name, attribute(top, paints[h->state]), h->name);
		put(y, name + 1, 11, A_NORMAL, h->kind);
		put(y, name + 13, 8, attribute(top, paints[h->state]), h->word);
		if (h->why)
			put(y, name + 22, COLS, A_NORMAL, h->why);
	}
}

/* Where nothing else is to be said, why the chosen line stands there. */
static void draw_message(const struct top *top, struct top_section s)
{
	size_t at = top->choice[TOP_ON_BLOCKED].at;

	if (!s.lines)
		return;
	if (*top->message)
		put(s.at, 0, COLS, attribute(top, top->message_is_bad ? PAINT_BAD : PAINT_HEAD),
		    top->message);
	else if (top->focus == TOP_ON_BLOCKED && at < top->model.rows)
		putf(s.at, 0, COLS, attribute(top, PAINT_DIM), "%s: %s",
		     or_unknown(field_text(top->model.row[at].verdict, "addr")),
		     or_unknown(field_text(top->model.row[at].verdict, "reason")));
}

void top_draw(struct top *top)
{
	struct top_layout l;

	if (top->page.text) {
		top_page_draw(top);
		return;
	}
	l = top_layout(LINES, (int)top->model.healths);
	erase();
	draw_title(top, l.title);
	draw_syns(top, l.syns);
	draw_sparks(top, l.sparks);
	draw_agent(top, l.agent);
	draw_note(top, l.note);
	draw_blocked(top, l.blocked);
	draw_verdicts(top, l.verdicts);
	draw_health(top, l.health);
	draw_message(top, l.message);
	if (l.keys.lines)
		put(l.keys.at, 0, COLS, A_REVERSE,
		    "q quit  h help  e explain  u unblock  a allow  Tab table  s sort  p pause");
}
