// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <bpf/bpf.h>

#include "fill.h"

#define BATCH 4096

int fill_room(__u32 *max, int map)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	*max = info.max_entries;
	return 0;
}

static int count_all(__u32 *entries, int map, void *keys, void *values)
{
	__u32 at, next, count;
	bool started = false;
	int err = 0;

	*entries = 0;
	while (!err) {
		count = BATCH;
		err = bpf_map_lookup_batch(map, started ? &at : NULL, &next, keys, values, &count,
					   NULL)
			      ? -errno
			      : 0;
		if (!err || err == -ENOENT)
			*entries += count;
		at = next;
		started = true;
	}
	return err == -ENOENT ? 0 : err; /* that was the last batch */
}

int fill_count(struct fill *out, int map)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	void *keys, *values;
	int err = -ENOMEM;

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	keys = calloc(BATCH, info.key_size);
	values = calloc(BATCH, info.value_size);
	if (keys && values)
		err = count_all(&out->entries, map, keys, values);
	out->max = info.max_entries;
	free(keys);
	free(values);
	return err;
}
