// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes sent before the banner: held in the kernel, believed once the server's own acknowledgement
 * shows that a connection with these numbers exists.
 */
#include <stdio.h>

#include "talk.h"

#define EARLY "EHLO too.early\r\n"
#define SPOKE (C + (uint32_t)sizeof(EARLY)) /* one past the early bytes */

static void client_is_early(struct kernel *k, uint32_t seq, uint32_t ack, const char *text)
{
	ingress_is(k, FATE_MAIL_HELD, .flags = ACK | PSH, .seq = seq, .ack = ack, .text = text);
}

static void test_released_by_an_acknowledgement(void **state)
{
	struct kernel *k = *state;

	client_is_early(k, C + 1, S + 1, EARLY);
	assert_int_equal(kernel_read_ring(k), 0);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = S + 1, .ack = SPOKE);
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_CLIENT, RECORD_EARLY, EARLY);
	assert_int_equal(k->told[0].head.seq, C + 1);
	assert_int_equal(k->told[0].head.ack, S + 1);
	told_text(k, 1, FROM_SERVER, RECORD_BIRTH, "");
	assert_int_equal(k->told[1].head.seq, S + 1);
	assert_int_equal(k->told[1].head.ack, SPOKE);
	assert_int_equal(fate_sum(k, FATE_FLOW_BORN), 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_early), 0);

	/* The banner comes late, and is a reply like others. */
	server_says(k, S + 1, SPOKE, BANNER);
	client_says(k, SPOKE, END, "MAIL FROM:<>\r\n");
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_SERVER, 0, BANNER);
	told_text(k, 1, FROM_CLIENT, 0, "MAIL FROM:<>\r\n");
	assert_int_equal(fate_sum(k, FATE_FLOW_BORN), 1);
}

static void test_released_by_a_banner_that_acknowledges(void **state)
{
	struct kernel *k = *state;

	client_is_early(k, C + 1, S + 1, EARLY);
	server_says(k, S + 1, SPOKE, BANNER);
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_CLIENT, RECORD_EARLY, EARLY);
	told_text(k, 1, FROM_SERVER, RECORD_BIRTH, BANNER);
}

/* The banner was on its way already: the confirmation follows, and is told as such. */
static void test_released_by_a_banner_confirmed_later(void **state)
{
	struct kernel *k = *state;

	client_is_early(k, C + 1, S + 1, EARLY);
	banner(k);
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_CLIENT, RECORD_EARLY, EARLY);
	told_text(k, 1, FROM_SERVER, RECORD_BIRTH, BANNER);
	assert_int_equal(k->told[1].head.ack, C + 1);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = END, .ack = SPOKE);
	assert_int_equal(kernel_read_ring(k), 1);
	assert_int_equal(k->told[0].head.ack, SPOKE);
}

static void test_over_ip6_with_ext_headers(void **state)
{
	struct kernel *k = *state;

	ingress_is(k, FATE_MAIL_HELD, .from = CLIENT6, .flags = ACK, .seq = C + 1, .ack = S + 1,
		   .text = EARLY, .exts = 2, .ext = {EXT(HOPOPTS), EXT(DSTOPTS, .more = 3)});
	egress_is(k, FATE_REPLY_SEEN, REPLY6, .flags = ACK, .seq = S + 1, .ack = SPOKE, .exts = 1,
		  .ext = {EXT(DSTOPTS)});
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_CLIENT, RECORD_EARLY, EARLY);
}

/* A forger's guess at the numbers is never handed over, whatever the server says then. */
static void test_wrong_numbers_are_never_released(void **state)
{
	struct kernel *k = *state;

	client_is_early(k, C + 1, S, EARLY);
	client_is_early(k, C + 1, S + 2, EARLY);
	client_is_early(k, C + 2 + FLOW_WINDOW, S + 1, EARLY);
	client_is_early(k, C - FLOW_WINDOW, S + 1, EARLY);
	/* An acknowledgement alone proves nothing where none of them fits, ... */
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = S + 1, .ack = C + 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	/* ... and the banner brings only itself. */
	banner(k);
	assert_int_equal(kernel_read_ring(k), 1);
	told_text(k, 0, FROM_SERVER, RECORD_BIRTH, BANNER);
	assert_int_equal(map_entries(k->skel->maps.mxdp_early), 0);
}

static void test_acknowledgements_that_prove_nothing(void **state)
{
	struct kernel *k = *state;
	static const struct {
		uint32_t seq, ack;
	} cases[] = {
		{S + 1, C + 1},     /* nothing of the bytes */
		{S + 1, SPOKE - 1}, /* not all of them */
		{S + 1, C},         /* before them */
		{S, SPOKE},         /* of another connection */
		{S + 2, SPOKE},
		{S + 1, C + 2 + FLOW_WINDOW}, /* too far ahead to be about them */
		{S + 1, C + 0x80000000U},
	};

	client_is_early(k, C + 1, S + 1, EARLY);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = cases[i].seq,
			  .ack = cases[i].ack);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 0);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = S + 1,
		  .ack = C + 1 + FLOW_WINDOW);
}

/* The decoy has a bad checksum and is dropped by the stack: the agent has to see both. */
static void test_decoys_are_released_with_the_real_one(void **state)
{
	struct kernel *k = *state;

	client_is_early(k, C + 1, S + 1, "EHLO nice.decoy\n");
	client_is_early(k, C + 1, S + 1, EARLY);
	client_is_early(k, C + 1, S + 5, "a forger's guess");
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = S + 1, .ack = SPOKE);
	assert_int_equal(kernel_read_ring(k), 3);
	told_text(k, 0, FROM_CLIENT, RECORD_EARLY, "EHLO nice.decoy\n");
	told_text(k, 1, FROM_CLIENT, RECORD_EARLY, EARLY);
	told_text(k, 2, FROM_SERVER, RECORD_BIRTH, "");
}

/* The first four stay, of all others the last four. */
static void some_are_held(struct kernel *k, int count)
{
	int held = count < EARLY_SEGMENTS ? count : EARLY_SEGMENTS;
	bool told[26] = {false};

	for (int i = 0; i < count; i++)
		client_is_early(k, C + 1, S + 1, (char[]){(char)('a' + i), 0});
	banner(k);
	assert_int_equal(kernel_read_ring(k), held + 1);
	for (int i = 0; i < held; i++) {
		assert_int_equal(k->told[i].head.cap, 1);
		told[k->told[i].head.data[0] - 'a'] = true;
	}
	for (int i = 0; i < count; i++)
		assert_int_equal(told[i], i < EARLY_FIRST || i >= count - 4);
	told_text(k, (size_t)held, FROM_SERVER,
		  RECORD_BIRTH | (count > EARLY_SEGMENTS ? RECORD_MISSED : 0), BANNER);
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S, .ack = C + 1);
}

static void test_eight_are_held(void **state)
{
	for (int count = 0; count <= 26; count++)
		some_are_held(*state, count);
}

static void test_what_is_not_held(void **state)
{
	struct kernel *k = *state;
	static const uint8_t flags[] = {0, PSH, FIN, SYN | ACK, RST, RST | ACK, SYN | FIN | ACK};

	for (size_t i = 0; i < sizeof(flags); i++)
		ingress_is(k, FATE_MAIL_UNPROVEN, .flags = flags[i], .seq = C + 1, .ack = S + 1,
			   .text = EARLY);
	ingress_is(k, FATE_MAIL_BARE, .flags = ACK, .seq = C + 1, .ack = S + 1);
	ingress_is(k, FATE_MAIL_BARE, .flags = FIN | ACK, .seq = C + 1, .ack = S + 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_early), 0);
	/* The last bytes of a client that hangs up at once are held. */
	ingress_is(k, FATE_MAIL_HELD, .flags = FIN | ACK, .seq = C + 1, .ack = S + 1,
		   .text = EARLY);
}

static void test_not_for_servers_of_others(void **state)
{
	struct kernel *k = *state;

	ingress_is(k, FATE_MAIL_HELD, .to = "203.0.113.26", .flags = ACK, .seq = C + 1,
		   .ack = S + 1, .text = EARLY);
	egress_is(k, FATE_REPLY_BARE, .from = "203.0.113.26", .to = CLIENT, .sport = 25,
		  .dport = CLIENT_PORT, .flags = ACK, .seq = S + 1, .ack = SPOKE);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 0);
}

static void test_long_ones_are_cut(void **state)
{
	struct kernel *k = *state;
	static const size_t lens[] = {EARLY_BYTES - 1, EARLY_BYTES, EARLY_BYTES + 1, 1400};

	for (size_t i = 0; i < 4; i++)
		ingress_is(k, FATE_MAIL_HELD, .flags = ACK, .seq = C + 1, .ack = S + 1,
			   .text = EARLY, .len = lens[i]);
	banner(k);
	assert_int_equal(kernel_read_ring(k), 5);
	for (size_t i = 0; i < 4; i++) {
		const struct record *r = &k->told[i].head;

		assert_int_equal(r->len, lens[i]);
		assert_int_equal(r->cap, lens[i] < EARLY_BYTES ? lens[i] : EARLY_BYTES);
		assert_memory_equal(r->data, EARLY, strlen(EARLY));
		assert_int_equal(r->data[r->cap - 1], 'x');
	}
	assert_int_equal(fate_sum(k, FATE_RECORD_CUT), 2);
}

static void test_numbers_wrap(void **state)
{
	struct kernel *k = *state;

	for (uint32_t before = 0; before <= sizeof(EARLY); before++) {
		uint32_t c = 0U - before, s = 0U - before / 2;

		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = s - 1, .ack = c);
		client_is_early(k, c, s, EARLY);
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = s,
			  .ack = c + (uint32_t)strlen(EARLY) - 1);
		egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = s,
			  .ack = c + (uint32_t)strlen(EARLY));
		assert_int_equal(kernel_read_ring(k), 2);
		told_text(k, 0, FROM_CLIENT, RECORD_EARLY, EARLY);
	}
}

/* A flood of forged payload pushes out other held bytes, and costs nobody memory. */
static void test_a_flood_stays_within_its_map(void **state)
{
	struct kernel *k = *state;
	uint32_t room = bpf_map__max_entries(k->skel->maps.mxdp_early);

	for (uint32_t i = 0; i < 2 * room; i++) {
		struct frame f;
		char from[32];

		snprintf(from, sizeof(from), "192.0.%u.%u", i / 200, 1 + i % 200);
		frame_build(&f, &(struct spec){.from = from, .flags = ACK, .text = EARLY});
		assert_int_equal(any_fate(kernel_ingress(k, f.data, f.len)), FATE_MAIL_HELD);
	}
	assert_in_range(map_entries(k->skel->maps.mxdp_early), 1, room);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_released_by_an_acknowledgement),
		packet_test(test_released_by_a_banner_that_acknowledges),
		packet_test(test_released_by_a_banner_confirmed_later),
		packet_test(test_over_ip6_with_ext_headers),
		packet_test(test_wrong_numbers_are_never_released),
		packet_test(test_acknowledgements_that_prove_nothing),
		packet_test(test_decoys_are_released_with_the_real_one),
		packet_test(test_eight_are_held),
		packet_test(test_what_is_not_held),
		packet_test(test_not_for_servers_of_others),
		packet_test(test_long_ones_are_cut),
		packet_test(test_numbers_wrap),
		packet_test(test_a_flood_stays_within_its_map),
	};

	return cmocka_run_group_tests_name("early", tests, NULL, NULL);
}
