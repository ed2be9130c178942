/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written is JSON as another reader of it understands it. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "../../user/journal/writer.h"

static json_t *read_back(struct writer *w)
{
	json_error_t problem;
	json_t *read;

	assert_false(w->failed);
	read = json_loadb(w->text, w->len, JSON_REJECT_DUPLICATES, &problem);
	if (!read)
		fail_msg("%s: %.*s", problem.text, (int)w->len, w->text);
	return read;
}

static void every_kind_of_value(void **state)
{
	struct writer w = {0};

	(void)state;
	writer_open(&w, NULL, '{');
	writer_string(&w, "text", "a");
	writer_integer(&w, "zero", 0);
	writer_integer(&w, "least", LLONG_MIN);
	writer_integer(&w, "most", LLONG_MAX);
	writer_thousandths(&w, "span", 12045);
	writer_thousandths(&w, "none", 0);
	writer_bool(&w, "yes", true);
	writer_open(&w, "list", '[');
	writer_string(&w, NULL, "x");
	writer_open(&w, NULL, '{');
	writer_bool(&w, "no", false);
	writer_close(&w, '}');
	writer_open(&w, NULL, '[');
	writer_close(&w, ']');
	writer_close(&w, ']');
	writer_integer(&w, "after", -7);
	writer_close(&w, '}');
	assert_int_equal(w.len, strlen("{\"text\":\"a\",\"zero\":0,\"least\":-9223372036854775808,"
				       "\"most\":9223372036854775807,\"span\":12.045,"
				       "\"none\":0.000,\"yes\":true,\"list\":[\"x\","
				       "{\"no\":false},[]],\"after\":-7}"));
	assert_memory_equal(w.text,
			    "{\"text\":\"a\",\"zero\":0,\"least\":-9223372036854775808,"
			    "\"most\":9223372036854775807,\"span\":12.045,\"none\":0.000,"
			    "\"yes\":true,\"list\":[\"x\",{\"no\":false},[]],\"after\":-7}",
			    w.len);
	json_decref(read_back(&w));
	writer_free(&w);
}

/* Each byte that a string may hold, in a name and in a value. */
static void strings_come_back(void **state)
{
	struct writer w = {0};

	(void)state;
	for (int byte = 1; byte < 0x80; byte++) {
		char text[] = {'a', (char)byte, (char)byte, 'z', '\0'};
		json_t *read;

		writer_reset(&w);
		writer_open(&w, NULL, '{');
		writer_string(&w, text, text);
		writer_close(&w, '}');
		read = read_back(&w);
		assert_string_equal(json_string_value(json_object_get(read, text)), text);
		json_decref(read);
	}
	writer_reset(&w);
	writer_open(&w, NULL, '[');
	writer_string(&w, NULL, "gr\xc3\xbc\xc3\x9f");
	writer_close(&w, ']');
	assert_int_equal(w.len, strlen("[\"gr\xc3\xbc\xc3\x9f\"]"));
	writer_free(&w);
}

static void grows(void **state)
{
	char long_text[5000];
	struct writer w = {0};
	json_t *read;

	(void)state;
	memset(long_text, '"', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int turn = 0; turn < 2; turn++) {
		writer_reset(&w);
		writer_open(&w, NULL, '[');
		for (int i = 0; i < 20; i++)
			writer_string(&w, NULL, long_text);
		writer_close(&w, ']');
		read = read_back(&w);
		assert_int_equal(json_array_size(read), 20);
		assert_string_equal(json_string_value(json_array_get(read, 19)), long_text);
		json_decref(read);
	}
	writer_free(&w);
	assert_null(w.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value),
		cmocka_unit_test(strings_come_back),
		cmocka_unit_test(grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
