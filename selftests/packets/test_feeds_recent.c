// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom the feed sets met: told once each, in order, also while they come; and how many were missed.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "test_feeds.h"

#define SLOT FEEDS_SLOT(PORTS_MX, ACTION_DROP)
#define NET  0xc6120000U /* 198.18.0.0/15 */

static cpu_set_t all_cpus;

/* A test may have pinned us. */
static int open_unpinned(void **state)
{
	return sched_setaffinity(0, sizeof(all_cpus), &all_cpus) ? -errno : room_open(state);
}

static void open_recent(struct room *room, struct feeds_recent *recent)
{
	put_nets(room, SLOT, "198.18.0.0/15 2001:db8::/32");
	assert_int_equal(feeds_recent_open(recent, &room->maps, SLOT), 0);
}

static struct wide source(uint32_t i)
{
	return i & 1 ? (struct wide){0x20010db800000000ULL, i} : wide_of_v4(NET + i);
}

/* SYNs of sources number `from' to `to' - 1, of either family in turn; how many end otherwise. */
static uint32_t come(struct room *room, uint32_t from, uint32_t to, int end)
{
	struct syn syn4, syn6;
	uint32_t wrong = 0;

	syn_build(&syn4, true);
	syn_build(&syn6, false);
	for (uint32_t i = from; i < to; i++)
		wrong += syn_run(room->gate, i & 1 ? &syn6 : &syn4, source(i)) != end;
	return wrong;
}

static void are_dropped(struct room *room, uint32_t from, uint32_t to)
{
	assert_int_equal(come(room, from, to, XDP_DROP), 0);
}

static void told_are(const struct feeds_recent *recent, size_t at, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		assert_true(wide_equal(wide_of(&recent->sources[at + i - from]), source(i)));
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void test_told_once(void **state)
{
	struct room *room = *state;
	struct feeds_recent recent;

	pin(sched_getcpu());
	put_nets(room, SLOT, "198.18.0.0/15 2001:db8::/32");
	are_dropped(room, 0, 5);
	open_recent(room, &recent);
	assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
	assert_int_equal(recent.count + recent.missed, 0);
	are_dropped(room, 5, 9);
	assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
	assert_int_equal(recent.count, 4);
	told_are(&recent, 0, 5, 9);
	assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
	assert_int_equal(recent.count + recent.missed, 0);

	/* One that is let through is a hit too; one that is not listed is none. */
	room->maps.live_values->mode = MODE_MONITOR;
	assert_int_equal(come(room, 10, 11, XDP_PASS), 0);
	assert_int_equal(come(room, 0x20000, 0x20001, XDP_PASS), 0); /* 198.20.0.0 */
	assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
	assert_int_equal(recent.count, 1);
	told_are(&recent, 0, 10, 11);
	feeds_recent_free(&recent);
}

static void test_missed(void **state)
{
	static const uint32_t counts[] = {1, FEEDS_RECENT - 1, FEEDS_RECENT, FEEDS_RECENT + 1,
					  1000};
	struct room *room = *state;
	struct feeds_recent recent;
	uint32_t from = 0;

	pin(sched_getcpu());
	open_recent(room, &recent);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		uint32_t to = from + counts[i], told = counts[i];

		if (told > FEEDS_RECENT - 1)
			told = FEEDS_RECENT - 1;
		are_dropped(room, from, to);
		assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
		assert_int_equal(recent.count, told);
		assert_int_equal(recent.missed, counts[i] - told);
		told_are(&recent, 0, to - told, to);
		from = to;
	}
	feeds_recent_free(&recent);
}

/* A CPU that is flooded takes nothing from what another one saw. */
static void test_each_cpu(void **state)
{
	struct room *room = *state;
	struct feeds_recent recent;
	uint32_t cpus = 0;

	open_recent(room, &recent);
	for (int cpu = 0; cpu < CPU_SETSIZE && cpus < 4; cpu++) {
		if (!CPU_ISSET(cpu, &all_cpus))
			continue;
		pin(cpu);
		are_dropped(room, cpus * 100, cpus * 100 + (cpus ? 3 : 100));
		cpus++;
	}
	assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
	assert_int_equal(recent.count, FEEDS_RECENT - 1 + (cpus - 1) * 3);
	assert_int_equal(recent.missed, 100 - (FEEDS_RECENT - 1));
	told_are(&recent, 0, 100 - (FEEDS_RECENT - 1), 100);
	for (uint32_t i = 1; i < cpus; i++)
		told_are(&recent, FEEDS_RECENT - 1 + (i - 1) * 3, i * 100, i * 100 + 3);
	feeds_recent_free(&recent);
}

#define FLOOD 30000

struct flooder {
	struct room *room;
	uint32_t wrong;
	volatile bool done;
};

static int last_cpu(void)
{
	int last = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all_cpus))
			last = cpu;
	return last;
}

static void *flood(void *context)
{
	struct flooder *f = context;

	pin(last_cpu());
	f->wrong = come(f->room, 0, FLOOD, XDP_DROP);
	f->done = true;
	return NULL;
}

/* All come on one CPU, numbered: whoever is told wrong, twice, or not at all breaks the series. */
static void test_while_they_come(void **state)
{
	struct flooder flooder = {.room = *state};
	struct room *room = *state;
	struct feeds_recent recent;
	uint32_t next = 0, told = 0;
	pthread_t thread;
	bool done = false;

	open_recent(room, &recent);
	assert_int_equal(pthread_create(&thread, NULL, flood, &flooder), 0);
	while (!done) {
		done = flooder.done; /* asked before the look, so that there is one after the end */
		assert_int_equal(feeds_recent_read(&recent, &room->maps), 0);
		next += (uint32_t)recent.missed;
		told_are(&recent, 0, next, next + (uint32_t)recent.count);
		next += (uint32_t)recent.count;
		told += (uint32_t)recent.count;
	}
	pthread_join(thread, NULL);
	print_message("%u of %u told\n", told, FLOOD);
	assert_int_equal(flooder.wrong, 0);
	assert_int_equal(next, FLOOD);
	assert_true(told >= FEEDS_RECENT - 1);
	feeds_recent_free(&recent);
}

static void test_no_such_slot(void **state)
{
	struct room *room = *state;
	struct feeds_recent recent;

	assert_int_equal(feeds_recent_open(&recent, &room->maps, FEEDS_SLOTS), -ENOENT);
	assert_null(recent.sources);
	feeds_recent_free(&recent);
}

#define recent_test(name) cmocka_unit_test_setup_teardown(name, open_unpinned, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		recent_test(test_told_once),    recent_test(test_missed),
		recent_test(test_each_cpu),     recent_test(test_while_they_come),
		recent_test(test_no_such_slot),
	};

	if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus))
		return 1;
	return cmocka_run_group_tests_name("whom feed sets met", tests, NULL, NULL);
}
