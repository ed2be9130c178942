/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures on disk: .pcap and .pcapng, plain or compressed by gzip, frame by frame. Whatever the
 * link type was, frames come out as Ethernet: what the programs in the kernel read. A capture is
 * hostile: nothing of a frame is looked at beyond the bytes that are there.
 *
 * Link types: Ethernet, Linux "cooked" (SLL, SLL2: what `tcpdump -i any` writes), raw IP, and BSD
 * loopback. Fake Ethernet headers have zero addresses.
 */
#ifndef MXDP_TAP_CAPTURE_H
#define MXDP_TAP_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct capture;

struct capture_frame {
	const uint8_t *data; /* valid until the next call */
	size_t len;          /* bytes captured; the frame may have been longer */
	uint64_t time;       /* milliseconds since 1970, as captured: may run backwards */
};

/* Opens `path`, "-" being standard input. NULL with one line in `error`, which names the path. */
struct capture *capture_open(const char *path, char *error, size_t error_size);

/* 1 with a frame, 0 at the end, -1 with one line in `error` where the file breaks off. */
int capture_next(struct capture *capture, struct capture_frame *out, char *error,
		 size_t error_size);

void capture_close(struct capture *capture);

#endif
