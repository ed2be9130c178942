// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks on facts of the DNS, and the names that they compare. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/checks/dns.h"
#include "../../user/checks/hostname.h"
#include "../../user/checks/octets.h"
#include "../../user/policy/policy.h"

#define C4 "198.51.100.7"
#define C6 "2001:db8:7::25"

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text));
	return addr;
}

/* "!a.example" is refuted, "?a.example" not known, "a.example" confirmed; in that order's reverse.
 */
static struct client_facts client_of(const char *addr, enum fact has_name, const char *names)
{
	struct client_facts c = {.client = addr_of(addr), .has_name = has_name};
	char text[1200], *save = NULL;

	snprintf(text, sizeof(text), "%s", names);
	for (char *name = strtok_r(text, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		bool refuted = *name == '!', unknown = *name == '?';

		assert_in_range(c.count, 0, DNS_FACT_NAMES - 1);
		snprintf(c.name[c.count++], DNS_FACT_NAME, "%s", name + (refuted || unknown));
		c.refuted_count += refuted;
		c.confirmed_count += !refuted && !unknown;
	}
	if (c.confirmed_count)
		c.confirmed = FACT_YES;
	else if (has_name == FACT_YES && c.refuted_count == c.count)
		c.confirmed = FACT_NO;
	return c;
}

static struct helo_dns_facts helo_of(const char *name, enum fact resolves, const char *addrs)
{
	struct helo_dns_facts h = {.resolves = resolves, .v4_known = true, .v6_known = true};
	char text[1200], *save = NULL;

	snprintf(h.helo, sizeof(h.helo), "%s", name);
	snprintf(text, sizeof(text), "%s", addrs);
	for (char *addr = strtok_r(text, " ", &save); addr; addr = strtok_r(NULL, " ", &save))
		h.addr[h.count++] = addr_of(addr);
	return h;
}

/* The ids and details, one a line. */
static const char *shown(const struct findings *f)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < f->count; i++) {
		assert_false(finding_types[f->list[i].id].convicts);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s: %s", i ? "\n" : "",
				      finding_types[f->list[i].id].id, f->list[i].detail);
	}
	return text;
}

static void expect_client(const struct client_facts *client, const char *wanted)
{
	struct findings f = {0};

	check_client_dns(&f, client);
	assert_string_equal(shown(&f), wanted);
}

static void reverse_name_missing_or_unconfirmed(void **state)
{
	struct client_facts c;

	(void)state;
	c = client_of(C4, FACT_UNKNOWN, "");
	expect_client(&c, "");
	c = client_of(C4, FACT_NO, "");
	expect_client(&c, "rdns-missing: 198.51.100.7 has no name");
	c = client_of(C6, FACT_NO, "");
	expect_client(&c, "rdns-missing: 2001:db8:7::25 has no name");
	c = client_of(C4, FACT_YES, "mx.example.net !other.example");
	expect_client(&c, "");
	c = client_of(C4, FACT_YES, "!mx.example.net !other.example");
	expect_client(&c, "rdns-mismatch: 198.51.100.7 is called mx.example.net, which does not "
			  "have that address");
	c = client_of(C4, FACT_YES, "?mx.example.net !other.example");
	expect_client(&c, "");
	c = client_of(C4, FACT_YES, "!mx.example.net");
	c.cut = true;
	c.confirmed = FACT_UNKNOWN;
	expect_client(&c, "");
	c = client_of(C4, FACT_YES, "");
	expect_client(&c, "rdns-mismatch: 198.51.100.7 is called what no host can be called");
}

static void expect_helo(const struct helo_dns_facts *helo, const struct client_facts *client,
			const char *wanted)
{
	struct findings f = {0};

	check_helo_dns(&f, helo, client, brands_default, brands_default_count);
	assert_string_equal(shown(&f), wanted);
}

static void helo_that_resolves_or_not(void **state)
{
	struct helo_dns_facts h;

	(void)state;
	h = helo_of("mx.example.net", FACT_NO, "");
	expect_helo(&h, NULL, "helo-unresolvable: mx.example.net has no address, no MX");
	h = helo_of("mx.example.net", FACT_UNKNOWN, "");
	expect_helo(&h, NULL, "");
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1");
	expect_helo(&h, NULL, "");
}

static void helo_of_other_addresses(void **state)
{
	const char *mismatch = "helo-dns-mismatch: mx.example.net is 203.0.113.1, but the client "
			       "is 198.51.100.7";
	struct client_facts none = client_of(C4, FACT_NO, "");
	struct client_facts none6 = client_of(C6, FACT_NO, ""), c;
	struct helo_dns_facts h;

	(void)state;
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1 203.0.113.2 2001:db8:9::1");
	expect_helo(&h, &none, mismatch);
	expect_helo(&h, &none6,
		    "helo-dns-mismatch: mx.example.net is 2001:db8:9::1, but the "
		    "client is 2001:db8:7::25");
	/* Only what is certain, of the client's own family. */
	h.v6_known = false;
	expect_helo(&h, &none6, "");
	expect_helo(&h, &none, mismatch);
	h.v4_known = false;
	expect_helo(&h, &none, "");
	h = helo_of("mx.example.net", FACT_YES, "2001:db8:9::1");
	expect_helo(&h, &none, "");
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1");
	expect_helo(&h, &none6, "");
	/* Itself, a neighbour; not one further on. */
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1 " C4);
	expect_helo(&h, &none, "");
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1 198.51.100.255");
	expect_helo(&h, &none, "");
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1 198.51.101.7");
	expect_helo(&h, &none, mismatch);
	h = helo_of("mx.example.net", FACT_YES, "2001:db8:7:0:ffff::1");
	expect_helo(&h, &none6, "");
	h = helo_of("mx.example.net", FACT_YES, "2001:db8:7:1::25");
	expect_helo(&h, &none6,
		    "helo-dns-mismatch: mx.example.net is 2001:db8:7:1::25, but the "
		    "client is 2001:db8:7::25");
	/* A reverse name of the same house lets it off, unless it is refuted. */
	h = helo_of("mx.example.net", FACT_YES, "203.0.113.1");
	c = client_of(C4, FACT_YES, "out3.pool.example.net");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "?out3.pool.example.net");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "!out3.pool.example.net");
	expect_helo(&h, &c, mismatch);
	c = client_of(C4, FACT_YES, "out3.pool.example.com");
	expect_helo(&h, &c, mismatch);
	c.cut = true;
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_UNKNOWN, "");
	expect_helo(&h, &c, "");
}

#define FORGED "helo-brand-forgery: gmail.com, but 198.51.100.7 "

static void brands(void **state)
{
	struct helo_dns_facts h = helo_of("gmail.com", FACT_YES, "");
	struct client_facts c;

	(void)state;
	expect_helo(&h, NULL, "");
	c = client_of(C4, FACT_UNKNOWN, "");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_NO, "");
	expect_helo(&h, &c, FORGED "has no such name");
	c = client_of(C4, FACT_YES, "mail-ed1-f41.google.com");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "google.com");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "notgoogle.com");
	expect_helo(&h, &c, FORGED "is notgoogle.com");
	c = client_of(C4, FACT_YES, "google.com.example.net");
	expect_helo(&h, &c, FORGED "is google.com.example.net");
	/* Its own name, and one that it wrote itself. */
	c = client_of(C4, FACT_YES, "bot.example.net !mail-ed1-f41.google.com");
	expect_helo(&h, &c, FORGED "is bot.example.net");
	c = client_of(C4, FACT_YES, "!mail-ed1-f41.google.com");
	expect_helo(&h, &c, FORGED "has no such name");
	/* The DNS did not say whether it is Google's. */
	c = client_of(C4, FACT_YES, "?mail-ed1-f41.google.com");
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "bot.example.net ?mail-ed1-f41.google.com");
	expect_helo(&h, &c, "");
	/* Whatever this one turns out to be, it is not Google's. */
	c = client_of(C4, FACT_YES, "?bot.example.net");
	expect_helo(&h, &c, FORGED "has no such name");
	c.cut = true;
	expect_helo(&h, &c, "");
	c = client_of(C4, FACT_YES, "bot.example.net");
	c.cut = true;
	expect_helo(&h, &c, FORGED "is bot.example.net");
	c = client_of(C4, FACT_YES, "");
	expect_helo(&h, &c, FORGED "has no such name");
	/* The name has the client's address after all. */
	h = helo_of("gmail.com", FACT_YES, C4);
	c = client_of(C4, FACT_NO, "");
	expect_helo(&h, &c, "");
	/* Exact names only: machines and customers of the house bear others. */
	h = helo_of("mail.gmail.com", FACT_YES, "");
	expect_helo(&h, &c, "");
	h = helo_of("gmail.com.example", FACT_YES, "");
	expect_helo(&h, &c, "");
}

/* Every brand is at home where its own machines are, and nowhere else. */
static void brands_as_shipped(void **state)
{
	static const struct {
		const char *helo, *machine; /* machines that real mail came from */
	} known[] = {
		{"gmail.com", "mail-ed1-f41.google.com"},
		{"outlook.com", "mail-bn8nam12on2068.outbound.protection.outlook.com"},
		{"hotmail.com", "oe76.law4.hotmail.com"},
		{"yahoo.com", "sonic311-24.consmr.mail.bf2.yahoo.com"},
		{"aol.com", "omr-m02.mx.aol.com"},
		{"web.de", "mout.web.de"},
		{"gmx.de", "mout.gmx.net"},
		{"mail.ru", "smtp30.i.mail.ru"},
		{"qq.com", "out162-62-57-49.mail.qq.com"},
		{"163.com", "m13-1.163.com"},
	};
	struct helo_dns_facts h;
	struct client_facts c;
	struct findings f;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		h = helo_of(known[i].helo, FACT_YES, "");
		c = client_of(C4, FACT_YES, known[i].machine);
		expect_helo(&h, &c, "");
	}
	for (size_t i = 0; i < brands_default_count; i++) {
		const struct brand *brand = &brands_default[i];
		char name[HOSTNAME_MAX + 1];

		assert_true(hostname_parse(name, brand->name));
		assert_string_equal(name, brand->name);
		assert_non_null(brand->suffixes[0]);
		for (const char *const *suffix = brand->suffixes; *suffix; suffix++) {
			assert_true(hostname_parse(name, *suffix));
			assert_string_equal(name, *suffix);
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(brand->name, brands_default[j].name);
		h = helo_of(brand->name, FACT_YES, "");
		c = client_of(C4, FACT_YES, "bot.example.net");
		findings_clear(&f);
		check_helo_dns(&f, &h, &c, brands_default, brands_default_count);
		assert_non_null(findings_get(&f, FINDING_HELO_BRAND_FORGERY));
	}
}

/* An administrator's table, in whatever case. */
static void brands_of_ones_own(void **state)
{
	static const char *const suffixes[] = {"Bank.Example", NULL};
	static const struct brand own = {"Bank.Example", suffixes};
	struct helo_dns_facts h = helo_of("bank.example", FACT_YES, "");
	struct client_facts c = client_of(C4, FACT_NO, "");
	struct findings f = {0};

	(void)state;
	check_helo_dns(&f, &h, &c, &own, 1);
	assert_string_equal(shown(&f), "helo-brand-forgery: bank.example, but 198.51.100.7 has no "
				       "such name");
	findings_clear(&f);
	c = client_of(C4, FACT_YES, "mx.bank.example");
	check_helo_dns(&f, &h, &c, &own, 1);
	assert_int_equal(f.count, 0);
	h = helo_of("gmail.com", FACT_YES, "");
	check_helo_dns(&f, &h, &c, NULL, 0);
	assert_int_equal(f.count, 0);
}

static void helo_is_the_dial_up_name(void **state)
{
	struct helo_dns_facts h;
	struct client_facts c;

	(void)state;
	h = helo_of("7.red-198-51-100.example.net", FACT_YES, "");
	c = client_of(C4, FACT_YES, "?mx.example !7.red-198-51-100.example.net");
	expect_helo(&h, &c,
		    "helo-dynamic: 7.red-198-51-100.example.net, the client's reverse "
		    "name, carries 198.51.100.7");
	/* Somebody else's name, or a name that carries nothing. */
	c = client_of(C4, FACT_YES, "mx.example");
	expect_helo(&h, &c, "");
	h = helo_of("mx.example", FACT_YES, "");
	expect_helo(&h, &c, "");
}

static void addresses_in_reverse_names(void **state)
{
	static const struct {
		const char *client, *name;
		bool in;
	} cases[] = {
		{"198.51.100.7", "7.red-198-51-100.example.net", true},
		{"198.51.100.7", "host51-100-7.example.net", true},
		{"198.51.100.7", "7-100-51.example.net", true},
		{"198.51.100.7", "c6336407.example.net", true},
		{"198.51.100.7", "a100-7.smtp-out.example.net", false}, /* pools of big senders */
		{"198.51.100.7", "mta51-100.example.net", false},
		{"198.51.100.7", "100.51.7.example.net", false},
		{"198.51.100.7", "100.51.7.1980.example.net", false},
		{"198.51.100.7", "a7b51c198d100.example.net", true},
		{"5.5.5.5", "5-5-x.example.net", false},
		{"5.5.5.5", "5-5-x-5-5.example.net", true},
		{"5.5.5.5", "5-5-5.example.net", true},
		{"2001:db8:7::25", "20010db8000700000000000000000025.example.net", true},
		{"2001:db8:7::25", "2001-0db8-0007-0000-0000-0000-0000-0025.example.net", true},
		{"2001:db8:7::25", "2001-db8-7-0-0-0-0-25.example.net", true},
		{"2001:db8:7::25", "2001-db8-7--25.v6.example.net", true},
		{"2001:db8:7::25",
		 "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.8.b.d.0.1.0.0."
		 "2.example.net",
		 true},
		{"2001:db8:7::25", "2001-db8-7--26.v6.example.net", false},
		{"2001:db8:7::25", "mx25.example.net", false},
		{"2001:db8::1", "mx1.example.net", false},
		{"2a00::1", "2a001.example.net", false}, /* too short to be no accident */
		{"::1", "1.example.net", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr client = addr_of(cases[i].client);

		if (octets_are_in_reverse_name(cases[i].name, &client) != cases[i].in)
			fail_msg("%s in %s: not %d", cases[i].client, cases[i].name, cases[i].in);
	}
}

static void near_addresses(void **state)
{
	static const struct {
		const char *a, *b;
		bool near;
	} cases[] = {
		{"198.51.100.7", "198.51.100.7", true},
		{"198.51.100.0", "198.51.100.255", true},
		{"198.51.100.7", "198.51.101.7", false},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"198.51.100.7", "2001:db8::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = addr_of(cases[i].a), b = addr_of(cases[i].b);

		assert_int_equal(addr_is_near(&a, &b), cases[i].near);
		assert_int_equal(addr_is_near(&b, &a), cases[i].near);
	}
}

static void senders(void **state)
{
	struct sender_dns_facts s = {.domain = "example.net"};
	struct findings f = {0};

	(void)state;
	check_sender_dns(&f, &s);
	s.resolves = FACT_YES;
	check_sender_dns(&f, &s);
	assert_int_equal(f.count, 0);
	s.resolves = FACT_NO;
	check_sender_dns(&f, &s);
	assert_string_equal(shown(&f), "sender-unresolvable: example.net has no MX, no address");
	findings_clear(&f);
	s.null_mx = true;
	check_sender_dns(&f, &s);
	assert_string_equal(shown(&f), "sender-unresolvable: example.net takes no mail by its own "
				       "word (null MX)");
}

static void domains(void **state)
{
	static const struct {
		const char *name, *domain;
	} cases[] = {
		{"mx.example.net", "example.net"},
		{"a.b.c.example.net", "example.net"},
		{"example.net", "example.net"},
		{"net", "net"},
		{"mx.example.co.uk", "example.co.uk"},
		{"a.mx.example.ne.jp", "example.ne.jp"},
		{"example.co.uk", "example.co.uk"},
		{"co.uk", "co.uk"},
		{"mx.web.de", "web.de"},
		{"mx.gmx.net", "gmx.net"},
		{"mx.heise.de", "heise.de"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(hostname_domain(cases[i].name), cases[i].domain);
	assert_true(hostname_is_under("mx.example.net", "EXAMPLE.net"));
	assert_true(hostname_is_under("example.net", "example.net"));
	assert_false(hostname_is_under("myexample.net", "example.net"));
	assert_false(hostname_is_under("net", "example.net"));
}

/* All that the DNS can say against one client does not make a block: it is one class. */
static void the_dns_alone_never_blocks(void **state)
{
	struct helo_dns_facts h = helo_of("gmail.com", FACT_NO, "203.0.113.1");
	struct client_facts c = client_of(C4, FACT_NO, "");
	struct findings f = {0};
	struct policy policy;

	(void)state;
	policy_defaults(&policy);
	check_client_dns(&f, &c);
	check_helo_dns(&f, &h, &c, brands_default, brands_default_count);
	assert_int_equal(f.count, 4);
	assert_int_equal(policy_decide(&policy, &f, 0).kind, DECISION_WATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reverse_name_missing_or_unconfirmed),
		cmocka_unit_test(helo_that_resolves_or_not),
		cmocka_unit_test(helo_of_other_addresses),
		cmocka_unit_test(brands),
		cmocka_unit_test(brands_as_shipped),
		cmocka_unit_test(brands_of_ones_own),
		cmocka_unit_test(helo_is_the_dial_up_name),
		cmocka_unit_test(addresses_in_reverse_names),
		cmocka_unit_test(near_addresses),
		cmocka_unit_test(senders),
		cmocka_unit_test(domains),
		cmocka_unit_test(the_dns_alone_never_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
