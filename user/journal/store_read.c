// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "../base/addr.h"
#include "../base/names.h"
#include "../checks/finding.h"
#include "store_sql.h"

#define DAY          86400
#define REPEATS_SPAN (30 * DAY)
#define PRUNE_STEP   10000 /* rows in one transaction: others want to write, too */

#define SECONDS_MOST (1LL << 48) /* nine million years */

sqlite3_int64 store_seconds(sqlite3_stmt *row, int column)
{
	sqlite3_int64 seconds = sqlite3_column_int64(row, column);

	if (seconds > SECONDS_MOST)
		return SECONDS_MOST;
	return seconds < -SECONDS_MOST ? -SECONDS_MOST : seconds;
}

int64_t store_in_boot(const struct store_now *now, sqlite3_stmt *row, int boot, sqlite3_int64 wall)
{
	bool same = sqlite3_column_int64(row, boot) == now->boot;

	return wall - (same ? store_seconds(row, boot + 1) : now->booted);
}

static uint32_t within(int64_t seconds, uint32_t low, uint32_t high)
{
	return seconds < low ? low : seconds > high ? high : (uint32_t)seconds;
}

/* What any tool may have written into it: a row that is no verdict is passed over. */
bool store_read_network(struct prefix *prefix, enum port_class *ports, sqlite3_stmt *row, int at)
{
	const void *addr = sqlite3_column_blob(row, at);
	int plen = sqlite3_column_int(row, at + 1);
	const char *name = (const char *)sqlite3_column_text(row, at + 2);
	struct prefix cut;

	if (!addr || sqlite3_column_bytes(row, at) != (int)sizeof(prefix->addr) || plen < 1 ||
	    plen > ADDR_BITS || !name || !ports_parse(ports, name))
		return false;
	memcpy(&prefix->addr, addr, sizeof(prefix->addr));
	prefix->plen = (uint32_t)plen;
	cut = prefix_of(&prefix->addr, (unsigned)plen);
	return prefix_equal(&cut, prefix);
}

enum load_column {
	LOAD_ACTION = 3,
	LOAD_FLAGS,
	LOAD_CAUSE,
	LOAD_SCORE,
	LOAD_REPEATS,
	LOAD_SINCE,
	LOAD_EXPIRES,
	LOAD_BOOT, /* and `booted` behind it */
	LOAD_HITS = LOAD_BOOT + 2,
	LOAD_HIT_LAST,
	LOAD_HIT_COURTESY,
	LOAD_HIT_FIRST,
	LOAD_LISTS,
	LOAD_ID,
	LOAD_REASON,
	LOAD_EVIDENCE,
};

/* A clock that has fallen behind must not lengthen it; one that ran ahead must not start it anew.
 */
static uint32_t read_end(const struct store_now *now, sqlite3_stmt *row)
{
	sqlite3_int64 expires = store_seconds(row, LOAD_EXPIRES);
	int64_t left = store_in_boot(now, row, LOAD_BOOT, expires) - now->seconds;
	int64_t whole = expires - store_seconds(row, LOAD_SINCE);

	if (sqlite3_column_type(row, LOAD_EXPIRES) == SQLITE_NULL)
		return VERDICT_NEVER_EXPIRES;
	left = left > whole ? whole : left;
	return left <= 0 ? 0 : within(left + now->seconds, 1, VERDICT_NEVER_EXPIRES - 1);
}

static uint32_t read_time(const struct store_now *now, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return 0;
	return within(store_in_boot(now, row, LOAD_BOOT, store_seconds(row, column)), 0,
		      now->seconds);
}

static bool read_verdict(struct store_verdict *out, const struct store_now *now, sqlite3_stmt *row,
			 bool texts)
{
	const char *action = (const char *)sqlite3_column_text(row, LOAD_ACTION);
	const char *cause_text = (const char *)sqlite3_column_text(row, LOAD_CAUSE);
	enum action what;
	unsigned cause;

	*out = (struct store_verdict){.score = sqlite3_column_int(row, LOAD_SCORE),
				      .repeats = sqlite3_column_int(row, LOAD_REPEATS)};
	if (!store_read_network(&out->entry.prefix, &out->entry.ports, row, 0) || !action ||
	    !action_parse(&what, action) || !cause_text || !cause_parse(&cause, cause_text))
		return false;
	out->entry.verdict = (struct verdict){
		.expires = read_end(now, row),
		.since = read_time(now, row, LOAD_SINCE),
		.action = (__u8)what,
		.flags = (__u8)(sqlite3_column_int(row, LOAD_FLAGS) & VERDICT_COURTESY),
		.cause = (__u16)cause,
	};
	out->entry.hits = (struct verdict_hits){
		.packets = (__u64)sqlite3_column_int64(row, LOAD_HITS),
		.last = read_time(now, row, LOAD_HIT_LAST),
		.courtesy = read_time(now, row, LOAD_HIT_COURTESY),
		.first = read_time(now, row, LOAD_HIT_FIRST),
	};
	out->lists = (const char *)sqlite3_column_text(row, LOAD_LISTS);
	if (texts) {
		out->reason = (const char *)sqlite3_column_text(row, LOAD_REASON);
		out->evidence = (const char *)sqlite3_column_text(row, LOAD_EVIDENCE);
	}
	return out->entry.verdict.expires > now->seconds;
}

/* The number of the `texts` newest row; 0 where there are no more than so many. */
static int find_newest(struct store_db *db, size_t texts, sqlite3_int64 *id)
{
	sqlite3_stmt *s = store_sql(db, SQL_NEWEST);

	sqlite3_bind_int64(s, 1, (sqlite3_int64)texts);
	return store_sql_number(db, s, id);
}

long store_db_load(struct store_db *db, uint32_t seconds, int64_t booted, size_t texts,
		   store_verdict_fn fn, void *context)
{
	const struct store_now now = {db->boot, booted, seconds};
	sqlite3_stmt *s = store_sql(db, SQL_LOAD);
	sqlite3_int64 older;
	int err = find_newest(db, texts, &older), code;
	long count = 0;

	if (err)
		return err;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		bool newest = sqlite3_column_int64(s, LOAD_ID) > older;
		struct store_verdict verdict;

		if (!read_verdict(&verdict, &now, s, newest))
			continue;
		fn(&verdict, newest, context);
		count++;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? count : store_sql_failed(db, code);
}

enum past_column {
	PAST_SINCE = 3,
	PAST_EXPIRES,
	PAST_BOOT,
	PAST_ENDED = PAST_BOOT + 2,
	PAST_ENDING,
	PAST_REPEATS,
};

/* What takes a block back in the agent forgets its offender, too. */
static bool is_forgiven(sqlite3_stmt *row)
{
	static const char *const endings[] = {"unblocked", "flushed", "accepted", "withdrawn"};
	const char *ending = (const char *)sqlite3_column_text(row, PAST_ENDING);

	for (size_t i = 0; ending && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!strcmp(ending, endings[i]))
			return true;
	return false;
}

static bool read_past(struct store_past *out, const struct store_now *now, sqlite3_stmt *row)
{
	sqlite3_int64 ended = store_seconds(row, PAST_ENDED);

	out->last = store_in_boot(now, row, PAST_BOOT, store_seconds(row, PAST_SINCE));
	out->until = store_in_boot(now, row, PAST_BOOT, store_seconds(row, PAST_EXPIRES));
	out->forgiven = is_forgiven(row);
	if (out->forgiven)
		out->until = store_in_boot(now, row, PAST_BOOT, ended);
	if (out->last > now->seconds) /* the clock was ahead then */
		out->last = now->seconds;
	if (out->until > UINT32_MAX - 1)
		out->until = UINT32_MAX - 1;
	return store_read_network(&out->prefix, &out->ports, row, 0) &&
	       (sqlite3_column_int(row, PAST_REPEATS) || out->forgiven);
}

long store_db_past(struct store_db *db, uint32_t seconds, int64_t booted, struct store_past *out,
		   size_t room)
{
	const struct store_now now = {db->boot, booted, seconds};
	sqlite3_stmt *s = store_sql(db, SQL_PAST);
	size_t count = 0;
	int code;

	sqlite3_bind_int64(s, 1, booted + seconds - REPEATS_SPAN);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)room);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && count < room)
		count += read_past(&out[count], &now, s);
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? (long)count : store_sql_failed(db, code);
}

static int prune(struct store_db *db, enum statement which, sqlite3_int64 before,
		 sqlite3_int64 limit, bool *more)
{
	sqlite3_stmt *s = store_sql(db, which);
	int err;

	sqlite3_bind_int64(s, 1, before);
	sqlite3_bind_int64(s, 2, limit < PRUNE_STEP ? limit : PRUNE_STEP);
	err = store_sql_run(db, s);
	*more |= !err && sqlite3_changes(db->sql) >= PRUNE_STEP;
	return err;
}

static int prune_table(struct store_db *db, enum statement count, enum statement which,
		       int64_t before, size_t rows, bool *more)
{
	sqlite3_int64 there;
	int err = store_sql_number(db, store_sql(db, count), &there);

	if (!err && there > (sqlite3_int64)rows)
		err = prune(db, which, INT64_MAX, there - (sqlite3_int64)rows, more);
	return err ? err : prune(db, which, before, PRUNE_STEP, more);
}

int store_db_prune(struct store_db *db, int64_t wall, size_t rows, bool *more)
{
	int err;

	*more = false;
	err = prune_table(db, SQL_ENDED, SQL_PRUNE, wall - STORE_DAYS * DAY, rows, more);
	if (!err)
		err = prune_table(db, SQL_CHANGES, SQL_PRUNE_CHANGES, wall - STORE_DAYS * DAY, rows,
				  more);
	if (!err)
		err = prune_table(db, SQL_COUNT_KNOWN, SQL_PRUNE_KNOWN,
				  wall - STORE_KNOWN_DAYS * DAY, rows, more);
	if (!err)
		err = prune_table(db, SQL_CASES, SQL_PRUNE_CASES, wall - STORE_DAYS * DAY, rows,
				  more);
	return err ? err : prune(db, SQL_PRUNE_HOURS, wall - STORE_DAYS * DAY, PRUNE_STEP, more);
}
