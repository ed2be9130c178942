/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is allowed by name: senders by their SPF records (dns/spf.h), clients by their reverse names,
 * confirmed forward (dns/names.h). Both stand in a->allow with kinds of their own, so that the gate
 * spares them from blocks of wide networks and from lists too, and each says why. They are never
 * blocked, and reported all the same: lists and names are asked about them as about anybody.
 *
 * Networks of a sender are asked for again when the least TTL of the answers is over, no sooner
 * than dns.ttl_min and no later than a day, and replaced one by one: who stays is never without. A
 * server that fails takes nobody out, nor does a record that is broken: what was read last holds
 * for a week (it is renewed each day), over a restart as well (memory.c keeps it). That a domain
 * has no SPF record any more is an answer, and ends it.
 *
 * A client is allowed by its name for an hour after each time it was confirmed. The first time, any
 * block of it waits for the answer, even one that is certain: for two of the resolver's deadlines
 * at most, in which the client gets no further than its own session. Who is kept out by a list
 * already makes no session, and is not asked about.
 */
#ifndef MXDP_AGENT_SENDERS_H
#define MXDP_AGENT_SENDERS_H

#include <jansson.h>
#include "../checks/dns.h"
#include "agent.h"

/* At the start, after lookups_open(), and with each new configuration. */
void senders_reload(struct agent *a);
/* Before lookups_close(). */
void senders_close(struct agent *a);
/* The second hand: asks whom it is time to ask. */
void senders_tick(struct agent *a, uint32_t now);

/* What the DNS says of a client's names. */
void senders_client(struct agent *a, const struct client_facts *facts);

/* Seconds since the record that allows it was read; -1: not since the start, or no such reason. */
long long senders_age(const struct agent *a, const struct net_reason *reason);

/* For `status'. */
json_t *senders_json(const struct agent *a);
void senders_notes(const struct agent *a, json_t *notes);

#endif
