// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"

static size_t escape_one(char piece[5], unsigned char byte)
{
	if (byte == '\\')
		return (size_t)snprintf(piece, 5, "\\\\");
	if (byte >= 0x20 && byte < 0x7f)
		return (size_t)snprintf(piece, 5, "%c", byte);
	return (size_t)snprintf(piece, 5, "\\x%02x", byte);
}

/* No further than `enough`: the rest of a long text is of no interest. */
static size_t escaped_len(const unsigned char *in, size_t len, size_t enough)
{
	char piece[5];
	size_t n = 0;

	for (size_t i = 0; i < len && n < enough; i++)
		n += escape_one(piece, in[i]);
	return n;
}

const char *escape_bytes(char *text, size_t size, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	bool fits = escaped_len(in, len, size) < size;
	size_t room = fits ? size : size - 3; /* for the dots */
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char piece[5];
		size_t need = escape_one(piece, in[i]);

		if (n + need >= room)
			break;
		memcpy(text + n, piece, need);
		n += need;
	}
	strcpy(text + n, fits ? "" : "...");
	return text;
}
