// SPDX-License-Identifier: GPL-2.0-or-later
/* Percentiles of the latest verdicts' latencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/latency.h"

static unsigned percentile(const struct latency *l, unsigned percent)
{
	return (unsigned)latency_percentile(l, percent);
}

static void nothing_yet(void **state)
{
	struct latency l = {0};

	(void)state;
	assert_int_equal(percentile(&l, 0), 0);
	assert_int_equal(percentile(&l, 50), 0);
	assert_int_equal(percentile(&l, 100), 0);
}

static void one_is_all_of_them(void **state)
{
	struct latency l = {0};

	(void)state;
	latency_add(&l, 71);
	assert_int_equal(l.count, 1);
	assert_int_equal(percentile(&l, 0), 71);
	assert_int_equal(percentile(&l, 50), 71);
	assert_int_equal(percentile(&l, 99), 71);
	assert_int_equal(percentile(&l, 100), 71);
}

/* 1 to 100 in an order of their own: 37 and 101 have no common divisor. */
static void in_any_order(void **state)
{
	struct latency l = {0};

	(void)state;
	for (unsigned i = 1; i <= 100; i++)
		latency_add(&l, (float)(i * 37 % 101));
	assert_int_equal(percentile(&l, 0), 1);
	assert_int_equal(percentile(&l, 50), 50);
	assert_int_equal(percentile(&l, 99), 99);
	assert_int_equal(percentile(&l, 100), 100);
	/* Asking changes nothing. */
	assert_int_equal(percentile(&l, 50), 50);
	assert_int_equal((unsigned)l.us[0], 37);
}

static void the_latest_count(void **state)
{
	struct latency l = {0};

	(void)state;
	for (unsigned i = 0; i < LATENCY_KEPT; i++)
		latency_add(&l, 1000000);
	for (unsigned i = 0; i < LATENCY_KEPT - 1; i++)
		latency_add(&l, 5);
	assert_int_equal(l.count, 2 * LATENCY_KEPT - 1);
	assert_int_equal(percentile(&l, 50), 5);
	assert_int_equal(percentile(&l, 99), 5);
	assert_int_equal(percentile(&l, 100), 1000000);
	latency_add(&l, 6);
	assert_int_equal(percentile(&l, 100), 6);
	assert_int_equal(percentile(&l, 0), 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_yet),
		cmocka_unit_test(one_is_all_of_them),
		cmocka_unit_test(in_any_order),
		cmocka_unit_test(the_latest_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
