// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accepted mail against what is usual at this time of the day. Both clocks are numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/policy/baseline.h"

#define HOUR   3600U
#define DAY    86400U
#define BEGIN  (20000LL * DAY) /* time of day at boot second 0: midnight */
#define BOTTOM 60U             /* boot second of the first tick */

static struct baseline b;
static uint32_t boot;
static int64_t booted;
static unsigned kept; /* how often an hour was to be kept */

static int begin(void **state)
{
	(void)state;
	b = (struct baseline){0};
	boot = BOTTOM;
	booted = BEGIN;
	kept = 0;
	baseline_tick(&b, boot, booted + boot);
	return 0;
}

/* Messages a day-hour: office hours bring many, the night a few. */
static uint32_t office(int64_t wall)
{
	uint32_t hour = (uint32_t)(wall / HOUR % 24);

	return hour >= 8 && hour < 18 ? 120 : 6;
}

static uint32_t none(int64_t wall)
{
	(void)wall;
	return 0;
}

static uint32_t sunday_rests(int64_t wall)
{
	return wall / DAY % 7 == 0 ? 12 : 120;
}

/* Lets minutes pass, each with its part of what its hour brings. */
static void pass(uint32_t minutes, uint32_t (*brings)(int64_t wall))
{
	while (minutes--) {
		int64_t wall;
		uint32_t minute;

		boot += 60;
		wall = booted + boot;
		kept += baseline_tick(&b, boot, wall);
		minute = (uint32_t)(wall / 60 % 60);
		baseline_accepted(&b,
				  brings(wall) * (minute + 1) / 60 - brings(wall) * minute / 60);
	}
}

static void until(uint32_t days, uint32_t hours, uint32_t (*brings)(int64_t wall))
{
	pass((uint32_t)((BEGIN + days * DAY + hours * HOUR - booted - boot) / 60), brings);
}

#define look() baseline_look(&b)

static void says_nothing_at_first(void **state)
{
	(void)state;
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	until(1, 12, office);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	assert_int_equal(look().usual, 0);
	until(2, 11, office);
	until(2, 12, none);
	assert_int_equal(look().days, 2); /* all of two days, and both hours of each */
	assert_int_equal(look().state, BASELINE_LOW);
}

static void usual_is_usual(void **state)
{
	(void)state;
	for (uint32_t hour = 0; hour < 24; hour++) {
		until(4, hour, office);
		assert_int_not_equal(look().state, BASELINE_LOW);
	}
	until(5, 12, office);
	assert_int_equal(look().state, BASELINE_USUAL);
	assert_in_range(look().accepted, 118, 122);
	assert_in_range(look().usual, 118, 122);
	/* Between two hours, where one brings many and the other few. */
	pass(6 * 60 + 30, office);
	assert_int_equal(look().state, BASELINE_USUAL);
	assert_in_range(look().usual, 60, 66);
}

static void low_and_back(void **state)
{
	(void)state;
	until(3, 12, office);
	pass(30, none);
	assert_int_equal(look().state, BASELINE_USUAL);
	pass(25, none);
	assert_int_equal(look().state, BASELINE_LOW);
	assert_in_range(look().accepted, 8, 12);
	/* A third is not enough to take it back; a half is. */
	pass(29, office);
	assert_in_range(look().accepted, 41, 59);
	assert_int_equal(look().state, BASELINE_LOW);
	pass(35, office);
	assert_int_equal(look().state, BASELINE_USUAL);
}

static void the_night_is_quiet(void **state)
{
	(void)state;
	until(3, 3, office);
	pass(60, none);
	assert_int_equal(look().accepted, 0);
	assert_int_equal(look().usual, 6);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
}

static void sunday_is_no_alarm(void **state)
{
	uint32_t sunday = 7 - 20000 % 7;

	(void)state;
	until(sunday + 7, 12, sunday_rests);
	assert_int_equal(look().days, 7);
	assert_int_equal(look().usual, 12);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	until(sunday + 8, 12, sunday_rests);
	assert_int_equal(look().state, BASELINE_USUAL);
	assert_in_range(look().usual, 100, 106);
}

static void over_a_restart(void **state)
{
	static struct baseline_hour hours[BASELINE_HOURS];

	(void)state;
	until(3, 12, office);
	assert_int_equal(baseline_now(&b).hour, (BEGIN + 3 * DAY) / HOUR + 12);
	assert_int_equal(baseline_now(&b).minutes, 1);
	pass(29, office);
	assert_int_equal(baseline_now(&b).minutes, 30);
	assert_in_range(baseline_now(&b).accepted, 58, 62);
	memcpy(hours, b.hour, sizeof(hours));
	b = (struct baseline){0};
	for (int i = BASELINE_HOURS - 1; i >= 0; i--)
		baseline_restore(&b, &hours[i]);
	boot = 0; /* another boot, ten seconds later */
	booted = BEGIN + 3 * DAY + 12 * HOUR + 1810;
	baseline_tick(&b, boot, booted);
	assert_int_equal(look().state, BASELINE_USUAL); /* by what was kept */
	assert_in_range(look().accepted, 115, 122);
	assert_int_equal(baseline_now(&b).minutes, 30);
	pass(61, none);
	assert_int_equal(look().accepted, 0);
	assert_int_equal(look().state, BASELINE_LOW);
	assert_int_equal(look().days, 3);
}

static void a_gap_before_the_start(void **state)
{
	static struct baseline_hour hours[BASELINE_HOURS];

	(void)state;
	until(3, 12, office);
	pass(9, office);
	memcpy(hours, b.hour, sizeof(hours));
	/* Five minutes that nobody counted are as if it had been there; more are not. */
	for (unsigned gap = 6; gap <= 7; gap++) {
		b = (struct baseline){0};
		for (int i = 0; i < BASELINE_HOURS; i++)
			baseline_restore(&b, &hours[i]);
		baseline_tick(&b, boot + gap * 60, booted + boot + gap * 60);
		assert_int_equal(look().state, gap == 6 ? BASELINE_USUAL : BASELINE_UNKNOWN);
	}
}

static void what_was_missed_is_not_known(void **state)
{
	(void)state;
	until(3, 9, office);
	boot += 2 * HOUR; /* stopped, or asleep */
	baseline_tick(&b, boot, booted + boot);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	until(4, 10, office);
	assert_int_equal(look().days, 3); /* of four, one was missed */
	until(4, 14, office);
	assert_int_equal(look().days, 4); /* at this hour none was */
	assert_int_equal(look().state, BASELINE_USUAL);
}

static void clock_jumps(void **state)
{
	(void)state;
	until(4, 12, office);
	booted += 10 * HOUR; /* forward into the night, and busy all the same */
	pass(60, office);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	booted -= 10 * HOUR;
	pass(60, none);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
	pass(2, none);
	assert_int_equal(look().state, BASELINE_LOW);
	/* Set back by a minute or so: as if nothing had been. */
	booted -= 90;
	pass(1, none);
	assert_int_equal(look().state, BASELINE_LOW);
	/* Years ahead: what is there belongs to other hours. */
	booted += 5000LL * DAY;
	pass(90, office);
	assert_int_equal(look().days, 0);
	assert_int_equal(look().state, BASELINE_UNKNOWN);
}

static void an_hour_lived_twice_is_not_known(void **state)
{
	(void)state;
	until(1, 12, office);
	booted -= HOUR;
	pass(60, office);
	until(3, 12, office);
	assert_int_equal(look().days, 2);
	until(3, 14, office);
	assert_int_equal(look().days, 3);
}

static void is_kept_each_minute(void **state)
{
	(void)state;
	pass(10, office);
	assert_int_equal(kept, 10);
	assert_false(baseline_tick(&b, boot + 1, booted + boot + 1));
}

static void foreign_rows_do_no_harm(void **state)
{
	const struct baseline_hour odd[] = {{-5, 7, 60}, {INT64_MAX, 7, 60}, {INT64_MIN, 7, 60}};

	(void)state;
	for (int i = 0; i < 3; i++)
		baseline_restore(&b, &odd[i]);
	until(3, 12, office);
	assert_int_equal(look().state, BASELINE_USUAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(says_nothing_at_first, begin),
		cmocka_unit_test_setup(usual_is_usual, begin),
		cmocka_unit_test_setup(low_and_back, begin),
		cmocka_unit_test_setup(the_night_is_quiet, begin),
		cmocka_unit_test_setup(sunday_is_no_alarm, begin),
		cmocka_unit_test_setup(over_a_restart, begin),
		cmocka_unit_test_setup(a_gap_before_the_start, begin),
		cmocka_unit_test_setup(what_was_missed_is_not_known, begin),
		cmocka_unit_test_setup(clock_jumps, begin),
		cmocka_unit_test_setup(an_hour_lived_twice_is_not_known, begin),
		cmocka_unit_test_setup(is_kept_each_minute, begin),
		cmocka_unit_test_setup(foreign_rows_do_no_harm, begin),
	};

	return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
