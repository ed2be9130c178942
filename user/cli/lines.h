/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of standard input, bounded: what goes beyond LINES_TEXT is skipped and told. A line is
 * bytes and a length: it may hold zeros. CR LF ends a line as LF does.
 */
#ifndef MXDP_CLI_LINES_H
#define MXDP_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LINES_TEXT 2048

struct lines {
	FILE *file;
	unsigned number; /* of the line that was read last, from 1 */
	size_t len;
	bool cut;
	char text[LINES_TEXT + 1]; /* zero-terminated besides */
};

/* False at the end, and where reading failed: ferror() tells. */
bool lines_next(struct lines *lines);

#endif
