// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "combine.h"
#include "key.h"

#define LANES (FEEDS_MAX + 1) /* one for what the light ones agree on */

static uint64_t key4_measure(uint32_t first, uint32_t last)
{
	return (uint64_t)last - first + 1;
}

static uint64_t key6_measure(struct wide first, struct wide last)
{
	return last.hi - first.hi + 1;
}

#define SET(verb)  set4_##verb
#define KEY(verb)  key4_##verb
#define SET_TYPE   struct set4
#define RANGE_TYPE struct range4
#define KEY_TYPE   uint32_t
#define KEY_BITS   32
#include "combine_family.h"

#define SET(verb)  set6_##verb
#define KEY(verb)  key6_##verb
#define SET_TYPE   struct set6
#define RANGE_TYPE struct range6
#define KEY_TYPE   struct wide
#define KEY_BITS   128
#include "combine_family.h"

struct lanes {
	struct set4_lanes v4;
	struct set6_lanes v6;
};

static void open_lanes(struct lanes *lanes, const struct feed_part *parts, size_t count, bool full)
{
	for (size_t i = 0; i < count; i++) {
		const struct feed_blob *blob = parts[i].blob;

		if ((parts[i].weight >= FEED_WEIGHT_FULL) != full)
			continue;
		set4_open_lane(&lanes->v4, blob->v4, blob->v4_count, parts[i].weight);
		set6_open_lane(&lanes->v6, blob->v6, blob->v6_count, parts[i].weight);
	}
}

static int sweep(struct feed_set *agreed, const struct feed_part *parts, size_t count)
{
	struct lanes lanes = {0};
	int err;

	open_lanes(&lanes, parts, count, false);
	err = set4_sweep(&agreed->v4, &lanes.v4);
	return err ? err : set6_sweep(&agreed->v6, &lanes.v6);
}

static int merge(struct feed_set *out, const struct feed_part *parts, size_t count,
		 const struct feed_set *agreed)
{
	struct lanes lanes = {0};
	int err;

	open_lanes(&lanes, parts, count, true);
	set4_open_lane(&lanes.v4, agreed->v4.item, agreed->v4.count, FEED_WEIGHT_FULL);
	set6_open_lane(&lanes.v6, agreed->v6.item, agreed->v6.count, FEED_WEIGHT_FULL);
	err = set4_merge(&out->v4, &lanes.v4);
	return err ? err : set6_merge(&out->v6, &lanes.v6);
}

int feed_combine(struct feed_set *out, const struct feed_part *parts, size_t count,
		 const struct feed_set *minus)
{
	struct feed_set agreed = {0};
	int err = count > FEEDS_MAX ? -EINVAL : 0;

	*out = (struct feed_set){0};
	if (!err)
		err = sweep(&agreed, parts, count);
	if (!err)
		err = merge(out, parts, count, &agreed);
	feed_set_free(&agreed);
	if (!err)
		err = feed_set_subtract(out, minus);
	if (err)
		feed_set_free(out);
	return err;
}

void feed_compare(struct feed_change *out, const struct feed_blob *before,
		  const struct feed_blob *after)
{
	const struct feed_blob *b = before, *a = after;

	*out = (struct feed_change){
		.v4_before = set4_outside(b->v4, b->v4_count, b->v4, 0),
		.v4_after = set4_outside(a->v4, a->v4_count, a->v4, 0),
		.v4_added = set4_outside(a->v4, a->v4_count, b->v4, b->v4_count),
		.v4_removed = set4_outside(b->v4, b->v4_count, a->v4, a->v4_count),
		.v6_before = set6_outside(b->v6, b->v6_count, b->v6, 0),
		.v6_after = set6_outside(a->v6, a->v6_count, a->v6, 0),
		.v6_added = set6_outside(a->v6, a->v6_count, b->v6, b->v6_count),
		.v6_removed = set6_outside(b->v6, b->v6_count, a->v6, a->v6_count),
	};
}
