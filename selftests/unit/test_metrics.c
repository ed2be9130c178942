// SPDX-License-Identifier: GPL-2.0-or-later
/* The text for Prometheus, and what it is made of: endpoints, histograms, counts by cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/agent/by_cause.h"
#include "../../user/agent/metrics_write.h"
#include "../../user/base/endpoint.h"

static void says(struct page *p, const char *expected)
{
	assert_false(p->failed);
	assert_int_equal(p->len, strlen(expected));
	assert_memory_equal(p->text, expected, p->len);
	free(p->text);
	*p = (struct page){0};
}

static void families(void **state)
{
	struct page p = {0};

	(void)state;
	page_family(&p, "mxdp_map_entries", PAGE_GAUGE, "Entries.");
	page_sample(&p, 17, "map", "flows", NULL);
	page_sample(&p, 0.5, "map", "a", "kind", "b", NULL);
	says(&p, "# HELP mxdp_map_entries Entries.\n"
		 "# TYPE mxdp_map_entries gauge\n"
		 "mxdp_map_entries{map=\"flows\"} 17\n"
		 "mxdp_map_entries{map=\"a\",kind=\"b\"} 0.5\n");
	page_counter(&p, "x_total", "All.", 123456789012345.0);
	says(&p, "# HELP x_total All.\n# TYPE x_total counter\nx_total 123456789012345\n");
	page_gauge(&p, "y", "Less.", -3);
	says(&p, "# HELP y Less.\n# TYPE y gauge\ny -3\n");
}

/* Nobody's name ends its label, its line, or is anything but ASCII. */
static void labels_are_escaped(void **state)
{
	struct page p = {.name = "x"};

	(void)state;
	page_sample(&p, 1, "name", "a\"} 2\nb\\\r\xff\x7f{é", NULL);
	says(&p, "x{name=\"a\\\"} 2\\\\x0ab\\\\\\\\x0d\\\\xff\\\\x7f{\\\\xc3\\\\xa9\"} 1\n");
	p.name = "x";
	page_sample(&p, 1, "name", "", NULL);
	says(&p, "x{name=\"\"} 1\n");
}

static void pages_grow(void **state)
{
	char name[1000];
	struct page p = {.name = "x"};

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		page_sample(&p, i, "name", name, NULL);
	assert_false(p.failed);
	assert_int_equal(p.len, 100 * (sizeof("x{name=\"\"} 10\n") - 1 + 999) - 10);
	assert_memory_equal(p.text + p.len - 6, "\"} 99\n", 6);
	free(p.text);
}

static void histograms_add_up(void **state)
{
	static const char head[] = "# HELP h_seconds All.\n# TYPE h_seconds histogram\n"
				   "h_seconds_bucket{le=\"5e-05\"} 2\n"
				   "h_seconds_bucket{le=\"0.0001\"} 2\n";
	static const char tail[] = "h_seconds_bucket{le=\"5\"} 3\n"
				   "h_seconds_bucket{le=\"10\"} 4\n"
				   "h_seconds_bucket{le=\"+Inf\"} 5\n"
				   "h_seconds_sum 32.000051\n"
				   "h_seconds_count 5\n";
	struct histogram h = {0};
	struct page p = {0};

	(void)state;
	histogram_add(&h, 1);
	histogram_add(&h, 50);
	histogram_add(&h, 2000000);
	histogram_add(&h, 10000000);
	histogram_add(&h, 20000000);
	page_histogram(&p, "h_seconds", "All.", &h);
	assert_false(p.failed);
	assert_memory_equal(p.text, head, sizeof(head) - 1);
	assert_memory_equal(p.text + p.len - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	free(p.text);
}

static void causes_have_places(void **state)
{
	struct by_cause b = {0};

	(void)state;
	by_cause_add(&b, FINDING_COUNT - 1, ACTION_DROP, 1);
	by_cause_add(&b, CAUSE_MANUAL, ACTION_RESET, 2);
	by_cause_add(&b, CAUSE_SCORE, ACTION_LIMIT, 3);
	by_cause_add(&b, FINDING_COUNT, ACTION_DROP, 4);
	by_cause_add(&b, 65535, ACTION_DROP, 5);
	by_cause_add(&b, CAUSE_SCORE, ACTION_COUNT, 6);
	assert_int_equal(b.of[FINDING_COUNT - 1][ACTION_DROP], 1);
	for (unsigned i = FINDING_COUNT; i < BY_CAUSE_COUNT; i++) {
		unsigned cause = by_cause_at(i);

		assert_int_equal(b.of[i][ACTION_RESET], cause == CAUSE_MANUAL ? 2 : 0);
		assert_int_equal(b.of[i][ACTION_LIMIT], cause == CAUSE_SCORE ? 3 : 0);
		assert_int_equal(b.of[i][ACTION_DROP], i == BY_CAUSE_UNKNOWN ? 9 : 0);
	}
	assert_string_equal(cause_name(by_cause_at(BY_CAUSE_UNKNOWN)), "unknown");
}

static void endpoints(void **state)
{
	static const char *const bad[] = {
		"",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:0",
		":9725",
		"127.0.0.1:65536",
		"::1:9725",
		"[::1]",
		"[::1:9725",
		"[127.0.0.1]:9725",
		"localhost:9725",
		"127.0.0.1:97x",
		"127.0.0.1:+972",
		"127.0.0.1 :9725",
		"[]:9725",
		"[:9725",
		"[::1]]:9725",
		"1.2.3.4:5:9725",
		"127.0.0.1: 9725",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee]:9725",
	};
	struct endpoint at;
	char text[ADDR_TEXT];

	(void)state;
	assert_true(endpoint_parse(&at, "127.0.0.1:9725"));
	assert_string_equal(addr_format(text, &at.addr), "127.0.0.1");
	assert_int_equal(at.port, 9725);
	assert_true(endpoint_parse(&at, "[2001:db8::1]:65535"));
	assert_string_equal(addr_format(text, &at.addr), "2001:db8::1");
	assert_int_equal(at.port, 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (endpoint_parse(&at, bad[i]))
			fail_msg("`%s' is taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families),           cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(pages_grow),         cmocka_unit_test(histograms_add_up),
		cmocka_unit_test(causes_have_places), cmocka_unit_test(endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
