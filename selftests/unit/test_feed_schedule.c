// SPDX-License-Identifier: GPL-2.0-or-later
/* When feeds are due and until when they block, also where clocks jump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/feeds/schedule.h"

#define HOUR 3600
#define DAY  86400
#define NOW  5000       /* since the machine started */
#define WALL 1782864000 /* the middle of 2026 */

static const struct feed_settings hourly = {.interval = HOUR, .max_age = 2 * DAY};

static const uint32_t chances[] = {0, 1, UINT32_MAX / 2, UINT32_MAX};

static void a_success_waits_an_interval_at_least(void **state)
{
	struct feed_schedule s = {.failures = 7};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		feed_schedule_succeeded(&s, &hourly, NOW, chances[i]);
		assert_in_range(s.due, NOW + HOUR, NOW + HOUR + HOUR / 10);
		assert_int_equal(s.failures, 0);
	}
	feed_schedule_succeeded(&s, &hourly, NOW, UINT32_MAX / 2);
	assert_in_range(s.due, NOW + HOUR + 150, NOW + HOUR + 200);
}

static void failures_come_back_later_each_time(void **state)
{
	static const int waits[] = {60, 120, 240, 480, 960, 1920, HOUR, HOUR, HOUR};
	struct feed_schedule s = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		feed_schedule_failed(&s, &hourly, 0, NOW, 0);
		assert_int_equal(s.due, NOW + waits[i]);
		assert_int_equal(s.failures, i + 1);
	}
	s.failures = UINT32_MAX;
	feed_schedule_failed(&s, &hourly, 0, NOW, UINT32_MAX);
	assert_in_range(s.due, NOW + HOUR, NOW + HOUR + HOUR / 10);
	assert_int_equal(s.failures, UINT32_MAX);
}

static void a_server_is_obeyed_up_to_a_day(void **state)
{
	struct feed_schedule s = {0};

	(void)state;
	feed_schedule_failed(&s, &hourly, 7 * HOUR, NOW, 0);
	assert_int_equal(s.due, NOW + 7 * HOUR);
	feed_schedule_failed(&s, &hourly, 1, NOW, 0);
	assert_int_equal(s.due, NOW + 120);
	feed_schedule_failed(&s, &hourly, UINT32_MAX, NOW, 0);
	assert_int_equal(s.due, NOW + DAY);
}

static int64_t due_at_start(int64_t checked, int64_t wall)
{
	struct feed_schedule s;

	feed_schedule_start(&s, &hourly, true, feed_checked_at(checked, wall, NOW, &hourly), NOW,
			    0);
	return s.due;
}

static void a_start_goes_on_where_it_was(void **state)
{
	struct feed_schedule s;

	(void)state;
	feed_schedule_start(&s, &hourly, false, NOW, NOW, 0);
	assert_int_equal(s.due, NOW);
	assert_int_equal(due_at_start(WALL - 600, WALL), NOW + HOUR - 600);
	assert_int_equal(due_at_start(WALL - HOUR, WALL), NOW);
	assert_int_equal(due_at_start(WALL - 100 * DAY, WALL), NOW);
	assert_int_equal(due_at_start(0, WALL), NOW);
	/* A little ahead is now; more is a clock that cannot be right. */
	assert_int_equal(due_at_start(WALL + FEED_SKEW, WALL), NOW + HOUR);
	assert_int_equal(due_at_start(WALL + FEED_SKEW + 1, WALL), NOW);
	assert_int_equal(due_at_start(INT64_MAX, 0), NOW);
	assert_int_equal(due_at_start(WALL, INT64_MIN), NOW);
}

static int64_t blocks_for(int64_t checked, int64_t wall)
{
	int64_t at = feed_checked_at(checked, wall, NOW, &hourly);

	return (int64_t)feed_blocks_until(&hourly, at, 0, wall, NOW) - NOW;
}

static void no_clock_makes_a_feed_immortal(void **state)
{
	struct feed_settings brief = {.interval = HOUR, .max_age = HOUR};
	int64_t at;

	(void)state;
	assert_int_equal(blocks_for(WALL, WALL), 2 * DAY);
	assert_int_equal(blocks_for(WALL - DAY, WALL), DAY);
	assert_true(blocks_for(WALL - 2 * DAY, WALL) <= 0);
	assert_int_equal(blocks_for(WALL - 50 * DAY, WALL), -NOW);
	/* The machine woke up in 1970, or the file was written in 2200. */
	assert_int_equal(blocks_for(WALL, 0), FEED_DOUBT);
	assert_int_equal(blocks_for(WALL, 3 * DAY), FEED_DOUBT);
	assert_int_equal(blocks_for(INT64_MAX, WALL), FEED_DOUBT);
	assert_int_equal(blocks_for(INT64_MIN, WALL), -NOW);
	at = feed_checked_at(WALL + DAY, WALL, NOW, &brief);
	assert_in_range(feed_blocks_until(&brief, at, 0, WALL, NOW), NOW, NOW + FEED_DOUBT);
}

static void a_list_may_end_sooner_never_later(void **state)
{
	(void)state;
	assert_int_equal(feed_blocks_until(&hourly, NOW, WALL + HOUR, WALL, NOW), NOW + HOUR);
	assert_int_equal(feed_blocks_until(&hourly, NOW, WALL + 9 * DAY, WALL, NOW), NOW + 2 * DAY);
	assert_int_equal(feed_blocks_until(&hourly, NOW, INT64_MAX, 0, NOW), NOW + 2 * DAY);
	assert_int_equal(feed_blocks_until(&hourly, NOW, WALL - DAY, WALL, NOW), 0);
	assert_int_equal(feed_blocks_until(&hourly, NOW, 1, INT64_MAX, NOW), 0);
}

static void fetched_on_time_it_is_never_too_old(void **state)
{
	static const uint32_t intervals[] = {60, 61, 599, HOUR, DAY, 30 * DAY};
	struct feed_settings settings = {0};
	struct feed_schedule s;

	(void)state;
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		settings.interval = intervals[i];
		settings.max_age = feed_max_age_least(intervals[i]);
		feed_schedule_succeeded(&s, &settings, NOW, UINT32_MAX);
		assert_true(s.due + feed_lead(settings.max_age) <
			    feed_blocks_until(&settings, NOW, 0, WALL, NOW));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_success_waits_an_interval_at_least),
		cmocka_unit_test(failures_come_back_later_each_time),
		cmocka_unit_test(a_server_is_obeyed_up_to_a_day),
		cmocka_unit_test(a_start_goes_on_where_it_was),
		cmocka_unit_test(no_clock_makes_a_feed_immortal),
		cmocka_unit_test(a_list_may_end_sooner_never_later),
		cmocka_unit_test(fetched_on_time_it_is_never_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
