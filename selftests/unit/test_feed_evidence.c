// SPDX-License-Identifier: GPL-2.0-or-later
/* What feeds that score make of a client: findings, with points, a proof and a time to live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/feeds/evidence.h"
#include "../../user/policy/policy.h"

static const struct feed_settings psbl = {.name = "psbl", .action = FEED_SCORE, .rule = 0};
static const struct feed_settings ours = {.name = "ours", .action = FEED_SCORE, .rule = 1};

static struct policy with_feeds(void)
{
	struct policy policy;

	policy_defaults(&policy);
	policy.list_count = 2;
	policy.list[0] = (struct list_rule){"psbl", FEED_BIT, {.enabled = true, .points = 3}};
	policy.list[1] = (struct list_rule){"ours", FEED_BIT + 1, {.enabled = true, .points = 4}};
	return policy;
}

static struct prefix net(const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(&prefix, text))
		fail_msg("'%s' is no network", text);
	return prefix;
}

static void a_hit_is_a_finding(void **state)
{
	const struct prefix v4 = net("198.51.100.0/24"), v6 = net("2001:db8::7");
	const struct policy policy = with_feeds();
	char name[POLICY_FINDING_NAME];
	struct findings f = {0};

	(void)state;
	assert_true(feed_evidence(&f, &psbl, &v4, 300));
	assert_string_equal(policy_finding_name(name, &policy, &f.list[0]), "feed:psbl");
	assert_string_equal(f.list[0].detail, "psbl holds 198.51.100.0/24");
	assert_int_equal(policy_points(&policy, &f.list[0]), 3);
	/* Two entries that hold it are no more guilt than one. */
	assert_false(feed_evidence(&f, &psbl, &v6, 300));
	assert_true(feed_evidence(&f, &ours, &v6, 300));
	assert_string_equal(f.list[1].detail, "ours holds 2001:db8::7");
	assert_int_equal(policy_decide(&policy, &f, 0).score, 7);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
}

static void others_accuse_nobody(void **state)
{
	const struct prefix v4 = net("198.51.100.7");
	struct feed_settings other = psbl;
	struct findings f = {0};

	(void)state;
	for (unsigned action = 0; action < FEED_ACTION_COUNT; action++) {
		other.action = (enum feed_action)action;
		assert_int_equal(feed_evidence(&f, &other, &v4, 60), action == FEED_SCORE);
	}
	assert_int_equal(f.count, 1);
}

/* A block lives as long as the feed says, within bounds, and is not doubled. */
static void it_lives_until_the_next_fetch(void **state)
{
	static const uint32_t ttls[][2] = {{0, 60},      {59, 60},     {900, 900},
					   {3600, 3600}, {3601, 3600}, {UINT32_MAX, 3600}};
	const struct prefix v4 = net("198.51.100.7");

	(void)state;
	for (size_t i = 0; i < sizeof(ttls) / sizeof(ttls[0]); i++) {
		struct findings f = {0};

		assert_true(feed_evidence(&f, &psbl, &v4, ttls[i][0]));
		assert_int_equal(f.list[0].ttl, ttls[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hit_is_a_finding),
		cmocka_unit_test(others_accuse_nobody),
		cmocka_unit_test(it_lives_until_the_next_fetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
