/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's side of the journal on disk (journal/store.h): what it is told, and what a start
 * takes out of it.
 *
 * A start finds the kernel's maps either as an earlier agent left them (killed, or --handover), or
 * fresh (after SIGTERM, `mxdpctl detach', a reboot). Maps that were left are the truth: words and
 * lists come from the journal, and a census brings its rows in line. Into fresh maps verdicts
 * return with the time that is left to them, their hits, words and lists - but for those that rest
 * on a list which is configured no more, and for whoever is never blocked by now.
 *
 * So detaching ends no verdict: it takes the programs off, and a later start goes on where it
 * stood. What ends verdicts for good is `mxdpctl unblock' and `mxdpctl flush'.
 *
 * Nothing here waits or fails while the loop runs; a journal that cannot be kept is a note of
 * `mxdpctl status'.
 */
#ifndef MXDP_AGENT_REMEMBER_H
#define MXDP_AGENT_REMEMBER_H

#include "../journal/store.h"
#include "events.h"

/* Once it is known who is never blocked. */
void remember_open(struct agent *a);
/* Once privileges are dropped: its thread keeps no more of them than the loop does. */
void remember_start(struct agent *a);
/* When the programs are off and the maps still there: what hit last is kept, too. */
void remember_close(struct agent *a);

/* What was put on event->prefix, after its words were set. */
void remember_blocked(struct agent *a, const struct verdict_event *event, const struct verdict *v);
void remember_by_hand(struct agent *a, const struct prefix *prefix, enum port_class ports,
		      const struct verdict *v);
/* The last of these never was. */
void remember_undone(struct agent *a, const struct prefix *prefix, enum port_class ports);
/* `why` as events_unblocked() is told. */
void remember_ended(struct agent *a, const struct verdict_entry *entry, const char *why);

/* remember_trust.c: what trust.h rests on. */
void remember_known(struct agent *a, const struct addr *client);
void remember_suspended(struct agent *a, const struct suspension *suspension);
void remember_lifted(struct agent *a, const char *name);
/* All that are suspended now, and no others. */
void remember_suspensions(struct agent *a);
/* Once the configuration is known, before anything is judged. */
void remember_trust(struct agent *a);

/* NULL where there is none. */
struct store *remember_store(const struct agent *a);

/* A request that is to end all of them begins, and is over or broken off. */
void remember_flush(struct agent *a);
void remember_flushed(struct agent *a);

/* Keeps who changes what: a server_audit_fn. */
void remember_request(void *agent, uid_t uid, const char *verb, const json_t *request);

/* For `status`: {"problem", "written", "lost", "waiting"}, and what is wrong in words. */
json_t *remember_status(struct agent *a, json_t *notes);

#endif
