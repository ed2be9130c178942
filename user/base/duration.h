/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spans of time as people write them: "90", "90s", "30m", "1h30m", "7d", "2w".
 */
#ifndef MXDP_BASE_DURATION_H
#define MXDP_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_TEXT 32

/* Whole seconds; at least 1 and at most ten years. A bare number is seconds. */
bool duration_parse(uint32_t *seconds, const char *text);

/*
 * At most two units, exact where two suffice, else cut to them; weeks only where they are whole:
 * 5400 -> "1h30m", 86405 -> "1d5s", 691200 -> "8d". `text` holds DURATION_TEXT and is returned.
 */
const char *duration_format(char *text, uint32_t seconds);

#endif
