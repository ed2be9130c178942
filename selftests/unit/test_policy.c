// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/policy/history.h"
#include "../../user/policy/policy.h"

#define MINUTE 60U
#define HOUR   3600U
#define DAY    86400U

static struct policy defaults(void)
{
	struct policy policy;

	policy_defaults(&policy);
	return policy;
}

static void add(struct findings *f, enum finding_id id)
{
	assert_true(findings_add(f, id, false, "x"));
}

static void add_mild(struct findings *f, enum finding_id id)
{
	assert_true(findings_add(f, id, true, "x"));
}

static void nothing_passes(void **state)
{
	const struct policy policy = defaults();
	const struct findings none = {0};
	struct decision d = policy_decide(&policy, &none, 7);

	(void)state;
	assert_int_equal(d.kind, DECISION_PASS);
	assert_int_equal(d.score, 0);
	assert_int_equal(d.ttl, 0);
}

/* Every finding alone, strong and mild, by the defaults. */
static void single_findings(void **state)
{
	const struct policy policy = defaults();

	(void)state;
	for (int id = 0; id < FINDING_COUNT; id++) {
		const struct finding_type *type = &finding_types[id];
		struct findings strong = {0}, mild = {0};
		struct decision d;

		add(&strong, (enum finding_id)id);
		add_mild(&mild, (enum finding_id)id);
		d = policy_decide(&policy, &strong, 0);
		if (type->convicts) {
			assert_int_equal(d.kind, DECISION_BLOCK);
			assert_int_equal(d.cause, id);
			assert_int_equal(d.action, ACTION_DROP);
			assert_int_equal(d.ttl, type->ttl == TTL_DAY ? DAY : 30 * MINUTE);
		} else {
			assert_int_equal(d.kind,
					 type->points >= 5 ? DECISION_WATCH : DECISION_PASS);
			assert_int_equal(d.score, type->points);
			assert_int_equal(d.ttl, 0);
		}
		d = policy_decide(&policy, &mild, 0);
		assert_int_not_equal(d.kind, DECISION_BLOCK);
		if (type->mild_points)
			assert_int_equal(d.score, type->mild_points);
	}
}

static void names_are_capped(void **state)
{
	const struct policy policy = defaults();
	struct findings f = {0};
	struct decision d;

	(void)state;
	for (int id = 0; id < FINDING_COUNT; id++)
		if (finding_types[id].class == CLASS_NAMES && !finding_types[id].convicts)
			add(&f, (enum finding_id)id);
	add_mild(&f, FINDING_HELO_ILLEGAL);
	add_mild(&f, FINDING_HELO_KNOWN_BOT);
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.score, 8);
	assert_int_equal(d.kind, DECISION_WATCH);
	/* Our own name counts besides, and still it is one class. */
	add_mild(&f, FINDING_HELO_OUR_NAME);
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.score, 16);
	assert_int_equal(d.kind, DECISION_WATCH);
	add(&f, FINDING_BARE_LF);
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.score, 18);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.action, ACTION_RESET);
}

static void scores_need_two_classes(void **state)
{
	const struct policy policy = defaults();
	struct findings one = {0}, two = {0};
	struct decision d;

	(void)state;
	add(&one, FINDING_ILLEGAL_PIPELINING);
	add(&one, FINDING_JUNK_COMMANDS);
	d = policy_decide(&policy, &one, 0);
	assert_int_equal(d.score, 11);
	assert_int_equal(d.kind, DECISION_WATCH);

	add(&two, FINDING_HELO_LOCALHOST);
	add(&two, FINDING_NO_HELO);
	assert_int_equal(policy_decide(&policy, &two, 0).kind, DECISION_WATCH);
	assert_int_equal(policy_decide(&policy, &two, 0).score, 9);
	add(&two, FINDING_HELO_UNDERSCORE);
	d = policy_decide(&policy, &two, 0);
	assert_int_equal(d.score, 10);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.cause, CAUSE_SCORE);
	assert_int_equal(d.action, ACTION_RESET);
	assert_int_equal(d.ttl, 10 * MINUTE);
}

/* Who is on watch may be slowed down for as long as a block by points would last; nobody else is.
 */
static void watched_may_be_limited(void **state)
{
	struct policy policy = defaults();
	struct findings f = {0}, none = {0};
	struct decision d;

	(void)state;
	add(&f, FINDING_HELO_LOCALHOST);
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.action, ACTION_WATCH);
	assert_int_equal(d.ttl, 0);
	policy.limit_watched = true;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.kind, DECISION_WATCH);
	assert_int_equal(d.action, ACTION_LIMIT);
	assert_int_equal(d.ttl, 10 * MINUTE);
	assert_int_equal(policy_decide(&policy, &none, 0).action, ACTION_WATCH);
	add(&f, FINDING_NO_HELO);
	add(&f, FINDING_HELO_UNDERSCORE);
	assert_int_equal(policy_decide(&policy, &f, 0).action, ACTION_RESET);
}

/* A class that brings no points is no second class. */
static void worthless_class_does_not_count(void **state)
{
	struct policy policy = defaults();
	struct findings f = {0};

	(void)state;
	add(&f, FINDING_ILLEGAL_PIPELINING);
	add(&f, FINDING_JUNK_COMMANDS);
	add(&f, FINDING_HELO_UNDERSCORE);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_BLOCK);
	policy.rule[FINDING_HELO_UNDERSCORE].points = 0;
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
	policy.rule[FINDING_HELO_UNDERSCORE].points = 1;
	policy.rule[FINDING_HELO_UNDERSCORE].enabled = false;
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
	assert_int_equal(policy_decide(&policy, &f, 0).score, 11);
}

static void points_may_be_taken_off(void **state)
{
	struct policy policy = defaults();
	struct findings f = {0};

	(void)state;
	add(&f, FINDING_HELO_LOCALHOST);
	add(&f, FINDING_ILLEGAL_PIPELINING);
	policy.rule[FINDING_HELO_LOCALHOST].points = -3;
	assert_int_equal(policy_decide(&policy, &f, 0).score, 3);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_PASS);
}

static void strongest_conviction_is_the_cause(void **state)
{
	struct policy policy = defaults();
	struct findings f = {0};

	(void)state;
	add_mild(&f, FINDING_HELO_ILLEGAL);
	add(&f, FINDING_HELO_KNOWN_BOT);
	add(&f, FINDING_NON_SMTP);
	assert_int_equal(policy_decide(&policy, &f, 0).cause, FINDING_HELO_KNOWN_BOT);
	policy.rule[FINDING_NON_SMTP].points = 12;
	assert_int_equal(policy_decide(&policy, &f, 0).cause, FINDING_NON_SMTP);
	policy.rule[FINDING_NON_SMTP].enabled = false;
	assert_int_equal(policy_decide(&policy, &f, 0).cause, FINDING_HELO_KNOWN_BOT);
}

static void overrides_decide(void **state)
{
	struct policy policy = defaults();
	struct findings f = {0}, sloppy = {0};
	struct decision d;

	(void)state;
	add(&f, FINDING_HELO_OUR_ADDRESS);
	policy.rule[FINDING_HELO_OUR_ADDRESS].convicts = false;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.kind, DECISION_WATCH);
	assert_int_equal(d.score, 10);
	policy.rule[FINDING_HELO_OUR_ADDRESS].enabled = false;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.kind, DECISION_PASS);
	assert_int_equal(d.score, 0);

	add(&sloppy, FINDING_HELO_SINGLE_LABEL);
	policy.rule[FINDING_HELO_SINGLE_LABEL].convicts = true;
	d = policy_decide(&policy, &sloppy, 0);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.cause, FINDING_HELO_SINGLE_LABEL);
	assert_int_equal(d.ttl, 10 * MINUTE);

	/* Even so a mild form does not convict, and its points are its own. */
	memset(&sloppy, 0, sizeof(sloppy));
	add_mild(&sloppy, FINDING_HELO_ILLEGAL);
	policy.rule[FINDING_HELO_ILLEGAL].mild_points = 0;
	d = policy_decide(&policy, &sloppy, 0);
	assert_int_equal(d.kind, DECISION_PASS);
	assert_int_equal(d.score, 0);
}

static void blocks_double_up_to_the_cap(void **state)
{
	static const unsigned many[] = {6, 7, 31, 32, 33, 64, 1000000, UINT_MAX};
	struct policy policy = defaults();
	struct findings convicted = {0}, scored = {0};

	(void)state;
	add(&convicted, FINDING_EARLY_TALKER);
	add(&scored, FINDING_ILLEGAL_PIPELINING);
	add(&scored, FINDING_HELO_LOCALHOST);
	for (unsigned n = 0; n < 6; n++)
		assert_int_equal(policy_decide(&policy, &convicted, n).ttl, (30 * MINUTE) << n);
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(policy_decide(&policy, &scored, n).ttl, (10 * MINUTE) << n);
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		assert_int_equal(policy_decide(&policy, &convicted, many[i]).ttl, 24 * HOUR);
		assert_int_equal(policy_decide(&policy, &scored, many[i]).ttl, 4 * HOUR);
	}
	policy.ttl[TTL_CONVICTING] = (struct ttl_rule){.first = 3000000000U, .cap = UINT32_MAX};
	assert_int_equal(policy_decide(&policy, &convicted, 1).ttl, UINT32_MAX);
	policy.ttl[TTL_CONVICTING] = (struct ttl_rule){.first = 0, .cap = 60};
	assert_int_equal(policy_decide(&policy, &convicted, UINT_MAX).ttl, 0);
}

static void own_times_to_live(void **state)
{
	struct policy policy = defaults();
	struct findings convicted = {0}, scored = {0};

	(void)state;
	add(&convicted, FINDING_EARLY_TALKER);
	add(&scored, FINDING_ILLEGAL_PIPELINING);
	add(&scored, FINDING_HELO_LOCALHOST);
	add_mild(&scored, FINDING_HELO_OUR_NAME);
	policy.rule[FINDING_EARLY_TALKER].ttl = 7;
	assert_int_equal(policy_decide(&policy, &convicted, 0).ttl, 7);
	assert_int_equal(policy_decide(&policy, &convicted, 3).ttl, 56);
	policy.rule[FINDING_EARLY_TALKER].ttl = 48 * HOUR;
	assert_int_equal(policy_decide(&policy, &convicted, 3).ttl, 48 * HOUR);
	/* A mild finding of the convicting class is scored, and the longest wish counts. */
	assert_int_equal(policy_decide(&policy, &scored, 0).ttl, 10 * MINUTE);
	policy.rule[FINDING_HELO_LOCALHOST].ttl = 5;
	assert_int_equal(policy_decide(&policy, &scored, 0).ttl, 10 * MINUTE);
	policy.rule[FINDING_HELO_LOCALHOST].ttl = HOUR;
	assert_int_equal(policy_decide(&policy, &scored, 1).ttl, 2 * HOUR);
	policy.rule[FINDING_HELO_LOCALHOST].enabled = false;
	assert_int_equal(policy_decide(&policy, &scored, 1).ttl, 20 * MINUTE);
}

/* --- patterns --- */

/* One pattern of each class but the lists, each worth six points. */
static struct policy with_patterns(void)
{
	static const struct pattern_rule rules[] = {
		{"talk", CLASS_PROTOCOL, {.enabled = true, .points = 6}},
		{"helo", CLASS_NAMES, {.enabled = true, .points = 6}},
		{"from", CLASS_ENVELOPE, {.enabled = true, .points = 6}},
	};
	struct policy policy = defaults();

	policy.pattern_count = 3;
	memcpy(policy.pattern, rules, sizeof(rules));
	return policy;
}

static void add_pattern(struct findings *f, unsigned which)
{
	assert_true(findings_put_pattern(f, which, "x"));
}

static void patterns_score_in_their_class(void **state)
{
	struct policy policy = with_patterns();
	struct findings two = {0}, one = {0};
	struct decision d;

	(void)state;
	add_pattern(&two, 1);
	assert_int_equal(policy_decide(&policy, &two, 0).kind, DECISION_WATCH);
	assert_int_equal(policy_decide(&policy, &two, 0).score, 6);
	add_pattern(&two, 2);
	d = policy_decide(&policy, &two, 0);
	assert_int_equal(d.score, 12);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.cause, CAUSE_SCORE);
	assert_int_equal(d.ttl, 10 * MINUTE);
	/* Of one class with the findings of the table, and so no second one. */
	add_pattern(&one, 0);
	add(&one, FINDING_ILLEGAL_PIPELINING);
	assert_int_equal(policy_decide(&policy, &one, 0).score, 12);
	assert_int_equal(policy_decide(&policy, &one, 0).kind, DECISION_WATCH);
	policy.pattern[0].class = CLASS_ENVELOPE;
	assert_int_equal(policy_decide(&policy, &one, 0).kind, DECISION_BLOCK);
}

static void patterns_on_names_are_capped(void **state)
{
	const struct policy policy = with_patterns();
	struct findings f = {0};

	(void)state;
	add_pattern(&f, 1);
	add(&f, FINDING_HELO_LOCALHOST);
	assert_int_equal(policy_decide(&policy, &f, 0).score, 8);
}

static void patterns_convict(void **state)
{
	struct policy policy = with_patterns();
	struct findings f = {0};
	struct decision d;

	(void)state;
	add_pattern(&f, 2);
	policy.pattern[2].rule.convicts = true;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.cause, FINDING_PATTERN);
	assert_int_equal(d.action, ACTION_DROP);
	assert_int_equal(d.ttl, 30 * MINUTE);
	assert_int_equal(policy_decide(&policy, &f, 9).ttl, DAY);
	policy.pattern[2].rule.ttl = 5;
	assert_int_equal(policy_decide(&policy, &f, 0).ttl, 5);
	assert_int_equal(policy_decide(&policy, &f, 2).ttl, 20);
	/* Without conviction its time counts beside the others'. */
	policy.pattern[2].rule.convicts = false;
	policy.pattern[2].rule.ttl = HOUR;
	add_pattern(&f, 0);
	d = policy_decide(&policy, &f, 1);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.ttl, 2 * HOUR);
}

static void patterns_are_switched_off(void **state)
{
	struct policy policy = with_patterns();
	struct findings f = {0};
	struct decision d;

	(void)state;
	add_pattern(&f, 0);
	add_pattern(&f, 2);
	policy.pattern[2].rule.convicts = true;
	policy.rule[FINDING_PATTERN].enabled = false;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.score, 0);
	assert_int_equal(d.kind, DECISION_PASS);
	policy.rule[FINDING_PATTERN].enabled = true;
	/* Matched before the configuration was read anew: nobody knows any more what it meant. */
	policy.pattern_count = 0;
	d = policy_decide(&policy, &f, 0);
	assert_int_equal(d.score, 0);
	assert_int_equal(d.kind, DECISION_PASS);
}

static void patterns_are_named(void **state)
{
	struct policy policy = with_patterns();
	char text[POLICY_FINDING_NAME];
	struct findings f = {0};

	(void)state;
	add(&f, FINDING_EARLY_TALKER);
	add_pattern(&f, 1);
	add_pattern(&f, 3);
	memset(policy.pattern[1].name, 'x', PATTERN_NAME - 1);
	assert_string_equal(policy_finding_name(text, &policy, &f.list[0]), "early-talker");
	assert_string_equal(policy_finding_name(text, &policy, &f.list[1]),
			    "pattern:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_string_equal(policy_finding_name(text, &policy, &f.list[2]), "pattern");
}

/* --- lists --- */

/* zen and its policy codes, two others, one that vouches. */
static struct policy with_lists(void)
{
	static const struct list_rule rules[] = {
		{"zen.example", 0, {.enabled = true, .points = 10, .convicts = true}},
		{"zen.example:policy", 0, {.enabled = true, .points = 6}},
		{"one.example", 1, {.enabled = true, .points = 4}},
		{"two.example", 2, {.enabled = true, .points = 4}},
		{"wl.example", 3, {.enabled = true, .points = -3}},
	};
	struct policy policy = defaults();

	policy.list_count = 5;
	memcpy(policy.list, rules, sizeof(rules));
	return policy;
}

static void add_list(struct findings *f, enum finding_id id, unsigned which, uint32_t ttl)
{
	assert_true(findings_put_list(f, id, which, ttl, "127.0.0.2"));
}

static void a_list_convicts_as_long_as_it_says(void **state)
{
	static const uint32_t ttls[][2] = {{0, 60},      {59, 60},         {900, 900},
					   {HOUR, HOUR}, {HOUR + 1, HOUR}, {UINT32_MAX, HOUR}};
	const struct policy policy = with_lists();

	(void)state;
	for (size_t i = 0; i < sizeof(ttls) / sizeof(ttls[0]); i++) {
		struct findings f = {0};
		struct decision d;

		add_list(&f, FINDING_DNSBL, 0, ttls[i][0]);
		d = policy_decide(&policy, &f, 9);
		assert_int_equal(d.kind, DECISION_BLOCK);
		assert_int_equal(d.cause, FINDING_DNSBL);
		assert_int_equal(d.action, ACTION_RESET);
		assert_false(d.certain);
		assert_int_equal(d.ttl, ttls[i][1]);
	}
}

static void lists_that_score_are_capped(void **state)
{
	const struct policy policy = with_lists();
	struct findings f = {0};

	(void)state;
	add_list(&f, FINDING_DNSBL, 1, 300);
	assert_int_equal(policy_decide(&policy, &f, 0).score, 6);
	add_list(&f, FINDING_DNSBL, 2, 300);
	add_list(&f, FINDING_DNSBL, 3, 300);
	assert_int_equal(policy_decide(&policy, &f, 0).score, 9);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
	add(&f, FINDING_HELO_UNDERSCORE);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_BLOCK);
	assert_int_equal(policy_decide(&policy, &f, 0).ttl, 10 * MINUTE);
	assert_int_equal(policy_decide(&policy, &f, 1).ttl, 20 * MINUTE);
}

static void who_is_vouched_for_is_not_blocked(void **state)
{
	const struct policy policy = with_lists();
	struct findings listed = {0}, sloppy = {0}, certain = {0};
	struct decision d;

	(void)state;
	add_list(&listed, FINDING_DNSBL, 0, 300);
	add_list(&listed, FINDING_DNSWL, 4, 300);
	d = policy_decide(&policy, &listed, 0);
	assert_int_equal(d.score, 7);
	assert_int_equal(d.kind, DECISION_WATCH);
	add(&sloppy, FINDING_ILLEGAL_PIPELINING);
	add(&sloppy, FINDING_HELO_BARE_IP);
	add(&sloppy, FINDING_JUNK_COMMANDS);
	assert_int_equal(policy_decide(&policy, &sloppy, 0).kind, DECISION_BLOCK);
	add_list(&sloppy, FINDING_DNSWL, 4, 300);
	assert_int_equal(policy_decide(&policy, &sloppy, 0).kind, DECISION_WATCH);
	/* What it did itself stands. */
	add_list(&certain, FINDING_DNSWL, 4, 300);
	add_list(&certain, FINDING_DNSBL, 0, 300);
	add(&certain, FINDING_EARLY_TALKER);
	d = policy_decide(&policy, &certain, 0);
	assert_int_equal(d.kind, DECISION_BLOCK);
	assert_int_equal(d.cause, FINDING_EARLY_TALKER);
	assert_int_equal(d.action, ACTION_DROP);
	assert_true(d.certain);
	assert_int_equal(d.ttl, 30 * MINUTE);
}

static void what_rests_on_a_list(void **state)
{
	struct policy policy = with_lists();
	bool one_will_do;
	struct findings alone = {0}, together = {0}, more = {0}, certain = {0};
	struct findings convicted = {0};

	(void)state;
	add_list(&alone, FINDING_DNSBL, 0, 300);
	assert_int_equal(policy_rests_on(&policy, &alone, &one_will_do), 1U << 0);
	/* Either group of the same list. */
	add_list(&alone, FINDING_DNSBL, 1, 300);
	assert_int_equal(policy_rests_on(&policy, &alone, &one_will_do), 1U << 0);
	add(&together, FINDING_ILLEGAL_PIPELINING);
	add_list(&together, FINDING_DNSBL, 2, 300);
	assert_int_equal(policy_rests_on(&policy, &together, &one_will_do), 1U << 1);
	/* With a second one that would do, it rests on neither alone. */
	add_list(&together, FINDING_DNSBL, 3, 300);
	assert_int_equal(policy_rests_on(&policy, &together, &one_will_do), 1U << 1 | 1U << 2);
	assert_true(one_will_do);
	/* One of them convicts: that one is enough, the other is not. */
	add_list(&convicted, FINDING_DNSBL, 0, 300);
	add_list(&convicted, FINDING_DNSBL, 2, 300);
	assert_int_equal(policy_rests_on(&policy, &convicted, &one_will_do), 1U << 0);
	assert_false(one_will_do);
	add_list(&more, FINDING_DNSBL, 2, 300);
	assert_int_equal(policy_rests_on(&policy, &more, &one_will_do), 1U << 1);
	add(&certain, FINDING_EARLY_TALKER);
	add_list(&certain, FINDING_DNSBL, 0, 300);
	assert_int_equal(policy_rests_on(&policy, &certain, &one_will_do), 0);
}

/* Feeds behind the lists: number 5 and 6 of the rules, bits 32 and 63 of a mask. */
static struct policy with_feeds(void)
{
	static const struct list_rule rules[] = {
		{"psbl", FEED_BIT, {.enabled = true, .points = 3}},
		{"our-list", LIST_BITS - 1, {.enabled = true, .points = 9}},
	};
	struct policy policy = with_lists();

	memcpy(&policy.list[policy.list_count], rules, sizeof(rules));
	policy.list_count += 2;
	return policy;
}

static void feeds_that_score_share_the_lists_cap(void **state)
{
	const struct policy policy = with_feeds();
	char text[POLICY_FINDING_NAME];
	struct findings f = {0};

	(void)state;
	add_list(&f, FINDING_FEED, 5, 300);
	assert_string_equal(policy_finding_name(text, &policy, &f.list[0]), "feed:psbl");
	assert_int_equal(policy_decide(&policy, &f, 0).score, 3);
	add_list(&f, FINDING_DNSBL, 2, 300);
	assert_int_equal(policy_decide(&policy, &f, 0).score, 7);
	add_list(&f, FINDING_FEED, 6, 300);
	assert_int_equal(policy_decide(&policy, &f, 0).score, POLICY_LISTS_CAP);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
	add(&f, FINDING_HELO_UNDERSCORE);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_BLOCK);
	assert_int_equal(policy_decide(&policy, &f, 0).cause, CAUSE_SCORE);
	/* Who is vouched for is not blocked for what feeds say, either. */
	add_list(&f, FINDING_DNSWL, 4, 300);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
}

static void what_rests_on_a_feed(void **state)
{
	const struct policy policy = with_feeds();
	const uint64_t first = 1ULL << FEED_BIT, last = 1ULL << (LIST_BITS - 1);
	struct findings f = {0}, either = {0};
	bool one_will_do;

	(void)state;
	add(&f, FINDING_ILLEGAL_PIPELINING);
	add(&f, FINDING_HELO_UNDERSCORE);
	assert_true(policy_rests_on(&policy, &f, &one_will_do) == 0);
	add_list(&f, FINDING_FEED, 5, 300);
	assert_true(policy_rests_on(&policy, &f, &one_will_do) == first);
	assert_false(one_will_do);
	add_list(&f, FINDING_FEED, 6, 300);
	assert_true(policy_rests_on(&policy, &f, &one_will_do) == (first | last));
	assert_true(one_will_do);
	add(&either, FINDING_ILLEGAL_PIPELINING);
	add_list(&either, FINDING_DNSBL, 2, 300);
	add_list(&either, FINDING_FEED, 6, 300);
	assert_true(policy_rests_on(&policy, &either, &one_will_do) == (last | 1ULL << 1));
	assert_true(one_will_do);
}

static void lists_are_switched_off_and_forgotten(void **state)
{
	struct policy policy = with_lists();
	struct findings f = {0};
	bool one_will_do;
	char text[POLICY_FINDING_NAME];

	(void)state;
	add_list(&f, FINDING_DNSBL, 0, 300);
	assert_string_equal(policy_finding_name(text, &policy, &f.list[0]), "dnsbl:zen.example");
	policy.rule[FINDING_DNSBL].enabled = false;
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_PASS);
	policy.rule[FINDING_DNSBL].enabled = true;
	policy.list_count = 0;
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_PASS);
	assert_int_equal(policy_rests_on(&policy, &f, &one_will_do), 0);
	assert_string_equal(policy_finding_name(text, &policy, &f.list[0]), "dnsbl");
}

/* --- history --- */

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text));
	return addr;
}

/* An offence at `now`, and its block for `ttl` seconds; what was blocked, as text. */
static const char *offend(struct history *h, const char *who, enum port_class ports, uint32_t now,
			  uint32_t ttl, unsigned *repeats)
{
	static char text[ADDR_TEXT];
	struct addr addr = addr_of(who);
	struct prefix prefix = history_offence(h, &addr, ports, now, repeats);

	if (ttl)
		history_blocked(h, &prefix, ports, now, now + ttl);
	return prefix_format(text, &prefix);
}

#define expect(h, who, now, ttl, what, times)                                             \
	do {                                                                              \
		unsigned repeats_ = 99;                                                   \
		assert_string_equal(offend(h, who, PORTS_MX, now, ttl, &repeats_), what); \
		assert_int_equal(repeats_, times);                                        \
	} while (0)

static int setup(void **state)
{
	*state = history_new(4096);
	return !*state;
}

static int teardown(void **state)
{
	history_free(*state);
	return 0;
}

static void repeats_are_counted(void **state)
{
	struct history *h = *state;
	unsigned repeats = 99;

	expect(h, "192.0.2.1", 1000, 60, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 2000, 60, "192.0.2.1", 1);
	expect(h, "192.0.2.1", 3000, 60, "192.0.2.1", 2);
	expect(h, "192.0.2.2", 3000, 60, "192.0.2.2", 0);
	offend(h, "192.0.2.1", PORTS_SUBMISSION, 3000, 60, &repeats);
	assert_int_equal(repeats, 0);
	/* The very second in which the block ends is a new block. */
	expect(h, "192.0.2.1", 3060, 60, "192.0.2.1", 3);
}

/* Ten connections at a time are one offence. */
static void one_block_is_one_repeat(void **state)
{
	struct history *h = *state;

	for (uint32_t i = 0; i < 10; i++)
		expect(h, "192.0.2.1", 1000 + i, 1800, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 2808, 1800, "192.0.2.1", 0);
	/* Until the last of them has run out. */
	expect(h, "192.0.2.1", 2808 + 1800, 3600, "192.0.2.1", 1);
	expect(h, "192.0.2.1", 2808 + 1801, 3600, "192.0.2.1", 1);
	expect(h, "192.0.2.1", 20000, 3600, "192.0.2.1", 2);
}

/* An offence that led to no block (monitor mode, map full) is no repeat. */
static void offence_without_block(void **state)
{
	struct history *h = *state;

	expect(h, "192.0.2.1", 1000, 0, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 2000, 0, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 3000, 60, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 4000, 60, "192.0.2.1", 1);
}

static void a_quiet_week_is_forgiven(void **state)
{
	struct history *h = *state;

	expect(h, "192.0.2.1", 0, 60, "192.0.2.1", 0);
	expect(h, "192.0.2.1", 7 * DAY, 60, "192.0.2.1", 1);
	expect(h, "192.0.2.1", 14 * DAY, 60, "192.0.2.1", 2);
	expect(h, "192.0.2.1", 21 * DAY + 1, 60, "192.0.2.1", 0);
	/* Near the end of 32 bits, and with a clock that seems to stand still. */
	expect(h, "192.0.2.9", UINT32_MAX - 5, 5, "192.0.2.9", 0);
	expect(h, "192.0.2.9", UINT32_MAX - 5, 5, "192.0.2.9", 0);
	expect(h, "192.0.2.9", UINT32_MAX, 0, "192.0.2.9", 1);
}

static void second_offender_takes_the_net(void **state)
{
	struct history *h = *state;

	expect(h, "2001:db8::1", 1000, 60, "2001:db8::1", 0);
	expect(h, "2001:db8::1", 2000, 60, "2001:db8::1", 1);
	expect(h, "2001:db8:0:1::2", 3000, 60, "2001:db8:0:1::2", 0);
	expect(h, "2001:db8::2", 3000, 60, "2001:db8::/64", 0);
	/* Each of the two has the other as a neighbor, and was blocked with the net. */
	expect(h, "2001:db8::2", 4000, 60, "2001:db8::/64", 1);
	expect(h, "2001:db8::3", 5000, 60, "2001:db8::/64", 2);
	expect(h, "2001:db8::3", 5000 + DAY, 60, "2001:db8::3", 3);
}

static void a_day_lies_between(void **state)
{
	struct history *h = *state;

	expect(h, "2001:db8::1", 1000, 60, "2001:db8::1", 0);
	expect(h, "2001:db8::2", 1001 + DAY, 60, "2001:db8::2", 0);
	expect(h, "2001:db8::1", 1001 + 2 * DAY, 60, "2001:db8::/64", 1);
	expect(h, "2001:db8:0:1::1", 0, 60, "2001:db8:0:1::1", 0);
	expect(h, "2001:db8:0:1::2", DAY, 60, "2001:db8:0:1::/64", 0);
	/* The same offender again and again is no second one, but does not hide the first either.
	 */
	expect(h, "2001:db8:0:2::1", 100, 60, "2001:db8:0:2::1", 0);
	expect(h, "2001:db8:0:2::2", 101 + DAY, 60, "2001:db8:0:2::2", 0);
	expect(h, "2001:db8:0:2::2", 300 + DAY, 60, "2001:db8:0:2::2", 1);
	expect(h, "2001:db8:0:2::1", 400 + DAY, 60, "2001:db8:0:2::/64", 1);
}

static void classes_are_apart(void **state)
{
	struct history *h = *state;
	unsigned repeats = 99;

	expect(h, "2001:db8::1", 1000, 60, "2001:db8::1", 0);
	assert_string_equal(offend(h, "2001:db8::2", PORTS_SUBMISSION, 1000, 60, &repeats),
			    "2001:db8::2");
	assert_int_equal(repeats, 0);
}

static void delivered_mail_protects_the_net(void **state)
{
	struct history *h = *state;
	struct addr good = addr_of("2001:db8::25");

	history_accepted(h, &good, 1000);
	expect(h, "2001:db8::1", 2000, 60, "2001:db8::1", 0);
	expect(h, "2001:db8::2", 3000, 60, "2001:db8::2", 0);
	expect(h, "2001:db8::2", 1000 + 30 * DAY - 1, 0, "2001:db8::2", 0);
	expect(h, "2001:db8::3", 1000 + 30 * DAY, 60, "2001:db8::3", 0);
	expect(h, "2001:db8::4", 1001 + 30 * DAY, 60, "2001:db8::/64", 0);
	/* And again from the next mail on. */
	history_accepted(h, &good, 1002 + 30 * DAY);
	expect(h, "2001:db8::5", 1003 + 30 * DAY, 60, "2001:db8::5", 0);
}

static void forgotten_where_taken_back(void **state)
{
	struct history *h = *state;
	struct prefix prefix;

	expect(h, "192.0.2.1", 1000, 60, "192.0.2.1", 0);
	expect(h, "192.0.2.9", 1000, 60, "192.0.2.9", 0);
	expect(h, "2001:db8::1", 1000, 60, "2001:db8::1", 0);
	assert_true(prefix_parse(&prefix, "192.0.2.0/29"));
	history_forget(h, &prefix);
	assert_true(prefix_parse(&prefix, "2001:db8::1"));
	history_forget(h, &prefix);
	expect(h, "192.0.2.1", 2000, 60, "192.0.2.1", 0);
	expect(h, "192.0.2.9", 2000, 60, "192.0.2.9", 1);
	expect(h, "2001:db8::2", 2000, 60, "2001:db8::2", 0);
}

/* However many come, the newest is known, and the table stays as large as it was. */
static void memory_is_bounded(void **state)
{
	struct history *h = history_new(64);
	struct addr good = addr_of("2001:db8:ffff::25");
	unsigned remembered = 0;

	(void)state;
	assert_non_null(h);
	history_accepted(h, &good, 0);
	for (uint32_t i = 1; i <= 20000; i++) {
		char who[ADDR_TEXT];

		snprintf(who, sizeof(who), "198.51.%u.%u", i / 256 % 256, i % 256);
		expect(h, who, 10 * i, 1, who, 0);
		expect(h, who, 10 * i + 2, 1, who, 1);
	}
	for (uint32_t i = 1; i <= 20000; i++) {
		char who[ADDR_TEXT];
		unsigned repeats;

		snprintf(who, sizeof(who), "198.51.%u.%u", i / 256 % 256, i % 256);
		/* Ask the old ones in a way that keeps none of them. */
		offend(h, who, PORTS_MX, 200010, 0, &repeats);
		remembered += repeats > 0;
	}
	assert_in_range(remembered, 0, 64);
	/* A flood of offenders does not push out who delivered mail. */
	expect(h, "2001:db8:ffff::1", 200020, 60, "2001:db8:ffff::1", 0);
	expect(h, "2001:db8:ffff::2", 200020, 60, "2001:db8:ffff::2", 0);
	history_free(h);
}

/* The smallest history is one set of eight: a ninth pushes out who was quiet for longest. */
static void longest_untouched_makes_room(void **state)
{
	static const char *const who[] = {"192.0.2.0", "192.0.2.1", "192.0.2.2",
					  "192.0.2.3", "192.0.2.4", "192.0.2.5",
					  "192.0.2.6", "192.0.2.7", "192.0.2.8"};
	struct history *h = history_new(0);

	(void)state;
	assert_non_null(h);
	for (uint32_t i = 0; i < 8; i++)
		expect(h, who[i], 1000 + i, 1, who[i], 0);
	expect(h, who[0], 2000, 1, who[0], 1);
	expect(h, who[8], 2001, 1, who[8], 0);
	for (uint32_t i = 2; i < 9; i++)
		expect(h, who[i], 3000, 1, who[i], 1);
	expect(h, who[0], 3000, 1, who[0], 2);
	expect(h, who[1], 3000, 1, who[1], 0);
	history_free(h);
}

static void room_is_used(void **state)
{
	struct history *h = history_new(8192);
	unsigned remembered = 0, repeats;

	(void)state;
	assert_non_null(h);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 4096; i++) {
			char who[ADDR_TEXT];

			snprintf(who, sizeof(who), "198.51.%u.%u", i / 256, i % 256);
			offend(h, who, PORTS_MX, 1000 + 1000 * (uint32_t)round, 1, &repeats);
			remembered += repeats > 0;
		}
	}
	/* Half full, hardly a set of eight overflows; a poor hash would show here. */
	assert_in_range(remembered, 3900, 4096);
	history_free(h);
}

static void smallest_history_works(void **state)
{
	struct history *h = history_new(0);

	(void)state;
	assert_non_null(h);
	expect(h, "2001:db8::1", 1000, 60, "2001:db8::1", 0);
	expect(h, "2001:db8::2", 1000, 60, "2001:db8::/64", 0);
	history_free(h);
	history_free(NULL);
}

#define with_history(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_passes),
		cmocka_unit_test(single_findings),
		cmocka_unit_test(names_are_capped),
		cmocka_unit_test(scores_need_two_classes),
		cmocka_unit_test(watched_may_be_limited),
		cmocka_unit_test(worthless_class_does_not_count),
		cmocka_unit_test(points_may_be_taken_off),
		cmocka_unit_test(strongest_conviction_is_the_cause),
		cmocka_unit_test(overrides_decide),
		cmocka_unit_test(blocks_double_up_to_the_cap),
		cmocka_unit_test(own_times_to_live),
		cmocka_unit_test(patterns_score_in_their_class),
		cmocka_unit_test(patterns_on_names_are_capped),
		cmocka_unit_test(patterns_convict),
		cmocka_unit_test(patterns_are_switched_off),
		cmocka_unit_test(patterns_are_named),
		cmocka_unit_test(a_list_convicts_as_long_as_it_says),
		cmocka_unit_test(lists_that_score_are_capped),
		cmocka_unit_test(who_is_vouched_for_is_not_blocked),
		cmocka_unit_test(what_rests_on_a_list),
		cmocka_unit_test(feeds_that_score_share_the_lists_cap),
		cmocka_unit_test(what_rests_on_a_feed),
		cmocka_unit_test(lists_are_switched_off_and_forgotten),
		with_history(repeats_are_counted),
		with_history(one_block_is_one_repeat),
		with_history(offence_without_block),
		with_history(a_quiet_week_is_forgiven),
		with_history(second_offender_takes_the_net),
		with_history(a_day_lies_between),
		with_history(classes_are_apart),
		with_history(delivered_mail_protects_the_net),
		with_history(forgotten_where_taken_back),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(longest_untouched_makes_room),
		cmocka_unit_test(room_is_used),
		cmocka_unit_test(smallest_history_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
