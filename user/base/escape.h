/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile bytes made safe for a terminal, a log line and JSON: printable ASCII stays, everything
 * else and the backslash become \xHH (and \\). Bounded: what does not fit ends in "...".
 */
#ifndef MXDP_BASE_ESCAPE_H
#define MXDP_BASE_ESCAPE_H

#include <stddef.h>

/* Writes at most `size` bytes with the terminating zero (size >= 8); returns `text`. */
const char *escape_bytes(char *text, size_t size, const void *bytes, size_t len);

/*
 * The same for text that may hold such escapes already: the backslash stays, too. `out` holds at
 * least 8 bytes and is returned.
 */
const char *text_clean(char *out, size_t size, const char *text);

/*
 * As much of the UTF-8 text `from` as fits into `size` (>= 1) with the terminating zero, cut
 * between two characters (RFC 3629 3): JSON takes no half ones. Returns `text`.
 */
const char *utf8_copy(char *text, size_t size, const char *from);

#endif
