// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/checks/pattern.h"

static struct pattern *compiled(enum pattern_subject subject, const char *expression)
{
	char why[160];
	struct pattern *pattern = pattern_new(subject, expression, why, sizeof(why));

	if (!pattern)
		fail_msg("%s: %s", expression, why);
	return pattern;
}

static bool found_in(const char *expression, const void *text, size_t len)
{
	struct pattern *pattern = compiled(PATTERN_HELO, expression);
	struct findings f = {0};

	patterns_check(&f, &pattern, 1, PATTERN_HELO, text, len, "x");
	pattern_free(pattern);
	return f.count == 1;
}

#define finds(expression, text) found_in(expression, text, sizeof(text) - 1)

static void expressions_match(void **state)
{
	(void)state;
	assert_true(finds("dsl", "host-1.dsl.example.net"));
	assert_true(finds("DSL", "host-1.dsl.example.net"));
	assert_true(finds("^host-\\d+\\.", "HOST-17.example.net"));
	assert_true(finds("\\.(xyz|top)$", "mail.example.TOP"));
	assert_false(finds("\\.(xyz|top)$", "mail.top.example"));
	assert_false(finds("^dsl", "host-1.dsl.example.net"));
	assert_true(finds("^(.+)\\.\\1$", "abc.abc"));
	assert_true(finds("^(?!mail)", "host.example.net"));
	assert_false(finds("^(?!mail)", "mail.example.net"));
	assert_true(finds("^[bcdfghjklmnpqrstvwxz]{12,}$", "qwrtpsdfghjk"));
}

static void text_is_bytes(void **state)
{
	(void)state;
	assert_true(finds("^$", ""));
	assert_true(found_in("^$", NULL, 0));
	assert_false(finds("x", ""));
	/* Neither a zero, nor a line feed, nor what is no UTF-8 hides what follows. */
	assert_true(finds("bot$", "a\0bot"));
	assert_true(finds("a.*bot", "a\nbot"));
	assert_false(finds("bot$", "bot\n"));
	assert_true(finds("bot", "\xff\xc3\xa4 bot"));
	assert_true(finds("^\\xff", "\xff"));
	assert_true(finds("^...$", "\xe2\x82\xac"));
}

static void long_text_is_cut(void **state)
{
	char text[PATTERN_TEXT_MAX + 100];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(found_in("a$", text, PATTERN_TEXT_MAX));
	assert_false(found_in("a$", text, PATTERN_TEXT_MAX + 1));
	memcpy(text + PATTERN_TEXT_MAX - 1, "bc", 2);
	assert_true(found_in("^a+b", text, sizeof(text)));
	assert_false(found_in("c", text, sizeof(text)));
}

static uint64_t cpu_microseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Without a limit each of them takes longer than the universe has existed. */
static void catastrophes_are_given_up(void **state)
{
	static const char *const expressions[] = {
		"(a+)+$",
		"^(a|aa)+$",
		"^(a?){100}a{100}$",
		"(*NO_JIT)(a+)+$",
		"(*NO_JIT)^(a|aa)+$",
		/* What the expression asks for can lower the limits only. */
		"(*NO_JIT)(*LIMIT_MATCH=4000000000)(*LIMIT_DEPTH=4000000000)(a+)+$",
		"^(?:(a+)+b)?(?R)?$",
	};
	char text[PATTERN_TEXT_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		uint64_t start = cpu_microseconds();

		found_in(expressions[i], text, sizeof(text));
		/* A millisecond is usual; a sanitizer and a busy machine may take their time. */
		assert_true(cpu_microseconds() - start < 500000);
	}
	assert_false(found_in(expressions[0], text, sizeof(text)));
	assert_false(found_in(expressions[3], text, sizeof(text)));
	assert_false(found_in(expressions[5], text, sizeof(text)));
}

/* Limits low enough for the above must not reach what honest expressions need. */
static void honest_expressions_have_room(void **state)
{
	char text[PATTERN_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "a-1."[i % 4];
	assert_true(found_in("^(?:[a-z]|\\d|[.-])*$", text, sizeof(text)));
	assert_true(found_in("(*NO_JIT)^(?:[a-z]|\\d|[.-])*$", text, sizeof(text)));
	assert_true(found_in("^((?:a-1\\.)+)$", text, sizeof(text)));
	assert_false(found_in(".*foo.*bar", text, sizeof(text)));
	memcpy(text + 200, "foo", 3);
	memcpy(text + 500, "bar", 3);
	assert_true(found_in(".*foo.*bar", text, sizeof(text)));
	assert_true(found_in("(*NO_JIT).*foo.*bar", text, sizeof(text)));
}

static void each_is_found_once_on_its_subject(void **state)
{
	struct pattern *patterns[] = {
		compiled(PATTERN_SENDER, "bulk"),    compiled(PATTERN_HELO, "bulk"),
		compiled(PATTERN_RECIPIENT, "bulk"), compiled(PATTERN_HELO, "^b"),
		compiled(PATTERN_HELO, "nothing"),
	};
	const uint8_t text[] = {'B', 'u', 'l', 'k'};
	struct findings f = {0};

	(void)state;
	assert_int_equal(pattern_subject(patterns[0]), PATTERN_SENDER);
	assert_int_equal(pattern_subject(patterns[2]), PATTERN_RECIPIENT);
	patterns_check(&f, patterns, 5, PATTERN_HELO, text, 4, "first");
	patterns_check(&f, patterns, 5, PATTERN_HELO, text, 4, "second");
	assert_int_equal(f.count, 2);
	assert_int_equal(f.list[0].id, FINDING_PATTERN);
	assert_int_equal(f.list[0].which, 1);
	assert_string_equal(f.list[0].detail, "first");
	assert_int_equal(f.list[1].which, 3);
	patterns_check(&f, patterns, 5, PATTERN_RECIPIENT, text, 4, "100 % literally");
	assert_int_equal(f.count, 3);
	assert_int_equal(f.list[2].which, 2);
	assert_string_equal(f.list[2].detail, "100 % literally");
	patterns_check(&f, NULL, 0, PATTERN_SENDER, text, 4, "x");
	assert_int_equal(f.count, 3);
	for (size_t i = 0; i < 5; i++)
		pattern_free(patterns[i]);
}

static void many_are_bounded(void **state)
{
	struct pattern *patterns[64];
	struct findings f = {0};

	(void)state;
	for (size_t i = 0; i < 64; i++)
		patterns[i] = compiled(PATTERN_SENDER, "a");
	patterns_check(&f, patterns, 64, PATTERN_SENDER, (const uint8_t *)"a", 1, "x");
	assert_int_equal(f.count, FINDINGS_PATTERNS);
	for (size_t i = 0; i < f.count; i++)
		assert_int_equal(f.list[i].which, i);
	for (size_t i = 0; i < 64; i++)
		pattern_free(patterns[i]);
}

static void refused(const char *expression, const char *expected)
{
	char why[160] = "";

	assert_null(pattern_new(PATTERN_HELO, expression, why, sizeof(why)));
	assert_string_equal(why, expected);
}

static void mistakes_are_told_with_their_place(void **state)
{
	char longer[PATTERN_EXPRESSION_MAX + 2], why[8];

	(void)state;
	refused("a(b", "missing closing parenthesis at offset 3");
	refused("ab[c", "missing terminating ] for character class at offset 4");
	refused("*", "quantifier does not follow a repeatable item at offset 0");
	refused("(*UTF)a", "using UTF is disabled by the application at offset 6");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	refused(longer,
		"pattern string is longer than the limit set by the application at offset 0");
	longer[PATTERN_EXPRESSION_MAX] = '\0';
	pattern_free(compiled(PATTERN_HELO, longer));
	assert_null(pattern_new(PATTERN_HELO, "(", why, sizeof(why)));
	assert_string_equal(why, "missing");
	pattern_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_match),
		cmocka_unit_test(text_is_bytes),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(catastrophes_are_given_up),
		cmocka_unit_test(honest_expressions_have_room),
		cmocka_unit_test(each_is_found_once_on_its_subject),
		cmocka_unit_test(many_are_bounded),
		cmocka_unit_test(mistakes_are_told_with_their_place),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
