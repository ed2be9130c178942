// SPDX-License-Identifier: GPL-2.0-or-later
/* top: rates and rows of snapshots, the screen's shares, the lines that keys are about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/agent/busiest.h"
#include "../../user/cli/top.h"

static json_t *blocked(const char *addr, int hits, int age)
{
	return json_pack("{s:s, s:s, s:i, s:i}", "addr", addr, "ports", "mx", "hits", hits, "age",
			 age);
}

/* At `clock' seconds, with so many SYNs. */
static json_t *snapshot(double clock, int passed, int dropped)
{
	return json_pack("{s:f, s:b, s:{s:{s:i, s:i, s:i, s:i, s:i, s:i}}, s:[], s:[], s:[], s:[]}",
			 "clock", clock, "agent", 1, "status", "fates", "syn-clean", passed,
			 "syn-monitored", 4 * passed, "syn-dropped", dropped, "syn-reset", dropped,
			 "mail-seen", 77, "reply-seen", passed, "blocked", "verdicts", "lists",
			 "feeds");
}

static void add(json_t *snapshot, const char *array, json_t *what)
{
	json_array_append_new(json_object_get(snapshot, array), what);
}

static const char *addr_of_row(const struct top_model *m, size_t i)
{
	return field_text(m->row[i].verdict, "addr");
}

static void rates_of_syns(void **state)
{
	struct top_model m = {0};

	(void)state;
	top_model_take(&m, snapshot(10, 100, 50));
	assert_true(m.rates.passed == TOP_UNKNOWN);
	assert_int_equal(m.past, 0);
	top_model_take(&m, snapshot(12, 110, 53));
	assert_true(m.rates.passed == 25); /* 10 clean and 40 monitored in two seconds */
	assert_true(m.rates.spared == 20);
	assert_true(m.rates.dropped == 3); /* 3 dropped, 3 reset */
	assert_true(m.rates.replies == 5);
	assert_true(m.rates.lost == 0);
	assert_int_equal(m.past, 1);
	assert_true(m.passed[0] == 25 && m.dropped[0] == 3);
	/* Another start counts from nothing: no rate is better than a wrong one. */
	top_model_take(&m, snapshot(13, 1, 53));
	assert_true(m.rates.passed == TOP_UNKNOWN);
	assert_true(m.rates.dropped == 0);
	top_model_free(&m);
}

static void the_past_is_bounded(void **state)
{
	struct top_model m = {0};

	(void)state;
	for (int i = 0; i < TOP_PAST + 20; i++)
		top_model_take(&m, snapshot(i, 0, i * i));
	assert_int_equal(m.past, TOP_PAST);
	/* The newest at the end: 2 * (i^2 - (i-1)^2). */
	assert_true(m.dropped[TOP_PAST - 1] == 2 * (2 * (TOP_PAST + 19) - 1));
	assert_true(m.dropped[0] == 2 * (2 * 20 - 1));
	top_model_free(&m);
}

static void rows_in_order(void **state)
{
	struct top_model m = {0};
	json_t *one = snapshot(1, 0, 0), *two = snapshot(3, 0, 0);

	(void)state;
	add(one, "blocked", blocked("192.0.2.1", 100, 50));
	add(one, "blocked", blocked("192.0.2.2", 10, 40));
	add(two, "blocked", blocked("192.0.2.1", 102, 52));
	add(two, "blocked", blocked("192.0.2.2", 30, 42));
	add(two, "blocked", blocked("192.0.2.3", 7, 1));
	top_model_take(&m, one);
	top_model_take(&m, two);
	assert_int_equal(m.rows, 3);
	assert_string_equal(addr_of_row(&m, 0), "192.0.2.2");
	assert_true(m.row[0].rate == 10);
	assert_string_equal(addr_of_row(&m, 1), "192.0.2.1");
	assert_true(m.row[1].rate == 1);
	assert_string_equal(addr_of_row(&m, 2), "192.0.2.3");
	assert_true(m.row[2].rate == TOP_UNKNOWN);
	top_model_sort(&m, TOP_BY_HITS);
	assert_string_equal(addr_of_row(&m, 0), "192.0.2.1");
	top_model_sort(&m, TOP_BY_AGE);
	assert_string_equal(addr_of_row(&m, 0), "192.0.2.3");
	top_model_free(&m);
}

/* The rows beyond the room are left out, and nothing is written there. */
static void more_than_fits(void **state)
{
	struct top_model m = {0};
	json_t *many = snapshot(1, 0, 0);
	char name[32];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "192.0.2.%d", i);
		add(many, "blocked", blocked(name, i, i));
		add(many, "lists", json_pack("{s:s}", "name", name));
		add(many, "feeds", json_pack("{s:s}", "name", name));
	}
	top_model_take(&m, many);
	assert_int_equal(m.rows, TOP_ROWS);
	assert_int_equal(m.healths, TOP_HEALTH);
	top_model_free(&m);
}

static void the_ill_come_first(void **state)
{
	struct top_model m = {0};
	json_t *s = snapshot(1, 0, 0);

	(void)state;
	add(s, "lists",
	    json_pack("{s:s, s:s, s:b}", "name", "a", "state", "healthy", "believed", 1));
	add(s, "lists",
	    json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "c", "state", "open", "believed", 0,
		      "last_error", "words", "it lists everything"));
	add(s, "feeds", json_pack("{s:s, s:s, s:s}", "name", "b", "state", "held", "words", "w"));
	add(s, "feeds", json_pack("{s:s, s:s, s:s}", "name", "d", "state", "ok", "words", "ok"));
	top_model_take(&m, s);
	assert_int_equal(m.healths, 4);
	assert_string_equal(m.health[0].name, "c");
	assert_string_equal(m.health[0].why, "it lists everything");
	assert_string_equal(m.health[1].name, "b");
	assert_int_equal(m.health[1].state, TOP_WEAK);
	assert_string_equal(m.health[2].name, "a");
	assert_null(m.health[2].why);
	assert_string_equal(m.health[3].name, "d");
	top_model_free(&m);
}

/* An absent agent takes nothing from the screen, and its counters from the pins go on. */
static void an_agent_that_is_gone(void **state)
{
	struct top_model m = {0};
	json_t *one = snapshot(1, 0, 0), *gone = snapshot(2, 0, 9);

	(void)state;
	add(one, "blocked", blocked("192.0.2.1", 100, 50));
	json_object_set_new(gone, "agent", json_false());
	top_model_take(&m, one);
	top_model_take(&m, gone);
	assert_false(m.agent);
	assert_int_equal(m.rows, 1);
	assert_true(m.row[0].rate == TOP_UNKNOWN);
	assert_true(m.rates.dropped == 18);
	gone = snapshot(3, 0, 9);
	json_object_set_new(gone, "agent", json_false());
	json_object_set_new(gone, "status", json_null());
	top_model_take(&m, gone);
	assert_true(m.rates.dropped == TOP_UNKNOWN);
	assert_int_equal(m.rows, 1);
	top_model_free(&m);
}

/* What an agent of another kind may send. */
static void other_shapes(void **state)
{
	struct top_model m = {0};
	struct top top = {0};
	char address[ADDR_TEXT];

	(void)state;
	top_model_take(&m, json_object());
	top_model_take(&m, json_pack("{s:s, s:i, s:[i, s, n], s:{}, s:[i]}", "clock", "x", "status",
				     1, "blocked", 1, "x", "verdicts", "lists", 7));
	assert_int_equal(m.rows, 3);
	assert_int_equal(top_model_verdicts(&m), 0);
	top.model = m;
	assert_false(top_line_address(address, &top, TOP_ON_BLOCKED, 0));
	top_follow(&top);
	top_model_free(&m);
}

/* The screen */

static int end_of(struct top_section s, int at)
{
	if (!s.lines)
		return at;
	assert_true(s.lines > 0);
	assert_true(s.at >= at);
	return s.at + s.lines;
}

static void any_size_has_its_shares(void **state)
{
	(void)state;
	for (int lines = 1; lines <= 300; lines++) {
		for (int healths = 0; healths <= 80; healths += 4) {
			struct top_layout l = top_layout(lines, healths);
			int at = end_of(l.title, 0);

			assert_int_equal(l.title.lines, 1);
			at = end_of(l.syns, at);
			at = end_of(l.sparks, at);
			at = end_of(l.agent, at);
			at = end_of(l.note, at);
			at = end_of(l.blocked, at);
			at = end_of(l.verdicts, at);
			at = end_of(l.health, at);
			at = end_of(l.message, at);
			at = end_of(l.keys, at);
			assert_true(at <= lines);
			/* A table is shown with a row at least. */
			assert_int_not_equal(l.blocked.lines, 1);
			assert_int_not_equal(l.verdicts.lines, 1);
			assert_int_not_equal(l.health.lines, 1);
			if (lines >= 24 && healths)
				assert_true(l.blocked.lines > 5 && l.verdicts.lines > 4 &&
					    l.health.lines > 1 && l.sparks.lines == 2);
		}
	}
}

/* Lines */

static void lines_are_about_addresses(void **state)
{
	static const struct {
		const char *client, *blocked, *address;
	} cases[] = {
		{"198.51.100.7:41234", NULL, "198.51.100.7"},
		{"[2001:db8::7]:25", NULL, "2001:db8::7"},
		{"[2001:db8::7]:25", "2001:db8::/64", "2001:db8::/64"},
		{"nonsense", NULL, NULL},
		{"[", NULL, NULL},
		{"", NULL, NULL},
		{"198.51.100.7 -rf:25", NULL, NULL},
	};
	char address[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct top top = {0};
		json_t *s = snapshot(1, 0, 0);

		add(s, "verdicts",
		    json_pack("{s:s, s:s*}", "client", cases[i].client, "blocked",
			      cases[i].blocked));
		top_model_take(&top.model, s);
		assert_int_equal(top_line_address(address, &top, TOP_ON_VERDICTS, 0),
				 cases[i].address != NULL);
		if (cases[i].address)
			assert_string_equal(address, cases[i].address);
		assert_false(top_line_address(address, &top, TOP_ON_VERDICTS, 1));
		assert_false(top_line_address(address, &top, TOP_ON_BLOCKED, 0));
		top_model_free(&top.model);
	}
}

/* The chosen line goes where what it is about goes: a key never hits another one. */
static void the_choice_follows(void **state)
{
	struct top top = {.model.sort = TOP_BY_HITS};
	struct top_choice *choice = &top.choice[TOP_ON_BLOCKED];
	json_t *one = snapshot(1, 0, 0), *two = snapshot(2, 0, 0), *three = snapshot(3, 0, 0);
	char address[ADDR_TEXT];

	(void)state;
	add(one, "blocked", blocked("192.0.2.1", 100, 50));
	add(one, "blocked", blocked("192.0.2.2", 10, 40));
	add(two, "blocked", blocked("192.0.2.1", 100, 51));
	add(two, "blocked", blocked("192.0.2.2", 200, 41));
	add(two, "blocked", blocked("192.0.2.3", 300, 41));
	add(three, "blocked", blocked("192.0.2.3", 300, 41));
	top_model_take(&top.model, one);
	top_follow(&top);
	top_key(&top, 'j');
	assert_int_equal(choice->at, 1);
	top_model_take(&top.model, two);
	top_follow(&top);
	assert_true(top_line_address(address, &top, TOP_ON_BLOCKED, choice->at));
	assert_string_equal(address, "192.0.2.2");
	assert_int_equal(choice->at, 1);
	top_key(&top, 's');
	assert_true(top_line_address(address, &top, TOP_ON_BLOCKED, choice->at));
	assert_string_equal(address, "192.0.2.2");
	top_key(&top, 'u');
	assert_int_equal(top.asking, TOP_ASK_UNBLOCK);
	assert_string_equal(top.about, "192.0.2.2");
	/* What was asked about stays, whatever comes meanwhile. */
	top_model_take(&top.model, three);
	top_follow(&top);
	assert_string_equal(top.about, "192.0.2.2");
	top_key(&top, 'n');
	assert_int_equal(top.asking, TOP_ASK_NOTHING);
	assert_int_equal(top.doing, TOP_ASK_NOTHING);
	assert_non_null(strstr(top.message, "nothing was changed"));
	assert_int_equal(choice->at, 0);
	top_model_free(&top.model);
}

/* The busiest */

static struct verdict_entry met(unsigned n, unsigned long long packets, unsigned last)
{
	struct verdict_entry e = {.hits = {.packets = packets, .last = last}};

	e.prefix.addr.w[3] = n;
	return e;
}

static void the_busiest_of_many(void **state)
{
	struct busiest b = {.lately = 1000};

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		/* Every thousandth was met lately, seldom; all others long ago, often. */
		struct verdict_entry e = i % 1000 ? met(i, i * 7919ULL % 100003 + 1000, 999)
						  : met(i, i * 7919ULL % 997, 1000);

		busiest_offer(&b, &e);
	}
	assert_int_equal(b.count, BUSIEST);
	for (size_t i = 0; i < b.count; i++) {
		assert_int_equal(b.entry[i].hits.last, 1000);
		if (i)
			assert_true(b.entry[i - 1].hits.packets >= b.entry[i].hits.packets);
	}
}

static void few_and_old(void **state)
{
	struct busiest b = {.lately = 1000};
	struct verdict_entry e;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		e = met(i, i, i == 2 ? 1001 : 5);
		busiest_offer(&b, &e);
	}
	assert_int_equal(b.count, 5);
	assert_int_equal(b.entry[0].prefix.addr.w[3], 2);
	assert_int_equal(b.entry[1].prefix.addr.w[3], 4);
	assert_int_equal(b.entry[4].prefix.addr.w[3], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_of_syns),
		cmocka_unit_test(the_past_is_bounded),
		cmocka_unit_test(rows_in_order),
		cmocka_unit_test(more_than_fits),
		cmocka_unit_test(the_ill_come_first),
		cmocka_unit_test(an_agent_that_is_gone),
		cmocka_unit_test(other_shapes),
		cmocka_unit_test(any_size_has_its_shares),
		cmocka_unit_test(lines_are_about_addresses),
		cmocka_unit_test(the_choice_follows),
		cmocka_unit_test(the_busiest_of_many),
		cmocka_unit_test(few_and_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
