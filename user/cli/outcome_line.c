// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "outcome_line.h"

/* The next word, "" behind the last. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t len = strcspn(word, " \t");

	*rest = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

/* Digits where the pattern has a 0, and the rest as it stands; returns what is behind, or NULL. */
static const char *shaped(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
		if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
			return NULL;
	return text;
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* Seconds east of UTC: "Z", "+0100", "+01:00"; nothing is UTC. */
static bool parse_zone(long *out, const char *text)
{
	const char *colon = strchr(text, ':');
	const char *end = *text ? shaped(text + 1, colon ? "00:00" : "0000") : NULL;
	int hours, minutes;

	*out = 0;
	if (!*text || !strcmp(text, "Z"))
		return true;
	if ((*text != '+' && *text != '-') || !end || *end)
		return false;
	hours = two_digits(text + 1);
	minutes = two_digits(end - 2);
	*out = (hours * 60L + minutes) * (*text == '-' ? -60 : 60);
	return hours < 24 && minutes < 60;
}

static bool parse_time(int64_t *out, const char *text)
{
	const char *at = shaped(text, "0000-00-00T00:00:00");
	struct tm tm = {0}, day;
	long east;

	if (!at || strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != at)
		return false;
	if ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1]))
		at += 1 + strspn(at + 1, "0123456789");
	day = tm;
	*out = (int64_t)timegm(&tm);
	/* The 31st of February is no day. */
	if (tm.tm_mday != day.tm_mday && day.tm_sec < 60)
		return false;
	if (!parse_zone(&east, at))
		return false;
	*out -= east;
	return true;
}

bool outcome_line_parse(struct outcome_line *out, char *text, const char **why)
{
	char *word = next_word(&text);

	out->at = 0;
	out->timed = parse_time(&out->at, word);
	if (out->timed)
		word = next_word(&text);
	*why = "write ADDRESS accepted|refused, with a time before it or without";
	if (!addr_parse(&out->client, word))
		return false;
	*why = "behind the address stands accepted or refused";
	if (!outcome_parse(&out->outcome, next_word(&text)) ||
	    (out->outcome != OUTCOME_ACCEPTED && out->outcome != OUTCOME_REFUSED))
		return false;
	*why = "behind accepted or refused stands nothing more";
	return !*next_word(&text);
}
