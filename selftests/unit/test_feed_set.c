// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Set algebra and longest prefixes against the plainest of models: a hundred addresses, each
 * in or out. The hundred lie where numbers end, wrap or carry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed_window.h"
#include "feeds.h"
#include "random.h"

static void add(struct feed_set *set, bool *model, unsigned first, unsigned last)
{
	assert_int_equal(feed_set_add(set, address[first], address[last]), 0);
	for (unsigned i = first; i <= last; i++)
		model[i] = true;
}

static void add_some(struct feed_set *set, bool *model)
{
	for (unsigned n = below(12); n; n--) {
		unsigned first = below(ROOM), last = first + below(1 + below(ROOM - first));

		add(set, model, first, last);
	}
	assert_int_equal(feed_set_settle(set), 0);
}

struct check {
	const bool *model;
	unsigned at; /* the next of the window */
	struct prefix before;
	bool any;
};

/* Two halves of one network would be one line too many. */
static void not_halves(const struct prefix *a, const struct prefix *b)
{
	struct prefix whole;

	if (a->plen != b->plen || !a->plen)
		return;
	whole = prefix_of(&a->addr, a->plen - 1);
	assert_false(prefix_contains(&whole, &b->addr));
}

static int check_one(const struct prefix *prefix, void *context)
{
	struct check *check = context;
	struct wide first = wide_of(&prefix->addr), last = wide_end(first, prefix->plen);

	if (check->any)
		not_halves(&check->before, prefix);
	check->before = *prefix;
	check->any = true;
	while (check->at < ROOM && wide_less(address[check->at], first))
		assert_false(check->model[check->at++]);
	assert_true(check->at < ROOM && wide_equal(address[check->at], first));
	for (;; check->at++) {
		assert_true(check->at < ROOM && check->model[check->at]);
		if (wide_equal(address[check->at], last))
			break;
	}
	check->at++;
	return 0;
}

static void same(const struct feed_set *set, const bool *model)
{
	struct check check = {.model = model};

	assert_int_equal(feed_set_walk(set, check_one, &check), 0);
	while (check.at < ROOM)
		assert_false(model[check.at++]);
}

static void algebra_is_right(void **state)
{
	(void)state;
	for (seed = 0; seed < 6000;) {
		uint32_t begun = seed;
		bool a[ROOM] = {0}, b[ROOM] = {0};
		struct feed_set one = {0}, two = {0};

		open_window(begun % WINDOWS);
		add_some(&one, a);
		add_some(&two, b);
		same(&one, a);
		assert_int_equal(feed_set_unite(&one, &two), 0);
		for (unsigned i = 0; i < ROOM; i++)
			a[i] |= b[i];
		same(&one, a);
		feed_set_free(&two);
		memset(b, 0, sizeof(b));
		add_some(&two, b);
		assert_int_equal(feed_set_subtract(&one, &two), 0);
		for (unsigned i = 0; i < ROOM; i++)
			a[i] &= !b[i];
		same(&one, a);
		assert_int_equal(feed_set_is_empty(&one), !memchr(a, true, sizeof(a)));
		feed_set_free(&one);
		feed_set_free(&two);
		seed = begun + 1;
	}
}

static struct wide base_of(struct wide wide, unsigned plen)
{
	struct addr addr = addr_of_wide(wide);
	struct prefix prefix = prefix_of(&addr, plen);

	return wide_of(&prefix.addr);
}

/* In the model the longest prefix that holds the address is looked for among all. */
static void longest_prefix_decides(void **state)
{
	(void)state;
	for (seed = 0; seed < 6000;) {
		uint32_t begun = seed;
		unsigned length[ROOM] = {0};
		bool model[ROOM] = {0};
		struct feed_set set = {0};
		struct trie trie = {0};

		open_window(begun % WINDOWS);
		for (unsigned n = below(16); n; n--) {
			unsigned plen = ADDR_BITS - below(7);
			struct wide base = base_of(address[below(ROOM)], plen);
			bool excepted = below(3) == 0;

			/* The window around a carry is aligned to 64 only, the others to 128. */
			assert_int_equal(trie_add(&trie, base, plen, excepted), 0);
			for (unsigned i = 0; i < ROOM; i++) {
				if (!wide_equal(base_of(address[i], plen), base) ||
				    plen <= length[i])
					continue;
				length[i] = plen;
				model[i] = !excepted;
			}
		}
		assert_int_equal(trie_resolve(&trie, &set), 0);
		assert_int_equal(feed_set_settle(&set), 0);
		same(&set, model);
		trie_free(&trie);
		feed_set_free(&set);
		seed = begun + 1;
	}
}

static void the_whole_is_one_prefix(void **state)
{
	struct feed_set set = {0}, hole = {0};
	static struct set_text text;

	(void)state;
	assert_int_equal(set4_add(&set.v4, 0x80000000, UINT32_MAX), 0);
	assert_int_equal(set4_add(&set.v4, 0, 0x7fffffff), 0);
	assert_int_equal(
		set6_add(&set.v6, (struct wide){0, 0}, (struct wide){UINT64_MAX, UINT64_MAX}), 0);
	assert_int_equal(feed_set_settle(&set), 0);
	assert_string_equal(set_text(&text, &set), "0.0.0.0/0 ::/0");
	assert_int_equal(set4_add(&hole.v4, 1, UINT32_MAX), 0);
	assert_int_equal(set6_add(&hole.v6, (struct wide){0, 0},
				  (struct wide){UINT64_MAX, UINT64_MAX - 1}),
			 0);
	assert_int_equal(feed_set_subtract(&set, &hole), 0);
	assert_string_equal(set_text(&text, &set),
			    "0.0.0.0 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	feed_set_free(&set);
	feed_set_free(&hole);
}

static void mapped_addresses_are_v4(void **state)
{
	static const char *const networks[] = {"::ffff:192.0.2.0/120", "192.0.2.1", "2001:db8::"};
	struct feed_set set = {0};
	static struct set_text text;

	(void)state;
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		struct prefix prefix;

		assert_true(prefix_parse(&prefix, networks[i]));
		assert_int_equal(feed_set_add_prefix(&set, &prefix), 0);
	}
	assert_int_equal(feed_set_settle(&set), 0);
	assert_int_equal(set.v4.count, 1);
	assert_int_equal(set.v6.count, 1);
	assert_string_equal(set_text(&text, &set), "192.0.2.0/24 2001:db8::");
	feed_set_free(&set);
}

/* Backwards, so that the sort has all to do. */
static void many_are_sorted(void **state)
{
	const uint32_t many = 300000;
	struct feed_set set = {0};

	(void)state;
	for (uint32_t i = many; i-- > 0;) {
		uint32_t scattered = i * 14177U;

		assert_int_equal(set4_add(&set.v4, scattered, scattered), 0);
		assert_int_equal(set6_add(&set.v6, (struct wide){scattered, i},
					  (struct wide){scattered, i}),
				 0);
	}
	assert_int_equal(feed_set_settle(&set), 0);
	assert_int_equal(set.v4.count, many);
	assert_int_equal(set.v6.count, many);
	for (uint32_t i = 0; i < many; i++) {
		assert_int_equal(set.v4.item[i].first, i * 14177U);
		assert_int_equal(set.v6.item[i].last.lo, i);
	}
	feed_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algebra_is_right),
		cmocka_unit_test(longest_prefix_decides),
		cmocka_unit_test(the_whole_is_one_prefix),
		cmocka_unit_test(mapped_addresses_are_v4),
		cmocka_unit_test(many_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
