// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "escape.h"

/* By hand: this runs for every byte that a client sends, on the way to its verdict. */
static size_t escape_one(char piece[4], unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	piece[0] = '\\';
	piece[1] = '\\';
	if (byte == '\\')
		return 2;
	if (byte >= 0x20 && byte < 0x7f) {
		piece[0] = (char)byte;
		return 1;
	}
	piece[1] = 'x';
	piece[2] = digits[byte >> 4];
	piece[3] = digits[byte & 15];
	return 4;
}

/* No further than `enough`: the rest of a long text is of no interest. */
static size_t escaped_len(const unsigned char *in, size_t len, size_t enough)
{
	char piece[4];
	size_t n = 0;

	for (size_t i = 0; i < len && n < enough; i++)
		n += escape_one(piece, in[i]);
	return n;
}

/* How many bytes at the start stand as they are. */
static size_t plain_len(const unsigned char *in, size_t len)
{
	size_t n = 0;

	while (n < len && in[n] >= 0x20 && in[n] < 0x7f && in[n] != '\\')
		n++;
	return n;
}

/* Nearly all that is said is plain, and short. */
static bool copy_plain(char *text, size_t size, const unsigned char *in, size_t len)
{
	if (len >= size || plain_len(in, len) < len)
		return false;
	memcpy(text, in, len);
	text[len] = '\0';
	return true;
}

const char *escape_bytes(char *text, size_t size, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	bool fits;
	size_t room, n = 0;

	if (copy_plain(text, size, in, len))
		return text;
	fits = escaped_len(in, len, size) < size;
	room = fits ? size : size - 3; /* for the dots */
	for (size_t i = 0; i < len; i++) {
		char piece[4];
		size_t need = escape_one(piece, in[i]);

		if (n + need >= room)
			break;
		memcpy(text + n, piece, need);
		n += need;
	}
	strcpy(text + n, fits ? "" : "...");
	return text;
}

static size_t clean_one(char piece[4], unsigned char byte)
{
	piece[0] = (char)byte;
	return byte == '\\' ? 1 : escape_one(piece, byte);
}

const char *text_clean(char *out, size_t size, const char *text)
{
	size_t n = 0, fits = 0;

	for (; *text; text++) {
		char piece[4];
		size_t len = clean_one(piece, (unsigned char)*text);

		if (n + len >= size) {
			strcpy(out + fits, "...");
			return out;
		}
		memcpy(out + n, piece, len);
		n += len;
		/* Where to cut back to, should the rest not fit. */
		if (n + sizeof("...") <= size)
			fits = n;
	}
	out[n] = '\0';
	return out;
}

const char *utf8_copy(char *text, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		for (len = size - 1; len && ((unsigned char)from[len] & 0xc0) == 0x80; len--)
			;
	memcpy(text, from, len);
	text[len] = '\0';
	return text;
}
