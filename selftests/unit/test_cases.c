// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases in the journal, and what the report makes of them: opened, counted, told of, pruned, read
 * by a later agent, and rows of anybody's hand. Real SQLite in a temporary directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/addr.h"
#include "../../user/base/clock.h"
#include "../../user/checks/finding.h"
#include "../../user/journal/report.h"
#include "../../user/journal/store_db.h"

#define BOOT  "the-first-boot"
#define LIMIT 20 /* seconds that anything here may take */

static char dir[] = "/tmp/cases.XXXXXX", path[64];

static sqlite3_int64 sql(const char *text)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	sqlite3_int64 number = -1;
	int code;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL))
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	else if (code != SQLITE_DONE)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static int begin(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char file[80];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		unlink(file);
	}
	return 0;
}

static struct store *open_store(const char *boot, size_t rows)
{
	struct store_options options = {.path = path, .boot_id = boot, .rows = rows};
	struct store *s = store_open(&options);
	struct store_state now;

	assert_non_null(s);
	store_state(s, &now);
	assert_string_equal(now.problem, "");
	return s;
}

static struct store *open_and_start(void)
{
	struct store *s = open_store(BOOT, 0);

	assert_int_equal(store_start(s), 0);
	return s;
}

static struct addr addr(const char *text)
{
	struct addr out;

	if (!addr_parse(&out, text))
		fail_msg("'%s' is no address", text);
	return out;
}

static int64_t wall(void)
{
	return (int64_t)time(NULL);
}

/* --- telling --- */

static void open_kind(struct store *s, uint64_t number, const char *client,
		      enum store_case_kind kind, const char *findings)
{
	uint32_t now = boot_seconds();
	const struct store_case c = {
		.number = number,
		.kind = kind,
		.client = addr(client),
		.ports = PORTS_MX,
		.action = ACTION_DROP,
		.cause = FINDING_HELO_OUR_ADDRESS,
		.score = 10,
		.began = now - 2,
		.at = now - 1,
		.until = now + 1800,
		.findings = findings,
		.helo = "EHLO one",
	};

	store_case(s, &c);
}

static void open_case(struct store *s, uint64_t number, const char *client)
{
	open_kind(s, number, client, CASE_WOULD_BLOCK, "helo-our-address dnsbl:zen.example");
}

static void count_session(struct store *s, uint64_t number, enum outcome outcome, bool later)
{
	const struct store_case_session session = {
		.number = number,
		.outcome = outcome,
		.later = later,
		.bytes = 100,
		.ended = boot_seconds(),
	};

	store_case_session(s, &session);
}

static void told(struct store *s, const char *client, bool accepted, int64_t at)
{
	const struct addr a = addr(client);

	store_case_told(s, &a, accepted, at);
}

/* --- in the file --- */

static void opened_and_opened_again(void **state)
{
	struct store *s = open_and_start();

	(void)state;
	open_case(s, 7, "192.0.2.1");
	open_kind(s, 8, "192.0.2.1", CASE_SPARED, "rdns-missing");
	/* Watched first, and then more was found in the same session. */
	open_kind(s, 9, "2001:db8::9", CASE_WATCHED, "helo-numeric-tld");
	open_kind(s, 9, "2001:db8::9", CASE_WOULD_BLOCK, "helo-our-address");
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM cases"), 3);
	assert_int_equal(sql("SELECT count(*) FROM cases WHERE number = 7 AND kind = 'would-block' "
			     "AND action = 'drop' AND cause = 'helo-our-address' AND score = 10 "
			     "AND ports = 'mx' AND helo = 'EHLO one' AND sessions = 0 AND "
			     "began = at - 1 AND until = at + 1801 AND last = at AND why IS NULL"),
			 1);
	assert_int_equal(sql("SELECT count(*) FROM cases WHERE number = 9 AND kind = 'would-block' "
			     "AND findings = 'helo-our-address'"),
			 1);
	assert_int_equal(sql("SELECT count(*) FROM cases WHERE kind = 'spared'"), 1);
	assert_int_equal(sql("SELECT abs(at - strftime('%s')) < 10 FROM cases"), 1);
}

static void sessions_are_counted(void **state)
{
	struct store *s = open_and_start();
	struct store_case_session words = {.number = 1, .outcome = OUTCOME_ACCEPTED, .later = true};

	(void)state;
	open_case(s, 1, "192.0.2.1");
	open_case(s, 2, "192.0.2.2");
	count_session(s, 1, OUTCOME_REFUSED, false);
	count_session(s, 1, OUTCOME_UNKNOWN, true);
	count_session(s, 1, OUTCOME_NOTHING, true);
	words.ended = boot_seconds();
	words.bytes = 11;
	words.sender = "*@example.org";
	words.name = "mail.example.org";
	store_case_session(s, &words);
	count_session(s, 3, OUTCOME_ACCEPTED, true); /* nobody's */
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM cases WHERE number = 1 AND sessions = 4 AND "
			     "accepted = 1 AND unknown = 1 AND refused = 1 AND no_mail = 1 AND "
			     "later = 3 AND bytes = 211 AND helo = 'EHLO one' AND "
			     "name = 'mail.example.org' AND sender = '*@example.org'"),
			 1);
	assert_int_equal(sql("SELECT sessions FROM cases WHERE number = 2"), 0);
}

/* A line of the log belongs to the newest case whose sessions it can be about. */
static void told_by_the_log(void **state)
{
	struct store *s = open_and_start();
	int64_t now = wall();

	(void)state;
	open_case(s, 1, "192.0.2.1");
	open_case(s, 2, "192.0.2.1");
	open_case(s, 3, "192.0.2.3");
	told(s, "192.0.2.1", true, now);
	told(s, "192.0.2.1", false, now);
	told(s, "192.0.2.1", true, now + 3500);
	told(s, "192.0.2.3", true, now - 60);   /* before it began */
	told(s, "192.0.2.3", true, now + 7200); /* long after its last session */
	told(s, "192.0.2.3", true, INT64_MIN);
	told(s, "192.0.2.3", true, INT64_MAX);
	told(s, "192.0.2.4", true, now);
	store_close(s);
	assert_int_equal(
		sql("SELECT told_accepted * 10 + told_refused FROM cases WHERE number = 1"), 0);
	assert_int_equal(
		sql("SELECT told_accepted * 10 + told_refused FROM cases WHERE number = 2"), 21);
	assert_int_equal(
		sql("SELECT told_accepted * 10 + told_refused FROM cases WHERE number = 3"), 0);
}

struct found {
	size_t count;
	struct store_case_open last;
};

static void found_case(const struct store_case_open *c, void *context)
{
	struct found *found = context;

	found->count++;
	found->last = *c;
}

static struct found load(const char *boot)
{
	struct found found = {0};
	struct store *s = open_store(boot, 0);
	long count = store_load_cases(s, found_case, &found);

	assert_int_equal(count, found.count);
	store_close(s);
	return found;
}

/* Those of this boot that have not run out; and no row of somebody else's hand. */
static void read_again(void **state)
{
	static const char *const odd[] = {
		"UPDATE cases SET addr = 'short'",
		"UPDATE cases SET addr = zeroblob(17)",
		"UPDATE cases SET ports = 'tea'",
		"UPDATE cases SET kind = 'odd'",
		"UPDATE cases SET at = booted - 5",
		"UPDATE cases SET at = until + 5",
		"UPDATE cases SET until = booted + 5000000000",
	};
	struct store *s = open_and_start();
	struct found found;
	struct addr client = addr("192.0.2.2");

	(void)state;
	open_case(s, 1, "192.0.2.1");
	open_case(s, 2, "192.0.2.2");
	store_close(s);
	sql("UPDATE cases SET until = at + 1 WHERE number = 1");
	/* What was written a second ago has run out by now, if it lasts no longer than that. */
	sql("UPDATE cases SET at = at - 10, until = at - 9 WHERE number = 1");
	found = load(BOOT);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.last.number, 2);
	assert_int_equal(found.last.kind, CASE_WOULD_BLOCK);
	assert_int_equal(found.last.until - found.last.at, 1801);
	assert_memory_equal(&found.last.client, &client, sizeof(client));
	assert_int_equal(load("another boot").count, 0);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		begin(NULL);
		s = open_and_start();
		open_case(s, 1, "192.0.2.1");
		store_close(s);
		assert_int_equal(load(BOOT).count, 1);
		sql(odd[i]);
		if (load(BOOT).count)
			fail_msg("a case after %s", odd[i]);
	}
}

static void found_hour(const struct store_hour *hour, void *context)
{
	struct store_hour *sum = context;

	sum->hour++; /* how many */
	sum->accepted += hour->accepted;
	sum->minutes += hour->minutes;
	sum->told |= hour->told;
}

static void hours(void **state)
{
	struct store *s = open_and_start();
	struct store_hour sum = {0}, hour = {.hour = wall() / 3600, .accepted = 5, .minutes = 9};

	(void)state;
	store_hour(s, &hour);
	hour.accepted = 6;
	hour.minutes = 10;
	store_hour(s, &hour); /* in its place */
	hour.told = true;
	hour.accepted = 100;
	store_hour(s, &hour);
	hour.hour -= 9 * 24; /* too long ago to be read */
	store_hour(s, &hour);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM hours"), 3);
	s = open_store(BOOT, 0);
	assert_int_equal(store_load_hours(s, found_hour, &sum), 2);
	store_close(s);
	assert_int_equal(sum.hour, 2);
	assert_int_equal(sum.accepted, 106);
	assert_int_equal(sum.minutes, 20);
	assert_true(sum.told);
}

/* --- bounds --- */

static void wait_until_none(const char *text)
{
	uint64_t limit = clock_ns(CLOCK_MONOTONIC) + LIMIT * 1000000000ULL;

	while (sql(text)) {
		if (clock_ns(CLOCK_MONOTONIC) > limit)
			fail_msg("%s: not 0 within %d s", text, LIMIT);
		usleep(2000);
	}
}

static void pruned(void **state)
{
	struct store *s = open_and_start();
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 250; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		open_case(s, i + 1, text);
	}
	for (int64_t i = 0; i < 3; i++)
		store_hour(s, &(struct store_hour){.hour = wall() / 3600 - i});
	store_close(s);
	sql("UPDATE cases SET at = at - 91 * 86400 WHERE number <= 50");
	sql("UPDATE hours SET hour = hour - 91 * 24 WHERE id = 1");
	s = open_and_start();
	wait_until_none("SELECT count(*) FROM cases WHERE number <= 50");
	wait_until_none("SELECT count(*) - 2 FROM hours");
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM cases"), 200);
	s = open_store(BOOT, 120);
	assert_int_equal(store_start(s), 0);
	wait_until_none("SELECT count(*) > 120 FROM cases");
	store_close(s);
	assert_in_range(sql("SELECT count(*) FROM cases"), 1, 120);
	assert_int_equal(sql("SELECT max(number) FROM cases"), 250); /* the oldest went */
}

/* --- older files --- */

static void migrated(void **state)
{
	(void)state;
	for (int version = 1; version <= 2; version++) {
		char text[64];
		struct store *s;

		begin(NULL);
		store_close(open_and_start());
		sql("DROP TABLE cases");
		sql("DROP TABLE hours");
		sql("ALTER TABLE verdicts DROP COLUMN hit_first");
		if (version == 1) {
			sql("DROP TABLE known");
			sql("DROP TABLE suspended");
		}
		snprintf(text, sizeof(text), "PRAGMA user_version = %d", version);
		sql(text);
		s = open_and_start();
		open_case(s, 1, "192.0.2.1");
		count_session(s, 1, OUTCOME_ACCEPTED, false);
		store_hour(s, &(struct store_hour){.hour = wall() / 3600, .accepted = 3});
		store_close(s);
		assert_int_equal(sql("PRAGMA user_version"), STORE_VERSION);
		assert_int_equal(sql("SELECT accepted FROM cases"), 1);
		assert_int_equal(sql("SELECT accepted FROM hours"), 3);
		assert_int_equal(sql("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND "
				     "name IN ('cases_by_client', 'cases_by_time')"),
				 2);
	}
}

/* --- the report --- */

static json_t *report(int64_t since)
{
	char error[512] = "";
	json_t *list = report_make(path, since, error, sizeof(error));

	if (!list)
		fail_msg("%s", error);
	return list;
}

/* A number of the object about `about' whose `key' is `name'; -1 where there is none. */
static json_int_t of(const json_t *list, const char *about, const char *key, const char *name,
		     const char *number)
{
	const json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		const char *is = json_string_value(json_object_get(object, key));

		if (!strcmp(json_string_value(json_object_get(object, "about")), about) && is &&
		    !strcmp(is, name))
			return json_integer_value(json_object_get(object, number));
	}
	return -1;
}

static json_int_t blocks(const json_t *list, const char *key)
{
	return json_integer_value(
		json_object_get(json_object_get(json_array_get(list, 0), "blocks"), key));
}

static json_int_t others(const json_t *list, const char *key)
{
	return json_integer_value(
		json_object_get(json_object_get(json_array_get(list, 0), "others"), key));
}

static void numbers(void **state)
{
	struct store *s = open_and_start();
	json_t *list;

	(void)state;
	open_case(s, 1, "192.0.2.1"); /* refused, and later accepted */
	count_session(s, 1, OUTCOME_REFUSED, false);
	open_kind(s, 2, "192.0.2.1", CASE_WOULD_BLOCK, "early-talker");
	count_session(s, 2, OUTCOME_ACCEPTED, true);
	open_case(s, 3, "192.0.2.3"); /* encrypted twice, told of once */
	count_session(s, 3, OUTCOME_UNKNOWN, false);
	count_session(s, 3, OUTCOME_UNKNOWN, true);
	told(s, "192.0.2.3", false, wall());
	open_case(s, 4, "192.0.2.4"); /* encrypted, told of */
	count_session(s, 4, OUTCOME_UNKNOWN, false);
	told(s, "192.0.2.4", false, wall());
	open_case(s, 5, "192.0.2.5"); /* under way */
	open_case(s, 6, "192.0.2.6");
	count_session(s, 6, OUTCOME_NOTHING, false);
	open_kind(s, 7, "192.0.2.7", CASE_BLOCKED, "helo-our-address");
	count_session(s, 7, OUTCOME_NOTHING, false);
	count_session(s, 7, OUTCOME_REFUSED, true); /* a courtesy pass: not spared */
	open_kind(s, 8, "192.0.2.8", CASE_WATCHED, "rdns-missing");
	count_session(s, 8, OUTCOME_ACCEPTED, false);
	open_kind(s, 9, "192.0.2.9", CASE_SPARED, "helo-our-address");
	count_session(s, 9, OUTCOME_REFUSED, false);
	open_kind(s, 10, "192.0.2.1", CASE_WATCHED, "rdns-missing"); /* blocked besides */
	count_session(s, 10, OUTCOME_NOTHING, true);
	store_close(s);

	list = report(0);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "cases")), 10);
	assert_int_equal(blocks(list, "clients"), 6);
	assert_int_equal(blocks(list, "accepted"), 1);
	assert_int_equal(blocks(list, "unknown"), 2);
	assert_int_equal(blocks(list, "refused"), 2);
	assert_int_equal(blocks(list, "nothing"), 1);
	assert_int_equal(blocks(list, "in_force"), 1);
	assert_int_equal(blocks(list, "sessions"), 2);
	assert_int_equal(blocks(list, "bytes"), 200);
	assert_int_equal(others(list, "clients"), 2);
	assert_int_equal(others(list, "accepted"), 1);
	assert_int_equal(others(list, "refused"), 1);
	assert_int_equal(of(list, "cause", "cause", "helo-our-address", "clients"), 6);
	assert_int_equal(of(list, "cause", "cause", "helo-our-address", "accepted"), 1);
	assert_int_equal(of(list, "cause", "cause", "dnsbl:zen.example", "clients"), 5);
	assert_int_equal(of(list, "cause", "cause", "early-talker", "clients"), 1);
	assert_int_equal(of(list, "cause", "cause", "rdns-missing", "clients"), -1);
	assert_int_equal(of(list, "client", "addr", "192.0.2.1", "accepted"), 1);
	assert_int_equal(of(list, "client", "addr", "192.0.2.1", "sessions"), 2);
	assert_int_equal(of(list, "client", "addr", "192.0.2.8", "accepted"), -1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "cause")),
			    "helo-our-address"); /* the most clients first */
	json_decref(list);
}

static void since(void **state)
{
	struct store *s = open_and_start();
	json_t *list;

	(void)state;
	open_case(s, 1, "192.0.2.1");
	open_case(s, 2, "192.0.2.2");
	store_close(s);
	sql("UPDATE cases SET at = at - 1000 WHERE number = 1");
	list = report(wall() - 500);
	assert_int_equal(blocks(list, "clients"), 1);
	json_decref(list);
	list = report(wall() - 2000);
	assert_int_equal(blocks(list, "clients"), 2);
	json_decref(list);
}

static void many_false_positives(void **state)
{
	struct store *s = open_and_start();
	size_t clients = 0, i;
	const json_t *object;
	json_t *list;

	(void)state;
	for (unsigned n = 1; n <= REPORT_CLIENTS + 20; n++) {
		char text[32];

		snprintf(text, sizeof(text), "192.0.%u.%u", n / 200, n % 200);
		open_case(s, n, text);
		count_session(s, n, OUTCOME_ACCEPTED, false);
	}
	store_close(s);
	list = report(0);
	json_array_foreach(list, i, object) clients +=
		!strcmp(json_string_value(json_object_get(object, "about")), "client");
	assert_int_equal(clients, REPORT_CLIENTS);
	assert_int_equal(blocks(list, "accepted"), REPORT_CLIENTS + 20);
	json_decref(list);
}

/* Whatever stands in the rows, the report is one. */
static void odd_rows(void **state)
{
	static const char *const odd[] = {
		"UPDATE cases SET addr = 'x'",
		"UPDATE cases SET addr = zeroblob(40)",
		"UPDATE cases SET kind = x'00ff'",
		"UPDATE cases SET findings = x'ff20fe', helo = x'ff', name = x'c3', sender = 7",
		"UPDATE cases SET findings = ''",
		"UPDATE cases SET findings = hex(zeroblob(100000))",
		"UPDATE cases SET accepted = -5, unknown = -9, refused = 'x', later = -1",
		"UPDATE cases SET accepted = 9223372036854775807, told_accepted = 0, "
		"bytes = 9223372036854775807, later = 9223372036854775807",
		"UPDATE cases SET addr = zeroblob(16), sessions = 9223372036854775807, "
		"accepted = 9223372036854775807",
		"UPDATE cases SET sessions = 1e300, score = 'many'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct store *s;
		json_t *list;

		begin(NULL);
		s = open_and_start();
		open_case(s, 1, "192.0.2.1");
		count_session(s, 1, OUTCOME_ACCEPTED, true);
		open_case(s, 2, "192.0.2.2");
		count_session(s, 2, OUTCOME_ACCEPTED, true);
		store_close(s);
		sql(odd[i]);
		list = report(0);
		assert_true(json_is_object(json_array_get(list, 0)));
		assert_in_range(blocks(list, "clients"), 0, 2);
		assert_true(blocks(list, "sessions") >= 0 && blocks(list, "bytes") >= 0);
		json_decref(list);
	}
}

static void no_journal(void **state)
{
	char error[512] = "";

	(void)state;
	assert_null(report_make(path, 0, error, sizeof(error)));
	assert_non_null(strstr(error, path));
	store_close(open_and_start());
	sql("DROP TABLE cases");
	assert_null(report_make(path, 0, error, sizeof(error)));
	assert_non_null(strstr(error, "cannot read the journal"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opened_and_opened_again, begin),
		cmocka_unit_test_setup(sessions_are_counted, begin),
		cmocka_unit_test_setup(told_by_the_log, begin),
		cmocka_unit_test_setup(read_again, begin),
		cmocka_unit_test_setup(hours, begin),
		cmocka_unit_test_setup(pruned, begin),
		cmocka_unit_test_setup(migrated, begin),
		cmocka_unit_test_setup(numbers, begin),
		cmocka_unit_test_setup(since, begin),
		cmocka_unit_test_setup(many_false_positives, begin),
		cmocka_unit_test_setup(odd_rows, begin),
		cmocka_unit_test_setup(no_journal, begin),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	begin(NULL);
	rmdir(dir);
	return failed;
}
