/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings in, decision out. A block needs one convicting finding, or 10 points from two classes,
 * within one session; from 5 points on a client is on watch. All names findings together count for
 * at most 8 points, except those about our own name and address. History lengthens a block; it
 * never adds points. Pure: no clock, no map.
 */
#ifndef MXDP_POLICY_POLICY_H
#define MXDP_POLICY_POLICY_H

#include "../checks/finding.h"
#include "../../maps/verdict.h"

#define POLICY_BLOCK_POINTS 10
#define POLICY_WATCH_POINTS 5
#define POLICY_NAMES_CAP    8

/* What the administrator set per finding; the defaults come from finding_types. */
struct finding_rule {
	bool enabled;
	int points;
	int mild_points;
	bool convicts;
	uint32_t ttl; /* seconds of the first block; 0: that of the finding's ttl class */
};

struct ttl_rule {
	uint32_t first; /* seconds of a first block */
	uint32_t cap;   /* doubled with every repeat up to this */
};

struct policy {
	struct finding_rule rule[FINDING_COUNT];
	struct ttl_rule ttl[TTL_COUNT];
};

enum decision_kind {
	DECISION_PASS,
	DECISION_WATCH,
	DECISION_BLOCK,
};

struct decision {
	enum decision_kind kind;
	int score;          /* after the caps */
	unsigned cause;     /* enum cause */
	enum action action; /* of a block: drop where convicted, reset where scored */
	uint32_t ttl; /* seconds, for a client with `repeats` blocks before; 0 unless a block */
};

void policy_defaults(struct policy *policy);

/* Points and whether it convicts, of one finding, after the administrator's overrides. */
int policy_points(const struct policy *policy, const struct finding *finding);
bool policy_convicts(const struct policy *policy, const struct finding *finding);

struct decision policy_decide(const struct policy *policy, const struct findings *findings,
			      unsigned repeats);

#endif
