// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proof: how a flow is born by the server's own segments, and which of the client's bytes count
 * as evidence then. A forger who sees neither direction is a client whose numbers do not fit.
 *
 * The server's first byte is number S + 1, the client's C + 1, as after any handshake.
 */
#include "talk.h"

static void test_the_banner_proves_a_flow(void **state)
{
	struct kernel *k = *state;

	banner(k);
	assert_int_equal(fate_sum(k, FATE_FLOW_BORN), 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 1);
	egress_is(k, FATE_REPLY_SEEN, REPLY6, .flags = ACK, .seq = S + 1, .ack = C + 1,
		  .text = BANNER);
	assert_int_equal(fate_sum(k, FATE_FLOW_BORN), 2);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 2);
}

static void test_submission_is_tapped_implicit_tls_is_not(void **state)
{
	struct kernel *k = *state;

	egress_is(k, FATE_REPLY_SEEN, .from = SERVER, .to = CLIENT, .sport = 587,
		  .dport = CLIENT_PORT, .flags = ACK, .seq = S + 1, .ack = C + 1, .text = BANNER);
	ingress_is(k, FATE_MAIL_SEEN, .dport = 587, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "EHLO x\r\n");
	egress_is(k, FATE_REPLY_OTHER, .from = SERVER, .to = CLIENT, .sport = 465,
		  .dport = CLIENT_PORT, .flags = ACK, .seq = S + 1, .ack = C + 1, .text = BANNER);
	ingress_is(k, FATE_MAIL_QUIET, .dport = 465, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "\x16\x03\x01");
	egress_is(k, FATE_REPLY_OTHER, .from = SERVER, .to = CLIENT, .sport = 80,
		  .dport = CLIENT_PORT, .flags = ACK, .text = "HTTP/1.1 200 OK\r\n");
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 1);
}

static void test_vlan_tags_are_no_part_of_a_flow(void **state)
{
	struct kernel *k = *state;

	/* On the way out the tag sits in the packet's metadata, not in the frame. */
	banner(k);
	ingress_is(k, FATE_MAIL_SEEN, .vlans = {0x8100}, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "EHLO x\r\n");
}

/* Packets that we forward, and our own deliveries to others, are no sessions of our server. */
static void test_only_our_own_servers(void **state)
{
	struct kernel *k = *state;

	egress_is(k, FATE_REPLY_BARE, .from = "203.0.113.26", .to = CLIENT, .sport = 25,
		  .dport = CLIENT_PORT, .flags = ACK, .seq = S + 1, .ack = C + 1, .text = BANNER);
	egress_is(k, FATE_REPLY_OTHER, .from = SERVER, .to = CLIENT, .sport = CLIENT_PORT,
		  .dport = 25, .flags = ACK, .seq = S + 1, .ack = C + 1, .text = "EHLO mx\r\n");
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 0);
}

static void test_nothing_but_payload_proves(void **state)
{
	struct kernel *k = *state;
	static const uint8_t flags[] = {SYN, SYN | ACK, ACK, FIN | ACK, RST, RST | ACK};

	for (size_t i = 0; i < sizeof(flags); i++)
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = flags[i], .seq = S, .ack = C + 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 0);
}

static void test_sequence_window(void **state)
{
	struct kernel *k = *state;
	static const struct {
		uint32_t seq;
		enum fate fate;
	} cases[] = {
		{C + 1, FATE_MAIL_SEEN},
		{C + 2, FATE_MAIL_SEEN},
		{C + 8192, FATE_MAIL_SEEN},
		{C + 8193, FATE_MAIL_QUIET}, /* beyond the client's budget */
		{C + FLOW_WINDOW, FATE_MAIL_QUIET},
		{C + 1 + FLOW_WINDOW, FATE_MAIL_OUTSIDE},
		{C + 2 + FLOW_WINDOW, FATE_MAIL_OUTSIDE},
		{C + 1 + 0x7fffffff, FATE_MAIL_OUTSIDE},
		{C + 1 + 0x80000000U, FATE_MAIL_OUTSIDE},
		{C - FLOW_WINDOW, FATE_MAIL_OUTSIDE},
		{C + 1 - FLOW_WINDOW, FATE_MAIL_STALE},
		{C - 5, FATE_MAIL_STALE},
		{C - 4, FATE_MAIL_SEEN}, /* its sixth byte is new */
	};

	banner(k);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ingress_is(k, cases[i].fate, .flags = ACK, .seq = cases[i].seq, .ack = END,
			   .text = "HELO x");
}

static void test_acknowledgement_range(void **state)
{
	struct kernel *k = *state;
	static const struct {
		uint32_t ack;
		enum fate fate;
	} cases[] = {
		{S + 1, FATE_MAIL_SEEN}, /* typed while the banner was on its way */
		{S + 2, FATE_MAIL_SEEN},
		{END, FATE_MAIL_SEEN},
		{S, FATE_MAIL_OUTSIDE},
		{END + 1, FATE_MAIL_OUTSIDE},
		{S + 0x80000000U, FATE_MAIL_OUTSIDE},
		{0, FATE_MAIL_OUTSIDE},
	};

	banner(k);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ingress_is(k, cases[i].fate, .flags = ACK, .seq = C + 1, .ack = cases[i].ack,
			   .text = "HELO x");
	/* Without the ACK bit the number says nothing, and Linux drops the segment. */
	ingress_is(k, FATE_MAIL_OUTSIDE, .flags = PSH, .seq = C + 1, .ack = END, .text = "HELO x");
}

/* Both windows move as the server speaks and acknowledges. */
static void test_windows_move_with_the_server(void **state)
{
	struct kernel *k = *state;

	banner(k);
	client_says(k, C + 1, END, "EHLO x\r\n");
	server_says(k, END, C + 9, "250 mx\r\n");
	ingress_is(k, FATE_MAIL_STALE, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "EHLO x\r\n");
	ingress_is(k, FATE_MAIL_SEEN, .flags = ACK, .seq = C + 9, .ack = END + 8,
		   .text = "MAIL FROM:<>\r\n");
	ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = C + 9, .ack = END + 9,
		   .text = "MAIL FROM:<>\r\n");
	ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = C + 8 + FLOW_WINDOW, .ack = END + 8,
		   .text = "x");
	ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = C + 9 + FLOW_WINDOW, .ack = END + 8,
		   .text = "x");
	/* An old acknowledgement, overtaken on its way out, moves nothing back. */
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = END, .ack = C + 1);
	ingress_is(k, FATE_MAIL_STALE, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "EHLO x\r\n");
}

/* Both spaces wrap within the first command, at every offset. */
static void test_numbers_wrap(void **state)
{
	struct kernel *k = *state;

	for (uint32_t before = 0; before < 12; before++) {
		uint32_t s = 0U - before, c = 0U - before / 2;
		uint32_t end = s + (uint32_t)strlen(BANNER);

		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = s - 1, .ack = c);
		egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = s, .ack = c,
			  .text = BANNER);
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = c, .ack = s - 1, .len = 8);
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = c, .ack = end + 1, .len = 8);
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = c + FLOW_WINDOW, .ack = end,
			   .len = 8);
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = c - FLOW_WINDOW - 1,
			   .ack = end, .len = 8);
		ingress_is(k, FATE_MAIL_STALE, .flags = ACK, .seq = c - 8, .ack = end, .len = 8);
		ingress_is(k, FATE_MAIL_SEEN, .flags = ACK, .seq = c, .ack = s, .len = 8);
		ingress_is(k, FATE_MAIL_SEEN, .flags = ACK, .seq = c, .ack = end, .len = 8);
		egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = end, .ack = c + 8);
		ingress_is(k, FATE_MAIL_STALE, .flags = ACK, .seq = c, .ack = end, .len = 8);
	}
}

static void test_forged_segments_leave_nothing(void **state)
{
	struct kernel *k = *state;

	for (uint32_t i = 0; i < 1000; i++) {
		struct frame f;
		enum fate fate;

		frame_build(&f, &(struct spec){.flags = ACK,
					       .sport = (uint16_t)(20000 + i % 50),
					       .seq = i * 4294967,
					       .ack = i * 7919,
					       .text = "HELO 203.0.113.25\r\n"});
		fate = any_fate(kernel_ingress(k, f.data, f.len));
		assert_true(fate == FATE_MAIL_HELD || fate == FATE_MAIL_UNPROVEN);
	}
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 0);
}

/* The same against a connection that exists: the forger does not know its numbers. */
static void test_forged_segments_of_a_real_connection(void **state)
{
	struct kernel *k = *state;

	banner(k);
	assert_int_equal(kernel_read_ring(k), 1);
	for (uint32_t i = 0; i < 1000; i++) {
		/* Right sequence number, every kind of wrong acknowledgement, and vice versa. */
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK, .seq = C + 1,
			   .ack = END + 1 + i * 4200000, .text = "HELO 203.0.113.25\r\n");
		ingress_is(k, FATE_MAIL_OUTSIDE, .flags = ACK,
			   .seq = C + 1 + FLOW_WINDOW + i * 4200000, .ack = END,
			   .text = "HELO 203.0.113.25\r\n");
	}
	assert_int_equal(kernel_read_ring(k), 0);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 1);
	/* And the connection is none the worse. */
	client_says(k, C + 1, END, "EHLO honest.example\r\n");
}

/* A SYN-ACK begins another connection: what is known of an older one on these ports is void. */
static void test_a_new_connection_voids_the_old_one(void **state)
{
	struct kernel *k = *state;

	ingress_is(k, FATE_MAIL_HELD, .flags = ACK, .seq = C + 1, .ack = S + 1, .text = "HELO x");
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S, .ack = C + 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_early), 0);
	banner(k);
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S + 9000, .ack = C + 9001);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	ingress_is(k, FATE_MAIL_HELD, .flags = ACK, .seq = C + 1, .ack = END, .text = "HELO x");
}

static void test_a_reset_of_the_server_ends_the_flow(void **state)
{
	struct kernel *k = *state;

	banner(k);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = RST, .seq = END);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(kernel_read_ring(k), 2);
	assert_int_equal(k->told[1].head.flags, RECORD_RST);
	/* A client's may be forged, so it is told and ends nothing. */
	banner(k);
	ingress_is(k, FATE_MAIL_SEEN, .flags = RST, .seq = C + 1);
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 1);
	ingress_is(k, FATE_MAIL_OUTSIDE, .flags = RST, .seq = C + 1 + FLOW_WINDOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_the_banner_proves_a_flow),
		packet_test(test_submission_is_tapped_implicit_tls_is_not),
		packet_test(test_vlan_tags_are_no_part_of_a_flow),
		packet_test(test_only_our_own_servers),
		packet_test(test_nothing_but_payload_proves),
		packet_test(test_sequence_window),
		packet_test(test_acknowledgement_range),
		packet_test(test_windows_move_with_the_server),
		packet_test(test_numbers_wrap),
		packet_test(test_forged_segments_leave_nothing),
		packet_test(test_forged_segments_of_a_real_connection),
		packet_test(test_a_new_connection_voids_the_old_one),
		packet_test(test_a_reset_of_the_server_ends_the_flow),
	};

	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
