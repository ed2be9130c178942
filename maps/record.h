/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Records: what the tap hands to the agent through the ring buffer, one a segment, no longer than
 * its bytes. Only segments of proven flows (see flow.h) make records.
 */
#ifndef MXDP_MAPS_RECORD_H
#define MXDP_MAPS_RECORD_H

#include <linux/types.h>
#include "flow.h"

enum record_direction {
	FROM_CLIENT,
	FROM_SERVER,
};

#define RECORD_FIN    1
#define RECORD_RST    2
#define RECORD_BIRTH  4  /* the flow was born by this: seq is the server's first payload byte */
#define RECORD_EARLY  8  /* client bytes from before the birth; these precede the RECORD_BIRTH */
#define RECORD_MISSED 16 /* of the server: more came from the client than there was room for */

/*
 * Payload bytes captured of one segment at most; what is beyond is counted as RECORD_CUT. A power
 * of two. As many as a client's budget is unless configured otherwise: jumbo frames, and what GRO
 * puts together before generic XDP sees it, must not hide a command behind others.
 */
#define RECORD_BYTES 8192

struct record {
	__u64 time; /* CLOCK_MONOTONIC nanoseconds at which the program saw the segment */
	struct flow_key flow;
	__u32 seq; /* host byte order */
	__u32 ack; /* host byte order */
	__u16 len; /* payload bytes on the wire */
	__u16 cap; /* payload bytes in data[] */
	__u8 from; /* enum record_direction */
	__u8 flags;
	__u16 zero;
	__u8 data[];
};

_Static_assert(sizeof(struct record) == 64, "ring record");
_Static_assert(__builtin_offsetof(struct record, data) == 60, "payload follows the header");

#endif
