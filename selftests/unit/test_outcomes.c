// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `mxdpctl outcome -' tells the agent: any JSON, and what becomes of it - trust once an hour,
 * none for whom it was not earned, and no more memory than is allowed. The agent has no maps and no
 * journal here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/agent/outcomes.h"
#include "../../user/agent/verbs.h"
#include "../../user/base/clock.h"
#include "../../user/control/protocol.h"

static struct agent a;

static int begin(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&a.maps, 0xff, sizeof(a.maps)); /* no descriptors */
	a.history = history_new(1024);
	a.known = known_new(1024);
	assert_true(a.history && a.known);
	assert_int_equal(outcomes_open(&a), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	outcomes_close(&a);
	known_free(a.known);
	history_free(a.history);
	return 0;
}

/* The closing object's numbers; `error` where there is one. */
struct answer {
	json_int_t done, bad;
	char why[128], error[128];
};

static void copy(char out[128], const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(out, 128, "%s", text ? text : "");
}

/* Takes `request' over. */
static struct answer ask(json_t *request)
{
	json_t *closing = verb_outcome(&a, request, NULL);
	struct answer answer = {0};

	assert_non_null(closing);
	answer.done = json_integer_value(json_object_get(closing, "done"));
	answer.bad = json_integer_value(json_object_get(closing, "bad"));
	copy(answer.why, closing, "why");
	copy(answer.error, closing, "error");
	assert_true(json_is_true(json_object_get(closing, "ok")) == !*answer.error);
	json_decref(closing);
	json_decref(request);
	return answer;
}

static struct answer ask_text(const char *text)
{
	json_error_t error;
	json_t *request = json_loads(text, 0, &error);

	if (!request)
		fail_msg("%s: %s", text, error.text);
	return ask(request);
}

static unsigned times_known(const char *text)
{
	struct addr client;

	assert_true(addr_parse(&client, text));
	return known_times(a.known, &client, boot_seconds());
}

static void no_lines(void **state)
{
	static const char *const none[] = {"{}", "{\"lines\": null}", "{\"lines\": 5}",
					   "{\"lines\": {\"addr\": \"192.0.2.1\"}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_non_null(strstr(ask_text(none[i]).error, "lines"));
	assert_int_equal(ask_text("{\"lines\": []}").done, 0);
}

static void bad_lines(void **state)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{"null", "no address"},
		{"[]", "no address"},
		{"\"192.0.2.1 accepted\"", "no address"},
		{"{\"outcome\": \"accepted\"}", "no address"},
		{"{\"addr\": 5, \"outcome\": \"accepted\"}", "no address"},
		{"{\"addr\": \"192.0.2.1/24\", \"outcome\": \"accepted\"}", "no address"},
		{"{\"addr\": \"192.0.2.1\"}", "neither"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": true}", "neither"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"unknown\"}", "neither"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", \"at\": \"now\"}",
		 "no time"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", \"at\": 1.5}", "no time"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", \"at\": null}", "no time"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", \"at\": -1}", "no time"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", "
		 "\"at\": -9223372036854775808}",
		 "no time"},
		{"{\"addr\": \"192.0.2.1\", \"outcome\": \"accepted\", "
		 "\"at\": 9223372036854775807}",
		 "a time to come"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256];
		struct answer answer;

		snprintf(text, sizeof(text),
			 "{\"lines\": [%s, {\"addr\": \"192.0.2.2\", \"outcome\": \"refused\"}]}",
			 bad[i].line);
		answer = ask_text(text);
		if (answer.bad != 1 || answer.done != 1 || !strstr(answer.why, bad[i].why))
			fail_msg("%s: %lld bad, %s", bad[i].line, answer.bad, answer.why);
	}
	assert_int_equal(times_known("192.0.2.1"), 0);
}

static json_t *line(const char *addr, const char *outcome, json_int_t at)
{
	return json_pack("{s:s, s:s, s:I}", "addr", addr, "outcome", outcome, "at", at);
}

static void batches_are_bounded(void **state)
{
	json_t *lines = json_array();

	(void)state;
	for (int i = 0; i < OUTCOME_LINES_MAX; i++)
		json_array_append_new(lines, line("192.0.2.1", "refused", (json_int_t)time(NULL)));
	assert_int_equal(ask(json_pack("{s:O}", "lines", lines)).done, OUTCOME_LINES_MAX);
	json_array_append_new(lines, line("192.0.2.1", "accepted", (json_int_t)time(NULL)));
	assert_non_null(strstr(ask(json_pack("{s:o}", "lines", lines)).error, "at most"));
	assert_int_equal(times_known("192.0.2.1"), 0);
}

static void tell(const char *addr, const char *outcome, json_int_t at)
{
	json_t *request = json_pack("{s:[o]}", "lines", line(addr, outcome, at));

	assert_int_equal(ask(request).done, 1);
}

static void trust_is_earned_once_an_hour(void **state)
{
	json_int_t now = (json_int_t)time(NULL);

	(void)state;
	tell("192.0.2.1", "accepted", now);
	tell("192.0.2.1", "accepted", now);
	tell("::ffff:192.0.2.1", "accepted", now);
	assert_int_equal(times_known("192.0.2.1"), 1);
	tell("192.0.2.2", "refused", now);
	assert_int_equal(times_known("192.0.2.2"), 0);
	tell("192.0.2.3", "accepted", now - 3700); /* old news */
	tell("192.0.2.3", "accepted", 0);
	assert_int_equal(times_known("192.0.2.3"), 0);
	a.cookies = true; /* a forger may have made that handshake */
	tell("192.0.2.4", "accepted", now);
	assert_int_equal(times_known("192.0.2.4"), 0);
}

/* Who is pushed out of the table may earn trust anew within the hour: no more than that. */
static void clients_are_bounded(void **state)
{
	json_int_t now = (json_int_t)time(NULL);
	char text[32];

	(void)state;
	tell("192.0.2.1", "accepted", now);
	for (unsigned i = 0; i < OUTCOMES_TOLD - 1; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8, i & 255);
		tell(text, "refused", now);
	}
	tell("192.0.2.1", "accepted", now);
	assert_int_equal(times_known("192.0.2.1"), 1);
	tell("192.0.2.99", "refused", now);
	tell("192.0.2.1", "accepted", now);
	assert_int_equal(times_known("192.0.2.1"), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_lines, begin, end),
		cmocka_unit_test_setup_teardown(bad_lines, begin, end),
		cmocka_unit_test_setup_teardown(batches_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(trust_is_earned_once_an_hour, begin, end),
		cmocka_unit_test_setup_teardown(clients_are_bounded, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
