// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_sql.h"

#define APPLICATION_ID 0x6d786470 /* "mxdp": how `file' and we know it from others */
#define BUSY_MS        2000       /* an administrator looks into it with other tools */

/* STEPS[n] brings a file of version n to n + 1; never changed once released, only added to. */
static const char *const steps[STORE_VERSION] = {
	"CREATE TABLE boots (id INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, seen INTEGER NOT "
	"NULL);"
	"CREATE TABLE verdicts (id INTEGER PRIMARY KEY, addr BLOB NOT NULL,"
	" plen INTEGER NOT NULL, ports TEXT NOT NULL, action TEXT NOT NULL,"
	" flags INTEGER NOT NULL, cause TEXT NOT NULL, score INTEGER NOT NULL,"
	" repeats INTEGER NOT NULL, reason TEXT, lists TEXT, evidence TEXT,"
	" since INTEGER NOT NULL, expires INTEGER, boot INTEGER NOT NULL REFERENCES boots,"
	" booted INTEGER NOT NULL, hits INTEGER NOT NULL, hit_last INTEGER, hit_courtesy INTEGER,"
	" ended INTEGER, ending TEXT, ended_by TEXT);"
	"CREATE INDEX by_network ON verdicts (addr, plen, ports);"
	"CREATE INDEX by_end ON verdicts (ended) WHERE ended IS NOT NULL;"
	"CREATE TABLE changes (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, uid INTEGER,"
	" verb TEXT NOT NULL, text TEXT);",
	"CREATE TABLE known (id INTEGER PRIMARY KEY, addr BLOB NOT NULL, at INTEGER NOT NULL,"
	" boot INTEGER NOT NULL REFERENCES boots, booted INTEGER NOT NULL);"
	"CREATE INDEX known_by_addr ON known (addr);"
	"CREATE TABLE suspended (name TEXT PRIMARY KEY, until INTEGER NOT NULL,"
	" boot INTEGER NOT NULL REFERENCES boots, booted INTEGER NOT NULL,"
	" withdrawn INTEGER NOT NULL, clients TEXT) WITHOUT ROWID;",
	"CREATE TABLE cases (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots,"
	" number INTEGER NOT NULL, addr BLOB NOT NULL, ports TEXT NOT NULL, kind TEXT NOT NULL,"
	" action TEXT NOT NULL, cause TEXT NOT NULL, score INTEGER NOT NULL, why TEXT,"
	" findings TEXT NOT NULL, helo TEXT, name TEXT, sender TEXT, began INTEGER NOT NULL,"
	" at INTEGER NOT NULL, until INTEGER NOT NULL, booted INTEGER NOT NULL,"
	" last INTEGER NOT NULL, sessions INTEGER NOT NULL DEFAULT 0,"
	" accepted INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,"
	" refused INTEGER NOT NULL DEFAULT 0, no_mail INTEGER NOT NULL DEFAULT 0,"
	" later INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
	" told_accepted INTEGER NOT NULL DEFAULT 0, told_refused INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (boot, number));"
	"CREATE INDEX cases_by_client ON cases (addr);"
	"CREATE INDEX cases_by_time ON cases (at);"
	"CREATE TABLE hours (id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, told INTEGER NOT NULL,"
	" accepted INTEGER NOT NULL, minutes INTEGER NOT NULL, UNIQUE (hour, told));",
	"ALTER TABLE verdicts ADD COLUMN hit_first INTEGER;",
};

static const char *const statements[STATEMENT_COUNT] = {
#define X(name, text) [SQL_##name] = text,
	STATEMENTS(X)
#undef X
};

int store_sql_failed(struct store_db *db, int code)
{
	db->error = code;
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int store_db_error(const struct store_db *db, char *words, size_t size)
{
	int system = sqlite3_system_errno(db->sql);

	switch (db->error & 0xff) {
	case SQLITE_FULL:
		snprintf(words, size, "the disk is full");
		break;
	case SQLITE_BUSY:
		snprintf(words, size, "another program holds it locked");
		break;
	default:
		snprintf(words, size, "%s%s%s", sqlite3_errstr(db->error), system ? ": " : "",
			 system ? strerror(system) : "");
	}
	return db->error;
}

sqlite3_stmt *store_sql(struct store_db *db, enum statement which)
{
	sqlite3_stmt *statement = db->statement[which];

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

int store_sql_run(struct store_db *db, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : store_sql_failed(db, code);
}

int store_sql_number(struct store_db *db, sqlite3_stmt *statement, sqlite3_int64 *out)
{
	int code = sqlite3_step(statement);

	*out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : store_sql_failed(db, code);
}

static int run_text(struct store_db *db, const char *text)
{
	int code = sqlite3_exec(db->sql, text, NULL, NULL, NULL);

	return code ? store_sql_failed(db, code) : 0;
}

static int ask_number(struct store_db *db, const char *text, sqlite3_int64 *out)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db->sql, text, -1, &statement, NULL), err;

	*out = 0;
	if (code)
		return store_sql_failed(db, code);
	err = store_sql_number(db, statement, out);
	sqlite3_finalize(statement);
	return err;
}

int store_db_begin(struct store_db *db)
{
	return run_text(db, "BEGIN IMMEDIATE");
}

int store_db_commit(struct store_db *db)
{
	return run_text(db, "COMMIT");
}

/* SQLite has rolled back by itself after some errors: then there is nothing to do. */
void store_db_rollback(struct store_db *db)
{
	int error = db->error;

	if (!sqlite3_get_autocommit(db->sql))
		run_text(db, "ROLLBACK");
	db->error = error;
	store_census_free(db);
}

/* SQLite would make it readable for all, and follow a link to anywhere. */
static int make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 || fchmod(fd, 0600) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* Before anything is written: a file that is not ours to change is left as it is. */
static int look_at_version(struct store_db *db, sqlite3_int64 *version, char *words, size_t size)
{
	sqlite3_int64 id, tables;
	int err = ask_number(db, "PRAGMA application_id", &id);

	if (!err)
		err = ask_number(db, "PRAGMA user_version", version);
	if (!err)
		err = ask_number(db, "SELECT count(*) FROM sqlite_master", &tables);
	if (err)
		return err;
	if (id != APPLICATION_ID && (id || tables || *version)) {
		snprintf(words, size, "it is a database, but no journal of mxdp: move it away");
		return -EPROTO;
	}
	if (*version < 0 || *version > STORE_VERSION) {
		snprintf(words, size,
			 "it is of version %lld, and this mxdpd knows %d: upgrade, or move it away",
			 *version, STORE_VERSION);
		return -EPROTO;
	}
	return 0;
}

/* All steps or none. */
static int migrate(struct store_db *db, sqlite3_int64 version)
{
	char pragmas[80];
	int err;

	if (version == STORE_VERSION)
		return 0;
	err = store_db_begin(db);
	for (; version < STORE_VERSION && !err; version++)
		err = run_text(db, steps[version]);
	snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, STORE_VERSION);
	if (!err)
		err = run_text(db, pragmas);
	if (!err)
		err = store_db_commit(db);
	if (err)
		store_db_rollback(db);
	return err;
}

static int prepare(struct store_db *db)
{
	for (int i = 0; i < STATEMENT_COUNT; i++) {
		int code = sqlite3_prepare_v3(db->sql, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &db->statement[i], NULL);

		if (code)
			return store_sql_failed(db, code);
	}
	return 0;
}

/* A write, too: what cannot be written is found out here. */
static int find_boot(struct store_db *db, const char *boot_id)
{
	static const char *const texts[] = {
		"INSERT INTO boots (boot, seen) VALUES (?1, CAST(strftime('%s') AS INTEGER)) "
		"ON CONFLICT (boot) DO UPDATE SET seen = excluded.seen",
		"SELECT id FROM boots WHERE boot = ?1"};
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		sqlite3_stmt *statement;
		int code = sqlite3_prepare_v2(db->sql, texts[i], -1, &statement, NULL);

		if (code)
			return store_sql_failed(db, code);
		sqlite3_bind_text(statement, 1, boot_id, -1, SQLITE_STATIC);
		err = store_sql_number(db, statement, &db->boot);
		sqlite3_finalize(statement);
	}
	return err;
}

/* WAL: readers do not stop the writer, and a commit needs no fsync to survive kill -9. */
static int settle(struct store_db *db, const char *boot_id, char *words, size_t size)
{
	static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
				      "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;"
				      "PRAGMA journal_size_limit = 67108864;"
				      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
	sqlite3_int64 version;
	int err;

	sqlite3_busy_timeout(db->sql, BUSY_MS);
	err = look_at_version(db, &version, words, size);
	if (!err)
		err = run_text(db, pragmas);
	if (!err)
		err = migrate(db, version);
	if (!err)
		err = find_boot(db, boot_id);
	return err ? err : prepare(db);
}

int store_db_open(struct store_db **out, const char *path, const char *boot_id, char *words,
		  size_t size)
{
	struct store_db *db = calloc(1, sizeof(*db));
	int err = db ? make_private(path) : -ENOMEM, code;

	*words = '\0';
	*out = NULL;
	if (err) {
		snprintf(words, size, "%s",
			 err == -ELOOP ? "it is a link, which is not followed" : strerror(-err));
		goto out;
	}
	code = sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
	err = code ? store_sql_failed(db, code) : settle(db, boot_id, words, size);
	if (err && !*words)
		store_db_error(db, words, size);
out:
	if (err)
		store_db_close(db);
	else
		*out = db;
	return err;
}

void store_db_close(struct store_db *db)
{
	if (!db)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(db->statement[i]);
	sqlite3_close(db->sql);
	store_census_free(db);
	free(db);
}
