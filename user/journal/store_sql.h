/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What store_file.c (opens, begins, migrates), store_write.c and store_read.c share of the file.
 *
 * Columns of `verdicts` that want a word: `addr` is 16 bytes as in maps/addr.h and `plen` counts
 * over all 128 bits; `since`, `expires` (NULL: never), `ended`, `hit_...` are time
 * of day; `booted` is when the boot in which the row was written began, by the clock as it was set
 * then. A row without `ended` is in force. `known` and `suspended` have their times in the same
 * way.
 */
#ifndef MXDP_JOURNAL_STORE_SQL_H
#define MXDP_JOURNAL_STORE_SQL_H

#include <sqlite3.h>
#include "store_db.h"

/* X(NAME, text): prepared once. */
#define STATEMENTS(X)                                                                              \
	X(PUT, "INSERT INTO verdicts (addr, plen, ports, action, flags, cause, score, repeats, "   \
	       "reason, lists, evidence, since, expires, boot, booted, hits, hit_last, "           \
	       "hit_courtesy, hit_first) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "   \
	       "?12, ?13, "                                                                        \
	       "?14, ?15, ?16, ?17, ?18, ?19)")                                                    \
	X(END, "UPDATE verdicts SET ended = ?4, ending = ?5, ended_by = ?6, hits = ?7, "           \
	       "hit_last = ?8, hit_courtesy = ?9, hit_first = ?10 "                                \
	       "WHERE addr = ?1 AND plen = ?2 AND ports = ?3 AND ended IS NULL")                   \
	X(REPLACE, "UPDATE verdicts SET ended = ?4, ending = 'replaced' "                          \
		   "WHERE addr = ?1 AND plen = ?2 AND ports = ?3 AND ended IS NULL")               \
	X(UNPUT, "DELETE FROM verdicts "                                                           \
		 "WHERE addr = ?1 AND plen = ?2 AND ports = ?3 AND ended IS NULL")                 \
	X(REOPEN, "UPDATE verdicts SET ended = NULL, ending = NULL WHERE id = (SELECT max(id) "    \
		  "FROM verdicts WHERE addr = ?1 AND plen = ?2 AND ports = ?3) "                   \
		  "AND ending = 'replaced'")                                                       \
	X(HITS, "UPDATE verdicts SET hits = ?4, hit_last = ?5, hit_courtesy = ?6, hit_first = ?7 " \
		"WHERE addr = ?1 AND plen = ?2 AND ports = ?3 AND ended IS NULL")                  \
	X(CHANGE, "INSERT INTO changes (at, uid, verb, text) VALUES (?1, ?2, ?3, ?4)")             \
	X(EXPIRE, "UPDATE verdicts SET ended = expires, ending = 'expired' WHERE ended IS NULL "   \
		  "AND CASE WHEN boot = ?1 THEN expires - booted <= ?2 ELSE expires <= ?3 END")    \
	X(FIND, "SELECT id, addr, plen, ports, action, cause, expires, boot, booted, hits "        \
		"FROM verdicts WHERE addr = ?1 AND plen = ?2 AND ports = ?3 AND ended IS NULL")    \
	X(STANDING, "SELECT id, addr, plen, ports, action, cause, expires, boot, booted, hits "    \
		    "FROM verdicts WHERE ended IS NULL")                                           \
	X(UNSEEN, "UPDATE verdicts SET "                                                           \
		  "ending = CASE WHEN expires <= ?2 THEN 'expired' ELSE 'unseen' END, "            \
		  "ended = min(coalesce(expires, ?2), ?2) WHERE id = ?1 AND ended IS NULL")        \
	X(FLUSH, "UPDATE verdicts SET ended = ?1, ending = 'flushed' WHERE ended IS NULL")         \
	X(LOAD,                                                                                    \
	  "SELECT addr, plen, ports, action, flags, cause, score, repeats, since, expires, "       \
	  "boot, booted, hits, hit_last, hit_courtesy, hit_first, lists, id, reason, evidence "    \
	  "FROM verdicts WHERE ended IS NULL ORDER BY id")                                         \
	X(NEWEST,                                                                                  \
	  "SELECT id FROM verdicts WHERE ended IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?1")        \
	X(PAST, "SELECT addr, plen, ports, since, expires, boot, booted, ended, ending, repeats "  \
		"FROM verdicts WHERE since >= ?1 AND plen IN (64, 128) "                           \
		"AND (repeats OR ending IN ('unblocked', 'flushed', 'accepted', 'withdrawn')) "    \
		"ORDER BY id DESC LIMIT ?2")                                                       \
	X(ENDED, "SELECT count(*) FROM verdicts WHERE ended IS NOT NULL")                          \
	X(PRUNE, "DELETE FROM verdicts WHERE id IN (SELECT id FROM verdicts "                      \
		 "WHERE ended IS NOT NULL AND ended < ?1 ORDER BY ended LIMIT ?2)")                \
	X(CHANGES, "SELECT count(*) FROM changes")                                                 \
	X(PRUNE_CHANGES, "DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ?1 "  \
			 "ORDER BY id LIMIT ?2)")                                                  \
	X(KNOWN, "INSERT INTO known (addr, at, boot, booted) VALUES (?1, ?2, ?3, ?4)")             \
	X(TRIM_KNOWN, "DELETE FROM known WHERE addr = ?1 AND id NOT IN (SELECT id FROM known "     \
		      "WHERE addr = ?1 ORDER BY id DESC LIMIT ?2)")                                \
	X(LOAD_KNOWN, "SELECT addr, at, boot, booted FROM known WHERE at >= ?1 ORDER BY id")       \
	X(COUNT_KNOWN, "SELECT count(*) FROM known")                                               \
	X(PRUNE_KNOWN, "DELETE FROM known WHERE id IN (SELECT id FROM known WHERE at < ?1 "        \
		       "ORDER BY id LIMIT ?2)")                                                    \
	X(SUSPEND, "INSERT OR REPLACE INTO suspended (name, until, boot, booted, withdrawn, "      \
		   "clients) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                     \
	X(LIFT, "DELETE FROM suspended WHERE ?1 IS NULL OR name = ?1")                             \
	X(LOAD_SUSPENDED, "SELECT name, until, boot, booted, withdrawn, clients FROM suspended")   \
	X(CASE, "INSERT INTO cases (boot, number, addr, ports, kind, action, cause, score, why, "  \
		"findings, began, at, until, booted, last, helo) "                                 \
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?12, ?15) "  \
		"ON CONFLICT (boot, number) DO UPDATE SET kind = ?5, action = ?6, cause = ?7, "    \
		"score = ?8, why = ?9, findings = ?10, at = ?12, until = ?13, last = ?12, helo = " \
		"coalesce(?15, helo)")                                                             \
	X(CASE_SESSION,                                                                            \
	  "UPDATE cases SET sessions = sessions + 1, accepted = accepted + (?3 = 0), "             \
	  "unknown = unknown + (?3 = 1), refused = refused + (?3 = 2), "                           \
	  "no_mail = no_mail + (?3 = 3), later = later + ?4, bytes = bytes + ?5, "                 \
	  "last = max(last, ?6), findings = coalesce(?7, findings), helo = coalesce(?8, helo), "   \
	  "name = coalesce(?9, name), sender = coalesce(?10, sender) "                             \
	  "WHERE boot = ?1 AND number = ?2")                                                       \
	X(CASE_TOLD,                                                                               \
	  "UPDATE cases SET told_accepted = told_accepted + ?3, "                                  \
	  "told_refused = told_refused + NOT ?3 WHERE id = (SELECT max(id) FROM cases "            \
	  "WHERE addr = ?1 AND ports = 'mx' AND began <= ?2 + 2 AND last >= ?2 - 3600)")           \
	X(CASES_OPEN, "SELECT number, kind, addr, ports, at, until, booted FROM cases "            \
		      "WHERE boot = ?1 AND until > ?2 ORDER BY id")                                \
	X(CASES, "SELECT count(*) FROM cases")                                                     \
	X(PRUNE_CASES, "DELETE FROM cases WHERE id IN (SELECT id FROM cases WHERE at < ?1 "        \
		       "ORDER BY id LIMIT ?2)")                                                    \
	X(HOUR, "INSERT INTO hours (hour, told, accepted, minutes) VALUES (?1, ?2, ?3, ?4) "       \
		"ON CONFLICT (hour, told) DO UPDATE SET accepted = ?3, minutes = ?4")              \
	X(HOURS, "SELECT hour, told, accepted, minutes FROM hours WHERE hour >= ?1")               \
	X(PRUNE_HOURS, "DELETE FROM hours WHERE id IN (SELECT id FROM hours "                      \
		       "WHERE hour < ?1 / 3600 LIMIT ?2)")

enum statement {
#define X(name, text) SQL_##name,
	STATEMENTS(X)
#undef X
		STATEMENT_COUNT,
};

struct store_db {
	sqlite3 *sql;
	sqlite3_stmt *statement[STATEMENT_COUNT];
	sqlite3_int64 boot; /* this boot's number in the file */
	int error;          /* of the last call that failed: an extended result code */
	/* What was in force when a census began; NULL: none is under way. */
	struct store_standing *standing;
	size_t standing_count;
};

/* Turns a result code into what store_db.h promises, and keeps it for the words. */
int store_sql_failed(struct store_db *db, int code);
/* Ready to be bound. */
sqlite3_stmt *store_sql(struct store_db *db, enum statement which);
/* Runs what returns no rows. */
int store_sql_run(struct store_db *db, sqlite3_stmt *statement);
/* The single number that it returns. */
int store_sql_number(struct store_db *db, sqlite3_stmt *statement, sqlite3_int64 *out);

/* store_census.c */
int store_census_start(struct store_db *db);
int store_census_count(struct store_db *db, const struct store_op *op);
int store_census_finish(struct store_db *db, const struct store_op *op);
void store_census_free(struct store_db *db);

/* store_known.c: who delivered mail, and which findings are suspended */
int store_write_known(struct store_db *db, const struct store_op *op);
int store_write_suspend(struct store_db *db, const struct store_op *op);
int store_write_lift(struct store_db *db, const struct store_op *op);

/* store_write.c: boot seconds as time of day, and a text; both NULL where there is none */
void store_bind_time(sqlite3_stmt *s, int at, const struct store_op *op, uint32_t boot);
void store_bind_text(sqlite3_stmt *s, int at, const char *text);
/* for the census */
int store_write_put(struct store_db *db, const struct store_op *op);
int store_write_hits(struct store_db *db, const struct store_op *op);

/* store_cases.c */
int store_case_put(struct store_db *db, const struct store_op *op);
int store_case_ended(struct store_db *db, const struct store_op *op);
int store_case_hears(struct store_db *db, const struct store_op *op);
int store_hour_put(struct store_db *db, const struct store_op *op);

/* Where this boot stands, and the clock. */
struct store_now {
	sqlite3_int64 boot; /* its number */
	int64_t booted;
	uint32_t seconds;
};

/* A moment, within bounds: whatever stands in the row, its differences do not overflow. */
sqlite3_int64 store_seconds(sqlite3_stmt *row, int column);

/*
 * store_read.c: time of day as seconds of this boot, below zero before it; column `boot` and the
 * one behind it are the row's.
 */
int64_t store_in_boot(const struct store_now *now, sqlite3_stmt *row, int boot, sqlite3_int64 wall);
/* False where a row's columns from `at` on - addr, plen, ports - are no network. */
bool store_read_network(struct prefix *prefix, enum port_class *ports, sqlite3_stmt *row, int at);

#endif
