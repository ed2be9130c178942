// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The known lists: each is a good list, its codes mean what its operator says, its points are the
 * defaults of mxdp; refused lists; groups of codes as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/group.h"
#include "../../user/dns/presets.h"

#define NONE (-1000)

static struct list list_of(const char *zone, enum list_kind kind, const char *key)
{
	const struct preset *preset = preset_find(zone, kind);
	struct list list;

	if (!preset || !preset_list(&list, preset, key))
		fail_msg("%s", zone);
	return list;
}

/* The points of an answer of one address; NONE where it is no listing. */
static int points_of(const struct list *list, const char *code, bool *convicts)
{
	struct dns_answer answer = {.status = DNS_ANSWER, .ttl = 60, .count = 1};
	struct addr decided;
	uint32_t groups;

	*convicts = false;
	assert_true(addr_parse(&answer.addr[0], code));
	if (list_meaning(list, &answer, &groups, &decided) != LIST_MEANS_LISTED)
		return NONE;
	for (size_t g = 0; g < list->groups_count; g++) {
		if (groups != 1U << g)
			continue;
		*convicts = list->group[g].convicts;
		return list->group[g].points;
	}
	fail_msg("%s is in several groups of %s", code, list->shown);
	return NONE;
}

static void every_preset_is_a_list(void **state)
{
	(void)state;
	assert_true(presets_count >= 10);
	for (size_t i = 0; i < presets_count; i++) {
		const struct preset *p = &presets[i];
		struct list_codes any;
		struct list list;
		char why[256];

		if (!preset_list(&list, p, NULL))
			fail_msg("%s", p->zone);
		assert_ptr_equal(preset_find(p->zone, p->kind), p);
		assert_true(list.groups_count > 0);
		assert_string_equal(list.zone, p->zone);
		assert_string_equal(list.shown, p->zone);
		assert_null(preset_refusal(p->zone));
		assert_true(list_codes_parse(&any, p->any, why, sizeof(why)));
		for (size_t g = 0; g < list.groups_count; g++) {
			assert_true(group_codes_overlap(&any, &list.group[g].codes));
			assert_true(!list.group[g].convicts || p->kind == LIST_DNSBL);
			assert_true((p->kind == LIST_DNSWL) == (list.group[g].points <= 0));
		}
		assert_true(p->text && p->terms && p->errors);
		assert_int_equal(strncmp(p->url, "https://", 8), 0);
		assert_true(list.daily > 0 && list.daily <= 80000);
	}
}

static void codes_mean_what_they_mean(void **state)
{
	static const struct {
		const char *zone;
		enum list_kind kind;
		const char *code;
		int points;
		bool convicts;
	} answers[] = {
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.2", 10, true},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.3", 10, true},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.4", 10, true},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.9", 10, true},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.10", 6, false},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.11", 6, false},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.7", 4, false},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.30", 4, false},
		{"zen.spamhaus.org", LIST_DNSBL, "127.0.0.1", NONE, false},
		{"zen.spamhaus.org", LIST_DNSBL, "127.255.255.254", NONE, false},
		{"dbl.spamhaus.org", LIST_RHSBL_HELO, "127.0.1.2", 5, false},
		{"dbl.spamhaus.org", LIST_RHSBL_SENDER, "127.0.1.2", 3, false},
		{"dbl.spamhaus.org", LIST_RHSBL_SENDER, "127.0.1.102", NONE, false},
		{"dbl.spamhaus.org", LIST_RHSBL_SENDER, "127.0.1.255", NONE, false},
		{"bl.spamcop.net", LIST_DNSBL, "127.0.0.2", 4, false},
		{"dnsbl-1.uceprotect.net", LIST_DNSBL, "127.0.0.2", 2, false},
		{"bl.mailspike.net", LIST_DNSBL, "127.0.0.12", 4, false},
		{"bl.mailspike.net", LIST_DNSBL, "127.0.0.18", NONE, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.5.0", 0, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.5.1", -3, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.15.2", -10, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.2.3", -10, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.0.255", NONE, false},
		{"list.dnswl.org", LIST_DNSWL, "127.0.10.3", NONE, false},
		{"wl.mailspike.net", LIST_DNSWL, "127.0.0.20", -3, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct list list = list_of(answers[i].zone, answers[i].kind, NULL);
		bool convicts;
		int points = points_of(&list, answers[i].code, &convicts);

		if (points != answers[i].points || convicts != answers[i].convicts)
			fail_msg("%s %s: %d", answers[i].zone, answers[i].code, points);
	}
}

static void keys_go_into_the_zone_only(void **state)
{
	const struct preset *zen = preset_find("zen.spamhaus.org", LIST_DNSBL);
	struct list list = list_of("ZEN.spamhaus.org", LIST_DNSBL, "0a1b2c");
	char label[65];

	(void)state;
	assert_string_equal(list.zone, "0a1b2c.zen.dq.spamhaus.net");
	assert_string_equal(list.shown, "zen.spamhaus.org");
	list = list_of("combined.mail.abusix.zone", LIST_DNSBL, "k");
	assert_string_equal(list.zone, "k.combined.mail.abusix.zone");
	assert_string_equal(list.shown, "combined.mail.abusix.zone");
	assert_false(preset_list(&list, preset_find("psbl.surriel.com", LIST_DNSBL), "k"));
	memset(label, 'a', 64);
	label[64] = '\0';
	assert_false(preset_list(&list, zen, label));
	label[63] = '\0';
	assert_true(preset_list(&list, zen, label));
	assert_false(preset_key_is_good(""));
	assert_false(preset_key_is_good("a.b"));
	assert_false(preset_key_is_good("-a"));
	assert_false(preset_key_is_good("a b"));
	assert_ptr_equal(preset_of_zone("KEY.zen.dq.spamhaus.net", LIST_DNSBL), zen);
	assert_ptr_equal(preset_of_zone("zen.spamhaus.org", LIST_KIND_COUNT), zen);
	assert_null(preset_of_zone("zen.spamhaus.org", LIST_DNSWL));
	assert_null(preset_of_zone("a.b.zen.dq.spamhaus.net", LIST_DNSBL));
}

static void some_are_refused(void **state)
{
	(void)state;
	assert_non_null(strstr(preset_refusal("dnsbl-2.uceprotect.net"), "whole networks"));
	assert_non_null(preset_refusal("DNSBL-3.uceprotect.net"));
	assert_non_null(preset_refusal("dnsbl.sorbs.net"));
	assert_non_null(preset_refusal("spam.dnsbl.sorbs.net"));
	assert_null(preset_refusal("xdnsbl.sorbs.net"));
	assert_null(preset_refusal("dnsbl-1.uceprotect.net"));
}

static void groups_are_read(void **state)
{
	static const struct {
		const char *text;
		bool convicts, good;
	} groups[] = {
		{"127.0.0.2*4", false, true},
		{"a-1=127.0.[0..255].[1;3]*-100", false, true},
		{"127.0.0.[1..2]*0", false, true},
		{"127.0.0.2", true, true},
		{"fifteen-letters=127.0.0.2", true, true},
		{"sixteen-letters-=127.0.0.2", true, false},
		{"=127.0.0.2", true, false},
		{"127.0.0.2*10", true, false},
		{"127.0.0.2", false, false},
		{"127.0.0.2*", false, false},
		{"127.0.0.2* 4", false, false},
		{"127.0.0.2*+4", false, false},
		{"127.0.0.2*101", false, false},
		{"127.0.0.2*99999999999999999999", false, false},
		{"127.0.0.1*1", false, false},
		{"127.255.255.[0..255]*1", false, false},
		{"127.[254;255].255.[0..255]*1", false, true},
		{"127.0.0.[1;2]*1", false, true},
		{"127.0.0*1", false, false},
		{"", false, false},
	};
	struct list_group group;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		*why = '\0';
		if (group_parse(&group, groups[i].text, groups[i].convicts, why, sizeof(why)) !=
		    groups[i].good)
			fail_msg("%s: %s", groups[i].text, why);
		assert_int_equal(*why == '\0', groups[i].good);
	}
	assert_true(group_parse(&group, "policy=127.0.0.[10;11]*6", false, why, sizeof(why)));
	assert_string_equal(group.name, "policy");
	assert_int_equal(group.points, 6);
}

static void groups_keep_apart(void **state)
{
	struct list list = list_of("psbl.surriel.com", LIST_DNSBL, NULL);
	struct list_group group;
	char why[256];

	(void)state;
	assert_true(group_parse(&group, "127.0.[0..1].[1..3]*1", false, why, sizeof(why)));
	assert_false(group_add(&list, &group, why, sizeof(why)));
	assert_int_equal(list.groups_count, 1);
	assert_true(group_parse(&group, "127.0.1.[1..3]*1", false, why, sizeof(why)));
	assert_true(group_add(&list, &group, why, sizeof(why)));
	assert_int_equal(list.groups_count, 2);
}

static void presets_can_be_shown(void **state)
{
	json_t *all = presets_json();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	presets_show(out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(all);
	assert_int_equal(json_array_size(json_object_get(all, "presets")), presets_count);
	assert_int_equal(json_array_size(json_object_get(all, "refused")), refused_lists_count);
	for (size_t i = 0; i < presets_count; i++) {
		assert_non_null(strstr(text, presets[i].zone));
		assert_non_null(strstr(text, presets[i].terms));
		assert_non_null(strstr(text, presets[i].url));
	}
	for (size_t i = 0; i < refused_lists_count; i++)
		assert_non_null(strstr(text, refused_lists[i].zone));
	assert_non_null(strstr(text, "convict = {\"127.0.0.[2..4;9]\"}\n"));
	assert_non_null(strstr(text, "score   = {\"policy=127.0.0.[10;11]*6\", \"other="));
	json_decref(all);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_preset_is_a_list),
		cmocka_unit_test(codes_mean_what_they_mean),
		cmocka_unit_test(keys_go_into_the_zone_only),
		cmocka_unit_test(some_are_refused),
		cmocka_unit_test(groups_are_read),
		cmocka_unit_test(groups_keep_apart),
		cmocka_unit_test(presets_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
