// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "feeds_build.h"

/* What stays mapped of a set: its terms. */
#define HEAD ((size_t)sysconf(_SC_PAGESIZE))

/* Of the object's template: the kernel takes no map with other flags into the slots. */
#define SET_FLAGS (BPF_F_MMAPABLE | BPF_F_INNER_MAP)

#define WORDS_MAX (1ULL << 31)

struct plan {
	struct feeds_size4 size4;
	struct feeds_size6 size6;
	struct feeds_tree tree;
	uint64_t words;
};

static int make_plan(struct plan *plan, const struct feeds_ranges *ranges)
{
	uint64_t words;
	int err = feeds_build4(NULL, ranges, &plan->size4);

	if (!err)
		err = feeds_size6(ranges, &plan->size6);
	if (err)
		return err;
	words = FEEDS_CHUNKS + plan->size4.chunks * FEEDS_CHUNK_WORDS + plan->size4.leaves;
	words = (words + FEEDS_LINE_WORDS - 1) / FEEDS_LINE_WORDS * FEEDS_LINE_WORDS;
	if (words + plan->size6.keys * 3 + plan->size6.parts + plan->size6.lowers > WORDS_MAX)
		return -E2BIG;
	plan->words = feeds_plan6(&plan->tree, &plan->size6, words);
	return 0;
}

static void *map_lines(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void fill(uint64_t *words, const struct feeds_ranges *ranges, struct plan *plan,
		 uint32_t since, uint32_t expires)
{
	const struct feeds_terms terms = {
		.expires = expires,
		.since = since,
		.entries = ranges->v4_count + ranges->v6_count,
	};

	feeds_build4(words, ranges, &plan->size4);
	feeds_build6(words, ranges, &plan->size6, &plan->tree);
	memcpy(words, &terms, sizeof(terms));
	memcpy(words + FEEDS_LINE_WORDS, &plan->tree, sizeof(plan->tree));
}

int feeds_build(struct feeds_image *out, const struct feeds_ranges *ranges, uint32_t since,
		uint32_t expires)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = SET_FLAGS);
	struct feeds_image image = {.fd = -1};
	struct plan plan = {0};
	uint64_t *words = NULL;
	size_t size = 0;
	int err = make_plan(&plan, ranges);

	*out = image;
	if (err)
		return err;
	image.lines = (uint32_t)(plan.words / FEEDS_LINE_WORDS);
	image.fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mxdp_feed_set", sizeof(uint32_t),
				  sizeof(struct feeds_line), image.lines, &opts);
	if (image.fd < 0)
		return -errno;
	size = (size_t)image.lines * sizeof(struct feeds_line);
	words = map_lines(image.fd, size);
	image.terms = words ? map_lines(image.fd, HEAD) : NULL;
	if (!image.terms) {
		err = -errno;
		goto out;
	}
	fill(words, ranges, &plan, since, expires);
	*out = image;
out:
	if (words)
		munmap(words, size);
	if (err)
		close(image.fd);
	return err;
}

/* Of no set before it, and never 0. Threads may swap other slots meanwhile. */
static uint32_t new_serial(struct maps *maps)
{
	uint32_t serial;

	do {
		serial = __atomic_add_fetch(&maps->live_values->feed_serial, 1, __ATOMIC_RELAXED);
	} while (!serial);
	return serial;
}

/* The bit comes after the set and goes before it: to a packet between the two it is not there. */
int feeds_swap(struct maps *maps, uint32_t slot, const struct feeds_image *image)
{
	volatile uint32_t *used = &maps->live_values->feeds;

	if (slot >= FEEDS_SLOTS)
		return -EINVAL;
	if (image) {
		image->terms->serial = new_serial(maps);
		if (bpf_map_update_elem(maps->feeds, &slot, &image->fd, BPF_ANY))
			return -errno;
		__atomic_fetch_or(used, 1U << slot, __ATOMIC_RELEASE);
		return 0;
	}
	__atomic_fetch_and(used, ~(1U << slot), __ATOMIC_RELEASE);
	if (bpf_map_delete_elem(maps->feeds, &slot) && errno != ENOENT)
		return -errno;
	return 0;
}

int feeds_open(struct feeds_image *out, const struct maps *maps, uint32_t slot)
{
	struct feeds_image image = {.fd = -1};
	struct bpf_map_info info = {0};
	uint32_t id, len = sizeof(info);
	int err;

	*out = image;
	if (bpf_map_lookup_elem(maps->feeds, &slot, &id))
		return -errno;
	image.fd = bpf_map_get_fd_by_id(id);
	if (image.fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(image.fd, &info, &len))
		image.terms = map_lines(image.fd, HEAD);
	if (!image.terms) {
		err = -errno;
		close(image.fd);
		return err;
	}
	image.lines = info.max_entries;
	*out = image;
	return 0;
}

void feeds_set_expires(struct feeds_image *image, uint32_t expires)
{
	image->terms->expires = expires;
}

void feeds_free(struct feeds_image *image)
{
	if (image->terms) {
		munmap((void *)image->terms, HEAD);
		close(image->fd);
	}
	*image = (struct feeds_image){.fd = -1};
}
