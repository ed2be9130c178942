// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/checks/helo.h"
#include "../../user/policy/policy.h"

#define CLIENT  "198.51.100.77"
#define CLIENT6 "2001:db8:c::77"
#define SERVER  "203.0.113.25"
#define SERVER6 "2001:db8:5::25"

static const char *const our_names[] = {"mx.our.example", "localhost", "mx9", "mail.our.lan"};

struct what {
	const char *client, *server, *banner;
};

static const struct what usual = {CLIENT, SERVER, "banner.our.example"};
static const struct what usual6 = {CLIENT6, SERVER6, "banner.our.example."};

static struct addr addr_of(const char *text)
{
	struct addr addr = {0};

	if (text)
		assert_true(addr_parse(&addr, text));
	return addr;
}

static void check(struct findings *out, const struct what *what, const char *name, size_t len)
{
	const struct addr ours[] = {addr_of("203.0.113.26"), addr_of("2001:db8:5::26"),
				    addr_of("10.9.9.9")};
	const struct helo_names names = {
		.our_names = our_names,
		.our_names_count = sizeof(our_names) / sizeof(our_names[0]),
		.our_addresses = ours,
		.our_addresses_count = sizeof(ours) / sizeof(ours[0]),
		.known_bots = helo_default_bots,
		.known_bots_count = helo_default_bots_count,
		.suspect_names = helo_default_suspects,
		.suspect_names_count = helo_default_suspects_count,
	};
	const struct helo_facts facts = {
		.name = name,
		.len = len,
		.client = addr_of(what->client),
		.server = addr_of(what->server),
		.banner_name = what->banner,
	};

	memset(out, 0, sizeof(*out));
	helo_check(out, &facts, &names);
}

/* "id,~id": the findings in order, "helo-" left out, a tilde for the mild form. */
static const char *ids(char *text, size_t size, const struct findings *f)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < f->count; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s%s", i ? "," : "",
				      f->list[i].mild ? "~" : "",
				      finding_types[f->list[i].id].id + 5);
	return text;
}

static void expect_bytes(const struct what *what, const char *name, size_t len, const char *wanted)
{
	struct findings f;
	char text[512];

	check(&f, what, name, len);
	if (strcmp(ids(text, sizeof(text), &f), wanted))
		fail_msg("HELO %.*s: found \"%s\", wanted \"%s\"", (int)len, name, text, wanted);
	for (size_t i = 0; i < f.count; i++)
		for (const char *c = f.list[i].detail; *c; c++)
			assert_in_range(*c, 0x20, 0x7e);
}

static void expect(const struct what *what, const char *name, const char *wanted)
{
	expect_bytes(what, name, strlen(name), wanted);
}

static void honest_names_pass(void **state)
{
	static const char *const names[] = {
		"mail.example.org",
		"MAIL.Example.ORG",
		"mail.example.org.",
		"a.b",
		"mail-am6eur05on2099.outbound.example",
		"xn--mller-kva.example",
		"1and1.example",
		"smtp.dyn.example",
		"dynamic-cables.example",
		"3com.example",
		"a8-29.ses.example",
		"localhost.example.org",
		"local.example",
		"mx.our.example.org",
		"mx2.our.example",
		"banner.our.example.org",
		"ylmf-pc.example.org",
		"host-12-34-56-78.example.net", /* somebody's address, but not the client's */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect(&usual, names[i], "");
		expect(&usual6, names[i], "");
	}
}

static void our_address(void **state)
{
	static const struct what nat = {CLIENT, "10.0.0.5", "[10.0.0.5]"};
	static const struct what nat6 = {CLIENT6, "fd00::5", "[fd00::5]"};
	static const struct what self = {SERVER, SERVER, NULL};
	static const struct what unknown = {CLIENT, NULL, NULL};

	(void)state;
	expect(&usual, "203.0.113.25", "our-address");
	expect(&usual, "203.0.113.25.", "our-address");
	expect(&usual, "[203.0.113.25]", "our-address");
	expect(&usual, "[203.000.113.025]", "our-address");
	expect(&usual, "203.000.113.025", "our-address");
	expect(&usual, "[IPv6:::ffff:203.0.113.25]", "our-address");
	expect(&usual, "[IPv6:203.0.113.25]", "our-address");
	expect(&usual, "203.0.113.26", "our-address");
	expect(&usual, "[2001:db8:5::26]", "our-address");
	expect(&usual6, "[IPv6:2001:db8:5::25]", "our-address");
	expect(&usual6, "[IPV6:2001:DB8:5:0:0:0:0:25]", "our-address");
	expect(&usual6, "2001:db8:5::25", "our-address");
	expect(&usual6, "IPv6:2001:db8:5::25", "our-address");
	expect(&usual6, "[203.0.113.26]", "our-address");
	/* Behind NAT the other side's server can have our private address. */
	expect(&nat, "10.0.0.5", "bare-ip");
	expect(&nat, "[10.0.0.5]", "private-literal");
	expect(&nat6, "[IPv6:fd00::5]", "private-literal");
	expect(&usual, "[10.9.9.9]", "private-literal");
	expect(&self, "[203.0.113.25]", "");
	expect(&self, "203.0.113.25", "bare-ip");
	expect(&unknown, "[IPv6:::]", "private-literal");
	expect(&unknown, "[203.0.113.25]", "literal-mismatch");
	expect(&unknown, "mx.our.example", "our-name");
}

static void our_name(void **state)
{
	static const struct what local = {CLIENT, SERVER, "mail.local"};
	static const struct what self = {CLIENT, SERVER, "localhost.localdomain"};
	static const struct what single = {CLIENT, SERVER, "mailhost"};
	static const struct what stars = {CLIENT, SERVER, "****.**"};
	static const struct what empty = {CLIENT, SERVER, ""};

	(void)state;
	expect(&usual, "mx.our.example", "our-name");
	expect(&usual, "MX.Our.Example.", "our-name");
	expect(&usual, "banner.our.example", "our-name");
	expect(&usual6, "Banner.our.example", "our-name");
	expect(&usual, "mx9", "single-label");
	expect(&usual, "localhost", "localhost");
	expect(&self, "localhost.localdomain", "localhost");
	expect(&single, "mailhost", "single-label");
	expect(&stars, "****.**", "~illegal");
	expect(&empty, "mail.example.org", "");
	/* Many networks have a mail.local; only one whose administrator says so is ours. */
	expect(&local, "mail.local", "~our-name");
	expect(&usual, "mail.our.lan", "our-name");
}

static void illegal_bytes(void **state)
{
	char longest[HELO_MAX + 2];

	(void)state;
	expect_bytes(&usual, "mail\0.example.org", 17, "illegal");
	expect(&usual, "mail\x01.example.org", "illegal");
	expect(&usual, "mail.example.org\x7f", "illegal");
	expect(&usual, "mail\t.example.org", "illegal");
	expect(&usual, "\033[2J", "illegal");
	expect(&usual, "[203.0.113.25\x02]", "illegal");
	expect(&usual, "PhpStorm 2017.2", "~illegal");
	expect(&usual, "user@example.org", "~illegal");
	expect(&usual, "http://example.org", "~illegal");
	expect(&usual, "m\xc3\xbcller.example", "~illegal");
	expect(&usual, "mail.example.org:25", "~illegal");
	expect(&usual, "a_b c", "~illegal");
	expect(&usual, "a..example", "~illegal");
	expect(&usual, ".example", "~illegal");
	expect(&usual, ".", "~illegal");
	expect(&usual, "..", "~illegal");
	expect(&usual, "", "~illegal");
	expect_bytes(&usual, NULL, 0, "~illegal");
	/* 63 bytes of a label are legal, 64 are not. */
	expect(&usual, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
	       "");
	expect(&usual, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
	       "~illegal");
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 50 == 49 ? '.' : 'a';
	expect_bytes(&usual, longest, HELO_MAX, "");
	expect_bytes(&usual, longest, HELO_MAX + 1, "~illegal");
	longest[HELO_MAX] = '\n';
	expect_bytes(&usual, longest, HELO_MAX + 1, "illegal");
	memset(longest, '[', sizeof(longest));
	expect_bytes(&usual, longest, HELO_MAX, "bad-literal");
	memset(longest, '1', sizeof(longest));
	expect_bytes(&usual, longest, HELO_MAX, "numeric-tld");
	memset(longest, '-', sizeof(longest));
	memcpy(longest + HELO_MAX - 13, CLIENT, 13);
	expect_bytes(&usual, longest, HELO_MAX, "numeric-tld");
}

static void bots(void **state)
{
	(void)state;
	expect(&usual, "ylmf-pc", "known-bot");
	expect(&usual, "YLMF-PC", "known-bot");
	expect(&usual, "masscan", "known-bot");
	expect(&usual, "User", "~known-bot");
	expect(&usual, "user", "~known-bot");
	expect(&usual, "ADMIN", "~known-bot");
	expect(&usual, "ABC", "~known-bot");
	expect(&usual, "ABCD", "single-label");
	expect(&usual, "ylmf-pc2", "single-label");
}

static void addresses(void **state)
{
	(void)state;
	expect(&usual, CLIENT, "bare-ip");
	expect(&usual, "192.168.1.2", "bare-ip");
	expect(&usual6, CLIENT6, "bare-ip");
	expect(&usual, "1.2.3", "numeric-tld");
	expect(&usual, "321.1.1.1", "numeric-tld");
	expect(&usual, "0.1.1.1", "numeric-tld");
	expect(&usual, "1.2.3.4.5", "numeric-tld");
	expect(&usual, "1..2.3.4", "numeric-tld");
	expect(&usual, "1234.1.1.1", "numeric-tld");
	expect(&usual, "4294967297.1.1.1", "numeric-tld");
	expect(&usual, "mail.example.7", "numeric-tld");
	expect(&usual, "12345", "numeric-tld");
	expect(&usual, "[" CLIENT "]", "");
	expect(&usual, "[198.51.100.1]", "");
	expect(&usual, "[198.51.101.77]", "literal-mismatch");
	expect(&usual6, "[IPv6:" CLIENT6 "]", "");
	expect(&usual6, "[IPv6:2001:db8:c:0:ffff::1]", "");
	expect(&usual6, "[IPv6:2001:db8:c:1::77]", "literal-mismatch");
	/* The other family's address cannot be compared. */
	expect(&usual6, "[198.51.101.77]", "");
	expect(&usual, "[IPv6:2001:db8:c:1::77]", "");
	expect(&usual, "[192.168.1.2]", "private-literal");
	expect(&usual, "[100.64.0.1]", "private-literal");
	expect(&usual6, "[IPv6:fe80::1]", "private-literal");
	expect(&usual, "[]", "bad-literal");
	expect(&usual, "[", "bad-literal");
	expect(&usual, "[1.2.3]", "bad-literal");
	expect(&usual, "[0.1.2.3]", "bad-literal");
	expect(&usual, "[198.51.100.77", "bad-literal");
	expect(&usual, "[198.51.100.77]x", "bad-literal");
	expect(&usual, "[mail.example.org]", "bad-literal");
	expect(&usual, "[IPv6:198.51.100.77]", "bad-literal");
	expect(&usual, "[X400:1]", "bad-literal");
	expect(&usual6, "[" CLIENT6 "]", "bad-literal");
	expect(&usual6, "[IPv6:fe80::1%eth0]", "bad-literal");
}

static void localhosts(void **state)
{
	static const char *const names[] = {
		"localhost",       "LOCALHOST.",  "localhost.localdomain",
		"www.localdomain", "a.localhost", "127.0.0.1",
		"[127.0.0.1]",     "[127.8.9.1]", "::1",
		"[::1]",           "[IPv6:::1]",  "[IPv6:::ffff:127.0.0.1]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect(&usual, names[i], "localhost");
}

static void dynamic_names(void **state)
{
	static const struct what client = {"192.0.2.7", SERVER, NULL};
	static const char *const dynamic[] = {
		"192.0.2.7.isp.example",       "7.2.0.192.isp.example",
		"host-192-0-2-7.isp.example",  "ip4-192-0-2-7.isp.example",
		"192-000-002-007.isp.example", "host192000002007.isp.example",
		"007002000192.isp.example",    "pC0000207.dip.example",
		"070200c0.isp.example",        "adsl-2-7.isp.example",
		"7-2.pool.isp.example",        "dhcp2.7.isp.example",
		"2-7.dyn.isp.example",
	};
	static const char *const harmless[] = {
		"192.0.2.isp.example",         "host-192-0-2-70.isp.example",
		"host-1192-0-2-7.isp.example", "0-2-7.isp.example",
		"2-7.dynadot.example",         "2-7.poolside.example",
		"dsl-7.isp.example",           "192-0.dsl.isp.example",
		"dynamic.isp.example",         "192--0--2--7.isp.example",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(dynamic[0]); i++) {
		expect(&client, dynamic[i], "dynamic");
		expect(&usual, dynamic[i], "");
		expect(&usual6, dynamic[i], "");
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		expect(&client, harmless[i], "");
	/* Names that end where the next octet should begin. */
	expect(&client, "dsl-2-", "single-label");
	expect(&client, "192-0-2-", "single-label");
}

static void sloppy_names(void **state)
{
	(void)state;
	expect(&usual, "exchange", "single-label");
	expect(&usual, "exchange.", "single-label");
	expect(&usual, "win-2k8.corp.local", "local-tld");
	expect(&usual, "router.LAN", "local-tld");
	expect(&usual, "nas.home.arpa", "local-tld");
	expect(&usual, "srv.internal", "local-tld");
	expect(&usual, "local", "single-label");
	expect(&usual, "mail_1.example.org", "underscore");
	expect(&usual, "my_pc", "single-label,underscore");
	expect(&usual, "my_pc.lan", "local-tld,underscore");
	expect(&usual, "h198_51_100_77.example.net", "dynamic,underscore");
	expect(&usual, "host-198-51-100-77", "dynamic,single-label");
}

static void details_are_escaped(void **state)
{
	struct findings f;

	(void)state;
	check(&f, &usual, "\033]0;x\a\xff", 7);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.list[0].detail, "\\x1b]0;x\\x07\\xff has the control byte 0x1b");
	check(&f, &usual, "[192.0.2.1]", 11);
	assert_string_equal(f.list[0].detail, "[192.0.2.1], but the client is " CLIENT);
}

static void random_bytes(void **state)
{
	static const char alphabet[] = "0123456789.-_:[]ipv6abcdefxyz \\\x01\xff";
	unsigned long long x = 88172645463325252ULL;
	char name[HELO_MAX + 40];

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct findings f;
		size_t len;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		len = round % 16 ? x % 24 : x % sizeof(name);
		for (size_t i = 0; i < len; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			name[i] = round % 4 ? alphabet[x % (sizeof(alphabet) - 1)] : (char)x;
		}
		check(&f, round % 2 ? &usual : &usual6, name, len);
		assert_in_range(f.count, 0, 4);
		for (size_t i = 0; i < f.count; i++)
			for (const char *c = f.list[i].detail; *c; c++)
				assert_in_range(*c, 0x20, 0x7e);
	}
}

static FILE *corpus_open(const char *name)
{
	const char *dir = getenv("MXDP_CORPUS");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/helo/%s", dir ? dir : "../shared/corpus", name);
	file = fopen(path, "r");
	if (!file)
		fprintf(stderr, "SKIPPED: no %s; set MXDP_CORPUS to the directory of the corpus\n",
			path);
	return file;
}

static bool has(const struct findings *f, enum finding_id id)
{
	return findings_get(f, id) != NULL;
}

/* What Postfix's own tests say of a name's form. What they say by DNS or by table is not ours. */
static void postfix_vectors(void **state)
{
	FILE *file = corpus_open("postfix_vectors.tsv");
	char line[1024];
	int count = 0;

	(void)state;
	if (!file)
		skip();
	while (fgets(line, sizeof(line), file)) {
		char *save, *name, *reply;
		struct findings f;
		bool bad;

		assert_non_null(strtok_r(line, "\t", &save));
		name = strtok_r(NULL, "\t", &save);
		reply = strtok_r(NULL, "\n", &save);
		assert_non_null(reply);
		check(&f, &usual, name, strlen(name));
		bad = has(&f, FINDING_HELO_BAD_LITERAL) || has(&f, FINDING_HELO_NUMERIC_TLD);
		if (bad != (strstr(reply, "invalid ip address") != NULL))
			fail_msg("%s: Postfix says \"%s\"", name, reply);
		if (strstr(reply, "need fully-qualified") && !has(&f, FINDING_HELO_SINGLE_LABEL))
			fail_msg("%s: Postfix says \"%s\"", name, reply);
		assert_false(has(&f, FINDING_HELO_ILLEGAL));
		count++;
	}
	fclose(file);
	assert_int_equal(count, 38);
}

/* Names from public logs: only the two that nobody else bears may block by themselves. */
static void names_of_bots(void **state)
{
	FILE *file = corpus_open("bots.tsv");
	struct policy policy;
	char line[1024];
	int convicted = 0, suspected = 0, count = 0;

	(void)state;
	if (!file)
		skip();
	policy_defaults(&policy);
	while (fgets(line, sizeof(line), file)) {
		const struct finding *finding;
		struct decision decision;
		struct findings f;
		bool table;

		if (line[0] == '#')
			continue;
		line[strcspn(line, "\t\n")] = '\0';
		check(&f, &usual, line, strlen(line));
		decision = policy_decide(&policy, &f, 0);
		finding = findings_get(&f, FINDING_HELO_KNOWN_BOT);
		table = !strcmp(line, "ylmf-pc") || !strcmp(line, "masscan");
		assert_int_equal(decision.kind == DECISION_BLOCK, table);
		convicted += finding && !finding->mild;
		suspected += finding && finding->mild;
		count++;
	}
	fclose(file);
	assert_int_equal(convicted, 2);
	assert_int_equal(suspected, 3);
	assert_true(count >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_names_pass),
		cmocka_unit_test(our_address),
		cmocka_unit_test(our_name),
		cmocka_unit_test(illegal_bytes),
		cmocka_unit_test(bots),
		cmocka_unit_test(addresses),
		cmocka_unit_test(localhosts),
		cmocka_unit_test(dynamic_names),
		cmocka_unit_test(sloppy_names),
		cmocka_unit_test(details_are_escaped),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(postfix_vectors),
		cmocka_unit_test(names_of_bots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
