// SPDX-License-Identifier: GPL-2.0-or-later
/* SPF records, term by term. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/spf_record.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_name[] = {
	[SPF_ALL] = "all",
	[SPF_INCLUDE] = "include",
	[SPF_A] = "a",
	[SPF_MX] = "mx",
	[SPF_PTR] = "ptr",
	[SPF_IP4] = "ip4",
	[SPF_IP6] = "ip6",
	[SPF_EXISTS] = "exists",
	[SPF_REDIRECT] = "redirect",
	[SPF_MODIFIER] = "ignored",
};

/* "+include:example.net" and so on, a blank between; the lengths of a and mx as of an address. */
static void tell(char *out, size_t size, const char *record)
{
	struct spf_term term;
	enum spf_kind kind;
	size_t n = 0;

	*out = '\0';
	while ((kind = spf_next(&term, &record)) != SPF_END) {
		char net[ADDR_TEXT] = "", qualifier[] = {term.qualifier, '\0'};

		assert_int_not_equal(kind, SPF_BAD);
		if (kind == SPF_IP4 || kind == SPF_IP6)
			prefix_format(net, &term.net);
		else if (kind == SPF_A || kind == SPF_MX)
			snprintf(net, sizeof(net), "/%u//%u", term.plen4 - ADDR_V4_BITS,
				 term.plen6);
		n += (size_t)snprintf(out + n, size - n, "%s%s%s%s%s%s%s", n ? " " : "", qualifier,
				      kind_name[kind], term.macro || term.domain[0] ? ":" : "",
				      term.macro ? "%" : term.domain,
				      *net && *net != '/' ? ":" : "", net);
	}
}

static void records_that_read(void **state)
{
	static const struct {
		const char *record, *terms;
	} cases[] = {
		{"v=spf1", ""},
		{"v=spf1   ", ""},
		{"v=spf1 -all", "-all"},
		{"V=SPF1 IP4:192.0.2.0/24 ALL", "+ip4:192.0.2.0/24 +all"},
		{"v=spf1 ip4:192.0.2.1 ip4:192.0.2.77/24", "+ip4:192.0.2.1 +ip4:192.0.2.0/24"},
		{"v=spf1 ip4:1.2.3.4/0 ip4:1.2.3.4/32", "+ip4:0.0.0.0/0 +ip4:1.2.3.4"},
		{"v=spf1 ip6:2001:db8::1 ip6:2001:db8::5/32",
		 "+ip6:2001:db8::1 +ip6:2001:db8::/32"},
		{"v=spf1 a mx", "+a/32//128 +mx/32//128"},
		{"v=spf1 a/24 mx//64 ?a:X.Example.Net/28//56",
		 "+a/24//128 +mx/32//64 ?a:x.example.net/28//56"},
		{"v=spf1 include:_spf.Example.Net. ~all", "+include:_spf.example.net ~all"},
		{"v=spf1 ptr ptr:example.net exists:example.net",
		 "+ptr +ptr:example.net +exists:example.net"},
		{"v=spf1 exists:%{i}._spf.%{d2} include:%{d}.x.example a:a%%b.example",
		 "+exists:% +include:% +a:%/32//128"},
		{"v=spf1 redirect=_spf.example.net", "redirect:_spf.example.net"},
		{"v=spf1 redirect=a.example mx all", "ignored:a.example +mx/32//128 +all"},
		{"v=spf1 all ip4:192.0.2.1 redirect=a.example", "+all"},
		{"v=spf1 exp=why.%{d} moo=% x-y.z_1=foo:bar/99 mx", NULL},
		{"v=spf1 exp=why.%{d} moo=%% x-y.z_1=foo:bar/99 mx",
		 "ignored ignored ignored +mx/32//128"},
		{"v=spf1 ip4", NULL},
		{"v=spf1 ip4:", NULL},
		{"v=spf1 ip4:192.0.2", NULL},
		{"v=spf1 ip4:192.0.2.1/33", NULL},
		{"v=spf1 ip4:192.0.2.1/024", NULL},
		{"v=spf1 ip4:192.0.2.1/", NULL},
		{"v=spf1 ip4:2001:db8::1", NULL},
		{"v=spf1 ip6:192.0.2.1", NULL},
		{"v=spf1 ip6:2001:db8::/129", NULL},
		{"v=spf1 ip4:192.0.2.1 ip5:192.0.2.1", NULL},
		{"v=spf1 all:example.net", NULL},
		{"v=spf1 all/24", NULL},
		{"v=spf1 include", NULL},
		{"v=spf1 include:", NULL},
		{"v=spf1 include:localhost", NULL},
		{"v=spf1 include:192.0.2.1", NULL},
		{"v=spf1 include:a..example", NULL},
		{"v=spf1 a:example.net/", NULL},
		{"v=spf1 a/33", NULL},
		{"v=spf1 a//129", NULL},
		{"v=spf1 a/24/64", NULL},
		{"v=spf1 exists:%{i", NULL},
		{"v=spf1 exists:%x.example", NULL},
		{"v=spf1 redirect=", NULL},
		{"v=spf1 redirect=a.example redirect=a.example", NULL},
		{"v=spf1 exp=a.example exp=a.example", NULL},
		{"v=spf1 +", NULL},
		{"v=spf1 ++mx", NULL},
		{"v=spf1 mx\tall", NULL},
		{"v=spf1 \xc3\xa4", NULL},
		{"v=spf1 mx -all foo", NULL}, /* 4.6: anywhere in the record */
	};
	char terms[1024], why[SPF_WHY];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool good = spf_record_check(cases[i].record, why);

		if (good != (cases[i].terms != NULL))
			fail_msg("`%s': %s", cases[i].record, good ? "good" : why);
		if (!good)
			continue;
		tell(terms, sizeof(terms), cases[i].record);
		assert_string_equal(terms, cases[i].terms);
	}
}

static void what_is_wrong_is_quoted(void **state)
{
	char why[SPF_WHY];

	(void)state;
	assert_false(spf_record_check("v=spf1 mx ip4:192.0.2.300 -all", why));
	assert_string_equal(why, "`ip4:192.0.2.300' is no term of SPF");
	assert_false(spf_record_check("v=spf1 redirect=a.b.example redirect=c.example", why));
	assert_string_equal(why, "`redirect=c.example' stands there twice");
	assert_false(spf_record_check("v=spf1 \x1b[2J", why));
	assert_string_equal(why, "`\\x1b[2J' is no term of SPF");
}

/* Longer than any name can be: told, not cut. */
static void a_term_without_end(void **state)
{
	char record[2048] = "v=spf1 include:", why[SPF_WHY];
	size_t n = strlen(record);

	(void)state;
	while (n < sizeof(record) - 10)
		n += (size_t)snprintf(record + n, sizeof(record) - n, "a.");
	assert_false(spf_record_check(record, why));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_read),
		cmocka_unit_test(what_is_wrong_is_quoted),
		cmocka_unit_test(a_term_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
