// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/names.h"
#include "../checks/finding.h"
#include "store_sql.h"

static const char *const endings[STORE_ENDINGS] = {
	[STORE_EXPIRED] = "expired",   [STORE_UNBLOCKED] = "unblocked", [STORE_FLUSHED] = "flushed",
	[STORE_ACCEPTED] = "accepted", [STORE_WITHDRAWN] = "withdrawn", [STORE_SPARED] = "spared",
	[STORE_REPLACED] = "replaced", [STORE_UNSEEN] = "unseen",
};

void store_bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* Boot seconds as time of day; what is 0 never was. */
void store_bind_time(sqlite3_stmt *s, int at, const struct store_op *op, uint32_t boot)
{
	if (boot)
		sqlite3_bind_int64(s, at, op->booted + boot);
}

static void bind_key(sqlite3_stmt *s, const struct verdict_entry *e)
{
	sqlite3_bind_blob(s, 1, &e->prefix.addr, sizeof(e->prefix.addr), SQLITE_STATIC);
	sqlite3_bind_int(s, 2, (int)e->prefix.plen);
	sqlite3_bind_text(s, 3, ports_name(e->ports), -1, SQLITE_STATIC);
}

static void bind_hits(sqlite3_stmt *s, int at, const struct store_op *op)
{
	sqlite3_bind_int64(s, at, (sqlite3_int64)op->entry.hits.packets);
	store_bind_time(s, at + 1, op, op->entry.hits.last);
	store_bind_time(s, at + 2, op, op->entry.hits.courtesy);
	store_bind_time(s, at + 3, op, op->entry.hits.first);
}

static int insert(struct store_db *db, const struct store_op *op)
{
	const struct verdict *v = &op->entry.verdict;
	sqlite3_stmt *s = store_sql(db, SQL_PUT);

	bind_key(s, &op->entry);
	sqlite3_bind_text(s, 4, action_name(v->action), -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 5, v->flags);
	sqlite3_bind_text(s, 6, cause_name(v->cause), -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 7, op->score);
	sqlite3_bind_int(s, 8, op->repeats);
	store_bind_text(s, 9, op->text[TEXT_REASON]);
	store_bind_text(s, 10, op->text[TEXT_LISTS]);
	store_bind_text(s, 11, op->text[TEXT_EVIDENCE]);
	sqlite3_bind_int64(s, 12, op->booted + v->since);
	if (v->expires != VERDICT_NEVER_EXPIRES)
		store_bind_time(s, 13, op, v->expires);
	sqlite3_bind_int64(s, 14, db->boot);
	sqlite3_bind_int64(s, 15, op->booted);
	bind_hits(s, 16, op);
	return store_sql_run(db, s);
}

static int replace(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_REPLACE);

	bind_key(s, &op->entry);
	store_bind_time(s, 4, op, op->at);
	return store_sql_run(db, s);
}

int store_write_put(struct store_db *db, const struct store_op *op)
{
	int err = replace(db, op);

	return err ? err : insert(db, op);
}

static int end(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_END);

	bind_key(s, &op->entry);
	store_bind_time(s, 4, op, op->at);
	sqlite3_bind_text(s, 5, endings[op->ending], -1, SQLITE_STATIC);
	store_bind_text(s, 6, op->text[TEXT_LISTS]);
	bind_hits(s, 7, op);
	return store_sql_run(db, s);
}

static int run_with_key(struct store_db *db, enum statement which, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, which);

	bind_key(s, &op->entry);
	return store_sql_run(db, s);
}

static int undo(struct store_db *db, const struct store_op *op)
{
	int err = run_with_key(db, SQL_UNPUT, op);

	return err ? err : run_with_key(db, SQL_REOPEN, op);
}

int store_write_hits(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_HITS);

	bind_key(s, &op->entry);
	bind_hits(s, 4, op);
	return store_sql_run(db, s);
}

static int change(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_CHANGE);

	store_bind_time(s, 1, op, op->at);
	if (op->uid != (uid_t)-1)
		sqlite3_bind_int64(s, 2, op->uid);
	store_bind_text(s, 3, op->text[TEXT_REASON]);
	store_bind_text(s, 4, op->text[TEXT_LISTS]);
	return store_sql_run(db, s);
}

static int expire(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_EXPIRE);

	sqlite3_bind_int64(s, 1, db->boot);
	sqlite3_bind_int64(s, 2, op->at);
	store_bind_time(s, 3, op, op->at);
	return store_sql_run(db, s);
}

static int flush(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_FLUSH);

	store_bind_time(s, 1, op, op->at);
	return store_sql_run(db, s);
}

int store_db_apply(struct store_db *db, const struct store_op *op)
{
	switch (op->kind) {
	case OP_PUT:
		return store_write_put(db, op);
	case OP_END:
		return end(db, op);
	case OP_UNDO:
		return undo(db, op);
	case OP_HITS:
		return store_write_hits(db, op);
	case OP_CHANGE:
		return change(db, op);
	case OP_KNOWN:
		return store_write_known(db, op);
	case OP_SUSPEND:
		return store_write_suspend(db, op);
	case OP_LIFT:
		return store_write_lift(db, op);
	case OP_EXPIRE:
		return expire(db, op);
	case OP_FLUSH:
		return flush(db, op);
	case OP_CENSUS_BEGIN:
		return store_census_start(db);
	case OP_CENSUS:
		return store_census_count(db, op);
	case OP_CENSUS_END:
		return store_census_finish(db, op);
	case OP_CASE:
		return store_case_put(db, op);
	case OP_CASE_SESSION:
		return store_case_ended(db, op);
	case OP_CASE_TOLD:
		return store_case_hears(db, op);
	case OP_HOUR:
		return store_hour_put(db, op);
	}
	return 0;
}
