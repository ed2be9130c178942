// SPDX-License-Identifier: GPL-2.0-or-later
/* The log: what a line looks like to each receiver, what stays out of it, and who may say how much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/log/fail2ban.h"
#include "../../user/log/fields.h"
#include "../../user/log/format.h"
#include "../../user/log/limit.h"

/* A verdict as events.c makes one; what a client said tries to break out of it. */
#define HOSTILE "x\nMXDP_ADDRESS=192.0.2.99\n\x1b[2J block 192.0.2.99 on mx for 1 s: \x7f\xc3\xa9"

static json_t *verdict(const char *client, bool enforced)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:b, s:f, s:s,"
			 " s:[{s:s, s:i, s:s}, {s:s, s:i, s:s}]}",
			 "event", "verdict", "client", client, "server", "203.0.113.25:25", "ports",
			 "mx", "verdict", "block", "cause", "helo-our-address", "ttl", 1800,
			 "blocked", "198.51.100.7", "mode", "enforce", "score", 12, "enforced",
			 (int)enforced, "latency_us", 85.25, "nobody_knows_this", "it", "findings",
			 "id", "helo-our-address", "points", 10, "detail", HOSTILE, "id", "bare-lf",
			 "points", 2, "detail", "");
}

static struct log_settings settings_of(enum log_format format)
{
	return (struct log_settings){.format = format, .facility = LOG_MAIL};
}

static char *formatted(char *(*how)(const struct log_settings *, const struct log_line *),
		       enum log_format format, json_t *event)
{
	const struct log_settings settings = settings_of(format);
	struct addr source;
	struct log_line line = {
		.level = LOG_LEVEL_INFO, .text = "block 198.51.100.7", .event = event};
	char *text;

	assert_true(addr_parse(&source, "198.51.100.7"));
	line.source = event ? &source : NULL;
	text = how(&settings, &line);
	assert_non_null(text);
	json_decref(event);
	return text;
}

static void assert_clean(const char *text, bool lines)
{
	for (; *text; text++)
		assert_true((*text >= 0x20 && *text < 0x7f) || (lines && *text == '\n'));
}

static void json_is_one_line(void **state)
{
	char *text =
		formatted(log_format_stderr, LOG_FORMAT_JSON, verdict("198.51.100.7:4000", true));
	json_t *object = json_loads(text, 0, NULL), *value;
	const char *name;

	(void)state;
	assert_non_null(object);
	assert_clean(text, false);
	assert_string_equal(json_string_value(json_object_get(object, "address")), "198.51.100.7");
	assert_string_equal(json_string_value(json_object_get(object, "level")), "info");
	assert_string_equal(json_string_value(json_object_get(object, "message")),
			    "block 198.51.100.7");
	assert_int_equal(json_array_size(json_object_get(object, "findings")), 2);
	assert_null(json_object_get(object, "nobody_knows_this"));
	json_object_foreach(object, name, value)
	{
		bool known = false;

		for (size_t i = 0; i < log_fields_count; i++)
			known |= !strcmp(log_fields[i].name, name);
		assert_true(known);
	}
	json_decref(object);
	free(text);

	/* A line without an event has what every line has. */
	text = formatted(log_format_stderr, LOG_FORMAT_JSON, NULL);
	object = json_loads(text, 0, NULL);
	assert_int_equal(json_object_size(object), 3);
	json_decref(object);
	free(text);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void journald_gets_fields(void **state)
{
	char *text =
		formatted(log_format_journald, LOG_FORMAT_TEXT, verdict("198.51.100.7:4000", true));

	(void)state;
	assert_clean(text, true);
	assert_true(has_line(text, "MESSAGE=block 198.51.100.7"));
	assert_true(has_line(text, "PRIORITY=6"));
	assert_true(has_line(text, "SYSLOG_FACILITY=2"));
	assert_true(has_line(text, "MXDP_ADDRESS=198.51.100.7"));
	assert_false(has_line(text, "MXDP_ADDRESS=192.0.2.99"));
	assert_true(has_line(text, "MXDP_TTL=1800"));
	assert_true(has_line(text, "MXDP_ENFORCED=true"));
	assert_true(has_line(text, "MXDP_LATENCY_US=85.2"));
	assert_true(has_line(text, "MXDP_FINDINGS=helo-our-address"));
	assert_true(has_line(text, "MXDP_FINDINGS=bare-lf"));
	assert_null(strstr(text, "NOBODY"));
	assert_null(strstr(text, "MXDP_TIME"));
	free(text);

	/* Where an event's own words hold a line end, too. */
	text = formatted(log_format_journald, LOG_FORMAT_TEXT,
			 json_pack("{s:s, s:s}", "event", "note", "text", "a\nPRIORITY=0"));
	assert_false(has_line(text, "PRIORITY=0"));
	assert_true(has_line(text, "MXDP_TEXT=a\\x0aPRIORITY=0"));
	free(text);
}

static void syslog_gets_a_head(void **state)
{
	char *text = formatted(log_format_syslog, LOG_FORMAT_TEXT, NULL), tail[64];

	(void)state;
	snprintf(tail, sizeof(tail), " mxdpd[%d]: block 198.51.100.7", (int)getpid());
	assert_memory_equal(text, "<22>", 4); /* mail.info */
	assert_string_equal(text + 4 + strlen("Jan  1 00:00:00"), tail);
	free(text);
	text = formatted(log_format_syslog, LOG_FORMAT_JSON, NULL);
	assert_non_null(strstr(text, "]: @cee: {\"time\":"));
	free(text);
}

static void expect_fail2ban(json_t *event, const char *wanted)
{
	char text[FAIL2BAN_TEXT];

	assert_int_equal(fail2ban_text(text, event), wanted != NULL);
	if (wanted)
		assert_string_equal(text, wanted);
	json_decref(event);
}

static void log_readers_get_verdicts(void **state)
{
	json_t *watch = verdict("[2001:db8::7]:4000", false);
	char *text;

	(void)state;
	expect_fail2ban(verdict("198.51.100.7:4000", true),
			"block 198.51.100.7 on mx for 1800 s: helo-our-address");
	expect_fail2ban(verdict("[2001:db8::7]:4000", false),
			"would-block 2001:db8::7 on mx for 1800 s: helo-our-address");
	json_object_set_new(watch, "verdict", json_string("watch"));
	expect_fail2ban(watch, "watch 2001:db8::7 on mx: 12 points");
	expect_fail2ban(verdict("nobody", true), NULL);
	expect_fail2ban(json_pack("{s:s, s:s}", "event", "note", "text", "x"), NULL);
	text = formatted(log_format_stderr, LOG_FORMAT_FAIL2BAN,
			 verdict("198.51.100.7:4000", true));
	assert_string_equal(text + strlen("2026-01-31T12:00:00Z"),
			    " mxdpd: block 198.51.100.7 on mx for 1800 s: helo-our-address");
	free(text);
	/* What is no verdict is written all the same. */
	text = formatted(log_format_stderr, LOG_FORMAT_FAIL2BAN, NULL);
	assert_string_equal(text + strlen("2026-01-31T12:00:00Z"), " mxdpd: block 198.51.100.7");
	free(text);
}

/* base/log.h */

static char taken[LOG_TEXT];

static void take(const struct log_line *line)
{
	snprintf(taken, sizeof(taken), "%s", line->text);
}

static void lines_are_clean(void **state)
{
	char long_text[2 * LOG_TEXT];

	(void)state;
	log_take_over(take);
	log_info("%s", HOSTILE);
	assert_clean(taken, false);
	assert_non_null(strstr(taken, "x\\x0aMXDP_ADDRESS"));
	log_info("%s", "as it \\x1b was");
	assert_string_equal(taken, "as it \\x1b was");
	memset(long_text, 27, sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_info("%s", long_text);
	assert_clean(taken, false);
	assert_true(strlen(taken) < LOG_TEXT);
	strcpy(taken, "none");
	log_debug("not wanted");
	assert_string_equal(taken, "none");
	log_take_over(NULL);
}

/* The limit */

static struct addr address(unsigned n)
{
	struct addr addr = {
		.b = {[10] = 255, 255, 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};

	return addr;
}

static unsigned say(struct log_limit *l, const struct addr *who, unsigned times, uint32_t now)
{
	unsigned said = 0;

	while (times--)
		said += log_limit_takes(l, who, 3, now);
	return said;
}

static void a_source_has_its_lines(void **state)
{
	struct log_limit *l = calloc(1, sizeof(*l));
	struct addr one = address(1), other = address(2), v6, neighbour;
	struct prefix source;
	uint32_t left_out;

	(void)state;
	assert_true(addr_parse(&v6, "2001:db8::1") && addr_parse(&neighbour, "2001:db8::2"));
	assert_int_equal(say(l, &one, 10, 0), 3); /* a machine that was just started */
	assert_int_equal(say(l, &other, 2, 0), 2);
	assert_int_equal(say(l, &one, 10, 59), 0);
	assert_false(log_limit_over(l, 59, &source, &left_out));
	/* Whoever goes on is told of all the same. */
	assert_int_equal(say(l, &one, 10, 60), 3);
	assert_true(log_limit_over(l, 60, &source, &left_out));
	assert_int_equal(left_out, 7 + 10 + 7);
	assert_true(addr_equal(&source.addr, &one));
	assert_int_equal(source.plen, ADDR_BITS);
	assert_false(log_limit_over(l, 200, &source, &left_out));
	assert_int_equal(say(l, &v6, 2, 300), 2);
	assert_int_equal(say(l, &neighbour, 2, 300), 1);
	assert_true(log_limit_over(l, 360, &source, &left_out));
	assert_int_equal(source.plen, 64);
	assert_int_equal(left_out, 1);
	free(l);
}

/* However many come, each line is said, told of or counted as forgotten. */
static void nothing_vanishes(void **state)
{
	struct log_limit *l = calloc(1, sizeof(*l));
	uint64_t said = 0, told = 0;
	struct prefix source;
	uint32_t left_out;

	(void)state;
	for (unsigned i = 0; i < 4 * LOG_LIMIT_SOURCES; i++) {
		struct addr who = address(i);

		said += say(l, &who, 5, 10);
	}
	while (log_limit_over(l, 100, &source, &left_out))
		told += left_out;
	assert_int_equal(said, 3ULL * 4 * LOG_LIMIT_SOURCES);
	assert_true(told > 0 && l->forgotten > 0);
	assert_int_equal(said + told + l->forgotten, 5ULL * 4 * LOG_LIMIT_SOURCES);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_one_line),   cmocka_unit_test(journald_gets_fields),
		cmocka_unit_test(syslog_gets_a_head), cmocka_unit_test(log_readers_get_verdicts),
		cmocka_unit_test(lines_are_clean),    cmocka_unit_test(a_source_has_its_lines),
		cmocka_unit_test(nothing_vanishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
