/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When most clients seem to have no reverse name, it is our own resolver that fails: behind a NAT,
 * with a forwarder that filters, after a change of the firewall. Judging all mail by that would
 * punish the senders. So beyond a set share of the clients of the last ten minutes the checks that
 * lean on it stand down, and stand up again below half of that share.
 *
 * A client counts once, however often it comes, and an IPv6 /64 is one client: who hammers at the
 * door does not move the share. The newest SUSPECT_MEMORY are known. Pure: seconds of any clock
 * that only goes forward come as a parameter; no I/O.
 */
#ifndef MXDP_DNS_SUSPECT_H
#define MXDP_DNS_SUSPECT_H

#include "../checks/dns.h"

#define SUSPECT_WINDOW  600 /* seconds */
#define SUSPECT_CLIENTS 50  /* of fewer in the window nothing follows */
#define SUSPECT_MEMORY  512
#define SUSPECT_SHARE   50 /* per cent, the default */
#define SUSPECT_WORDS   512

struct suspect {
	unsigned share; /* per cent of the clients, 1 to 100; may change at any time; 100: never */
	bool active;    /* the checks stand down */
	unsigned clients; /* in the window, as of the last look */
	unsigned missing; /* of these, without a reverse name */
	unsigned failed;  /* of these, about whose reverse name the DNS did not say */
	size_t used;
	struct suspect_client {
		struct addr addr;
		uint32_t at; /* seconds, when its facts came last */
		bool missing, failed;
	} client[SUSPECT_MEMORY];
};

void suspect_init(struct suspect *s, unsigned share);

/* A client's facts, and time alone: true where `active` changes. */
bool suspect_note(struct suspect *s, const struct client_facts *client, uint32_t now);
bool suspect_tick(struct suspect *s, uint32_t now);

/* Whether a finding of this id is not to be told while it is active. */
bool suspect_covers(enum finding_id id);

/* While it is active: what is the matter and what to do, for people; else "". Returns `text`. */
const char *suspect_words(const struct suspect *s, char text[SUSPECT_WORDS]);

#endif
