/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host name is made of: labels of 1 to 63 letters, digits, hyphens, with dots between (RFC
 * 1035 2.3.1, 2.3.4, RFC 1123 2.1). The underscore passes: real machines bear it. Without regard to
 * the locale. Pure.
 */
#ifndef MXDP_CHECKS_HOSTNAME_H
#define MXDP_CHECKS_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#define HOSTNAME_MAX 253 /* RFC 1035 2.3.4, written without the root's dot */

static inline char hostname_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Of lower-case names without a final dot. */
bool hostname_has_legal_bytes(const char *name);
bool hostname_has_legal_labels(const char *name);
bool hostname_has_numeric_tld(const char *name);

/*
 * `text` in lower case, one final dot cut, where it is a name that the public DNS can know: all of
 * the above, at least two labels, the last of them not a number.
 */
bool hostname_parse(char out[HOSTNAME_MAX + 1], const char *text);

/* Whether `name` is `domain` or below it; without case. */
bool hostname_is_under(const char *name, const char *domain);

/*
 * The part of `name`, in lower case, that one organisation has: "example.net", "example.co.uk".
 * Guessed by the look of it, without a list of public suffixes: good enough to let two names off.
 */
const char *hostname_domain(const char *name);

#endif
