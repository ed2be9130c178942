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

#endif
