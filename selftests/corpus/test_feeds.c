// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones with what rbldnsd itself makes of each (rbldnsd -d): one JSON object a line, {"type",
 * "zone": lines, "dump": lines of a DNS zone, "dump_lines": how many there were, "warnings"}.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "../unit/feeds.h"

/* Where the list is not to be read as its dump stands, and why. */
static const struct {
	const char *line; /* the zone's first */
	const char *set;
} differs[] = {
	/* A byte order mark is no mistake here. */
	{"\xef\xbb\xbf"
	 "1.2.3.4",
	 "1.2.3.4"},
	/* rbldnsd -d leaves the exception out; the server, asked, does not list it. */
	{"2001:db8::/126", "2001:db8::/127 2001:db8::3"},
};

static char *join(const json_t *lines)
{
	size_t len = 1, i;
	json_t *line;
	char *text;

	json_array_foreach(lines, i, line) len += json_string_length(line) + 1;
	text = calloc(1, len);
	assert_non_null(text);
	json_array_foreach(lines, i, line)
	{
		strcat(text, json_string_value(line));
		strcat(text, "\n");
	}
	return text;
}

/* "2.0.0.127" or "*.0.127", or the nibbles of an IPv6 address. */
static struct prefix owner_prefix(const char *name, bool v6)
{
	unsigned part[32], parts = 0, wanted = v6 ? 32 : 4, bits = v6 ? 4 : 8;
	struct addr addr = {.b = {0}};
	unsigned start = v6 ? 0 : 12;

	if (!v6)
		addr.b[10] = addr.b[11] = 0xff;
	if (!strncmp(name, "*.", 2))
		name += 2;
	for (; parts < wanted; parts++) {
		char *end;

		part[parts] = (unsigned)strtoul(name, &end, v6 ? 16 : 10);
		assert_true(end > name && (!*end || *end == '.'));
		name = end + 1;
		if (!*end) {
			parts++;
			break;
		}
	}
	for (unsigned i = 0; i < parts; i++) {
		unsigned value = part[parts - 1 - i];

		addr.b[start + i * bits / 8] |=
			(unsigned char)(v6 && !(i % 2) ? value << 4 : value);
	}
	return prefix_of(&addr, start * 8 + parts * bits);
}

/* The set that the dump tells; exceptions stand in it as CNAMEs. */
static void read_dump(struct feed_set *set, const json_t *dump, bool v6)
{
	struct feed_set minus = {0};
	json_t *line;
	size_t i;

	*set = (struct feed_set){0};
	json_array_foreach(dump, i, line)
	{
		char *copy = strdup(json_string_value(line)), *rest = copy;
		const char *name = strsep(&rest, "\t"), *type = strsep(&rest, "\t");
		struct prefix prefix;

		if (*name && *name != '$' && type) {
			prefix = owner_prefix(name, v6);
			assert_int_equal(
				feed_set_add_prefix(!strcmp(type, "A") ? set : &minus, &prefix), 0);
		}
		free(copy);
	}
	assert_int_equal(feed_set_settle(set), 0);
	assert_int_equal(feed_set_settle(&minus), 0);
	assert_int_equal(feed_set_subtract(set, &minus), 0);
	feed_set_free(&minus);
}

static const char *wanted(struct set_text *text, const json_t *vector, bool v6)
{
	const json_t *dump = json_object_get(vector, "dump");
	const char *first = json_string_value(json_array_get(json_object_get(vector, "zone"), 0));
	struct feed_set set;

	for (size_t i = 0; i < sizeof(differs) / sizeof(differs[0]); i++)
		if (!strcmp(differs[i].line, first))
			return differs[i].set;
	read_dump(&set, dump, v6);
	set_text(text, &set);
	feed_set_free(&set);
	return text->text;
}

static size_t addresses4(const struct feed_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->v4.count; i++)
		count += set->v4.item[i].last - set->v4.item[i].first + 1UL;
	return count;
}

static void compare(const json_t *vector, enum feed_format format)
{
	static struct set_text expected, got;
	static struct told told;
	const json_t *warnings = json_object_get(vector, "warnings");
	size_t lines = (size_t)json_integer_value(json_object_get(vector, "dump_lines"));
	char *zone = join(json_object_get(vector, "zone"));
	bool whole = json_array_size(json_object_get(vector, "dump")) == lines;
	struct feed_set set;
	struct feed feed;

	assert_int_equal(
		memory_feed(&feed, format, (struct memory){zone, strlen(zone), 0}, &told, &set), 0);
	if (!whole)
		/* One line is the $TTL, the others are addresses. */
		assert_int_equal(addresses4(&set), lines - 1);
	else if (strcmp(wanted(&expected, vector, format >= FEED_RBLDNSD_IP6TRIE),
			set_text(&got, &set)) != 0)
		fail_msg("%s:\n%sgives `%s', not `%s'; told:\n%s", feed_format_names[format], zone,
			 got.text, expected.text, told.text);
	if (strncmp(zone, "\xef\xbb\xbf", 3) != 0)
		assert_int_equal(told.count != 0, json_array_size(warnings) != 0);
	free(zone);
	feed_set_free(&set);
	feed_free(&feed);
}

static void rbldnsd_vectors(void **state)
{
	const char *dir = getenv("MXDP_CORPUS");
	unsigned compared = 0, others = 0;
	char path[4096], *line = NULL;
	size_t room = 0;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/rbldnsd/vectors.jsonl", dir ? dir : "../shared/corpus");
	file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "SKIPPED: no %s; set MXDP_CORPUS to the directory of the corpus\n",
			path);
		skip();
	}
	while (getline(&line, &room, file) > 0) {
		json_t *vector = json_loads(line, 0, NULL);
		enum feed_format format;
		char name[64];

		assert_non_null(vector);
		snprintf(name, sizeof(name), "rbldnsd-%s",
			 json_string_value(json_object_get(vector, "type")));
		/* Of names (dnset, generic) there are some too. */
		if (feed_format_parse(&format, name)) {
			compare(vector, format);
			compared++;
		} else {
			others++;
		}
		json_decref(vector);
	}
	free(line);
	fclose(file);
	printf("%u zones as rbldnsd reads them; %u of names, not of addresses\n", compared, others);
	fflush(stdout);
	assert_true(compared >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rbldnsd_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
