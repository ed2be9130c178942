// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slowed down instead of shut out: so many SYNs at once, then one a gap. The gap is an hour where a
 * test counts tokens, so that none comes back while it runs.
 */
#include "expect.h"

#define HOUR_US    3600000000U
#define NEIGHBOUR  "198.51.100.8"
#define NEIGHBOUR6 "2001:db8:bad:1::8"
#define STRANGER6  "2001:db8:200::7"
#define BURST      3
#define PLEN_V4(n) (96 + (n))

static struct addr mask_of(unsigned plen)
{
	struct addr mask = {0};

	for (unsigned bit = 0; bit < plen; bit++)
		((uint8_t *)&mask)[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return mask;
}

static void limit_is(struct kernel *k, uint32_t gap, unsigned v4_plen, unsigned v6_plen)
{
	k->live.limit_gap = gap;
	k->live.limit_burst = BURST;
	k->live.limit_mask[0] = mask_of(v6_plen);
	k->live.limit_mask[1] = mask_of(PLEN_V4(v4_plen));
	assert_int_equal(live_put(k), 0);
}

static void limit(struct kernel *k, const char *client)
{
	block(k, client, PORTS_MX, lasting(ACTION_LIMIT));
}

static void times(struct kernel *k, int count, enum fate fate, const char *client)
{
	while (count--)
		ingress_is(k, fate, .from = client, .flags = SYN);
}

static const char *const clients[] = {CLIENT, CLIENT6};

static void test_so_many_at_once(void **state)
{
	struct kernel *k = *state;

	limit_is(k, HOUR_US, 32, 64);
	for (int i = 0; i < 2; i++) {
		limit(k, clients[i]);
		times(k, BURST, FATE_SYN_WATCHED, clients[i]);
		times(k, 2, FATE_SYN_LIMITED, clients[i]);
	}
	/* Who is not under it does not know of it. */
	times(k, BURST + 2, FATE_SYN_CLEAN, NEIGHBOUR);
}

static void test_no_limit_watches(void **state)
{
	struct kernel *k = *state;

	limit_is(k, 0, 32, 64);
	limit(k, CLIENT);
	times(k, BURST * 3, FATE_SYN_WATCHED, CLIENT);
}

static void test_a_network_shares(void **state)
{
	struct kernel *k = *state;

	limit_is(k, HOUR_US, 24, 64);
	limit(k, CLIENT);
	limit(k, NEIGHBOUR);
	times(k, 1, FATE_SYN_WATCHED, CLIENT);
	times(k, 2, FATE_SYN_WATCHED, NEIGHBOUR);
	times(k, 1, FATE_SYN_LIMITED, CLIENT);
	limit(k, CLIENT6);
	limit(k, NEIGHBOUR6);
	limit(k, STRANGER6);
	times(k, BURST, FATE_SYN_WATCHED, CLIENT6);
	times(k, 1, FATE_SYN_LIMITED, NEIGHBOUR6);
	times(k, 1, FATE_SYN_WATCHED, STRANGER6);
}

static void test_port_classes_have_their_own(void **state)
{
	struct kernel *k = *state;

	limit_is(k, HOUR_US, 32, 64);
	limit(k, CLIENT);
	block(k, CLIENT, PORTS_SUBMISSION, lasting(ACTION_LIMIT));
	times(k, BURST, FATE_SYN_WATCHED, CLIENT);
	times(k, 1, FATE_SYN_LIMITED, CLIENT);
	ingress_is(k, FATE_SYN_WATCHED, .dport = 587, .flags = SYN);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Tokens come back with time: asked until one has, and no sooner than the gap allows. */
static void test_tokens_come_back(void **state)
{
	struct kernel *k = *state;
	uint64_t began, ended;
	unsigned passed = 0;

	limit_is(k, 20000, 32, 64);
	limit(k, CLIENT);
	began = now_us();
	while (passed < BURST + 5) {
		struct frame f;

		frame_build(&f, &(struct spec){.flags = SYN});
		passed += any_fate(kernel_ingress(k, f.data, f.len)) == FATE_SYN_WATCHED;
	}
	ended = now_us();
	/* BURST at once, then five gaps. */
	assert_true(ended - began >= 5 * 20000ULL);
}

static void test_monitor_mode_drops_nothing(void **state)
{
	struct kernel *k = *state;

	limit_is(k, HOUR_US, 32, 64);
	k->live.mode = MODE_MONITOR;
	assert_int_equal(live_put(k), 0);
	limit(k, CLIENT);
	times(k, BURST, FATE_SYN_WATCHED, CLIENT);
	times(k, 2, FATE_SYN_MONITORED, CLIENT);
}

/* Nobody can tell what a fragment that hides its flags is: it takes no token, and does not pass. */
static void test_hidden_flags(void **state)
{
	struct kernel *k = *state;

	limit_is(k, HOUR_US, 32, 64);
	limit(k, CLIENT);
	times(k, BURST - 1, FATE_SYN_WATCHED, CLIENT);
	ingress_is(k, FATE_FRAGMENT_DROPPED, .flags = SYN, .fragment = 0x2000, .show = 8);
	times(k, 1, FATE_SYN_WATCHED, CLIENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_so_many_at_once),  packet_test(test_no_limit_watches),
		packet_test(test_a_network_shares), packet_test(test_port_classes_have_their_own),
		packet_test(test_tokens_come_back), packet_test(test_monitor_mode_drops_nothing),
		packet_test(test_hidden_flags),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
