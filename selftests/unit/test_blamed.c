// SPDX-License-Identifier: GPL-2.0-or-later
/* The known-good whom a block was put on: for a day, each once, the latest first, with what to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/agent/blamed.h"
#include "../../user/base/addr.h"

static struct addr client(unsigned n)
{
	struct addr addr = {.b = {[10] = 255, 255, 198, 51, 100, (uint8_t)n}};

	return addr;
}

static void blame(struct blamed *b, unsigned n, const char *name, const char *helo, uint32_t now)
{
	struct addr addr = client(n);

	blamed_add(b, &addr, PORTS_MX, "helo-illegal", name, helo, now);
}

static const char *told(const json_t *list, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(list, i), key));
}

static void the_latest_comes_first(void **state)
{
	struct blamed b = {0};
	json_t *notes = json_array(), *list;

	(void)state;
	blame(&b, 1, NULL, NULL, 0);
	blame(&b, 2, "mail.example.org", "localhost", 60);
	blame(&b, 1, NULL, "mail.example.net", 120);
	list = blamed_status(&b, true, 180, notes);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(told(list, 0, "addr"), "198.51.100.1");
	assert_string_equal(told(list, 0, "helo"), "mail.example.net");
	assert_null(told(list, 0, "name"));
	assert_string_equal(told(list, 1, "name"), "mail.example.org");
	assert_string_equal(
		json_string_value(json_array_get(notes, 1)),
		"known for good, yet blocked 2m ago: 198.51.100.2 (mail.example.org), for "
		"helo-illegal: `mxdpctl explain 198.51.100.2' says why, `mxdpctl allow "
		"198.51.100.2' lets it in");
	json_decref(list);
	json_decref(notes);
	notes = json_array();
	list = blamed_status(&b, false, 60 + BLAMED_FOR + 1, notes);
	assert_int_equal(json_array_size(list), 1);
	assert_non_null(strstr(json_string_value(json_array_get(notes, 0)), "to be blocked 23h"));
	json_decref(list);
	json_decref(notes);
}

static void there_is_room_for_so_many(void **state)
{
	struct blamed b = {0};
	json_t *notes = json_array(), *list;

	(void)state;
	for (unsigned i = 0; i < BLAMED_MAX + 3; i++)
		blame(&b, i, NULL, "a\xff", 10 + i);
	list = blamed_status(&b, true, 100, notes);
	assert_int_equal(json_array_size(list), BLAMED_MAX);
	assert_string_equal(told(list, BLAMED_MAX - 1, "addr"), "198.51.100.3");
	assert_int_equal(json_array_size(notes), BLAMED_TOLD + 1);
	assert_non_null(strstr(json_string_value(json_array_get(notes, BLAMED_TOLD)), ": 27 more"));
	json_decref(list);
	json_decref(notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_comes_first),
		cmocka_unit_test(there_is_room_for_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
