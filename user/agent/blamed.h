/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that are known for good (trust.h) and that a block was put on all the same: what somebody
 * wants to hear of first. The newest BLAMED_MAX of a day, each client once; they begin with the
 * agent. Times are boot seconds.
 */
#ifndef MXDP_AGENT_BLAMED_H
#define MXDP_AGENT_BLAMED_H

#include <jansson.h>
#include "../policy/policy.h"
#include "../../maps/ports.h"

#define BLAMED_MAX  32
#define BLAMED_FOR  86400U
#define BLAMED_TOLD 5 /* that have a note each */
#define BLAMED_NAME 80

struct blamed_one {
	uint32_t at; /* plus 1; 0: none */
	struct addr client;
	enum port_class ports;
	char why[POLICY_FINDING_NAME];
	char name[BLAMED_NAME]; /* of the reverse DNS; "" unknown */
	char helo[BLAMED_NAME]; /* the same */
};

struct blamed {
	struct blamed_one one[BLAMED_MAX];
};

/* All zero is an empty one. Texts may be NULL. */
void blamed_add(struct blamed *b, const struct addr *client, enum port_class ports, const char *why,
		const char *name, const char *helo, uint32_t now);
/* For `status', the latest first: an array, and words on what to do. `blocks': in enforce mode. */
json_t *blamed_status(const struct blamed *b, bool blocks, uint32_t now, json_t *notes);

#endif
