// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"
#include "../base/duration.h"

const char *text_quote(char out[TEXT_QUOTE], const char *text)
{
	out[0] = '`';
	text_clean(out + 1, TEXT_QUOTE - 2, text);
	return strcat(out, "'");
}

size_t text_fold(const char **text, size_t width)
{
	size_t len = strcspn(*text, "\n");

	if (len <= width) {
		*text += len + ((*text)[len] == '\n');
		return len;
	}
	for (size_t at = width; at > width / 2; at--)
		if ((*text)[at] == ' ') {
			*text += at + 1;
			return at;
		}
	*text += width;
	return width;
}

const char *text_span(char out[TEXT_SPAN], json_int_t seconds)
{
	_Static_assert(TEXT_SPAN >= DURATION_TEXT, "a span is a duration");
	if (seconds < 0)
		seconds = 0;
	return duration_format(out, seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
}

static bool terminal_has_colors(void)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       !(no_color && *no_color);
}

const char *paint(enum paint paint)
{
	static int has_colors = -1; /* asked once: a table may paint a million rows */
	static const char *const sequences[] = {
		[PAINT_NONE] = "\x1b[0m",   [PAINT_GOOD] = "\x1b[32m", [PAINT_WARN] = "\x1b[33m",
		[PAINT_BAD] = "\x1b[1;31m", [PAINT_HEAD] = "\x1b[1m",  [PAINT_DIM] = "\x1b[2m",
	};

	if (has_colors < 0)
		has_colors = terminal_has_colors();
	if (cli.color == COLOR_NEVER || (cli.color == COLOR_AUTO && !has_colors))
		return "";
	return sequences[paint];
}

static struct winsize terminal_size(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return (struct winsize){0};
	return size;
}

unsigned text_width(void)
{
	return terminal_size().ws_col;
}

unsigned text_height(void)
{
	return terminal_size().ws_row;
}

void text_wrapped(enum paint paint_front, const char *front, const char *text)
{
	size_t indent = strlen(front), width = text_width();
	char clean[TEXT_LINE];
	const char *at = text_clean(clean, sizeof(clean), text);

	if (!width)
		width = sizeof(clean) + indent;
	for (bool first = true; first || *at; first = false) {
		const char *words = at;
		size_t len = text_fold(&at, width > indent + 16 ? width - indent : 16);

		if (first)
			printf("%s%s%s", paint(paint_front), front, paint(PAINT_NONE));
		else
			printf("%*s", (int)indent, "");
		printf("%.*s\n", (int)len, words);
	}
}

const char *field_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_int_t field_number(const json_t *object, const char *key, json_int_t none)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_real(value)) {
		double real = json_real_value(value);

		/* Out of range it has no integer to become. */
		return real > -9e15 && real < 9e15 ? (json_int_t)real : none;
	}
	return json_is_integer(value) ? json_integer_value(value) : none;
}

bool field_is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* DEL is the one control byte that JSON_ENSURE_ASCII lets through. */
static int write_chunk(const char *buffer, size_t size, void *file)
{
	while (size) {
		const char *del = memchr(buffer, 0x7f, size);
		size_t len = del ? (size_t)(del - buffer) : size;

		if (fwrite(buffer, 1, len, file) != len || (del && fputs("\\u007f", file) == EOF))
			return -1;
		buffer += len + (del != NULL);
		size -= len + (del != NULL);
	}
	return 0;
}

bool text_json(FILE *file, const json_t *object)
{
	return !json_dump_callback(object, write_chunk, file, JSON_COMPACT | JSON_ENSURE_ASCII) &&
	       fputc('\n', file) != EOF;
}
