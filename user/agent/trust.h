/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator's trust in the verdicts rests on: relays by volume are found
 * (policy/volume.h), clients that deliver mail earn trust (policy/known.h), checks that convict
 * them are suspended and their blocks withdrawn (policy/suspend.h), and new blocks have a ceiling
 * (policy/ceiling.h); networks of many offenders are shown (policy/crowd.h). All but the last comes
 * from sessions that have ended: by then all is known of them, what lists say and whether the
 * server accepted mail. What was said while SYN cookies were in use counts for nobody: a forger may
 * have said it. Over a restart the known and the suspended are kept in the journal, relays with the
 * allowed networks.
 *
 * A relay by volume is one for a day, and lists are asked about it all the while: each day it must
 * be earned anew, on all that is known. By its many names none becomes one against whom a verdict
 * stands. By its share one may, unless an administrator blocked it: to block a fifth of all mail is
 * worse than whatever it did.
 */
#ifndef MXDP_AGENT_TRUST_H
#define MXDP_AGENT_TRUST_H

#include "events.h"

int trust_open(struct agent *a);
void trust_close(struct agent *a);

#define TRUST_WORDS 96
/* Why this block is to be a watch only, or NULL; may write to `words'. */
const char *trust_only_watch(const struct agent *a, const struct session *session,
			     const struct decision *decision, char words[TRUST_WORDS]);
/* What was put for event->decision: counts it towards the ceiling. */
void trust_put(struct agent *a, const struct verdict_event *event);

/* A decision to block, whatever became of it. */
void trust_offended(struct agent *a, const struct verdict_event *event);

/* A session has ended, whatever became of it. */
void trust_ended(struct agent *a, const struct session *session);
/* The second hand. */
void trust_tick(struct agent *a, uint32_t now);
/* A new configuration is in force. */
void trust_renew(struct agent *a);

/* Puts back the suspended finding of this name; false where none is suspended under it. */
bool trust_lift(struct agent *a, const char *name);

/* The finding whose suspension takes this verdict along, or NULL: for withdraw.c. */
struct suspension *trust_withdrawn_by(const struct agent *a, const struct verdict_entry *entry);
/* Counts what was withdrawn with one of these lists for those suspended that are theirs. */
void trust_list_withdrawn(struct agent *a, uint64_t lists);

/* For `status'. */
void trust_notes(const struct agent *a, json_t *notes);
json_t *trust_suspended(const struct agent *a);
/* [{"net": "198.51.100.0/24", "offenders": 12}], the most first. */
json_t *trust_crowds(const struct agent *a);

#endif
