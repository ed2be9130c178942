// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any journal: one of an old version, or of today's, with any values in its rows and any bytes in
 * its file. It is brought up to date, put aside or left alone, and what is read from it are
 * verdicts, clients and cases that the gate and the policy can take.
 *
 * The first byte chooses the version and what is changed: values of rows, by two bytes (which table
 * and column, which value), or bytes of the file, by four (offset and value).
 */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/base/addr.h"
#include "../../user/checks/finding.h"
#include "../../user/journal/store_db.h"

#define FILE_MAX (512 << 10)
#define ROWS     8

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/journal.XXXXXX", path[64];
static uint8_t whole[FILE_MAX], bytes[FILE_MAX];
static size_t len;

/* What later versions added, newest first: taken out again it is an older one's. */
static const char *const additions[] = {
	"ALTER TABLE verdicts DROP COLUMN hit_first",
	"DROP TABLE hours; DROP TABLE cases",
	"DROP TABLE suspended; DROP TABLE known",
};

#define ADDITIONS (sizeof(additions) / sizeof(*additions))

static const char *const columns[] = {
	"verdicts SET addr",     "verdicts SET plen",     "verdicts SET ports",
	"verdicts SET action",   "verdicts SET cause",    "verdicts SET since",
	"verdicts SET expires",  "verdicts SET reason",   "verdicts SET hits",
	"verdicts SET evidence", "verdicts SET boot",     "verdicts SET lists",
	"known SET addr",        "known SET at",          "suspended SET name",
	"suspended SET until",   "suspended SET clients", "cases SET addr",
	"cases SET until",       "cases SET kind",        "hours SET hour",
	"hours SET accepted",
};

static const char *const values[] = {
	"NULL",
	"0",
	"-1",
	"1",
	"128",
	"129",
	"64",
	"9223372036854775807",
	"-9223372036854775808",
	"3.5",
	"1e300",
	"''",
	"'drop'",
	"'mx'",
	"'submission'",
	"'burn'",
	"x'00'",
	"x'00000000000000000000ffffc6336407'",
	"x'20010db8000000000000000000000001'",
	"x'ffffffffffffffffffffffffffffffff'",
	"zeroblob(16)",
	"zeroblob(70000)",
	"printf('%.70000c', 'x')",
	"'[' || printf('%.3000c', '[')",
	"x'1b5b324a'",
	"'helo-our-address'",
	"'{\"findings\":[]}'",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void stop(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static void each_file(int (*fn)(const char *))
{
	DIR *at = opendir(dir);
	struct dirent *entry;
	char name[512];

	if (!at)
		stop("the directory is gone");
	while ((entry = readdir(at))) {
		snprintf(name, sizeof(name), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			fn(name);
	}
	closedir(at);
}

static void put_file(const uint8_t *from, size_t size)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(from, 1, size, file) != size || fclose(file))
		stop("the file cannot be written");
}

static int on_number(void *number, int columns, char **text, char **names)
{
	(void)columns;
	(void)names;
	*(int *)number = text[0] ? atoi(text[0]) : -1;
	return 0;
}

static sqlite3 *open_sql(void)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db))
		stop("SQLite does not open its file");
	sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	return db;
}

/* Changes that do not fit this version, or that its own rules refuse, do not happen. */
static void run_sql(sqlite3 *db, const char *text)
{
	sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int number_of(sqlite3 *db, const char *text)
{
	int number = -1;

	sqlite3_exec(db, text, on_number, &number, NULL);
	return number;
}

static struct store *open_store(void)
{
	const struct store_options options = {
		.path = path, .boot_id = "11111111-2222-3333-4444-555555555555", .booted = 1000};
	struct store *s = store_open(&options);

	if (!s)
		stop("out of memory");
	return s;
}

static void put_verdict(struct store *s, uint8_t number)
{
	struct store_verdict v = {
		.entry =
			{.prefix = {.addr = {.b = {[10] = 0xff, [11] = 0xff, 198, 51, 100, number}},
				    .plen = ADDR_BITS},
			 .verdict = {.expires = UINT32_MAX,
				     .since = 1,
				     .plen = ADDR_BITS,
				     .cause = FINDING_HELO_OUR_ADDRESS}},
		.reason = "a reason",
		.evidence = "{}",
		.repeats = number % 2,
	};

	store_put(s, &v);
	store_known(s, &v.entry.prefix.addr);
	store_case(s, &(struct store_case){.number = number,
					   .client = v.entry.prefix.addr,
					   .began = 1,
					   .at = 1,
					   .until = INT32_MAX,
					   .cause = FINDING_HELO_ILLEGAL,
					   .findings = "helo-illegal"});
}

static void make_whole(void)
{
	struct store *s = open_store();
	sqlite3 *db;
	FILE *file;

	if (store_start(s))
		stop("no thread");
	for (uint8_t i = 1; i <= ROWS; i++)
		put_verdict(s, i);
	store_suspend(s, &(struct store_suspended){.name = "helo-our-name", .until = INT32_MAX});
	store_hour(s, &(struct store_hour){.hour = 1, .accepted = 7, .minutes = 60});
	store_close(s);
	db = open_sql();
	if (number_of(db, "SELECT count(*) FROM verdicts") != ROWS ||
	    number_of(db, "SELECT count(*) FROM cases") != ROWS)
		stop("the journal to begin with is not whole");
	run_sql(db, "PRAGMA journal_mode = DELETE; VACUUM");
	sqlite3_close(db);
	file = fopen(path, "r");
	len = file ? fread(whole, 1, sizeof(whole), file) : 0;
	if (!len || len == sizeof(whole))
		stop("there is no journal to begin with");
	fclose(file);
}

static void take_away(void)
{
	each_file(unlink);
	rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(dir))
		stop("no directory below /dev/shm");
	atexit(take_away);
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	make_whole();
	return 0;
}

static void on_verdict(const struct store_verdict *v, bool newest, void *context)
{
	const struct verdict_entry *e = &v->entry;
	struct prefix cut = prefix_of(&e->prefix.addr, e->prefix.plen);

	(void)newest;
	(void)context;
	if (e->prefix.plen > ADDR_BITS || memcmp(&cut.addr, &e->prefix.addr, sizeof(cut.addr)))
		stop("a network that is none");
	if ((unsigned)e->ports >= PORTS_COUNT || e->verdict.action >= ACTION_COUNT)
		stop("ports or an action that are none");
	/* Of any length: whoever takes them cuts them. */
	if ((v->reason && strlen(v->reason) > FILE_MAX) ||
	    (v->evidence && strlen(v->evidence) > FILE_MAX))
		stop("a text that does not end");
}

static void on_repeat(const struct store_repeat *r, void *context)
{
	(void)context;
	if (r->prefix.plen > ADDR_BITS || (unsigned)r->ports >= PORTS_COUNT)
		stop("a repeat of nobody");
}

static void on_known(const struct addr *client, int64_t at, void *context)
{
	(void)client;
	(void)at;
	(void)context;
}

static void on_suspended(const struct store_suspended *suspended, void *context)
{
	(void)context;
	if (!suspended->name || (suspended->clients && strlen(suspended->clients) > (1 << 20)))
		stop("a suspension without a name or without bounds");
}

static void on_case(const struct store_case_open *c, void *context)
{
	(void)context;
	if ((unsigned)c->kind >= CASE_KINDS || (unsigned)c->ports >= PORTS_COUNT)
		stop("a case of no kind");
}

static void on_hour(const struct store_hour *hour, void *context)
{
	(void)hour;
	(void)context;
}

static void read_all(void)
{
	struct store *s = open_store();
	struct store_state state;

	store_load(s, ROWS, on_verdict, NULL);
	store_load_repeats(s, on_repeat, NULL);
	store_load_known(s, on_known, NULL);
	store_load_suspended(s, on_suspended, NULL);
	store_load_cases(s, on_case, NULL);
	store_load_hours(s, on_hour, NULL);
	store_state(s, &state);
	for (const char *at = state.problem; *at; at++)
		if (*at < ' ' || *at > '~')
			stop("words that cannot be printed");
	store_close(s);
}

static void change_row(sqlite3 *db, const uint8_t *at)
{
	char text[256];

	snprintf(text, sizeof(text), "UPDATE OR IGNORE %s = %s", columns[at[0] % COUNT(columns)],
		 values[at[1] % COUNT(values)]);
	run_sql(db, text);
}

/* Brings the file back to an older version, and changes values of its rows. */
static void change_rows(size_t older, const uint8_t *data, size_t size)
{
	sqlite3 *db = open_sql();
	char text[64];

	for (size_t i = 0; i < older; i++)
		run_sql(db, additions[i]);
	snprintf(text, sizeof(text), "PRAGMA user_version = %zu", STORE_VERSION - older);
	run_sql(db, text);
	for (size_t i = 0; i + 1 < size && i < 16; i += 2)
		change_row(db, data + i);
	sqlite3_close(db);
}

static void change_bytes(const uint8_t *data, size_t size)
{
	memcpy(bytes, whole, len);
	for (size_t i = 0; i + 3 < size; i += 4)
		bytes[((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % len] =
			data[i + 3];
	put_file(bytes, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 0x80) {
		change_bytes(data + 1, size - 1);
	} else {
		put_file(whole, len);
		change_rows(data[0] % (ADDITIONS + 1), data + 1, size - 1);
	}
	read_all();
	each_file(unlink);
	return 0;
}
