// SPDX-License-Identifier: GPL-2.0-or-later
/* A text over the whole screen, to be gone through line by line. Long lines are folded. */
#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

void top_page_open(struct top *top, const char *title, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return;
	free(top->page.text);
	top->page = (struct top_page){.text = copy, .title = title};
}

static size_t count_lines(const char *text, size_t width)
{
	size_t lines = 0;

	for (; *text; lines++)
		text_fold(&text, width);
	return lines;
}

static size_t page_width(void)
{
	return COLS > 1 ? (size_t)COLS : 1;
}

static size_t page_lines(void)
{
	return LINES > 2 ? (size_t)LINES - 2 : 1;
}

/* The last line of the text is not drawn higher than the last of the screen. */
static size_t last_first(const struct top_page *page)
{
	size_t lines = count_lines(page->text, page_width());

	return lines > page_lines() ? lines - page_lines() : 0;
}

void top_page_draw(struct top *top)
{
	const char *text = top->page.text;
	size_t width = page_width(), last = last_first(&top->page);
	char clean[TEXT_CELL];

	if (top->page.first > last)
		top->page.first = last;
	erase();
	attrset(A_BOLD);
	mvaddnstr(0, 0, top->page.title, COLS);
	attrset(A_NORMAL);
	for (size_t i = 0; *text && i < top->page.first + page_lines(); i++) {
		const char *line = text;
		char piece[TEXT_CELL];
		size_t len = text_fold(&text, width);

		if (i < top->page.first)
			continue;
		if (len >= sizeof(piece))
			len = sizeof(piece) - 1;
		memcpy(piece, line, len);
		piece[len] = '\0';
		mvaddnstr((int)(1 + i - top->page.first), 0,
			  text_clean(clean, sizeof(clean), piece), COLS);
	}
	attrset(A_REVERSE);
	mvaddnstr(LINES - 1, 0, last ? "up, down: more of it   q: back" : "q: back", COLS);
	attrset(A_NORMAL);
}

static void move_by(struct top_page *page, long by)
{
	size_t last = last_first(page);
	long first = (long)page->first + by;

	page->first = first < 0 ? 0 : (size_t)first > last ? last : (size_t)first;
}

void top_page_key(struct top *top, int key)
{
	switch (key) {
	case KEY_UP:
	case 'k':
		move_by(&top->page, -1);
		return;
	case KEY_DOWN:
	case 'j':
		move_by(&top->page, 1);
		return;
	case KEY_PPAGE:
		move_by(&top->page, -(long)page_lines());
		return;
	case KEY_NPAGE:
	case ' ':
		move_by(&top->page, (long)page_lines());
		return;
	case KEY_HOME:
		top->page.first = 0;
		return;
	case KEY_END:
		top->page.first = last_first(&top->page);
		return;
	case KEY_RESIZE:
		return;
	}
	free(top->page.text);
	top->page.text = NULL;
}
