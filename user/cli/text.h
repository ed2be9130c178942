/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words for people, and bytes from elsewhere on their way to a terminal. What the agent sends was
 * partly typed by bots: nothing of it is printed before it went through here. Evidence comes
 * escaped already, so a backslash stays as it is.
 */
#ifndef MXDP_CLI_TEXT_H
#define MXDP_CLI_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "../base/escape.h"

#define TEXT_CELL  512 /* what is longer ends in "..." */
#define TEXT_QUOTE 96
#define TEXT_SPAN  32

/* The same between quotes, cut where it is long. */
const char *text_quote(char out[TEXT_QUOTE], const char *text);

/* How many bytes fit on the next line of so many columns; *text goes on behind it. */
size_t text_fold(const char **text, size_t width);

/* "1h30m"; a negative span is none. */
const char *text_span(char out[TEXT_SPAN], json_int_t seconds);

enum paint {
	PAINT_NONE,
	PAINT_GOOD,
	PAINT_WARN,
	PAINT_BAD,
	PAINT_HEAD,
	PAINT_DIM,
};

/* The sequence that begins a colour on standard output, PAINT_NONE ends it; "" without colours. */
const char *paint(enum paint paint);

/* Columns and lines of the terminal on standard output; 0 where it is none. */
unsigned text_width(void);
unsigned text_height(void);

/*
 * A line that begins with `front' in its colour, wrapped between words where a terminal is too
 * narrow for it: the further ones begin with as many blanks. Longer than TEXT_LINE it is cut.
 */
#define TEXT_LINE 2048
void text_wrapped(enum paint paint_front, const char *front, const char *text);

/* Fields of an object that may lack them or have them in another shape. */
const char *field_text(const json_t *object, const char *key);                   /* or NULL */
json_int_t field_number(const json_t *object, const char *key, json_int_t none); /* or `none` */
bool field_is_true(const json_t *object, const char *key);

/* One object a line, in ASCII: no byte of it is for the terminal. False where writing failed. */
bool text_json(FILE *file, const json_t *object);

#endif
