// SPDX-License-Identifier: GPL-2.0-or-later
/* SMTP line by line: verbs, replies, paths, and what opens a connection that is no SMTP. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/smtp.h"

/* A copy on the heap without a zero behind it: a parser that reads on is caught by the sanitizer.
 */
static uint8_t *copy_of(const char *text, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return copy;
}

static void commands(void **state)
{
	static const struct {
		const char *line;
		enum smtp_verb verb;
		const char *argument;
	} cases[] = {
		{"EHLO mx.example", SMTP_EHLO, "mx.example"},
		{"ehlo mx.example", SMTP_EHLO, "mx.example"},
		{"HeLo\tmx.example \t ", SMTP_HELO, "mx.example"},
		{"  EHLO  mx.example", SMTP_EHLO, "mx.example"},
		{"EHLO", SMTP_EHLO, ""},
		{"EHLO ", SMTP_EHLO, ""},
		{"EHLOx", SMTP_OTHER, "EHLOx"},
		{"EHL", SMTP_OTHER, "EHL"},
		{"", SMTP_OTHER, ""},
		{"   ", SMTP_OTHER, ""},
		{"\xc3\xa9", SMTP_OTHER, "\xc3\xa9"},
		{"STARTTLS", SMTP_STARTTLS, ""},
		{"STARTTLSX", SMTP_OTHER, "STARTTLSX"},
		{"MAIL FROM:<a@b>", SMTP_MAIL, "FROM:<a@b>"},
		{"AUTH PLAIN AGE=", SMTP_AUTH, "PLAIN AGE="},
		{"XCLIENT ADDR=1.2.3.4", SMTP_XCLIENT, "ADDR=1.2.3.4"},
		{"lhlo x", SMTP_LHLO, "x"},
		{"GET / HTTP/1.1", SMTP_OTHER, "GET / HTTP/1.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].line);
		uint8_t *line = copy_of(cases[i].line, len);
		struct smtp_command c = smtp_command_parse(line, len);

		assert_int_equal(c.verb, cases[i].verb);
		assert_int_equal(c.argument_len, strlen(cases[i].argument));
		assert_memory_equal(c.argument, cases[i].argument, c.argument_len);
		free(line);
	}
}

static void groups(void **state)
{
	static const enum smtp_verb last[] = {SMTP_EHLO, SMTP_HELO, SMTP_DATA,     SMTP_QUIT,
					      SMTP_NOOP, SMTP_AUTH, SMTP_STARTTLS, SMTP_OTHER};
	static const enum smtp_verb within[] = {SMTP_MAIL, SMTP_RCPT, SMTP_RSET, SMTP_BDAT};

	(void)state;
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
		assert_true(smtp_verb_ends_group(last[i]));
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		assert_false(smtp_verb_ends_group(within[i]));
	assert_string_equal(smtp_verb_name(SMTP_RCPT), "RCPT");
	assert_string_equal(smtp_verb_name(SMTP_OTHER), "unknown command");
}

static void replies(void **state)
{
	static const struct {
		const char *line;
		int code; /* 0: no reply */
		bool last;
		const char *text;
	} cases[] = {
		{"220 mx.example ESMTP", 220, true, "mx.example ESMTP"},
		{"250-SIZE", 250, false, "SIZE"},
		{"250", 250, true, ""},
		{"250 ", 250, true, ""},
		{"250-", 250, false, ""},
		{"599 x", 599, true, "x"},
		{"199 x", 0, false, ""},
		{"600 x", 0, false, ""},
		{"25", 0, false, ""},
		{"", 0, false, ""},
		{"2x0 x", 0, false, ""},
		{"250x", 0, false, ""},
		{"2500 x", 0, false, ""},
		{" 250 x", 0, false, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].line);
		uint8_t *line = copy_of(cases[i].line, len);
		struct smtp_reply reply;

		assert_int_equal(smtp_reply_parse(&reply, line, len), cases[i].code != 0);
		if (cases[i].code) {
			assert_int_equal(reply.code, cases[i].code);
			assert_int_equal(reply.last, cases[i].last);
			assert_int_equal(reply.text_len, strlen(cases[i].text));
			assert_memory_equal(reply.text, cases[i].text, reply.text_len);
		}
		free(line);
	}
}

static void paths(void **state)
{
	static const struct {
		const char *line;
		const char *keyword;
		const char *path; /* NULL: none */
	} cases[] = {
		{"MAIL FROM:<a@b.example>", "FROM", "a@b.example"},
		{"mail from:<a@b.example> SIZE=1", "FROM", "a@b.example"},
		{"MAIL FROM: <a@b.example>", "FROM", "a@b.example"},
		{"MAIL FROM : <a@b.example>", "FROM", "a@b.example"},
		{"MAIL FROM:<>", "FROM", ""},
		{"MAIL FROM:a@b.example BODY=8BITMIME", "FROM", "a@b.example"},
		{"MAIL FROM:<a@b.example", "FROM", "a@b.example"},
		{"MAIL FROM:<", "FROM", ""},
		{"RCPT TO:<@relay:a@b>", "TO", "@relay:a@b"},
		{"MAIL FROM:", "FROM", NULL},
		{"MAIL FROM:   ", "FROM", NULL},
		{"MAIL FROM", "FROM", NULL},
		{"MAIL", "FROM", NULL},
		{"MAIL TO:<a@b>", "FROM", NULL},
		{"RCPT TOM:<a@b>", "TO", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].line), path_len;
		uint8_t *line = copy_of(cases[i].line, len);
		struct smtp_command c = smtp_command_parse(line, len);
		const uint8_t *path;
		bool found = smtp_path(&path, &path_len, &c, cases[i].keyword);

		assert_int_equal(found, cases[i].path != NULL);
		if (found) {
			assert_int_equal(path_len, strlen(cases[i].path));
			assert_memory_equal(path, cases[i].path, path_len);
		}
		free(line);
	}
}

static void words(void **state)
{
	(void)state;
	assert_true(smtp_word((const uint8_t *)"SIZE 10", 7, "SIZE"));
	assert_true(smtp_word((const uint8_t *)"size", 4, "SIZE"));
	assert_false(smtp_word((const uint8_t *)"SIZED", 5, "SIZE"));
	assert_false(smtp_word((const uint8_t *)"SIZE", 3, "SIZE"));
	assert_false(smtp_word((const uint8_t *)"", 0, "SIZE"));
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	enum smtp_opening what;
} openings[] = {
	{BYTES("GET / HTTP/1.1\r\n"), OPENING_HTTP},
	{BYTES("POST /x"), OPENING_HTTP},
	{BYTES("CONNECT mx:25 HT"), OPENING_HTTP},
	{BYTES("PRI * HTTP/2.0\r\n"), OPENING_HTTP},
	{BYTES("SSH-2.0-Go\r\n"), OPENING_SSH},
	{BYTES("\x03\x00\x00\x13\x0e\xe0"), OPENING_RDP},
	{BYTES("\x04\x01\x00\x19\xc6\x33"), OPENING_SOCKS},
	{BYTES("\x05\x01\x00"), OPENING_SOCKS},
	{BYTES("\x05\x02\x00\x02"), OPENING_SOCKS},
	{BYTES("\x16\x03\x01\x02\x00\x01"), OPENING_TLS},
	{BYTES("PROXY TCP4 192.0"), OPENING_PROXY},
	{BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11"), OPENING_PROXY},
	{BYTES("EHLO mx.example\r"), OPENING_SMTP},
	{BYTES("QUIT\r\n"), OPENING_SMTP},
	{BYTES("\r\n"), OPENING_UNDECIDED}, /* PROXY v2 begins like that */
	{BYTES("\r\nEHLO"), OPENING_SMTP},
	{BYTES("GETX"), OPENING_SMTP},
	{BYTES("get /"), OPENING_SMTP},
	{BYTES("\x16\x04"), OPENING_SMTP},
	{BYTES("\x03\x00\x01"), OPENING_SMTP},
	{BYTES(""), OPENING_UNDECIDED},
};

static void foreign_openings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		uint8_t *data = copy_of(openings[i].bytes, openings[i].len);

		assert_int_equal(smtp_opening_of(data, openings[i].len), openings[i].what);
		free(data);
	}
}

/* However few bytes come at first: undecided, then what it is, never something else. */
static void openings_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
		for (size_t len = 0; len < openings[i].len; len++) {
			uint8_t *data = copy_of(openings[i].bytes, len);
			enum smtp_opening what = smtp_opening_of(data, len);

			assert_true(what == OPENING_UNDECIDED || what == openings[i].what);
			free(data);
		}
	assert_string_equal(smtp_opening_name(OPENING_SOCKS), "SOCKS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(groups),
		cmocka_unit_test(replies),
		cmocka_unit_test(paths),
		cmocka_unit_test(words),
		cmocka_unit_test(foreign_openings),
		cmocka_unit_test(openings_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
