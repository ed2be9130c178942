// SPDX-License-Identifier: GPL-2.0-or-later
/* What trust rests on, in the file: clients that delivered mail, and findings that are suspended.
 */
#include <string.h>

#include "store_sql.h"

#define DAY 86400

int store_write_known(struct store_db *db, const struct store_op *op)
{
	const struct addr *client = &op->entry.prefix.addr;
	sqlite3_stmt *s = store_sql(db, SQL_KNOWN);
	int err;

	sqlite3_bind_blob(s, 1, client, sizeof(*client), SQLITE_STATIC);
	store_bind_time(s, 2, op, op->at);
	sqlite3_bind_int64(s, 3, db->boot);
	sqlite3_bind_int64(s, 4, op->booted);
	err = store_sql_run(db, s);
	if (err)
		return err;
	s = store_sql(db, SQL_TRIM_KNOWN);
	sqlite3_bind_blob(s, 1, client, sizeof(*client), SQLITE_STATIC);
	sqlite3_bind_int(s, 2, STORE_KNOWN_TIMES);
	return store_sql_run(db, s);
}

int store_write_suspend(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_SUSPEND);

	store_bind_text(s, 1, op->text[TEXT_REASON]);
	store_bind_time(s, 2, op, op->entry.verdict.expires);
	sqlite3_bind_int64(s, 3, db->boot);
	sqlite3_bind_int64(s, 4, op->booted);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)op->entry.hits.packets);
	store_bind_text(s, 6, op->text[TEXT_LISTS]);
	return store_sql_run(db, s);
}

int store_write_lift(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_LIFT);

	store_bind_text(s, 1, op->text[TEXT_REASON]);
	return store_sql_run(db, s);
}

long store_db_load_known(struct store_db *db, uint32_t seconds, int64_t booted, store_known_fn fn,
			 void *context)
{
	const struct store_now now = {db->boot, booted, seconds};
	sqlite3_stmt *s = store_sql(db, SQL_LOAD_KNOWN);
	long count = 0;
	int code;

	sqlite3_bind_int64(s, 1, booted + seconds - STORE_KNOWN_DAYS * DAY);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		const void *addr = sqlite3_column_blob(s, 0);
		int64_t at = store_in_boot(&now, s, 2, store_seconds(s, 1));
		struct addr client;

		if (!addr || sqlite3_column_bytes(s, 0) != (int)sizeof(client))
			continue;
		memcpy(&client, addr, sizeof(client));
		fn(&client, at > seconds ? seconds : at, context); /* the clock was ahead then */
		count++;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? count : store_sql_failed(db, code);
}

long store_db_load_suspended(struct store_db *db, uint32_t seconds, int64_t booted,
			     store_suspended_fn fn, void *context)
{
	const struct store_now now = {db->boot, booted, seconds};
	sqlite3_stmt *s = store_sql(db, SQL_LOAD_SUSPENDED);
	long count = 0;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		const struct store_suspended suspended = {
			.name = (const char *)sqlite3_column_text(s, 0),
			.until = store_in_boot(&now, s, 2, store_seconds(s, 1)),
			.withdrawn = (uint64_t)sqlite3_column_int64(s, 4),
			.clients = (const char *)sqlite3_column_text(s, 5),
		};

		if (!suspended.name || suspended.until <= seconds)
			continue;
		fn(&suspended, context);
		count++;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? count : store_sql_failed(db, code);
}
