// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The RST that answers a SYN (RFC 9293 3.10.7.1), byte for byte. Checksums are verified by the rule
 * of RFC 1071 and on their own: over a correct header all words add up to 0xffff.
 */
#include "expect.h"

#define SEQ 0x01020304U

static const char *const clients[] = {CLIENT, CLIENT6};

static int setup_reset(void **state)
{
	int err = setup(state);

	for (int i = 0; !err && i < 2; i++)
		err = verdict_put(*state, clients[i], PORTS_MX, lasting(ACTION_RESET));
	return err;
}

#define reset_test(name) cmocka_unit_test_setup_teardown(name, setup_reset, teardown)

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		sum += read16(bytes + i);
	return sum;
}

static uint16_t carry(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A RST's TCP header and, before it, `addresses` bytes of source and destination. */
static void tcp_checksum_is_right(const uint8_t *tcp, size_t addresses)
{
	const uint32_t pseudo = IPPROTO_TCP + 20;

	assert_int_equal(carry(add_words(pseudo, tcp - addresses, addresses + 20)), 0xffff);
}

static void test_answer_to_ip4(void **state)
{
	static const uint8_t want[] = {
		0x02, 0,         0,    0,    0,    0x02, 0x02, 0,    0,
		0,    0,         0x01,                            /* the addresses, exchanged */
		0x08, 0,                                          /* IPv4 */
		0x45, 0,         0,    40,   0,    0,    0x40, 0, /* 40 bytes, do not fragment */
		64,   6,         0,    0,                         /* checksum: looked at alone */
		203,  0,         113,  25,   198,  51,   100,  7, /* from the server to the client
								   */
		0,    25,        0x9c, 0x40,                      /* from 25 to 40000 */
		0,    0,         0,    0,    0x01, 0x02, 0x03, 0x05, /* nothing said; SYN
									acknowledged */
		0x50, RST | ACK, 0,    0,    0,    0,    0,    0,    /* no options, window 0 */
	};
	struct kernel *k = *state;

	ingress_is(k, FATE_SYN_RESET, .flags = SYN, .seq = SEQ, .ack = 77, .tcp_options = 5);
	assert_int_equal(carry(add_words(0, k->out + 14, 20)), 0xffff);
	tcp_checksum_is_right(k->out + 34, 8);
	memset(k->out + 14 + 10, 0, 2);
	memset(k->out + 34 + 16, 0, 2);
	assert_memory_equal(k->out, want, sizeof(want));
}

static void test_answer_to_ip6(void **state)
{
	static const uint8_t want[] = {
		0x02, 0,    0,         0,    0,    0x02, 0x02, 0, 0,  0,    0,    0x01, 0x86,
		0xdd, 0x61, 0x23,      0x45, 0x67, 0,    20,   6, 64, 0x20, 0x01, 0x0d, 0xb8,
		0,    0x25, 0,         0,    0,    0,    0,    0, 0,  0,    0,    1,    0x20,
		0x01, 0x0d, 0xb8,      0x0b, 0xad, 0,    1,    0, 0,  0,    0,    0,    0,
		0,    7,    0,         25,   0x9c, 0x40, 0,    0, 0,  0,    0x01, 0x02, 0x03,
		0x05, 0x50, RST | ACK, 0,    0,    0,    0,    0, 0,
	};
	struct kernel *k = *state;

	ingress_is(k, FATE_SYN_RESET, .from = CLIENT6, .flags = SYN, .seq = SEQ, .ack = 77,
		   .tcp_options = 5);
	tcp_checksum_is_right(k->out + 54, 32);
	memset(k->out + 54 + 16, 0, 2);
	assert_memory_equal(k->out, want, sizeof(want));
}

/* Sums that carry once, twice, or come out at a limit. */
static void test_checksums_of_many_numbers(void **state)
{
	struct kernel *k = *state;
	uint32_t random = 1;

	k->live.reset_limit = UINT32_MAX;
	assert_int_equal(live_put(k), 0);
	for (int round = 0; round < 500; round++) {
		random = random * 1664525 + 1013904223;
		ingress_is(k, FATE_SYN_RESET, .flags = SYN, .sport = (uint16_t)random | 1,
			   .seq = random);
		assert_int_equal(carry(add_words(0, k->out + 14, 20)), 0xffff);
		tcp_checksum_is_right(k->out + 34, 8);
		ingress_is(k, FATE_SYN_RESET, .from = CLIENT6, .flags = SYN,
			   .sport = (uint16_t)random | 1, .seq = random);
		tcp_checksum_is_right(k->out + 54, 32);
	}
}

static void test_vlan_tags_stay(void **state)
{
	struct kernel *k = *state;

	for (int i = 0; i < 2; i++) {
		size_t tcp = 14 + 8 + (i ? 40 : 20);

		ingress_is(k, FATE_SYN_RESET, .from = clients[i], .flags = SYN, .seq = SEQ,
			   .vlans = {0x88a8, 0x8100});
		assert_memory_equal(k->out, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
		assert_memory_equal(k->out + 12, "\x88\xa8\0\x64\x81\0\0\x65", 8);
		assert_int_equal(read16(k->out + 20), i ? 0x86dd : 0x0800);
		assert_int_equal(k->out[tcp + 13], RST | ACK);
		tcp_checksum_is_right(k->out + tcp, i ? 32 : 8);
	}
}

static uint32_t acknowledged(const struct kernel *k, size_t tcp)
{
	return (uint32_t)read16(k->out + tcp + 8) << 16 | read16(k->out + tcp + 10);
}

/* What came with the SYN (TCP Fast Open) is acknowledged, padding is not. */
static void test_acknowledgement(void **state)
{
	static const uint32_t seqs[] = {0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff};
	static const size_t lens[] = {0, 1, 19, 1400};

	for (size_t s = 0; s < sizeof(seqs) / sizeof(*seqs); s++) {
		for (size_t l = 0; l < sizeof(lens) / sizeof(*lens); l++) {
			for (int i = 0; i < 2; i++) {
				struct frame f;

				frame_build(&f, &(struct spec){.from = clients[i],
							       .flags = SYN,
							       .seq = seqs[s],
							       .len = lens[l],
							       .tcp_options = 3});
				frame_pad(&f, 0xff, 9);
				frame_in_is(*state, FATE_SYN_RESET, &f);
				assert_int_equal(acknowledged(*state, f.l4),
						 (uint32_t)(seqs[s] + 1 + lens[l]));
			}
		}
	}
}

/*
 * Runs `count` SYNs in a second in which no reset has been sent, and returns how many were. Before
 * each comes one that asks for a reset as well, but is too odd to be answered in place.
 */
static uint64_t resets_in_one_second(struct kernel *k, uint64_t count)
{
	struct frame f, odd;

	frame_build(&f, &(struct spec){.flags = SYN});
	frame_build(&odd, &(struct spec){.flags = SYN, .ip_options = 1});
	for (int try = 0; try < 20; try++) {
		uint64_t resets = 0, limited = fate_sum(k, FATE_RESET_LIMITED);
		uint32_t now = boot_seconds();

		while (boot_seconds() == now)
			nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
		now = boot_seconds();
		for (uint64_t i = 0; i < count; i++) {
			frame_in_is(k, FATE_SYN_DROPPED, &odd);
			resets += any_fate(kernel_ingress(k, f.data, f.len)) == FATE_SYN_RESET;
		}
		if (boot_seconds() != now)
			continue;
		assert_int_equal(fate_sum(k, FATE_RESET_LIMITED) - limited, 2 * count - resets);
		return resets;
	}
	fail_msg("no run within one second in twenty tries");
	return 0;
}

static void test_limit_of_resets(void **state)
{
	struct kernel *k = *state;

	k->live.reset_limit = 3;
	assert_int_equal(live_put(k), 0);
	assert_int_equal(resets_in_one_second(k, 8), 3);
	assert_int_equal(resets_in_one_second(k, 8), 3);
	k->live.reset_limit = 0;
	assert_int_equal(live_put(k), 0);
	assert_int_equal(resets_in_one_second(k, 8), 0);
}

static void becomes_a_drop(struct kernel *k, const struct spec *spec)
{
	uint64_t limited = fate_sum(k, FATE_RESET_LIMITED);
	struct frame f;

	frame_build(&f, spec);
	frame_in_is(k, FATE_SYN_DROPPED, &f);
	assert_int_equal(fate_sum(k, FATE_RESET_LIMITED), limited + 1);
}

/* Such frames cannot be answered in place. */
static void test_headers_that_make_it_a_drop(void **state)
{
	becomes_a_drop(*state, &(struct spec){.flags = SYN, .ip_options = 1});
	becomes_a_drop(*state, &(struct spec){.flags = SYN, .ip_options = 10});
	becomes_a_drop(*state, &(struct spec){.flags = SYN, .fragment = FRAGMENT_MORE, .show = 20});
	becomes_a_drop(
		*state,
		&(struct spec){.from = CLIENT6, .flags = SYN, .exts = 1, .ext = {EXT(DSTOPTS)}});
	becomes_a_drop(
		*state,
		&(struct spec){.from = CLIENT6, .flags = SYN, .exts = 1, .ext = {EXT(FRAGMENT)}});
}

static void test_interfaces_that_make_it_a_drop(void **state)
{
	struct kernel *k = *state;

	k->live.reset_ok = 0;
	assert_int_equal(live_put(k), 0);
	becomes_a_drop(k, &(struct spec){.flags = SYN});
	becomes_a_drop(k, &(struct spec){.from = CLIENT6, .flags = SYN});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		reset_test(test_answer_to_ip4),
		reset_test(test_answer_to_ip6),
		reset_test(test_checksums_of_many_numbers),
		reset_test(test_vlan_tags_stay),
		reset_test(test_acknowledgement),
		reset_test(test_limit_of_resets),
		reset_test(test_headers_that_make_it_a_drop),
		reset_test(test_interfaces_that_make_it_a_drop),
	};

	return cmocka_run_group_tests_name("reset", tests, NULL, NULL);
}
