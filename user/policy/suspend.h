/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings that convict the known-good: three of them within ten minutes, and the finding is the
 * one to doubt. It is suspended: it brings no points and no conviction, until an administrator puts
 * it back (`mxdpctl checks on ID') or a day is over. Its blocks are the caller's to withdraw.
 *
 * Each pattern of the administrator's and each group of codes of a list is a finding of its own
 * here, and found again by its name when a new configuration numbers them anew.
 *
 * Bots, too, deliver mail that is accepted. So that neither chance on a server with much of it, nor
 * a few bots on purpose, switch off a check that is right, the known-good must be at least a tenth
 * of all that the finding convicted in these minutes: a check that is wrong hits everybody. Whoever
 * is counted is counted once; an IPv6 client stands for its /64.
 *
 * Times are seconds of CLOCK_BOOTTIME, given by the caller and never running backwards. Pure but
 * for memory, which is bounded by the number of findings.
 */
#ifndef MXDP_POLICY_SUSPEND_H
#define MXDP_POLICY_SUSPEND_H

#include "policy.h"
#include "window.h"
#include "../base/addr.h"

#define SUSPEND_WINDOW  600
#define SUSPEND_SHARE   10 /* at least one in so many of those convicted */
#define SUSPEND_FOR     86400
#define SUSPEND_CLIENTS 8 /* known-good ones that are kept of a finding, the latest */
#define SUSPEND_KEYS    (FINDING_COUNT + PATTERNS_MAX + LIST_RULES_MAX)

struct suspension {
	uint32_t until;         /* 0: it is not suspended */
	bool enabled;           /* before, and after it is lifted */
	uint64_t withdrawn;     /* blocks; counted by the caller */
	struct finding finding; /* its id and number only */
	char name[POLICY_FINDING_NAME];
	struct window convicted, good; /* all clients, and the known-good */
	unsigned clients;
	struct prefix client[SUSPEND_CLIENTS]; /* the latest first */
	uint32_t time[SUSPEND_CLIENTS];
};

/* All zero is an empty one. */
struct suspend {
	struct suspension *of[SUSPEND_KEYS];
};

void suspend_free(struct suspend *suspend);

/*
 * `finding' has convicted `client'. Where this is the `after'th of the known-good and the rest
 * holds too, it is suspended in `policy': returned, else NULL. `after' is at most SUSPEND_CLIENTS;
 * 0 suspends nothing.
 */
struct suspension *suspend_convicted(struct suspend *suspend, struct policy *policy,
				     const struct finding *finding, const struct addr *client,
				     bool known_good, unsigned after, uint32_t now);

/*
 * The finding of this name was suspended until then before a restart, and is again. NULL where
 * there is none of that name in `policy'. Whom it convicted is the caller's to fill in.
 */
struct suspension *suspend_again(struct suspend *suspend, struct policy *policy, const char *name,
				 uint32_t until);

/* The finding that is suspended, or NULL. */
struct suspension *suspend_find(const struct suspend *suspend, const struct finding *finding);
/* The one that is suspended under this name ("pattern:NAME"), or NULL. */
struct suspension *suspend_find_name(const struct suspend *suspend, const char *name);

/* Puts it back. What it has counted is forgotten: three more must come. */
void suspend_lift(struct suspend *suspend, struct policy *policy, struct suspension *suspension);
/* One whose time is over, or NULL; to be lifted. */
struct suspension *suspend_over(const struct suspend *suspend, uint32_t now);

/* `policy' is a new one: what is suspended is suspended in it too, where it still exists. */
void suspend_renew(struct suspend *suspend, struct policy *policy);

#define SUSPEND_WORDS 1024
/* The note of `status': what it did, and how to put it back. */
const char *suspend_words(char text[SUSPEND_WORDS], const struct suspension *suspension,
			  uint32_t now);

#endif
