/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `top' shows, at one moment:
 *
 *   {"time": "2026-01-31T12:00:00Z", "clock": 1234.5 (seconds, for rates), "agent": true,
 *    "memory": bytes of the agent | null,
 *    "status": as `status --json', "blocked": [as `list --json', the most met first],
 *    "verdicts": [events, as `log --json', the oldest first],
 *    "lists": [as `dnsbl --json'], "feeds": [as `feeds --json']}
 *
 * Without an agent "agent" is false, "why" says why, and "status" is what the pinned maps tell, or
 * null.
 */
#ifndef MXDP_CLI_TOP_GATHER_H
#define MXDP_CLI_TOP_GATHER_H

#include <jansson.h>

/* Asks the agent, which may take `patience' seconds. NULL where memory ran out. */
json_t *top_gather(unsigned patience);

#endif
