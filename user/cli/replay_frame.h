/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A captured frame on its way into the programs: found to be mail, mended where the capture cut it
 * short, and split where a sending host's offload made one frame of many.
 *
 * What a capture cut off at the snap length is treated by direction. A client's segment shrinks to
 * what is there. A server's keeps its length, filled with zeros, because the clients' numbers are
 * held against it; how much of it is real is remembered here, and the zeros are never judged.
 */
#ifndef MXDP_CLI_REPLAY_FRAME_H
#define MXDP_CLI_REPLAY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../maps/flow.h"

/* Ethernet, two VLAN tags, the longest IP packet, and padding. */
#define REPLAY_FRAME (14 + 8 + 40 + 65535)

struct replay_frame {
	struct addr source, dest;
	uint16_t sport, dport;  /* host byte order */
	uint32_t seq;           /* host byte order */
	uint8_t flags;          /* of TCP, as in the header */
	size_t l3, l4, payload; /* offsets */
	size_t len;             /* of the payload, as the IP header has it */
	size_t real;            /* of it captured */
	size_t size;            /* of the frame */
	bool v4;
	uint8_t bytes[REPLAY_FRAME];
};

enum replay_kind {
	REPLAY_OTHER, /* not TCP, or a fragment without ports */
	REPLAY_CUT,   /* cut off within the headers */
	REPLAY_TCP,
};

/* Copies the frame and finds its way around in it. */
enum replay_kind replay_frame_parse(struct replay_frame *out, const uint8_t *data, size_t len);

/* Makes the lengths true again: call with where it goes before it is sent. */
void replay_frame_mend(struct replay_frame *frame, bool to_server);

/*
 * Calls `send` for the frame, or for each of the segments that it is split into, padded to what an
 * Ethernet frame has at least. Stops where `send` returns non-zero and returns that.
 */
int replay_frame_send(struct replay_frame *frame, int (*send)(const void *, size_t, void *),
		      void *context);

#endif
