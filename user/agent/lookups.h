/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others say about a session: DNS lists about its client, its HELO and its sender, and the DNS
 * about their names. Asked when the session begins and when it names somebody, so that most answers
 * are there before the message is; a session stays open for those that are not.
 *
 * Nobody is asked about who is allowed by an administrator, or about addresses that no public
 * client can have.
 */
#ifndef MXDP_AGENT_LOOKUPS_H
#define MXDP_AGENT_LOOKUPS_H

#include "../dns/evidence.h"
#include "agent.h"

/* Where the configuration asks for any of it. After the privileges are dropped: its thread has
 * none. */
int lookups_open(struct agent *a, char *error, size_t error_size);
/* Nobody is called any more. The sessions must be gone, or told lookups_forget() before. */
void lookups_close(struct agent *a);

/* the sessions' handlers */
void lookups_began(struct session *session, void *agent);
void lookups_named(struct session *session, void *agent);
/* Before the session is freed; what is still asked is of no interest any more. */
void lookups_forget(struct session *session);

/* The first of the client's reverse names, or NULL where none is known. */
const char *lookups_name(const struct session *session);

/* The second hand: whether the resolver is still suspect. */
void lookups_tick(struct agent *a, uint32_t now);

/*
 * Whether an answer is still to come: a block that rests on anything but certainty waits for it,
 * since a list may vouch for the client.
 */
static inline bool lookups_pending(const struct session *session)
{
	return session->waiting > 0;
}

/*
 * Whether its reverse name, which may allow it, is still to come: every block waits for that, if
 * only for a client that is new.
 */
bool lookups_name_pending(const struct agent *a, const struct session *session);

/* withdraw.c: takes back, a few milliseconds at a time, what would not stand without this list. */
void withdraw_list(struct agent *a, unsigned list, const char *why);
/*
 * The same for feed `feed' of the configuration, which scored and counts no more; sessions under
 * way forget what it said.
 */
void withdraw_feed(struct agent *a, unsigned feed, const char *why);
/* The same with what a suspended finding has caused: trust.h. */
void withdraw_suspended(struct agent *a, const char *why);
/* The same with verdicts on clients whom a feed allows, from now on. */
void withdraw_allowed(struct agent *a, const char *feed);
/* The lists and feeds have new numbers: to[old]. */
void withdraw_renumber(struct agent *a, const unsigned to[LIST_BITS]);

#endif
