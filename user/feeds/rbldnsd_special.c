// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "rbldnsd.h"
#include "text.h"

/* What follows `word` and at least one blank; NULL where the line is about something else. */
static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(text, word, len) || !is_blank(text[len]))
		return NULL;
	return skip_blanks(text + len);
}

static bool max_range(struct feed *feed, const char *text)
{
	bool is_length = *text == '/';
	unsigned n;

	text += is_length;
	if (!read_number(&n, &text, UINT32_MAX) || *text || !n || (is_length && n > 32))
		return false;
	if (is_length)
		n = 1U << (32 - n);
	if (feed->max_range4 && feed->max_range4 < n)
		feed_remark(feed, feed->lines, "$MAXRANGE4 can only shrink: %u stays in force",
			    feed->max_range4);
	else
		feed->max_range4 = n;
	return true;
}

/* One field of a time stamp: up to `digits` of them, and a separator, which may be missing. */
static bool read_field(int *out, const char **text, int min, int max, unsigned digits)
{
	int n = 0;

	if (!is_digit(**text))
		return false;
	for (; digits && is_digit(**text); digits--, (*text)++)
		n = n * 10 + (**text - '0');
	if (**text == ':' || **text == '-')
		(*text)++;
	*out = n;
	return n >= min && n <= max;
}

static bool ends(const char *text)
{
	return !*text || is_blank(*text);
}

static bool read_stamp(time_t *out, const char **text)
{
	static const struct {
		int min, max;
		unsigned digits;
	} field[] = {{1970, 2038, 4}, {1, 12, 2}, {1, 31, 2}, {0, 23, 2}, {0, 59, 2}, {0, 59, 2}};
	int n[6] = {0};
	struct tm tm;

	if (**text && strchr("0-:", **text) && ends(*text + 1)) {
		*out = 0;
		*text = skip_blanks(*text + 1);
		return true;
	}
	for (unsigned i = 0; i < 6 && (i < 3 || !ends(*text)); i++)
		if (!read_field(&n[i], text, field[i].min, field[i].max, field[i].digits))
			return false;
	tm = (struct tm){
		.tm_year = n[0] - 1900,
		.tm_mon = n[1] - 1,
		.tm_mday = n[2],
		.tm_hour = n[3],
		.tm_min = n[4],
		.tm_sec = n[5],
	};
	*out = timegm(&tm);
	/* The 30th of February has become another day. */
	if (!ends(*text) || tm.tm_mday != n[2])
		return false;
	*text = skip_blanks(*text);
	return true;
}

/* "90", "90s", "5m", "2h", "1d", "1w" */
static bool read_span(time_t *out, const char *text)
{
	static const struct {
		char letter;
		unsigned seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	unsigned n, seconds = 1;

	if (!read_number(&n, &text, UINT32_MAX))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if ((*text | 0x20) == units[i].letter) {
			seconds = units[i].seconds;
			text++;
			break;
		}
	}
	*out = (time_t)n * seconds;
	return !*text && *out && *out <= (time_t)UINT32_MAX;
}

static bool read_expiry(time_t *out, const char *text, time_t stamp)
{
	*out = 0;
	if (!*text)
		return true;
	if (*text == '+') {
		if (!stamp || !read_span(out, text + 1))
			return false;
		*out += stamp;
		return true;
	}
	return read_stamp(out, &text) && !*text;
}

static int time_stamp(struct feed *feed, const char *text)
{
	time_t stamp, expires;

	if (!read_stamp(&stamp, &text) || !read_expiry(&expires, text, stamp))
		return feed_bad(feed, "$TIMESTAMP wants yyyy:mm:dd[:hh[:mm[:ss]]] [expires|+span]");
	if (stamp > feed->now) {
		feed_bad(feed,
			 "$TIMESTAMP is %lld s in the future, so rbldnsd takes nothing of the "
			 "list: is this machine's clock right?",
			 (long long)(stamp - feed->now));
		return -EBADMSG;
	}
	if (expires && (!feed->expires || feed->expires > expires))
		feed->expires = expires;
	return 0;
}

/* SOA and name servers, time to live, templates: not about who is listed. */
static bool is_about_answers(const char *text)
{
	static const char *const words[] = {"soa", "ns", "nameserver", "ttl"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (behind(text, words[i]))
			return true;
	return (is_digit(*text) || *text == '=') && is_blank(text[1]);
}

int rbldnsd_special(struct feed *feed, const char *text)
{
	char quoted[FEED_QUOTE];
	const char *rest;

	if (is_about_answers(text))
		return 0;
	rest = behind(text, "timestamp");
	if (rest)
		return time_stamp(feed, rest);
	rest = behind(text, "maxrange4");
	if (!rest)
		return feed_bad(feed, "%s is no special entry that rbldnsd knows here",
				feed_quote(quoted, text - 1));
	return max_range(feed, rest)
		       ? 0
		       : feed_bad(feed, "$MAXRANGE4 wants a number of addresses or /1 to /32");
}
