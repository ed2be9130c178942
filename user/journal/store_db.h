/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's file: SQL and nothing else. Used by one thread at a time; what is told in what order
 * is store.c's. All return 0 or -errno with words in `words`:
 * -EBADMSG a damaged file, -EPROTO a file that is not ours or newer than this program.
 */
#ifndef MXDP_JOURNAL_STORE_DB_H
#define MXDP_JOURNAL_STORE_DB_H

#include "store.h"

#define STORE_VERSION 4

enum store_op_kind {
	OP_PUT,
	OP_END,
	OP_UNDO,
	OP_HITS,
	OP_CHANGE,
	OP_KNOWN,
	OP_SUSPEND,
	OP_LIFT,
	OP_EXPIRE, /* all those that had run out `at` */
	OP_FLUSH,
	OP_CENSUS_BEGIN,
	OP_CENSUS,
	OP_CENSUS_END,
	OP_CASE,
	OP_CASE_SESSION,
	OP_CASE_TOLD,
	OP_HOUR,
};

enum store_text {
	TEXT_REASON, /* of a change: the verb; of a suspension: its name; of a case: why */
	TEXT_LISTS,  /* of a change: its words; of an end: by whom; of a suspension: for whom; of a
		      * case: findings */
	TEXT_EVIDENCE,
	TEXT_HELO, /* this and the next two: of a case's session */
	TEXT_NAME,
	TEXT_SENDER,
	TEXT_COUNT,
};

/* One thing told. */
struct store_op {
	struct store_op *next;
	size_t size;
	int64_t booted; /* time of day when this boot began, as of then */
	uint32_t at;    /* boot seconds */
	enum store_op_kind kind;
	enum store_ending ending;
	uid_t uid;
	int score;
	bool repeats;
	struct verdict_entry entry; /* of a case: its client; `since` and `expires` are its own */
	struct {
		uint64_t number, bytes;
		int64_t wall; /* of what was told; of an hour: its number */
		uint32_t began, accepted, minutes;
		uint8_t kind, outcome;
		bool later, told;
	} of_case;
	const char *text[TEXT_COUNT]; /* NULL, or behind it in the same memory */
};

struct store_db;

/* Opens or begins the file, and brings an older one to this version. */
int store_db_open(struct store_db **out, const char *path, const char *boot_id, char *words,
		  size_t size);
void store_db_close(struct store_db *db);
/* The words for the last call that failed. */
int store_db_error(const struct store_db *db, char *words, size_t size);

int store_db_begin(struct store_db *db);
int store_db_apply(struct store_db *db, const struct store_op *op);
int store_db_commit(struct store_db *db);
void store_db_rollback(struct store_db *db);

/* store_load() as of this time; see there. */
long store_db_load(struct store_db *db, uint32_t now, int64_t booted, size_t texts,
		   store_verdict_fn fn, void *context);

/* One row of what may have been a repeat, in any order. */
struct store_past {
	struct prefix prefix;
	enum port_class ports;
	bool forgiven;       /* by hand, or by a mail that was accepted */
	int64_t last, until; /* boot seconds, maybe below zero; where forgiven, `until` is when */
};

/* The newest `room` of 30 days. */
long store_db_past(struct store_db *db, uint32_t now, int64_t booted, struct store_past *out,
		   size_t room);

/* store_load_known() and store_load_suspended() as of this time; see there. */
long store_db_load_known(struct store_db *db, uint32_t now, int64_t booted, store_known_fn fn,
			 void *context);
long store_db_load_suspended(struct store_db *db, uint32_t now, int64_t booted,
			     store_suspended_fn fn, void *context);
/* store_load_cases(), store_load_hours(). */
long store_db_cases(struct store_db *db, uint32_t now, int64_t booted, store_case_fn fn,
		    void *context);
long store_db_hours(struct store_db *db, int64_t wall, store_hour_fn fn, void *context);

/* Deletes some of what is too old or too many; *more says whether there is more of it. */
int store_db_prune(struct store_db *db, int64_t wall, size_t rows, bool *more);

/* store_repeats.c: sorts `past`, and says what of it counts still. `out` has room for `count`. */
size_t store_repeats(struct store_repeat *out, struct store_past *past, size_t count, uint32_t now);

#endif
