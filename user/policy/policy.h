/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings in, decision out. A block needs one convicting finding, or 10 points from two classes,
 * within one session; from 5 points on a client is on watch. All names findings together count for
 * at most 8 points, except those about our own name and address. A list that vouches for a client
 * stops every block but one for an offence that is certain. History lengthens a block; it never
 * adds points. Pure: no clock, no map.
 */
#ifndef MXDP_POLICY_POLICY_H
#define MXDP_POLICY_POLICY_H

#include "../checks/finding.h"
#include "../../maps/ports.h"
#include "../../maps/verdict.h"

#define POLICY_BLOCK_POINTS 10
#define POLICY_WATCH_POINTS 5
#define POLICY_NAMES_CAP    8
#define POLICY_LISTS_CAP    9 /* all DNSBLs that do not convict, and feeds, together */

/* What the administrator set per finding; the defaults come from finding_types. */
struct finding_rule {
	bool enabled;
	int points;
	int mild_points;
	bool convicts;
	uint32_t ttl; /* seconds of the first block; 0: that of the finding's ttl class */
	/* Where it is held against a client, and so where it blocks. */
	bool ports[PORTS_COUNT];
};

struct ttl_rule {
	uint32_t first; /* seconds of a first block */
	uint32_t cap;   /* doubled with every repeat up to this */
};

#define PATTERNS_MAX 64
#define PATTERN_NAME 32 /* with the terminating zero */

/* A pattern of the administrator's own: what matching it means. checks/pattern.h matches. */
struct pattern_rule {
	char name[PATTERN_NAME];
	enum finding_class class;
	struct finding_rule rule; /* mild_points unused */
};

#define LIST_RULES_MAX 128 /* of DNS lists */
#define FEED_RULES_MAX 32  /* of feeds that score: one each, behind those of the lists */
#define LIST_RULE_NAME 80  /* with the terminating zero */

/*
 * Lists and feeds in a mask: bit n is DNS list n (31 of them, and one bit for those that are gone,
 * dns/list.h), bit FEED_BIT + n is feed n (feeds/settings.h).
 */
#define FEED_BIT  32
#define LIST_BITS 64

/*
 * One group of codes of one DNS list (dns/list.h), or one feed that scores: what a hit means.
 * Points may be below zero.
 */
struct list_rule {
	char name[LIST_RULE_NAME]; /* "zen.spamhaus.org", "zen.spamhaus.org:policy" */
	unsigned list;             /* which list it is of, as a bit of a mask */
	/* mild_points, ttl and ports unused: the answer has a TTL, the list's settings its ports */
	struct finding_rule rule;
};

struct policy {
	struct finding_rule
		rule[FINDING_COUNT]; /* FINDING_PATTERN: whether patterns count at all */
	struct ttl_rule ttl[TTL_COUNT];
	bool limit_watched; /* who is on watch may connect only so often */
	size_t pattern_count;
	struct pattern_rule pattern[PATTERNS_MAX];
	size_t list_count;
	struct list_rule list[LIST_RULES_MAX + FEED_RULES_MAX];
};

enum decision_kind {
	DECISION_PASS,
	DECISION_WATCH,
	DECISION_BLOCK,
};

struct decision {
	enum decision_kind kind;
	int score;      /* after the caps */
	unsigned cause; /* enum cause */
	bool certain;   /* convicted by what it did, not by what lists say: no list acquits it */
	enum action action; /* drop where convicted, reset where scored, limit or watch */
	uint32_t ttl; /* seconds, for a client with `repeats` blocks before; 0 unless a block or a
			 limit */
};

void policy_defaults(struct policy *policy);

/* Points and whether it convicts, of one finding, after the administrator's overrides. */
int policy_points(const struct policy *policy, const struct finding *finding);
bool policy_convicts(const struct policy *policy, const struct finding *finding);

/*
 * Whether it is held against clients of these ports. What users' machines say for themselves is no
 * evidence, so by default most is not on the submission ports. Whom lists and feeds are asked about
 * is said by each: what they found counts.
 */
bool policy_counts_on(const struct policy *policy, const struct finding *finding,
		      enum port_class ports);

/* Its id as people read it: "early-talker", "pattern:NAME", "dnsbl:ZONE", "feed:NAME". */
#define POLICY_FINDING_NAME 96
const char *policy_finding_name(char *text, const struct policy *policy,
				const struct finding *finding);

/* The finding to name where only one is named: the one that convicts, else the heaviest; or NULL.
 */
const struct finding *policy_main(const struct policy *policy, const struct findings *findings);

struct decision policy_decide(const struct policy *policy, const struct findings *findings,
			      unsigned repeats);

/*
 * The lists without which there would be no block, or limit: bit `list_rule.list` of each. It is
 * to be withdrawn with any of them, should that turn out to be broken; where *one_will_do with the
 * last of them, for each is enough by itself.
 */
uint64_t policy_rests_on(const struct policy *policy, const struct findings *findings,
			 bool *one_will_do);

#endif
