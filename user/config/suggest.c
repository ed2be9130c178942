// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "suggest.h"

/* Longer than any known name; what is longer was not mistyped. */
#define NAME_MAX_LEN 48

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's, with one row of the table. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < b_len; j++) {
			unsigned above = row[j + 1];

			row[j + 1] = min3(above + 1, row[j] + 1,
					  diagonal + (lower(a[i]) != lower(b[j])));
			diagonal = above;
		}
	}
	return row[b_len];
}

struct suggestion suggest_for(const char *typed, size_t len)
{
	/* A third of the letters may be wrong, and never more than three. */
	unsigned allowed = len < 6 ? 1 : len < 9 ? 2 : 3;

	return (struct suggestion){.typed = typed, .typed_len = len, .distance = allowed + 1};
}

void suggest_try(struct suggestion *suggestion, const char *name)
{
	size_t len = strlen(name);
	unsigned distance;

	if (suggestion->typed_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
		return;
	distance = edit_distance(suggestion->typed, suggestion->typed_len, name, len);
	if (distance >= suggestion->distance)
		return;
	suggestion->distance = distance;
	suggestion->nearest = name;
}
