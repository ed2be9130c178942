// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand swaps while every CPU is asked: some addresses are in every set that comes, some in
 * none, and no packet may ever be told otherwise.
 */
#include <pthread.h>
#include <unistd.h>

#include "test_feeds.h"

#define SWAPS   1000
#define SETS    4
#define THREADS 2
#define SLOT    FEEDS_SLOT(PORTS_MX, ACTION_DROP)

/* In every set, and in none, though their neighbours come and go. */
static const char *const always[] = {"198.51.100.7", "203.0.113.200", "2001:db8:bad::7",
				     "2001:db8:bad:1::1"};
static const char *const never[] = {"198.51.100.8", "203.0.114.1", "2001:db8:bad::8",
				    "2001:db8:bad:2::1"};

#define ADDRESSES (sizeof(always) / sizeof(*always))

struct asker {
	pthread_t thread;
	int gate;
	volatile bool *stop;
	uint64_t asked, wrong;
};

static void *ask(void *context)
{
	struct asker *a = context;
	struct syn syn4, syn6;

	syn_build(&syn4, true);
	syn_build(&syn6, false);
	for (size_t i = 0; !*a->stop; i++) {
		const char *text = i & 1 ? always[i / 2 % ADDRESSES] : never[i / 2 % ADDRESSES];
		struct addr addr = addr_of(text);

		a->asked++;
		a->wrong += syn_run(a->gate, strchr(text, ':') ? &syn6 : &syn4, wide_of(&addr)) !=
			    (i & 1 ? XDP_DROP : XDP_PASS);
	}
	return NULL;
}

/* Sets of different sizes, so that the words of one mean nothing in another. */
static void build(struct feeds_image *image, uint32_t n)
{
	struct feed_set set;

	set_of(&set, "203.0.113.192/28 2001:db8:bad:1::/64");
	for (size_t i = 0; i < ADDRESSES; i++) {
		struct addr addr = addr_of(always[i]);
		struct prefix prefix = prefix_of(&addr, ADDR_BITS);

		assert_int_equal(feed_set_add_prefix(&set, &prefix), 0);
	}
	for (uint32_t i = 0; i < n * 5000; i++) {
		struct wide six = {0x20010db900000000ULL + i * n * 3, i % 3};

		assert_int_equal(set4_add(&set.v4, 0x0a000000 + i * 7 * n, 0x0a000000 + i * 7 * n),
				 0);
		assert_int_equal(set6_add(&set.v6, six, six), 0);
		six.hi = 0x20010db700000000ULL + i;
		assert_int_equal(set6_add(&set.v6, six, six), 0);
	}
	/* Neighbours in the same /24, and in the same /64. */
	for (uint32_t i = 0; i < n * 3; i++) {
		struct wide six = {0x20010db80bad0000ULL, 0x100 + i};

		assert_int_equal(set4_add(&set.v4, 0xc6336410 + i, 0xc6336410 + i), 0);
		assert_int_equal(set6_add(&set.v6, six, six), 0);
	}
	assert_int_equal(feed_set_settle(&set), 0);
	assert_int_equal(feed_set_build(image, &set, boot_seconds(), boot_seconds() + AGES), 0);
	feed_set_free(&set);
}

static void test_swaps_under_load(void **state)
{
	struct asker askers[THREADS];
	struct feeds_image images[SETS];
	struct room *room = *state;
	uint64_t asked = 0, wrong = 0;
	volatile bool stop = false;

	for (uint32_t i = 0; i < SETS; i++)
		build(&images[i], i + 1);
	assert_int_equal(feeds_swap(&room->maps, SLOT, &images[0]), 0);
	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){.gate = room->gate, .stop = &stop};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (int i = 1; i <= SWAPS; i++)
		if (feeds_swap(&room->maps, SLOT, &images[i % SETS]))
			wrong++;
	stop = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		asked += askers[i].asked;
		wrong += askers[i].wrong;
	}
	print_message("%d swaps, %llu lookups meanwhile\n", SWAPS, (unsigned long long)asked);
	assert_int_equal(wrong, 0);
	assert_true(asked > SWAPS);
	for (int i = 0; i < SETS; i++)
		feeds_free(&images[i]);
}

/* What is in force lives without the process that built it, and goes when its slot does. */
static void test_the_old_one_goes(void **state)
{
	struct room *room = *state;
	struct feeds_image image;
	struct bpf_map_info info = {0};
	__u32 id, slot = SLOT, size = sizeof(info);
	int fd = -1;

	build(&image, 1);
	assert_int_equal(bpf_obj_get_info_by_fd(image.fd, &info, &size), 0);
	assert_int_equal(feeds_swap(&room->maps, SLOT, &image), 0);
	feeds_free(&image);
	assert_int_equal(bpf_map_lookup_elem(room->maps.feeds, &slot, &id), 0);
	assert_int_equal(id, info.id);
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(feeds_swap(&room->maps, SLOT, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		struct timespec pause = {.tv_nsec = 10000000};

		fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			break;
		close(fd);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(fd, -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_swaps_under_load),
		room_test(test_the_old_one_goes),
	};

	return cmocka_run_group_tests_name("feed sets, swapped", tests, NULL, NULL);
}
