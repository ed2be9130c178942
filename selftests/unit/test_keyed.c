// SPDX-License-Identifier: GPL-2.0-or-later
/* The hash of keys that strangers choose: it depends on every byte, and spreads what is alike. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/keyed.h"

#define KEY     36 /* as long as a flow's */
#define BUCKETS 8192

static void every_byte_counts(void **state)
{
	uint8_t key[KEY] = {0};
	unsigned zero = keyed_hash(key, KEY);

	(void)state;
	assert_int_equal(keyed_hash(key, KEY), zero);
	for (size_t i = 0; i < KEY; i++) {
		key[i] = 1;
		assert_int_not_equal(keyed_hash(key, KEY), zero);
		key[i] = 0;
	}
	for (size_t len = 0; len < KEY; len++)
		assert_int_not_equal(keyed_hash(key, len), zero);
}

/* Clients that differ in two bytes fill the buckets about as evenly as chance would: 63 %. */
static void alike_keys_spread(void **state)
{
	static bool used[BUCKETS];
	uint8_t key[KEY] = {0};
	size_t count = 0;

	(void)state;
	for (unsigned i = 0; i < BUCKETS; i++) {
		key[32] = (uint8_t)(i >> 8);
		key[33] = (uint8_t)i;
		used[keyed_hash(key, KEY) % BUCKETS] = true;
	}
	for (size_t i = 0; i < BUCKETS; i++)
		count += used[i];
	assert_in_range(count, BUCKETS * 58 / 100, BUCKETS * 68 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(alike_keys_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
