/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the envelope says: senders and recipients as given in MAIL and RCPT (RFC 5321 4.1.1.2 and
 * 4.1.1.3), without asking the DNS. Pure.
 */
#ifndef MXDP_CHECKS_ENVELOPE_H
#define MXDP_CHECKS_ENVELOPE_H

#include "finding.h"

/* Names that the checks compare with; without case. Nothing is owned. */
struct envelope_names {
	const char *const *our_domains;
	size_t our_domains_count;
	const char *const *traps; /* "user@domain", or "@domain" for all of it */
	size_t traps_count;
};

/*
 * A sender's path, without its brackets; empty is the null sender. Beyond RFC 5321's grammar only
 * what no mail system would answer to is illegal: no domain, control bytes, a domain of foreign
 * bytes. UTF-8 is legal (RFC 6531).
 */
void envelope_check_sender(struct findings *out, const uint8_t *path, size_t len,
			   const struct envelope_names *names);

/* A recipient; `null_sender` is the transaction's, `recipients` counts this one too. */
void envelope_check_recipient(struct findings *out, const uint8_t *path, size_t len,
			      bool null_sender, unsigned recipients,
			      const struct envelope_names *names);

/*
 * "someone@example.net" -> "*@example.net": how recipients stand in logs. Escaped and bounded by
 * `size` (>= 10): what does not fit ends in "...".
 */
const char *envelope_redact(char *text, size_t size, const uint8_t *path, size_t len);

#endif
