// SPDX-License-Identifier: GPL-2.0-or-later
#include "lines.h"

bool lines_next(struct lines *lines)
{
	int c = getc_unlocked(lines->file);

	lines->len = 0;
	lines->cut = false;
	if (c == EOF)
		return false;
	lines->number++;
	for (; c != EOF && c != '\n'; c = getc_unlocked(lines->file)) {
		if (lines->len < LINES_TEXT)
			lines->text[lines->len++] = (char)c;
		else
			lines->cut = true;
	}
	if (lines->len && lines->text[lines->len - 1] == '\r' && !lines->cut)
		lines->len--;
	lines->text[lines->len] = '\0';
	return true;
}
