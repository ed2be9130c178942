// SPDX-License-Identifier: GPL-2.0-or-later
/* What a list's settings may be, what it is asked, and what its answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "../../user/dns/list.h"

static struct list site(const char *text)
{
	struct list list;
	char why[256] = "";

	if (!list_site_parse(&list, text, why, sizeof(why)))
		fail_msg("%s: %s", text, why);
	return list;
}

static struct addr addr(const char *text)
{
	struct addr out;

	assert_true(addr_parse(&out, text));
	return out;
}

/* Codes */

static void codes_match_what_they_say(void **state)
{
	static const struct {
		const char *codes, *in, *out;
	} cases[] = {
		{"127.0.0.2", "127.0.0.2", "127.0.0.3"},
		{"127.0.0.[2..11]", "127.0.0.11", "127.0.0.12"},
		{"127.0.0.[2..11]", "127.0.0.2", "127.0.0.1"},
		{"127.0.0.[2;4;6..8]", "127.0.0.7", "127.0.0.5"},
		{"127.0.[0..255].[1..3]", "127.0.200.3", "127.0.200.0"},
		{"127.[0..255].[0..255].[0..255]", "127.255.0.63", "126.0.0.2"},
		{"127.0.0.[0..255]", "127.0.0.255", "127.0.1.255"},
		{"127.0.0.[63;64]", "127.0.0.64", "127.0.0.65"},
	};
	struct list_codes codes;
	struct addr one;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(list_codes_parse(&codes, cases[i].codes, why, sizeof(why)));
		one = addr(cases[i].in);
		assert_true(list_codes_match(&codes, &one));
		one = addr(cases[i].out);
		assert_false(list_codes_match(&codes, &one));
	}
	one = addr("2001:db8::7f00:2");
	assert_false(list_codes_match(&codes, &one));
}

static void wrong_codes_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"127",
		"127.0.0",
		"127.0.0.",
		"127.0.0.2.",
		"127.0.0.2.3",
		"127.0.0.256",
		"127.0.0.[2..256]",
		"127.0.0.[]",
		"127.0.0.[2",
		"127.0.0.2]",
		"127.0.0.[2;]",
		"127.0.0.[;2]",
		"127.0.0.[2..]",
		"127.0.0.[..2]",
		"127.0.0.[11..2]",
		"127.0.0.[2..3..4]",
		"127.0.0.2..4",
		"127.0.0. 2",
		"127.0.0.[2; 4]",
		"127.0.0.00002",
		"127.0.0.x",
		"127.0.0.-2",
		"127.0.0.2 ",
		"192.0.2.[1..3]",
		"[128..255].0.0.2",
		"::1",
	};
	struct list_codes codes;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char why[256] = "", quoted[64];

		if (list_codes_parse(&codes, wrong[i], why, sizeof(why)))
			fail_msg("\"%s\" was taken", wrong[i]);
		snprintf(quoted, sizeof(quoted), "\"%s\"", wrong[i]);
		assert_non_null(strstr(why, quoted));
	}
}

/* Sites */

static void sites_as_postscreen_writes_them(void **state)
{
	struct list list = site("Zen.Spamhaus.ORG=127.0.0.[2..11]*3");
	struct addr code = addr("127.0.0.11");

	(void)state;
	assert_string_equal(list.zone, "zen.spamhaus.org");
	assert_string_equal(list.shown, "zen.spamhaus.org");
	assert_int_equal(list.kind, LIST_DNSBL);
	assert_int_equal(list.groups_count, 1);
	assert_int_equal(list.group[0].points, 3);
	assert_false(list.group[0].convicts);
	assert_true(list_codes_match(&list.group[0].codes, &code));
	assert_true(list.v4 && list.tested && list.ports[PORTS_MX]);
	assert_false(list.ports[PORTS_SUBMISSION]);
	assert_true(list.probe > 0);

	list = site("bl.example.net");
	assert_int_equal(list.group[0].points, 1);
	code = addr("127.0.0.254");
	assert_true(list_codes_match(&list.group[0].codes, &code));
	code = addr("127.0.0.255");
	assert_false(list_codes_match(&list.group[0].codes, &code));

	list = site("list.dnswl.org=127.0.[0..255].[1..3]*-2");
	assert_int_equal(list.kind, LIST_DNSWL);
	assert_int_equal(list.group[0].points, -2);
	assert_int_equal(site("bl.example.net*0").kind, LIST_DNSBL);
	assert_int_equal(site("bl.example.net*100").group[0].points, 100);
}

static void wrong_sites_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"*3",
		"=127.0.0.2",
		"bl.example.net*",
		"bl.example.net*x",
		"bl.example.net*3x",
		"bl.example.net* 3",
		"bl.example.net*101",
		"bl.example.net*-101",
		"bl.example.net*99999999999999999999",
		"bl.example.net=",
		"bl.example.net=*3",
		"bl.example.net=127.0.0.300*3",
		"bl.example.net*3=127.0.0.2",
		"bl..example.net",
		".bl.example.net",
		"bl.example.net.",
		"bl example.net",
		"bl.ex\xc3\xa4mple.net",
		"a2345678901234567890123456789012345678901234567890123456789012345.example.net",
	};
	struct list list;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char why[256] = "";

		if (list_site_parse(&list, wrong[i], why, sizeof(why)))
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_non_null(strchr(why, '"'));
	}
}

static void lengths_have_their_bounds(void **state)
{
	char zone[700], why[256];
	struct list list;

	(void)state;
	for (size_t len = 1; len < sizeof(zone); len++) {
		memset(zone, 'a', len);
		for (size_t dot = 50; dot < len - 1; dot += 50)
			zone[dot] = '.';
		zone[len] = '\0';
		assert_int_equal(list_site_parse(&list, zone, why, sizeof(why)), len <= 253);
		if (len <= 253)
			assert_true(strlen(list.shown) < LIST_SHOWN);
	}
}

static void a_key_is_not_shown(void **state)
{
	const char *key = "abcdefghijklmnopqrstuvwxyz";
	struct list list = site("abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net=127.0.0.[2..11]*3");
	char why[256];

	(void)state;
	assert_string_equal(list.shown, "zen.dq.spamhaus.net");
	assert_non_null(strstr(list.zone, key));
	assert_false(
		list_site_parse(&list, "abcdefghijklmnopqrstuvwxyz.zen.dq..net", why, sizeof(why)));
	assert_null(strstr(why, key));
}

static void kinds_have_names(void **state)
{
	enum list_kind kind;

	(void)state;
	for (unsigned i = 0; i < LIST_KIND_COUNT; i++) {
		assert_true(list_kind_parse(&kind, list_kind_name(i)));
		assert_int_equal(kind, i);
	}
	assert_false(list_kind_parse(&kind, "DNSBL"));
	assert_false(list_kind_parse(&kind, ""));
	assert_string_equal(list_kind_name(LIST_KIND_COUNT), "unknown");
}

/* Questions */

static void questions_about_addresses(void **state)
{
	struct list list = site("bl.example.net");
	struct addr v4 = addr("192.0.2.99"), mapped = addr("::ffff:192.0.2.99");
	struct addr v6 = addr("2001:db8:1:2:3:4:567:89ab");
	char name[DNS_NAME];

	(void)state;
	/* RFC 5782 2.1 and 2.4 */
	assert_true(list_question_addr(name, &list, &v4));
	assert_string_equal(name, "99.2.0.192.bl.example.net");
	assert_true(list_question_addr(name, &list, &mapped));
	assert_string_equal(name, "99.2.0.192.bl.example.net");
	assert_true(list_question_addr(name, &list, &v6));
	assert_string_equal(name, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2."
				  "bl.example.net");
}

static void questions_about_domains(void **state)
{
	struct list list = site("dbl.example.net");
	char name[DNS_NAME], domain[300];
	static const char *const wrong[] = {"", ".", "a..b", ".a", "a.", "a b", "a\\.b", "a\n.b"};

	(void)state;
	assert_true(list_question_domain(name, &list, "Mail.Example.COM"));
	assert_string_equal(name, "mail.example.com.dbl.example.net");
	assert_true(list_question_domain(name, &list, "_spf.x-y.example"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(list_question_domain(name, &list, wrong[i]));
	for (size_t len = 1; len < sizeof(domain); len++) {
		memset(domain, 'a', len);
		for (size_t dot = 60; dot < len - 1; dot += 60)
			domain[dot] = '.';
		domain[len] = '\0';
		assert_int_equal(list_question_domain(name, &list, domain),
				 len + strlen(".dbl.example.net") <= 253);
	}
	memset(domain, 'a', 64);
	domain[64] = '\0';
	assert_false(list_question_domain(name, &list, domain));
}

/* Answers */

static enum list_meaning meaning_of(const struct list *list, const char *codes, uint32_t *groups,
				    char first[ADDR_TEXT])
{
	struct dns_answer answer = {.status = DNS_ANSWER, .ttl = 60};
	enum list_meaning meaning;
	char copy[256], *rest = copy;
	struct addr code;

	snprintf(copy, sizeof(copy), "%s", codes);
	for (const char *one; (one = strsep(&rest, " "));)
		answer.addr[answer.count++] = addr(one);
	meaning = list_meaning(list, &answer, groups, &code);
	addr_format(first, &code);
	return meaning;
}

static void expect_meaning(const struct list *list, const char *codes, enum list_meaning expected,
			   uint32_t expected_groups, const char *expected_code)
{
	char first[ADDR_TEXT];
	uint32_t groups;
	enum list_meaning meaning = meaning_of(list, codes, &groups, first);

	if (meaning != expected || groups != expected_groups || strcmp(first, expected_code))
		fail_msg("%s: meaning %d, groups %x, code %s", codes, meaning, groups, first);
}

static struct list two_groups(void)
{
	struct list list = site("zen.example.net=127.0.0.[2..9]*10"), policy;

	policy = site("zen.example.net=127.0.0.[10;11]*6");
	list.groups_count = 2;
	list.group[1] = policy.group[0];
	return list;
}

static void listings_are_in_their_groups(void **state)
{
	struct list list = two_groups();

	(void)state;
	expect_meaning(&list, "127.0.0.2", LIST_MEANS_LISTED, 1, "127.0.0.2");
	expect_meaning(&list, "127.0.0.11", LIST_MEANS_LISTED, 2, "127.0.0.11");
	expect_meaning(&list, "127.0.0.10 127.0.0.4", LIST_MEANS_LISTED, 3, "127.0.0.10");
	expect_meaning(&list, "127.0.0.12", LIST_MEANS_UNKNOWN_CODE, 0, "127.0.0.12");
	expect_meaning(&list, "127.0.0.12 127.0.0.4", LIST_MEANS_LISTED, 1, "127.0.0.4");
	expect_meaning(&list, "127.0.1.2", LIST_MEANS_UNKNOWN_CODE, 0, "127.0.1.2");
	expect_meaning(&list, "127.0.0.255", LIST_MEANS_UNKNOWN_CODE, 0, "127.0.0.255");
}

/* What is no listing, whatever the groups say. */
static void errors_are_no_listings(void **state)
{
	struct list list = site("bl.example.net=[0..255].[0..255].[0..255].[0..255]");

	(void)state;
	expect_meaning(&list, "127.0.0.1", LIST_MEANS_BROKEN, 0, "127.0.0.1");
	expect_meaning(&list, "203.0.113.9", LIST_MEANS_BROKEN, 0, "203.0.113.9");
	expect_meaning(&list, "0.0.0.0", LIST_MEANS_BROKEN, 0, "0.0.0.0");
	expect_meaning(&list, "128.0.0.2", LIST_MEANS_BROKEN, 0, "128.0.0.2");
	expect_meaning(&list, "2001:db8::2", LIST_MEANS_BROKEN, 0, "2001:db8::2");
	expect_meaning(&list, "127.255.255.0", LIST_MEANS_REFUSED, 0, "127.255.255.0");
	expect_meaning(&list, "127.255.255.252", LIST_MEANS_REFUSED, 0, "127.255.255.252");
	expect_meaning(&list, "127.255.255.254", LIST_MEANS_REFUSED, 0, "127.255.255.254");
	expect_meaning(&list, "127.255.255.255", LIST_MEANS_REFUSED, 0, "127.255.255.255");
	expect_meaning(&list, "127.255.254.255", LIST_MEANS_LISTED, 1, "127.255.254.255");
	/* One bad address spoils all of the answer, wherever it stands. */
	expect_meaning(&list, "127.0.0.2 127.255.255.254", LIST_MEANS_REFUSED, 0,
		       "127.255.255.254");
	expect_meaning(&list, "127.0.0.1 127.0.0.2", LIST_MEANS_BROKEN, 0, "127.0.0.1");
	expect_meaning(&list, "127.0.0.2 203.0.113.9 127.255.255.254", LIST_MEANS_BROKEN, 0,
		       "203.0.113.9");
}

static void errors_of_some_kinds(void **state)
{
	struct list good = site("wl.example.net=127.0.[0..255].[0..255]*-2");
	struct list bad = site("bl.example.net=127.0.[0..255].[0..255]*2");

	(void)state;
	expect_meaning(&good, "127.0.5.2", LIST_MEANS_LISTED, 1, "127.0.5.2");
	expect_meaning(&good, "127.0.0.255", LIST_MEANS_REFUSED, 0, "127.0.0.255");
	expect_meaning(&good, "127.0.10.3", LIST_MEANS_REFUSED, 0, "127.0.10.3");
	expect_meaning(&good, "127.0.10.0", LIST_MEANS_REFUSED, 0, "127.0.10.0");
	expect_meaning(&good, "127.0.1.255", LIST_MEANS_LISTED, 1, "127.0.1.255");
	expect_meaning(&bad, "127.0.10.3", LIST_MEANS_LISTED, 1, "127.0.10.3");
	bad.kind = LIST_RHSBL_HELO;
	expect_meaning(&bad, "127.0.1.255", LIST_MEANS_REFUSED, 0, "127.0.1.255");
	expect_meaning(&bad, "127.0.1.2", LIST_MEANS_LISTED, 1, "127.0.1.2");
	bad.kind = LIST_RHSBL_SENDER;
	expect_meaning(&bad, "127.0.1.255", LIST_MEANS_REFUSED, 0, "127.0.1.255");
}

static void answers_without_addresses(void **state)
{
	static const struct {
		enum dns_status status;
		enum list_meaning meaning;
	} cases[] = {
		{DNS_NO_NAME, LIST_MEANS_NOT_LISTED}, {DNS_NO_DATA, LIST_MEANS_NOT_LISTED},
		{DNS_FAILED, LIST_MEANS_NOTHING},     {DNS_TIMED_OUT, LIST_MEANS_NOTHING},
		{DNS_ANSWER, LIST_MEANS_NOTHING},
	};
	struct list list = site("bl.example.net");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_answer answer = {.status = cases[i].status};
		struct addr code;
		uint32_t groups = 7;

		assert_int_equal(list_meaning(&list, &answer, &groups, &code), cases[i].meaning);
		assert_int_equal(groups, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_match_what_they_say),
		cmocka_unit_test(wrong_codes_are_refused),
		cmocka_unit_test(sites_as_postscreen_writes_them),
		cmocka_unit_test(wrong_sites_are_refused),
		cmocka_unit_test(lengths_have_their_bounds),
		cmocka_unit_test(a_key_is_not_shown),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(questions_about_addresses),
		cmocka_unit_test(questions_about_domains),
		cmocka_unit_test(listings_are_in_their_groups),
		cmocka_unit_test(errors_are_no_listings),
		cmocka_unit_test(errors_of_some_kinds),
		cmocka_unit_test(answers_without_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
