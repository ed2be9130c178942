// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "escape.h"

const char *escape_bytes(char *text, size_t size, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char piece[5];
		size_t need;

		if (in[i] == '\\')
			need = (size_t)snprintf(piece, sizeof(piece), "\\\\");
		else if (in[i] >= 0x20 && in[i] < 0x7f)
			need = (size_t)snprintf(piece, sizeof(piece), "%c", in[i]);
		else
			need = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", in[i]);
		/* Keep room for the dots, unless this is the last byte. */
		if (n + need + (i + 1 < len ? 3 : 0) >= size) {
			snprintf(text + n, size - n, "...");
			return text;
		}
		memcpy(text + n, piece, need);
		n += need;
	}
	text[n] = '\0';
	return text;
}
