/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the gate (bpf/gate.bpf.h) would do with a SYN of an address, or of a network as a whole,
 * now: the same questions in the same order, asked of the same maps, and of the stocks that the
 * feeds' sets are built of.
 *
 *   verdict: most specific in force -> feeds, unless it stops -> allowed? -> mode, heartbeat ->
 *   courtesy, where it is due
 *
 * The fate is the counter that such a SYN would move, for a destination that is protected. What
 * hangs on others is left open: of ACTION_LIMIT it is what those meet who come too often, and a
 * reset beyond the limit of resets is a drop. Where a feed has just come, or a network was just
 * allowed, the kernel follows as soon as its set is built. Of a network feeds and allowed ones may
 * hold any part: there the verdict is all that counts.
 */
#ifndef MXDP_AGENT_FORESEE_H
#define MXDP_AGENT_FORESEE_H

#include "agent.h"
#include "feeds.h"

struct foresight {
	enum fate fate;
	unsigned action; /* enum action that decides, or ACTION_COUNT */
	bool by_feed;    /* the feeds decide, not the verdict */
	bool has_verdict;
	struct verdict_entry verdict; /* in force, with its hits */
	struct feed_word feed;        /* what the feeds say, also where they do not decide */
};

void foresee(struct foresight *out, const struct agent *a, const struct prefix *prefix,
	     enum port_class ports);

/* Seconds until a verdict lets its next SYN through, 0 for now; -1 where it never does. */
int64_t foresee_courtesy(const struct agent *a, const struct verdict_entry *entry, uint32_t now);

#endif
