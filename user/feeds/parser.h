/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between feed.c and the parsers of the formats. A parser gets one line without blanks at its ends,
 * zero-terminated, neither empty nor longer than FEED_LINE_MAX; `len` tells of zero bytes inside.
 * It returns 0, -ENOMEM, or -EBADMSG where the whole list is not to be used.
 */
#ifndef MXDP_FEEDS_PARSER_H
#define MXDP_FEEDS_PARSER_H

#include "feed.h"

#define FEED_QUOTE 128

struct feed_line {
	const char *text;
	size_t len;
};

int feed_line_cidr(struct feed *feed, const struct feed_line *line);
int feed_line_drop(struct feed *feed, const struct feed_line *line);
int feed_line_spamd(struct feed *feed, const struct feed_line *line);
int feed_line_json(struct feed *feed, const struct feed_line *line);
int feed_line_ip4set(struct feed *feed, const struct feed_line *line);
int feed_line_ip4trie(struct feed *feed, const struct feed_line *line);
int feed_line_ip4tset(struct feed *feed, const struct feed_line *line);
int feed_line_ip6trie(struct feed *feed, const struct feed_line *line);
int feed_line_ip6tset(struct feed *feed, const struct feed_line *line);

/* At the end of the list. */
void feed_end_json(struct feed *feed);
int feed_end_ip4set(struct feed *feed);

/* The line cannot be used. Returns 0, for the parser to return. */
int feed_bad(struct feed *feed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A word about the line, or the whole list, that costs nothing. */
void feed_remark(struct feed *feed, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `text` up to a zero byte, between quotes, cut where it is long. */
const char *feed_quote(char out[FEED_QUOTE], const char *text);

/* List a range; `text` is for the refusal of one that is too wide. */
int feed_list4(struct feed *feed, uint32_t first, uint32_t last, const char *text);
int feed_list(struct feed *feed, struct wide first, struct wide last, const char *text);
/* The same for the formats that keep networks apart until the end. */
bool feed_is_too_wide(struct wide first, struct wide last);
int feed_too_wide(struct feed *feed, const char *text);

#endif
