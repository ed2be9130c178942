/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the DNS says about a client's names: its reverse names, confirmed forward (RFC 1912 2.1),
 * the HELO's addresses, whether a sender's domain can receive mail. Gathered here, judged in
 * checks/dns.h; a SERVFAIL or a time-out makes a fact unknown, never false.
 *
 *   client  PTR, then A or AAAA, as the client's family is, of its first DNS_FACT_NAMES host names
 *   HELO    A and AAAA, then MX where neither is there
 *   sender  MX, then A and AAAA where there is none (RFC 5321 5.1)
 *
 * So no client costs more than 1 + DNS_FACT_NAMES questions, no HELO and no sender more than 3, and
 * nobody waits longer than two of the resolver's deadlines.
 */
#ifndef MXDP_DNS_NAMES_H
#define MXDP_DNS_NAMES_H

#include "../checks/dns.h"
#include "resolver.h"

struct names_query;

/*
 * Each calls once, later, from the loop, and the query is gone then; the facts are copied by who
 * needs them longer. NULL where nothing can be asked: nobody is called then.
 */

/* NULL also for an address that no public DNS names (addr_special()). */
typedef void (*names_client_fn)(const struct client_facts *facts, void *context);
struct names_query *names_ask_client(struct resolver *r, const struct addr *client,
				     names_client_fn fn, void *context);

/* `helo` as said; literals and what is no name of at least two labels are not asked about. */
typedef void (*names_helo_fn)(const struct helo_dns_facts *facts, void *context);
struct names_query *names_ask_helo(struct resolver *r, const char *helo, names_helo_fn fn,
				   void *context);

/* `domain` as said behind the @; the same are not asked about. */
typedef void (*names_sender_fn)(const struct sender_dns_facts *facts, void *context);
struct names_query *names_ask_sender(struct resolver *r, const char *domain, names_sender_fn fn,
				     void *context);

/* `fn` is not called any more. From within `fn` of the same query it changes nothing. */
void names_cancel(struct names_query *query);

#endif
