// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "replay.h"

struct talk *talks_find(const struct talks *talks, const struct flow_key *flow)
{
	struct talk *talk;

	HASH_FIND(hh, talks->table, flow, sizeof(*flow), talk);
	return talk;
}

struct talk *talks_get(struct talks *talks, const struct flow_key *flow)
{
	struct talk *talk = talks_find(talks, flow);

	if (talk)
		return talk;
	talk = HASH_COUNT(talks->table) < REPLAY_TALKS ? calloc(1, sizeof(*talk)) : NULL;
	if (!talk) {
		talks->lost++;
		return NULL;
	}
	talk->flow = *flow;
	HASH_ADD(hh, talks->table, flow, sizeof(talk->flow), talk);
	return talk;
}

void talks_free(struct talks *talks)
{
	struct talk *talk, *next;

	HASH_ITER(hh, talks->table, talk, next)
	{
		HASH_DEL(talks->table, talk);
		free(talk);
	}
	talks->lost = 0;
}
