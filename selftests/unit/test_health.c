// SPDX-License-Identifier: GPL-2.0-or-later
/* When a list is believed: probes and answers in, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "../../user/dns/health.h"

#define PERIOD 300 /* seconds */
#define ALL    ((1U << PROBE_POINTS) - 1)

struct bench {
	struct health h;
	uint64_t now;
	uint64_t subjects;
};

static struct health_answer answer(enum list_meaning meaning, const char *code)
{
	struct health_answer a = {.meaning = meaning, .status = DNS_ANSWER};

	if (code)
		assert_true(addr_parse(&a.code, code));
	else
		a.status = meaning == LIST_MEANS_NOTHING ? DNS_TIMED_OUT : DNS_NO_NAME;
	return a;
}

static struct bench bench_of(enum list_kind kind)
{
	struct list list = {.kind = kind, .probe = PERIOD};
	struct bench b = {.now = 1000};

	health_init(&b.h, &list, 12345, b.now);
	return b;
}

/* Every point as it should be, but `point`. */
static enum health_change probe_but(struct bench *b, int point, struct health_answer wrong)
{
	struct health_answer told[PROBE_POINTS];

	for (int p = 0; p < PROBE_POINTS; p++) {
		bool positive = p == PROBE_LISTED || p == PROBE_LISTED_V6;

		told[p] = positive ? answer(LIST_MEANS_LISTED, "127.0.0.2")
				   : answer(LIST_MEANS_NOT_LISTED, NULL);
	}
	if (point >= 0)
		told[point] = wrong;
	b->now = b->h.due > b->now ? b->h.due : b->now;
	return health_probed(&b->h, ALL, told, b->now);
}

static enum health_change probe_well(struct bench *b)
{
	return probe_but(b, -1, answer(LIST_MEANS_NOTHING, NULL));
}

static enum health_change probe_silent(struct bench *b)
{
	return probe_but(b, PROBE_CANARY, answer(LIST_MEANS_NOTHING, NULL));
}

static enum health_change hear(struct bench *b, enum list_meaning meaning, const char *code)
{
	struct health_answer a = answer(meaning, code);

	return health_answered(&b->h, &a, ++b->subjects, b->now);
}

static struct bench healthy(void)
{
	struct bench b = bench_of(LIST_DNSBL);

	assert_int_equal(probe_well(&b), HEALTH_CLOSED);
	return b;
}

static void expect_state(const struct bench *b, enum health_state state, bool believed)
{
	assert_int_equal(b->h.state, state);
	assert_int_equal(health_believed(&b->h), believed);
	assert_int_equal(health_asked(&b->h), state != HEALTH_OPEN);
}

static void expect_words(const struct bench *b, const char *part)
{
	if (!strstr(b->h.words, part))
		fail_msg("\"%s\" is not in \"%s\"", part, b->h.words);
	assert_int_equal(b->h.words_at, b->now);
}

static void one_good_probe_to_begin_with(void **state)
{
	struct bench b = bench_of(LIST_DNSBL);

	(void)state;
	assert_int_equal(b.h.due, b.now);
	expect_state(&b, HEALTH_UNTESTED, false);
	/* Listings do not make it believed. */
	assert_int_equal(hear(&b, LIST_MEANS_LISTED, "127.0.0.2"), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_UNTESTED, false);
	assert_int_equal(probe_well(&b), HEALTH_CLOSED);
	expect_state(&b, HEALTH_HEALTHY, true);
	assert_string_equal(b.h.words, "");
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
}

/* Each point alone opens it, with words of its own. */
static void each_point_of_a_probe_counts(void **state)
{
	static const struct {
		int point;
		enum list_meaning meaning;
		const char *code, *words;
	} cases[] = {
		{PROBE_LISTED, LIST_MEANS_NOT_LISTED, NULL, "127.0.0.2: not listed: it is empty"},
		{PROBE_NOT_LISTED, LIST_MEANS_LISTED, "127.0.0.2", "127.0.0.1: listed, so it"},
		{PROBE_NOT_LISTED, LIST_MEANS_UNKNOWN_CODE, "127.0.0.99", "127.0.0.1: listed"},
		{PROBE_NOT_LISTED_V6, LIST_MEANS_LISTED, "127.0.0.2", "::ffff:7f00:1: listed"},
		{PROBE_CANARY, LIST_MEANS_LISTED, "127.0.0.2", "the canary: listed"},
		{PROBE_RANDOM, LIST_MEANS_LISTED, "127.0.0.2", "made up on the spot: listed"},
		{PROBE_RANDOM, LIST_MEANS_BROKEN, "203.0.113.9", "203.0.113.9, which is outside"},
		{PROBE_LISTED, LIST_MEANS_BROKEN, "127.0.0.1", "no list may answer"},
		{PROBE_LISTED, LIST_MEANS_REFUSED, "127.255.255.254", "own recursive resolver"},
		{PROBE_CANARY, LIST_MEANS_REFUSED, "127.0.10.3", "ask too often"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct health_answer wrong = answer(cases[i].meaning, cases[i].code);
		struct bench b = healthy(), untested = bench_of(LIST_DNSBL);

		assert_int_equal(probe_but(&b, cases[i].point, wrong), HEALTH_OPENED);
		expect_state(&b, HEALTH_OPEN, false);
		expect_words(&b, cases[i].words);
		assert_int_equal(probe_but(&untested, cases[i].point, wrong), HEALTH_OPENED);
		expect_words(&untested, cases[i].words);
	}
}

static void points_that_are_not_asked_do_not_count(void **state)
{
	struct health_answer told[PROBE_POINTS] = {0};
	struct bench b = bench_of(LIST_DNSBL);

	(void)state;
	for (int p = 0; p < PROBE_POINTS; p++)
		told[p] = answer(LIST_MEANS_NOT_LISTED, NULL);
	assert_int_equal(health_probed(&b.h, 1U << PROBE_CANARY | 1U << PROBE_RANDOM, told, b.now),
			 HEALTH_CLOSED);
	expect_state(&b, HEALTH_HEALTHY, true);
}

/* A list of IPv4 addresses that is taken for more; one of IPv6 alone must have its entry. */
static void a_missing_ipv6_entry(void **state)
{
	struct health_answer told[PROBE_POINTS] = {0}, none = answer(LIST_MEANS_NOT_LISTED, NULL);
	struct bench b = bench_of(LIST_DNSBL);

	(void)state;
	assert_int_equal(probe_but(&b, PROBE_LISTED_V6, none), HEALTH_CLOSED);
	expect_state(&b, HEALTH_HEALTHY, true);
	expect_words(&b, "not asked about IPv6");
	assert_true(b.h.without_v6);
	probe_well(&b);
	assert_false(b.h.without_v6);

	for (int p = 0; p < PROBE_POINTS; p++)
		told[p] = none;
	assert_int_equal(health_probed(&b.h, 1U << PROBE_LISTED_V6 | 1U << PROBE_NOT_LISTED_V6,
				       told, b.now),
			 HEALTH_OPENED);
}

static void a_domain_lists_points_have_other_names(void **state)
{
	struct bench b = bench_of(LIST_RHSBL_HELO);

	(void)state;
	probe_but(&b, PROBE_LISTED, answer(LIST_MEANS_NOT_LISTED, NULL));
	expect_words(&b, "the test entry TEST: not listed");
	b = bench_of(LIST_RHSBL_SENDER);
	probe_but(&b, PROBE_NOT_LISTED, answer(LIST_MEANS_LISTED, "127.0.1.2"));
	expect_words(&b, "INVALID: listed");
}

/* The test entry may have a code of no group, and dnswl.org's has one that is a refusal else. */
static void the_test_entrys_code(void **state)
{
	struct bench b = bench_of(LIST_DNSBL), dnswl = bench_of(LIST_DNSWL);

	(void)state;
	assert_int_equal(probe_but(&b, PROBE_LISTED, answer(LIST_MEANS_UNKNOWN_CODE, "127.0.0.77")),
			 HEALTH_CLOSED);
	expect_words(&b, "127.0.0.77");
	assert_int_equal(probe_but(&dnswl, PROBE_LISTED, answer(LIST_MEANS_REFUSED, "127.0.10.0")),
			 HEALTH_CLOSED);
	assert_int_equal(probe_but(&dnswl, PROBE_LISTED, answer(LIST_MEANS_REFUSED, "127.0.0.255")),
			 HEALTH_OPENED);
}

static void one_bad_answer_opens(void **state)
{
	static const struct {
		enum list_meaning meaning;
		const char *code, *words;
	} cases[] = {
		{LIST_MEANS_REFUSED, "127.255.255.252", "correct the zone"},
		{LIST_MEANS_REFUSED, "127.255.255.254", "answers 127.255.255.254: the operator"},
		{LIST_MEANS_REFUSED, "127.255.255.255", "too many questions"},
		{LIST_MEANS_REFUSED, "127.255.255.250", "renew the subscription"},
		{LIST_MEANS_REFUSED, "127.255.255.7", "see its terms"},
		{LIST_MEANS_REFUSED, "127.0.0.255", "asks too often or is public"},
		{LIST_MEANS_REFUSED, "127.0.1.255", "correct its kind"},
		{LIST_MEANS_BROKEN, "127.0.0.1", "RFC 5782"},
		{LIST_MEANS_BROKEN, "203.0.113.9", "parked"},
		{LIST_MEANS_BROKEN, "2001:db8::1", "parked"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b = healthy();

		assert_int_equal(hear(&b, cases[i].meaning, cases[i].code), HEALTH_OPENED);
		expect_state(&b, HEALTH_OPEN, false);
		expect_words(&b, cases[i].words);
		/* What was asked before comes in later. */
		assert_int_equal(hear(&b, cases[i].meaning, cases[i].code), HEALTH_NO_CHANGE);
		assert_int_equal(hear(&b, LIST_MEANS_LISTED, "127.0.0.2"), HEALTH_NO_CHANGE);
		expect_state(&b, HEALTH_OPEN, false);
		assert_true(b.h.due <= b.now + 10000);
	}
}

static void two_good_probes_in_a_row_close(void **state)
{
	struct bench b = healthy();

	(void)state;
	hear(&b, LIST_MEANS_BROKEN, "203.0.113.9");
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_OPEN, false);
	assert_int_equal(probe_silent(&b), HEALTH_NO_CHANGE);
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
	assert_int_equal(probe_but(&b, PROBE_RANDOM, answer(LIST_MEANS_BROKEN, "203.0.113.9")),
			 HEALTH_NO_CHANGE);
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_OPEN, false);
	assert_int_equal(probe_well(&b), HEALTH_CLOSED);
	expect_state(&b, HEALTH_HEALTHY, true);
	assert_int_equal(b.h.since, b.now);
}

static void failures_degrade_then_open(void **state)
{
	struct bench b = healthy();

	(void)state;
	for (int i = 0; i < 2; i++)
		hear(&b, LIST_MEANS_NOTHING, NULL);
	expect_state(&b, HEALTH_HEALTHY, true);
	hear(&b, LIST_MEANS_NOTHING, NULL);
	/* The last probe was good, and the next one comes soon. */
	expect_state(&b, HEALTH_DEGRADED, true);
	expect_words(&b, "no answer in time");
	assert_true(b.h.due <= b.now + 10000);
	for (int i = 3; i < 9; i++)
		assert_int_equal(hear(&b, LIST_MEANS_NOTHING, NULL), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_DEGRADED, true);
	assert_int_equal(hear(&b, LIST_MEANS_NOTHING, NULL), HEALTH_OPENED);
	expect_words(&b, "10 questions in a row without an answer");
	assert_int_equal(b.h.failures, 10);
}

static void answers_between_failures(void **state)
{
	struct bench b = healthy();

	(void)state;
	/* Every other one fails: never ten in a row. */
	for (int i = 0; i < 100; i++) {
		hear(&b, LIST_MEANS_NOTHING, NULL);
		hear(&b, LIST_MEANS_NOT_LISTED, NULL);
	}
	expect_state(&b, HEALTH_DEGRADED, true);
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_HEALTHY, true);
	/* One in six is the Internet's own. */
	for (int i = 0; i < 600; i++)
		hear(&b, i % 6 ? LIST_MEANS_NOT_LISTED : LIST_MEANS_NOTHING, NULL);
	expect_state(&b, HEALTH_HEALTHY, true);
}

static void silent_probes_degrade_then_open(void **state)
{
	struct bench b = healthy(), untested = bench_of(LIST_DNSBL);

	(void)state;
	assert_int_equal(probe_silent(&b), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_DEGRADED, false);
	expect_words(&b, "the canary: no answer in time");
	assert_int_equal(probe_well(&b), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_HEALTHY, true);
	probe_silent(&b);
	assert_int_equal(probe_silent(&b), HEALTH_OPENED);

	assert_int_equal(probe_silent(&untested), HEALTH_NO_CHANGE);
	expect_state(&untested, HEALTH_UNTESTED, false);
	assert_int_equal(probe_silent(&untested), HEALTH_OPENED);
	/* What is wrong weighs more than what is silent. */
	b = healthy();
	b.h.silent_probes = 0;
	assert_int_equal(probe_but(&b, PROBE_RANDOM, answer(LIST_MEANS_LISTED, "127.0.0.2")),
			 HEALTH_OPENED);
}

static void listing_nearly_everybody_opens(void **state)
{
	struct bench b = healthy();

	(void)state;
	for (int i = 0; i < 49; i++)
		assert_int_equal(hear(&b, LIST_MEANS_LISTED, "127.0.0.2"), HEALTH_NO_CHANGE);
	assert_int_equal(hear(&b, LIST_MEANS_LISTED, "127.0.0.2"), HEALTH_OPENED);
	expect_words(&b, "50 of the last 50 different clients are listed");

	/* In other codes just the same. */
	b = healthy();
	for (int i = 0; i < 49; i++)
		hear(&b, LIST_MEANS_UNKNOWN_CODE, "127.0.3.3");
	assert_int_equal(hear(&b, LIST_MEANS_UNKNOWN_CODE, "127.0.3.3"), HEALTH_OPENED);
	assert_int_equal(b.h.unknown_codes, 50);
}

static void one_client_again_and_again_is_one(void **state)
{
	struct health_answer listed = answer(LIST_MEANS_LISTED, "127.0.0.2");
	struct bench b = healthy();

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(health_answered(&b.h, &listed, 7, b.now), HEALTH_NO_CHANGE);
	expect_state(&b, HEALTH_HEALTHY, true);
	assert_int_equal(b.h.ratio.asked, 1);
}

/* A botnet's day: nine in ten are listed. */
static void many_listings_are_no_alarm(void **state)
{
	struct bench b = healthy();

	(void)state;
	for (int i = 0; i < 5000; i++)
		hear(&b, i % 10 ? LIST_MEANS_LISTED : LIST_MEANS_NOT_LISTED,
		     i % 10 ? "127.0.0.2" : NULL);
	expect_state(&b, HEALTH_HEALTHY, true);
}

/* A list that is in order cannot be put out again and again by whoever has listed clients. */
static void refuted_alarms_become_rarer(void **state)
{
	struct bench b = healthy();
	unsigned heard[4];

	(void)state;
	for (int alarm = 0; alarm < 4; alarm++) {
		heard[alarm] = 0;
		do
			heard[alarm]++;
		while (hear(&b, LIST_MEANS_LISTED, "127.0.0.2") == HEALTH_NO_CHANGE);
		probe_well(&b);
		assert_int_equal(probe_well(&b), HEALTH_CLOSED);
	}
	assert_int_equal(heard[0], 50);
	assert_int_equal(heard[1], 100);
	assert_int_equal(heard[2], 200);
	assert_int_equal(heard[3], 400);
	/* And again, once there was no reason for one. */
	assert_int_equal(b.h.ratio.enough, 800);
	for (unsigned i = 0; i < 800 + 400 + 200 + 100 + 50; i++)
		assert_int_equal(hear(&b, LIST_MEANS_NOT_LISTED, NULL), HEALTH_NO_CHANGE);
	assert_int_equal(b.h.ratio.enough, 50);
}

static void probes_have_jitter_and_back_off(void **state)
{
	struct bench b = healthy();
	uint64_t last = 0, different = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		uint64_t before = b.now, span;

		probe_well(&b);
		span = b.h.due - b.now;
		assert_true(b.now >= before);
		assert_in_range(span, PERIOD * 875, PERIOD * 1125);
		different += span != last;
		last = span;
	}
	assert_true(different > 40);

	/* 5 s, 10 s, ... up to four periods, an eighth more or less. */
	for (unsigned i = 0; i < 20; i++) {
		uint64_t expected = i < 8 ? 5000ULL << i : 4 * PERIOD * 1000;

		if (expected > 4 * PERIOD * 1000)
			expected = 4 * PERIOD * 1000;
		probe_but(&b, PROBE_LISTED, answer(LIST_MEANS_NOT_LISTED, NULL));
		assert_in_range(b.h.due - b.now, expected * 7 / 8, expected * 9 / 8);
	}
	probe_well(&b);
	assert_in_range(b.h.due - b.now, 4375, 5625);
}

static void other_settings_keep_what_is_known(void **state)
{
	struct list list = {.kind = LIST_DNSBL, .probe = 60};
	struct bench b = healthy();

	(void)state;
	health_renew(&b.h, &list, b.now);
	expect_state(&b, HEALTH_HEALTHY, true);
	assert_true(b.h.due <= b.now + 6000);
	probe_well(&b);
	assert_in_range(b.h.due - b.now, 52500, 67500);
}

static void a_probe_that_could_not_be_asked(void **state)
{
	struct bench b = healthy();

	(void)state;
	b.now = b.h.due;
	health_put_off(&b.h, b.now);
	expect_state(&b, HEALTH_HEALTHY, true);
	assert_in_range(b.h.due - b.now, 4375, 5625);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_good_probe_to_begin_with),
		cmocka_unit_test(each_point_of_a_probe_counts),
		cmocka_unit_test(points_that_are_not_asked_do_not_count),
		cmocka_unit_test(a_missing_ipv6_entry),
		cmocka_unit_test(a_domain_lists_points_have_other_names),
		cmocka_unit_test(the_test_entrys_code),
		cmocka_unit_test(one_bad_answer_opens),
		cmocka_unit_test(two_good_probes_in_a_row_close),
		cmocka_unit_test(failures_degrade_then_open),
		cmocka_unit_test(answers_between_failures),
		cmocka_unit_test(silent_probes_degrade_then_open),
		cmocka_unit_test(listing_nearly_everybody_opens),
		cmocka_unit_test(one_client_again_and_again_is_one),
		cmocka_unit_test(many_listings_are_no_alarm),
		cmocka_unit_test(refuted_alarms_become_rarer),
		cmocka_unit_test(probes_have_jitter_and_back_off),
		cmocka_unit_test(other_settings_keep_what_is_known),
		cmocka_unit_test(a_probe_that_could_not_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
