// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stddef.h>

#include "duration.h"

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define UNITS        (sizeof(units) / sizeof(units[0]))
#define DURATION_MAX (10 * 365 * 86400U)

static const struct unit *unit_of(char letter)
{
	for (size_t i = 0; i < UNITS; i++)
		if (units[i].letter == letter)
			return &units[i];
	return NULL;
}

bool duration_parse(uint32_t *seconds, const char *text)
{
	uint64_t total = 0;

	if (!*text)
		return false;
	for (bool first = true; *text; first = false) {
		const struct unit *unit;
		uint64_t n = 0;

		if (*text < '0' || *text > '9')
			return false;
		while (*text >= '0' && *text <= '9' && n <= DURATION_MAX)
			n = n * 10 + (uint64_t)(*text++ - '0');
		unit = *text ? unit_of(*text++) : first ? unit_of('s') : NULL;
		if (!unit)
			return false;
		total += n * unit->seconds;
		if (total > DURATION_MAX)
			return false;
	}
	*seconds = (uint32_t)total;
	return total > 0;
}

const char *duration_format(char *text, uint32_t seconds)
{
	size_t n = 0;

	if (!seconds)
		n = (size_t)snprintf(text, DURATION_TEXT, "0s");
	for (size_t i = 0, shown = 0; i < UNITS && shown < 2; i++) {
		uint32_t unit = units[i].seconds;

		if (seconds < unit || (units[i].letter == 'w' && seconds % unit))
			continue;
		n += (size_t)snprintf(text + n, DURATION_TEXT - n, "%u%c", seconds / unit,
				      units[i].letter);
		seconds %= unit;
		shown++;
	}
	return text;
}
