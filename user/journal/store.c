// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/boot.h"
#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "store_own.h"

#define COMMIT_MS    250
#define RETRY_MS     60000
#define PRUNE_MS     60000
#define CHUNK        16384  /* things in one transaction */
#define CLOSE_S      20     /* a disk that hangs must not keep the agent from ending */
#define ASIDE_AGAIN  3600   /* seconds: a disk that damages all files is not filled with them */
#define REPEATS_READ 524288 /* rows */

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t store_booted(const struct store *s)
{
	if (s->options.booted)
		return s->options.booted;
	return boot_began();
}

/* Problems. Each is told once; what it says stands in store_state() as long as it lasts. */

static void set_problem(struct store *s, int err, const char *words)
{
	char text[STORE_WORDS];

	snprintf(text, sizeof(text), "%.200s: %s", s->path, words);
	pthread_mutex_lock(&s->lock);
	if (strcmp(text, s->problem)) {
		log_error("the journal is not kept: %s", text);
		memcpy(s->problem, text, sizeof(text));
	}
	pthread_mutex_unlock(&s->lock);
	s->error = err;
	s->retry_at = now_ms() + s->options.retry_ms;
}

/* What was not kept meanwhile, a census brings in. */
static void clear_problem(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->problem[0]) {
		log_info("the journal is kept again in %s", s->path);
		s->wants_census = true;
	}
	s->problem[0] = '\0';
	pthread_mutex_unlock(&s->lock);
	s->error = 0;
}

static int rename_with(const struct store *s, const char *to, const char *suffix)
{
	char old[sizeof(s->path) + 8], new[sizeof(s->path) + 48];

	snprintf(old, sizeof(old), "%s%s", s->path, suffix);
	snprintf(new, sizeof(new), "%s%s", to, suffix);
	return rename(old, new) && errno != ENOENT ? -errno : 0;
}

/* Its log goes with it: beside the new file it would spoil that one, too. */
static int move_aside(struct store *s)
{
	char to[sizeof(s->path) + 40], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int err;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H%M%SZ", &tm);
	snprintf(to, sizeof(to), "%s.bad-%s", s->path, stamp);
	err = rename_with(s, to, "-wal");
	if (!err)
		err = rename_with(s, to, "-shm");
	if (!err)
		err = rename_with(s, to, "");
	if (err)
		return err;
	s->aside_at = boot_seconds();
	log_error("the journal was damaged: moved to %s, and a new one begun", to);
	return 0;
}

static bool may_move_aside(const struct store *s)
{
	return !s->aside_at || boot_seconds() - s->aside_at >= ASIDE_AGAIN;
}

static int open_file(struct store *s)
{
	char words[STORE_WORDS];
	int err = store_db_open(&s->db, s->path, s->boot_id, words, sizeof(words));

	if (err == -EBADMSG && may_move_aside(s) && !move_aside(s)) {
		err = store_db_open(&s->db, s->path, s->boot_id, words, sizeof(words));
		pthread_mutex_lock(&s->lock);
		s->wants_census = true;
		pthread_mutex_unlock(&s->lock);
	}
	if (err)
		set_problem(s, err, words);
	else
		clear_problem(s);
	return err;
}

/* After a failure: the file is closed, and what is wrong with it is found out by opening it. */
static void give_up(struct store *s, int err)
{
	char words[STORE_WORDS];

	store_db_rollback(s->db);
	store_db_error(s->db, words, sizeof(words));
	store_db_close(s->db);
	s->db = NULL;
	set_problem(s, err, words);
	if (err == -EBADMSG && may_move_aside(s) && !move_aside(s))
		s->retry_at = now_ms();
}

/* The thread */

static void free_list(struct store_op *op)
{
	while (op) {
		struct store_op *next = op->next;

		free(op);
		op = next;
	}
}

/* Cuts a transaction off the list; its length, and its size in memory. */
static struct store_op *cut_chunk(struct store_op **list, size_t *count, size_t *size)
{
	struct store_op *first = *list, *last = NULL, *op = first;

	for (*count = *size = 0; op && *count < CHUNK; op = op->next) {
		++*count;
		*size += op->size;
		last = op;
	}
	if (last)
		last->next = NULL;
	*list = op;
	return first;
}

static int write_list(struct store *s, const struct store_op *op)
{
	int err = store_db_begin(s->db);

	for (; op && !err; op = op->next)
		err = store_db_apply(s->db, op);
	fault(journal_written);
	err = err ? err : store_db_commit(s->db);
	fault(journal_kept);
	return err;
}

/* One transaction. While there is a problem all of it is lost, until a census. */
static void take_chunk(struct store *s, struct store_op **rest)
{
	size_t count, size;
	struct store_op *list = cut_chunk(rest, &count, &size);
	int err = -EIO;

	if (s->db) {
		err = write_list(s, list);
		if (err)
			give_up(s, err);
	}
	pthread_mutex_lock(&s->lock);
	s->waiting -= count;
	s->bytes -= size;
	s->written += err ? 0 : count;
	s->lost += err ? count : 0;
	pthread_mutex_unlock(&s->lock);
	free_list(list);
}

static void prune(struct store *s)
{
	bool more = false;
	int err = store_db_begin(s->db);

	if (!err)
		err = store_db_prune(s->db, store_booted(s) + boot_seconds(), s->options.rows,
				     &more);
	if (!err)
		err = store_db_commit(s->db);
	if (err)
		give_up(s, err);
	s->prune_at = now_ms() + (more ? COMMIT_MS : PRUNE_MS);
}

/* What is due without being told of; returns when the next of it is. */
static uint64_t do_upkeep(struct store *s)
{
	uint64_t now = now_ms();

	if (!s->db && now >= s->retry_at)
		open_file(s);
	if (s->db && now >= s->prune_at)
		prune(s);
	return s->db ? s->prune_at : s->retry_at;
}

static struct timespec deadline(uint64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* Waits for something to write, then a moment for more of it. Called and returns locked. */
static struct store_op *next_list(struct store *s, uint64_t until, uint64_t not_before)
{
	struct timespec idle = deadline(until), gather = deadline(not_before);
	struct store_op *list;

	while (!s->first && !s->ending)
		if (pthread_cond_timedwait(&s->wake, &s->lock, &idle))
			break;
	while (s->first && !store_is_pressing(s))
		if (pthread_cond_timedwait(&s->wake, &s->lock, &gather))
			break;
	list = s->first;
	s->first = NULL;
	s->last = &s->first;
	return list;
}

static void *work(void *context)
{
	struct store *s = context;
	uint64_t wrote = 0;
	bool ending = false;

	while (!ending) {
		uint64_t until = do_upkeep(s);
		struct store_op *list;

		pthread_mutex_lock(&s->lock);
		list = next_list(s, until, wrote + COMMIT_MS);
		ending = s->ending && !list;
		pthread_mutex_unlock(&s->lock);
		wrote = list ? now_ms() : wrote;
		while (list)
			take_chunk(s, &list);
	}
	return NULL;
}

/* Opening and closing */

static void init_locks(struct store *s)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &clock);
	pthread_condattr_destroy(&clock);
}

struct store *store_open(const struct store_options *options)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	if (!s->options.rows)
		s->options.rows = STORE_ROWS;
	if (!s->options.queue)
		s->options.queue = STORE_QUEUE;
	if (!s->options.retry_ms)
		s->options.retry_ms = RETRY_MS;
	s->last = &s->first;
	snprintf(s->path, sizeof(s->path), "%s", options->path);
	/* Without its name every boot is another one: then the time of day decides. */
	if (options->boot_id)
		snprintf(s->boot_id, sizeof(s->boot_id), "%s", options->boot_id);
	else if (!boot_id(s->boot_id))
		snprintf(s->boot_id, sizeof(s->boot_id), "%llx",
			 (long long)clock_ns(CLOCK_REALTIME));
	init_locks(s);
	open_file(s);
	return s;
}

/* Signals are the loop's. */
int store_start(struct store *s)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&s->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->started = !err;
	return -err;
}

static bool end_thread(struct store *s)
{
	struct timespec limit;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += CLOSE_S;
	return !s->started || !pthread_timedjoin_np(s->thread, NULL, &limit);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (!end_thread(s)) {
		log_error("the journal's disk does not answer: what was not written yet is lost");
		return; /* the thread still uses it */
	}
	free_list(s->first);
	store_db_close(s->db);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Loading */

long store_load(struct store *s, size_t texts, store_verdict_fn fn, void *context)
{
	uint32_t now = boot_seconds();
	long count =
		s->db ? store_db_load(s->db, now, store_booted(s), texts, fn, context) : s->error;

	if (!s->db)
		return count;
	if (count < 0) {
		give_up(s, (int)count);
		return count;
	}
	store_expire(s, now);
	return count;
}

long store_load_repeats(struct store *s, store_repeat_fn fn, void *context)
{
	struct store_past *past = s->db ? malloc(REPEATS_READ * sizeof(*past)) : NULL;
	struct store_repeat *repeats = past ? malloc(REPEATS_READ * sizeof(*repeats)) : NULL;
	uint32_t now = boot_seconds();
	long count = !s->db ? s->error : -ENOMEM;
	size_t kept = 0;

	if (repeats)
		count = store_db_past(s->db, now, store_booted(s), past, REPEATS_READ);
	if (count >= 0)
		kept = store_repeats(repeats, past, (size_t)count, now);
	else if (repeats)
		give_up(s, (int)count);
	for (size_t i = 0; i < kept; i++)
		fn(&repeats[i], context);
	free(past);
	free(repeats);
	return count < 0 ? count : (long)kept;
}

/* What a load returned; a file that failed is closed. */
static long loaded(struct store *s, long count)
{
	if (count < 0)
		give_up(s, (int)count);
	return count;
}

long store_load_known(struct store *s, store_known_fn fn, void *context)
{
	return s->db ? loaded(s, store_db_load_known(s->db, boot_seconds(), store_booted(s), fn,
						     context))
		     : s->error;
}

long store_load_suspended(struct store *s, store_suspended_fn fn, void *context)
{
	return s->db ? loaded(s, store_db_load_suspended(s->db, boot_seconds(), store_booted(s), fn,
							 context))
		     : s->error;
}

long store_load_cases(struct store *s, store_case_fn fn, void *context)
{
	return s->db ? loaded(s,
			      store_db_cases(s->db, boot_seconds(), store_booted(s), fn, context))
		     : s->error;
}

long store_load_hours(struct store *s, store_hour_fn fn, void *context)
{
	int64_t wall = store_booted(s) + boot_seconds();

	return s->db ? loaded(s, store_db_hours(s->db, wall, fn, context)) : s->error;
}
