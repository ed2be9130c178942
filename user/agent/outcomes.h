/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the mail server made of those whom we would have blocked. Each decision to block or to watch
 * opens a case (journal/store.h) that lasts as long as its block would have; the sessions of that
 * client which end meanwhile are counted to it. Those that began after the decision are what a
 * block would have spared, or, where it is in force, courtesy passes.
 *
 * What TLS hides the mail server's log knows: `mxdpctl outcome -' tells it. Whoever may write to
 * the control socket is believed, so its lines must come from a log of ours and from nowhere else.
 * An acceptance that was told counts as one that was seen - for the report, for earned trust, for
 * the end of a block - but once an hour for the trust of a client, since lines are messages and not
 * sessions; and not for whom a case is open, since something speaks against it.
 *
 * Accepted mail is counted by the hour besides, and held against the same hours of the week before
 * (policy/baseline.h).
 *
 * Bounded: OUTCOMES_CASES open cases, the oldest go; what goes is counted no further.
 */
#ifndef MXDP_AGENT_OUTCOMES_H
#define MXDP_AGENT_OUTCOMES_H

#include "events.h"

#define OUTCOMES_CASES 65536
#define OUTCOMES_TOLD  16384 /* clients that the log spoke of lately */

int outcomes_open(struct agent *a);
void outcomes_close(struct agent *a);
/* Once the journal is open: the cases of this boot, and the hours of the week. */
void outcomes_restore(struct agent *a);

/* A session has led to a decision, whatever comes of it. */
void outcomes_decided(struct agent *a, const struct verdict_event *event);
/* A session has ended; lookups_forget() was not called yet. */
void outcomes_ended(struct agent *a, const struct session *session);

/* The mail server's log says so of this client, at a time of day. */
void outcomes_told(struct agent *a, const struct addr *client, bool accepted, int64_t at);

/* Mail was accepted then, as is remembered of before: boot seconds, below zero before this boot. */
void outcomes_last(struct agent *a, int64_t at);

/* The second hand. */
void outcomes_tick(struct agent *a, uint32_t now);
/*
 * For `status': {"last_hour": .., "usual": .., "days": .., "last_ago": seconds or null}, and what
 * is wrong in words.
 */
json_t *outcomes_status(struct agent *a, json_t *notes);

#endif
