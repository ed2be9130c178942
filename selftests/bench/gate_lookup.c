/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_lookup: what finding an address among a thousand to ten million costs a packet, by
 * BPF_PROG_TEST_RUN: feed sets beside a hash, a trie and one random read of 256 MiB, all above the
 * same floor (the packet parsed, an address drawn). Nothing is attached.
 *
 *   gate_lookup OBJECT     gate_lookup.bpf.o
 *
 * Addresses are drawn anew for each run (gate_keys.h). All cases of a size are measured in turn,
 * PASSES times over; the medians are printed as rows for scripts/bench: what, value, unit, remark.
 * Each case must find what it says, or the bench fails.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/base/clock.h"
#include "../../user/feeds/image.h"
#include "../packets/frame.h"
#include "gate_keys.h"
#include "measure.h"

#define PASSES 5
#define REPEAT 300000
#define BATCH  4096
#define TARGET 10000000 /* entries at which the targets hold */

struct lookup {
	struct bpf_object *object;
	struct frame frame;
	int keys, feeds;
	uint64_t bytes; /* of the set in force */
};

static int program(const struct lookup *l, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(l->object, name));
}

static int map(const struct lookup *l, const char *name)
{
	return bpf_object__find_map_fd_by_name(l->object, name);
}

/* Filling */

static int build_v4(struct feed_set *set, enum shape shape, uint32_t count)
{
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++)
		err = set4_add(&set->v4, entry4(shape, i), entry4(shape, i));
	return err ? err : feed_set_settle(set);
}

static int build_v6(struct feed_set *set, uint32_t count)
{
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++) {
		struct wide first = {entry6(i), i % 3 == 2 ? i : 0};
		unsigned plen = i % 3 == 0 ? 48 : i % 3 == 1 ? 64 : 128;

		err = set6_add(&set->v6, first, wide_end(first, plen));
	}
	return err ? err : feed_set_settle(set);
}

static int put_set(struct lookup *l, enum shape shape, uint32_t count)
{
	struct feeds_image image = {.fd = -1};
	struct feed_set set = {0};
	uint32_t slot = 0;
	int err = shape == SHAPE_V6 ? build_v6(&set, count) : build_v4(&set, shape, count);

	if (!err)
		err = feed_set_build(&image, &set, boot_seconds(), boot_seconds() + 86400);
	if (!err && bpf_map_update_elem(l->feeds, &slot, &image.fd, BPF_ANY))
		err = -errno;
	l->bytes = image.lines * 64ULL;
	feeds_free(&image);
	feed_set_free(&set);
	return err;
}

/* Entries `from` to `to` of the clustered list, by batches. */
static int put_entries(int fd, bool trie, uint32_t from, uint32_t to)
{
	static uint32_t keys[BATCH][2];
	static uint64_t values[BATCH];

	while (from < to) {
		uint32_t n = 0, count;

		for (; n < BATCH && from < to; n++, from++) {
			uint32_t v4 = htonl(entry4(SHAPE_CLUSTERED, from));

			if (trie)
				memcpy(keys[n], (uint32_t[]){32, v4}, sizeof(keys[n]));
			else
				((uint32_t *)keys)[n] = v4;
			values[n] = 1;
		}
		count = n;
		if (bpf_map_update_batch(fd, keys, values, &count, NULL))
			return -errno;
	}
	return 0;
}

/* Measuring */

struct row {
	const char *what, *program;
	enum shape shape;
	enum draw draw;
	uint32_t count; /* 0: nothing to draw from */
	double ns[PASSES];
};

static bool right(const struct row *row, uint32_t retval)
{
	/* One in four hundred of those drawn evenly is listed, at the most. */
	if (row->draw == DRAW_MISS)
		return retval == XDP_PASS || retval == XDP_DROP;
	return retval == (row->draw == DRAW_HIT && row->count ? XDP_DROP : XDP_PASS);
}

static int measure(struct lookup *l, struct row *row, int pass)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = l->frame.data,
		    .data_size_in = (uint32_t)l->frame.len, .repeat = REPEAT);
	struct bench_keys keys = {88172645463325252ULL + (unsigned)pass, row->shape, row->draw,
				  row->count ? row->count : 1};
	uint32_t zero = 0;

	if (bpf_map_update_elem(l->keys, &zero, &keys, BPF_ANY) ||
	    bpf_prog_test_run_opts(program(l, row->program), &opts))
		return -errno;
	if (!right(row, opts.retval))
		return -EBADMSG;
	row->ns[pass] = opts.duration;
	return 0;
}

static const char *const shapes[] = {
	[SHAPE_SCATTERED] = "scattered",
	[SHAPE_NETS] = "in /24s",
	[SHAPE_CLUSTERED] = "clustered",
	[SHAPE_V6] = "mixed prefixes",
};

static int measure_rows(struct lookup *l, struct row *rows, size_t count)
{
	int err = 0;

	for (int pass = 0; pass < PASSES; pass++)
		for (size_t i = 0; i < count && !err; i++) {
			err = measure(l, &rows[i], pass);
			if (err)
				fprintf(stderr, "gate_lookup: '%s' of %u: %s\n", rows[i].what,
					rows[i].count, strerror(-err));
		}
	for (size_t i = 0; i < count && !err; i++) {
		sort_values(rows[i].ns, PASSES);
		printf("%s", rows[i].what);
		if (rows[i].count)
			printf(", %u entries", rows[i].count);
		printf("\t%.0f\tns\t%s\n", rows[i].ns[PASSES / 2],
		       rows[i].count ? shapes[rows[i].shape] : "");
	}
	fflush(stdout);
	return err;
}

static void print_bytes(const struct lookup *l, enum shape shape, uint32_t count)
{
	printf("set, IPv%c, %u entries\t%.1f\tB\tan entry, %s\n", shape == SHAPE_V6 ? '6' : '4',
	       count, (double)l->bytes / count, shapes[shape]);
}

static double over_floor(const struct row *rows, size_t i)
{
	return rows[i].ns[PASSES / 2] - rows[0].ns[PASSES / 2];
}

static void print_target(const char *what, double value, bool met, const char *target)
{
	printf("target: %s\t%.2f\tx\t%s, %s\n", what, value, target, met ? "met" : "not met");
}

static void print_limit(const char *what, double value)
{
	printf("limit: %s\t%.2f\tx\twhere a hit costs one cold read\n", what, value);
}

/* Of what a lookup takes over the floor. */
static void print_targets(const struct row *rows)
{
	double read = over_floor(rows, 1), hit = over_floor(rows, 2), miss = over_floor(rows, 3),
	       hash_hit = over_floor(rows, 5), hash_miss = over_floor(rows, 6),
	       both = (hash_hit + hash_miss) / (hit + miss);

	print_target("set, miss, in reads of 256 MiB", miss / read, miss <= read, "1 at most");
	print_target("set, hit, in reads of 256 MiB", hit / read, hit <= 2 * read, "2 at most");
	print_target("hash hit / set hit", hash_hit / hit, hash_hit >= 4 * hit, "4 at least");
	print_target("hash miss / set miss", hash_miss / miss, hash_miss >= 4 * miss, "4 at least");
	/* What forbids more: of a set this large the last read is a cold one, whatever its form. */
	print_limit("hash hit / one read of 256 MiB", hash_hit / read);
	print_target("hash / set, half hits, half misses", both, both >= 4, "4 at least");
}

static int measure_beside(struct lookup *l, uint32_t count)
{
	struct row rows[] = {
		{.what = "floor: parse and draw", .program = "bench_floor"},
		{.what = "one read of 256 MiB", .program = "bench_array", .draw = DRAW_MISS},
		{"set, IPv4, hit", "bench_feeds", SHAPE_CLUSTERED, DRAW_HIT, count, {0}},
		{"set, IPv4, miss", "bench_feeds", SHAPE_CLUSTERED, DRAW_MISS, count, {0}},
		{"set, IPv4, miss beside", "bench_feeds", SHAPE_CLUSTERED, DRAW_NEAR, count, {0}},
		{"hash, hit", "bench_hash", SHAPE_CLUSTERED, DRAW_HIT, count, {0}},
		{"hash, miss", "bench_hash", SHAPE_CLUSTERED, DRAW_MISS, count, {0}},
		{"trie, hit", "bench_trie", SHAPE_CLUSTERED, DRAW_HIT, count, {0}},
		{"trie, miss", "bench_trie", SHAPE_CLUSTERED, DRAW_MISS, count, {0}},
	};
	int err = measure_rows(l, rows, sizeof(rows) / sizeof(*rows));

	if (!err && count == TARGET)
		print_targets(rows);
	return err;
}

static int measure_set(struct lookup *l, enum shape shape, uint32_t count)
{
	struct row rows[] = {
		{.what = "floor: parse and draw", .program = "bench_floor"},
		{.what = "one read of 256 MiB", .program = "bench_array", .draw = DRAW_MISS},
		{"set, IPv4, hit", "bench_feeds", shape, DRAW_HIT, count, {0}},
		{"set, IPv4, miss", "bench_feeds", shape, DRAW_MISS, count, {0}},
		{"set, IPv4, miss beside", "bench_feeds", shape, DRAW_NEAR, count, {0}},
	};

	/* Beside a scattered address stands any other. */
	return measure_rows(l, rows, sizeof(rows) / sizeof(*rows) - (shape == SHAPE_SCATTERED));
}

static int measure_v6(struct lookup *l, uint32_t count)
{
	struct row rows[] = {
		{.what = "floor: parse and draw, IPv6", .program = "bench_floor6"},
		{"set, IPv6, hit", "bench_feeds6", SHAPE_V6, DRAW_HIT, count, {0}},
		{"set, IPv6, miss", "bench_feeds6", SHAPE_V6, DRAW_MISS, count, {0}},
		{"set, IPv6, miss beside", "bench_feeds6", SHAPE_V6, DRAW_NEAR, count, {0}},
	};

	return measure_rows(l, rows, sizeof(rows) / sizeof(*rows));
}

static int one_shape(struct lookup *l, enum shape shape, uint32_t count)
{
	int err = put_set(l, shape, count);

	if (!err)
		err = shape == SHAPE_CLUSTERED ? measure_beside(l, count)
		      : shape == SHAPE_V6      ? measure_v6(l, count)
					       : measure_set(l, shape, count);
	if (!err)
		print_bytes(l, shape, count);
	return err;
}

static int one_size(struct lookup *l, uint32_t before, uint32_t count)
{
	int err = put_entries(map(l, "hash"), false, before, count);

	if (!err)
		err = put_entries(map(l, "trie"), true, before, count);
	if (!err)
		err = one_shape(l, SHAPE_CLUSTERED, count);
	if (!err)
		err = one_shape(l, SHAPE_NETS, count);
	if (!err)
		err = one_shape(l, SHAPE_SCATTERED, count);
	/* There are no lists of ten million IPv6 networks. */
	return !err && count <= 1000000 ? one_shape(l, SHAPE_V6, count) : err;
}

static int load(struct lookup *l, const char *path)
{
	int err;

	l->object = bpf_object__open_file(path, NULL);
	if (!l->object)
		return -errno;
	err = bpf_object__load(l->object);
	if (err)
		return err;
	l->keys = map(l, "keys");
	l->feeds = map(l, "mxdp_feeds");
	frame_build(&l->frame, &(struct spec){.flags = SYN});
	return 0;
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000, TARGET};
	static struct lookup l;
	uint32_t before = 0;
	int err;

	if (argc != 2) {
		fputs("usage: gate_lookup OBJECT\n", stderr);
		return 2;
	}
	err = load(&l, argv[1]);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && !err; i++) {
		err = one_size(&l, before, sizes[i]);
		before = sizes[i];
	}
	if (err)
		fprintf(stderr, "gate_lookup: %s\n", strerror(-err));
	bpf_object__close(l.object);
	return err != 0;
}
