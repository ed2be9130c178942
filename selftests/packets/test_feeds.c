// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feed sets at the gate: which slot answers, what spares a listed source, what an old set is worth,
 * and every edge of the structure, for both families.
 */
#include "test_feeds.h"

#define MX_DROP   FEEDS_SLOT(PORTS_MX, ACTION_DROP)
#define MX_RESET  FEEDS_SLOT(PORTS_MX, ACTION_RESET)
#define MX_WATCH  FEEDS_SLOT(PORTS_MX, ACTION_WATCH)
#define SUBM_DROP FEEDS_SLOT(PORTS_SUBMISSION, ACTION_DROP)

static const char *const clients[] = {CLIENT, CLIENT6};

#define BOTH CLIENT " " CLIENT6

#define both_meet(k, fate, ...)                                                                    \
	do {                                                                                       \
		for (int family = 0; family < 2; family++)                                         \
			ingress_is(k, fate, .from = clients[family], .flags = SYN, ##__VA_ARGS__); \
	} while (0)

static struct feeds_hits hits_of(struct room *room, uint32_t slot)
{
	struct feeds_hits hits;

	assert_int_equal(feeds_hits_read(&room->maps, slot, &hits), 0);
	return hits;
}

static void hits_are(struct room *room, uint32_t slot, uint64_t listed, uint64_t stopped)
{
	struct feeds_hits hits = hits_of(room, slot);

	assert_int_equal(hits.listed, listed);
	assert_int_equal(hits.stopped, stopped);
}

static void test_slots(void **state)
{
	struct room *room = *state;

	both_meet(&room->k, FATE_SYN_CLEAN);
	put_nets(room, SUBM_DROP, BOTH);
	both_meet(&room->k, FATE_SYN_CLEAN);
	both_meet(&room->k, FATE_SYN_DROPPED, .dport = 587);
	both_meet(&room->k, FATE_SYN_DROPPED, .dport = 465);
	put_nets(room, MX_WATCH, BOTH);
	both_meet(&room->k, FATE_SYN_WATCHED);
	put_nets(room, MX_RESET, BOTH);
	both_meet(&room->k, FATE_SYN_RESET);
	put_nets(room, MX_DROP, BOTH);
	both_meet(&room->k, FATE_SYN_DROPPED);
	hits_are(room, SUBM_DROP, 4, 4);
	hits_are(room, MX_WATCH, 2, 0);
	hits_are(room, MX_RESET, 2, 2);
	hits_are(room, MX_DROP, 2, 2);

	/* Taken away, the next one answers. */
	assert_int_equal(feeds_swap(&room->maps, MX_DROP, NULL), 0);
	both_meet(&room->k, FATE_SYN_RESET);
	put_nets(room, MX_RESET, "192.0.2.1");
	both_meet(&room->k, FATE_SYN_WATCHED);
	assert_int_equal(feeds_swap(&room->maps, MX_WATCH, NULL), 0);
	both_meet(&room->k, FATE_SYN_CLEAN);
	assert_int_equal(feeds_swap(&room->maps, MX_WATCH, NULL), 0); /* empty as it was */
	assert_int_equal(feeds_swap(&room->maps, FEEDS_SLOTS, NULL), -EINVAL);
	both_meet(&room->k, FATE_SYN_DROPPED, .dport = 587);
}

/* What was found in a set is remembered; of the next set, and of another address, it says nothing.
 */
static void test_memo(void **state)
{
	struct room *room = *state;
	struct kernel *k = &room->k;

	put_nets(room, MX_DROP, CLIENT " 192.0.2.1");
	for (int i = 0; i < 2; i++) {
		ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
		ingress_is(k, FATE_SYN_DROPPED, .from = "192.0.2.1", .flags = SYN);
		ingress_is(k, FATE_SYN_CLEAN, .dport = 587, .flags = SYN);
	}
	put_nets(room, MX_DROP, "192.0.2.1");
	for (int i = 0; i < 2; i++) {
		ingress_is(k, FATE_SYN_CLEAN, .flags = SYN);
		ingress_is(k, FATE_SYN_DROPPED, .from = "192.0.2.1", .flags = SYN);
	}
	put_nets(room, SUBM_DROP, CLIENT);
	ingress_is(k, FATE_SYN_DROPPED, .dport = 587, .flags = SYN);
	ingress_is(k, FATE_SYN_CLEAN, .flags = SYN);
}

static void test_what_spares(void **state)
{
	struct room *room = *state;
	struct kernel *k = &room->k;

	put_nets(room, MX_DROP, BOTH);
	ingress_is(k, FATE_MAIL_BARE, .flags = ACK);
	ingress_is(k, FATE_MAIL_BARE, .from = CLIENT6, .flags = ACK);
	both_meet(k, FATE_NOT_MAIL, .dport = 443);
	for (int i = 0; i < 2; i++)
		assert_int_equal(allow_put(k, clients[i], NET_NEVER_EXPIRES), 0);
	both_meet(k, FATE_SYN_ALLOWED);
	for (int i = 0; i < 2; i++)
		assert_int_equal(allow_put(k, clients[i], boot_seconds() - 1), 0);
	both_meet(k, FATE_SYN_DROPPED);

	ingress_is(k, FATE_SYN_NOT_LOCAL, .to = "203.0.113.99", .flags = SYN);
	room->maps.live_values->mode = MODE_MONITOR;
	both_meet(k, FATE_SYN_MONITORED);
	room->maps.live_values->mode = MODE_ENFORCE;
	room->maps.live_values->heartbeat = boot_seconds() - 1000;
	both_meet(k, FATE_SYN_STALE);
	room->maps.live_values->heartbeat = boot_seconds();
	both_meet(k, FATE_SYN_DROPPED);
	hits_are(room, MX_DROP, 8, 4);
}

static void test_hidden_flags(void **state)
{
	struct room *room = *state;

	put_nets(room, MX_DROP, BOTH);
	ingress_is(&room->k, FATE_FRAGMENT_DROPPED, .flags = SYN, .fragment = 0x2000, .show = 8);
	hits_are(room, MX_DROP, 1, 1);
	put_nets(room, MX_DROP, "192.0.2.1");
	ingress_is(&room->k, FATE_SYN_CLEAN, .flags = SYN, .fragment = 0x2000, .show = 8);
}

static void test_age(void **state)
{
	struct room *room = *state;
	struct feeds_image image;
	struct feed_set set;

	set_of(&set, BOTH);
	assert_int_equal(feed_set_build(&image, &set, boot_seconds(), boot_seconds() - 1), 0);
	assert_int_equal(feeds_swap(&room->maps, MX_DROP, &image), 0);
	both_meet(&room->k, FATE_SYN_FEED_OLD);
	hits_are(room, MX_DROP, 0, 0);
	/* A younger set behind it is asked all the same. */
	put_nets(room, MX_WATCH, BOTH);
	both_meet(&room->k, FATE_SYN_WATCHED);
	/* The lists have not changed: the set is young again. */
	feeds_set_expires(&image, boot_seconds() + AGES);
	both_meet(&room->k, FATE_SYN_DROPPED);
	feeds_free(&image);
	both_meet(&room->k, FATE_SYN_DROPPED);

	/* So can a later process. */
	assert_int_equal(feeds_open(&image, &room->maps, MX_DROP), 0);
	assert_int_equal(image.terms->entries, 2);
	feeds_set_expires(&image, 0);
	both_meet(&room->k, FATE_SYN_WATCHED);
	feeds_free(&image);
	assert_int_equal(feeds_open(&image, &room->maps, MX_RESET), -ENOENT);
	assert_null(image.terms);
	feed_set_free(&set);
}

static void test_beside_verdicts(void **state)
{
	struct room *room = *state;
	struct kernel *k = &room->k;
	struct verdict courtesy = lasting(ACTION_DROP);

	put_nets(room, MX_RESET, BOTH);
	for (int i = 0; i < 2; i++)
		block(k, clients[i], PORTS_MX, lasting(ACTION_DROP));
	both_meet(k, FATE_SYN_DROPPED);
	hits_are(room, MX_RESET, 0, 0);

	/* A verdict that lets pass does not shield from a list. */
	for (int i = 0; i < 2; i++)
		block(k, clients[i], PORTS_MX, lasting(ACTION_WATCH));
	both_meet(k, FATE_SYN_RESET);
	for (int i = 0; i < 2; i++)
		block(k, clients[i], PORTS_MX, lasting(ACTION_LIMIT));
	both_meet(k, FATE_SYN_RESET);
	for (int i = 0; i < 2; i++) {
		struct verdict gone = lasting(ACTION_DROP);

		gone.expires = boot_seconds() - 1;
		block(k, clients[i], PORTS_MX, gone);
	}
	both_meet(k, FATE_SYN_RESET);
	hits_are(room, MX_RESET, 6, 6);
	assert_int_equal(feeds_swap(&room->maps, MX_RESET, NULL), 0);
	both_meet(k, FATE_SYN_EXPIRED);

	/* Lists know no courtesy; a verdict beside them keeps its own. */
	put_nets(room, MX_DROP, BOTH);
	room->maps.live_values->courtesy = 10; /* a machine may be younger than an hour */
	both_meet(k, FATE_SYN_DROPPED);
	courtesy.flags = VERDICT_COURTESY;
	courtesy.since = boot_seconds() - 10;
	block(k, CLIENT, PORTS_MX, courtesy);
	ingress_is(k, FATE_SYN_COURTESY, .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
}

static int run_wide(struct room *room, struct wide source)
{
	struct syn syn;

	syn_build(&syn, wide_equal(source, wide_of_v4((uint32_t)source.lo)));
	return syn_run(room->gate, &syn, source);
}

static void edges_are(struct room *room, const struct prefix *prefix)
{
	struct wide first = wide_of(&prefix->addr), last = wide_end(first, prefix->plen);
	struct wide middle = {first.hi + (last.hi - first.hi) / 2,
			      first.lo + (last.lo - first.lo) / 2};

	assert_int_equal(run_wide(room, first), XDP_DROP);
	assert_int_equal(run_wide(room, middle), XDP_DROP);
	assert_int_equal(run_wide(room, last), XDP_DROP);
	assert_int_equal(run_wide(room, wide_prev(first)), XDP_PASS);
	assert_int_equal(run_wide(room, wide_next(last)), XDP_PASS);
}

/* One network alone, of each length there can be. */
static void test_each_length(void **state)
{
	static const char *const around[] = {
		"203.113.85.170", "2a01:4f8:5555:aaaa:5555:aaaa:5555:aaaa", "128.0.0.0", "2a00::"};
	struct room *room = *state;

	for (int i = 0; i < 4; i++)
		for (uint32_t plen = i % 2 ? 19 : ADDR_V4_BITS + 8; plen <= ADDR_BITS; plen++) {
			struct addr addr = addr_of(around[i]);
			struct prefix prefix = prefix_of(&addr, plen);
			struct feed_set set = {0};

			assert_int_equal(feed_set_add_prefix(&set, &prefix), 0);
			put_set(room, MX_DROP, &set, boot_seconds() + AGES);
			edges_are(room, &prefix);
			feed_set_free(&set);
		}
}

/* All of a family, and nothing of it. */
static void test_whole_and_empty(void **state)
{
	struct room *room = *state;
	struct feed_set set = {0};

	put_set(room, MX_DROP, &set, boot_seconds() + AGES);
	both_meet(&room->k, FATE_SYN_CLEAN);
	assert_int_equal(set4_add(&set.v4, 0, UINT32_MAX), 0);
	put_set(room, MX_DROP, &set, boot_seconds() + AGES);
	ingress_is(&room->k, FATE_SYN_DROPPED, .flags = SYN);
	ingress_is(&room->k, FATE_SYN_DROPPED, .from = "0.0.0.0", .flags = SYN);
	ingress_is(&room->k, FATE_SYN_DROPPED, .from = "255.255.255.255", .flags = SYN);
	ingress_is(&room->k, FATE_SYN_CLEAN, .from = CLIENT6, .flags = SYN);
	feed_set_free(&set);
	assert_int_equal(
		set6_add(&set.v6, (struct wide){0, 0}, (struct wide){UINT64_MAX, UINT64_MAX}), 0);
	put_set(room, MX_DROP, &set, boot_seconds() + AGES);
	ingress_is(&room->k, FATE_SYN_CLEAN, .flags = SYN);
	ingress_is(&room->k, FATE_SYN_DROPPED, .from = "::", .flags = SYN);
	ingress_is(&room->k, FATE_SYN_DROPPED, .from = CLIENT6, .flags = SYN);
	feed_set_free(&set);
}

static void test_what_is_refused(void **state)
{
	struct room *room = *state;
	const uint32_t crossed[][2] = {{5, 9}, {9, 12}}, backwards[][2] = {{9, 5}};
	const uint64_t crossed6[][4] = {{1, 5, 1, 9}, {1, 9, 1, 9}},
		       backwards6[][4] = {{2, 0, 1, 9}};
	const struct feeds_ranges wrong[] = {{.v4 = crossed, .v4_count = 2},
					     {.v4 = backwards, .v4_count = 1},
					     {.v6 = crossed6, .v6_count = 2},
					     {.v6 = backwards6, .v6_count = 1}};
	struct feeds_image image;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(feeds_build(&image, &wrong[i], 1, 2), -EINVAL);
		assert_null(image.terms);
	}
	assert_int_equal(room->maps.live_values->feeds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_slots),
		room_test(test_memo),
		room_test(test_what_spares),
		room_test(test_hidden_flags),
		room_test(test_age),
		room_test(test_beside_verdicts),
		room_test(test_each_length),
		room_test(test_whole_and_empty),
		room_test(test_what_is_refused),
	};

	return cmocka_run_group_tests_name("feed sets", tests, NULL, NULL);
}
