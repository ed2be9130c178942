// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define GAP        2
#define LAST_LEAST 12 /* narrower than this a column is not cut: the line wraps */

void table_begin(struct table *t, const struct column *columns, size_t count)
{
	*t = (struct table){.columns = columns, .count = count, .terminal = text_width()};
	for (size_t i = 0; i < count; i++)
		t->width[i] = strlen(columns[i].title);
}

static void print_padding(size_t count)
{
	printf("%*s", (int)count, "");
}

/* What remains for the last column, or no limit. */
static size_t room_for_last(const struct table *t)
{
	size_t used = 0;

	for (size_t i = 0; i + 1 < t->count; i++)
		used += t->width[i] + GAP;
	if (!t->terminal || used + LAST_LEAST > t->terminal)
		return SIZE_MAX;
	return t->terminal - used;
}

static void print_last(const struct table *t, const char *cell, size_t room)
{
	size_t len = strlen(cell);

	if (t->columns[t->count - 1].right && len < t->width[t->count - 1])
		print_padding(t->width[t->count - 1] - len);
	if (len > room)
		printf("%.*s...", (int)(room - 3), cell);
	else
		fputs(cell, stdout);
}

static void print_row(const struct table *t, const char *cells, enum paint color, size_t room)
{
	if (color != PAINT_NONE)
		fputs(paint(color), stdout);
	for (size_t i = 0; i + 1 < t->count; i++) {
		size_t len = strlen(cells);
		size_t pad = len < t->width[i] ? t->width[i] - len : 0;

		if (t->columns[i].right)
			print_padding(pad);
		fputs(cells, stdout);
		print_padding(t->columns[i].right ? GAP : pad + GAP);
		cells += len + 1;
	}
	print_last(t, cells, room);
	if (color != PAINT_NONE)
		fputs(paint(PAINT_NONE), stdout);
	putchar('\n');
}

/* The cells as one block of memory; NULL where there is none. */
static char *join(const struct table *t, const char *const *cells)
{
	char clean[TABLE_COLUMNS * TEXT_CELL];
	size_t len = 0;
	char *block;

	for (size_t i = 0; i < t->count; i++) {
		const char *cell = cells[i] && *cells[i] ? cells[i] : "-";

		text_clean(clean + len, TEXT_CELL, cell);
		len += strlen(clean + len) + 1;
	}
	block = malloc(len);
	if (block)
		memcpy(block, clean, len);
	return block;
}

static void measure(struct table *t, const char *cells)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t len = strlen(cells);

		if (len > t->width[i])
			t->width[i] = len;
		cells += len + 1;
	}
}

static void print_head(const struct table *t, size_t room)
{
	const char *titles[TABLE_COLUMNS];
	char *cells;

	for (size_t i = 0; i < t->count; i++)
		titles[i] = t->columns[i].title;
	cells = join(t, titles);
	if (cells)
		print_row(t, cells, PAINT_HEAD, room);
	free(cells);
}

static void print_held(struct table *t)
{
	size_t room = room_for_last(t);

	if (t->held)
		print_head(t, room);
	for (size_t i = 0; i < t->held; i++) {
		print_row(t, t->rows[i].cells, t->rows[i].paint, room);
		free(t->rows[i].cells);
	}
	free(t->rows);
	t->rows = NULL;
	t->held = t->room = 0;
}

static bool make_room(struct table *t)
{
	size_t room = t->room ? t->room * 2 : 64;
	struct table_row *rows;

	if (t->held < t->room)
		return true;
	rows = realloc(t->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	t->room = room;
	return true;
}

bool table_row(struct table *t, uint64_t key, enum paint color, const char *const *cells)
{
	char *joined = join(t, cells);

	if (!joined || (!t->streams && !make_room(t))) {
		free(joined);
		t->no_memory = true;
		return false;
	}
	t->total++;
	if (t->streams) {
		print_row(t, joined, color, room_for_last(t));
		free(joined);
		return true;
	}
	measure(t, joined);
	t->rows[t->held++] = (struct table_row){.key = key, .paint = color, .cells = joined};
	if (t->held == TABLE_HELD) {
		t->streams = true;
		print_held(t);
	}
	return true;
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct table_row *)a)->key, y = ((const struct table_row *)b)->key;

	return (x > y) - (x < y);
}

void table_end(struct table *t)
{
	if (t->held)
		qsort(t->rows, t->held, sizeof(*t->rows), by_key);
	print_held(t);
}
