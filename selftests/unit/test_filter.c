// SPDX-License-Identifier: GPL-2.0-or-later
/* Which events somebody wants to see; what lacks a field, or has it in another shape, is not it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/journal/filter.h"

static const char verdict[] =
	"{\"time\": \"2026-01-31T12:00:00Z\", \"event\": \"verdict\", \"client\": "
	"\"198.51.100.7:41234\", \"cause\": \"dnsbl:zen.example\", \"blocked\": \"198.51.100.7\", "
	"\"findings\": [{\"id\": \"helo-localhost\"}, {\"id\": \"dnsbl:zen.example\"}]}";
static const char verdict6[] = "{\"time\": \"2026-01-31T12:00:00Z\", \"event\": \"verdict\", "
			       "\"client\": \"[2001:db8:1:2::7]:25\", \"blocked\": "
			       "\"2001:db8:1:2::/64\", \"cause\": \"early-talker\"}";

static bool wants(struct event_filter filter, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	bool wanted;

	assert_non_null(event);
	wanted = filter_wants(&filter, event);
	json_decref(event);
	return wanted;
}

static struct event_filter about(const char *net)
{
	struct event_filter filter = {.has_client = true};

	assert_true(prefix_parse(&filter.client, net));
	return filter;
}

static void nothing_asked(void **state)
{
	struct event_filter none = {0};

	(void)state;
	assert_false(filter_is_set(&none));
	assert_true(wants(none, verdict));
	assert_true(wants(none, "{}"));
	none = about("198.51.100.7");
	assert_true(filter_is_set(&none));
	none = (struct event_filter){.event = "note"};
	assert_true(filter_is_set(&none));
	none = (struct event_filter){.finding = "dnsbl"};
	assert_true(filter_is_set(&none));
	none = (struct event_filter){.since = 1};
	assert_true(filter_is_set(&none));
}

static void by_client(void **state)
{
	(void)state;
	assert_true(wants(about("198.51.100.7"), verdict));
	assert_true(wants(about("198.51.100.0/24"), verdict));
	assert_false(wants(about("198.51.100.8"), verdict));
	assert_false(wants(about("198.51.100.8/29"), verdict));
	assert_true(wants(about("2001:db8:1:2::7"), verdict6));
	/* Another one of the /64 that was blocked for it. */
	assert_true(wants(about("2001:db8:1:2::8"), verdict6));
	assert_true(wants(about("2001:db8:1::/48"), verdict6));
	assert_false(wants(about("2001:db8:1:3::7"), verdict6));
	assert_false(wants(about("198.51.100.7"), verdict6));
}

static void by_event_and_finding(void **state)
{
	(void)state;
	assert_true(wants((struct event_filter){.event = "verdict"}, verdict));
	assert_false(wants((struct event_filter){.event = "verdicts"}, verdict));
	assert_true(wants((struct event_filter){.finding = "helo-localhost"}, verdict));
	assert_true(wants((struct event_filter){.finding = "dnsbl"}, verdict));
	assert_true(wants((struct event_filter){.finding = "dnsbl:zen.example"}, verdict));
	assert_false(wants((struct event_filter){.finding = "dnsbl:zen"}, verdict));
	assert_false(wants((struct event_filter){.finding = "helo"}, verdict));
	/* The cause alone is enough. */
	assert_true(wants((struct event_filter){.finding = "early-talker"}, verdict6));
}

static void by_time(void **state)
{
	const time_t noon = 1769860800; /* 2026-01-31T12:00:00Z */

	(void)state;
	assert_true(wants((struct event_filter){.since = noon}, verdict));
	assert_false(wants((struct event_filter){.since = noon + 1}, verdict));
	assert_false(wants((struct event_filter){.since = 1}, "{\"time\": \"2026-01-31\"}"));
	assert_false(wants((struct event_filter){.since = 1},
			   "{\"time\": \"2026-01-31T12:00:00Z or so\"}"));
}

static void all_must_hold(void **state)
{
	struct event_filter filter = about("198.51.100.7");

	(void)state;
	filter.event = "verdict";
	filter.finding = "dnsbl";
	assert_true(wants(filter, verdict));
	filter.event = "session";
	assert_false(wants(filter, verdict));
}

/* Lines of another version, or of nobody's. */
static void other_shapes(void **state)
{
	static const char *const odd[] = {
		"{}",
		"[]",
		"{\"time\": 5, \"event\": [], \"client\": {}, \"blocked\": 1, \"findings\": \"x\"}",
		"{\"client\": \"\", \"blocked\": \"\", \"cause\": \"\"}",
		"{\"client\": \"198.51.100.7\", \"findings\": [1, [], {}, {\"id\": 4}]}",
		"{\"client\": \"[198.51.100.7\", \"findings\": [{\"id\": null}]}",
		"{\"client\": \"[]:25\", \"blocked\": \"198.51.100.7/33\"}",
		"{\"client\": \":25\", \"blocked\": \"/\"}",
		"{\"client\": "
		"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:25\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_false(wants(about("198.51.100.7"), odd[i]));
		assert_false(wants((struct event_filter){.event = "verdict"}, odd[i]));
		assert_false(wants((struct event_filter){.finding = "dnsbl"}, odd[i]));
		assert_false(wants((struct event_filter){.since = 1}, odd[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked),        cmocka_unit_test(by_client),
		cmocka_unit_test(by_event_and_finding), cmocka_unit_test(by_time),
		cmocka_unit_test(all_must_hold),        cmocka_unit_test(other_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
