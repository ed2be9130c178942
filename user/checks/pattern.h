/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's own patterns on HELO names, senders and recipients: Perl-compatible regular
 * expressions (PCRE2), without case, matched anywhere unless anchored. What a match means stands in
 * policy.h (struct pattern_rule), at the same index.
 *
 * The text is hostile: a match that takes too many steps counts as none, and of a text no more than
 * PATTERN_TEXT_MAX bytes are looked at. Text is bytes, not characters. One thread at a time may use
 * a pattern.
 */
#ifndef MXDP_CHECKS_PATTERN_H
#define MXDP_CHECKS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "finding.h"

#define PATTERN_TEXT_MAX       512  /* RFC 5321 4.5.3.1.4: a command line */
#define PATTERN_EXPRESSION_MAX 1024 /* bytes */

enum pattern_subject {
	PATTERN_HELO,
	PATTERN_SENDER,
	PATTERN_RECIPIENT,
};

struct pattern;

/* Compiles; NULL with what is wrong, and at which byte of the expression, in `why`. */
struct pattern *pattern_new(enum pattern_subject subject, const char *expression, char *why,
			    size_t why_size);
void pattern_free(struct pattern *pattern);
enum pattern_subject pattern_subject(const struct pattern *pattern);

/* Adds a finding for each of the `count` patterns on `subject` that matches; `detail` goes with it.
 */
void patterns_check(struct findings *out, struct pattern *const *patterns, size_t count,
		    enum pattern_subject subject, const uint8_t *text, size_t len,
		    const char *detail);

#endif
