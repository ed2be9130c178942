/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks on what the DNS says of a client, its HELO and its sender. All of them score, none
 * convicts: RFC 5321 4.1.4 forbids refusing mail because a HELO does not match. Pure.
 */
#ifndef MXDP_CHECKS_DNS_H
#define MXDP_CHECKS_DNS_H

#include "../base/addr.h"
#include "finding.h"

#define DNS_FACT_NAMES 4
#define DNS_FACT_NAME  256

enum fact {
	FACT_UNKNOWN, /* SERVFAIL, time-out, not asked: neutral */
	FACT_NO,
	FACT_YES,
};

struct client_facts {
	struct addr client;
	enum fact has_name;  /* any PTR */
	enum fact confirmed; /* one of the names has the client's address */
	size_t count;        /* names; the confirmed ones first */
	size_t confirmed_count;
	char name[DNS_FACT_NAMES][DNS_FACT_NAME]; /* lower case, without a dot at the end */
};

struct helo_dns_facts {
	char helo[DNS_FACT_NAME]; /* as asked */
	enum fact resolves;       /* has an address or an MX */
	size_t count;
	struct addr addr[16];
	bool v4_known, v6_known; /* whether the family's question was answered for certain */
};

struct sender_dns_facts {
	char domain[DNS_FACT_NAME];
	enum fact resolves; /* MX, A or AAAA; a null MX (RFC 7505) does not */
};

/* A big sender's names and what its machines' reverse names end in. */
struct brand {
	const char *name;                  /* "gmail.com": exactly this as a HELO... */
	const char *const *suffixes;       /* ...belongs under one of these, NULL at the end */
};

extern const struct brand brands_default[];
extern const size_t brands_default_count;

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
