/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of a session, as far as anybody knows: the mail server's word on a client.
 */
#ifndef MXDP_BASE_OUTCOME_H
#define MXDP_BASE_OUTCOME_H

#include <stdbool.h>

enum outcome {
	OUTCOME_ACCEPTED, /* a mail: 250 behind its data */
	OUTCOME_UNKNOWN,  /* encrypted, or seen in part, and nobody told */
	OUTCOME_REFUSED,  /* no mail, and 4xx or 5xx to the banner, HELO, MAIL, RCPT or DATA */
	OUTCOME_NOTHING,  /* none was tried */
	OUTCOME_COUNT,
};

const char *outcome_name(enum outcome outcome); /* "accepted", "unknown", "refused", "nothing" */
bool outcome_parse(enum outcome *out, const char *name);

#endif
