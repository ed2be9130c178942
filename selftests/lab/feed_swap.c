/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swaps feed sets as an agent would, while SYNs from listed and unlisted sources come through the
 * same interface; for test_feed_swap.sh, which counts what passed. Run it in the laboratory only.
 *
 *   feed_swap IFACE PINS SENDER DEST4 DEST6 SWAPS
 *
 * The gate is attached to IFACE (native XDP, pins below PINS); the SYNs leave from the network
 * namespace SENDER (a path). Three phases: nothing in force; SWAPS swaps, half of them for port 25
 * and half for 587, each in a thread; nothing in force again. Every SYN's source port says its
 * phase and whether its source is listed (see LABEL), so that who counts need not know the lists.
 * Prints "LABEL IPv4 IPv6" for each: how many were sent.
 *
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../maps/nets_user.h"
#include "../../user/base/clock.h"
#include "../../user/feeds/image.h"
#include "../../user/kernel/attach.h"
#include "../../user/kernel/object.h"
#include "paced.h"

#define LABEL(phase, listed) (40000 + (phase)*2 + (listed))
#define PHASES               3
#define QUIET                2000
#define FLOOD_MAX            50000000U
#define AGES                 3600

struct swapper {
	pthread_t thread;
	struct maps *maps;
	uint32_t slot, swaps;
	int err;
	atomic_bool done;
};

struct lab {
	struct programs programs;
	struct attachment attachment;
	struct maps maps;
	struct paced paced;
	int phase;
	uint64_t sent;
	uint64_t count[PHASES][2][2]; /* listed, IPv6 */
	uint32_t random;
};

static char error[512];

/*
 * Sources: odd ones are listed, the even ones beside them are not: single addresses, a few or many
 * to a /24 or /64, and whole /24s and /64s.
 */
#define BLOCKS 32

static uint32_t hosts(uint32_t block)
{
	return block % 2 ? 40 : 3;
}

static uint32_t source4(uint32_t block, uint32_t host)
{
	return 0xc6120000 + (block << 8) + host; /* 198.18.0.0 */
}

static uint32_t whole4(uint32_t block)
{
	return 0xc6130000 + (block << 8); /* 198.19.0.0 */
}

static uint64_t source6(uint32_t block)
{
	return 0x20010db80bad0000 + block;
}

static uint64_t whole6(uint32_t block)
{
	return 0x20010db80ba60000 + block;
}

/* Sets */

static int add_always(struct feed_set *set)
{
	int err = 0;

	for (uint32_t b = 0; b < BLOCKS && !err; b++) {
		for (uint32_t h = 1; h < hosts(b) * 2 && !err; h += 2) {
			struct wide six = {source6(b), h};

			err = set4_add(&set->v4, source4(b, h), source4(b, h));
			if (!err)
				err = set6_add(&set->v6, six, six);
		}
		if (!err && b % 2)
			err = set4_add(&set->v4, whole4(b), whole4(b) + 255);
		if (!err && b % 2)
			err = set6_add(&set->v6, (struct wide){whole6(b), 0},
				       (struct wide){whole6(b), UINT64_MAX});
	}
	return err;
}

/* What no SYN comes from; small and big in turn, and beside what SYNs come from. */
static int add_changing4(struct set4 *set, uint32_t turn)
{
	uint32_t count = turn & 1 ? 100 : 20000, step = 7 + turn % 13;
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++)
		err = set4_add(set, 0x0a000000 + i * step, 0x0a000000 + i * step);
	for (uint32_t b = turn % 5; b < BLOCKS && !err; b += 5)
		err = set4_add(set, source4(b, 100), source4(b, 100 + turn % 100));
	return err;
}

static int add_changing6(struct set6 *set, uint32_t turn)
{
	uint32_t count = turn & 1 ? 50 : 10000, step = 1 + turn % 11;
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++) {
		struct wide six = {0x20010db700000000 + (uint64_t)i * step, turn};

		err = set6_add(set, six, i % 2 ? six : wide_end(six, 64));
	}
	for (uint32_t b = turn % 5; b < BLOCKS && !err; b += 5)
		err = set6_add(set, (struct wide){source6(b), 0x100},
			       (struct wide){source6(b), 0x100 + turn % 100});
	return err;
}

/* One swap in three changes one family only, one in three the other. */
static int swap(struct maps *maps, uint32_t slot, uint32_t turn)
{
	struct feeds_image image = {.fd = -1};
	struct feed_set set = {0};
	uint32_t now = boot_seconds();
	int err = add_always(&set);

	if (!err)
		err = add_changing4(&set.v4, (turn + 1) / 3 + turn / 3);
	if (!err)
		err = add_changing6(&set.v6, (turn + 2) / 3 + turn / 3);
	if (!err)
		err = feed_set_settle(&set);
	if (!err)
		err = feed_set_build(&image, &set, now, now + AGES);
	if (!err)
		err = feeds_swap(maps, slot, &image);
	feeds_free(&image);
	feed_set_free(&set);
	return err;
}

static void *swap_on(void *context)
{
	struct swapper *s = context;

	for (uint32_t i = 1; i <= s->swaps && !s->err; i++)
		s->err = swap(s->maps, s->slot, i);
	atomic_store(&s->done, true);
	return NULL;
}

/* SYNs */

static uint32_t draw(struct lab *lab)
{
	lab->random ^= lab->random << 13;
	lab->random ^= lab->random >> 17;
	lab->random ^= lab->random << 5;
	return lab->random;
}

static size_t make_syn(void *context, unsigned char *packet, unsigned i, bool v6)
{
	struct lab *lab = context;
	bool listed = i & 1;
	uint32_t r = draw(lab), b = r % BLOCKS, host = (r >> 8) % hosts(b) * 2 + listed;
	bool whole = r >> 31;
	struct addr from;

	if (whole) {
		b = b / 2 * 2 + listed;
		host = r >> 8 & 255;
	}
	if (v6)
		from = addr_of_wide((struct wide){whole ? whole6(b) : source6(b), host});
	else
		from = addr_of_wide(wide_of_v4(whole ? whole4(b) + host : source4(b, host)));
	return paced_syn(&lab->paced, packet, &from, (uint16_t)LABEL(lab->phase, listed),
			 r >> 30 & 1 ? 25 : 587, draw(lab));
}

static int send_batch(struct lab *lab, bool v6)
{
	lab->sent += PACED_BATCH;
	lab->count[lab->phase][0][v6] += PACED_BATCH / 2;
	lab->count[lab->phase][1][v6] += PACED_BATCH / 2;
	return paced_batch(&lab->paced, v6, make_syn, lab);
}

/* Phases */

static int send_quiet(struct lab *lab, int phase)
{
	int err = 0;

	lab->phase = phase;
	for (int i = 0; i < QUIET / PACED_BATCH && !err; i++)
		err = send_batch(lab, i & 1);
	return err;
}

static int flood(struct lab *lab, struct swapper *swappers, int phase)
{
	int err = 0;

	lab->phase = phase;
	while (!err && !(atomic_load(&swappers[0].done) && atomic_load(&swappers[1].done))) {
		if (lab->sent > FLOOD_MAX) {
			snprintf(error, sizeof(error), "the swaps take too long");
			return -ETIMEDOUT;
		}
		err = send_batch(lab, false);
		if (!err)
			err = send_batch(lab, true);
	}
	return err;
}

static int swap_under_flood(struct lab *lab, uint32_t swaps)
{
	struct swapper swappers[2] = {
		{.maps = &lab->maps, .slot = FEEDS_SLOT(PORTS_MX, ACTION_DROP)},
		{.maps = &lab->maps, .slot = FEEDS_SLOT(PORTS_SUBMISSION, ACTION_DROP)},
	};
	int err = 0, started = 0;

	swappers[0].swaps = swaps / 2;
	swappers[1].swaps = swaps - swaps / 2;
	for (int i = 0; i < 2 && !err; i++)
		err = swap(&lab->maps, swappers[i].slot, 0);
	for (; started < 2 && !err; started += !err)
		err = -pthread_create(&swappers[started].thread, NULL, swap_on, &swappers[started]);
	if (!err)
		err = flood(lab, swappers, 1);
	for (int i = 0; i < started; i++) {
		pthread_join(swappers[i].thread, NULL);
		if (!err)
			err = swappers[i].err;
	}
	for (int i = 0; i < 2 && !err; i++)
		err = feeds_swap(&lab->maps, swappers[i].slot, NULL);
	return err;
}

static int run(struct lab *lab, uint32_t swaps)
{
	double begun;
	int err = send_quiet(lab, 0);

	begun = wire_now();
	if (!err)
		err = swap_under_flood(lab, swaps);
	fprintf(stderr, "%u swaps in %.1f s\n", swaps, wire_now() - begun);
	if (!err)
		err = send_quiet(lab, 2);
	for (int phase = 0; phase < PHASES && !err; phase++)
		for (int listed = 0; listed < 2; listed++)
			printf("%d %llu %llu\n", LABEL(phase, listed),
			       (unsigned long long)lab->count[phase][listed][0],
			       (unsigned long long)lab->count[phase][listed][1]);
	return err;
}

/* Setting up */

static int protect(struct lab *lab, const char *text)
{
	struct net_value here = {.expires = NET_NEVER_EXPIRES, .kind = NET_OWN};
	struct prefix prefix;

	return prefix_parse(&prefix, text) ? net_put(lab->maps.local, &prefix, &here) : -EINVAL;
}

static int open_gate(struct lab *lab, const char *name, const char *pins)
{
	struct config config;
	int err;

	if (!config_defaults(&config))
		return -ENOMEM;
	config.verdicts_max = config.flows_max = 1024;
	err = object_open(&lab->programs, &config, pins, error, sizeof(error));
	config_free(&config);
	if (err)
		return err;
	err = attach_put(&lab->attachment, &lab->programs, name, XDP_ATTACH_NATIVE, pins, error,
			 sizeof(error));
	if (!err)
		err = object_maps(&lab->maps, &lab->programs);
	if (err)
		return err;
	lab->maps.live_values->heartbeat = boot_seconds();
	lab->maps.live_values->heartbeat_limit = AGES;
	lab->maps.live_values->mode = MODE_ENFORCE;
	return 0;
}

int main(int argc, char **argv)
{
	static struct lab lab = {.random = 2463534242, .paced.maps = &lab.maps};
	int err;

	if (argc != 7) {
		fputs("feed_swap IFACE PINS SENDER DEST4 DEST6 SWAPS\n", stderr);
		return 2;
	}
	err = paced_open(&lab.paced, argv[3], argv[4], argv[5]);
	if (!err)
		err = open_gate(&lab, argv[1], argv[2]);
	if (!err)
		err = protect(&lab, argv[4]);
	if (!err)
		err = protect(&lab, argv[5]);
	if (!err)
		err = run(&lab, (uint32_t)strtoul(argv[6], NULL, 10));
	if (err) {
		fprintf(stderr, "feed_swap: %s%s: %s\n", error, lab.paced.error, strerror(-err));
		return 1;
	}
	err = attach_remove(&lab.attachment, &lab.programs, argv[2], error, sizeof(error));
	if (err)
		fprintf(stderr, "feed_swap: %s\n", error);
	maps_close(&lab.maps, 0);
	object_close(&lab.programs);
	return err != 0;
}
