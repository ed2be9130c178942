// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_layout.h"

#define HEALTH_PART 6 /* of the screen, at most one */

/* A table's title without a row says nothing. */
#define TABLE_LEAST 2

static struct top_section take(int *at, int *left, int lines)
{
	struct top_section section = {*at, lines < *left ? lines : *left};

	*at += section.lines;
	*left -= section.lines;
	return section;
}

/* Of `all' lines of the screen. */
static int health_lines(int all, int healths)
{
	int most = all / HEALTH_PART, lines = healths + 1 < most ? healths + 1 : most;

	return healths && lines >= TABLE_LEAST ? lines : 0;
}

/* Of what the two tables share: all where it is too little for both. */
static int blocked_lines(int tables)
{
	int lines = tables * 3 / 5;

	if (tables < 2 * TABLE_LEAST)
		return tables;
	return lines < TABLE_LEAST ? TABLE_LEAST : lines;
}

struct top_layout top_layout(int lines, int healths)
{
	int at = 0, left = lines, tables, health;
	struct top_layout l = {0};

	l.title = take(&at, &left, 1);
	/* The last two lines are for the keys and what came of them. */
	if (left >= 2)
		l.keys = (struct top_section){lines - 1, 1};
	left -= l.keys.lines;
	if (left >= 2)
		l.message = (struct top_section){lines - 2, 1};
	left -= l.message.lines;
	l.syns = take(&at, &left, 1);
	if (lines >= 16)
		l.sparks = take(&at, &left, 2);
	if (lines >= 10)
		l.agent = take(&at, &left, 1);
	if (lines >= 7)
		l.note = take(&at, &left, 1);
	health = health_lines(lines, healths);
	tables = left - health;
	l.blocked = take(&at, &left, blocked_lines(tables));
	l.verdicts = take(&at, &left, tables - l.blocked.lines);
	l.health = take(&at, &left, health);
	if (l.blocked.lines && l.blocked.lines < TABLE_LEAST) {
		l.note = l.blocked;
		l.blocked.lines = 0;
	}
	return l;
}
