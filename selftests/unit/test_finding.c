// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/checks/finding.h"

static void table_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_COUNT; i++) {
		const struct finding_type *type = &finding_types[i];

		assert_non_null(type->id);
		assert_non_null(type->text);
		assert_true(type->points >= type->mild_points);
		assert_true(type->class < CLASS_COUNT);
		/* A helo-* or rdns-* finding elsewhere would escape the cap on names. */
		assert_int_equal(!strncmp(type->id, "helo-", 5) || !strncmp(type->id, "rdns-", 5),
				 type->class == CLASS_NAMES);
		/* What convicts lives long, and only what convicts can have a form that does not.
		 */
		assert_int_equal(type->convicts,
				 type->ttl == TTL_CONVICTING || type->ttl == TTL_DAY);
		if (type->mild_points)
			assert_true(type->convicts);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(type->id, finding_types[j].id);
	}
}

static void strong_replaces_mild(void **state)
{
	struct findings f = {0};

	(void)state;
	assert_null(findings_get(&f, FINDING_HELO_ILLEGAL));
	assert_true(findings_add(&f, FINDING_HELO_ILLEGAL, true, "%s", "first"));
	assert_false(findings_add(&f, FINDING_HELO_ILLEGAL, true, "%s", "second"));
	assert_string_equal(findings_get(&f, FINDING_HELO_ILLEGAL)->detail, "first");
	assert_true(findings_add(&f, FINDING_HELO_ILLEGAL, false, "%s", "third"));
	assert_false(findings_get(&f, FINDING_HELO_ILLEGAL)->mild);
	assert_string_equal(findings_get(&f, FINDING_HELO_ILLEGAL)->detail, "third");
	assert_false(findings_add(&f, FINDING_HELO_ILLEGAL, false, "%s", "fourth"));
	assert_false(findings_add(&f, FINDING_HELO_ILLEGAL, true, "%s", "fifth"));
	assert_false(findings_get(&f, FINDING_HELO_ILLEGAL)->mild);
	assert_int_equal(f.count, 1);
}

static void list_is_bounded(void **state)
{
	struct {
		struct findings f;
		unsigned char guard[64];
	} box;
	char longer[FINDING_DETAIL * 2];

	(void)state;
	memset(&box, 0, sizeof(box));
	memset(box.guard, 0xa5, sizeof(box.guard));
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (int round = 0; round < 3; round++)
		for (int id = -1; id <= FINDING_COUNT + 1; id++)
			findings_add(&box.f, (enum finding_id)id, round < 1, "%.*s",
				     FINDING_DETAIL - 1, longer);
	assert_int_equal(box.f.count, FINDING_COUNT);
	for (int id = 0; id < FINDING_COUNT; id++) {
		const struct finding *finding = findings_get(&box.f, (enum finding_id)id);

		assert_non_null(finding);
		assert_false(finding->mild);
		assert_true(strlen(finding->detail) < FINDING_DETAIL);
		assert_memory_equal(finding->detail, longer, strlen(finding->detail));
	}
	/* While there is room a detail is as long as it may be; afterwards it is cut. */
	assert_int_equal(strlen(box.f.list[0].detail), FINDING_DETAIL - 1);
	assert_string_equal(box.f.list[FINDING_COUNT - 1].detail, "");
	for (size_t i = 0; i < sizeof(box.guard); i++)
		assert_int_equal(box.guard[i], 0xa5);
}

static void each_pattern_counts_once(void **state)
{
	struct findings f = {0};

	(void)state;
	assert_true(findings_put_pattern(&f, 3, "first"));
	assert_false(findings_put_pattern(&f, 3, "second"));
	assert_true(findings_put_pattern(&f, 0, "third"));
	assert_int_equal(f.count, 2);
	assert_int_equal(f.list[0].id, FINDING_PATTERN);
	assert_int_equal(f.list[0].which, 3);
	assert_false(f.list[0].mild);
	assert_string_equal(f.list[0].detail, "first");
	assert_int_equal(f.list[1].which, 0);
	assert_string_equal(f.list[1].detail, "third");
	/* What a client does besides is not hidden behind them. */
	assert_true(findings_add(&f, FINDING_EARLY_TALKER, false, "x"));
	assert_int_equal(f.list[2].which, 0);
}

static void patterns_are_bounded(void **state)
{
	struct {
		struct findings f;
		unsigned char guard[64];
	} box;
	const size_t room = sizeof(box.f.list) / sizeof(box.f.list[0]);

	(void)state;
	memset(&box, 0, sizeof(box));
	memset(box.guard, 0xa5, sizeof(box.guard));
	for (unsigned which = 1; which < 100; which++)
		assert_int_equal(findings_put_pattern(&box.f, which, "which"),
				 which <= FINDINGS_PATTERNS);
	assert_int_equal(box.f.count, FINDINGS_PATTERNS);
	for (int id = 0; id < FINDING_COUNT; id++)
		assert_true(findings_add(&box.f, (enum finding_id)id, false, "x"));
	for (unsigned which = 1; which < 100; which++)
		assert_int_equal(findings_put_list(&box.f, FINDING_DNSBL, which, 0, "x"),
				 which < FINDINGS_LISTS - 3); /* the four kinds stand already */
	for (unsigned which = 1; which < 100; which++)
		assert_int_equal(findings_put_list(&box.f, FINDING_FEED, which, 0, "x"),
				 which < FINDINGS_FEEDS); /* and so does the one of feeds */
	assert_int_equal(box.f.count, room - 5);
	assert_false(findings_put_pattern(&box.f, 100, "x"));
	for (int id = 0; id < FINDING_COUNT; id++)
		assert_false(findings_add(&box.f, (enum finding_id)id, false, "x"));
	assert_int_equal(box.f.count, room - 5);
	for (size_t i = 0; i < sizeof(box.guard); i++)
		assert_int_equal(box.guard[i], 0xa5);
}

static void numbers_are_forgotten(void **state)
{
	struct findings f = {0};

	(void)state;
	findings_put_pattern(&f, 1, "a");
	findings_put(&f, FINDING_BARE_LF, false, "b");
	findings_put_list(&f, FINDING_DNSBL, 2, 60, "c");
	findings_put(&f, FINDING_NO_HELO, false, "d");
	findings_put_list(&f, FINDING_RHSBL_SENDER, 3, 60, "e");
	findings_forget(&f, finding_is_numbered, NULL);
	assert_int_equal(f.count, 2);
	assert_string_equal(findings_get(&f, FINDING_BARE_LF)->detail, "b");
	assert_string_equal(findings_get(&f, FINDING_NO_HELO)->detail, "d");
	assert_true(findings_put_list(&f, FINDING_DNSBL, 2, 60, "f"));
}

static void ids_parse_back(void **state)
{
	enum finding_id id;

	(void)state;
	for (int i = 0; i < FINDING_COUNT; i++) {
		assert_true(finding_parse(&id, finding_types[i].id));
		assert_int_equal(id, i);
	}
	assert_false(finding_parse(&id, ""));
	assert_false(finding_parse(&id, "manual"));
	assert_false(finding_parse(&id, "EARLY-TALKER"));
	assert_false(finding_parse(&id, "early-talker "));
}

static void causes_parse_back(void **state)
{
	unsigned cause;

	(void)state;
	for (unsigned i = 0; i < CAUSE_COUNT; i = i + 1 == FINDING_COUNT ? CAUSE_MANUAL : i + 1) {
		assert_true(cause_parse(&cause, cause_name(i)));
		assert_int_equal(cause, i);
	}
	assert_string_equal(cause_name(FINDING_HELO_OUR_ADDRESS), "helo-our-address");
	assert_string_equal(cause_name(CAUSE_MANUAL), "manual");
	assert_string_equal(cause_name(CAUSE_SCORE), "score");
	/* A map of a newer layout may hold causes that are not known here. */
	assert_string_equal(cause_name(CAUSE_COUNT), "unknown");
	assert_string_equal(cause_name(65535), "unknown");
	assert_false(cause_parse(&cause, "unknown"));
}

static void classes_have_names(void **state)
{
	(void)state;
	assert_string_equal(finding_class_name(CLASS_PROTOCOL), "protocol");
	assert_string_equal(finding_class_name(CLASS_NAMES), "names");
	assert_string_equal(finding_class_name(CLASS_ENVELOPE), "envelope");
	assert_string_equal(finding_class_name(CLASS_LISTS), "lists");
	assert_string_equal(finding_class_name(CLASS_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_whole),       cmocka_unit_test(strong_replaces_mild),
		cmocka_unit_test(list_is_bounded),      cmocka_unit_test(each_pattern_counts_once),
		cmocka_unit_test(patterns_are_bounded), cmocka_unit_test(numbers_are_forgotten),
		cmocka_unit_test(ids_parse_back),       cmocka_unit_test(causes_parse_back),
		cmocka_unit_test(classes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
