// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks of many offenders: who is counted, for how long, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/policy/crowd.h"

#define HOUR  3600U
#define START (10 * CROWD_HALF)
#define LIST  4

static void offend(struct crowd *crowd, uint32_t now, unsigned net, unsigned host)
{
	struct addr addr = {.b = {[10] = 255, 255, 198, 51, (uint8_t)net, (uint8_t)host}};

	crowd_offended(crowd, &addr, now);
}

/* 2001:db8:SITE:NET::HOST */
static void offend6(struct crowd *crowd, unsigned site, unsigned net, unsigned host)
{
	struct addr addr = {.b = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)site, (uint8_t)(net >> 8),
				  (uint8_t)net, [15] = (uint8_t)host}};

	crowd_offended(crowd, &addr, START);
}

static void expect(const struct crowd_says *says, const char *net, unsigned offenders)
{
	char text[ADDR_TEXT];

	assert_string_equal(prefix_format(text, &says->net), net);
	assert_int_equal(says->offenders, offenders);
}

static void different_clients_are_counted(void **state)
{
	struct crowd *crowd = crowd_new(CROWD_NETS);
	struct crowd_says list[LIST];
	char words[CROWD_WORDS];

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		offend(crowd, START, 100, i);
	for (unsigned i = 0; i < 100; i++)
		offend(crowd, START, 101, 9);
	for (unsigned i = 0; i < 100; i++)
		offend(crowd, START, 102 + i, 1); /* of one /16: a stranger each */
	assert_int_equal(crowd_list(crowd, START, list, LIST), 0);
	offend(crowd, START, 100, 255);
	assert_int_equal(crowd_list(crowd, START, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 8);
	assert_string_equal(crowd_words(words, &list[0]),
			    "8 clients of 198.51.100.0/24 have offended within a day");
	for (unsigned i = 0; i < 256; i++)
		offend(crowd, START, 100, i);
	assert_int_equal(crowd_list(crowd, START, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 256);
	crowd_free(crowd);
}

static void ipv6_by_its_64s(void **state)
{
	struct crowd *crowd = crowd_new(CROWD_NETS);
	struct crowd_says list[LIST];
	char words[CROWD_WORDS];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		offend6(crowd, 1, 7, i); /* one owner */
	assert_int_equal(crowd_list(crowd, START, list, LIST), 0);
	for (unsigned i = 0; i < 40; i++)
		offend6(crowd, 2, i, 1);
	assert_int_equal(crowd_list(crowd, START, list, LIST), 1);
	assert_in_range(list[0].offenders, 25, 40); /* some share a place */
	list[0].offenders = 33;
	assert_string_equal(
		crowd_words(words, &list[0]),
		"33 networks /64 or more of 2001:db8:2::/48 have offended within a day");
	for (unsigned i = 0; i < 65536; i++)
		offend6(crowd, 2, i, 1);
	assert_int_equal(crowd_list(crowd, START, list, LIST), 1);
	expect(&list[0], "2001:db8:2::/48", 256);
	crowd_free(crowd);
}

static void a_day_goes_by(void **state)
{
	struct crowd *crowd = crowd_new(CROWD_NETS);
	struct crowd_says list[LIST];

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		offend(crowd, START, 100, i);
	for (unsigned i = 5; i < 15; i++)
		offend(crowd, START + 12 * HOUR, 100, i);
	assert_int_equal(crowd_list(crowd, START + 12 * HOUR, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 15);
	assert_int_equal(crowd_list(crowd, START + 24 * HOUR - 1, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 15);
	assert_int_equal(crowd_list(crowd, START + 24 * HOUR, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 10);
	assert_int_equal(crowd_list(crowd, START + 36 * HOUR, list, LIST), 0);
	offend(crowd, START + 36 * HOUR, 100, 1);
	assert_int_equal(crowd_list(crowd, START + 36 * HOUR, list, LIST), 0);
	crowd_free(crowd);
}

static void the_most_first(void **state)
{
	static const unsigned sizes[] = {9, 30, 8, 12, 7, 200};
	struct crowd *crowd = crowd_new(CROWD_NETS);
	struct crowd_says list[LIST];

	(void)state;
	for (unsigned net = 0; net < 6; net++)
		for (unsigned i = 0; i < sizes[net]; i++)
			offend(crowd, START, net, i);
	assert_int_equal(crowd_list(crowd, START, list, LIST), 5);
	expect(&list[0], "198.51.5.0/24", 200);
	expect(&list[1], "198.51.1.0/24", 30);
	expect(&list[2], "198.51.3.0/24", 12);
	expect(&list[3], "198.51.0.0/24", 9);
	assert_int_equal(crowd_list(crowd, START, list, 1), 5);
	expect(&list[0], "198.51.5.0/24", 200);
	crowd_free(crowd);
}

/* A million networks of one offender each do not hide those of many. */
static void strangers_push_nobody_out(void **state)
{
	struct crowd *crowd = crowd_new(CROWD_NETS);
	struct crowd_says list[LIST];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		offend(crowd, START, 100, i);
	for (unsigned i = 0; i < 1000000; i++) {
		struct addr addr = {
			.b = {[10] = 255, 255, 10 + i / 65536 % 128, i / 256 % 256, i % 256, 1}};

		crowd_offended(crowd, &addr, START + i / 1000);
	}
	for (unsigned i = 3; i < 8; i++)
		offend(crowd, START + HOUR, 100, i);
	assert_int_equal(crowd_list(crowd, START + HOUR, list, LIST), 1);
	expect(&list[0], "198.51.100.0/24", 8);
	crowd_free(crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(different_clients_are_counted),
		cmocka_unit_test(ipv6_by_its_64s),
		cmocka_unit_test(a_day_goes_by),
		cmocka_unit_test(the_most_first),
		cmocka_unit_test(strangers_push_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
