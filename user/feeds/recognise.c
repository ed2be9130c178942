// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "format.h"
#include "text.h"

/* What the lines of a list show. */
struct signs {
	unsigned lines;
	unsigned json;    /* an object */
	unsigned rbldnsd; /* what only rbldnsd reads */
	unsigned v4, v6;  /* entries */
	unsigned groups4; /* IPv6 entries of just four groups */
	unsigned sbl;     /* a comment of Spamhaus */
	unsigned dashes;  /* "a - b" */
};

static size_t first_word(const char *text)
{
	return strcspn(text, " \t#;");
}

static bool is_special(const char *text)
{
	static const char *const words[] = {"$SOA ", "$NS ", "$TTL ", "$MAXRANGE4 ", "$TIMESTAMP "};
	const char *dollar = *text && strchr("#;:", *text) ? text + 1 : text;

	if (*dollar != '$')
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncasecmp(dollar, words[i], strlen(words[i])))
			return true;
	return (is_digit(dollar[1]) || dollar[1] == '=') && is_blank(dollar[2]);
}

/* ":2:text", alone or behind an address */
static bool is_value(const char *text)
{
	unsigned n;

	if (*text++ != ':' || !read_number(&n, &text, 255))
		return false;
	text += strspn(text, "0123456789.");
	return *text == ':';
}

static bool is_v6(const char *text)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF:");

	return memchr(text, ':', len) && (text[len] == '/' || first_word(text + len) == 0);
}

static void look_at_v6(struct signs *signs, const char *text)
{
	size_t len = first_word(text);
	unsigned colons = 0, gaps = 0;

	for (size_t i = 0; i < len; i++) {
		colons += text[i] == ':';
		gaps += text[i] == ':' && (!i || i + 1 == len || text[i + 1] == ':');
	}
	signs->v6++;
	if (colons == 3 && !gaps && !memchr(text, '/', len)) {
		signs->groups4++;
		/* Nobody else leaves groups out. */
		signs->rbldnsd++;
	}
}

/* 127.0 or 127.16/12 */
static bool leaves_octets_out(const char *text)
{
	size_t len = strspn(text, "0123456789."), dots = 0;

	for (size_t i = 0; i < len; i++)
		dots += text[i] == '.';
	return dots < 3 && (dots || text[len] == '/') &&
	       len + strspn(text + len, "0123456789./-") == first_word(text);
}

static void look_at_v4(struct signs *signs, const char *text)
{
	uint32_t addr, last;
	const char *rest = text;

	signs->v4++;
	if (!read_quad(&addr, &rest)) {
		signs->rbldnsd += leaves_octets_out(text);
		return;
	}
	if (is_value(skip_blanks(rest)))
		signs->rbldnsd++;
	if (!is_blank(*rest) || *skip_blanks(rest) != '-')
		return;
	rest = skip_blanks(skip_blanks(rest) + 1);
	signs->dashes += read_quad(&last, &rest);
}

static void look_at(struct signs *signs, const char *text)
{
	const char *comment = strchr(text, ';');

	signs->lines++;
	if (is_special(text) || *text == '!' || is_value(text))
		signs->rbldnsd++;
	if (*text == '!')
		text = skip_blanks(text + 1);
	if (comment && comment != text && !strncmp(skip_blanks(comment + 1), "SBL", 3))
		signs->sbl++;
	if (*text == '{')
		signs->json++;
	else if (is_v6(text))
		look_at_v6(signs, text);
	else if (is_digit(*text))
		look_at_v4(signs, text);
}

static enum feed_format judge(const struct signs *signs)
{
	if (signs->json)
		return FEED_SPAMHAUS_JSON;
	if (signs->sbl)
		return FEED_SPAMHAUS_DROP;
	if (signs->rbldnsd && signs->v6 > signs->v4)
		return signs->groups4 == signs->v6 ? FEED_RBLDNSD_IP6TSET : FEED_RBLDNSD_IP6TRIE;
	/* ip4trie and ip4tset look the same; where nothing is excepted they mean it too. */
	if (signs->rbldnsd)
		return FEED_RBLDNSD_IP4SET;
	return signs->dashes ? FEED_SPAMD : FEED_CIDR;
}

enum feed_format feed_recognise(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	struct signs signs = {0};
	char line[256];

	while (bytes < end && signs.lines < 1000) {
		const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t length = (size_t)((feed ? feed : end) - bytes), kept = length;

		if (kept >= sizeof(line))
			kept = sizeof(line) - 1;
		memcpy(line, bytes, kept);
		line[kept] = '\0';
		line[strcspn(line, "\r")] = '\0';
		look_at(&signs, skip_blanks(line));
		bytes += length + (feed != NULL);
	}
	return judge(&signs);
}

static bool begins(const char *bytes, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && !memcmp(bytes, with, with_len);
}

const char *feed_no_list(const char *bytes, size_t len)
{
	size_t blanks = 0;

	if (begins(bytes, len, "\x1f\x8b", 2))
		return "gzip data: decompress it first, as by `zcat'";
	if (begins(bytes, len,
		   "\xfd"
		   "7zXZ",
		   5) ||
	    begins(bytes, len, "BZh", 3) || begins(bytes, len, "PK\x03\x04", 4) ||
	    begins(bytes, len, "\x28\xb5\x2f\xfd", 4))
		return "compressed data: decompress it first";
	if (begins(bytes, len, "\xff\xfe", 2) || begins(bytes, len, "\xfe\xff", 2))
		return "text in UTF-16: convert it first, as by `iconv -f UTF-16 -t UTF-8'";
	while (blanks < len && strchr(" \t\r\n", bytes[blanks]) && bytes[blanks])
		blanks++;
	if (blanks == len)
		return "empty, which is taken for a mistake";
	if (bytes[blanks] == '<')
		return "an HTML page or other markup, no list: did the server answer with an "
		       "error?";
	return NULL;
}
