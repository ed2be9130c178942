/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables for people. Columns are as wide as what stands in them, and on a terminal the last one is
 * cut to fit. The first TABLE_HELD rows are held back to be measured and sorted; a table with more
 * of them is printed as it comes, by the widths of those: a million rows take no memory.
 */
#ifndef MXDP_CLI_TABLE_H
#define MXDP_CLI_TABLE_H

#include <stdint.h>
#include <stddef.h>
#include "text.h"

#define TABLE_HELD    10000
#define TABLE_COLUMNS 10

struct column {
	const char *title;
	bool right; /* numbers */
};

struct table_row {
	uint64_t key;
	enum paint paint;
	char *cells; /* one after the other, each with its zero; owned */
};

struct table {
	const struct column *columns;
	size_t count;
	size_t width[TABLE_COLUMNS];
	unsigned terminal; /* columns of it; 0 none */
	struct table_row *rows;
	size_t held, room;
	size_t total;
	bool streams;
	bool no_memory;
};

void table_begin(struct table *t, const struct column *columns, size_t count);

/*
 * One cell a column; NULL is "-". Cleaned and copied. Rows with small keys come first; PAINT_NONE
 * is no colour. False where memory ran out.
 */
bool table_row(struct table *t, uint64_t key, enum paint paint, const char *const *cells);

/* Prints what is held back and frees. A table without rows prints nothing. */
void table_end(struct table *t);

#endif
