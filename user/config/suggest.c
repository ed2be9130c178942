// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdint.h>
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

/*
 * Levenshtein's, where two letters that changed places are one mistake (optimal string alignment):
 * three rows of the table, the two above and the one that is made.
 */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		const unsigned *twice = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && twice[j - 2] + 1 < row[j])
				row[j] = twice[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

/* How far both begin alike. */
static size_t common_len(const struct suggestion *suggestion, const char *name)
{
	size_t len = 0;

	while (len < suggestion->typed_len && name[len] &&
	       lower(suggestion->typed[len]) == lower(name[len]))
		len++;
	return len;
}

struct suggestion suggest_for(const char *typed, size_t len)
{
	/* A third of the letters may be wrong, and never more than three. */
	unsigned allowed = len < 6 ? 1 : len < 9 ? 2 : 3;

	return (struct suggestion){
		.typed = typed, .typed_len = len, .distance = allowed + 1, .same = SIZE_MAX};
}

void suggest_try(struct suggestion *suggestion, const char *name)
{
	size_t len = strlen(name), same;
	unsigned distance;

	if (suggestion->typed_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
		return;
	distance = edit_distance(suggestion->typed, suggestion->typed_len, name, len);
	same = common_len(suggestion, name);
	if (distance > suggestion->distance ||
	    (distance == suggestion->distance && same <= suggestion->same))
		return;
	suggestion->distance = distance;
	suggestion->same = same;
	suggestion->nearest = name;
}
