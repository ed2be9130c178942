/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event of the journal (journal/journal.h) as a line for people: when, who, what, and on what
 * evidence. An event of a kind that is not known here is shown field by field.
 */
#ifndef MXDP_CLI_EVENT_H
#define MXDP_CLI_EVENT_H

#include <jansson.h>
#include "text.h"

#define EVENT_TEXT 2048 /* what is longer ends in "..." */

/* The line without its end, clean for a terminal. Times are local. */
const char *event_line(char out[EVENT_TEXT], const json_t *event);

/* How loud it is. */
enum paint event_paint(const json_t *event);

#endif
