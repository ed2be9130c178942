/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel validates SYN cookies at the moment. While it does, a blind forger can
 * complete a handshake in minutes, so verdicts on new flows are watch only.
 */
#ifndef MXDP_KERNEL_SYNCOOKIES_H
#define MXDP_KERNEL_SYNCOOKIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct syncookies {
	uint64_t seen;     /* TcpExtSyncookiesRecv + SyncookiesFailed at the last look */
	uint32_t moved_at; /* boot seconds when it last moved; 0 never */
	bool primed;
};

/* From the text of /proc/net/netstat; false where the counters are not in it. */
bool syncookies_parse(uint64_t *sum, const char *text);

/* Looks now. Cookies count as in use until 60 s after the counters last moved. */
bool syncookies_active(struct syncookies *s, uint32_t now);

#endif
