// SPDX-License-Identifier: GPL-2.0-or-later
/* What may take the place of what is in force, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/feeds/guard.h"

static char words[FEED_WORDS];
static struct feed_held held;

/* IPv4: `before' had so many, of which `removed' go, and `added' come. */
static struct feed_update update4(uint64_t before, uint64_t removed, uint64_t added)
{
	return (struct feed_update){
		.name = "drop",
		.change = {.v4_before = before,
			   .v4_removed = removed,
			   .v4_added = added,
			   .v4_after = before - removed + added},
		.used = 100,
	};
}

static enum feed_guard decide(struct feed_update update, uint32_t guard, int64_t now)
{
	strcpy(words, "");
	return feed_guard_decide(&held, &update, guard, now, words, sizeof(words));
}

static void assert_says(const char *expected)
{
	if (!strstr(words, expected))
		fail_msg("\"%s\" does not say \"%s\"", words, expected);
}

static int begin(void **state)
{
	(void)state;
	held = (struct feed_held){0};
	return 0;
}

static void a_first_one_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(decide(update4(0, 0, 5000), 50, 0), FEED_ACCEPTED);
	assert_says("accepted: 5000 IPv4 addresses");
	assert_int_equal(decide(update4(0, 0, 0), 50, 0), FEED_HELD);
	assert_says("it is empty; a second fetch");
}

static void small_changes_are_accepted(void **state)
{
	(void)state;
	assert_int_equal(decide(update4(1000, 500, 500), 50, 0), FEED_ACCEPTED);
	assert_int_equal(decide(update4(1000, 501, 0), 50, 0), FEED_HELD);
	assert_says("501 IPv4 addresses would go, 50 % of 1000, and `guard' is 50 %");
	assert_says("in 10m or later");
	assert_says("`mxdpctl feeds sync drop --force'");
	assert_int_equal(decide(update4(1000, 0, 501), 50, 0), FEED_HELD);
	assert_says("501 IPv4 addresses would come");
	assert_int_equal(decide(update4(1000, 999, 100000), 0, 0), FEED_ACCEPTED);
	assert_int_equal(decide(update4(1000, 0, 1500), 150, 0), FEED_ACCEPTED);
}

static void a_second_fetch_confirms(void **state)
{
	(void)state;
	assert_int_equal(decide(update4(1000, 800, 0), 50, 100), FEED_HELD);
	/* Too soon, whoever asks; the wait goes on from the first. */
	assert_int_equal(decide(update4(1000, 790, 0), 50, 400), FEED_HELD);
	assert_says("in 5m or later");
	assert_int_equal(decide(update4(1000, 810, 0), 50, 100 + FEED_GUARD_WAIT), FEED_ACCEPTED);
	assert_says("a second fetch confirms it");
	assert_false(held.is_held);
}

static void another_size_waits_anew(void **state)
{
	(void)state;
	assert_int_equal(decide(update4(1000, 800, 0), 50, 0), FEED_HELD);
	assert_int_equal(decide(update4(1000, 950, 0), 50, FEED_GUARD_WAIT), FEED_HELD);
	assert_says("in 10m or later");
	assert_int_equal(decide(update4(1000, 0, 9000), 50, 2 * FEED_GUARD_WAIT), FEED_HELD);
	/* What fits what is in force ends it. */
	assert_int_equal(decide(update4(1000, 1, 1), 50, 2 * FEED_GUARD_WAIT), FEED_ACCEPTED);
	assert_int_equal(decide(update4(1000, 0, 9000), 50, 9 * FEED_GUARD_WAIT), FEED_HELD);
}

static void an_empty_one_is_held_whatever_the_guard(void **state)
{
	(void)state;
	assert_int_equal(decide(update4(1000, 1000, 0), 0, 0), FEED_HELD);
	assert_says("it is empty; before it had 1000 IPv4 addresses");
	assert_int_equal(decide(update4(1000, 1000, 0), 0, FEED_GUARD_WAIT - 1), FEED_HELD);
	assert_int_equal(decide(update4(1000, 1000, 0), 0, FEED_GUARD_WAIT), FEED_ACCEPTED);
}

static void an_order_is_obeyed(void **state)
{
	struct feed_update update = update4(1000, 1000, 0);

	(void)state;
	update.is_forced = true;
	assert_int_equal(decide(update, 50, 0), FEED_ACCEPTED);
	assert_says("by order");
	update.unusable = 101;
	assert_int_equal(decide(update, 50, 0), FEED_REFUSED);
}

static void what_is_no_list_is_refused(void **state)
{
	struct feed_update update = update4(0, 0, 100);

	(void)state;
	update.unusable = 100;
	assert_int_equal(decide(update, 50, 0), FEED_ACCEPTED);
	update.unusable = 101;
	assert_int_equal(decide(update, 50, 0), FEED_REFUSED);
	assert_says("refused: 101 of 201 lines cannot be used");
}

static void ipv6_counts_apart(void **state)
{
	struct feed_update update = update4(1000, 0, 0);

	(void)state;
	update.change.v6_before = 1ULL << 59;
	update.change.v6_removed = (1ULL << 58) + 1;
	update.change.v6_after = (1ULL << 58) - 1;
	assert_int_equal(decide(update, 50, 0), FEED_HELD);
	assert_says("IPv6 networks would go, 50 %");
	update.change.v6_removed--;
	assert_int_equal(decide(update, 50, 0), FEED_ACCEPTED);

	/* A list that begins with IPv6: measured by what it had of IPv4. */
	update = update4(1000, 0, 0);
	update.change.v6_added = update.change.v6_after = 400;
	assert_int_equal(decide(update, 50, 0), FEED_ACCEPTED);
	update.change.v6_added = update.change.v6_after = 600;
	assert_int_equal(decide(update, 50, 0), FEED_HELD);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_first_one_is_accepted),
		TEST(small_changes_are_accepted),
		TEST(a_second_fetch_confirms),
		TEST(another_size_waits_anew),
		TEST(an_empty_one_is_held_whatever_the_guard),
		TEST(an_order_is_obeyed),
		TEST(what_is_no_list_is_refused),
		TEST(ipv6_counts_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
