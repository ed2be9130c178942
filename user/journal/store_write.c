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

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* Boot seconds as time of day; what is 0 never was. */
static void bind_time(sqlite3_stmt *s, int at, const struct store_op *op, uint32_t boot)
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
	bind_time(s, at + 1, op, op->entry.hits.last);
	bind_time(s, at + 2, op, op->entry.hits.courtesy);
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
	bind_text(s, 9, op->text[TEXT_REASON]);
	bind_text(s, 10, op->text[TEXT_LISTS]);
	bind_text(s, 11, op->text[TEXT_EVIDENCE]);
	sqlite3_bind_int64(s, 12, op->booted + v->since);
	if (v->expires != VERDICT_NEVER_EXPIRES)
		bind_time(s, 13, op, v->expires);
	sqlite3_bind_int64(s, 14, db->boot);
	sqlite3_bind_int64(s, 15, op->booted);
	bind_hits(s, 16, op);
	return store_sql_run(db, s);
}

static int replace(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_REPLACE);

	bind_key(s, &op->entry);
	bind_time(s, 4, op, op->at);
	return store_sql_run(db, s);
}

static int put(struct store_db *db, const struct store_op *op)
{
	int err = replace(db, op);

	return err ? err : insert(db, op);
}

static int end(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_END);

	bind_key(s, &op->entry);
	bind_time(s, 4, op, op->at);
	sqlite3_bind_text(s, 5, endings[op->ending], -1, SQLITE_STATIC);
	bind_text(s, 6, op->text[TEXT_LISTS]);
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

static int hits(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_HITS);

	bind_key(s, &op->entry);
	bind_hits(s, 4, op);
	return store_sql_run(db, s);
}

static int change(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_CHANGE);

	bind_time(s, 1, op, op->at);
	if (op->uid != (uid_t)-1)
		sqlite3_bind_int64(s, 2, op->uid);
	bind_text(s, 3, op->text[TEXT_REASON]);
	bind_text(s, 4, op->text[TEXT_LISTS]);
	return store_sql_run(db, s);
}

static int expire(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_EXPIRE);

	sqlite3_bind_int64(s, 1, db->boot);
	sqlite3_bind_int64(s, 2, op->at);
	bind_time(s, 3, op, op->at);
	return store_sql_run(db, s);
}

/* The census: which of the rows that were there at its beginning have been told of. */

static int census_begin(struct store_db *db)
{
	int err = store_sql_number(db, store_sql(db, SQL_OLDEST), &db->census.first);

	if (!err)
		err = store_sql_number(db, store_sql(db, SQL_NEWEST), &db->census.last);
	free(db->census.seen);
	db->census.seen = NULL;
	if (err)
		return err;
	db->census.seen = calloc((size_t)(db->census.last - db->census.first) / 8 + 1, 1);
	return db->census.seen ? 0 : -ENOMEM;
}

static void mark_seen(struct store_db *db, sqlite3_int64 id)
{
	size_t bit = (size_t)(id - db->census.first);

	if (db->census.seen && id >= db->census.first && id <= db->census.last)
		db->census.seen[bit / 8] |= (uint8_t)(1 << bit % 8);
}

static bool was_seen(const struct store_db *db, sqlite3_int64 id)
{
	size_t bit = (size_t)(id - db->census.first);

	return id < db->census.first || db->census.seen[bit / 8] >> bit % 8 & 1;
}

/* The clock may have been set between two boots: that makes no other verdict of it. */
#define SAME_SECONDS 60

static bool is_same(const struct store_db *db, sqlite3_stmt *row, const struct store_op *op)
{
	const struct verdict *v = &op->entry.verdict;
	const char *action = (const char *)sqlite3_column_text(row, 1);
	const char *cause = (const char *)sqlite3_column_text(row, 2);
	bool never = sqlite3_column_type(row, 3) == SQLITE_NULL;
	bool same_boot = sqlite3_column_int64(row, 4) == db->boot;
	sqlite3_int64 expires = sqlite3_column_int64(row, 3), off;

	if (!action || strcmp(action, action_name(v->action)) || !cause ||
	    strcmp(cause, cause_name(v->cause)) || never != (v->expires == VERDICT_NEVER_EXPIRES))
		return false;
	off = expires - (same_boot ? sqlite3_column_int64(row, 5) : op->booted) - v->expires;
	return never || (same_boot ? !off : off >= -SAME_SECONDS && off <= SAME_SECONDS);
}

static int census(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_FIND);
	bool same = false, hit = false;
	int code;

	bind_key(s, &op->entry);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		same = is_same(db, s, op);
		hit = sqlite3_column_int64(s, 6) != (sqlite3_int64)op->entry.hits.packets;
		if (same)
			mark_seen(db, sqlite3_column_int64(s, 0));
	}
	sqlite3_reset(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_sql_failed(db, code);
	if (!same)
		return put(db, op);
	return hit ? hits(db, op) : 0;
}

static int close_unseen(struct store_db *db, sqlite3_int64 id, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_UNSEEN);

	sqlite3_bind_int64(s, 1, id);
	bind_time(s, 2, op, op->at);
	return store_sql_run(db, s);
}

/* Closing one changes the index that is walked over: only rows that were passed already. */
static int census_end(struct store_db *db, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_STANDING);
	int err = 0, code = SQLITE_DONE;

	if (!db->census.seen)
		return 0;
	sqlite3_bind_int64(s, 1, db->census.last);
	while (!err && (code = sqlite3_step(s)) == SQLITE_ROW)
		if (!was_seen(db, sqlite3_column_int64(s, 0)))
			err = close_unseen(db, sqlite3_column_int64(s, 0), op);
	sqlite3_reset(s);
	free(db->census.seen);
	db->census.seen = NULL;
	if (err)
		return err;
	return code == SQLITE_DONE ? 0 : store_sql_failed(db, code);
}

int store_db_apply(struct store_db *db, const struct store_op *op)
{
	switch (op->kind) {
	case OP_PUT:
		return put(db, op);
	case OP_END:
		return end(db, op);
	case OP_UNDO:
		return undo(db, op);
	case OP_HITS:
		return hits(db, op);
	case OP_CHANGE:
		return change(db, op);
	case OP_EXPIRE:
		return expire(db, op);
	case OP_CENSUS_BEGIN:
		return census_begin(db);
	case OP_CENSUS:
		return census(db, op);
	case OP_CENSUS_END:
		return census_end(db, op);
	}
	return 0;
}
