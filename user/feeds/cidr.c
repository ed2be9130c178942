// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain lists, ipset save, and Spamhaus DROP as text. */
#include <arpa/inet.h>
#include <string.h>

#include "parser.h"
#include "text.h"

static bool is_comment(char c)
{
	return c == '#' || c == ';';
}

static bool ends(const char *text)
{
	text = skip_blanks(text);
	return !*text || is_comment(*text);
}

static int bad_entry(struct feed *feed, const char *text)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed,
			"%s is neither an IP address, nor a network such as 192.0.2.0/24, nor a "
			"range of addresses",
			feed_quote(quoted, text));
}

static int bad_rest(struct feed *feed, const char *text, const char *rest)
{
	char quoted[FEED_QUOTE], behind[FEED_QUOTE];

	return feed_bad(feed, "%s: a comment begins with # or ;, and %s does not",
			feed_quote(quoted, text), feed_quote(behind, skip_blanks(rest)));
}

static int bad_order(struct feed *feed, const char *text)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed, "%s ends before it begins", feed_quote(quoted, text));
}

static int bad_length(struct feed *feed, const char *text, unsigned max)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed, "%s: the length behind the slash goes from 0 to %u",
			feed_quote(quoted, text), max);
}

/* "- LAST" with blanks around the dash, which is where *text stands then. */
static bool read_dash(const char **text)
{
	const char *at = skip_blanks(*text);

	if (*at != '-')
		return false;
	*text = skip_blanks(at + 1);
	return true;
}

struct entry {
	struct wide first, last;
	const char *rest; /* what stands behind it */
};

/* The result of reading an entry: 1, or 0 where it was told why not. */
static int entry4(struct feed *feed, const char *text, uint32_t first, struct entry *out)
{
	uint32_t last = first;
	unsigned plen = 32;

	if (*out->rest == '/') {
		out->rest++;
		if (!read_number(&plen, &out->rest, 32))
			return bad_length(feed, text, 32);
		first &= mask4(plen);
		last = first | ~mask4(plen);
	} else if (read_dash(&out->rest)) {
		if (!read_quad(&last, &out->rest))
			return bad_entry(feed, text);
		if (last < first)
			return bad_order(feed, text);
	}
	out->first = wide_of_v4(first);
	out->last = wide_of_v4(last);
	return 1;
}

/* The letters of an IPv6 address; *text is behind them then. */
static bool read_addr6(struct wide *out, const char **text)
{
	size_t len = strspn(*text, "0123456789abcdefABCDEF:.");
	char word[ADDR_TEXT];
	struct addr addr;

	if (len >= sizeof(word))
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	/* IPv4 has been tried, without leading zeros. */
	if (!strchr(word, ':') || !addr_parse(&addr, word))
		return false;
	*out = wide_of(&addr);
	*text += len;
	return true;
}

static int entry6(struct feed *feed, const char *text, struct entry *out)
{
	unsigned plen = ADDR_BITS;

	if (!read_addr6(&out->first, &out->rest))
		return bad_entry(feed, text);
	out->last = out->first;
	if (*out->rest == '/') {
		struct addr addr = addr_of_wide(out->first);

		out->rest++;
		if (!read_number(&plen, &out->rest, ADDR_BITS))
			return bad_length(feed, text, ADDR_BITS);
		addr = prefix_of(&addr, plen).addr;
		out->first = wide_of(&addr);
		out->last = wide_end(out->first, plen);
	} else if (read_dash(&out->rest)) {
		if (!read_addr6(&out->last, &out->rest))
			return bad_entry(feed, text);
		if (wide_less(out->last, out->first))
			return bad_order(feed, text);
	}
	return 1;
}

static int read_entry(struct feed *feed, const char *text, struct entry *out)
{
	uint32_t first;

	out->rest = text;
	return read_quad(&first, &out->rest) ? entry4(feed, text, first, out)
					     : entry6(feed, text, out);
}

static const char *skip_word(const char *text)
{
	return skip_blanks(text + strcspn(text, " \t"));
}

static bool begins(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && (!text[len] || is_blank(text[len]));
}

/* Where the entry of `ipset save' stands, or NULL: it is no line of that. */
static const char *ipset_entry(const char *text)
{
	if (!begins(text, "add") && !begins(text, "-A"))
		return NULL;
	return skip_word(skip_word(text));
}

static bool is_ipset_command(const char *text)
{
	static const char *const words[] = {"create", "flush", "destroy", "swap", "COMMIT", "-N"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(text, words[i]))
			return true;
	return false;
}

/* Whether one of the words is "nomatch"; a comment in quotes may say so too, and does not count. */
static bool is_nomatch(const char *rest)
{
	for (rest = skip_blanks(rest); *rest; rest = skip_word(rest)) {
		if (begins(rest, "nomatch"))
			return true;
		if (*rest == '"')
			return false;
	}
	return false;
}

static int ipset_line(struct feed *feed, const char *text)
{
	struct entry entry;

	if (!read_entry(feed, text, &entry))
		return 0;
	if (*entry.rest && !is_blank(*entry.rest))
		return bad_entry(feed, text);
	if (!is_nomatch(entry.rest))
		return feed_list(feed, entry.first, entry.last, text);
	feed->used++;
	return feed_set_add(&feed->minus, entry.first, entry.last);
}

static bool holds_zero(struct feed *feed, const struct feed_line *line)
{
	char quoted[FEED_QUOTE];

	if (strlen(line->text) == line->len)
		return false;
	feed_bad(feed, "the line holds a zero byte behind %s: this is no text",
		 feed_quote(quoted, line->text));
	return true;
}

/* Most lines of most lists, and the longest lists, are single IPv4 addresses. */
static bool is_single4(const struct feed_line *line, uint32_t *addr)
{
	const char *at = line->text;

	return read_quad(addr, &at) && at == line->text + line->len;
}

int feed_line_cidr(struct feed *feed, const struct feed_line *line)
{
	const char *text = line->text, *ipset;
	struct entry entry;
	uint32_t addr;

	if (is_single4(line, &addr))
		return feed_list4(feed, addr, addr, text);
	if (is_comment(*text) || is_ipset_command(text) || holds_zero(feed, line))
		return 0;
	ipset = ipset_entry(text);
	if (ipset)
		return ipset_line(feed, ipset);
	if (!read_entry(feed, text, &entry))
		return 0;
	if (!ends(entry.rest))
		return bad_rest(feed, text, entry.rest);
	return feed_list(feed, entry.first, entry.last, text);
}

int feed_line_drop(struct feed *feed, const struct feed_line *line)
{
	size_t len = strcspn(line->text, " \t;#");
	char word[ADDR_TEXT] = "", quoted[FEED_QUOTE];
	struct prefix prefix;
	struct wide first;

	if (is_comment(*line->text) || holds_zero(feed, line))
		return 0;
	if (!ends(line->text + len))
		return bad_rest(feed, line->text, line->text + len);
	if (len < sizeof(word))
		memcpy(word, line->text, len);
	if (!prefix_parse(&prefix, word))
		return feed_bad(feed, "%s is no network such as 192.0.2.0/24, without host bits",
				feed_quote(quoted, line->text));
	first = wide_of(&prefix.addr);
	return feed_list(feed, first, wide_end(first, prefix.plen), line->text);
}
