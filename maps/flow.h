/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Flows: TCP connections to a mail port that the server's own stack has proven to exist, and the
 * sequence numbers that tell a client's bytes from a forger's.
 *
 * A flow is born on egress only: when the server sends payload (the banner) or acknowledges bytes
 * that came too early. Both happen after a completed handshake only, so forged SYNs and forged
 * segments make no state. VLAN tags stay out of the key: on egress they may sit in metadata.
 */
#ifndef MXDP_MAPS_FLOW_H
#define MXDP_MAPS_FLOW_H

#include <linux/types.h>
#include "addr.h"

struct flow_key {
	struct addr client;
	struct addr server;
	__be16 client_port;
	__be16 server_port;
};

enum flow_phase {
	FLOW_TALK,     /* commands and replies in the clear */
	FLOW_STARTTLS, /* the client has asked for TLS */
	FLOW_BODY,     /* 354 seen: the client sends a message */
	FLOW_DARK,     /* TLS: nothing more to see in either direction */
};

/* Sequence numbers are in host byte order and wrap; compare them by signed difference. */
struct flow {
	__u32 first;         /* of the server's first payload byte */
	__u32 next;          /* one past the server's highest byte sent */
	__u32 acked;         /* the server's last acknowledgement */
	__u32 told;          /* the acknowledgement that the agent knows of */
	__u32 client_next;   /* one past the highest client byte handed over */
	__s32 client_budget; /* bytes of the talk that may yet be acknowledged and handed over */
	__s32 client_ahead;  /* bytes that may be handed over before the next acknowledgement */
	__s32 server_budget; /* bytes that may still be handed over */
	__u32 phase;         /* enum flow_phase */
	__u32 starttls;      /* one past the client's latest STARTTLS; counts in FLOW_STARTTLS */
	__u32 greeted;       /* the server has said more than its banner */
};

/*
 * Client bytes are evidence only within this many of the server's last acknowledgement. It is
 * tighter than any real receive window after scaling, and SMTP's command phase never has more in
 * flight; a smaller target for a blind forger costs nothing.
 */
#define FLOW_WINDOW 65536

/*
 * What a client may send without ever being acknowledged is bounded apart from its budget, or else
 * decoys would spend that and the real command go unseen. As many as the agent keeps.
 */
#define FLOW_AHEAD 16384

/*
 * Payload that came before the flow was proven, held in the kernel until the server's own
 * acknowledgement covers it. Several segments are held, because a decoy with a bad checksum can
 * precede the real one, and both must be judged. Where more come than there is room for, the first
 * ones stay and the later ones replace each other, the oldest first: junk before the real one does
 * not keep it out, junk after it does not push it out.
 */
#define EARLY_SEGMENTS 8   /* powers of two */
#define EARLY_FIRST    4   /* of these, stay */
#define EARLY_BYTES    256 /* captured of each; a power of two */

struct early_segment {
	__u32 seq;
	__u32 ack;
	__u16 len; /* payload on the wire */
	__u16 cap; /* bytes held */
	__u8 data[EARLY_BYTES];
};

struct early {
	__u32 count; /* of all that came; more than EARLY_SEGMENTS: some were missed */
	struct early_segment segment[EARLY_SEGMENTS];
};

/* The slot of the segment that comes after `count` others. */
static inline __u32 early_slot(__u32 count)
{
	__u32 later = EARLY_SEGMENTS - EARLY_FIRST;

	return count < EARLY_SEGMENTS ? count : EARLY_FIRST + (count & (later - 1));
}

_Static_assert(sizeof(struct flow_key) == 36, "map key");
_Static_assert(sizeof(struct flow) == 44, "map value");

#endif
