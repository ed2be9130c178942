/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "did you mean": the known name that is nearest to a mistyped one, by edit distance without case.
 * Begin with the mistyped name, try every known one, ask for the nearest. NULL where none is close
 * enough to be meant.
 */
#ifndef MXDP_CONFIG_SUGGEST_H
#define MXDP_CONFIG_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *typed; /* not owned */
	size_t typed_len;
	const char *nearest; /* one of the names tried; not owned */
	unsigned distance;
	size_t same; /* bytes in which both begin alike: of two as near the one with more */
};

struct suggestion suggest_for(const char *typed, size_t len);
void suggest_try(struct suggestion *suggestion, const char *name);

#endif
