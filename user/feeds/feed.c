// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parser.h"
#include "source.h"
#include "text.h"
#include "../base/escape.h"

static int (*const parsers[FEED_FORMAT_COUNT])(struct feed *, const struct feed_line *) = {
	[FEED_CIDR] = feed_line_cidr,
	[FEED_SPAMHAUS_JSON] = feed_line_json,
	[FEED_SPAMHAUS_DROP] = feed_line_drop,
	[FEED_RBLDNSD_IP4SET] = feed_line_ip4set,
	[FEED_RBLDNSD_IP4TRIE] = feed_line_ip4trie,
	[FEED_RBLDNSD_IP4TSET] = feed_line_ip4tset,
	[FEED_RBLDNSD_IP6TRIE] = feed_line_ip6trie,
	[FEED_RBLDNSD_IP6TSET] = feed_line_ip6tset,
	[FEED_SPAMD] = feed_line_spamd,
};

void feed_init(struct feed *feed, enum feed_format format, time_t now,
	       const struct feed_events *events)
{
	*feed = (struct feed){.format = format, .now = now, .events = *events, .announced = -1};
}

void feed_free(struct feed *feed)
{
	feed_set_free(&feed->set);
	feed_set_free(&feed->minus);
	trie_free(&feed->trie);
	for (unsigned i = 0; i < FEED_OCTETS; i++) {
		set4_free(&feed->octets[i]);
		set4_free(&feed->octets_minus[i]);
	}
}

ssize_t feed_read_fd(void *fd, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(*(const int *)fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static void tell(struct feed *feed, size_t line, const char *format, va_list args)
{
	char why[FEED_WHY];

	vsnprintf(why, sizeof(why), format, args);
	feed->events.tell(feed->events.context, line, why);
}

int feed_bad(struct feed *feed, const char *format, ...)
{
	va_list args;

	feed->unusable++;
	va_start(args, format);
	tell(feed, feed->lines, format, args);
	va_end(args);
	return 0;
}

void feed_remark(struct feed *feed, size_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(feed, line, format, args);
	va_end(args);
}

const char *feed_quote(char out[FEED_QUOTE], const char *text)
{
	out[0] = '`';
	escape_bytes(out + 1, FEED_QUOTE - 2, text, strnlen(text, FEED_QUOTE));
	return strcat(out, "'");
}

int feed_too_wide(struct feed *feed, const char *text)
{
	char quoted[FEED_QUOTE];

	return feed_bad(feed, "%s is refused: wider than /%d (IPv4) or /%d (IPv6) no list may be",
			feed_quote(quoted, text), FEED_V4_SHORTEST, FEED_V6_SHORTEST);
}

bool feed_is_too_wide(struct wide first, struct wide last)
{
	struct addr addr = addr_of_wide(first), end = addr_of_wide(last);

	if (addr_is_v4(&addr) && addr_is_v4(&end))
		return last.lo - first.lo > UINT32_MAX >> FEED_V4_SHORTEST;
	/* The span of a /19 is 2^109, so its size minus one has 45 bits in the upper half. */
	last.hi -= first.hi + (last.lo < first.lo);
	return last.hi > UINT64_MAX >> FEED_V6_SHORTEST;
}

int feed_list4(struct feed *feed, uint32_t first, uint32_t last, const char *text)
{
	if (last - first > UINT32_MAX >> FEED_V4_SHORTEST)
		return feed_too_wide(feed, text);
	feed->used++;
	return set4_add(&feed->set.v4, first, last);
}

int feed_list(struct feed *feed, struct wide first, struct wide last, const char *text)
{
	if (feed_is_too_wide(first, last))
		return feed_too_wide(feed, text);
	feed->used++;
	return feed_set_add(&feed->set, first, last);
}

/*
 * Where the line ends: a carriage return is no part of it, and what was cut in two is not either,
 * for half an address is another address.
 */
static char *line_end(const struct source *source)
{
	char *end = source->line + source->len;

	if (source->cut)
		while (end > source->line && !is_blank(end[-1]))
			end--;
	while (end > source->line && (is_blank(end[-1]) || end[-1] == '\r'))
		end--;
	return end;
}

static int take_line(struct feed *feed, const struct source *source)
{
	struct feed_line line;
	char *end = line_end(source);

	feed->lines++;
	*end = '\0';
	line.text = skip_blanks(source->line);
	if (line.text >= end)
		return source->cut ? feed_bad(feed, "the line is longer than %d bytes, and cut",
					      FEED_LINE_MAX)
				   : 0;
	line.len = (size_t)(end - line.text);
	if (source->cut)
		feed_remark(feed, feed->lines, "the line is cut behind %d bytes", FEED_LINE_MAX);
	return parsers[feed->format](feed, &line);
}

/* What the first bytes tell about the whole. */
static int look(struct feed *feed, const struct source *source)
{
	const char *why = feed_no_list(source->at, source_ahead(source));

	if (why) {
		feed_remark(feed, 0, "%s", why);
		return -EBADMSG;
	}
	if (feed->format == FEED_AUTO) {
		feed->format = feed_recognise(source->at, source_ahead(source));
		feed_remark(feed, 0, "taken for %s", feed_format_names[feed->format]);
	}
	return 0;
}

static void remark_expiry(struct feed *feed)
{
	char text[64];
	struct tm tm;

	if (!feed->expires || feed->expires >= feed->now)
		return;
	if (!gmtime_r(&feed->expires, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return;
	feed_remark(feed, 0, "its data expired at %s UTC: rbldnsd would not serve it", text);
}

static int resolve(struct feed *feed, struct feed_set *out)
{
	int err = trie_resolve(&feed->trie, &feed->set);

	/* Before the sets are sorted, which takes memory of its own. */
	trie_free(&feed->trie);
	err = err ? err : feed_end_ip4set(feed);
	err = err ? err : feed_set_settle(&feed->set);
	err = err ? err : feed_set_settle(&feed->minus);
	err = err ? err : feed_set_subtract(&feed->set, &feed->minus);
	if (err)
		return err;
	*out = feed->set;
	feed->set = (struct feed_set){0};
	return 0;
}

int feed_read(struct feed *feed, feed_read_fn *read, void *context, struct feed_set *out)
{
	struct source *source = source_new(read, context);
	int err = source ? source_begin(source) : -ENOMEM;
	int more;

	*out = (struct feed_set){0};
	if (err)
		goto out;
	err = look(feed, source);
	while (!err) {
		more = source_next(source);
		if (more <= 0) {
			err = more;
			break;
		}
		err = take_line(feed, source);
	}
	if (err)
		goto out;
	if (feed->format == FEED_SPAMHAUS_JSON)
		feed_end_json(feed);
	remark_expiry(feed);
	err = resolve(feed, out);
out:
	free(source);
	return err;
}
