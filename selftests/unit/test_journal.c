// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal in memory: what is kept, in which order, and who hears of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "../../user/journal/journal.h"

struct heard {
	size_t count;
	json_int_t first, last;
	bool in_order;
};

static json_t *event(json_int_t n)
{
	return json_pack("{s:s, s:I}", "event", "note", "n", n);
}

/* Each line is one object without line end, with a time, and its number follows the last one's. */
static void hear(const char *line, void *context)
{
	struct heard *h = context;
	json_t *object = json_loads(line, 0, NULL);
	json_int_t n = json_integer_value(json_object_get(object, "n"));
	const char *time = json_string_value(json_object_get(object, "time"));
	unsigned year, month, day, hour, minute, second;
	char end;

	assert_non_null(object);
	assert_null(strchr(line, '\n'));
	assert_non_null(time);
	assert_int_equal(sscanf(time, "%4u-%2u-%2uT%2u:%2u:%2u%c", &year, &month, &day, &hour,
				&minute, &second, &end),
			 7);
	assert_int_equal(end, 'Z');
	if (!h->count++) {
		h->first = n;
		h->in_order = true;
	} else {
		h->in_order &= n == h->last + 1;
	}
	h->last = n;
	json_decref(object);
}

static void fill(struct journal *j, json_int_t count)
{
	for (json_int_t n = 1; n <= count; n++)
		journal_add(j, event(n));
}

static void expect_tail(const struct journal *j, size_t lines, json_int_t first, json_int_t last)
{
	struct heard h = {0};

	journal_tail(j, lines, hear, &h);
	assert_int_equal(h.count, last ? last - first + 1 : 0);
	assert_int_equal(h.first, first);
	assert_int_equal(h.last, last);
	assert_true(h.in_order || !last);
}

static void the_newest_are_kept(void **state)
{
	struct journal *j = journal_new(5);

	(void)state;
	assert_non_null(j);
	expect_tail(j, 10, 0, 0);
	for (json_int_t n = 1; n <= 23; n++) {
		journal_add(j, event(n));
		expect_tail(j, 100, n > 5 ? n - 4 : 1, n);
		expect_tail(j, 5, n > 5 ? n - 4 : 1, n);
		expect_tail(j, 2, n > 2 ? n - 1 : 1, n);
		expect_tail(j, 1, n, n);
		expect_tail(j, 0, 0, 0);
	}
	journal_free(j);
}

static void all_of_them(void **state)
{
	struct journal *j = journal_new(1000);

	(void)state;
	fill(j, 2500);
	expect_tail(j, SIZE_MAX, 1501, 2500);
	journal_free(j);
}

static void one_and_none(void **state)
{
	struct journal *one = journal_new(1), *none = journal_new(0);

	(void)state;
	fill(one, 3);
	expect_tail(one, 10, 3, 3);
	fill(none, 3);
	expect_tail(none, 10, 0, 0);
	journal_free(one);
	journal_free(none);
	journal_free(NULL);
}

static void a_listener_hears_each_once(void **state)
{
	struct journal *j = journal_new(3), *none = journal_new(0);
	struct heard h = {0};

	(void)state;
	fill(j, 2);
	journal_listen(j, hear, &h);
	journal_add(j, event(3));
	journal_add(j, event(4));
	journal_add(j, event(5));
	journal_add(j, event(6));
	assert_int_equal(h.count, 4);
	assert_int_equal(h.first, 3);
	assert_true(h.in_order);
	journal_listen(j, NULL, NULL);
	journal_add(j, event(7));
	assert_int_equal(h.count, 4);
	expect_tail(j, 10, 5, 7);

	/* Where nothing is kept, a follower hears all the same. */
	h = (struct heard){0};
	journal_listen(none, hear, &h);
	fill(none, 2);
	assert_int_equal(h.count, 2);
	journal_free(j);
	journal_free(none);
}

/* One that is written is an event like one that is built. */
static void written_events(void **state)
{
	struct journal *j = journal_new(3);
	struct heard h = {0};

	(void)state;
	journal_listen(j, hear, &h);
	for (int n = 1; n <= 4; n++) {
		if (n % 2) {
			journal_add(j, event(n));
			continue;
		}
		writer_integer(journal_write(j), "n", n);
		journal_written(j);
	}
	assert_int_equal(h.count, 4);
	assert_true(h.in_order);
	expect_tail(j, 10, 2, 4);
	journal_free(j);
}

/* Memory was short while the event was made: nothing to tell, nothing kept. */
static void no_event(void **state)
{
	struct journal *j = journal_new(3);
	struct heard h = {0};

	(void)state;
	journal_listen(j, hear, &h);
	journal_add(j, NULL);
	assert_int_equal(h.count, 0);
	expect_tail(j, 10, 0, 0);
	journal_free(j);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_are_kept), cmocka_unit_test(all_of_them),
		cmocka_unit_test(one_and_none),        cmocka_unit_test(a_listener_hears_each_once),
		cmocka_unit_test(written_events),      cmocka_unit_test(no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
