/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps as user space holds them: descriptors by name, taken from a loaded object or from the
 * pins. Each map's verbs stand in its own header (user side: verdict_user.h, ...).
 */
#ifndef MXDP_MAPS_MAPS_H
#define MXDP_MAPS_MAPS_H

#include <stddef.h>
#include "fates.h"
#include "feeds.h"
#include "live.h"
#include "nets.h"
#include "verdict.h"
#include "flow.h"
#include "record.h"

/* X(field, name of the map in the object and below the pin directory) */
#define MAPS(X)                      \
	X(live, "mxdp_live")         \
	X(fates, "mxdp_fates")       \
	X(verdicts, "mxdp_verdicts") \
	X(prefixes, "mxdp_prefixes") \
	X(presence, "mxdp_presence") \
	X(hits, "mxdp_hits")         \
	X(allow, "mxdp_allow")       \
	X(local, "mxdp_local")       \
	X(flows, "mxdp_flows")       \
	X(early, "mxdp_early")       \
	X(ring, "mxdp_ring")         \
	X(feeds, "mxdp_feeds")       \
	X(feed_hits, "mxdp_feed_hits")

struct maps {
#define X(field, name) int field;
	MAPS(X)
#undef X
	volatile struct live *live_values; /* mapped; read-only where from pins */
	volatile __u64 *presence_words;    /* the same */
	__u64 *presence_next;              /* the bitmap that a sweep is rebuilding, or NULL */
};

struct bpf_object;

/* Takes the descriptors (not owned) and maps the mmapable ones. 0 or -errno. */
int maps_from_object(struct maps *out, const struct bpf_object *object);

/*
 * Opens the pins below `dir` for reading. -ENOENT where there are none, -EPROTO where their layout
 * is of another version.
 */
int maps_from_pins(struct maps *out, const char *dir);

/* Unmaps; closes the descriptors only where maps_from_pins() opened them. */
void maps_close(struct maps *maps, int close_descriptors);

/* Sum over all CPUs, indexed by enum fate. 0 or -errno. */
int fates_read(const struct maps *maps, unsigned long long sums[FATE_COUNT]);
const char *fate_name(enum fate fate); /* "syn-dropped" */
const char *fate_text(enum fate fate);

#endif
