// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "open.h"
#include "reader.h"
#include "store_sql.h"

#define BUSY_MS  1000
#define PROGRESS 10000 /* of SQLite's steps between looks at the clock */

#define COLUMNS                                                                            \
	"SELECT addr, plen, ports, action, cause, score, reason, lists, evidence, since, " \
	"expires, ended, ending, ended_by, hits, hit_last, hit_first, id FROM verdicts "

enum column {
	COLUMN_ACTION = 3,
	COLUMN_CAUSE,
	COLUMN_SCORE,
	COLUMN_REASON,
	COLUMN_LISTS,
	COLUMN_EVIDENCE,
	COLUMN_SINCE,
	COLUMN_EXPIRES,
	COLUMN_ENDED,
	COLUMN_ENDING,
	COLUMN_BY,
	COLUMN_HITS,
	COLUMN_HIT_LAST,
	COLUMN_HIT_FIRST,
	COLUMN_ID,
};

static int is_late(void *deadline)
{
	return clock_ns(CLOCK_MONOTONIC) > *(uint64_t *)deadline;
}

/* The deadline is the caller's, and lives as long as the file is open. */
static sqlite3 *open_file(const char *path, uint64_t *deadline, char words[READER_WORDS])
{
	sqlite3 *sql;
	int code = journal_open_to_read(&sql, path, BUSY_MS);

	*deadline = clock_ns(CLOCK_MONOTONIC) + READER_SECONDS * 1000000000ULL;
	if (code)
		snprintf(words, READER_WORDS, "%s", sqlite3_errstr(code));
	else
		sqlite3_progress_handler(sql, PROGRESS, is_late, deadline);
	return sql;
}

static bool failed(int code, char words[READER_WORDS])
{
	if (code == SQLITE_DONE || code == SQLITE_OK || code == SQLITE_ROW)
		return false;
	if (code == SQLITE_INTERRUPT)
		snprintf(words, READER_WORDS, "it took longer than %d s", READER_SECONDS);
	else
		snprintf(words, READER_WORDS, "%s", sqlite3_errstr(code));
	return true;
}

static json_t *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	json_t *string = text ? json_string(text) : json_null();
	char safe[STORE_EVIDENCE];

	return string ? string : json_string(escape_bytes(safe, sizeof(safe), text, strlen(text)));
}

static json_t *number_of(sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return json_null();
	return json_integer(sqlite3_column_int64(row, column));
}

/* `empty` where it is none of that type. */
static json_t *parsed(sqlite3_stmt *row, int column, json_t *empty)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	json_t *value = text ? json_loads(text, 0, NULL) : NULL;

	if (!value || json_typeof(value) != json_typeof(empty)) {
		json_decref(value);
		return empty;
	}
	json_decref(empty);
	return value;
}

static json_t *verdict_of(sqlite3_stmt *row)
{
	char text[ADDR_TEXT];
	struct prefix prefix;
	enum port_class ports;

	if (!store_read_network(&prefix, &ports, row, 0))
		return NULL;
	return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, "
			 "s:o, s:o, s:I}",
			 "addr", prefix_format(text, &prefix), "ports", text_of(row, 2), "action",
			 text_of(row, COLUMN_ACTION), "cause", text_of(row, COLUMN_CAUSE), "score",
			 (json_int_t)sqlite3_column_int64(row, COLUMN_SCORE), "reason",
			 text_of(row, COLUMN_REASON), "lists", text_of(row, COLUMN_LISTS),
			 "findings", parsed(row, COLUMN_EVIDENCE, json_array()), "since",
			 number_of(row, COLUMN_SINCE), "expires", number_of(row, COLUMN_EXPIRES),
			 "ended", number_of(row, COLUMN_ENDED), "ending",
			 text_of(row, COLUMN_ENDING), "by", text_of(row, COLUMN_BY), "hits",
			 (json_int_t)sqlite3_column_int64(row, COLUMN_HITS), "hit_last",
			 number_of(row, COLUMN_HIT_LAST), "hit_first",
			 number_of(row, COLUMN_HIT_FIRST), "id",
			 (json_int_t)sqlite3_column_int64(row, COLUMN_ID));
}

/* Adds the rows; a row that is no verdict is left out. */
static bool add_rows(json_t *list, sqlite3_stmt *s, char words[READER_WORDS])
{
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		json_t *verdict = verdict_of(s);

		if (verdict)
			json_array_append_new(list, verdict);
	}
	sqlite3_reset(s);
	return !failed(code, words);
}

/* Each length by the index: an address has at most 128 networks around it. */
static bool add_around(json_t *list, sqlite3 *sql, const struct prefix *about, size_t limit,
		       char words[READER_WORDS])
{
	sqlite3_stmt *s = NULL;
	bool good = !failed(sqlite3_prepare_v2(sql,
					       COLUMNS "WHERE addr = ?1 AND plen = ?2 "
						       "ORDER BY id DESC LIMIT ?3",
					       -1, &s, NULL),
			    words);

	for (unsigned plen = about->plen; plen && good; plen--) {
		struct prefix around = prefix_of(&about->addr, plen);

		sqlite3_bind_blob(s, 1, &around.addr, sizeof(around.addr), SQLITE_TRANSIENT);
		sqlite3_bind_int(s, 2, (int)plen);
		sqlite3_bind_int64(s, 3, (sqlite3_int64)limit);
		good = add_rows(list, s, words);
	}
	sqlite3_finalize(s);
	return good;
}

static struct addr last_of(const struct prefix *prefix)
{
	struct addr last = prefix->addr;

	for (unsigned bit = prefix->plen; bit < ADDR_BITS; bit++)
		last.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

static bool add_inside(json_t *list, sqlite3 *sql, const struct prefix *about, size_t limit,
		       char words[READER_WORDS])
{
	struct addr last = last_of(about);
	sqlite3_stmt *s = NULL;
	bool good;

	/* +id: by the index of networks, not down all the rows in the order of their numbers. */
	good = !failed(sqlite3_prepare_v2(sql,
					  COLUMNS "WHERE addr BETWEEN ?1 AND ?2 AND plen > ?3 "
						  "ORDER BY +id DESC LIMIT ?4",
					  -1, &s, NULL),
		       words);
	if (good) {
		sqlite3_bind_blob(s, 1, &about->addr, sizeof(about->addr), SQLITE_TRANSIENT);
		sqlite3_bind_blob(s, 2, &last, sizeof(last), SQLITE_TRANSIENT);
		sqlite3_bind_int(s, 3, (int)about->plen);
		sqlite3_bind_int64(s, 4, (sqlite3_int64)limit);
		good = add_rows(list, s, words);
	}
	sqlite3_finalize(s);
	return good;
}

static json_int_t id_of(const json_t *verdict)
{
	return json_integer_value(json_object_get(verdict, "id"));
}

static int newest_first(const void *one, const void *other)
{
	json_int_t a = id_of(*(json_t *const *)one), b = id_of(*(json_t *const *)other);

	return (a < b) - (a > b);
}

/* The newest of them all; takes over `list`. */
static json_t *cut(json_t *list, size_t limit)
{
	size_t count = json_array_size(list), i;
	json_t **order = calloc(count ? count : 1, sizeof(*order)), *out = json_array(), *verdict;

	if (order && out) {
		json_array_foreach(list, i, verdict) order[i] = verdict;
		qsort(order, count, sizeof(*order), newest_first);
		for (i = 0; i < count && i < limit; i++) {
			json_object_del(order[i], "id");
			json_array_append(out, order[i]);
		}
	}
	free(order);
	json_decref(list);
	return out;
}

json_t *reader_history(const char *path, const struct prefix *about, size_t limit,
		       char words[READER_WORDS])
{
	uint64_t deadline;
	sqlite3 *sql = open_file(path, &deadline, words);
	json_t *list = sql ? json_array() : NULL;

	if (!list || !add_around(list, sql, about, limit, words) ||
	    (about->plen < ADDR_BITS && !add_inside(list, sql, about, limit, words))) {
		json_decref(list);
		list = NULL;
	}
	sqlite3_close(sql);
	return list ? cut(list, limit) : NULL;
}

static json_t *change_of(sqlite3_stmt *row)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "at", number_of(row, 0), "uid", number_of(row, 1),
			 "verb", text_of(row, 2), "request", parsed(row, 3, json_object()));
}

json_t *reader_changes(const char *path, int64_t since, size_t limit, char words[READER_WORDS])
{
	uint64_t deadline;
	sqlite3 *sql = open_file(path, &deadline, words);
	sqlite3_stmt *s = NULL;
	json_t *list = NULL;
	int code = SQLITE_OK;

	if (!sql)
		return NULL;
	code = sqlite3_prepare_v2(sql,
				  "SELECT at, uid, verb, text FROM changes WHERE at >= ?1 "
				  "ORDER BY id DESC LIMIT ?2",
				  -1, &s, NULL);
	if (!failed(code, words)) {
		list = json_array();
		sqlite3_bind_int64(s, 1, since);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)limit);
		while ((code = sqlite3_step(s)) == SQLITE_ROW)
			json_array_insert_new(list, 0, change_of(s));
	}
	if (failed(code, words)) {
		json_decref(list);
		list = NULL;
	}
	sqlite3_finalize(s);
	sqlite3_close(sql);
	return list;
}
