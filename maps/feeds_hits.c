// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "feeds_user.h"

/* Of one that is not overwritten yet: the next one may have been written and not counted. */
#define TOLD_MAX (FEEDS_RECENT - 1)

static int read_trails(const struct maps *maps, uint32_t slot, struct feeds_trail *trails)
{
	return bpf_map_lookup_elem(maps->feed_hits, &slot, trails) ? -errno : 0;
}

int feeds_hits_read(const struct maps *maps, uint32_t slot, struct feeds_hits *out)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct feeds_trail *each;

	*out = (struct feeds_hits){0};
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	err = read_trails(maps, slot, each);
	for (int i = 0; i < cpus && !err; i++) {
		out->listed += each[i].hits.listed;
		out->stopped += each[i].hits.stopped;
	}
	free(each);
	return err;
}

void feeds_recent_free(struct feeds_recent *recent)
{
	free(recent->sources);
	free(recent->look);
	free(recent->again);
	free(recent->seen);
	*recent = (struct feeds_recent){0};
}

int feeds_recent_open(struct feeds_recent *out, const struct maps *maps, uint32_t slot)
{
	int cpus = libbpf_num_possible_cpus(), err;
	size_t each = cpus > 0 ? (size_t)cpus : 0;

	*out = (struct feeds_recent){.slot = slot, .cpus = cpus};
	if (cpus < 0)
		return cpus;
	out->sources = calloc(each * TOLD_MAX, sizeof(*out->sources));
	out->look = calloc(each, sizeof(*out->look));
	out->again = calloc(each, sizeof(*out->again));
	out->seen = calloc(each, sizeof(*out->seen));
	err = out->sources && out->look && out->again && out->seen ? 0 : -ENOMEM;
	if (!err)
		err = read_trails(maps, slot, out->look);
	for (int i = 0; i < cpus && !err; i++)
		out->seen[i] = out->look[i].hits.listed;
	if (err)
		feeds_recent_free(out);
	return err;
}

/* Of one CPU: those that `look' shows and that were not overwritten by the time of `again'. */
static void tell(struct feeds_recent *recent, uint64_t *seen, const struct feeds_trail *look,
		 const struct feeds_trail *again)
{
	uint64_t from = *seen, end = look->hits.listed, overwritten = again->hits.listed;

	if (overwritten > TOLD_MAX && from < overwritten - TOLD_MAX)
		from = overwritten - TOLD_MAX;
	if (from > end)
		from = end;
	recent->missed += from - *seen;
	for (; from < end; from++)
		recent->sources[recent->count++] = look->recent[from % FEEDS_RECENT];
	*seen = end;
}

int feeds_recent_read(struct feeds_recent *recent, const struct maps *maps)
{
	int err = read_trails(maps, recent->slot, recent->look);

	recent->count = 0;
	recent->missed = 0;
	if (!err)
		err = read_trails(maps, recent->slot, recent->again);
	for (int i = 0; i < recent->cpus && !err; i++)
		tell(recent, &recent->seen[i], &recent->look[i], &recent->again[i]);
	return err;
}
