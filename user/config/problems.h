/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes of one configuration file, collected so that all of them are told at once, in the order
 * of their lines. Bounded: a file of garbage makes PROBLEMS_MAX lines and one that counts the rest.
 */
#ifndef MXDP_CONFIG_PROBLEMS_H
#define MXDP_CONFIG_PROBLEMS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define PROBLEMS_MAX 100

struct problem {
	unsigned line; /* from 1; 0: the file as a whole */
	char *text;
};

struct problems {
	size_t count; /* may be more than PROBLEMS_MAX: the rest was only counted */
	bool out_of_memory;
	struct problem list[PROBLEMS_MAX];
};

void problem_add(struct problems *problems, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void problem_addv(struct problems *problems, unsigned line, const char *format, va_list args);

/* "FILE:LINE: text" a mistake, newline-separated, allocated; NULL where memory ran out. */
char *problems_text(struct problems *problems, const char *file);
void problems_free(struct problems *problems);

/*
 * Bytes of the file inside a message: escaped, cut where they are long, and without the key that a
 * customer of a DNS list has in front of its zone (KEY.zen.dq.spamhaus.net).
 */
#define QUOTE_TEXT 72
const char *quote(char text[QUOTE_TEXT], const char *bytes, size_t len);
/* The same where lists' zones may stand: any first label of KEY_LEN bytes may be a key. */
#define KEY_LEN 20
const char *quote_zone(char text[QUOTE_TEXT], const char *bytes, size_t len);

#endif
