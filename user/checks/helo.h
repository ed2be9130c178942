/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a HELO name says of its sender, without asking the DNS. Pure: bytes and facts in, findings
 * out; no I/O, no globals. Called for every HELO and EHLO of a session, not only the first.
 *
 * Rules: RFC 5321 2.3.5 (host name), 4.1.1.1 (HELO and EHLO), 4.1.3 (address literals), 4.1.4 (what
 * must not be the reason to refuse). Never called for submission ports: mail programs there say
 * what they like.
 */
#ifndef MXDP_CHECKS_HELO_H
#define MXDP_CHECKS_HELO_H

#include "../base/addr.h"
#include "finding.h"

/* Names and addresses that the checks compare with. Nothing is owned. */
struct helo_names {
	const char *const *our_names; /* the MTA's own host names; compared without case */
	size_t our_names_count;
	const struct addr *our_addresses; /* public addresses under which the MTA is known */
	size_t our_addresses_count;
	const char *const *known_bots; /* exact names, without case: convict */
	size_t known_bots_count;
	const char *const *suspect_names; /* bots' names that real machines bear too: mild */
	size_t suspect_names_count;
};

/* The lists shipped as defaults. */
extern const char *const helo_default_bots[];
extern const size_t helo_default_bots_count;
extern const char *const helo_default_suspects[];
extern const size_t helo_default_suspects_count;

struct helo_facts {
	const char *name; /* the argument's bytes as sent, trailing blanks cut; may hold anything */
	size_t len;
	struct addr client;
	struct addr server;      /* where the client connected; all zero where unknown */
	const char *banner_name; /* first word of the server's 220 line, or NULL */
};

/* Longest HELO argument that is looked at (RFC 5321 4.5.3.1.2 allows a domain of 255). */
#define HELO_MAX 255

void helo_check(struct findings *out, const struct helo_facts *facts,
		const struct helo_names *names);

#endif
