/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of `mxdpctl outcome -': what a mail server's log says of one client.
 *
 *   [TIME] ADDRESS accepted|refused
 *
 * with blanks or tabs between. TIME is as journalctl's short-iso and RFC 3339 write it:
 * 2026-01-31T12:00:00, parts of a second if there are any, then Z, +01:00, +0100 or nothing, which
 * is UTC. Pure; any bytes without a zero may stand in the line.
 */
#ifndef MXDP_CLI_OUTCOME_LINE_H
#define MXDP_CLI_OUTCOME_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include "../base/addr.h"
#include "../base/outcome.h"

struct outcome_line {
	bool timed;
	int64_t at; /* time of day */
	struct addr client;
	enum outcome outcome; /* accepted or refused */
};

/* `why` on false: what should stand there. The text is cut into its words. */
bool outcome_line_parse(struct outcome_line *out, char *text, const char **why);

#endif
