/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal on disk: every verdict with its words, its evidence and its end, and who changed what
 * by hand. One SQLite file, by which verdicts outlive a restart and a reboot.
 *
 * The agent's loop tells and never waits: what it tells is copied into a bounded queue, and a
 * thread of the store's own writes it, a transaction at most every 250 ms. Whatever goes wrong - a
 * full disk, a directory that is read-only, a file that is damaged or of a newer version - costs
 * the journal and nothing else: store_state() has the words, and the thread tries again every
 * minute. A damaged file is moved aside (journal.db.bad-DATE) and a new one begun.
 *
 * What the queue or the disk has lost is mended by a census: the agent tells all that stands in the
 * kernel's maps. Verdicts without a row get one, and rows in force that it did not tell of are
 * closed. Between its beginning and its end anything else may be told: all of it is one queue.
 *
 * On this side times are boot seconds (CLOCK_BOOTTIME). In the file they are time of day, with the
 * boot in which they were written and when that began: within that boot a clock that is set changes
 * nothing; in another one the time of day tells what is left, so time spent switched off counts,
 * and a clock that has fallen behind makes no verdict longer than it was.
 *
 * Beside the verdicts it keeps what trust rests on: who delivered mail that was accepted, and which
 * findings are suspended. Of those a census mends nothing: what was lost is merely not remembered.
 *
 * And it keeps cases: whom we would have blocked, and what the mail server made of them. They are
 * for `mxdpctl report' (report.h) and rest on nothing else; what the queue loses of them is lost.
 * And the mail that was accepted, by the hour (policy/baseline.h).
 *
 * Bounded: ended verdicts, changes and cases go after STORE_DAYS, accepted mail after
 * STORE_KNOWN_DAYS, and beyond `rows` the oldest go. How many are in force is bounded by the
 * kernel's maps.
 */
#ifndef MXDP_JOURNAL_STORE_H
#define MXDP_JOURNAL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "../base/outcome.h"
#include "../../maps/verdict_user.h"

#define STORE_DAYS        90
#define STORE_ROWS        500000 /* ended verdicts, as many changes, accepted mails, cases */
#define STORE_KNOWN_DAYS  30
#define STORE_KNOWN_TIMES 8      /* of one client, the newest */
#define STORE_QUEUE       262144 /* told and not yet written... */
#define STORE_BYTES       (64U << 20)
#define STORE_EVIDENCE    1024 /* bytes of it with the terminating zero; of any other text, too */
#define STORE_WORDS       512

enum store_ending {
	STORE_EXPIRED,
	STORE_UNBLOCKED, /* by hand */
	STORE_FLUSHED,   /* all of them, by hand */
	STORE_ACCEPTED,  /* the server took a mail from it */
	STORE_WITHDRAWN, /* what it rested on is gone */
	STORE_SPARED,    /* it is never blocked any more */
	STORE_REPLACED,  /* by another verdict on the same */
	STORE_UNSEEN,    /* a census did not find it: nobody told how it ended */
	STORE_ENDINGS,
};

struct store;

/* Zero stands for the default of each. */
struct store_options {
	const char *path;
	const char *boot_id; /* the kernel's */
	int64_t booted;      /* time of day when this boot's clock was 0 */
	size_t rows, queue;
	unsigned retry_ms;
};

/* A verdict with all that is known of it. Texts are UTF-8; NULL is unknown. */
struct store_verdict {
	struct verdict_entry entry;
	int score;
	bool repeats; /* an automatic block that was enforced: the next one lasts longer */
	const char *reason;
	const char *lists;    /* the DNS lists it would not stand without, a blank between them */
	const char *evidence; /* JSON */
};

struct store_state {
	char problem[STORE_WORDS]; /* why nothing is kept now; "" where all is well */
	uint64_t written, lost;    /* things told */
	size_t waiting;
};

/* NULL for want of memory only; a file that cannot be used is a problem of store_state(). */
struct store *store_open(const struct store_options *options);
/* From now on a thread writes; it inherits the capabilities of its maker. 0 or -errno. */
int store_start(struct store *s);
/* Writes what waits, for at most some seconds. */
void store_close(struct store *s);

/* Before store_start(). Both return how many there were, or -errno after a part of them. */

/*
 * The verdicts in force, the oldest first, their times those of this boot. Those that have run out
 * meanwhile are passed over, and closed by the thread. Reason and evidence are read of the `newest`
 * alone, `texts` of them; all texts are valid during the call.
 */
typedef void (*store_verdict_fn)(const struct store_verdict *verdict, bool newest, void *context);
long store_load(struct store *s, size_t texts, store_verdict_fn fn, void *context);

/* An offender with as many automatic blocks, the last of them at `last` until `until`. */
struct store_repeat {
	struct prefix prefix;
	enum port_class ports;
	unsigned blocks;
	int64_t last, until; /* boot seconds; before this boot they are below zero */
};

/* The blocks of 30 days that count as repeats, by offender, in the order of `last`. */
typedef void (*store_repeat_fn)(const struct store_repeat *repeat, void *context);
long store_load_repeats(struct store *s, store_repeat_fn fn, void *context);

/* Accepted mail of STORE_KNOWN_DAYS, the oldest first; boot seconds, below zero before this boot.
 */
typedef void (*store_known_fn)(const struct addr *client, int64_t at, void *context);
long store_load_known(struct store *s, store_known_fn fn, void *context);

/* A finding that is suspended, by the name that people know it by. */
struct store_suspended {
	const char *name;
	int64_t until;      /* boot seconds; it is not over yet */
	uint64_t withdrawn; /* blocks */
	const char
		*clients; /* whom it convicted, the latest first, a blank between them; or NULL */
};

typedef void (*store_suspended_fn)(const struct store_suspended *suspended, void *context);
long store_load_suspended(struct store *s, store_suspended_fn fn, void *context);

/* From the loop, at any time. Nothing here waits or fails. */

void store_put(struct store *s, const struct store_verdict *verdict);
/* `by`: in whose words, or NULL. */
void store_end(struct store *s, const struct verdict_entry *entry, enum store_ending ending,
	       const char *by);
/* Ends all of them at once, where to tell of each would be too much for the queue. */
void store_flush(struct store *s);
/* The last store_put() of it never was: what it replaced stands again. */
void store_undo(struct store *s, const struct prefix *prefix, enum port_class ports);
/* What it has met so far. */
void store_hits(struct store *s, const struct verdict_entry *entry);
/* The server accepted mail of it. */
void store_known(struct store *s, const struct addr *client);
/* In place of what was told of the same name before. */
void store_suspend(struct store *s, const struct store_suspended *suspended);
/* It is suspended no longer; NULL: none is. */
void store_lift(struct store *s, const char *name);
/* A change by hand; `uid` (uid_t)-1 where it is not known who. */
void store_change(struct store *s, uid_t uid, const char *verb, const char *text);

/*
 * A case: what was decided about a client in a session, and until when a block would have kept it
 * away. All of its sessions until then belong to it.
 */
enum store_case_kind {
	CASE_WOULD_BLOCK, /* monitor mode */
	CASE_BLOCKED,     /* what comes of it until the end are courtesy passes */
	CASE_WATCHED,     /* too few points, or a block that was not to be: `why` */
	CASE_SPARED,      /* a block, but for `why` */
	CASE_KINDS,
};

const char *store_case_name(enum store_case_kind kind); /* "would-block", ... */

struct store_case {
	uint64_t number; /* of this boot; told again, it takes the place of what was told before */
	enum store_case_kind kind;
	struct addr client;
	enum port_class ports;
	enum action action;
	unsigned cause;
	int score;
	uint32_t began, at, until; /* its session, the decision, the end: boot seconds */
	const char *why;           /* NULL: no more to say */
	const char *helo;          /* the newest so far, or NULL */
	const char *findings;      /* of more than 0 points, the main one first, a blank between */
};

/* A session of it has ended. Texts that are NULL leave what is known. */
struct store_case_session {
	uint64_t number;
	enum outcome outcome;
	bool later;     /* begun after the decision: a block would have spared it, */
	uint64_t bytes; /* and so many of the client's */
	uint32_t ended; /* boot seconds */
	const char *findings, *helo, *name, *sender; /* name: of the reverse DNS */
};

/* A case that has not run out, for who counts its sessions. */
struct store_case_open {
	uint64_t number;
	enum store_case_kind kind;
	struct addr client;
	enum port_class ports;
	uint32_t at, until; /* boot seconds */
};

void store_case(struct store *s, const struct store_case *c);
void store_case_session(struct store *s, const struct store_case_session *session);
/* The mail server's log: what it made of a session of this client, at a time of day. */
void store_case_told(struct store *s, const struct addr *client, bool accepted, int64_t at);

/* Mail accepted within an hour, as seen or as told; replaces what was kept of it. */
struct store_hour {
	int64_t hour; /* time of day divided by 3600 */
	bool told;
	uint32_t accepted, minutes;
};

void store_hour(struct store *s, const struct store_hour *hour);

/* Before store_start(), as store_load(). The cases are those of this boot. */
typedef void (*store_case_fn)(const struct store_case_open *c, void *context);
long store_load_cases(struct store *s, store_case_fn fn, void *context);
typedef void (*store_hour_fn)(const struct store_hour *hour, void *context);
long store_load_hours(struct store *s, store_hour_fn fn, void *context);

/* Something was lost, or a problem is over, or store_ask_census() was called: one is due. */
bool store_wants_census(struct store *s);
void store_ask_census(struct store *s);
/* Whether so many more can be told now without a loss. */
bool store_has_room(struct store *s, size_t count);
void store_census_begin(struct store *s);
void store_census(struct store *s, const struct store_verdict *verdict);
void store_census_end(struct store *s);

void store_state(struct store *s, struct store_state *out);

#endif
