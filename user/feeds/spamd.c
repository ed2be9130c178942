// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What spamd-setup(8) reads. Its surprises, kept: blanks alone make a range too ("a b" is "a - b"),
 * what follows an entry is ignored, and a network with host bits begins with its address and has
 * its size all the same. Here, but not there, such lines are told: those with less than four
 * octets, and ranges that end before they begin.
 */
#include <string.h>

#include "parser.h"
#include "text.h"

static int bad(struct feed *feed, const char *text)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed,
			"%s is neither an IPv4 address, nor a network such as 192.0.2.0/24, nor a "
			"range such as 192.0.2.1 - 192.0.2.9",
			feed_quote(quoted, text));
}

static int network(struct feed *feed, uint32_t first, const char *length, const char *text)
{
	uint32_t span;
	unsigned plen;

	if (!read_number(&plen, &length, 32))
		return bad(feed, text);
	span = ~mask4(plen);
	return first > UINT32_MAX - span ? bad(feed, text)
					 : feed_list4(feed, first, first + span, text);
}

int feed_line_spamd(struct feed *feed, const struct feed_line *line)
{
	const char *at = line->text, *second;
	uint32_t first, last;

	if (*at == '#')
		return 0;
	if (!read_quad(&first, &at))
		return bad(feed, line->text);
	if (*at == '/')
		return network(feed, first, at + 1, line->text);
	second = at + strspn(at, " -");
	if (second == at || !is_digit(*second))
		return *at && !is_blank(*at) && *at != '#' ? bad(feed, line->text)
							   : feed_list4(feed, first, first, at);
	if (!read_quad(&last, &second) || last < first)
		return bad(feed, line->text);
	return feed_list4(feed, first, last, line->text);
}
