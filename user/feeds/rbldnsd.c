// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "rbldnsd.h"
#include "text.h"

int rbldnsd_bad(struct feed *feed, const char *line, const char *why)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed, "%s %s", feed_quote(quoted, line), why);
}

static bool is_comment(char c)
{
	return c == '#' || c == ';';
}

bool rbldnsd_ends(const char *text)
{
	return !*text || is_blank(*text) || is_comment(*text) || *text == ':';
}

bool rbldnsd_excepts(const char **text)
{
	if (**text != '!')
		return false;
	*text = skip_blanks(*text + 1);
	return true;
}

unsigned rbldnsd_octets(uint32_t *out, const char **text)
{
	unsigned count = 0, octet;

	*out = 0;
	do {
		if (!read_number(&octet, text, 255))
			return 0;
		*out |= octet << (24 - 8 * count);
		count++;
	} while (count < 4 && **text == '.' && (*text)++);
	return count;
}

/* The A record behind ":". As inet_aton(3): the last octet given is the last of the address. */
static bool value_a(const char **text)
{
	uint32_t a;
	unsigned count = rbldnsd_octets(&a, text);

	return count && a;
}

bool rbldnsd_value(struct feed *feed, const char *value, const char *line)
{
	value = skip_blanks(value);
	if (*value != ':')
		return true;
	value++;
	if (!value_a(&value)) {
		rbldnsd_bad(feed, line, "has no A record between 1 and 255.255.255.255");
		return false;
	}
	value = skip_blanks(value);
	if (!*value || *value == ':')
		return true;
	rbldnsd_bad(feed, line, "has something else than a colon behind its A record");
	return false;
}

bool rbldnsd_common(struct feed *feed, const struct feed_line *line, int *err)
{
	const char *text = line->text;

	*err = 0;
	if (*text == '$' || ((is_comment(*text) || *text == ':') && text[1] == '$')) {
		*err = rbldnsd_special(feed, text + (*text == '$' ? 1 : 2));
		return true;
	}
	return !*text || is_comment(*text);
}
