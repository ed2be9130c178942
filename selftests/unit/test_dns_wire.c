// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that may be asked about, and rdata made into answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/wire.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A record of a string literal, which may hold zeros. */
#define RECORD(text)                   \
	{                              \
		text, sizeof(text) - 1 \
	}
#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"

struct record {
	const char *data;
	int len;
};

/* Exact copies on the heap, so that ASan sees a read beyond their end. */
static void read_records(struct dns_answer *answer, enum dns_type type, const struct record *list,
			 size_t count)
{
	char **data = calloc(count + 1, sizeof(*data));
	int *len = calloc(count + 1, sizeof(*len));

	assert_true(data && len);
	for (size_t i = 0; i < count; i++) {
		data[i] = malloc(list[i].len ? (size_t)list[i].len : 1);
		assert_non_null(data[i]);
		memcpy(data[i], list[i].data, (size_t)list[i].len);
		len[i] = list[i].len;
	}
	memset(answer, 0, sizeof(*answer));
	wire_records(answer, type, data, len);
	for (size_t i = 0; i < count; i++)
		free(data[i]);
	free(data);
	free(len);
}

static void assert_addr(const struct addr *addr, const char *text)
{
	char shown[ADDR_TEXT];

	assert_string_equal(addr_format(shown, addr), text);
}

static void names_that_can_be_asked(void **state)
{
	static const char *const good[][2] = {
		{"mail.example.net", "mail.example.net"},
		{"MAIL.Example.NET", "mail.example.net"},
		{"2.0.0.127.bl.example", "2.0.0.127.bl.example"},
		{"_dmarc.example.net", "_dmarc.example.net"},
		{"net", "net"},
		{"a/b@c\"d.example", "a/b@c\"d.example"},
		{LABEL_63 ".example", LABEL_63 ".example"},
	};
	static const char *const bad[] = {
		"",
		".",
		".example",
		"example.",
		"a..example",
		"a b.example",
		"a\\.b.example",
		"a\\046b.example",
		"a\tb.example",
		"a\x7f.example",
		"m\xc3\xbcller.example",
		LABEL_63 "x.example",
	};
	char name[DNS_NAME];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(wire_name_copy(name, good[i][0]));
		assert_string_equal(name, good[i][1]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(wire_name_copy(name, bad[i]));
}

/* RFC 1035 2.3.4: 255 on the wire are 253 as text. */
static void names_of_greatest_length(void **state)
{
	char text[300], name[DNS_NAME];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t dot = 63; dot < sizeof(text); dot += 64)
		text[dot] = '.';
	text[253] = '\0';
	assert_true(wire_name_copy(name, text));
	assert_string_equal(name, text);
	text[253] = 'a';
	text[254] = '\0';
	assert_false(wire_name_copy(name, text));
}

static void names_read_from_the_wire(void **state)
{
	static const struct {
		struct record record;
		const char *name; /* NULL: none */
	} cases[] = {
		{RECORD("\4mail\7EXAMPLE\3net\0"), "mail.example.net"},
		{RECORD("\1a\0"), "a"},
		{RECORD("\0"), ""},
		{RECORD(""), NULL},
		{RECORD("\4mail\7example\3net"), NULL}, /* no end */
		{RECORD("\4mail\0x"), NULL},            /* more behind the end */
		{RECORD("\4mail\0\0"), NULL},
		{RECORD("\5mail\0"), NULL},      /* a label longer than what is left */
		{RECORD("\4ma.l\3net\0"), NULL}, /* a dot inside a label */
		{RECORD("\4ma\0l\3net\0"), NULL},
		{RECORD("\4ma\\l\3net\0"), NULL},
		{RECORD("\4ma l\3net\0"), NULL},
		{RECORD("\4ma\nl\3net\0"), NULL},
		{RECORD("\4ma\xffl\3net\0"), NULL},
		{RECORD("\4mail\xc0\x0c"), NULL}, /* a compression pointer */
		{RECORD("\x41mail\0"), NULL},
	};
	char name[DNS_NAME];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct record *r = &cases[i].record;
		char *copy = malloc(r->len ? (size_t)r->len : 1);

		assert_non_null(copy);
		memcpy(copy, r->data, (size_t)r->len);
		assert_int_equal(wire_name_read(name, copy, (size_t)r->len), cases[i].name != NULL);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
		free(copy);
	}
}

static void longest_name_from_the_wire(void **state)
{
	unsigned char wire[300];
	char name[DNS_NAME];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		size_t label = i < 3 ? 63 : 61;

		wire[len++] = (unsigned char)label;
		memset(wire + len, 'x', label);
		len += label;
	}
	wire[len++] = 0;
	assert_int_equal(len, 255);
	assert_true(wire_name_read(name, wire, len));
	assert_int_equal(strlen(name), 253);
	wire[3 * 64]++;
	wire[len - 1] = 'x';
	wire[len++] = 0;
	assert_false(wire_name_read(name, wire, len));
}

static void addresses_in_order(void **state)
{
	static const struct record v4[] = {RECORD("\x7f\0\0\2"), RECORD("\x7f\0\0"),
					   RECORD("\x7f\0\0\3\0"), RECORD("\xc0\0\2\1")};
	static const struct record v6[] = {
		RECORD("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
		RECORD("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\2"), /* in IPv4's clothes */
		RECORD("\x20\1\x0d\xb8"),
		RECORD("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	};
	struct dns_answer answer;

	(void)state;
	read_records(&answer, DNS_A, v4, COUNT(v4));
	assert_int_equal(answer.count, 2);
	assert_addr(&answer.addr[0], "127.0.0.2");
	assert_addr(&answer.addr[1], "192.0.2.1");
	read_records(&answer, DNS_AAAA, v6, COUNT(v6));
	assert_int_equal(answer.count, 2);
	assert_addr(&answer.addr[0], "2001:db8::1");
	assert_addr(&answer.addr[1], "::1");
}

static void no_more_than_there_is_room(void **state)
{
	struct record many[DNS_RECORDS + 5];
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct record)RECORD("\x7f\0\0\2");
	read_records(&answer, DNS_A, many, COUNT(many));
	assert_int_equal(answer.count, DNS_RECORDS);
}

static void reverse_names(void **state)
{
	static const struct record list[] = {RECORD("\4Mail\7example\3net\0"), RECORD("\0"),
					     RECORD("\3a.b\0"), RECORD("\3two\7example\3net\0")};
	struct dns_answer answer;

	(void)state;
	read_records(&answer, DNS_PTR, list, COUNT(list));
	assert_int_equal(answer.count, 2);
	assert_string_equal(answer.name[0], "mail.example.net");
	assert_string_equal(answer.name[1], "two.example.net");
}

static void mail_servers_by_preference(void **state)
{
	static const struct record list[] = {
		RECORD("\0\x14\1c\0"), RECORD("\0\x0a\1a\0"), RECORD("\1\0\1d\0"),
		RECORD("\0\x0a\1b\0"), RECORD("\0"),          RECORD("\0\1\2x"),
		RECORD("\0\1\3x.y\0"),
	};
	static const struct record null_mx[] = {RECORD("\0\0\0")};
	struct dns_answer answer;

	(void)state;
	read_records(&answer, DNS_MX, list, COUNT(list));
	assert_int_equal(answer.count, 4);
	assert_string_equal(answer.name[0], "a");
	assert_string_equal(answer.name[1], "b");
	assert_string_equal(answer.name[2], "c");
	assert_string_equal(answer.name[3], "d");
	read_records(&answer, DNS_MX, null_mx, COUNT(null_mx));
	assert_int_equal(answer.count, 1);
	assert_string_equal(answer.name[0], "");
}

/* The best come last: they push out those that were kept. */
static void the_best_of_many_mail_servers(void **state)
{
	struct record many[DNS_RECORDS * 2];
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char data[COUNT(many)][5];
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++) {
		const char rdata[5] = {0, (char)(COUNT(many) - i), 1, digits[i], 0};

		memcpy(data[i], rdata, sizeof(rdata));
		many[i] = (struct record){data[i], sizeof(data[i])};
	}
	read_records(&answer, DNS_MX, many, COUNT(many));
	assert_int_equal(answer.count, DNS_RECORDS);
	for (size_t i = 0; i < DNS_RECORDS; i++) {
		const char want[2] = {digits[COUNT(many) - 1 - i], 0};

		assert_string_equal(answer.name[i], want);
	}
}

static void texts_joined_and_escaped(void **state)
{
	static const struct {
		struct record record;
		const char *text; /* NULL: does not parse */
	} cases[] = {
		{RECORD("\5hello"), "hello"},
		{RECORD("\2he\3llo"), "hello"},
		{RECORD("\0"), ""},
		{RECORD("\5a\x1b[2J"), "a\\x1b[2J"},
		{RECORD("\3\0\xff\\"), "\\x00\\xff\\\\"},
		{RECORD(""), NULL},
		{RECORD("\6hello"), NULL},
		{RECORD("\5hello\1"), NULL},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		read_records(&answer, DNS_TXT, &cases[i].record, 1);
		assert_int_equal(answer.count, cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(answer.text, cases[i].text);
	}
}

static void first_text_of_those_that_parse(void **state)
{
	static const struct record list[] = {RECORD("\6short"), RECORD("\3one"), RECORD("\3two")};
	struct dns_answer answer;

	(void)state;
	read_records(&answer, DNS_TXT, list, COUNT(list));
	assert_int_equal(answer.count, 1);
	assert_string_equal(answer.text, "one");
}

static void long_text_is_cut(void **state)
{
	char rdata[1024];
	struct record record = {rdata, sizeof(rdata)};
	struct dns_answer answer;

	(void)state;
	memset(rdata, 'x', sizeof(rdata));
	for (size_t i = 0; i < sizeof(rdata); i += 256)
		rdata[i] = (char)255;
	read_records(&answer, DNS_TXT, &record, 1);
	assert_int_equal(answer.count, 1);
	assert_true(strlen(answer.text) > DNS_TEXT - 8);
	assert_string_equal(answer.text + strlen(answer.text) - 4, "x...");
}

/* One among others, whatever stands before it; joined without blanks, its bytes as they are. */
static void spf_record_of_all(void **state)
{
	static const struct record list[] = {
		RECORD("\3one"),
		RECORD("\7v=spf10"),
		RECORD("\7v=sPf1 \4mx\x1b-\0\3all"),
		RECORD("\5v=spf"),
	};
	static const struct record two[] = {RECORD("\6v=spf1"), RECORD("\11V=SPF1 mx")};
	static const struct record zero[] = {RECORD("\12v=spf1 \0mx")};
	struct dns_answer answer;

	(void)state;
	read_records(&answer, DNS_TXT, list, COUNT(list));
	assert_string_equal(answer.text, "one");
	assert_int_equal(answer.spf_count, 1);
	assert_false(answer.spf_unfit);
	assert_string_equal(answer.spf, "v=sPf1 mx\x1b-all");
	read_records(&answer, DNS_TXT, two, COUNT(two));
	assert_int_equal(answer.spf_count, 2);
	read_records(&answer, DNS_TXT, zero, COUNT(zero));
	assert_int_equal(answer.spf_count, 1);
	assert_true(answer.spf_unfit);
	read_records(&answer, DNS_TXT, list, 2);
	assert_int_equal(answer.spf_count, 0);
}

static void authority_is_seen(void **state)
{
	unsigned char message[12] = {0};

	(void)state;
	assert_false(wire_has_authority(message, sizeof(message)));
	message[9] = 1;
	assert_true(wire_has_authority(message, sizeof(message)));
	assert_false(wire_has_authority(message, 11));
	assert_false(wire_has_authority(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_can_be_asked),
		cmocka_unit_test(names_of_greatest_length),
		cmocka_unit_test(names_read_from_the_wire),
		cmocka_unit_test(longest_name_from_the_wire),
		cmocka_unit_test(addresses_in_order),
		cmocka_unit_test(no_more_than_there_is_room),
		cmocka_unit_test(reverse_names),
		cmocka_unit_test(mail_servers_by_preference),
		cmocka_unit_test(the_best_of_many_mail_servers),
		cmocka_unit_test(texts_joined_and_escaped),
		cmocka_unit_test(first_text_of_those_that_parse),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(spf_record_of_all),
		cmocka_unit_test(authority_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
