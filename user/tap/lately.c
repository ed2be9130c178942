// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "lately.h"

#define SLOTS 32768 /* a power of two; pages that are never written take no memory */

struct lately {
	uint32_t limit;
	struct {
		struct flow_key flow;
		uint32_t time; /* the low bits of the milliseconds */
	} slot[SLOTS];
};

struct lately *lately_new(uint32_t limit)
{
	struct lately *l = calloc(1, sizeof(*l));

	if (l)
		l->limit = limit;
	return l;
}

void lately_free(struct lately *l)
{
	free(l);
}

void lately_put(struct lately *l, const struct flow_key *flow, unsigned hash, uint64_t now)
{
	l->slot[hash % SLOTS].flow = *flow;
	l->slot[hash % SLOTS].time = (uint32_t)now;
}

bool lately_has(const struct lately *l, const struct flow_key *flow, unsigned hash, uint64_t now)
{
	int32_t age = (int32_t)((uint32_t)now - l->slot[hash % SLOTS].time);

	return !memcmp(&l->slot[hash % SLOTS].flow, flow, sizeof(*flow)) && age < (int32_t)l->limit;
}
