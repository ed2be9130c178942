/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DNS for verbs that need no agent: `judge --dns', `replay --dns'. A loop, a resolver and lists
 * of their own, by the configuration; no privileges.
 *
 *   client, HELOs, senders -> asked, OFFLINE_DNS_MOST at a time -> back in the order of asking
 *
 * As with the agent, only a list that has passed its test entries is believed. The first probe of
 * each is waited for; who is not believed is said on standard error, and at the end who was not
 * asked about everybody. A list that is opened meanwhile loses its findings of those who wait.
 */
#ifndef MXDP_CLI_OFFLINE_DNS_H
#define MXDP_CLI_OFFLINE_DNS_H

#include "../dns/evidence.h"

#define OFFLINE_DNS_MOST 128

struct offline_dns;

/* Who is asked about: stands in a struct of the caller's, which lives until it comes back. */
struct dns_item {
	struct findings *findings; /* the caller's; what others say is added to them */
	struct evidence *evidence; /* NULL: nobody is asked, it only waits for its turn */
	size_t before;             /* findings that were there */
	struct dns_item *prev, *next;
};

/* All that was to be heard stands in its findings. May not ask. */
typedef void (*dns_ready_fn)(struct dns_item *item, void *context);

/*
 * Names are asked about too, unless `config` says no: who writes --dns wants them. `config` must
 * outlive it. NULL where it has said what is wrong.
 */
struct offline_dns *offline_dns_open(struct config *config, dns_ready_fn ready, void *context);

/* Asks about the client; HELOs and senders are added with item->evidence. */
bool offline_dns_ask(struct offline_dns *d, struct dns_item *item, const struct addr *client,
		     enum port_class ports);
/* Behind all others; gives back whose turn it is, and waits while there are too many. */
void offline_dns_queue(struct offline_dns *d, struct dns_item *item);

/* What has come in is looked at, without waiting: now and then, where other work takes long. */
void offline_dns_look(struct offline_dns *d);
/* Goes on with what is under way until there is something to read on `fd`. */
void offline_dns_until_readable(struct offline_dns *d, int fd);
/* Until all have come back. */
void offline_dns_finish(struct offline_dns *d);

/* All must have come back. Says what was left out. */
void offline_dns_close(struct offline_dns *d);

#endif
