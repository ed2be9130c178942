// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a SYN: which segments the gate looks at, what it looks up, what spares a sender,
 * and what it answers. (How resets look is tested in test_reset.c.)
 */
#include <limits.h>

#include "expect.h"

static const char *const clients[] = {CLIENT, CLIENT6};

static int setup_blocked(void **state)
{
	int err = setup(state);

	for (int i = 0; !err && i < 2; i++)
		err = verdict_put(*state, clients[i], PORTS_MX, lasting(ACTION_DROP));
	return err;
}

#define gate_test(name)    packet_test(name)
#define blocked_test(name) cmocka_unit_test_setup_teardown(name, setup_blocked, teardown)

static uint64_t hits_of(struct kernel *k, const char *net, enum port_class ports)
{
	struct verdict_hits hits;

	return hits_get(k, net, ports, &hits) ? 0 : hits.packets;
}

static void test_clean_sources_pass(void **state)
{
	ingress_is(*state, FATE_SYN_CLEAN, .flags = SYN);
	ingress_is(*state, FATE_SYN_CLEAN, .from = CLIENT6, .flags = SYN);
	/* Somebody else in the same /24, or /64, is none of them. */
	block(*state, "198.51.100.8", PORTS_MX, lasting(ACTION_DROP));
	block(*state, "2001:db8:bad:1::8", PORTS_MX, lasting(ACTION_DROP));
	ingress_is(*state, FATE_SYN_CLEAN, .flags = SYN);
	ingress_is(*state, FATE_SYN_CLEAN, .from = CLIENT6, .flags = SYN);
}

/* Linux answers a SYN whatever else is set, unless it is ACK, RST or FIN. */
static void test_which_flags_make_a_syn(void **state)
{
	for (int i = 0; i < 2; i++) {
		int dropped = 0;

		for (int flags = 0; flags < 256; flags++) {
			bool pure = flags & SYN && !(flags & (ACK | RST | FIN));

			ingress_is(*state, pure ? FATE_SYN_DROPPED : FATE_MAIL_BARE,
				   .from = clients[i], .flags = (uint8_t)flags);
			dropped += pure;
		}
		assert_int_equal(dropped, 16);
		assert_int_equal(hits_of(*state, clients[i], PORTS_MX), 16);
	}
}

static void test_only_mail_ports(void **state)
{
	static const uint16_t others[] = {1, 22, 24, 26, 80, 443, 464, 466, 586, 588, 6400, 65535};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ingress_is(*state, FATE_NOT_MAIL, .dport = others[i], .flags = SYN);
	/* From a mail port to elsewhere: the answer to our own delivery. */
	ingress_is(*state, FATE_NOT_MAIL, .sport = 25, .dport = 40000, .flags = SYN | ACK);
}

static void test_port_classes_are_separate(void **state)
{
	static const char *const submitter = "198.51.100.9", *const submitter6 = "2001:db8::9";

	block(*state, submitter, PORTS_SUBMISSION, lasting(ACTION_DROP));
	block(*state, submitter6, PORTS_SUBMISSION, lasting(ACTION_DROP));
	block(*state, "2001:db8:9::/48", PORTS_SUBMISSION, lasting(ACTION_DROP));
	for (int i = 0; i < 2; i++) {
		const char *from = i ? submitter6 : submitter;

		ingress_is(*state, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		ingress_is(*state, FATE_SYN_CLEAN, .from = clients[i], .dport = 587, .flags = SYN);
		ingress_is(*state, FATE_SYN_CLEAN, .from = clients[i], .dport = 465, .flags = SYN);
		ingress_is(*state, FATE_SYN_CLEAN, .from = from, .flags = SYN);
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .dport = 587, .flags = SYN);
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .dport = 465, .flags = SYN);
	}
	ingress_is(*state, FATE_SYN_CLEAN, .from = "2001:db8:9::1", .flags = SYN);
	ingress_is(*state, FATE_SYN_DROPPED, .from = "2001:db8:9::1", .dport = 587, .flags = SYN);
}

static int setup_second_port(void **state)
{
	int err = setup_with(state, &(struct kernel_options){.second_mx_port = 2525});

	return err ? err : verdict_put(*state, CLIENT, PORTS_MX, lasting(ACTION_DROP));
}

static void test_configured_ports(void **state)
{
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN);
	ingress_is(*state, FATE_SYN_DROPPED, .dport = 2525, .flags = SYN);
	ingress_is(*state, FATE_NOT_MAIL, .dport = 2526, .flags = SYN);
}

static void test_actions_and_modes(void **state)
{
	struct kernel *k = *state;

	for (int i = 0; i < 2; i++) {
		k->live.mode = MODE_ENFORCE;
		assert_int_equal(live_put(k), 0);
		block(k, clients[i], PORTS_MX, lasting(ACTION_WATCH));
		ingress_is(k, FATE_SYN_WATCHED, .from = clients[i], .flags = SYN);
		block(k, clients[i], PORTS_MX, lasting(ACTION_RESET));
		ingress_is(k, FATE_SYN_RESET, .from = clients[i], .flags = SYN);
		block(k, clients[i], PORTS_MX, lasting(ACTION_DROP));
		ingress_is(k, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		/* A number from a newer agent is no reason to let a blocked sender in. */
		block(k, clients[i], PORTS_MX, lasting((enum action)200));
		ingress_is(k, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);

		k->live.mode = MODE_MONITOR;
		assert_int_equal(live_put(k), 0);
		block(k, clients[i], PORTS_MX, lasting(ACTION_WATCH));
		ingress_is(k, FATE_SYN_WATCHED, .from = clients[i], .flags = SYN);
		block(k, clients[i], PORTS_MX, lasting(ACTION_RESET));
		ingress_is(k, FATE_SYN_MONITORED, .from = clients[i], .flags = SYN);
		block(k, clients[i], PORTS_MX, lasting(ACTION_DROP));
		ingress_is(k, FATE_SYN_MONITORED, .from = clients[i], .flags = SYN);
		assert_int_equal(hits_of(k, clients[i], PORTS_MX), 7);
	}
}

/* Maps as they are when nobody has written them yet: nothing may be dropped. */
static void test_blank_live_values_drop_nothing(void **state)
{
	struct kernel *k = *state;

	memset(&k->live, 0, sizeof(k->live));
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_MONITORED, .flags = SYN);
	k->live.mode = MODE_ENFORCE;
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_STALE, .flags = SYN);
}

/* The fate of a SYN while the agent's last sign of life is `age` seconds old, not one more. */
static enum fate fate_at_age(struct kernel *k, int age)
{
	struct frame f;

	frame_build(&f, &(struct spec){.flags = SYN});
	for (int try = 0; try < 100; try++) {
		uint32_t now = boot_seconds();
		struct run run;

		k->live.heartbeat = now - (uint32_t)age;
		assert_int_equal(live_put(k), 0);
		run = kernel_ingress(k, f.data, f.len);
		if (boot_seconds() == now)
			return any_fate(run);
	}
	fail_msg("no run within one second in a hundred tries");
	return FATE_PENDING;
}

static void test_stale_heartbeat(void **state)
{
	struct kernel *k = *state;

	k->live.heartbeat_limit = 600;
	assert_int_equal(fate_at_age(k, 0), FATE_SYN_DROPPED);
	assert_int_equal(fate_at_age(k, 599), FATE_SYN_DROPPED);
	assert_int_equal(fate_at_age(k, 600), FATE_SYN_DROPPED);
	assert_int_equal(fate_at_age(k, 601), FATE_SYN_STALE);
	assert_int_equal(fate_at_age(k, 1000000), FATE_SYN_STALE);
	/* Written on another CPU between two readings of the clock. */
	assert_int_equal(fate_at_age(k, -1), FATE_SYN_DROPPED);
	k->live.heartbeat_limit = 0;
	assert_int_equal(fate_at_age(k, 0), FATE_SYN_DROPPED);
	assert_int_equal(fate_at_age(k, 1), FATE_SYN_STALE);
}

static void test_stale_heartbeat_spares_hidden_fragments(void **state)
{
	struct kernel *k = *state;

	k->live.heartbeat = boot_seconds() - 10000;
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_STALE, .flags = SYN, .fragment = FRAGMENT_MORE, .show = 8);
}

static struct verdict expiring(int seconds)
{
	struct verdict v = lasting(ACTION_DROP);

	v.expires = boot_seconds() + (uint32_t)seconds;
	return v;
}

static void test_verdicts_expire(void **state)
{
	for (int i = 0; i < 2; i++) {
		block(*state, clients[i], PORTS_MX, expiring(100));
		ingress_is(*state, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		/* The second named is the first one in which it is over. */
		block(*state, clients[i], PORTS_MX, expiring(0));
		ingress_is(*state, FATE_SYN_EXPIRED, .from = clients[i], .flags = SYN);
		block(*state, clients[i], PORTS_MX, expiring(-1));
		ingress_is(*state, FATE_SYN_EXPIRED, .from = clients[i], .flags = SYN);
		block(*state, clients[i], PORTS_MX, lasting(ACTION_DROP));
		ingress_is(*state, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		assert_int_equal(hits_of(*state, clients[i], PORTS_MX), 2);
	}
}

static void test_a_verdict_runs_out_by_itself(void **state)
{
	struct verdict v = expiring(2);
	enum fate fate = FATE_PENDING;
	struct frame f;

	block(*state, CLIENT, PORTS_MX, v);
	frame_build(&f, &(struct spec){.flags = SYN});
	frame_in_is(*state, FATE_SYN_DROPPED, &f);
	while (boot_seconds() < v.expires + 1 && fate != FATE_SYN_EXPIRED) {
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		fate = any_fate(kernel_ingress(*state, f.data, f.len));
		assert_true(fate == FATE_SYN_DROPPED || fate == FATE_SYN_EXPIRED);
	}
	assert_int_equal(fate, FATE_SYN_EXPIRED);
}

static void test_allowed_sources_pass(void **state)
{
	struct kernel *k = *state;

	assert_int_equal(allow_put(k, "198.51.100.0/24", boot_seconds()), 0); /* over */
	assert_int_equal(allow_put(k, "2001:db8:bad::/48", boot_seconds()), 0);
	for (int i = 0; i < 2; i++)
		ingress_is(k, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);

	assert_int_equal(allow_put(k, "198.51.100.0/24", boot_seconds() + 100), 0);
	assert_int_equal(allow_put(k, "2001:db8:bad::/48", NET_NEVER_EXPIRES), 0);
	for (int i = 0; i < 2; i++) {
		ingress_is(k, FATE_SYN_ALLOWED, .from = clients[i], .flags = SYN);
		assert_int_equal(hits_of(k, clients[i], PORTS_MX), 1);
	}
	ingress_is(k, FATE_SYN_ALLOWED, .flags = SYN, .fragment = FRAGMENT_MORE, .show = 8);
}

static void near_put(struct kernel *k, const char *net, bool near)
{
	struct net_key key = net_of(net);
	uint32_t number = ntohl(key.addr.w[3]) >> 16;
	__u64 bit = 1ULL << number % 64, *word = &k->live.allow[number / 64];

	*word = near ? *word | bit : *word & ~bit;
	k->live.allow_known = 1;
	assert_int_equal(live_put(k), 0);
}

/* Where nothing allowed is near, nobody asks who is. */
static void test_only_near_networks_are_asked_for(void **state)
{
	struct kernel *k = *state;

	assert_int_equal(allow_put(k, "198.51.100.0/24", NET_NEVER_EXPIRES), 0);
	near_put(k, "198.51.100.0/24", false);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
	near_put(k, "198.51.100.0/24", true);
	ingress_is(k, FATE_SYN_ALLOWED, .flags = SYN);
	near_put(k, "198.51.100.0/24", false);
	near_put(k, "198.52.0.0/16", true);
	near_put(k, "198.50.0.0/16", true);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);

	/* IPv6 always asks. */
	assert_int_equal(allow_put(k, "2001:db8:bad::/48", NET_NEVER_EXPIRES), 0);
	ingress_is(k, FATE_SYN_ALLOWED, .from = CLIENT6, .flags = SYN);
}

/* One of our own that stands in front of the trie, last of them, in both families. */
static void test_own_addresses_need_no_trie(void **state)
{
	struct kernel *k = *state;

	k->live.own[0] = addr_of("203.0.113.27");
	k->live.own[LIVE_OWN - 1] = addr_of("2001:db8:25::2");
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_DROPPED, .to = "203.0.113.27", .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .from = CLIENT6, .to = "2001:db8:25::2", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .to = "203.0.113.26", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .from = CLIENT6, .to = "2001:db8:26::2", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .from = CLIENT6, .to = "2001:db8:25::3", .flags = SYN);
}

static void test_only_protected_destinations(void **state)
{
	struct kernel *k = *state;

	ingress_is(k, FATE_SYN_NOT_LOCAL, .to = "203.0.113.26", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .from = CLIENT6, .to = "2001:db8:25::2", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .to = "203.0.113.26", .flags = SYN,
		   .fragment = FRAGMENT_MORE, .show = 8);
	assert_int_equal(local_put(k, "203.0.113.0/27"), 0);
	assert_int_equal(local_put(k, "2001:db8:25::/64"), 0);
	ingress_is(k, FATE_SYN_DROPPED, .to = "203.0.113.26", .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .from = CLIENT6, .to = "2001:db8:25::2", .flags = SYN);
	ingress_is(k, FATE_SYN_NOT_LOCAL, .to = "203.0.113.32", .flags = SYN);
}

static void test_prefixes_of_every_kind(void **state)
{
	static const struct {
		const char *net, *inside, *outside;
	} nets[] = {
		{"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
		{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
		{"192.0.4.16/28", "192.0.4.31", "192.0.4.32"},
		{"192.0.6.0/23", "192.0.7.1", "192.0.8.1"},
		{"2001:db8:64:1::/64", "2001:db8:64:1:ffff::1", "2001:db8:64:2::1"},
		{"2001:db8:48::/48", "2001:db8:48:ffff::1", "2001:db8:49::1"},
		{"2001:db8:56:100::/56", "2001:db8:56:1ff::1", "2001:db8:56:200::1"},
		{"2001:db8:96::/96", "2001:db8:96::ffff:ffff", "2001:db8:96::1:0:0"},
		{"3fff:e000::/19", "3fff:ffff::1", "3fff::1"},
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
		block(*state, nets[i].net, PORTS_MX, lasting(ACTION_DROP));
		ingress_is(*state, FATE_SYN_DROPPED, .from = nets[i].inside, .flags = SYN);
		ingress_is(*state, FATE_SYN_CLEAN, .from = nets[i].outside, .flags = SYN);
		ingress_is(*state, FATE_SYN_CLEAN, .from = nets[i].inside, .dport = 587,
			   .flags = SYN);
		/* Hits stand under the network's own name, or nobody would find them. */
		assert_int_equal(hits_of(*state, nets[i].net, PORTS_MX), 1);
	}
}

static void test_the_most_specific_verdict_decides(void **state)
{
	static const char *const net4[] = {"198.0.0.0/8", "198.51.0.0/16", "198.51.100.0/24",
					   CLIENT};
	static const char *const net6[] = {"2001:db8::/32", "2001:db8:bad::/48",
					   "2001:db8:bad:1::/64", CLIENT6};
	struct verdict over = expiring(-1);

	for (int i = 0; i < 4; i++) {
		bool watch = i % 2;
		enum fate want = watch ? FATE_SYN_WATCHED : FATE_SYN_DROPPED;

		block(*state, net4[i], PORTS_MX, lasting(watch ? ACTION_WATCH : ACTION_DROP));
		block(*state, net6[i], PORTS_MX, lasting(watch ? ACTION_WATCH : ACTION_DROP));
		ingress_is(*state, want, .flags = SYN);
		ingress_is(*state, want, .from = CLIENT6, .flags = SYN);
		assert_int_equal(hits_of(*state, net4[i], PORTS_MX), 1);
		assert_int_equal(hits_of(*state, net6[i], PORTS_MX), 1);
	}
	/* One that has run out gives way to the next one. */
	block(*state, CLIENT, PORTS_MX, over);
	block(*state, CLIENT6, PORTS_MX, over);
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN);
	ingress_is(*state, FATE_SYN_DROPPED, .from = CLIENT6, .flags = SYN);
	block(*state, net6[2], PORTS_MX, over);
	ingress_is(*state, FATE_SYN_WATCHED, .from = CLIENT6, .flags = SYN);
}

static void test_presence_bit_is_asked_first(void **state)
{
	struct kernel *k = *state;

	block(k, "198.51.0.0/16", PORTS_MX, lasting(ACTION_DROP));
	assert_int_equal(presence_put(k, CLIENT, false), 0);
	ingress_is(k, FATE_SYN_CLEAN, .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .from = "198.51.99.255", .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .from = "198.51.101.0", .flags = SYN);
	assert_int_equal(presence_put(k, CLIENT, true), 0);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
	/* The /16's bit before it. */
	assert_int_equal(presence_bit_put(bpf_map__fd(k->skel->maps.mxdp_presence), PRESENCE_NETS16,
					  0xc633, false),
			 0);
	ingress_is(k, FATE_SYN_CLEAN, .flags = SYN);
	/* The first and the last bit there are. */
	block(k, "0.0.0.1", PORTS_MX, lasting(ACTION_DROP));
	block(k, "255.255.255.254", PORTS_MX, lasting(ACTION_DROP));
	ingress_is(k, FATE_SYN_DROPPED, .from = "0.0.0.1", .flags = SYN);
	ingress_is(k, FATE_SYN_DROPPED, .from = "255.255.255.254", .flags = SYN);
	ingress_is(k, FATE_SYN_CLEAN, .from = "0.0.1.1", .flags = SYN);
	ingress_is(k, FATE_SYN_CLEAN, .from = "255.255.254.254", .flags = SYN);
}

static void test_prefixes_are_asked_only_where_there_are_some(void **state)
{
	struct kernel *k = *state;

	block(k, "198.51.100.0/24", PORTS_MX, lasting(ACTION_DROP));
	block(k, "2001:db8:bad::/48", PORTS_MX, lasting(ACTION_DROP));
	k->live.prefixes = 0;
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_CLEAN, .flags = SYN);
	ingress_is(k, FATE_SYN_CLEAN, .from = CLIENT6, .flags = SYN);
}

/* An automatic block put `age` seconds ago, if need be after waiting until the clock shows that. */
static struct verdict automatic(uint32_t age)
{
	struct verdict v;

	while (boot_seconds() < age)
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	v = lasting(ACTION_DROP);
	v.since -= age;
	v.flags = VERDICT_COURTESY;
	return v;
}

static void test_courtesy_pass(void **state)
{
	struct kernel *k = *state;
	struct verdict_hits hits;

	k->live.courtesy = 30;
	assert_int_equal(live_put(k), 0);
	for (int i = 0; i < 2; i++) {
		block(k, clients[i], PORTS_MX, automatic(0));
		ingress_is(k, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		block(k, clients[i], PORTS_MX, automatic(31));
		ingress_is(k, FATE_SYN_COURTESY, .from = clients[i], .flags = SYN);
		for (int again = 0; again < 10; again++)
			ingress_is(k, FATE_SYN_DROPPED, .from = clients[i], .flags = SYN);
		assert_int_equal(hits_get(k, clients[i], PORTS_MX, &hits), 0);
		assert_int_equal(hits.packets, 12);
		assert_in_range(boot_seconds() - hits.courtesy, 0, 60);
		assert_in_range(boot_seconds() - hits.last, 0, 60);
		assert_in_range(hits.first, 1, hits.last);
	}
}

static void test_courtesy_returns_after_its_interval(void **state)
{
	struct kernel *k = *state;
	uint32_t start, passed = 0;
	struct frame f;

	k->live.courtesy = 1;
	assert_int_equal(live_put(k), 0);
	frame_build(&f, &(struct spec){.flags = SYN});
	start = boot_seconds();
	block(k, CLIENT, PORTS_MX, automatic(0));
	while (passed < 3 && boot_seconds() < start + 20) {
		passed += any_fate(kernel_ingress(k, f.data, f.len)) == FATE_SYN_COURTESY;
		/* Never two in one second. */
		assert_in_range(passed, 0, boot_seconds() - start);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	assert_int_equal(passed, 3);
}

static void test_no_courtesy(void **state)
{
	struct kernel *k = *state;
	struct verdict manual = automatic(31);

	/* Not for those whom the administrator has blocked, ... */
	k->live.courtesy = 30;
	assert_int_equal(live_put(k), 0);
	manual.flags = 0;
	block(k, CLIENT, PORTS_MX, manual);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
	/* ... not for fragments that hide what they are, ... */
	block(k, CLIENT, PORTS_MX, automatic(31));
	ingress_is(k, FATE_FRAGMENT_DROPPED, .flags = SYN, .fragment = FRAGMENT_MORE, .show = 8);
	/* ... and not where it is switched off. */
	k->live.courtesy = 0;
	assert_int_equal(live_put(k), 0);
	ingress_is(k, FATE_SYN_DROPPED, .flags = SYN);
}

static void test_hidden_flags(void **state)
{
	struct kernel *k = *state;
	const struct spec v4 = {.flags = SYN, .fragment = FRAGMENT_MORE, .show = 8};
	const struct spec v6 = {.from = CLIENT6,
				.flags = SYN,
				.show = 8,
				.exts = 1,
				.ext = {EXT(FRAGMENT, .offset = 1)}};

	for (int i = 0; i < 2; i++) {
		struct frame f;

		frame_build(&f, i ? &v6 : &v4);
		frame_in_is(k, FATE_SYN_CLEAN, &f);
		block(k, clients[i], PORTS_MX, lasting(ACTION_DROP));
		frame_in_is(k, FATE_FRAGMENT_DROPPED, &f);
		/* A fragment has no acknowledgement to answer. */
		block(k, clients[i], PORTS_MX, lasting(ACTION_RESET));
		frame_in_is(k, FATE_FRAGMENT_DROPPED, &f);
		block(k, clients[i], PORTS_MX, lasting(ACTION_WATCH));
		frame_in_is(k, FATE_SYN_WATCHED, &f);
		assert_int_equal(hits_of(k, clients[i], PORTS_MX), 3);
	}
	k->live.mode = MODE_MONITOR;
	assert_int_equal(live_put(k), 0);
	block(k, CLIENT, PORTS_MX, lasting(ACTION_DROP));
	ingress_is(k, FATE_SYN_MONITORED, .flags = SYN, .fragment = FRAGMENT_MORE, .show = 8);
}

/* What senders have tried against packet filters; all of it opens connections on Linux. */
static void test_evasions(void **state)
{
	struct spec spec = {.from = CLIENT6, .flags = SYN};
	struct frame f;

	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN | PSH | URG);
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN | 0xc0 /* ECE, CWR */);
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .text = "EHLO with the SYN\r\n");
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .ip_options = 1);
	for (size_t show = 4; show < 14; show++)
		ingress_is(*state, FATE_FRAGMENT_DROPPED, .flags = SYN, .fragment = FRAGMENT_MORE,
			   .show = show);
	for (spec.exts = 1; spec.exts <= 6; spec.exts++) {
		spec.ext[spec.exts - 1].kind = IPPROTO_DSTOPTS;
		frame_build(&f, &spec);
		frame_in_is(*state, FATE_SYN_DROPPED, &f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		gate_test(test_clean_sources_pass),
		blocked_test(test_which_flags_make_a_syn),
		blocked_test(test_only_mail_ports),
		blocked_test(test_port_classes_are_separate),
		cmocka_unit_test_setup_teardown(test_configured_ports, setup_second_port, teardown),
		gate_test(test_actions_and_modes),
		blocked_test(test_blank_live_values_drop_nothing),
		blocked_test(test_stale_heartbeat),
		blocked_test(test_stale_heartbeat_spares_hidden_fragments),
		gate_test(test_verdicts_expire),
		gate_test(test_a_verdict_runs_out_by_itself),
		blocked_test(test_allowed_sources_pass),
		blocked_test(test_only_near_networks_are_asked_for),
		blocked_test(test_own_addresses_need_no_trie),
		blocked_test(test_only_protected_destinations),
		gate_test(test_prefixes_of_every_kind),
		gate_test(test_the_most_specific_verdict_decides),
		gate_test(test_presence_bit_is_asked_first),
		gate_test(test_prefixes_are_asked_only_where_there_are_some),
		gate_test(test_courtesy_pass),
		gate_test(test_courtesy_returns_after_its_interval),
		gate_test(test_no_courtesy),
		gate_test(test_hidden_flags),
		blocked_test(test_evasions),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
