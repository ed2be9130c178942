// SPDX-License-Identifier: GPL-2.0-or-later
/* What people ask the journal on disk: whose history, how much of it, and what a bad file costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "../../user/checks/finding.h"
#include "../../user/journal/reader.h"
#include "../../user/journal/store_db.h"

#define BOOTED 1700000000

static char dir[] = "/tmp/reader.XXXXXX", path[128], words[READER_WORDS];
static struct store_db *db;

static void apply(const struct store_op *op)
{
	assert_int_equal(store_db_begin(db), 0);
	assert_int_equal(store_db_apply(db, op), 0);
	assert_int_equal(store_db_commit(db), 0);
}

static struct store_op op_on(enum store_op_kind kind, const char *net, uint32_t since)
{
	struct store_op op = {.kind = kind, .booted = BOOTED, .at = since, .uid = (uid_t)-1};

	assert_true(prefix_parse(&op.entry.prefix, net));
	op.entry.verdict = (struct verdict){.since = since,
					    .expires = since + 600,
					    .action = ACTION_DROP,
					    .cause = FINDING_HELO_OUR_ADDRESS};
	return op;
}

static void put(const char *net, uint32_t since)
{
	struct store_op op = op_on(OP_PUT, net, since);

	op.text[TEXT_REASON] = "EHLO [203.0.113.25]";
	op.text[TEXT_EVIDENCE] = "[{\"id\": \"helo-our-address\", \"points\": 10}]";
	apply(&op);
}

static void run_sql(const char *text)
{
	sqlite3 *sql;

	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
}

static json_t *history(const char *net, size_t limit)
{
	struct prefix about;

	assert_true(prefix_parse(&about, net));
	*words = '\0';
	return reader_history(path, &about, limit, words);
}

/* "192.0.2.1 192.0.2.0/24": in the order in which they are told. */
static void told_are(const char *net, size_t limit, const char *wanted)
{
	json_t *list = history(net, limit), *verdict;
	char told[256] = "";
	size_t i;

	assert_non_null(list);
	json_array_foreach(list, i, verdict)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s", i ? " " : "",
			 json_string_value(json_object_get(verdict, "addr")));
	assert_string_equal(told, wanted);
	json_decref(list);
}

static int begin(void **state)
{
	(void)state;
	unlink(path);
	return store_db_open(&db, path, "this-boot", words, sizeof(words));
}

static int finish(void **state)
{
	(void)state;
	store_db_close(db);
	db = NULL;
	return 0;
}

static void around_and_inside(void **state)
{
	(void)state;
	put("192.0.2.0/24", 100);
	put("192.0.2.1", 200);
	put("192.0.2.2", 300);
	put("198.51.100.1", 400);
	put("2001:db8:1:2::/64", 500);
	put("2001:db8:1:2::7", 600);
	told_are("192.0.2.1", 10, "192.0.2.1 192.0.2.0/24");
	told_are("192.0.2.0/24", 10, "192.0.2.2 192.0.2.1 192.0.2.0/24");
	told_are("192.0.2.0/31", 10, "192.0.2.1 192.0.2.0/24");
	told_are("2001:db8:1:2::7", 10, "2001:db8:1:2::7 2001:db8:1:2::/64");
	told_are("2001:db8::/32", 10, "2001:db8:1:2::7 2001:db8:1:2::/64");
	told_are("203.0.113.1", 10, "");
	/* Of them all the newest, wherever they stand. */
	told_are("192.0.2.0/24", 2, "192.0.2.2 192.0.2.1");
	told_are("192.0.2.0/24", 1, "192.0.2.2");
}

static void a_whole_verdict(void **state)
{
	struct store_op op = op_on(OP_END, "192.0.2.1", 160);
	json_t *list, *v;

	(void)state;
	put("192.0.2.1", 100);
	list = history("192.0.2.1", 1);
	v = json_array_get(list, 0);
	assert_true(json_is_null(json_object_get(v, "ended")));
	assert_true(json_is_null(json_object_get(v, "hit_first")));
	json_decref(list);

	op.ending = STORE_UNBLOCKED;
	op.text[TEXT_LISTS] = "mxdpctl";
	op.entry.hits = (struct verdict_hits){.packets = 7, .last = 150, .first = 110};
	apply(&op);
	list = history("192.0.2.1", 1);
	v = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(v, "ports")), "mx");
	assert_string_equal(json_string_value(json_object_get(v, "action")), "drop");
	assert_string_equal(json_string_value(json_object_get(v, "cause")), "helo-our-address");
	assert_string_equal(json_string_value(json_object_get(v, "ending")), "unblocked");
	assert_string_equal(json_string_value(json_object_get(v, "by")), "mxdpctl");
	assert_int_equal(json_integer_value(json_object_get(v, "since")), BOOTED + 100);
	assert_int_equal(json_integer_value(json_object_get(v, "expires")), BOOTED + 700);
	assert_int_equal(json_integer_value(json_object_get(v, "ended")), BOOTED + 160);
	assert_int_equal(json_integer_value(json_object_get(v, "hits")), 7);
	assert_int_equal(json_integer_value(json_object_get(v, "hit_first")), BOOTED + 110);
	assert_int_equal(json_integer_value(json_object_get(v, "hit_last")), BOOTED + 150);
	assert_int_equal(json_array_size(json_object_get(v, "findings")), 1);
	json_decref(list);
}

/* Any tool may have written into it. */
static void what_stands_there(void **state)
{
	json_t *list, *v;

	(void)state;
	put("192.0.2.1", 100);
	put("192.0.2.2", 200);
	put("192.0.2.3", 300);
	run_sql("UPDATE verdicts SET evidence = '{\"no\": \"array\"}', reason = x'77ff78' WHERE id "
		"= 1;"
		"UPDATE verdicts SET ports = 'gopher' WHERE id = 2;"
		"UPDATE verdicts SET evidence = '[[', ended = 'soon' WHERE id = 3");
	told_are("192.0.2.0/24", 10, "192.0.2.3 192.0.2.1");
	list = history("192.0.2.1", 10);
	v = json_array_get(list, 0);
	assert_int_equal(json_array_size(json_object_get(v, "findings")), 0);
	assert_string_equal(json_string_value(json_object_get(v, "reason")), "w\\xffx");
	json_decref(list);
	run_sql("UPDATE verdicts SET plen = 999");
	told_are("192.0.2.1", 10, "");
	run_sql("UPDATE verdicts SET plen = 128, addr = x'01'");
	told_are("192.0.2.0/24", 10, "");
}

static void changes_by_hand(void **state)
{
	struct store_op op = {.kind = OP_CHANGE, .booted = BOOTED, .uid = 1000};
	json_t *list;

	(void)state;
	op.text[TEXT_REASON] = "block";
	for (op.at = 10; op.at <= 40; op.at += 10) {
		op.text[TEXT_LISTS] = op.at == 40 ? "no JSON" : "{\"entries\": [\"192.0.2.1\"]}";
		apply(&op);
	}
	list = reader_changes(path, 0, 3, words);
	assert_int_equal(json_array_size(list), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "at")),
			 BOOTED + 20);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "uid")), 1000);
	assert_int_equal(json_object_size(json_object_get(json_array_get(list, 0), "request")), 1);
	assert_int_equal(json_object_size(json_object_get(json_array_get(list, 2), "request")), 0);
	json_decref(list);
	list = reader_changes(path, BOOTED + 31, 100, words);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
}

static void bad_files(void **state)
{
	FILE *file;

	(void)state;
	run_sql("DROP TABLE verdicts; DROP TABLE changes");
	assert_null(history("192.0.2.1", 10));
	assert_true(*words);
	*words = '\0';
	assert_null(reader_changes(path, 0, 10, words));
	assert_true(*words);
	store_db_close(db);
	db = NULL;
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("this is no database, but it is long enough to be looked at by somebody who reads "
	      "the first hundred bytes of a file before he says so",
	      file);
	fclose(file);
	assert_null(history("192.0.2.1", 10));
	assert_true(*words);
	unlink(path);
	assert_null(history("192.0.2.1", 10));
	assert_true(*words);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* The way may lead over a link; the file itself may be none. */
static void links(void **state)
{
	char file[128], there[64], link[64], wal[96];
	json_t *list;

	(void)state;
	put("192.0.2.1", 100);
	strcpy(file, path);
	snprintf(link, sizeof(link), "%s.link", dir);
	assert_int_equal(symlink(dir, link), 0);
	snprintf(path, sizeof(path), "%s/journal.db", link);
	list = history("192.0.2.1", 10);
	assert_string_equal(words, "");
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	assert_int_equal(unlink(link), 0);

	snprintf(there, sizeof(there), "%s/link.db", dir);
	assert_int_equal(symlink(file, there), 0);
	strcpy(path, there);
	assert_null(history("192.0.2.1", 10));
	assert_string_not_equal(words, "");
	assert_int_equal(unlink(there), 0);
	snprintf(wal, sizeof(wal), "%s-wal", there);
	assert_int_equal(access(wal, F_OK), -1);
	strcpy(path, file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(around_and_inside, begin, finish),
		cmocka_unit_test_setup_teardown(a_whole_verdict, begin, finish),
		cmocka_unit_test_setup_teardown(what_stands_there, begin, finish),
		cmocka_unit_test_setup_teardown(changes_by_hand, begin, finish),
		cmocka_unit_test_setup_teardown(bad_files, begin, finish),
		cmocka_unit_test_setup_teardown(links, begin, finish),
	};
	char wal[160];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		snprintf(wal, sizeof(wal), "%s-%s", path, i ? "shm" : "wal");
		unlink(wal);
	}
	rmdir(dir);
	return failed;
}
