// SPDX-License-Identifier: GPL-2.0-or-later
/* Spamhaus DROP as it is published: one object a line, the last of them about the list itself. */
#include <jansson.h>
#include <string.h>

#include "parser.h"

static int bad(struct feed *feed, const char *text, const char *why)
{
	char quoted[FEED_QUOTE], clean[FEED_QUOTE];

	return feed_bad(feed, "%s is no object with an address or network as \"cidr\": %s",
			feed_quote(quoted, text), feed_quote(clean, why));
}

static int entry(struct feed *feed, const char *cidr, const char *text)
{
	struct prefix prefix;
	struct wide first;

	if (!prefix_parse(&prefix, cidr))
		return bad(feed, text, cidr);
	first = wide_of(&prefix.addr);
	return feed_list(feed, first, wide_end(first, prefix.plen), text);
}

int feed_line_json(struct feed *feed, const struct feed_line *line)
{
	json_error_t error;
	json_t *object = json_loadb(line->text, line->len, JSON_REJECT_DUPLICATES, &error);
	const char *cidr = json_string_value(json_object_get(object, "cidr"));
	const char *type = json_string_value(json_object_get(object, "type"));
	const json_t *records = json_object_get(object, "records");
	int err = 0;

	if (!object)
		err = bad(feed, line->text, error.text);
	else if (cidr)
		err = entry(feed, cidr, line->text);
	else if (!type || strcmp(type, "metadata") != 0)
		err = bad(feed, line->text, "there is none");
	else if (json_is_integer(records))
		feed->announced = json_integer_value(records);
	json_decref(object);
	return err;
}

/* A list that was cut off on the way looks whole otherwise. */
void feed_end_json(struct feed *feed)
{
	unsigned long long read = feed->used + feed->unusable;

	if (feed->announced < 0)
		feed_remark(feed, 0, "no metadata line tells how many records there are: %s",
			    "it may be cut off");
	else if ((unsigned long long)feed->announced != read)
		feed_remark(feed, 0, "%lld records are announced, %llu are there", feed->announced,
			    read);
}
