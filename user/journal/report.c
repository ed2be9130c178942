// SPDX-License-Identifier: GPL-2.0-or-later
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "../base/addr.h"
#include "../base/outcome.h"
#include "open.h"
#include "report.h"
#include "store.h"

#define BUSY_MS 2000
#define NAMES   64 /* of one client's findings */
#define NAME    96

struct tally {
	json_int_t clients, of[OUTCOME_COUNT];
};

struct cause {
	char name[NAME];
	struct tally tally;
	UT_hash_handle hh;
};

/* All rows of one client, one after the other. */
struct client {
	struct addr addr;
	bool begun, blocked, in_force, watched;
	enum outcome outcome, other; /* of its blocks, and of the rest */
	size_t names;
	char name[NAMES][NAME];
};

struct report {
	struct tally blocks, others;
	json_int_t cases, in_force, sessions, bytes;
	struct cause *causes;
	struct client client;
};

enum column {
	COL_ADDR,
	COL_KIND,
	COL_FINDINGS,
	COL_ACCEPTED,
	COL_UNKNOWN,
	COL_REFUSED,
	COL_LATER,
	COL_BYTES,
};

/* A session that is still under way is unknown, too. */
static const char rows_text[] = "SELECT addr, kind, findings, accepted + told_accepted, "
				"max(unknown + (sessions = 0) - told_accepted - told_refused, 0), "
				"refused + told_refused, later, bytes "
				"FROM cases WHERE at >= ?1 ORDER BY addr, id";

static const char clients_text[] =
	"SELECT addr, helo, name, sender, findings, score, max(at), total(sessions), "
	"total(accepted + told_accepted) FROM cases WHERE at >= ?1 "
	"AND kind IN ('would-block', 'blocked') GROUP BY addr "
	"HAVING total(accepted + told_accepted) > 0 ORDER BY max(at) DESC, id DESC LIMIT ?2";

static void count(struct tally *t, enum outcome outcome)
{
	t->clients++;
	t->of[outcome]++;
}

static void count_cause(struct report *r, const char *name, enum outcome outcome)
{
	struct cause *c;

	HASH_FIND_STR(r->causes, name, c);
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return;
		snprintf(c->name, sizeof(c->name), "%s", name);
		HASH_ADD_STR(r->causes, name, c);
	}
	count(&c->tally, outcome);
}

static void finish_client(struct report *r)
{
	const struct client *c = &r->client;

	if (!c->begun)
		return;
	if (c->blocked)
		count(&r->blocks, c->outcome);
	else if (c->watched)
		count(&r->others, c->other);
	r->in_force += c->in_force;
	for (size_t i = 0; i < c->names; i++)
		count_cause(r, c->name[i], c->outcome);
}

static void add_name(struct client *c, const char *name, size_t len)
{
	if (!len || len >= NAME || c->names == NAMES)
		return;
	for (size_t i = 0; i < c->names; i++)
		if (strlen(c->name[i]) == len && !memcmp(c->name[i], name, len))
			return;
	memcpy(c->name[c->names], name, len);
	c->name[c->names++][len] = '\0';
}

static void add_names(struct client *c, const char *text)
{
	for (; text && *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		add_name(c, text, len);
		text += len;
	}
}

static enum outcome outcome_of(sqlite3_stmt *row)
{
	return sqlite3_column_int64(row, COL_ACCEPTED) > 0  ? OUTCOME_ACCEPTED
	       : sqlite3_column_int64(row, COL_UNKNOWN) > 0 ? OUTCOME_UNKNOWN
	       : sqlite3_column_int64(row, COL_REFUSED) > 0 ? OUTCOME_REFUSED
							    : OUTCOME_NOTHING;
}

/* What speaks for the client comes first in the enum. */
static enum outcome better(enum outcome a, enum outcome b)
{
	return a < b ? a : b;
}

/* A journal of another hand may hold any number. */
static void add(json_int_t *sum, sqlite3_int64 more)
{
	if (more > 0 && __builtin_add_overflow(*sum, more, sum))
		*sum = INT64_MAX;
}

static void add_row(struct report *r, sqlite3_stmt *row)
{
	const void *addr = sqlite3_column_blob(row, COL_ADDR);
	const char *kind = (const char *)sqlite3_column_text(row, COL_KIND);
	struct client *c = &r->client;
	bool in_force, blocks;

	if (!addr || sqlite3_column_bytes(row, COL_ADDR) != (int)sizeof(c->addr) || !kind)
		return;
	if (!c->begun || memcmp(&c->addr, addr, sizeof(c->addr)) != 0) {
		finish_client(r);
		*c = (struct client){
			.begun = true, .outcome = OUTCOME_NOTHING, .other = OUTCOME_NOTHING};
		memcpy(&c->addr, addr, sizeof(c->addr));
	}
	in_force = !strcmp(kind, store_case_name(CASE_BLOCKED));
	blocks = in_force || !strcmp(kind, store_case_name(CASE_WOULD_BLOCK));
	r->cases++;
	if (!blocks) {
		c->watched = true;
		c->other = better(c->other, outcome_of(row));
		return;
	}
	c->blocked = true;
	c->in_force |= in_force;
	c->outcome = better(c->outcome, outcome_of(row));
	add_names(c, (const char *)sqlite3_column_text(row, COL_FINDINGS));
	/* What came in spite of a block in force was let in as a courtesy. */
	if (in_force)
		return;
	add(&r->sessions, sqlite3_column_int64(row, COL_LATER));
	add(&r->bytes, sqlite3_column_int64(row, COL_BYTES));
}

static void add_tally(json_t *object, const struct tally *t)
{
	json_object_set_new(object, "clients", json_integer(t->clients));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_object_set_new(object, outcome_name((enum outcome)i), json_integer(t->of[i]));
}

static json_t *summary_of(const struct report *r, int64_t since)
{
	json_t *blocks = json_pack("{s:I, s:I, s:I}", "in_force", r->in_force, "sessions",
				   r->sessions, "bytes", r->bytes);
	json_t *others = json_object();

	add_tally(blocks, &r->blocks);
	add_tally(others, &r->others);
	return json_pack("{s:s, s:I, s:I, s:o, s:o}", "about", "summary", "since",
			 (json_int_t)since, "cases", r->cases, "blocks", blocks, "others", others);
}

static int compare(struct cause *a, struct cause *b)
{
	if (a->tally.clients != b->tally.clients)
		return a->tally.clients < b->tally.clients ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void add_causes(json_t *list, struct report *r)
{
	struct cause *c, *next;

	HASH_SORT(r->causes, compare);
	HASH_ITER(hh, r->causes, c, next)
	{
		json_t *object = json_pack("{s:s, s:s}", "about", "cause", "cause", c->name);

		add_tally(object, &c->tally);
		json_array_append_new(list, object);
		HASH_DEL(r->causes, c);
		free(c);
	}
}

static json_t *column_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static void add_client(json_t *list, sqlite3_stmt *row)
{
	const void *bytes = sqlite3_column_blob(row, 0);
	char text[ADDR_TEXT];
	struct addr addr;

	if (!bytes || sqlite3_column_bytes(row, 0) != (int)sizeof(addr))
		return;
	memcpy(&addr, bytes, sizeof(addr));
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}",
					"about", "client", "addr", addr_format(text, &addr), "helo",
					column_text(row, 1), "name", column_text(row, 2), "sender",
					column_text(row, 3), "findings", column_text(row, 4),
					"score", (json_int_t)sqlite3_column_int64(row, 5), "at",
					(json_int_t)sqlite3_column_int64(row, 6), "sessions",
					(json_int_t)sqlite3_column_int64(row, 7), "accepted",
					(json_int_t)sqlite3_column_int64(row, 8)));
}

static int each(sqlite3 *sql, const char *text, int64_t since, void (*fn)(void *, sqlite3_stmt *),
		void *context)
{
	sqlite3_stmt *s;
	int code = sqlite3_prepare_v2(sql, text, -1, &s, NULL);

	if (code)
		return code;
	sqlite3_bind_int64(s, 1, since);
	if (sqlite3_bind_parameter_count(s) > 1)
		sqlite3_bind_int(s, 2, REPORT_CLIENTS);
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		fn(context, s);
	sqlite3_finalize(s);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void on_row(void *report, sqlite3_stmt *row)
{
	add_row(report, row);
}

static void on_client(void *list, sqlite3_stmt *row)
{
	add_client(list, row);
}

/* Both questions see the same: nothing is written between them. */
static int read_all(struct report *r, json_t *clients, sqlite3 *sql, int64_t since)
{
	int code = sqlite3_exec(sql, "BEGIN", NULL, NULL, NULL);

	if (!code)
		code = each(sql, rows_text, since, on_row, r);
	finish_client(r);
	return code ? code : each(sql, clients_text, since, on_client, clients);
}

json_t *report_make(const char *path, int64_t since, char *error, size_t size)
{
	struct report *r = calloc(1, sizeof(*r));
	json_t *list = json_array(), *causes = json_array(), *clients = json_array();
	sqlite3 *sql = NULL;
	int code = r && list && causes && clients ? SQLITE_OK : SQLITE_NOMEM;

	if (!code)
		code = journal_open_to_read(&sql, path, BUSY_MS);
	if (!code)
		code = read_all(r, clients, sql, since);
	if (r) {
		add_causes(causes, r);
		json_array_append_new(list, summary_of(r, since));
	}
	json_array_extend(list, causes);
	json_array_extend(list, clients);
	if (code) {
		snprintf(error, size, "cannot read the journal `%s': %s", path,
			 sqlite3_errstr(code));
		json_decref(list);
		list = NULL;
	}
	sqlite3_close(sql);
	json_decref(causes);
	json_decref(clients);
	free(r);
	return list;
}
