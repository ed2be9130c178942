// SPDX-License-Identifier: GPL-2.0-or-later
/* The words behind verdicts: found again by network and port class, bounded in number and length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>

#include "../../maps/ports.h"
#include "../../user/agent/reasons.h"
#include "../../user/base/addr.h"

static struct prefix net(const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(&prefix, text))
		fail_msg("'%s' is no network", text);
	return prefix;
}

static void set(struct reasons *r, const char *text, unsigned ports, const char *words)
{
	struct prefix prefix = net(text);

	reasons_set(r, &prefix, ports, words, 0);
}

static const char *get(const struct reasons *r, const char *text, unsigned ports)
{
	struct prefix prefix = net(text);

	return reasons_get(r, &prefix, ports);
}

static void forget(struct reasons *r, const char *text, unsigned ports)
{
	struct prefix prefix = net(text);

	reasons_forget(r, &prefix, ports);
}

static void found_by_network_and_ports(void **state)
{
	struct reasons r = {0};

	(void)state;
	assert_string_equal(get(&r, "192.0.2.1", PORTS_MX), "");
	set(&r, "192.0.2.0", PORTS_MX, "address");
	set(&r, "192.0.2.0/24", PORTS_MX, "network");
	set(&r, "192.0.2.0", PORTS_SUBMISSION, "submission");
	set(&r, "2001:db8::/64", PORTS_MX, "six");
	assert_string_equal(get(&r, "192.0.2.0", PORTS_MX), "address");
	assert_string_equal(get(&r, "192.0.2.0/24", PORTS_MX), "network");
	assert_string_equal(get(&r, "192.0.2.0", PORTS_SUBMISSION), "submission");
	assert_string_equal(get(&r, "192.0.2.0/24", PORTS_SUBMISSION), "");
	assert_string_equal(get(&r, "192.0.2.0/25", PORTS_MX), "");
	assert_string_equal(get(&r, "192.0.2.1", PORTS_MX), "");
	assert_string_equal(get(&r, "2001:db8::/64", PORTS_MX), "six");

	set(&r, "192.0.2.0", PORTS_MX, "another");
	assert_string_equal(get(&r, "192.0.2.0", PORTS_MX), "another");
	set(&r, "192.0.2.0", PORTS_MX, "");
	assert_string_equal(get(&r, "192.0.2.0", PORTS_MX), "");

	forget(&r, "192.0.2.0/24", PORTS_MX);
	forget(&r, "192.0.2.0/24", PORTS_MX);
	forget(&r, "198.51.100.1", PORTS_MX);
	assert_string_equal(get(&r, "192.0.2.0/24", PORTS_MX), "");
	assert_string_equal(get(&r, "192.0.2.0", PORTS_SUBMISSION), "submission");
	reasons_free(&r);
	assert_null(r.table);
}

static struct prefix number(uint32_t i)
{
	struct addr addr = {.b = {0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(i >> 24),
				  (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

	return prefix_of(&addr, ADDR_BITS);
}

static const char *get_number(const struct reasons *r, uint32_t i)
{
	struct prefix prefix = number(i);

	return reasons_get(r, &prefix, PORTS_MX);
}

/* A flood of offenders must not eat the memory: the oldest words go, whatever is said again. */
static void bounded_in_number(void **state)
{
	enum { MORE = 100 };
	struct reasons r = {0};
	size_t known = 0;
	char words[32];

	(void)state;
	for (uint32_t i = 0; i < REASONS_MAX + MORE; i++) {
		struct prefix prefix = number(i);

		snprintf(words, sizeof(words), "number %u", i);
		reasons_set(&r, &prefix, PORTS_MX, words, 0);
		if (i == REASONS_MAX / 2) {
			prefix = number(0);
			reasons_set(&r, &prefix, PORTS_MX, "said again", 0);
		}
	}
	for (uint32_t i = 0; i < REASONS_MAX + MORE; i++) {
		snprintf(words, sizeof(words), "number %u", i);
		known += !strcmp(get_number(&r, i), words);
	}
	assert_int_equal(known, REASONS_MAX);
	assert_string_equal(get_number(&r, 0), "");
	assert_string_equal(get_number(&r, MORE - 1), "");
	assert_string_equal(get_number(&r, MORE), "number 100");
	reasons_free(&r);
}

/* Whatever an administrator writes must be fit for JSON afterwards. */
static void bounded_in_length(void **state)
{
	struct reasons r = {0};
	char words[2 * REASON_TEXT];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		json_t *string;

		memset(words, 'a', shift);
		for (size_t i = shift; i + 4 < sizeof(words); i += 4)
			memcpy(words + i, "\xf0\x9f\x93\xa7", 5);
		set(&r, "192.0.2.1", PORTS_MX, words);
		string = json_string(get(&r, "192.0.2.1", PORTS_MX));
		assert_non_null(string);
		assert_in_range(json_string_length(string), REASON_TEXT - 5, REASON_TEXT - 1);
		json_decref(string);
	}
	reasons_free(&r);
}

static void they_know_their_lists(void **state)
{
	struct reasons r = {0};
	struct prefix prefix = {.plen = ADDR_BITS};

	(void)state;
	assert_true(reasons_lists(&r, &prefix, PORTS_MX) == LISTS_UNKNOWN);
	reasons_set(&r, &prefix, PORTS_MX, "x", 5);
	assert_int_equal(reasons_lists(&r, &prefix, PORTS_MX), 5);
	assert_true(reasons_lists(&r, &prefix, PORTS_SUBMISSION) == LISTS_UNKNOWN);
	reasons_free(&r);
}

static void they_lose_their_lists(void **state)
{
	struct reasons r = {0};
	struct prefix prefix = {.plen = ADDR_BITS};

	(void)state;
	assert_true(reasons_lose(&r, &prefix, PORTS_MX, 1));
	reasons_set(&r, &prefix, PORTS_MX, "both are needed", 6);
	assert_false(reasons_lose(&r, &prefix, PORTS_MX, 1));
	assert_true(reasons_lose(&r, &prefix, PORTS_MX, 4));
	reasons_set(&r, &prefix, PORTS_MX, "either will do", 6);
	reasons_one_will_do(&r, &prefix, PORTS_MX);
	assert_false(reasons_lose(&r, &prefix, PORTS_MX, 1));
	assert_false(reasons_lose(&r, &prefix, PORTS_MX, 4));
	assert_int_equal(reasons_lists(&r, &prefix, PORTS_MX), 2);
	assert_true(reasons_lose(&r, &prefix, PORTS_MX, 2));
	reasons_set(&r, &prefix, PORTS_MX, "and both at once", 6);
	reasons_one_will_do(&r, &prefix, PORTS_MX);
	assert_true(reasons_lose(&r, &prefix, PORTS_MX, 7));
	reasons_set(&r, &prefix, PORTS_MX, "on none", 0);
	assert_false(reasons_lose(&r, &prefix, PORTS_MX, UINT64_MAX));
	reasons_free(&r);
}

/* The last list and the last feed as well; what has no new number is gone, and stays so. */
static void they_are_renumbered(void **state)
{
	const uint64_t list = 1ULL << (LISTS_MAX - 1), gone = 1ULL << LIST_GONE;
	const uint64_t feed = 1ULL << (FEED_BIT + FEEDS_MAX - 1);
	struct prefix prefix = {.plen = ADDR_BITS}, unknown = net("192.0.2.1");
	struct reasons r = {0};
	unsigned to[LIST_BITS];

	(void)state;
	for (unsigned bit = 0; bit < LIST_BITS; bit++)
		to[bit] = LIST_GONE;
	to[LISTS_MAX - 1] = 0;
	to[FEED_BIT + FEEDS_MAX - 1] = FEED_BIT;
	reasons_set(&r, &prefix, PORTS_MX, "x", list | feed);
	reasons_set(&r, &unknown, PORTS_MX, "x", LISTS_UNKNOWN);
	reasons_renumber(&r, to);
	assert_true(reasons_lists(&r, &prefix, PORTS_MX) == (1 | 1ULL << FEED_BIT));
	assert_true(reasons_lists(&r, &unknown, PORTS_MX) == LISTS_UNKNOWN);
	to[0] = LIST_GONE;
	reasons_renumber(&r, to);
	assert_true(reasons_lists(&r, &prefix, PORTS_MX) == gone);
	reasons_renumber(&r, to);
	assert_true(reasons_lists(&r, &prefix, PORTS_MX) == gone);
	assert_true(reasons_lose(&r, &prefix, PORTS_MX, gone));
	assert_true(reasons_lose(&r, &unknown, PORTS_MX, gone));
	reasons_free(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_network_and_ports),
		cmocka_unit_test(bounded_in_number),
		cmocka_unit_test(bounded_in_length),
		cmocka_unit_test(they_know_their_lists),
		cmocka_unit_test(they_lose_their_lists),
		cmocka_unit_test(they_are_renumbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
