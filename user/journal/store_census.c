// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The census: what is in force in the file is read once, in its own order, and then compared in
 * memory. A look into the file for each of a million verdicts, in the order of the kernel's hash,
 * would take a minute.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/names.h"
#include "../checks/finding.h"
#include "store_sql.h"

#define FIRST_ROOM   1024
#define SAME_SECONDS 60 /* a clock that was set between two boots makes no other verdict of it */

struct store_standing {
	struct verdict_key key; /* plen 0: a row that nobody can read */
	uint8_t action;
	bool seen, same_boot;
	uint16_t cause;
	uint32_t expires; /* of this boot, or NEVER; of another boot time of day */
	uint64_t hits;
	sqlite3_int64 id;
};

static struct verdict_key key_of(const struct prefix *prefix, enum port_class ports)
{
	return (struct verdict_key){
		.addr = prefix->addr, .plen = (__u8)prefix->plen, .ports = (__u8)ports};
}

static bool read_what(struct store_standing *out, sqlite3_stmt *row)
{
	const char *action = (const char *)sqlite3_column_text(row, 4);
	const char *cause = (const char *)sqlite3_column_text(row, 5);
	enum port_class ports;
	struct prefix prefix;
	enum action what;
	unsigned why;

	if (!store_read_network(&prefix, &ports, row, 1) || !action ||
	    !action_parse(&what, action) || !cause || !cause_parse(&why, cause))
		return false;
	out->key = key_of(&prefix, ports);
	out->action = (uint8_t)what;
	out->cause = (uint16_t)why;
	return true;
}

static void read_row(struct store_standing *out, const struct store_db *db, sqlite3_stmt *row)
{
	sqlite3_int64 expires = store_seconds(row, 6);

	*out = (struct store_standing){.id = sqlite3_column_int64(row, 0),
				       .hits = (uint64_t)sqlite3_column_int64(row, 9)};
	out->same_boot = sqlite3_column_int64(row, 7) == db->boot;
	if (out->same_boot)
		expires -= store_seconds(row, 8);
	out->expires = sqlite3_column_type(row, 6) == SQLITE_NULL ? VERDICT_NEVER_EXPIRES
								  : (uint32_t)expires;
	if (!read_what(out, row))
		out->key = (struct verdict_key){0};
}

static int compare_keys(const void *one, const void *other)
{
	const struct store_standing *a = one, *b = other;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static int compare_ids(const void *one, const void *other)
{
	const struct store_standing *a = one, *b = other;

	return (a->id > b->id) - (a->id < b->id);
}

static struct store_standing *add_room(struct store_db *db, size_t *room)
{
	struct store_standing *list = db->standing;

	if (db->standing_count < *room)
		return list;
	*room = *room ? *room * 2 : FIRST_ROOM;
	list = reallocarray(list, *room, sizeof(*list));
	if (list)
		db->standing = list;
	return list;
}

int store_census_start(struct store_db *db)
{
	sqlite3_stmt *s = store_sql(db, SQL_STANDING);
	size_t room = 0;
	int code = SQLITE_DONE;

	store_census_free(db);
	while (add_room(db, &room) && (code = sqlite3_step(s)) == SQLITE_ROW)
		read_row(&db->standing[db->standing_count++], db, s);
	sqlite3_reset(s);
	if (code == SQLITE_ROW || !db->standing)
		code = SQLITE_NOMEM;
	if (code != SQLITE_DONE)
		return store_sql_failed(db, code);
	qsort(db->standing, db->standing_count, sizeof(*db->standing), compare_keys);
	return 0;
}

static bool is_same(const struct store_standing *row, const struct store_op *op)
{
	const struct verdict *v = &op->entry.verdict;
	int64_t expires = v->expires, off;

	if (row->action != v->action || row->cause != v->cause)
		return false;
	if (row->same_boot || row->expires == VERDICT_NEVER_EXPIRES ||
	    v->expires == VERDICT_NEVER_EXPIRES)
		return row->expires == v->expires;
	off = op->booted + expires - row->expires;
	return off >= -SAME_SECONDS && off <= SAME_SECONDS;
}

/* What was put after the beginning stands in the file alone. */
static int find_in_file(struct store_db *db, const struct store_op *op, bool *same)
{
	sqlite3_stmt *s = store_sql(db, SQL_FIND);
	struct store_standing row;
	int code;

	sqlite3_bind_blob(s, 1, &op->entry.prefix.addr, sizeof(op->entry.prefix.addr),
			  SQLITE_STATIC);
	sqlite3_bind_int(s, 2, (int)op->entry.prefix.plen);
	sqlite3_bind_text(s, 3, ports_name(op->entry.ports), -1, SQLITE_STATIC);
	code = sqlite3_step(s);
	*same = false;
	if (code == SQLITE_ROW) {
		read_row(&row, db, s);
		*same = is_same(&row, op);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : store_sql_failed(db, code);
}

int store_census_count(struct store_db *db, const struct store_op *op)
{
	const struct store_standing wanted = {.key = key_of(&op->entry.prefix, op->entry.ports)};
	struct store_standing *row = NULL;
	bool same;
	int err;

	if (db->standing)
		row = bsearch(&wanted, db->standing, db->standing_count, sizeof(wanted),
			      compare_keys);
	if (row && is_same(row, op)) {
		row->seen = true;
		return row->hits == op->entry.hits.packets ? 0 : store_write_hits(db, op);
	}
	err = find_in_file(db, op, &same);
	if (err)
		return err;
	return same ? 0 : store_write_put(db, op);
}

static int close_one(struct store_db *db, sqlite3_int64 id, const struct store_op *op)
{
	sqlite3_stmt *s = store_sql(db, SQL_UNSEEN);

	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, op->booted + op->at);
	return store_sql_run(db, s);
}

/* In the file's own order, however many they are. */
int store_census_finish(struct store_db *db, const struct store_op *op)
{
	size_t unseen = 0;
	int err = 0;

	for (size_t i = 0; i < db->standing_count; i++)
		if (!db->standing[i].seen)
			db->standing[unseen++] = db->standing[i];
	if (unseen)
		qsort(db->standing, unseen, sizeof(*db->standing), compare_ids);
	for (size_t i = 0; i < unseen && !err; i++)
		err = close_one(db, db->standing[i].id, op);
	store_census_free(db);
	return err;
}

void store_census_free(struct store_db *db)
{
	free(db->standing);
	db->standing = NULL;
	db->standing_count = 0;
}
