/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions: ring records sorted into connections, put together, and followed as SMTP. One ends when
 * both sides have ended and all was heard; where something may still come, a little later. Bounded:
 * when the table is full the longest silent session ends; one that says nothing for ten minutes
 * ends too.
 *
 * A session takes SESSION_MOST bytes at most. Its parts stand in the order in which they are
 * needed, so that an ordinary one, which nothing is held against, touches no more than the first
 * SESSION_USUAL of them. Besides it holds what the client has sent and the server not acknowledged
 * yet, and what came out of order: STREAM_BYTES a direction, and seldom more than a line.
 *
 * The clock is a parameter (milliseconds, any epoch), so that a capture can be replayed and tests
 * can let time pass.
 */
#ifndef MXDP_TAP_SESSIONS_H
#define MXDP_TAP_SESSIONS_H

#include <uthash.h>
#include "../config/config.h"
#include "../../maps/record.h"
#include "dialogue.h"
#include "stream.h"

#define SESSION_MOST  16384
#define SESSION_USUAL 7168

struct session {
	struct flow_key flow;
	uint64_t started, touched; /* milliseconds */
	uint64_t proof;    /* record time, in nanoseconds, of what last changed the findings */
	size_t judged;     /* findings that the owner has been told of */
	uint32_t patience; /* milliseconds of silence after which it ends */
	bool birth_seen;

	/* the owner's: what was decided so far */
	int decided; /* enum decision_kind */
	bool accepted_told;
	bool begun_told;
	unsigned waiting; /* for answers: it does not end by silence meanwhile, within bounds */
	struct lookups *lookups;

	UT_hash_handle hh;
	struct session *prev, *next; /* silent the longest first */

	struct stream client, server;
	struct dialogue dialogue; /* last: see there */
};

_Static_assert(sizeof(struct session) <= SESSION_MOST, "see above");
_Static_assert(offsetof(struct session, dialogue.findings.list) <= SESSION_USUAL, "see above");

struct session_handlers {
	/* findings or accepted messages have changed */
	void (*changed)(struct session *session, void *context);
	/* the last word; the session is freed after it */
	void (*ended)(struct session *session, void *context);

	/* may be NULL: */
	/* the first record is taken: who the client is, is proven */
	void (*began)(struct session *session, void *context);
	/* a HELO or a sender more, proven; after `changed' where it accused somebody too */
	void (*named)(struct session *session, void *context);
};

struct sessions;

/* What the checks compare with; points into `config` and `our_addresses`. */
struct dialogue_rules sessions_rules(const struct config *config, const struct addr *our_addresses,
				     size_t our_addresses_count);

/* `config` and `rules` must outlive it. NULL where memory is short. */
struct sessions *sessions_new(const struct config *config, const struct dialogue_rules *rules,
			      const struct session_handlers *handlers, void *context);

/* `size` bytes at `record` as the ring gave them; a record that contradicts itself is ignored. */
void sessions_record(struct sessions *s, const struct record *record, size_t size, uint64_t now);

/*
 * Makes the next session's room beforehand, while nobody waits: clearing it would be a good part
 * of a verdict's time. Needed for nothing else.
 */
void sessions_prepare(struct sessions *s);

/* Ends what has been silent or closing for long enough. */
void sessions_expire(struct sessions *s, uint64_t now);

void sessions_each(struct sessions *s, void (*fn)(struct session *session, void *context),
		   void *context);
size_t sessions_count(const struct sessions *s);
/* Ends all sessions, then frees. */
void sessions_free(struct sessions *s);

#endif
