/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of feed sets share: a kernel with the maps' user side open, sets from text, and
 * SYNs of any source as fast as BPF_PROG_TEST_RUN takes them.
 */
#ifndef MXDP_SELFTESTS_TEST_FEEDS_H
#define MXDP_SELFTESTS_TEST_FEEDS_H

#include "expect.h"
#include "../../user/feeds/image.h"

#define AGES 3600 /* seconds: longer than any test */

struct room {
	struct kernel k;
	struct maps maps;
	int gate;
};

static inline int room_open(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	int err = room ? kernel_start(&room->k, &(struct kernel_options){0}) : -ENOMEM;

	if (err) {
		print_error("the programs do not load (root needed): %s\n", strerror(-err));
		free(room);
		return err;
	}
	room->gate = bpf_program__fd(room->k.skel->progs.mxdp_gate);
	err = maps_from_object(&room->maps, room->k.skel->obj);
	if (!err)
		err = local_put(&room->k, SERVER);
	if (!err)
		err = local_put(&room->k, SERVER6);
	*state = room;
	return err;
}

static inline int room_close(void **state)
{
	struct room *room = *state;

	maps_close(&room->maps, 0);
	kernel_stop(&room->k);
	free(room);
	return 0;
}

#define room_test(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

/* "192.0.2.0/24 2001:db8::/32 ..." */
static inline void set_of(struct feed_set *set, const char *nets)
{
	char copy[4096], *at = copy, *one;

	*set = (struct feed_set){0};
	assert_true(strlen(nets) < sizeof(copy));
	strcpy(copy, nets);
	while ((one = strsep(&at, " "))) {
		struct net_key net = net_of(one);
		struct prefix prefix = {net.addr, net.plen};

		assert_int_equal(feed_set_add_prefix(set, &prefix), 0);
	}
	assert_int_equal(feed_set_settle(set), 0);
}

static inline void put_set(struct room *room, uint32_t slot, const struct feed_set *set,
			   uint32_t expires)
{
	struct feeds_image image;

	assert_int_equal(feed_set_build(&image, set, boot_seconds(), expires), 0);
	assert_int_equal(feeds_swap(&room->maps, slot, &image), 0);
	feeds_free(&image);
}

static inline void put_nets(struct room *room, uint32_t slot, const char *nets)
{
	struct feed_set set;

	set_of(&set, nets);
	put_set(room, slot, &set, boot_seconds() + AGES);
	feed_set_free(&set);
}

/* A SYN to port 25 whose source is written anew for each run. */
struct syn {
	struct frame frame;
	size_t source, size; /* of the source address in it */
};

static inline void syn_build(struct syn *syn, bool v4)
{
	frame_build(&syn->frame, &(struct spec){.from = v4 ? CLIENT : CLIENT6, .flags = SYN});
	syn->source = syn->frame.l3 + (v4 ? 12 : 8);
	syn->size = v4 ? 4 : 16;
}

/* XDP_PASS, XDP_DROP, ..., or -errno. */
static inline int syn_run(int gate, struct syn *syn, struct wide source)
{
	struct addr addr = addr_of_wide(source);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = syn->frame.data,
		    .data_size_in = (uint32_t)syn->frame.len);

	memcpy(syn->frame.data + syn->source, addr.b + 16 - syn->size, syn->size);
	if (bpf_prog_test_run_opts(gate, &opts))
		return -errno;
	return (int)opts.retval;
}

#endif
