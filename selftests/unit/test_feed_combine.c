// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many feeds into one set, against the plainest of models: a hundred addresses where numbers end,
 * wrap or carry, and for each the sum of the weights of those that list it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "feed_window.h"
#include "random.h"
#include "../../user/feeds/combine.h"

#define ROUNDS 300

/* A feed with the set that it points into. */
struct feed_model {
	struct feed_set set;
	struct feed_blob blob;
	bool model[ROOM];
};

static void fill(struct feed_model *feed)
{
	*feed = (struct feed_model){0};
	for (unsigned n = below(12); n; n--) {
		unsigned first = below(ROOM), last = first + below(1 + below(ROOM - first));

		assert_int_equal(feed_set_add(&feed->set, address[first], address[last]), 0);
		for (unsigned i = first; i <= last; i++)
			feed->model[i] = true;
	}
	assert_int_equal(feed_set_settle(&feed->set), 0);
	feed->blob = (struct feed_blob){
		.v4 = feed->set.v4.item,
		.v4_count = feed->set.v4.count,
		.v6 = feed->set.v6.item,
		.v6_count = feed->set.v6.count,
	};
}

static size_t range_count(const struct feed_set *set)
{
	return set->v4.count + set->v6.count;
}

/* Each range of the set is the next run of the model, so the set is settled, too. */
static void assert_is(const struct feed_set *set, const bool *model)
{
	size_t n = 0;

	for (unsigned first = 0, last; first < ROOM; first = last + 1) {
		struct range6 range;

		last = first;
		if (!model[first])
			continue;
		while (last + 1 < ROOM && model[last + 1])
			last++;
		assert_true(n < range_count(set));
		range = set->v4.count ? (struct range6){wide_of_v4(set->v4.item[n].first),
							wide_of_v4(set->v4.item[n].last)}
				      : set->v6.item[n];
		n++;
		assert_true(wide_equal(range.first, address[first]));
		assert_true(wide_equal(range.last, address[last]));
	}
	assert_int_equal(n, range_count(set));
}

/* Full, light, and such that two or three together do or do not suffice. */
static uint32_t some_weight(void)
{
	static const uint32_t weights[] = {100, 100, 50, 50, 49, 34, 33, 99, 1};

	return weights[below(sizeof(weights) / sizeof(weights[0]))];
}

static void combine_some(void)
{
	static struct feed_model feed[FEEDS_MAX], minus;
	size_t count = below(5) ? below(6) : below(FEEDS_MAX + 1);
	struct feed_part part[FEEDS_MAX];
	bool expected[ROOM] = {false};
	struct feed_set out;

	fill(&minus);
	for (size_t i = 0; i < count; i++) {
		fill(&feed[i]);
		part[i] = (struct feed_part){&feed[i].blob, some_weight()};
	}
	for (unsigned n = 0; n < ROOM; n++) {
		uint32_t sum = 0;

		for (size_t i = 0; i < count; i++)
			sum += feed[i].model[n] ? part[i].weight : 0;
		expected[n] = sum >= FEED_WEIGHT_FULL && !minus.model[n];
	}
	assert_int_equal(feed_combine(&out, part, count, &minus.set), 0);
	assert_is(&out, expected);
	feed_set_free(&out);
	feed_set_free(&minus.set);
	for (size_t i = 0; i < count; i++)
		feed_set_free(&feed[i].set);
}

static void weights_add_up(void **state)
{
	(void)state;
	for (size_t w = 0; w < WINDOWS; w++) {
		open_window(w);
		for (unsigned round = 0; round < ROUNDS; round++)
			combine_some();
	}
}

static uint64_t counted(const bool *model, const bool *other, bool is_v4)
{
	uint64_t sum = 0;

	/* Ranges of IPv6 count for each /64 that they touch. */
	for (unsigned n = 0; n < ROOM; n++)
		if (model[n] && !(other && other[n]) &&
		    (is_v4 || !n || !model[n - 1] || (other && other[n - 1]) ||
		     address[n].hi != address[n - 1].hi))
			sum++;
	return sum;
}

static void changes_are_counted(void **state)
{
	(void)state;
	for (size_t w = 0; w < WINDOWS * ROUNDS; w++) {
		bool is_v4 = w % WINDOWS < 3;
		struct feed_model before, after;
		struct feed_change change;
		uint64_t expected[4];

		open_window(w % WINDOWS);
		fill(&before);
		fill(&after);
		expected[0] = counted(before.model, NULL, is_v4);
		expected[1] = counted(after.model, NULL, is_v4);
		expected[2] = counted(after.model, before.model, is_v4);
		expected[3] = counted(before.model, after.model, is_v4);
		feed_compare(&change, &before.blob, &after.blob);
		assert_memory_equal(is_v4 ? &change.v4_before : &change.v6_before, expected,
				    sizeof(expected));
		assert_int_equal(is_v4 ? change.v6_before + change.v6_after
				       : change.v4_before + change.v4_after,
				 0);
		feed_set_free(&before.set);
		feed_set_free(&after.set);
	}
}

/* Two that are light agree; one is full; all of the world is taken out. */
static void both_families_at_once(void **state)
{
	static const struct range4 a4[] = {{1, 9}, {20, 29}}, b4[] = {{5, 24}}, c4[] = {{7, 7}};
	static const struct range6 a6[] = {{{1, 1}, {1, 9}}}, b6[] = {{{1, 9}, {2, 9}}};
	const struct feed_blob a = {.v4 = a4, .v4_count = 2, .v6 = a6, .v6_count = 1};
	const struct feed_blob b = {.v4 = b4, .v4_count = 1, .v6 = b6, .v6_count = 1};
	const struct feed_blob c = {.v4 = c4, .v4_count = 1};
	const struct feed_part part[] = {{&a, 60}, {&b, 40}, {&c, 100}};
	struct feed_set out, minus = {0};

	(void)state;
	assert_int_equal(feed_combine(&out, part, 3, &minus), 0);
	assert_int_equal(out.v4.count, 2);
	assert_int_equal(out.v4.item[0].first, 5);
	assert_int_equal(out.v4.item[0].last, 9);
	assert_int_equal(out.v4.item[1].first, 20);
	assert_int_equal(out.v4.item[1].last, 24);
	assert_int_equal(out.v6.count, 1);
	assert_true(wide_equal(out.v6.item[0].first, (struct wide){1, 9}));
	assert_true(wide_equal(out.v6.item[0].last, (struct wide){1, 9}));
	feed_set_free(&out);

	assert_int_equal(set4_add(&minus.v4, 0, UINT32_MAX), 0);
	assert_int_equal(
		set6_add(&minus.v6, (struct wide){0, 0}, (struct wide){UINT64_MAX, UINT64_MAX}), 0);
	assert_int_equal(feed_combine(&out, part, 3, &minus), 0);
	assert_true(feed_set_is_empty(&out));
	assert_int_equal(feed_combine(&out, part, 0, &minus), 0);
	assert_true(feed_set_is_empty(&out));
	assert_int_equal(feed_combine(&out, part, FEEDS_MAX + 1, &minus), -EINVAL);
	feed_set_free(&minus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_add_up),
		cmocka_unit_test(changes_are_counted),
		cmocka_unit_test(both_families_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
