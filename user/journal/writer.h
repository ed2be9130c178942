/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of JSON written straight into text, for events that come by the thousand a second: a
 * tree of values that is built, printed and freed again costs several times as much.
 *
 * A writer begins all zero and owns its text, which grows as needed and is used again for the next
 * line. Where memory is short it says so at the end, and what was written is of no use. Commas come
 * by themselves. Strings are UTF-8 without NUL; what JSON wants escaped is escaped (RFC 8259 7).
 *
 *   {} "name": "text"        writer_open(w, NULL, '{');
 *                            writer_string(w, "name", "text");
 *                            writer_close(w, '}');
 *
 * Members of an object have a name, elements of an array have NULL.
 */
#ifndef MXDP_JOURNAL_WRITER_H
#define MXDP_JOURNAL_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct writer {
	char *text;
	size_t len, room;
	bool comma; /* something stands before the next value */
	bool failed;
};

/* Begins anew with the room that is there. */
void writer_reset(struct writer *w);
void writer_free(struct writer *w);

void writer_open(struct writer *w, const char *name, char bracket);
void writer_close(struct writer *w, char bracket);
void writer_string(struct writer *w, const char *name, const char *text);
void writer_integer(struct writer *w, const char *name, long long number);
/* Thousandths: 1200 is written as 1.200. */
void writer_thousandths(struct writer *w, const char *name, unsigned long long number);
void writer_bool(struct writer *w, const char *name, bool value);

#endif
