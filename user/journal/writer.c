// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "writer.h"

#define FIRST_ROOM 1024
#define DIGITS     20 /* of any 64-bit number */

void writer_reset(struct writer *w)
{
	w->len = 0;
	w->comma = w->failed = false;
}

void writer_free(struct writer *w)
{
	free(w->text);
	*w = (struct writer){0};
}

static bool grow(struct writer *w, size_t n)
{
	size_t room = w->room ? w->room : FIRST_ROOM;
	char *text;

	while (room - w->len < n)
		room *= 2;
	text = w->failed ? NULL : realloc(w->text, room);
	if (!text) {
		w->failed = true;
		return false;
	}
	w->text = text;
	w->room = room;
	return true;
}

static inline void put(struct writer *w, const char *bytes, size_t n)
{
	if (w->room - w->len < n && !grow(w, n))
		return;
	memcpy(w->text + w->len, bytes, n);
	w->len += n;
}

static inline void put_byte(struct writer *w, char byte)
{
	put(w, &byte, 1);
}

static void put_escaped(struct writer *w, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char piece[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

	if (byte >= 0x20) { /* a quote or a backslash */
		piece[1] = (char)byte;
		put(w, piece, 2);
	} else {
		put(w, piece, sizeof(piece));
	}
}

/* Bytes that stand in a string as they are. */
static const bool plain[256] = {
	[0x20] = true,
	[0x21] = true,
	[0x23 ... 0x5b] = true,
	[0x5d ... 0xff] = true,
};

static void put_string(struct writer *w, const char *text)
{
	const char *from = text, *at = text;

	put_byte(w, '"');
	for (;; at++) {
		if (plain[(unsigned char)*at])
			continue;
		put(w, from, (size_t)(at - from));
		if (!*at)
			break;
		put_escaped(w, (unsigned char)*at);
		from = at + 1;
	}
	put_byte(w, '"');
}

static void put_number(struct writer *w, unsigned long long n, size_t least_digits)
{
	char digits[DIGITS];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n || sizeof(digits) - at < least_digits);
	put(w, digits + at, sizeof(digits) - at);
}

/* What stands in front of every value. */
static void begin(struct writer *w, const char *name)
{
	if (w->comma)
		put_byte(w, ',');
	w->comma = true;
	if (!name)
		return;
	put_string(w, name);
	put_byte(w, ':');
}

void writer_open(struct writer *w, const char *name, char bracket)
{
	begin(w, name);
	put_byte(w, bracket);
	w->comma = false;
}

void writer_close(struct writer *w, char bracket)
{
	put_byte(w, bracket);
	w->comma = true;
}

void writer_string(struct writer *w, const char *name, const char *text)
{
	begin(w, name);
	put_string(w, text);
}

void writer_integer(struct writer *w, const char *name, long long number)
{
	begin(w, name);
	if (number < 0)
		put_byte(w, '-');
	put_number(w, number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number, 1);
}

void writer_thousandths(struct writer *w, const char *name, unsigned long long number)
{
	begin(w, name);
	put_number(w, number / 1000, 1);
	put_byte(w, '.');
	put_number(w, number % 1000, 3);
}

void writer_bool(struct writer *w, const char *name, bool value)
{
	begin(w, name);
	put(w, value ? "true" : "false", value ? 4 : 5);
}
