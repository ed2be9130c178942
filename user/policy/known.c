// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../tap/keyed.h"
#include "known.h"
#include "owner.h"

#define WAYS 8

struct client {
	struct addr addr;          /* of a /64: its first */
	uint32_t time[KNOWN_MOST]; /* as mark_of() tells, the newest first; 0: none */
};

_Static_assert(sizeof(struct client) == 48, "the header says so");

struct known {
	size_t sets; /* a power of two */
	struct client client[];
};

struct known *known_new(size_t clients)
{
	struct known *known;
	size_t sets = 1;

	while (sets < clients / WAYS)
		sets *= 2;
	known = calloc(1, sizeof(*known) + sets * WAYS * sizeof(struct client));
	if (known)
		known->sets = sets;
	return known;
}

void known_free(struct known *known)
{
	free(known);
}

static size_t set_of(const struct known *known, const struct addr *addr)
{
	return (keyed_hash(addr, sizeof(*addr)) & (known->sets - 1)) * WAYS;
}

/* Shifted, so that a time before this boot that counts still is above zero. */
static uint32_t mark_of(int64_t seconds)
{
	return (uint32_t)(seconds + KNOWN_FOR + 1);
}

void known_accepted(struct known *known, const struct addr *client, int64_t now)
{
	struct addr owner = owner_of(client).addr;
	struct client *set = &known->client[set_of(known, &owner)], *found = set;

	if (now < -(int64_t)KNOWN_FOR)
		return;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].time[0] && addr_equal(&set[i].addr, &owner)) {
			found = &set[i];
			break;
		}
		if (set[i].time[0] < found->time[0])
			found = &set[i];
	}
	if (!addr_equal(&found->addr, &owner))
		*found = (struct client){.addr = owner};
	memmove(found->time + 1, found->time, sizeof(found->time) - sizeof(found->time[0]));
	found->time[0] = mark_of(now);
}

unsigned known_times(const struct known *known, const struct addr *client, uint32_t now)
{
	struct addr owner = owner_of(client).addr;
	const struct client *set = &known->client[set_of(known, &owner)];
	unsigned times = 0;

	for (int i = 0; i < WAYS; i++) {
		if (!addr_equal(&set[i].addr, &owner))
			continue;
		while (times < KNOWN_MOST && set[i].time[times] &&
		       mark_of(now) - set[i].time[times] <= KNOWN_FOR)
			times++;
	}
	return times;
}
