// SPDX-License-Identifier: GPL-2.0-or-later
/* The words for the enums, and back; words that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../maps/nets_user.h"
#include "../../user/base/names.h"

static const char *const none[] = {
	"",    " ",       "unknown",   "Drop", "drop ", "dropp", "dro", "MX", "mx,submission",
	"all", "Enforce", "enforcing", "0",    "1",
};

static void words_and_back(void **state)
{
	enum port_class ports;
	enum action action;
	enum mode mode;

	(void)state;
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		assert_true(action_parse(&action, action_name(i)));
		assert_int_equal(action, i);
	}
	for (unsigned i = 0; i < PORTS_COUNT; i++) {
		assert_true(ports_parse(&ports, ports_name(i)));
		assert_int_equal(ports, i);
	}
	for (unsigned i = MODE_MONITOR; i <= MODE_ENFORCE; i++) {
		assert_true(mode_parse(&mode, mode_name(i)));
		assert_int_equal(mode, i);
	}
}

/* The words stand in the protocol and in scripts: they cannot change. */
static void the_words_themselves(void **state)
{
	(void)state;
	assert_string_equal(action_name(ACTION_DROP), "drop");
	assert_string_equal(action_name(ACTION_RESET), "reset");
	assert_string_equal(action_name(ACTION_WATCH), "watch");
	assert_string_equal(ports_name(PORTS_MX), "mx");
	assert_string_equal(ports_name(PORTS_SUBMISSION), "submission");
	assert_string_equal(mode_name(MODE_MONITOR), "monitor");
	assert_string_equal(mode_name(MODE_ENFORCE), "enforce");
	assert_string_equal(net_kind_name(NET_OWN), "own");
}

/* A pinned map may hold what another version wrote. */
static void numbers_that_are_none(void **state)
{
	static const unsigned beyond[] = {4, 5, 255, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		assert_string_equal(action_name(beyond[i]), "unknown");
		assert_string_equal(ports_name(beyond[i]), "unknown");
		assert_string_equal(mode_name(beyond[i]), "unknown");
	}
	for (unsigned i = 0; i < NET_KIND_COUNT; i++)
		assert_string_not_equal(net_kind_name((enum net_kind)i), "unknown");
	assert_string_equal(net_kind_name(NET_KIND_COUNT), "unknown");
}

static void words_that_are_none(void **state)
{
	enum port_class ports;
	enum action action;
	enum mode mode;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_false(action_parse(&action, none[i]));
		assert_false(ports_parse(&ports, none[i]));
		assert_false(mode_parse(&mode, none[i]));
	}
	assert_false(action_parse(&action, "mx"));
	assert_false(ports_parse(&ports, "enforce"));
	assert_false(mode_parse(&mode, "drop"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_back),
		cmocka_unit_test(the_words_themselves),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(words_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
