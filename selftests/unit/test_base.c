// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses, durations and escaped bytes: text in, text out. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/addr.h"
#include "../../user/base/duration.h"
#include "../../user/base/escape.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void addresses_read_and_print(void **state)
{
	static const char *const same[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"::", "::"},
		{"::1", "::1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::ffff:c000:201", "192.0.2.1"},
	};
	char text[ADDR_TEXT];
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_true(addr_parse(&addr, same[i][0]));
		assert_string_equal(addr_format(text, &addr), same[i][1]);
	}
	assert_true(addr_parse(&addr, "::ffff:192.0.2.1"));
	assert_true(addr_is_v4(&addr));
	assert_true(addr_parse(&addr, "::192.0.2.1"));
	assert_false(addr_is_v4(&addr));
}

static void addresses_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",           " 192.0.2.1",     "192.0.2.1 ",  "192.0.2",       "192.0.2.256",
		"192.0.2.01", "0x7f.0.0.1",     "192.0.2.1.5", "2130706433",    "192.0.2.1/32",
		"[::1]",      "::1%lo",         "2001:db8:::", "2001:db8::1::", "1:2:3:4:5:6:7:8:9",
		"g::",        "mx.example.net",
	};
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(addr_parse(&addr, bad[i]));
}

static void prefixes_read_and_print(void **state)
{
	static const struct {
		const char *text;
		unsigned plen;
		const char *printed;
	} good[] = {
		{"192.0.2.0/24", 120, "192.0.2.0/24"},
		{"192.0.2.1", 128, "192.0.2.1"},
		{"192.0.2.1/32", 128, "192.0.2.1"},
		{"0.0.0.0/0", 96, "0.0.0.0/0"},
		{"10.0.0.0/7", 103, "10.0.0.0/7"},
		{"::ffff:192.0.2.0/120", 120, "192.0.2.0/24"},
		{"2001:db8::/32", 32, "2001:db8::/32"},
		{"2001:db8::1/128", 128, "2001:db8::1"},
		{"::/0", 0, "::/0"},
		{"2001:db8:8000::/33", 33, "2001:db8:8000::/33"},
	};
	char text[ADDR_TEXT];
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(prefix_parse(&prefix, good[i].text));
		assert_int_equal(prefix.plen, good[i].plen);
		assert_string_equal(prefix_format(text, &prefix), good[i].printed);
	}
}

static void prefixes_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"/24",
		"192.0.2.0/",
		"192.0.2.0/33",
		"192.0.2.1/24",
		"192.0.2.0/024",
		"192.0.2.0/+24",
		"192.0.2.0/-1",
		"192.0.2.0/24/1",
		"192.0.2.0/24 ",
		"192.0.2.0/4294967320",
		"2001:db8::/129",
		"2001:db8::1/64",
		"2001:db8::/a",
		"192.0.2/24",
		"2001:db8:4000::/33",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8",
	};
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(prefix_parse(&prefix, bad[i]));
}

static struct prefix network(const char *text)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text));
	return prefix;
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text));
	return addr;
}

/* At every length: the prefix of an address holds it, and not the address with the last bit of the
 * prefix turned. */
static void prefixes_of_every_length(void **state)
{
	const struct addr addr = address("2001:db8:5555:aaaa:5555:aaaa:5555:aaaa");

	(void)state;
	for (unsigned plen = 1; plen <= ADDR_BITS; plen++) {
		struct prefix prefix = prefix_of(&addr, plen);
		struct addr other = addr;

		other.b[(plen - 1) / 8] ^= (unsigned char)(0x80 >> ((plen - 1) % 8));
		assert_true(prefix_contains(&prefix, &addr));
		assert_false(prefix_contains(&prefix, &other));
	}
}

static void networks_compare(void **state)
{
	struct prefix wide = network("198.51.100.0/24"), narrow = network("198.51.100.128/25");
	struct prefix beside = network("198.51.101.0/24"), all = network("::/0");
	struct addr in = address("198.51.100.7"), out = address("198.51.101.7");

	(void)state;
	assert_true(prefix_contains(&wide, &in));
	assert_false(prefix_contains(&wide, &out));
	assert_false(prefix_contains(&narrow, &in));
	assert_true(prefix_contains(&all, &in));
	assert_true(prefix_overlaps(&wide, &narrow) && prefix_overlaps(&narrow, &wide));
	assert_false(prefix_overlaps(&wide, &beside) || prefix_overlaps(&beside, &wide));
	assert_true(prefix_overlaps(&wide, &all));
	assert_true(prefix_equal(&wide, &wide));
	assert_false(prefix_equal(&wide, &narrow));
	assert_true(addr_equal(&in, &in));
	assert_false(addr_equal(&in, &out));
}

static void special_networks(void **state)
{
	static const char *const special[] = {
		"0.0.0.0",   "10.1.2.3",        "100.64.0.1",      "100.127.255.255",
		"127.0.0.1", "169.254.1.1",     "172.16.0.1",      "172.31.255.255",
		"192.0.0.1", "192.168.0.1",     "198.18.0.1",      "198.19.255.1",
		"224.0.0.1", "240.0.0.1",       "255.255.255.255", "::",
		"::1",       "64:ff9b::c000:1", "64:ff9b:1::1",    "100::1",
		"2001:2::1", "5f00::1",         "fc00::1",         "fd12::1",
		"fe80::1",   "fec0::1",         "ff02::1",         "::ffff:10.0.0.1",
	};
	static const char *const global[] = {
		"1.1.1.1",      "9.255.255.255",   "11.0.0.0",    "100.63.255.255",
		"100.128.0.0",  "172.15.255.255",  "172.32.0.0",  "192.0.1.0",
		"192.0.2.1",    "198.17.255.255",  "198.20.0.0",  "198.51.100.7",
		"203.0.113.25", "223.255.255.255", "2001:db8::1", "2001:db8:100::7",
		"2606:4700::1", "64:ff9b:2::1",    "::2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(special); i++) {
		struct addr addr = address(special[i]);

		assert_non_null(addr_special(&addr));
	}
	for (size_t i = 0; i < COUNT(global); i++) {
		struct addr addr = address(global[i]);

		assert_null(addr_special(&addr));
	}
	/* A block whose own address had host bits set would never match. */
	for (size_t i = 0; i < special_nets_count; i++) {
		const struct prefix *p = &special_nets[i].prefix;
		struct prefix clean = prefix_of(&p->addr, p->plen);

		assert_true(prefix_equal(p, &clean));
	}
}

static void durations_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} good[] = {
		{"1", 1},
		{"90", 90},
		{"90s", 90},
		{"30m", 1800},
		{"1h30m", 5400},
		{"7d", 604800},
		{"2w", 1209600},
		{"1d1h1m1s", 90061},
		{"520w", 314496000},
		{"3650d", 315360000},
		{"007s", 7},
	};
	static const char *const bad[] = {
		"",
		"0",
		"0s",
		"s",
		"m5",
		"5x",
		"1h30",
		"-5s",
		"+5s",
		" 5s",
		"5s ",
		"5 s",
		"1.5h",
		"5S",
		"3651d",
		"315360001",
		"99999999999999999999",
		"18446744073709551617",
		"18446744073709551616w",
		"1h\n",
	};
	uint32_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(duration_parse(&seconds, good[i].text));
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(duration_parse(&seconds, bad[i]));
}

static void durations_print(void **state)
{
	static const struct {
		uint32_t seconds;
		const char *text;
	} good[] = {
		{0, "0s"},
		{1, "1s"},
		{59, "59s"},
		{60, "1m"},
		{90, "1m30s"},
		{3600, "1h"},
		{3601, "1h1s"},
		{5400, "1h30m"},
		{86399, "23h59m"},
		{86400, "1d"},
		{86405, "1d5s"},
		{604800, "1w"},
		{604801, "7d1s"},
		{691200, "8d"},
		{2592000, "30d"},
		{90061, "1d1h"},
		{UINT32_MAX, "49710d6h"},
	};
	char text[DURATION_TEXT];
	uint32_t back;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_string_equal(duration_format(text, good[i].seconds), good[i].text);
	/* Two units are exact for whole minutes up to a day, and for whole hours up to a month. */
	for (uint32_t s = 60; s < 86400; s += 60)
		assert_true(duration_parse(&back, duration_format(text, s)) && back == s);
	for (uint32_t s = 3600; s < 31 * 86400; s += 3600)
		assert_true(duration_parse(&back, duration_format(text, s)) && back == s);
}

static void bytes_escape(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(escape_bytes(text, sizeof(text), "mx.example.net", 14),
			    "mx.example.net");
	assert_string_equal(escape_bytes(text, sizeof(text), "", 0), "");
	assert_string_equal(escape_bytes(text, sizeof(text), "a\\b\n\x1b[0m\0\xff\x7f", 11),
			    "a\\\\b\\x0a\\x1b[0m\\x00\\xff\\x7f");
}

/* Whatever the bytes and the room: terminated inside it, printable, and cut only between escapes,
 * which the dots then tell. */
static void escapes_stay_inside(void **state)
{
	(void)state;
	for (size_t size = 8; size < 40; size++) {
		for (size_t len = 0; len < 40; len++) {
			unsigned char *bytes = malloc(len ? len : 1);
			char *text = malloc(size);
			size_t full = 0;

			for (size_t i = 0; i < len; i++) {
				bytes[i] = (unsigned char)(i % 3 ? 'a' + i % 26 : i * 7 % 32);
				full += i % 3 ? 1 : 4;
			}
			escape_bytes(text, size, bytes, len);
			assert_true(strlen(text) < size);
			assert_int_equal(strlen(text) > 3 &&
						 !strcmp(text + strlen(text) - 3, "..."),
					 full >= size);
			if (full < size)
				assert_int_equal(strlen(text), full);
			free(bytes);
			free(text);
		}
	}
}

/* Wherever zeros stand, addresses are written as everybody else writes them. */
static void addresses_as_text(void **state)
{
	char text[ADDR_TEXT], expected[ADDR_TEXT];

	(void)state;
	for (unsigned zeros = 0; zeros < 0x10000; zeros++) {
		struct addr addr = {0};

		for (int i = 0; i < 16; i++)
			addr.b[i] = zeros >> i & 1 ? 0 : (unsigned char)(0x1b * i + 7);
		addr_format(text, &addr);
		assert_non_null(inet_ntop(AF_INET6, addr.b, expected, sizeof(expected)));
		assert_string_equal(text, expected);
		addr = addr_from_v4(addr.w[zeros & 3]);
		addr_format(text, &addr);
		assert_non_null(inet_ntop(AF_INET, addr.b + 12, expected, sizeof(expected)));
		assert_string_equal(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_read_and_print),
		cmocka_unit_test(addresses_that_are_none),
		cmocka_unit_test(addresses_as_text),
		cmocka_unit_test(prefixes_read_and_print),
		cmocka_unit_test(prefixes_that_are_none),
		cmocka_unit_test(prefixes_of_every_length),
		cmocka_unit_test(networks_compare),
		cmocka_unit_test(special_networks),
		cmocka_unit_test(durations_read),
		cmocka_unit_test(durations_print),
		cmocka_unit_test(bytes_escape),
		cmocka_unit_test(escapes_stay_inside),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
