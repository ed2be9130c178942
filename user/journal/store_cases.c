// SPDX-License-Identifier: GPL-2.0-or-later
/* Cases, and the mail that was accepted by the hour: written and read again. */
#include <string.h>

#include "../base/addr.h"
#include "../base/names.h"
#include "../checks/finding.h"
#include "store_sql.h"

#define HOURS_READ (8 * 24)

static const char *const kinds[] = {"would-block", "blocked", "watched", "spared"};

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == CASE_KINDS, "a word a kind");

const char *store_case_name(enum store_case_kind kind)
{
	return kind < CASE_KINDS ? kinds[kind] : "unknown";
}

static bool parse_kind(enum store_case_kind *out, const char *name)
{
	for (int i = 0; name && i < CASE_KINDS; i++) {
		*out = (enum store_case_kind)i;
		if (!strcmp(kinds[i], name))
			return true;
	}
	return false;
}

static void bind_number(struct store_db *db, sqlite3_stmt *s, const struct store_op *op)
{
	sqlite3_bind_int64(s, 1, db->boot);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)op->of_case.number);
}

static void bind_client(sqlite3_stmt *s, int at, const struct store_op *op)
{
	sqlite3_bind_blob(s, at, &op->entry.prefix.addr, sizeof(op->entry.prefix.addr),
			  SQLITE_STATIC);
}

int store_case_put(struct store_db *db, const struct store_op *op)
{
	const struct verdict *v = &op->entry.verdict;
	sqlite3_stmt *s = store_sql(db, SQL_CASE);

	bind_number(db, s, op);
	bind_client(s, 3, op);
	store_bind_text(s, 4, ports_name(op->entry.ports));
	store_bind_text(s, 5, store_case_name((enum store_case_kind)op->of_case.kind));
	store_bind_text(s, 6, action_name(v->action));
	store_bind_text(s, 7, cause_name(v->cause));
	sqlite3_bind_int(s, 8, op->score);
	store_bind_text(s, 9, op->text[TEXT_REASON]);
	store_bind_text(s, 10, op->text[TEXT_LISTS] ? op->text[TEXT_LISTS] : "");
	store_bind_time(s, 11, op, op->of_case.began);
	store_bind_time(s, 12, op, v->since);
	store_bind_time(s, 13, op, v->expires);
	sqlite3_bind_int64(s, 14, op->booted);
	store_bind_text(s, 15, op->text[TEXT_HELO]);
	return store_sql_run(db, s);
}

int store_case_ended(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_CASE_SESSION);

	bind_number(db, s, op);
	sqlite3_bind_int(s, 3, op->of_case.outcome);
	sqlite3_bind_int(s, 4, op->of_case.later);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)op->of_case.bytes);
	store_bind_time(s, 6, op, op->at);
	store_bind_text(s, 7, op->text[TEXT_LISTS]);
	store_bind_text(s, 8, op->text[TEXT_HELO]);
	store_bind_text(s, 9, op->text[TEXT_NAME]);
	store_bind_text(s, 10, op->text[TEXT_SENDER]);
	return store_sql_run(db, s);
}

int store_case_hears(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_CASE_TOLD);

	bind_client(s, 1, op);
	sqlite3_bind_int64(s, 2, op->of_case.wall);
	sqlite3_bind_int(s, 3, op->of_case.accepted != 0);
	return store_sql_run(db, s);
}

int store_hour_put(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_HOUR);

	sqlite3_bind_int64(s, 1, op->of_case.wall);
	sqlite3_bind_int(s, 2, op->of_case.told);
	sqlite3_bind_int64(s, 3, op->of_case.accepted);
	sqlite3_bind_int64(s, 4, op->of_case.minutes);
	return store_sql_run(db, s);
}

/* What any tool may have written into it: a row that is no case is passed over. */
static bool read_open(struct store_case_open *out, sqlite3_stmt *row)
{
	const void *addr = sqlite3_column_blob(row, 2);
	const char *ports = (const char *)sqlite3_column_text(row, 3);
	sqlite3_int64 booted = store_seconds(row, 6);
	sqlite3_int64 at = store_seconds(row, 4) - booted;
	sqlite3_int64 until = store_seconds(row, 5) - booted;

	if (!addr || sqlite3_column_bytes(row, 2) != (int)sizeof(out->client) || !ports ||
	    !ports_parse(&out->ports, ports) || at < 0 || until < at || until >= UINT32_MAX ||
	    !parse_kind(&out->kind, (const char *)sqlite3_column_text(row, 1)))
		return false;
	memcpy(&out->client, addr, sizeof(out->client));
	out->number = (uint64_t)sqlite3_column_int64(row, 0);
	out->at = (uint32_t)at;
	out->until = (uint32_t)until;
	return true;
}

long store_db_cases(struct store_db *db, uint32_t now, int64_t booted, store_case_fn fn,
		    void *context)
{
	sqlite3_stmt *s = store_sql(db, SQL_CASES_OPEN);
	long count = 0;
	int code;

	sqlite3_bind_int64(s, 1, db->boot);
	sqlite3_bind_int64(s, 2, booted + now);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct store_case_open c;

		if (!read_open(&c, s))
			continue;
		fn(&c, context);
		count++;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? count : store_sql_failed(db, code);
}

long store_db_hours(struct store_db *db, int64_t wall, store_hour_fn fn, void *context)
{
	sqlite3_stmt *s = store_sql(db, SQL_HOURS);
	long count = 0;
	int code;

	sqlite3_bind_int64(s, 1, wall / 3600 - HOURS_READ);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		const struct store_hour hour = {
			.hour = store_seconds(s, 0),
			.told = sqlite3_column_int(s, 1),
			.accepted = (uint32_t)sqlite3_column_int64(s, 2),
			.minutes = (uint32_t)sqlite3_column_int64(s, 3),
		};

		fn(&hour, context);
		count++;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? count : store_sql_failed(db, code);
}
