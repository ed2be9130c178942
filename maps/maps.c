// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "maps.h"

#define PAGE          4096
#define LIVE_SIZE     ((sizeof(struct live) + PAGE - 1) / PAGE * PAGE)
#define PRESENCE_SIZE (PRESENCE_WORDS * sizeof(__u64))

static void *map_memory(int fd, size_t size, int protection)
{
	void *at = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int map_values(struct maps *maps, int protection)
{
	maps->live_values = map_memory(maps->live, LIVE_SIZE, protection);
	maps->presence_words = map_memory(maps->presence, PRESENCE_SIZE, protection);
	return maps->live_values && maps->presence_words ? 0 : -errno;
}

static void forget(struct maps *maps)
{
	memset(maps, 0, sizeof(*maps));
#define X(field, name) maps->field = -1;
	MAPS(X)
#undef X
}

int maps_from_object(struct maps *out, const struct bpf_object *object)
{
	forget(out);
#define X(field, name)                                              \
	out->field = bpf_object__find_map_fd_by_name(object, name); \
	if (out->field < 0)                                         \
		return -ENOENT;
	MAPS(X)
#undef X
	return map_values(out, PROT_READ | PROT_WRITE);
}

static int pin_open(const char *dir, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int maps_from_pins(struct maps *out, const char *dir)
{
	int err = 0;

	forget(out);
#define X(field, name)                                 \
	if (!err) {                                    \
		out->field = pin_open(dir, name);      \
		err = out->field < 0 ? out->field : 0; \
	}
	MAPS(X)
#undef X
	if (!err)
		err = map_values(out, PROT_READ);
	if (!err && out->live_values->layout != LAYOUT_VERSION)
		err = -EPROTO;
	if (err)
		maps_close(out, 1);
	return err;
}

void maps_close(struct maps *maps, int close_descriptors)
{
	if (maps->live_values)
		munmap((void *)maps->live_values, LIVE_SIZE);
	if (maps->presence_words)
		munmap((void *)maps->presence_words, PRESENCE_SIZE);
#define X(field, name)                             \
	if (close_descriptors && maps->field >= 0) \
		close(maps->field);
	MAPS(X)
#undef X
	forget(maps);
}
