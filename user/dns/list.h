/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DNS list is and what its answers mean. Pure: no I/O, no clock.
 *
 * Listed means three things at once: the answer is in 127.0.0.0/8, in one of the list's configured
 * groups of codes, and neither 127.0.0.1 nor 127.255.255.0/24 (RFC 5782 2.1; Spamhaus and others
 * answer "you may not ask" from there). Anything else is a fault of the list, never guilt.
 * dnswl.org says "you may not ask" as 127.0.0.255, and 127.0.10.x are no entries of its own: both
 * are refusals of every LIST_DNSWL, as 127.0.1.255 (asked about an address) is of every list of
 * domains.
 */
#ifndef MXDP_DNS_LIST_H
#define MXDP_DNS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"
#include "../../maps/ports.h"
#include "resolver.h"

#define LISTS_MAX   31 /* a bit each in a mask, and one for those that are gone */
#define LIST_GROUPS 8  /* groups of codes of one list */
#define LIST_SHOWN  64

enum list_kind {
	LIST_DNSBL,        /* addresses that offend */
	LIST_DNSWL,        /* addresses that are known for good: points below zero */
	LIST_RHSBL_HELO,   /* domains, asked about the HELO */
	LIST_RHSBL_SENDER, /* domains, asked about the sender */
	LIST_KIND_COUNT,
};

/* Which values each octet of an answer may have: postscreen's 127.0.0.[2..11;20]. */
struct list_codes {
	uint64_t octet[4][4]; /* bit b of octet[i]: value b is in */
};

struct list_group {
	struct list_codes codes;
	int points; /* negative only of LIST_DNSWL; 0 is told and counts for nothing */
	bool convicts;
	unsigned rule; /* index into policy.list[]: what a hit means there */
	char name[16]; /* "" or what sets it apart: "policy", "exploits" */
};

struct list {
	enum list_kind kind;
	char zone[DNS_NAME];    /* as asked; may hold a key: never shown */
	char shown[LIST_SHOWN]; /* the zone without the key: in findings, logs, status */
	size_t groups_count;
	struct list_group group[LIST_GROUPS];
	bool v4, v6;             /* address families that are asked about */
	bool ports[PORTS_COUNT]; /* clients of which ports are asked about */
	bool tested;             /* has RFC 5782's test points; else it can never convict */
	char canary[DNS_NAME];   /* never listed: an address or a domain; "" the default one */
	uint32_t rate;           /* questions a second; 0 no limit */
	uint32_t daily;          /* questions a day; 0 no limit */
	uint32_t probe;          /* seconds between probes */
};

enum list_meaning {
	LIST_MEANS_NOT_LISTED,
	LIST_MEANS_LISTED,
	LIST_MEANS_NOTHING, /* failed, timed out: neutral, and a mark against the list's health */
	LIST_MEANS_REFUSED, /* 127.255.255.x and the like: we may not ask, or ask wrongly */
	LIST_MEANS_BROKEN,  /* outside 127.0.0.0/8, 127.0.0.1: parked, wildcard, dead */
	LIST_MEANS_UNKNOWN_CODE, /* in 127.0.0.0/8, but in none of the groups: counted, not guilt */
};

/*
 * What an answer of this list means; bit g of *groups is set for each group hit (0 unless LISTED),
 * and `code` is the first address that decided. One bad address in an answer spoils all of it.
 */
enum list_meaning list_meaning(const struct list *list, const struct dns_answer *answer,
			       uint32_t *groups, struct addr *code);

/* "2.0.0.127.zone", nibbles for IPv6 (RFC 5782 2.1, 2.4); "domain.zone". False: does not fit, or
 * is no name. */
bool list_question_addr(char name[DNS_NAME], const struct list *list, const struct addr *addr);
bool list_question_domain(char name[DNS_NAME], const struct list *list, const char *domain);

/* "127.0.0.[2..11]" with octets N, [N;N..N]; false with `why`, which quotes what is wrong. */
bool list_codes_parse(struct list_codes *out, const char *text, char *why, size_t why_size);
bool list_codes_match(const struct list_codes *codes, const struct addr *answer);

/*
 * A site in postscreen's own syntax (postscreen_dnsbl_sites): "zone", "zone=127.0.0.[2..11]*3",
 * "zone*-2". Without codes: 127.0.0.[2..254]. Without weight: 1. One group; a negative weight makes
 * it a DNSWL. Fills in the defaults of a list, except group.rule.
 */
bool list_site_parse(struct list *out, const char *text, char *why, size_t why_size);
/* The defaults of a list of that kind with this zone and no groups. */
bool list_init(struct list *out, enum list_kind kind, const char *zone, char *why, size_t why_size);

const char *list_kind_name(enum list_kind kind);
bool list_kind_parse(enum list_kind *out, const char *text);

#endif
