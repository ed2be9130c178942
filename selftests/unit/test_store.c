// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal on disk: what is told comes back after a restart and after a reboot, ends stay ends,
 * and whatever happens to the file costs the journal alone. Real SQLite in a temporary directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/addr.h"
#include "../../user/base/clock.h"
#include "../../user/checks/finding.h"
#include "../../user/journal/store_db.h"
#include "../../user/policy/history.h"

#define FULL  (512 << 10) /* bytes of the file system that runs full */
#define LIMIT 20          /* seconds that anything here may take */

static char dir[] = "/tmp/store.XXXXXX", path[64];

/* --- the file, seen from outside --- */

static sqlite3_int64 run_sql(const char *file, const char *text)
{
	sqlite3 *sql;
	sqlite3_stmt *statement;
	sqlite3_int64 number = -1;

	assert_int_equal(sqlite3_open(file, &sql), SQLITE_OK);
	sqlite3_busy_timeout(sql, 5000);
	if (sqlite3_prepare_v2(sql, text, -1, &statement, NULL))
		fail_msg("%s: %s", text, sqlite3_errmsg(sql));
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		number = sqlite3_column_int64(statement, 0);
		break;
	case SQLITE_DONE:
		break;
	default:
		fail_msg("%s: %s", text, sqlite3_errmsg(sql));
	}
	sqlite3_finalize(statement);
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
	return number;
}

#define sql(text) run_sql(path, text)

static void write_file(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static size_t read_file(char *bytes, size_t room)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, room, file);
	fclose(file);
	return len;
}

static void each_file(void (*fn)(const char *file, size_t *count), size_t *count)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char file[512];

	assert_non_null(d);
	while ((entry = readdir(d))) {
		snprintf(file, sizeof(file), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			fn(file, count);
	}
	closedir(d);
}

static void remove_file(const char *file, size_t *count)
{
	(void)count;
	unlink(file);
}

static void count_bad(const char *file, size_t *count)
{
	*count += strstr(file, "journal.db.bad-") && !strstr(file, "-wal") && !strstr(file, "-shm");
}

static size_t moved_aside(void)
{
	size_t count = 0;

	each_file(count_bad, &count);
	return count;
}

static int begin(void **state)
{
	(void)state;
	each_file(remove_file, NULL);
	return 0;
}

/* --- a store --- */

static struct store *open_with(struct store_options options)
{
	struct store *s;

	options.path = path;
	s = store_open(&options);
	assert_non_null(s);
	return s;
}

static struct store *open_store(void)
{
	return open_with((struct store_options){0});
}

static struct store_state state_of(struct store *s)
{
	struct store_state state;

	store_state(s, &state);
	return state;
}

static void start(struct store *s)
{
	assert_string_equal(state_of(s).problem, "");
	assert_int_equal(store_start(s), 0);
}

static struct store *open_and_start(void)
{
	struct store *s = open_store();

	start(s);
	return s;
}

static bool none_waiting(struct store *s)
{
	return !state_of(s).waiting;
}

static bool has_problem(struct store *s)
{
	return state_of(s).problem[0];
}

static bool has_none(struct store *s)
{
	return !has_problem(s);
}

static void wait_for(bool (*is)(struct store *s), struct store *s, const char *what)
{
	uint64_t limit = clock_ns(CLOCK_MONOTONIC) + LIMIT * 1000000000ULL;

	while (!is(s)) {
		if (clock_ns(CLOCK_MONOTONIC) > limit)
			fail_msg("%s: not within %d s; the problem is '%s'", what, LIMIT,
				 state_of(s).problem);
		usleep(2000);
	}
}

#define wait_until(is, s) wait_for(is, s, #is)

/* --- verdicts --- */

static struct prefix net(const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(&prefix, text))
		fail_msg("'%s' is no network", text);
	return prefix;
}

static struct store_verdict verdict(const char *text, uint32_t ttl)
{
	uint32_t now = boot_seconds();

	return (struct store_verdict){
		.entry = {.prefix = net(text),
			  .ports = PORTS_MX,
			  .verdict = {.since = now,
				      .expires = ttl ? now + ttl : VERDICT_NEVER_EXPIRES,
				      .action = ACTION_DROP,
				      .flags = VERDICT_COURTESY,
				      .cause = FINDING_HELO_OUR_ADDRESS}},
		.score = 10,
		.repeats = true,
		.reason = "EHLO [203.0.113.25]",
		.lists = "",
		.evidence = "[{\"id\":\"helo-our-address\"}]",
	};
}

static void put(struct store *s, const char *text, uint32_t ttl)
{
	struct store_verdict v = verdict(text, ttl);

	store_put(s, &v);
}

static void end(struct store *s, const char *text, enum store_ending ending)
{
	struct store_verdict v = verdict(text, 60);

	v.entry.hits.packets = 7;
	store_end(s, &v.entry, ending, "mxdpctl");
}

#define KEPT 64

struct loaded {
	size_t count;
	struct store_verdict verdict[KEPT];
	char reason[KEPT][STORE_EVIDENCE], lists[KEPT][STORE_EVIDENCE];
};

static void keep(const struct store_verdict *v, bool newest, void *context)
{
	struct loaded *l = context;

	assert_true(l->count < KEPT);
	assert_int_equal(newest, v->reason != NULL);
	snprintf(l->reason[l->count], STORE_EVIDENCE, "%s", v->reason ? v->reason : "NULL");
	snprintf(l->lists[l->count], STORE_EVIDENCE, "%s", v->lists ? v->lists : "NULL");
	l->verdict[l->count++] = *v;
}

/* As if started anew. */
static void load_with(struct loaded *l, struct store_options options, size_t texts)
{
	struct store *s = open_with(options);
	long count;

	l->count = 0;
	count = store_load(s, texts, keep, l);
	assert_int_equal(count, l->count);
	store_close(s);
}

static void load(struct loaded *l)
{
	load_with(l, (struct store_options){0}, KEPT);
}

static const struct store_verdict *loaded(const struct loaded *l, const char *text)
{
	struct prefix prefix = net(text);

	for (size_t i = 0; i < l->count; i++)
		if (prefix_equal(&l->verdict[i].entry.prefix, &prefix))
			return &l->verdict[i];
	return NULL;
}

/* --- what is told comes back --- */

static void comes_back(void **state)
{
	static const char *const nets[] = {"192.0.2.1", "2001:db8::/64", "198.51.100.0/24"};
	static struct loaded l;
	struct store *s = open_and_start();
	struct store_verdict v = verdict("2001:db8::1", 600);
	struct stat st;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		put(s, nets[i], 600 + (uint32_t)i);
	v.entry.ports = PORTS_SUBMISSION;
	v.entry.verdict.action = ACTION_RESET;
	v.entry.verdict.cause = CAUSE_SCORE;
	v.entry.verdict.flags = 0;
	v.entry.hits = (struct verdict_hits){
		.packets = 1ULL << 40, .last = boot_seconds(), .first = boot_seconds() - 5};
	v.reason = "zw\xc3\xb6lf";
	v.lists = "dnsbl:zen.example dnsbl:b.example";
	store_put(s, &v);
	store_close(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sql("PRAGMA user_version"), STORE_VERSION);

	load(&l);
	assert_int_equal(l.count, 4);
	for (size_t i = 0; i < 3; i++) {
		struct prefix prefix = net(nets[i]);
		const struct verdict *got = &l.verdict[i].entry.verdict;

		assert_true(prefix_equal(&l.verdict[i].entry.prefix, &prefix));
		assert_int_equal(l.verdict[i].entry.ports, PORTS_MX);
		assert_int_equal(got->expires - got->since, 600 + i);
		assert_int_equal(got->cause, FINDING_HELO_OUR_ADDRESS);
		assert_int_equal(got->flags, VERDICT_COURTESY);
		assert_string_equal(l.reason[i], "EHLO [203.0.113.25]");
		assert_string_equal(l.lists[i], "");
	}
	assert_int_equal(l.verdict[3].entry.ports, PORTS_SUBMISSION);
	assert_memory_equal(&l.verdict[3].entry.verdict, &v.entry.verdict, sizeof(struct verdict));
	assert_memory_equal(&l.verdict[3].entry.hits, &v.entry.hits, sizeof(struct verdict_hits));
	assert_int_equal(l.verdict[3].score, 10);
	assert_string_equal(l.reason[3], v.reason);
	assert_string_equal(l.lists[3], v.lists);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE evidence LIKE '%our-address%'"),
			 4);

	load_with(&l, (struct store_options){0}, 1);
	assert_string_equal(l.reason[2], "NULL");
	assert_string_equal(l.reason[3], v.reason);
}

static void ends_are_ends(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();

	(void)state;
	put(s, "192.0.2.1", 600);
	put(s, "192.0.2.2", 600);
	put(s, "192.0.2.3", 0);
	end(s, "192.0.2.1", STORE_UNBLOCKED);
	end(s, "192.0.2.3", STORE_FLUSHED);
	end(s, "192.0.2.9", STORE_EXPIRED); /* never was */
	put(s, "192.0.2.2", 1200);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.verdict[0].entry.verdict.expires - l.verdict[0].entry.verdict.since,
			 1200);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'unblocked' AND "
			     "ended_by = 'mxdpctl' AND hits = 7 AND ended >= since"),
			 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'replaced'"), 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'flushed'"), 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts"), 4);
}

static void undone(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();
	struct prefix both[] = {net("192.0.2.1"), net("192.0.2.2")};

	(void)state;
	put(s, "192.0.2.1", 600);
	put(s, "192.0.2.1", 1200);
	put(s, "192.0.2.2", 1200);
	store_undo(s, &both[0], PORTS_MX);
	store_undo(s, &both[1], PORTS_MX);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
	assert_true(prefix_equal(&l.verdict[0].entry.prefix, &both[0]));
	assert_int_equal(l.verdict[0].entry.verdict.expires - l.verdict[0].entry.verdict.since,
			 600);
	assert_int_equal(sql("SELECT count(*) FROM verdicts"), 1);
}

static void hits_are_kept(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();
	struct store_verdict v = verdict("192.0.2.1", 600);

	(void)state;
	store_put(s, &v);
	v.entry.hits = (struct verdict_hits){
		.packets = 41, .last = boot_seconds(), .first = boot_seconds() - 9};
	store_hits(s, &v.entry);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.verdict[0].entry.hits.packets, 41);
	assert_int_equal(l.verdict[0].entry.hits.last, v.entry.hits.last);
	assert_int_equal(l.verdict[0].entry.hits.first, v.entry.hits.first);
	assert_int_equal(l.verdict[0].entry.hits.courtesy, 0);
}

static void changes_are_kept(void **state)
{
	struct store *s = open_and_start();

	(void)state;
	store_change(s, 1000, "allow", "192.0.2.0/24: our other site");
	store_change(s, (uid_t)-1, "flush", NULL);
	store_close(s);
	assert_int_equal(sql("SELECT uid FROM changes WHERE verb = 'allow' AND text LIKE "
			     "'192.0.2.0/24%'"),
			 1000);
	assert_int_equal(sql("SELECT count(*) FROM changes WHERE uid IS NULL AND text IS NULL AND "
			     "at BETWEEN strftime('%s') - 60 AND strftime('%s') + 1"),
			 1);
}

/* Cut between two characters, as JSON wants it. */
static void texts_are_bounded(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();
	struct store_verdict v = verdict("192.0.2.1", 600);
	char text[2 * STORE_EVIDENCE + 1];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xb6", 3);
	v.reason = text;
	store_put(s, &v);
	store_close(s);
	load(&l);
	assert_int_equal(strlen(l.reason[0]), STORE_EVIDENCE - 2);
}

/* --- time --- */

static void after_a_reboot(void **state)
{
	static struct loaded l;
	uint32_t now = boot_seconds();
	int64_t booted = time(NULL) - now;
	struct store_options first = {.boot_id = "one", .booted = booted - 3000};
	struct store_options second = {.boot_id = "two", .booted = booted};
	struct store *s = open_with(first);
	const struct store_verdict *v;

	(void)state;
	start(s);
	put(s, "192.0.2.1", 3000 + 600); /* six hundred are left */
	put(s, "192.0.2.2", 3000 - 10);  /* ran out while it was off */
	put(s, "192.0.2.3", 0);
	store_close(s);
	load_with(&l, second, KEPT);
	assert_int_equal(l.count, 2);
	v = loaded(&l, "192.0.2.1");
	assert_non_null(v);
	assert_in_range(v->entry.verdict.expires, now + 598, now + 602);
	assert_true(v->entry.verdict.since <= now);
	assert_int_equal(loaded(&l, "192.0.2.3")->entry.verdict.expires, VERDICT_NEVER_EXPIRES);
	/* The next one closes what ran out, with the time at which it did. */
	s = open_with(second);
	l.count = 0;
	store_load(s, 0, keep, &l);
	start(s);
	wait_until(none_waiting, s);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'expired' AND "
			     "ended = expires"),
			 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 2);
}

/* No clock that was never set, as of a board without a battery, blocks anybody for decades. */
static void clock_behind(void **state)
{
	static struct loaded l;
	uint32_t now = boot_seconds();
	struct store *s = open_with((struct store_options){.boot_id = "one"});

	(void)state;
	start(s);
	put(s, "192.0.2.1", 600);
	store_close(s);
	load_with(&l, (struct store_options){.boot_id = "two", .booted = 1}, KEPT);
	assert_int_equal(l.count, 1);
	assert_in_range(l.verdict[0].entry.verdict.expires, now + 600, now + 605);
	assert_true(l.verdict[0].entry.verdict.since <= boot_seconds());
}

static void clock_set_within_a_boot(void **state)
{
	static struct loaded l;
	uint32_t now = boot_seconds();
	int64_t booted = time(NULL) - now;
	struct store *s = open_with((struct store_options){.boot_id = "one", .booted = booted});

	(void)state;
	start(s);
	put(s, "192.0.2.1", 600);
	store_close(s);
	for (int64_t off = -86400; off <= 86400; off += 86400) {
		load_with(&l, (struct store_options){.boot_id = "one", .booted = booted + off},
			  KEPT);
		assert_int_equal(l.count, 1);
		assert_in_range(l.verdict[0].entry.verdict.expires, now + 600, now + 605);
		assert_in_range(l.verdict[0].entry.verdict.since, now, now + 5);
	}
}

/* --- the census --- */

static bool wants_census(struct store *s)
{
	return store_wants_census(s);
}

static void census_mends(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();
	struct store_verdict stays = verdict("192.0.2.1", 600), other = verdict("192.0.2.2", 600);
	struct store_verdict untold = verdict("192.0.2.4", 600);

	(void)state;
	store_put(s, &stays);
	store_put(s, &other);
	put(s, "192.0.2.3", 600); /* went untold */
	store_census_begin(s);
	stays.entry.hits.packets = 5;
	stays.reason = NULL; /* what the row knows is not forgotten */
	store_census(s, &stays);
	other.entry.verdict.expires += 300; /* replaced untold */
	store_census(s, &other);
	untold.reason = "came untold";
	store_census(s, &untold);
	put(s, "192.0.2.5", 600); /* after its beginning */
	store_census_end(s);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 4);
	assert_null(loaded(&l, "192.0.2.3"));
	assert_non_null(loaded(&l, "192.0.2.5"));
	assert_int_equal(loaded(&l, "192.0.2.1")->entry.hits.packets, 5);
	assert_int_equal(loaded(&l, "192.0.2.2")->entry.verdict.expires,
			 other.entry.verdict.expires);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'unseen'"), 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'replaced'"), 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE reason = 'came untold'"), 1);
	assert_int_equal(
		sql("SELECT count(*) FROM verdicts WHERE hits = 5 AND reason LIKE 'EHLO%'"), 1);
}

/* Verdicts of an earlier boot are known again, by the time of day. */
static void census_after_a_reboot(void **state)
{
	static struct loaded l;
	int64_t booted = time(NULL) - boot_seconds();
	struct store *s =
		open_with((struct store_options){.boot_id = "one", .booted = booted - 300});

	(void)state;
	start(s);
	put(s, "192.0.2.1", 900);
	put(s, "192.0.2.2", 0);
	store_close(s);
	s = open_with((struct store_options){.boot_id = "two", .booted = booted});
	l.count = 0;
	assert_int_equal(store_load(s, KEPT, keep, &l), 2);
	start(s);
	store_census_begin(s);
	for (size_t i = 0; i < l.count; i++) {
		struct store_verdict v = l.verdict[i];

		v.reason = v.lists = v.evidence = NULL;
		store_census(s, &v);
	}
	store_census_end(s);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts"), 2);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 2);
}

/* A queue that is full loses what is told, says so, and asks for a census; that loses nothing. */
static void queue_is_bounded(void **state)
{
	struct store *s = open_with((struct store_options){.queue = 8});
	struct store_verdict v = verdict("192.0.2.1", 600);
	uint64_t lost;

	(void)state;
	assert_true(store_has_room(s, 4));
	for (int i = 0; i < 20; i++)
		store_put(s, &v);
	assert_int_equal(state_of(s).lost, 12);
	assert_int_equal(state_of(s).waiting, 8);
	assert_false(store_has_room(s, 1));
	assert_true(store_wants_census(s));
	/* Nobody is closed by a census that lost something itself. */
	store_census_begin(s);
	store_census_end(s);
	lost = state_of(s).lost;
	start(s);
	wait_until(none_waiting, s);
	assert_true(store_wants_census(s));
	assert_int_equal(state_of(s).lost, lost);
	assert_int_equal(state_of(s).written, 8);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 1);
	store_census_begin(s);
	assert_false(store_wants_census(s));
	store_census_end(s);
	wait_until(none_waiting, s);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 0);
}

/* All at once, and what is put after that stands. */
static void flushed(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();

	(void)state;
	put(s, "192.0.2.1", 600);
	put(s, "2001:db8::/64", 0);
	store_flush(s);
	put(s, "192.0.2.1", 1200);
	assert_false(store_wants_census(s));
	store_ask_census(s);
	assert_true(store_wants_census(s));
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ending = 'flushed'"), 2);
}

/* --- repeats --- */

struct repeats {
	size_t count;
	struct store_repeat list[KEPT];
};

static void keep_repeat(const struct store_repeat *r, void *context)
{
	struct repeats *all = context;

	assert_true(all->count < KEPT);
	all->list[all->count++] = *r;
}

static void repeats_are_read(void **state)
{
	int64_t booted = time(NULL) - boot_seconds();
	static struct repeats all;
	struct store_verdict by_hand = verdict("192.0.2.9", 600);
	struct store *s =
		open_with((struct store_options){.boot_id = "one", .booted = booted - 9000});

	(void)state;
	all.count = 0;
	start(s);
	put(s, "192.0.2.1", 600);
	end(s, "192.0.2.1", STORE_EXPIRED);
	put(s, "192.0.2.2", 600);
	end(s, "192.0.2.2", STORE_UNBLOCKED);
	by_hand.repeats = false;
	store_put(s, &by_hand);
	store_close(s);
	s = open_with((struct store_options){.boot_id = "two", .booted = booted});
	start(s);
	put(s, "192.0.2.1", 600);
	store_close(s);
	s = open_with((struct store_options){.boot_id = "two", .booted = booted});
	assert_int_equal(store_load_repeats(s, keep_repeat, &all), 1);
	store_close(s);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.list[0].blocks, 2);
	assert_in_range(all.list[0].last, boot_seconds() - 5, boot_seconds());
	assert_in_range(all.list[0].until, all.list[0].last + 599, all.list[0].last + 601);
}

#define DAY 86400

static struct store_past past(const char *text, int64_t last, int64_t until, bool forgiven)
{
	return (struct store_past){net(text), PORTS_MX, forgiven, last, until};
}

static void repeats_are_counted(void **state)
{
	const int64_t now = 40 * DAY;
	struct store_repeat out[16];
	struct store_past list[] = {
		/* A week without an offence begins anew. */
		past("192.0.2.1", now - 20 * DAY, now - 20 * DAY + 60, false),
		past("192.0.2.1", now - 2 * DAY, now - 2 * DAY + 60, false),
		past("192.0.2.1", now - 8 * DAY, now - 8 * DAY + 60, false),
		/* Too long ago. */
		past("192.0.2.2", now - 8 * DAY, now - 8 * DAY + 60, false),
		/* Within the block before: the same offence. */
		past("192.0.2.3", now - 1000, now - 400, false),
		past("192.0.2.3", now - 900, now - 300, false),
		/* Forgiven, and then again. */
		past("192.0.2.4", now - 5000, now - 4000, true),
		past("192.0.2.4", now - 6000, now - 5500, false),
		past("192.0.2.4", now - 3000, now - 2000, false),
		/* A /64 is forgiven as a whole, its neighbor is not; before this boot. */
		past("2001:db8:1::1", -5000, -4000, false),
		past("2001:db8:1::2", -4500, -3000, true),
		past("2001:db8:2::1", -5000, -4000, false),
		past("2001:db8:2::/64", -3000, -2000, false),
	};
	size_t count = store_repeats(out, list, sizeof(list) / sizeof(list[0]), (uint32_t)now);
	size_t i = 0;

	(void)state;
	assert_int_equal(count, 3);
	assert_int_equal(out[i].blocks, 2); /* 192.0.2.1: six days between them */
	assert_int_equal(out[i++].last, now - 2 * DAY);
	assert_int_equal(out[i].blocks, 1); /* 192.0.2.4 */
	assert_int_equal(out[i++].last, now - 3000);
	assert_int_equal(out[i].blocks, 1); /* 192.0.2.3 */
	assert_int_equal(out[i].until, now - 300);
	assert_int_equal(out[i++].last, now - 900);

	list[0] = past("2001:db8:2::1", -5000, -4000, false);
	list[1] = past("2001:db8:2::/64", -3000, -2000, false);
	assert_int_equal(store_repeats(out, list, 2, 100), 2);
	assert_int_equal(out[0].prefix.plen, 128);
	assert_int_equal(out[1].prefix.plen, 64);
	assert_int_equal(out[1].last, -3000);
	assert_int_equal(store_repeats(out, list, 0, 100), 0);
}

/* --- trust --- */

struct trusted {
	size_t count;
	struct addr client[KEPT];
	int64_t at[KEPT];
	size_t suspended;
	char name[STORE_EVIDENCE], clients[STORE_EVIDENCE];
	int64_t until;
	uint64_t withdrawn;
};

static void keep_known(const struct addr *client, int64_t at, void *context)
{
	struct trusted *t = context;

	assert_true(t->count < KEPT);
	t->client[t->count] = *client;
	t->at[t->count++] = at;
}

static void keep_suspended(const struct store_suspended *s, void *context)
{
	struct trusted *t = context;

	t->suspended++;
	snprintf(t->name, sizeof(t->name), "%s", s->name);
	snprintf(t->clients, sizeof(t->clients), "%s", s->clients ? s->clients : "NULL");
	t->until = s->until;
	t->withdrawn = s->withdrawn;
}

static void load_trust(struct trusted *t, const char *boot_id)
{
	struct store *s = open_with((struct store_options){.boot_id = boot_id});
	long count;

	*t = (struct trusted){0};
	count = store_load_known(s, keep_known, t);
	assert_int_equal(count, t->count);
	count = store_load_suspended(s, keep_suspended, t);
	assert_int_equal(count, t->suspended);
	store_close(s);
}

static void mails_are_known(void **state)
{
	static struct trusted t;
	struct addr one = net("192.0.2.1").addr, other = net("2001:db8::/64").addr;
	struct store *s = open_and_start();
	uint32_t now = boot_seconds();

	(void)state;
	for (int i = 0; i < STORE_KNOWN_TIMES + 3; i++)
		store_known(s, &one);
	store_known(s, &other);
	store_close(s);
	load_trust(&t, NULL);
	assert_int_equal(t.count, STORE_KNOWN_TIMES + 1);
	assert_true(addr_equal(&t.client[0], &one));
	assert_true(addr_equal(&t.client[t.count - 1], &other));
	assert_in_range(t.at[0], now, now + LIMIT);
	/* A clock that is set within the boot changes nothing... */
	sql("UPDATE known SET at = at - 5000, booted = booted - 5000");
	load_trust(&t, NULL);
	assert_in_range(t.at[0], now, now + LIMIT);
	/* ... in another one the time of day counts, before its begin, too... */
	load_trust(&t, "another");
	assert_in_range(t.at[0] - now + 5000, 0, LIMIT);
	/* ... for thirty days. */
	sql("UPDATE known SET at = at - 30 * 86400 WHERE id % 2");
	load_trust(&t, "another");
	assert_in_range(t.count, 4, 5);
	sql("UPDATE known SET addr = x'00' WHERE id % 2 = 0");
	load_trust(&t, NULL);
	assert_int_equal(t.count, 0);
}

static void suspended_stay_so(void **state)
{
	static struct trusted t;
	uint32_t now = boot_seconds();
	struct store_suspended suspended = {
		.name = "helo-our-name", .until = now + 86400, .clients = "192.0.2.1 192.0.2.2"};
	struct store *s = open_and_start();

	(void)state;
	store_suspend(s, &suspended);
	suspended.withdrawn = 7;
	store_suspend(s, &suspended);
	suspended.name = "pattern:mine";
	store_suspend(s, &suspended);
	store_lift(s, "pattern:mine");
	store_close(s);
	load_trust(&t, NULL);
	assert_int_equal(t.suspended, 1);
	assert_string_equal(t.name, "helo-our-name");
	assert_string_equal(t.clients, "192.0.2.1 192.0.2.2");
	assert_int_equal(t.withdrawn, 7);
	assert_int_equal(t.until, now + 86400);
	load_trust(&t, "another");
	assert_in_range(t.until - now, 86400 - LIMIT, 86400 + LIMIT);
	sql("UPDATE suspended SET until = until - 86400 - 60");
	load_trust(&t, NULL);
	assert_int_equal(t.suspended, 0);
	s = open_and_start();
	suspended.until = now + 60;
	store_suspend(s, &suspended);
	store_lift(s, NULL);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM suspended"), 0);
}

/* --- other files in its place --- */

/* A file as the first version left it: its verdicts are read, and what is new has its place. */
static void from_version_1(void **state)
{
	static struct trusted t;
	static struct loaded l;
	struct addr one = net("192.0.2.1").addr;
	struct store *s = open_and_start();

	(void)state;
	put(s, "192.0.2.1", 600);
	store_change(s, 0, "block", "192.0.2.1");
	store_close(s);
	/* What came later is taken out again. */
	sql("DROP TABLE known");
	sql("DROP TABLE suspended");
	sql("DROP TABLE cases");
	sql("DROP TABLE hours");
	sql("ALTER TABLE verdicts DROP COLUMN hit_first");
	sql("PRAGMA user_version = 1");
	s = open_and_start();
	store_known(s, &one);
	store_close(s);
	assert_int_equal(sql("PRAGMA user_version"), STORE_VERSION);
	assert_int_equal(sql("SELECT count(*) FROM changes"), 1);
	load(&l);
	assert_int_equal(l.count, 1);
	load_trust(&t, NULL);
	assert_int_equal(t.count, 1);
}

static void from_version_0(void **state)
{
	static struct loaded l;
	struct store *s;

	(void)state;
	write_file("", 0);
	s = open_and_start();
	put(s, "192.0.2.1", 600);
	store_close(s);
	assert_int_equal(sql("PRAGMA user_version"), STORE_VERSION);
	load(&l);
	assert_int_equal(l.count, 1);
	/* Begun, but not brought to its first version: a database with nothing in it. */
	each_file(remove_file, NULL);
	sql("PRAGMA application_id = 1836606576");
	assert_int_equal(sql("PRAGMA user_version"), 0);
	s = open_and_start();
	put(s, "192.0.2.1", 600);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
}

static void refuse_untouched(const char *words)
{
	static char before[65536], after[65536];
	size_t len = read_file(before, sizeof(before));
	struct store *s = open_with((struct store_options){.retry_ms = 20});

	if (!strstr(state_of(s).problem, words))
		fail_msg("'%s' does not say '%s'", state_of(s).problem, words);
	assert_int_equal(store_start(s), 0);
	put(s, "192.0.2.1", 600);
	wait_until(none_waiting, s);
	assert_true(has_problem(s));
	assert_false(store_wants_census(s));
	store_close(s);
	assert_int_equal(read_file(after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
	assert_int_equal(moved_aside(), 0);
}

static void newer_is_left_alone(void **state)
{
	(void)state;
	store_close(open_store());
	sql("PRAGMA user_version = 99");
	sql("PRAGMA journal_mode = DELETE");
	refuse_untouched("version 99");
	each_file(remove_file, NULL);
	sql("CREATE TABLE verdicts (whose)");
	refuse_untouched("no journal of mxdp");
}

static void damaged_is_moved_aside(void **state)
{
	static struct loaded l;
	char junk[8192];
	struct store *s;

	(void)state;
	memset(junk, 'x', sizeof(junk));
	write_file(junk, sizeof(junk));
	s = open_and_start();
	assert_int_equal(moved_aside(), 1);
	assert_true(store_wants_census(s));
	put(s, "192.0.2.1", 600);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
}

/* In the midst of it, while it is written: the pages behind the first are overwritten. */
static void damaged_while_open(void **state)
{
	static struct loaded l;
	struct store *s = open_and_start();
	char name[32], junk[4096];
	int fd;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "192.0.2.%d", i);
		put(s, name, 600);
	}
	store_close(s);
	memset(junk, 0xa5, sizeof(junk));
	fd = open(path, O_WRONLY);
	for (int page = 1; page < 60; page++)
		if (pwrite(fd, junk, sizeof(junk), page * (off_t)sizeof(junk)) < 0)
			fail_msg("cannot damage it");
	close(fd);
	s = open_with((struct store_options){.retry_ms = 20});
	l.count = 0;
	store_load(s, KEPT, keep, &l);
	assert_int_equal(l.count, 0);
	assert_int_equal(store_start(s), 0);
	wait_until(has_none, s);
	assert_int_equal(moved_aside(), 1);
	wait_until(wants_census, s);
	put(s, "192.0.2.1", 600);
	store_close(s);
	load(&l);
	assert_int_equal(l.count, 1);
}

/* Whatever stands in a row that is no verdict, the others come back. */
static void odd_rows_are_passed_over(void **state)
{
	static const char *const odd[] = {
		"addr = x'00'",    "addr = 'text'",  "addr = NULL",    "plen = 0",
		"plen = 129",      "plen = 120",     "ports = 'imap'", "ports = x'ff'",
		"action = 'burn'", "cause = 'fate'", "cause = 7",      "action = 3.5",
	};
	static struct loaded l;
	struct store *s = open_and_start();
	char text[128];
	size_t count = sizeof(odd) / sizeof(odd[0]);

	(void)state;
	for (size_t i = 0; i <= count; i++) {
		snprintf(text, sizeof(text), "192.0.2.%zu", i + 1);
		put(s, text, 600);
	}
	store_close(s);
	sql("PRAGMA user_version");
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "UPDATE OR IGNORE verdicts SET %s WHERE id = %zu",
			 odd[i], i + 1);
		if (strcmp(odd[i], "addr = NULL") != 0)
			sql(text);
		else
			sql("DELETE FROM verdicts WHERE id = 3");
	}
	sql("UPDATE verdicts SET reason = x'ff00ff', hits = 'many', since = 'then' WHERE id = 13");
	load(&l);
	assert_int_equal(l.count, 1);
	assert_true(l.verdict[0].entry.verdict.since <= boot_seconds());
}

/* --- disks that are full, read-only, locked, killed --- */

static bool have_mounts;

static void own_mounts(void)
{
	have_mounts = !geteuid() && !unshare(CLONE_NEWNS) &&
		      !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void need_mounts(void)
{
	if (have_mounts)
		return;
	print_message("a file system of its own needs root: skipped\n");
	skip();
}

static void fill(const char *file, size_t count)
{
	static const char zeros[4096];
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	for (size_t i = 0; i < count && write(fd, zeros, sizeof(zeros)) > 0; i++)
		;
	close(fd);
}

static bool full(struct store *s)
{
	return strstr(state_of(s).problem, "full");
}

static bool has_lost(struct store *s)
{
	return state_of(s).lost;
}

static void put_many(struct store *s, unsigned count)
{
	char name[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		put(s, name, 600);
	}
}

static void disk_full(void **state)
{
	char filler[80], size[32];
	struct store *s;

	(void)state;
	need_mounts();
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	snprintf(size, sizeof(size), "size=%d", FULL);
	assert_int_equal(mount("store", dir, "tmpfs", 0, size), 0);
	s = open_with((struct store_options){.retry_ms = 20});
	start(s);
	put(s, "192.0.2.1", 600);
	wait_until(none_waiting, s);
	assert_int_equal(state_of(s).written, 1);
	fill(filler, 4096);
	put_many(s, 2000);
	wait_until(full, s);
	wait_until(has_lost, s);
	unlink(filler);
	wait_until(has_none, s);
	wait_until(wants_census, s);
	put(s, "192.0.2.2", 600);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 2);
	assert_int_equal(moved_aside(), 0);
	assert_int_equal(umount(dir), 0);
}

static void full_from_the_start(void **state)
{
	char filler[80];
	struct store *s;

	(void)state;
	need_mounts();
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	assert_int_equal(mount("store", dir, "tmpfs", 0, "size=65536"), 0);
	fill(filler, 4096);
	s = open_with((struct store_options){.retry_ms = 20});
	assert_true(full(s));
	assert_int_equal(store_start(s), 0);
	put(s, "192.0.2.1", 600);
	wait_until(none_waiting, s);
	store_close(s);
	assert_int_equal(umount(dir), 0);
}

static bool read_only(struct store *s)
{
	return strstr(state_of(s).problem, "Read-only");
}

static void directory_read_only(void **state)
{
	struct store *s;

	(void)state;
	need_mounts();
	assert_int_equal(mount("store", dir, "tmpfs", 0, "size=4m"), 0);
	assert_int_equal(mount("store", dir, NULL, MS_REMOUNT | MS_RDONLY, "size=4m"), 0);
	s = open_with((struct store_options){.retry_ms = 20});
	assert_true(read_only(s));
	assert_int_equal(store_start(s), 0);
	put(s, "192.0.2.1", 600);
	wait_until(none_waiting, s);
	assert_int_equal(state_of(s).lost, 1);
	assert_int_equal(mount("store", dir, NULL, MS_REMOUNT, "size=4m"), 0);
	wait_until(has_none, s);
	wait_until(wants_census, s);
	put(s, "192.0.2.2", 600);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 1);
	assert_int_equal(umount(dir), 0);
}

static void no_directory(void **state)
{
	struct store *s = store_open(&(struct store_options){.path = "/nowhere/at/all/journal.db"});

	(void)state;
	assert_non_null(s);
	assert_non_null(strstr(state_of(s).problem, "No such file"));
	assert_true(store_load(s, 0, keep, NULL) < 0);
	assert_true(store_load_repeats(s, keep_repeat, NULL) < 0);
	put(s, "192.0.2.1", 600);
	store_close(s);
}

/* A link in its place is not followed: what it points to is somebody else's. */
static void no_link(void **state)
{
	struct store *s;

	(void)state;
	assert_int_equal(symlink("elsewhere", path), 0);
	s = open_store();
	assert_non_null(strstr(state_of(s).problem, "it is a link"));
	store_close(s);
	assert_int_equal(access("elsewhere", F_OK), -1);
}

static bool is_locked(struct store *s)
{
	return strstr(state_of(s).problem, "locked");
}

/* Somebody else's transaction makes the store late, never the one who tells it. */
static void locked(void **state)
{
	struct store *s = open_with((struct store_options){.retry_ms = 20});
	sqlite3 *other;
	uint64_t began;

	(void)state;
	start(s);
	put(s, "192.0.2.1", 600);
	wait_until(none_waiting, s);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	began = clock_ns(CLOCK_MONOTONIC);
	put_many(s, 1000);
	assert_true(clock_ns(CLOCK_MONOTONIC) - began < 1000000000);
	wait_until(is_locked, s);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	wait_until(has_none, s);
	wait_until(wants_census, s);
	store_close(s);
}

static void tell_and_die(void)
{
	struct store *s = open_and_start();

	put_many(s, 500);
	end(s, "10.0.0.7", STORE_UNBLOCKED);
	wait_until(none_waiting, s);
	kill(getpid(), SIGKILL);
}

static void killed(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (!child)
		tell_and_die();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	store_close(open_and_start());
	assert_int_equal(moved_aside(), 0);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 499);
}

/* --- bounds --- */

static bool hundred_ended(struct store *s)
{
	(void)s;
	return sql("SELECT count(*) FROM verdicts WHERE ended IS NOT NULL") == 100 &&
	       sql("SELECT count(*) FROM changes") == 100;
}

static bool none_old(struct store *s)
{
	(void)s;
	return sql("SELECT count(*) FROM verdicts WHERE ended < strftime('%s') - 90 * 86400") == 0;
}

static void rows_are_bounded(void **state)
{
	struct store *s = open_and_start();
	struct prefix client;
	char name[32];

	(void)state;
	for (int i = 0; i < 250; i++) {
		snprintf(name, sizeof(name), "192.0.2.%d", i);
		client = net(name);
		put(s, name, 600);
		end(s, name, STORE_EXPIRED);
		put(s, name, 600); /* and these stay */
		store_change(s, 0, "block", name);
		store_known(s, &client.addr);
	}
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NOT NULL"), 250);
	s = open_with((struct store_options){.rows = 100});
	start(s);
	wait_until(hundred_ended, s);
	store_close(s);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 250);
	assert_int_equal(sql("SELECT count(*) FROM changes WHERE text = '192.0.2.249'"), 1);
	assert_int_equal(sql("SELECT count(*) FROM known"), 100);

	sql("UPDATE verdicts SET ended = strftime('%s') - 91 * 86400 WHERE ended IS NOT NULL AND "
	    "id % 2");
	s = open_and_start();
	wait_until(none_old, s);
	store_close(s);
	assert_in_range(sql("SELECT count(*) FROM verdicts WHERE ended IS NOT NULL"), 0, 99);
	assert_int_equal(sql("SELECT count(*) FROM verdicts WHERE ended IS NULL"), 250);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(comes_back, begin),
		cmocka_unit_test_setup(ends_are_ends, begin),
		cmocka_unit_test_setup(undone, begin),
		cmocka_unit_test_setup(hits_are_kept, begin),
		cmocka_unit_test_setup(changes_are_kept, begin),
		cmocka_unit_test_setup(texts_are_bounded, begin),
		cmocka_unit_test_setup(after_a_reboot, begin),
		cmocka_unit_test_setup(clock_behind, begin),
		cmocka_unit_test_setup(clock_set_within_a_boot, begin),
		cmocka_unit_test_setup(census_mends, begin),
		cmocka_unit_test_setup(census_after_a_reboot, begin),
		cmocka_unit_test_setup(queue_is_bounded, begin),
		cmocka_unit_test_setup(flushed, begin),
		cmocka_unit_test_setup(repeats_are_read, begin),
		cmocka_unit_test(repeats_are_counted),
		cmocka_unit_test_setup(mails_are_known, begin),
		cmocka_unit_test_setup(suspended_stay_so, begin),
		cmocka_unit_test_setup(from_version_0, begin),
		cmocka_unit_test_setup(from_version_1, begin),
		cmocka_unit_test_setup(newer_is_left_alone, begin),
		cmocka_unit_test_setup(damaged_is_moved_aside, begin),
		cmocka_unit_test_setup(damaged_while_open, begin),
		cmocka_unit_test_setup(odd_rows_are_passed_over, begin),
		cmocka_unit_test_setup(disk_full, begin),
		cmocka_unit_test_setup(full_from_the_start, begin),
		cmocka_unit_test_setup(directory_read_only, begin),
		cmocka_unit_test_setup(no_directory, begin),
		cmocka_unit_test_setup(no_link, begin),
		cmocka_unit_test_setup(locked, begin),
		cmocka_unit_test_setup(killed, begin),
		cmocka_unit_test_setup(rows_are_bounded, begin),
	};
	int failed;

	own_mounts();
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	each_file(remove_file, NULL);
	rmdir(dir);
	return failed;
}
