// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of `mxdpctl outcome -': times, words, and what is none. And the awk programs that make such
 * lines of a mail server's log, which strangers write into.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/cli/outcome_line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOON         1769860800 /* 2026-01-31T12:00:00Z */

static bool parse(struct outcome_line *out, const char *line)
{
	const char *why;
	char text[256];

	snprintf(text, sizeof(text), "%s", line);
	return outcome_line_parse(out, text, &why);
}

static void words(void **state)
{
	struct outcome_line line;
	char text[ADDR_TEXT];

	(void)state;
	assert_true(parse(&line, "192.0.2.9 accepted"));
	assert_false(line.timed);
	assert_string_equal(addr_format(text, &line.client), "192.0.2.9");
	assert_int_equal(line.outcome, OUTCOME_ACCEPTED);
	assert_true(parse(&line, " \t2001:db8::9 \t refused \t"));
	assert_string_equal(addr_format(text, &line.client), "2001:db8::9");
	assert_int_equal(line.outcome, OUTCOME_REFUSED);
	assert_true(parse(&line, "::ffff:192.0.2.9 refused"));
	assert_string_equal(addr_format(text, &line.client), "192.0.2.9");
}

static void bad_lines(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"", "write ADDRESS"},
		{"accepted", "write ADDRESS"},
		{"192.0.2.9/32 accepted", "write ADDRESS"},
		{"192.0.2.256 accepted", "write ADDRESS"},
		{"mail.example.org accepted", "write ADDRESS"},
		{"2026-01-31T12:00:00Z", "write ADDRESS"},
		{"2026-01-31T12:00:00Z 2026-01-31T12:00:00Z 192.0.2.9 accepted", "write ADDRESS"},
		{"192.0.2.9", "accepted or refused"},
		{"192.0.2.9 perhaps", "accepted or refused"},
		{"192.0.2.9 unknown", "accepted or refused"},
		{"192.0.2.9 nothing", "accepted or refused"},
		{"192.0.2.9 ACCEPTED", "accepted or refused"},
		{"192.0.2.9 accepted 192.0.2.8", "nothing more"},
	};
	struct outcome_line line;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = "";
		char text[256];

		snprintf(text, sizeof(text), "%s", bad[i].line);
		if (outcome_line_parse(&line, text, &why) || !strstr(why, bad[i].says))
			fail_msg("`%s': %s", bad[i].line, why);
	}
}

static void times(void **state)
{
	static const struct {
		const char *text;
		long long at; /* seconds from NOON; 1: no time */
	} times[] = {
		{"2026-01-31T12:00:00Z", 0},
		{"2026-01-31T12:00:00", 0},
		{"2026-01-31T12:00:00+0000", 0},
		{"2026-01-31T12:00:00+00:00", 0},
		{"2026-01-31T13:00:00+0100", 0},
		{"2026-01-31T17:30:00+05:30", 0},
		{"2026-01-31T04:30:00-07:30", 0},
		{"2026-02-01T02:00:00+1400", 0},
		{"2026-01-31T12:00:00.123456+00:00", 0},
		{"2026-01-31T12:00:02,5Z", 2},
		{"2026-02-28T12:00:00Z", 28 * 86400},
		{"2028-02-29T12:00:00Z", 759 * 86400},
		{"2026-02-29T12:00:00Z", 1},
		{"2026-13-01T12:00:00Z", 1},
		{"2026-01-31T24:00:00Z", 1},
		{"2026-01-31T12:00:00+2400", 1},
		{"2026-01-31T12:00:00+0060", 1},
		{"2026-01-31T12:00:00+1", 1},
		{"2026-01-31T12:00:00+01:0", 1},
		{"2026-01-31T12:00:00+01:000", 1},
		{"2026-01-31T12:00:00Zz", 1},
		{"2026-01-31T12:00:00.", 1},
		{"2026-01-31T12:00", 1},
		{"26-01-31T12:00:00Z", 1},
		{"+026-01-31T12:00:00Z", 1},
		{"2026-01-31", 1},
		{"12:00:00", 1},
		{"1769860800", 1},
	};
	struct outcome_line line;
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		bool is_time = times[i].at != 1;

		snprintf(text, sizeof(text), "%s 192.0.2.9 refused", times[i].text);
		if (parse(&line, text) != is_time)
			fail_msg("`%s' is %sa time", text, is_time ? "not " : "");
		if (is_time && (!line.timed || line.at != NOON + times[i].at))
			fail_msg("`%s' is %lld", text, (long long)line.at - NOON);
	}
}

/* --- the logs --- */

/* What the program makes of the lines. */
static const char *awk(const char *program, const char *lines)
{
	static char out[4096];
	char log[] = "/tmp/outcome.XXXXXX", command[512];
	int fd = mkstemp(log);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL, *pipe;
	size_t len;

	assert_non_null(file);
	fputs(lines, file);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof(command), "awk -f contrib/outcome-%s.awk %s", program, log);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	unlink(log);
	return out;
}

#define SHORT_ISO "2026-01-31T12:00:00+0000 mx "
#define CLASSIC   "Jan 31 12:00:00 mx "

static void postfix_is_read(void **state)
{
	(void)state;
	/* journalctl -o short-iso */
	assert_string_equal(
		awk("postfix",
		    "-- Journal begins at Sat 2026-01-31 10:00:00 UTC. --\n" SHORT_ISO
		    "postfix/smtpd[7]: connect from mail.example.org[192.0.2.9]\n" SHORT_ISO
		    "postfix/smtpd[7]: 4ABC12: client=mail.example.org[192.0.2.9]\n" SHORT_ISO
		    "postfix/cleanup[8]: 4ABC12: message-id=<x@example.org>\n" SHORT_ISO
		    "postfix/qmgr[9]: 4ABC12: from=<a@example.org>, size=7, nrcpt=1 (queue "
		    "active)\n" SHORT_ISO
		    "postfix/qmgr[9]: 4ABC12: from=<a@example.org>, size=7, nrcpt=1\n" SHORT_ISO
		    "postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[2001:db8::9]: 550 5.1.1 "
		    "<n@x>: no\n"),
		"2026-01-31T12:00:00+0000 192.0.2.9 accepted\n"
		"2026-01-31T12:00:00+0000 2001:db8::9 refused\n");
	/* a classic date, a port, a milter, postscreen */
	assert_string_equal(
		awk("postfix",
		    CLASSIC "postfix/smtpd[7]: 4ABC12: client=unknown[192.0.2.9]:4711\n" CLASSIC
			    "postfix/cleanup[8]: 4ABC12: milter-reject: END-OF-MESSAGE from "
			    "unknown[192.0.2.9]: 5.7.1 no\n" CLASSIC
			    "postfix/postscreen[3]: NOQUEUE: reject: RCPT from [192.0.2.8]:4711: "
			    "550 no\n"),
		"192.0.2.9 refused\n192.0.2.8 refused\n");
	/* our own users and our own host */
	assert_string_equal(
		awk("postfix", CLASSIC
		    "postfix/submission/smtpd[7]: 4ABC12: client=unknown[192.0.2.9]\n" CLASSIC
		    "postfix/qmgr[9]: 4ABC12: from=<a@example.org>, size=7\n" CLASSIC
		    "postfix/smtpd[7]: 4ABC13: client=localhost[127.0.0.1]\n" CLASSIC
		    "postfix/qmgr[9]: 4ABC13: from=<a@example.org>, size=7\n" CLASSIC
		    "postfix/pickup[7]: 4ABC14: uid=0 from=<root>\n" CLASSIC
		    "postfix/qmgr[9]: 4ABC14: from=<root@example.org>, size=7\n"),
		"");
}

/* What strangers chose stands behind the words that count, whatever it looks like. */
static void postfix_is_not_fooled(void **state)
{
	(void)state;
	assert_string_equal(
		awk("postfix", CLASSIC
		    "postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 550 no; "
		    "from=<a@[203.0.113.1]> to=<b@x> proto=ESMTP helo=<[203.0.113.1]>\n" CLASSIC
		    "postfix/smtpd[7]: warning: non-SMTP command from unknown[192.0.2.9]: "
		    "postfix/smtpd[7]: 4ABC12: client=x[203.0.113.1]\n" CLASSIC
		    "postfix/qmgr[9]: 4ABC12: from=<a@example.org>, size=7\n" CLASSIC
		    "postfix/smtpd[7]: improper command pipelining after EHLO from "
		    "unknown[192.0.2.9]: reject: RCPT from x[203.0.113.1]:\n" CLASSIC
		    "postfix/cleanup[8]: 4ABC15: message-id=<client=x[203.0.113.1]>\n" CLASSIC
		    "postfix/cleanup[8]: 4ABC15: client=x[203.0.113.1]\n" CLASSIC
		    "postfix/qmgr[9]: 4ABC15: from=<client=x[203.0.113.1]>, size=7\n" CLASSIC
		    "sshd[4]: postfix/smtpd[7]: 4ABC16: client=x[203.0.113.1]\n"),
		"192.0.2.9 refused\n");
}

#define EXIM "2026-01-31 12:00:00 "

static void exim_is_read(void **state)
{
	(void)state;
	assert_string_equal(
		awk("exim", EXIM
		    "1vX0ab-0001Cd-2E <= a@example.org H=mail.example.org [192.0.2.1] P=esmtp "
		    "S=1\n" EXIM "1vX0ab-00000001Cde-2E3F <= a@example.org H=(x) [192.0.2.2]:4711 "
		    "I=[203.0.113.25]:25 P=esmtps\n" EXIM
		    "+0100 [77] 1vX0ab-0001Cd-2E <= <> H=m.example.org (x) [2001:db8::3] "
		    "P=esmtp\n" EXIM
		    "1vX0ab-0001Cd-2E <= a@example.org H=[192.0.2.4] P=smtp S=1\n"),
		"192.0.2.1 accepted\n192.0.2.2 accepted\n2001:db8::3 accepted\n"
		"192.0.2.4 accepted\n");
	assert_string_equal(
		awk("exim", EXIM
		    "H=mail.example.org (x) [192.0.2.1] F=<a@example.org> rejected RCPT "
		    "<n@x>: no such user\n" EXIM
		    "H=(x) [192.0.2.2]:4711 F=<a@example.org> temporarily rejected RCPT "
		    "<n@x>: later\n" EXIM
		    "1vX0ab-0001Cd-2E H=(x) [192.0.2.3] F=<a@x> rejected after DATA: spam\n" EXIM
		    "H=[192.0.2.4] rejected connection in \"connect\" ACL: go away\n" EXIM
		    "H=[192.0.2.5] rejected EHLO or HELO a_b: syntactically invalid "
		    "argument(s): a_b\n" EXIM "no host name found for IP address 192.0.2.6\n"),
		"192.0.2.1 refused\n192.0.2.2 refused\n192.0.2.3 refused\n192.0.2.4 refused\n"
		"192.0.2.5 refused\n");
	/* users that logged in, our own host, what is delivered */
	assert_string_equal(awk("exim",
				EXIM "1vX0ab-0001Cd-2E <= a@x H=(x) [192.0.2.1] P=esmtpsa "
				     "A=plain_login:joe S=1\n" EXIM
				     "1vX0ab-0001Cd-2E <= a@x U=root P=local S=1\n" EXIM
				     "1vX0ab-0001Cd-2E <= a@x H=localhost [127.0.0.1] P=smtp\n" EXIM
				     "1vX0ab-0001Cd-2E => b@x R=smart T=smtp H=out [192.0.2.1]\n"),
			    "");
}

static void exim_is_not_fooled(void **state)
{
	(void)state;
	assert_string_equal(
		awk("exim",
		    EXIM "1vX0ab-0001Cd-2E <= \"a H=(x) [203.0.113.1] b\"@x H=(y) [192.0.2.1] "
			 "P=esmtp\n" EXIM
			 "1vX0ab-0001Cd-2E <= \"a\\\" H=(x) [203.0.113.1] b\"@x H=([203.0.113.1]) "
			 "[192.0.2.2] P=esmtp\n" EXIM
			 "H=[192.0.2.3] rejected EHLO or HELO a [203.0.113.1]: syntactically "
			 "invalid\n" EXIM "H=([203.0.113.1]) [192.0.2.4] F=<a> rejected RCPT "
			 "<\"b H=(x) [203.0.113.1]\"@x>: no\n" EXIM
			 "SMTP syntax error in \"H=(x) [203.0.113.1] rejected RCPT\" H=(y) "
			 "[192.0.2.5] unrecognized command\n"),
		"192.0.2.1 accepted\n192.0.2.2 accepted\n192.0.2.3 refused\n192.0.2.4 refused\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(times),
		cmocka_unit_test(postfix_is_read),
		cmocka_unit_test(postfix_is_not_fooled),
		cmocka_unit_test(exim_is_read),
		cmocka_unit_test(exim_is_not_fooled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
