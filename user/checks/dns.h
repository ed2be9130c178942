/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks on what the DNS says of a client, its HELO and its sender. All of them score, none
 * convicts: RFC 5321 4.1.4 forbids refusing mail because a HELO does not match. Pure.
 *
 * A fact that is not known accuses nobody, and what hangs on it is not known either: one forward
 * question without an answer, and there is no mismatch. Names stand here as hostname_parse() makes
 * them: lower case, no dot at the end, and no byte that a log could not take.
 */
#ifndef MXDP_CHECKS_DNS_H
#define MXDP_CHECKS_DNS_H

#include "../base/addr.h"
#include "finding.h"

#define DNS_FACT_NAMES 4
#define DNS_FACT_NAME  256
#define DNS_FACT_ADDRS 32

enum fact {
	FACT_UNKNOWN, /* SERVFAIL, time-out, not asked: neutral */
	FACT_NO,
	FACT_YES,
};

/*
 * The names stand in this order: confirmed (have the client's address, RFC 1912 2.1), not known,
 * refuted (the DNS knows for certain that they have not).
 */
struct client_facts {
	struct addr client;
	enum fact has_name;  /* any PTR, host name or not */
	enum fact confirmed; /* one of the names has the client's address */
	bool cut;            /* it has more names, which were not asked about */
	size_t count;
	size_t confirmed_count; /* the first ones */
	size_t refuted_count;   /* the last ones */
	char name[DNS_FACT_NAMES][DNS_FACT_NAME];
};

struct helo_dns_facts {
	char helo[DNS_FACT_NAME]; /* as asked */
	enum fact resolves;       /* has an address or an MX, be it a null MX */
	size_t count;
	struct addr addr[DNS_FACT_ADDRS];
	bool v4_known, v6_known; /* all addresses of the family stand above */
};

struct sender_dns_facts {
	char domain[DNS_FACT_NAME];
	enum fact resolves; /* MX, A or AAAA; a null MX (RFC 7505) does not */
	bool null_mx;       /* says itself that it takes no mail */
};

/* A big sender's names and what its machines' reverse names end in. */
struct brand {
	const char *name;            /* "gmail.com": exactly this as a HELO... */
	const char *const *suffixes; /* ...belongs to one of these or below it, NULL at the end */
};

extern const struct brand brands_default[];
extern const size_t brands_default_count;

/*
 * Big senders' domains whose SPF records (RFC 7208) name the networks that they send from: houses
 * that nobody would block, and those who send for others, which nobody is called after.
 */
extern const char *const senders_default[];
extern const size_t senders_default_count;

/* rdns-missing, rdns-mismatch. */
void check_client_dns(struct findings *out, const struct client_facts *client);
/*
 * helo-unresolvable, helo-dns-mismatch, helo-brand-forgery (only against a definitive answer), and
 * helo-dynamic by the reverse name. `client` may be NULL where it is not known (yet).
 */
void check_helo_dns(struct findings *out, const struct helo_dns_facts *helo,
		    const struct client_facts *client, const struct brand *brands,
		    size_t brands_count);
/* sender-unresolvable */
void check_sender_dns(struct findings *out, const struct sender_dns_facts *sender);

#endif
