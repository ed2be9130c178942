// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way through the headers. The client is under verdict here, so that a pure SYN that the parser
 * understands is dropped: what comes out as SYN_DROPPED was parsed to its last flag.
 */
#include "expect.h"

static int setup_blocked(void **state)
{
	int err = setup(state);

	if (err)
		return err;
	err = verdict_put(*state, CLIENT, PORTS_MX, lasting(ACTION_DROP));
	return err ? err : verdict_put(*state, CLIENT6, PORTS_MX, lasting(ACTION_DROP));
}

#define parse_test(name) cmocka_unit_test_setup_teardown(name, setup_blocked, teardown)

static void test_other_ethertypes_pass(void **state)
{
	static const uint16_t types[] = {0x0806 /* ARP */, 0x8847 /* MPLS */, 0x88cc /* LLDP */,
					 0x0600, 0x8864 /* PPPoE */};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		ingress_is(*state, FATE_NOT_IP, .ethertype = types[i], .flags = SYN);
}

static void test_no_more_than_two_vlan_tags(void **state)
{
	static const char *const clients[] = {CLIENT, CLIENT6};

	for (int i = 0; i < 2; i++) {
		const char *from = clients[i];

		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .flags = SYN);
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .flags = SYN, .vlans = {0x8100});
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .flags = SYN, .vlans = {0x88a8});
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .flags = SYN,
			   .vlans = {0x8100, 0x8100});
		ingress_is(*state, FATE_SYN_DROPPED, .from = from, .flags = SYN,
			   .vlans = {0x88a8, 0x8100});
		ingress_is(*state, FATE_NOT_IP, .from = from, .flags = SYN,
			   .vlans = {0x88a8, 0x8100, 0x8100});
	}
}

static void test_other_protocols_pass(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6,
					    IPPROTO_ESP, IPPROTO_NONE, IPPROTO_SCTP,
					    255};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		ingress_is(*state, FATE_NOT_TCP, .protocol = protocols[i], .flags = SYN);
		ingress_is(*state, FATE_NOT_TCP, .from = CLIENT6, .protocol = protocols[i],
			   .flags = SYN);
		ingress_is(*state, FATE_NOT_TCP, .from = CLIENT6, .protocol = protocols[i],
			   .flags = SYN, .exts = 2, .ext = {EXT(HOPOPTS), EXT(DSTOPTS)});
	}
}

static void test_ip4_options_of_every_length(void **state)
{
	for (uint8_t words = 0; words <= 10; words++) {
		ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .ip_options = words);
		ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .ip_options = words,
			   .tcp_options = 10, .vlans = {0x88a8, 0x8100});
	}
}

static void test_ip4_header_that_lies(void **state)
{
	struct frame f;

	for (uint8_t version = 0; version < 16; version++) {
		frame_build(&f, &(struct spec){.flags = SYN});
		f.data[f.l3] = (uint8_t)(version << 4 | 5);
		frame_in_is(*state, version == 4 ? FATE_SYN_DROPPED : FATE_MALFORMED, &f);
	}
	for (uint8_t ihl = 0; ihl < 5; ihl++) {
		frame_build(&f, &(struct spec){.flags = SYN});
		f.data[f.l3] = 0x40 | ihl;
		frame_in_is(*state, FATE_MALFORMED, &f);
	}
	/* TCP laid over the destination address, where a header of four words would end. */
	assert_int_equal(local_put(*state, "203.0.0.25"), 0);
	frame_build(&f, &(struct spec){.to = "203.0.0.25", .flags = SYN, .ack = 0x50020000});
	f.data[f.l3] = 0x44;
	frame_in_is(*state, FATE_MALFORMED, &f);
	/* Options that reach to the packet's end and past it. */
	for (uint8_t ihl = 10; ihl < 16; ihl++) {
		frame_build(&f, &(struct spec){.flags = SYN});
		f.data[f.l3] = 0x40 | ihl;
		frame_in_is(*state, FATE_MALFORMED, &f);
	}
}

static void test_ip6_version(void **state)
{
	struct frame f;

	for (uint8_t version = 0; version < 16; version++) {
		frame_build(&f, &(struct spec){.from = CLIENT6, .flags = SYN});
		f.data[f.l3] = (uint8_t)(version << 4 | 1);
		frame_in_is(*state, version == 6 ? FATE_SYN_DROPPED : FATE_MALFORMED, &f);
	}
}

/* The length in the IP header decides, never that of the frame. */
static void test_ip_length(void **state)
{
	static const char *const clients[] = {CLIENT, CLIENT6};

	for (int i = 0; i < 2; i++) {
		const struct spec spec = {.from = clients[i], .flags = SYN, .tcp_options = 5};
		struct frame f;
		size_t honest;

		frame_build(&f, &spec);
		honest = frame_claimed(&f);
		/* Nothing left of it would be a jumbogram's mark in IPv6: tested below. */
		for (size_t len = 1; len < honest; len++) {
			frame_claim(&f, len);
			frame_in_is(*state, FATE_MALFORMED, &f);
		}
		for (size_t more = 1; more < 100; more++) {
			frame_claim(&f, honest + more);
			frame_in_is(*state, FATE_MALFORMED, &f);
		}
		frame_claim(&f, 0xffff);
		frame_in_is(*state, FATE_MALFORMED, &f);

		frame_claim(&f, 0); /* BIG TCP, or a jumbogram: the frame's length counts */
		frame_in_is(*state, FATE_SYN_DROPPED, &f);

		frame_claim(&f, honest);
		frame_pad(&f, 0xff, 500);
		frame_in_is(*state, FATE_SYN_DROPPED, &f);
	}
}

static void test_tcp_header_length(void **state)
{
	static const char *const clients[] = {CLIENT, CLIENT6};

	for (int i = 0; i < 2; i++) {
		for (uint8_t words = 0; words < 16; words++) {
			struct frame f;

			frame_build(&f, &(struct spec){.from = clients[i], .flags = SYN, .len = 8});
			f.data[f.l4 + 12] = (uint8_t)(words << 4);
			frame_in_is(*state,
				    words < 5 || words > 7 ? FATE_MALFORMED : FATE_SYN_DROPPED, &f);
		}
	}
}

static void test_later_fragments_pass(void **state)
{
	static const uint16_t offsets[] = {1, 2, 3, 185, 0x1fff};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		uint16_t v6 = (uint16_t)(offsets[i] << 3);

		ingress_is(*state, FATE_FRAGMENT, .flags = SYN, .fragment = offsets[i]);
		ingress_is(*state, FATE_FRAGMENT, .flags = SYN,
			   .fragment = offsets[i] | FRAGMENT_MORE);
		ingress_is(*state, FATE_FRAGMENT, .from = CLIENT6, .flags = SYN, .exts = 1,
			   .ext = {EXT(FRAGMENT, .offset = v6)});
		ingress_is(*state, FATE_FRAGMENT, .from = CLIENT6, .flags = SYN, .exts = 2,
			   .ext = {EXT(HOPOPTS), EXT(FRAGMENT, .offset = v6 | 1)});
	}
}

/* The bits beside the offset say nothing; an IPv6 "atomic" fragment (RFC 6946) is whole. */
static void test_whole_packets_with_fragment_fields(void **state)
{
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .fragment = 0x4000);
	ingress_is(*state, FATE_SYN_DROPPED, .flags = SYN, .fragment = 0x8000);
	ingress_is(*state, FATE_SYN_DROPPED, .from = CLIENT6, .flags = SYN, .exts = 1,
		   .ext = {EXT(FRAGMENT)});
	ingress_is(*state, FATE_SYN_DROPPED, .from = CLIENT6, .flags = SYN, .exts = 1,
		   .ext = {EXT(FRAGMENT, .offset = 6 /* reserved */)});
}

static enum fate fate_of_first_fragment(size_t show)
{
	if (show < 4)
		return FATE_MALFORMED; /* Linux drops it as well: no ports (RFC 1858, RFC 7112) */
	return show < 14 ? FATE_FRAGMENT_DROPPED : FATE_SYN_DROPPED;
}

static void test_first_fragments_by_what_they_show(void **state)
{
	for (size_t show = 1; show <= 20; show++) {
		enum fate want = fate_of_first_fragment(show);

		ingress_is(*state, want, .flags = SYN, .fragment = FRAGMENT_MORE, .show = show);
		ingress_is(*state, want, .flags = SYN, .fragment = FRAGMENT_MORE, .show = show,
			   .ip_options = 10, .vlans = {0x8100});
		ingress_is(*state, want, .from = CLIENT6, .flags = SYN, .show = show, .exts = 1,
			   .ext = {EXT(FRAGMENT, .offset = 1)});
		ingress_is(*state, want, .from = CLIENT6, .flags = SYN, .show = show, .exts = 3,
			   .ext = {EXT(HOPOPTS), EXT(FRAGMENT, .offset = 1), EXT(DSTOPTS)});
	}
	/* Flags that show are believed: this one opens nothing. */
	ingress_is(*state, FATE_MAIL_BARE, .flags = ACK, .fragment = FRAGMENT_MORE, .show = 16);
	ingress_is(*state, FATE_MAIL_BARE, .from = CLIENT6, .flags = ACK, .show = 16, .exts = 1,
		   .ext = {EXT(FRAGMENT, .offset = 1)});
	ingress_is(*state, FATE_NOT_MAIL, .dport = 80, .flags = SYN, .fragment = FRAGMENT_MORE,
		   .show = 8);
}

/* What is no fragment and ends within its TCP header opens nothing either: Linux drops it. */
static void test_packets_that_end_within_tcp(void **state)
{
	for (size_t show = 1; show < 20; show++) {
		ingress_is(*state, FATE_MALFORMED, .flags = SYN, .show = show);
		ingress_is(*state, FATE_MALFORMED, .from = CLIENT6, .flags = SYN, .show = show);
	}
}

/* A short frame is padded up to 60 bytes: were padding read, its ACK bit would hide the SYN. */
static void test_padding_is_no_flags(void **state)
{
	static const uint8_t fillings[] = {0x00, 0x02, 0x10, 0xff};

	for (size_t i = 0; i < sizeof(fillings); i++) {
		struct frame f;

		frame_build(&f, &(struct spec){.flags = SYN, .fragment = FRAGMENT_MORE, .show = 8});
		frame_pad(&f, fillings[i], 60 - f.len);
		frame_in_is(*state, FATE_FRAGMENT_DROPPED, &f);

		frame_build(&f, &(struct spec){.from = CLIENT6,
					       .flags = SYN,
					       .show = 8,
					       .exts = 1,
					       .ext = {EXT(FRAGMENT, .offset = 1)}});
		frame_pad(&f, fillings[i], 40);
		frame_in_is(*state, FATE_FRAGMENT_DROPPED, &f);
	}
}

static const uint8_t ext_kinds[] = {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
				    IPPROTO_FRAGMENT, IPPROTO_AH};

static struct spec spec_with_exts(const uint8_t *kinds, size_t kind_count, uint8_t exts)
{
	struct spec spec = {.from = CLIENT6, .flags = SYN, .exts = exts};

	for (uint8_t i = 0; i < exts; i++)
		spec.ext[i].kind = kinds[i % kind_count];
	return spec;
}

static void test_ext_headers_of_each_kind_and_number(void **state)
{
	struct frame f;

	for (uint8_t exts = 0; exts <= FRAME_EXT_HEADERS; exts++) {
		enum fate want = exts > 8 ? FATE_EXT_DEEP : FATE_SYN_DROPPED;
		struct spec spec;

		for (size_t kind = 0; kind < sizeof(ext_kinds); kind++) {
			spec = spec_with_exts(&ext_kinds[kind], 1, exts);
			frame_build(&f, &spec);
			frame_in_is(*state, want, &f);
		}
		spec = spec_with_exts(ext_kinds, sizeof(ext_kinds), exts);
		frame_build(&f, &spec);
		frame_in_is(*state, want, &f);
	}
}

static void test_ext_headers_of_many_lengths(void **state)
{
	struct frame f;

	for (size_t kind = 0; kind < sizeof(ext_kinds); kind++) {
		/* The length byte of a fragment header is reserved: it has one length only. */
		int longest = ext_kinds[kind] == IPPROTO_FRAGMENT ? 0
			      : ext_kinds[kind] == IPPROTO_AH     ? 124
								  : 250;

		for (int more = 0; more <= longest; more += 5) {
			const struct spec spec = {
				.from = CLIENT6,
				.flags = SYN,
				.exts = 1,
				.ext = {{ext_kinds[kind], .more = (uint8_t)more}}};
			bool reached;

			frame_build(&f, &spec);
			reached = f.l4 < 2048; /* where the parser's sight ends */
			frame_in_is(*state, reached ? FATE_SYN_DROPPED : FATE_MALFORMED, &f);
		}
	}
}

static void test_ext_header_that_lies(void **state)
{
	struct frame f;

	/* Reaches past the packet into the padding, where a SYN waits. */
	frame_build(&f, &(struct spec){
				.from = CLIENT6, .flags = SYN, .exts = 1, .ext = {EXT(DSTOPTS)}});
	f.data[f.l3 + 41] = 3;
	frame_pad(&f, 0, 4);
	put_bytes(&f, f.data + f.l4, 20);
	frame_in_is(*state, FATE_MALFORMED, &f);

	/* Reaches past the frame, and a second header would be read there. */
	frame_build(&f, &(struct spec){.from = CLIENT6,
				       .flags = SYN,
				       .exts = 2,
				       .ext = {EXT(DSTOPTS), EXT(DSTOPTS)}});
	f.data[f.l3 + 41] = 255;
	frame_in_is(*state, FATE_MALFORMED, &f);
}

/* A flow, so that data frames do something; the longest chains that the parser follows. */
static const struct spec samples[] = {
	{.flags = SYN, .tcp_options = 10, .ip_options = 10, .vlans = {0x88a8, 0x8100}},
	{.flags = SYN, .fragment = FRAGMENT_MORE, .show = 8},
	{.flags = ACK | PSH, .seq = 5001, .ack = 1001, .text = "EHLO client.example\r\n"},
	{.from = CLIENT6,
	 .flags = SYN,
	 .vlans = {0x8100},
	 .exts = 8,
	 .ext = {EXT(HOPOPTS), EXT(DSTOPTS, .more = 1), EXT(ROUTING, .more = 2), EXT(FRAGMENT),
		 EXT(AH), EXT(DSTOPTS), EXT(AH, .more = 3), EXT(DSTOPTS)}},
	{.from = CLIENT6, .flags = ACK, .seq = 5001, .ack = 1001, .text = "QUIT\r\n"},
	{REPLY, .flags = ACK, .seq = 1001, .ack = 5001, .text = "220 mx.example ESMTP\r\n"},
	{REPLY6, .flags = ACK, .seq = 1001, .ack = 5001, .text = "220 mx.example ESMTP\r\n",
	 .exts = 2, .ext = {EXT(HOPOPTS), EXT(DSTOPTS)}},
};

static const size_t sample_count = sizeof(samples) / sizeof(*samples);

/* A frame cut anywhere passes: what the card lost is not for us to judge. */
static void test_every_prefix_of_a_frame_passes_in(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct frame f;

		frame_build(&f, &samples[i]);
		for (size_t len = 14; len < f.len; len++) {
			struct run run = kernel_ingress(*state, f.data, len);

			any_fate(run);
			assert_int_equal(run.retval, XDP_PASS);
			assert_true(run.fate == FATE_MALFORMED || run.fate == FATE_NOT_IP ||
				    run.fate == FATE_NOT_MAIL);
		}
	}
}

static void test_no_prefix_of_a_reply_makes_a_flow(void **state)
{
	struct kernel *k = *state;

	for (size_t i = 0; i < sample_count; i++) {
		struct frame f;

		frame_build(&f, &samples[i]);
		for (size_t len = 14; len < f.len; len++) {
			struct run run = kernel_egress(k, f.data, len);

			/* The kernel itself refuses to run a frame without an IP header. */
			if (run.err == -EINVAL && len < f.l3 + 40)
				continue;
			assert_int_equal(any_fate(run), FATE_REPLY_OTHER);
		}
	}
	assert_int_equal(map_entries(k->skel->maps.mxdp_flows), 0);
	assert_int_equal(map_entries(k->skel->maps.mxdp_early), 0);
	assert_int_equal(kernel_read_ring(k), 0);
}

/* The same samples with bytes changed: kernel.h watches fates, return codes and the frame. */
static void test_changed_bytes_break_no_rule(void **state)
{
	struct kernel *k = *state;
	uint32_t random = 0x6d786470;
	size_t refused = 0, runs = 0;

	for (int round = 0; round < 1500; round++) {
		struct frame f;
		struct run run;

		frame_build(&f, &samples[(size_t)round % sample_count]);
		for (int change = 0; change < 3; change++) {
			random = random * 1664525 + 1013904223;
			f.data[12 + (random >> 8) % (f.len - 12)] = (uint8_t)(random >> 24);
		}
		any_fate(kernel_ingress(k, f.data, f.len));
		run = kernel_egress(k, f.data, f.len);
		if (run.err == -EINVAL)
			refused++;
		else
			any_fate(run);
		runs++;
	}
	assert_true(refused < runs / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		parse_test(test_other_ethertypes_pass),
		parse_test(test_no_more_than_two_vlan_tags),
		parse_test(test_other_protocols_pass),
		parse_test(test_ip4_options_of_every_length),
		parse_test(test_ip4_header_that_lies),
		parse_test(test_ip6_version),
		parse_test(test_ip_length),
		parse_test(test_tcp_header_length),
		parse_test(test_later_fragments_pass),
		parse_test(test_whole_packets_with_fragment_fields),
		parse_test(test_first_fragments_by_what_they_show),
		parse_test(test_packets_that_end_within_tcp),
		parse_test(test_padding_is_no_flags),
		parse_test(test_ext_headers_of_each_kind_and_number),
		parse_test(test_ext_headers_of_many_lengths),
		parse_test(test_ext_header_that_lies),
		parse_test(test_every_prefix_of_a_frame_passes_in),
		parse_test(test_no_prefix_of_a_reply_makes_a_flow),
		parse_test(test_changed_bytes_break_no_rule),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
