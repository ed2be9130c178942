// SPDX-License-Identifier: GPL-2.0-or-later
/* Who still knocks: what is new of each round, who comes first, and what no room is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/addr.h"
#include "../../user/policy/knocks.h"

#define ROOM 4

static struct knock got[ROOM];
static struct knocks_sum sum;

static struct prefix net(const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text));
	return prefix;
}

static void met(struct knocks *k, const char *text, uint64_t syns)
{
	struct prefix prefix = net(text);

	knocks_verdict(k, &prefix, PORTS_MX, syns);
}

static void expect(size_t i, const char *text, uint64_t syns)
{
	char name[ADDR_TEXT];

	assert_string_equal(prefix_format(name, &got[i].prefix), text);
	assert_int_equal(got[i].syns, syns);
}

static void what_is_new_is_told(void **state)
{
	struct knocks *k = knocks_new(KNOCKS_SOURCES);

	(void)state;
	met(k, "198.51.100.7", 1000);
	met(k, "198.51.100.8", 5);
	assert_int_equal(knocks_round(k, NULL, 0, &sum), 0);
	assert_int_equal(sum.syns, 1005);

	met(k, "198.51.100.7", 1002);
	met(k, "198.51.100.8", 5);
	met(k, "2001:db8::/64", 40);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 2);
	expect(0, "2001:db8::/64", 40);
	expect(1, "198.51.100.7", 2);
	assert_int_equal(got[0].slot, -1);
	assert_int_equal(sum.sources, 2);
	assert_int_equal(sum.syns, 42);

	/* One was put anew, one has ended, one is quiet. */
	met(k, "198.51.100.7", 3);
	met(k, "198.51.100.8", 5);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 1);
	expect(0, "198.51.100.7", 3);
	/* What has ended is forgotten: all that it meets then is new. */
	met(k, "2001:db8::/64", 41);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 1);
	expect(0, "2001:db8::/64", 41);
	knocks_free(k);
}

static void feeds_tell_one_by_one(void **state)
{
	struct knocks *k = knocks_new(KNOCKS_SOURCES);
	struct prefix one = net("192.0.2.1"), other = net("192.0.2.2");

	(void)state;
	knocks_feed(k, &one.addr, PORTS_MX, 3);
	knocks_feed(k, &one.addr, PORTS_MX, 3);
	knocks_feed(k, &one.addr, PORTS_SUBMISSION, 7);
	knocks_feed(k, &other.addr, PORTS_MX, 3);
	met(k, "192.0.2.1", 9);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 4);
	assert_int_equal(sum.syns, 13);
	expect(0, "192.0.2.1", 9);
	expect(1, "192.0.2.1", 2);
	assert_int_equal(got[1].slot, 3);
	assert_int_equal(got[1].ports, PORTS_MX);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 0);
	knocks_free(k);
}

static void there_are_bounds(void **state)
{
	struct knocks *k = knocks_new(5);

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct addr addr = net("192.0.2.0").addr;

		addr.b[15] = (uint8_t)i;
		for (unsigned times = 0; times <= i; times++)
			knocks_feed(k, &addr, PORTS_MX, 0);
	}
	assert_int_equal(knocks_round(k, got, ROOM, &sum), ROOM);
	expect(0, "192.0.2.4", 5);
	assert_int_equal(sum.sources, 5);
	assert_int_equal(sum.syns, 1 + 2 + 3 + 4 + 5);
	assert_int_equal(sum.without_room, 6 + 7 + 8);
	assert_int_equal(knocks_round(k, got, ROOM, &sum), 0);
	assert_int_equal(sum.without_room, 0);
	knocks_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new_is_told),
		cmocka_unit_test(feeds_tell_one_by_one),
		cmocka_unit_test(there_are_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
