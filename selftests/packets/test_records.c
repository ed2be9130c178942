// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of a proven flow reaches the ring, in which form, and where the tap falls silent: TLS,
 * message bodies, the byte budget, a full ring.
 */
#include "talk.h"

static void same_address(const struct addr *got, const char *want)
{
	const struct addr addr = addr_of(want);

	assert_memory_equal(got, &addr, sizeof(addr));
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void test_what_a_record_holds(void **state)
{
	struct kernel *k = *state;
	uint64_t before = monotonic_ns();
	const struct record *r;

	banner(k);
	client_says(k, C + 1, END, "EHLO bot.example\r\n");
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 0, FROM_SERVER, RECORD_BIRTH, BANNER);
	told_text(k, 1, FROM_CLIENT, 0, "EHLO bot.example\r\n");
	for (size_t i = 0; i < 2; i++) {
		r = &k->told[i].head;
		same_address(&r->flow.client, CLIENT);
		same_address(&r->flow.server, SERVER);
		assert_int_equal(ntohs(r->flow.client_port), CLIENT_PORT);
		assert_int_equal(ntohs(r->flow.server_port), 25);
		assert_int_equal(r->seq, i ? C + 1 : S + 1);
		assert_int_equal(r->ack, i ? END : C + 1);
		assert_in_range(r->time, before, monotonic_ns());
		assert_int_equal(r->zero, 0);
	}
}

static void test_addresses_of_ip6(void **state)
{
	struct kernel *k = *state;

	egress_is(k, FATE_REPLY_SEEN, REPLY6, .flags = ACK, .seq = S + 1, .ack = C + 1,
		  .text = BANNER);
	ingress_is(k, FATE_MAIL_SEEN, .from = CLIENT6, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "HELO x\r\n", .tcp_options = 3, .exts = 1, .ext = {EXT(DSTOPTS)});
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 1, FROM_CLIENT, 0, "HELO x\r\n");
	for (size_t i = 0; i < 2; i++) {
		same_address(&k->told[i].head.flow.client, CLIENT6);
		same_address(&k->told[i].head.flow.server, SERVER6);
	}
}

static void test_ends_are_told(void **state)
{
	struct kernel *k = *state;

	banner(k);
	ingress_is(k, FATE_MAIL_SEEN, .flags = FIN | ACK, .seq = C + 1, .ack = END,
		   .text = "QUIT\r\n");
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = FIN | ACK, .seq = END, .ack = C + 8);
	ingress_is(k, FATE_MAIL_SEEN, .flags = RST | ACK, .seq = C + 8, .ack = END);
	assert_int_equal(kernel_read_ring(k), 4);
	told_text(k, 1, FROM_CLIENT, RECORD_FIN, "QUIT\r\n");
	told_text(k, 2, FROM_SERVER, RECORD_FIN, "");
	told_text(k, 3, FROM_CLIENT, RECORD_RST, "");
}

/* An acknowledgement without payload is told once, and where it confirms something only. */
static void test_acknowledgements_that_confirm(void **state)
{
	struct kernel *k = *state;

	banner(k);
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = END, .ack = C + 1);
	client_says(k, C + 1, END, "EHLO x\r\n");
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = END, .ack = C + 1);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = END, .ack = C + 9);
	for (int i = 0; i < 3; i++)
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = END, .ack = C + 9);
	assert_int_equal(kernel_read_ring(k), 3);
	told_text(k, 2, FROM_SERVER, 0, "");
	assert_int_equal(k->told[2].head.ack, C + 9);
	ingress_is(k, FATE_MAIL_BARE, .flags = ACK, .seq = C + 9, .ack = END);
}

/* A decoy with a bad checksum comes first and the real bytes after it: both are evidence. */
static void test_overlapping_segments_are_both_told(void **state)
{
	struct kernel *k = *state;

	banner(k);
	client_says(k, C + 1, END, "EHLO nice.decoy\r\n");
	client_says(k, C + 1, END, "EHLO 203.0.113.25\r\n");
	server_says(k, END, C + 20, "250 mx\r\n");
	assert_int_equal(kernel_read_ring(k), 4);
	told_text(k, 1, FROM_CLIENT, 0, "EHLO nice.decoy\r\n");
	told_text(k, 2, FROM_CLIENT, 0, "EHLO 203.0.113.25\r\n");
}

static void test_a_byte_a_segment(void **state)
{
	struct kernel *k = *state;
	const char text[] = "EHLO slow\r\n";

	banner(k);
	assert_int_equal(kernel_read_ring(k), 1);
	for (uint32_t i = 0; i < strlen(text); i++)
		client_says(k, C + 1 + i, END, (char[]){text[i], 0});
	assert_int_equal(kernel_read_ring(k), (int)strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		told_text(k, i, FROM_CLIENT, 0, (char[]){text[i], 0});
}

static void test_long_segments_are_cut(void **state)
{
	struct kernel *k = *state;
	static const size_t lens[] = {2049, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 9000};

	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		const struct record *r = &k->told[1].head;

		banner(k);
		ingress_is(k, FATE_MAIL_SEEN, .flags = ACK, .seq = C + 1, .ack = END,
			   .text = "EHLO x", .len = lens[i]);
		assert_int_equal(kernel_read_ring(k), 2);
		assert_int_equal(r->len, lens[i]);
		assert_int_equal(r->cap, r->len < RECORD_BYTES ? r->len : RECORD_BYTES);
		assert_int_equal(r->data[r->cap - 1], 'x');
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S, .ack = C + 1);
	}
	assert_int_equal(fate_sum(k, FATE_RECORD_CUT), 2);
}

/* As long as a run of the program for egress takes. */
static void test_long_replies(void **state)
{
	struct kernel *k = *state;
	static const size_t lens[] = {2047, 2048, 2049, 3000};
	uint32_t next = END;

	banner(k);
	for (size_t i = 0; i < 4; i++) {
		egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = next, .ack = C + 1,
			  .text = "250-mx\r\n", .len = lens[i]);
		next += (uint32_t)lens[i];
	}
	assert_int_equal(kernel_read_ring(k), 5);
	for (size_t i = 0; i < 4; i++) {
		const struct record *r = &k->told[1 + i].head;

		assert_int_equal(r->len, lens[i]);
		assert_int_equal(r->cap, lens[i]);
		assert_int_equal(r->data[r->cap - 1], 'x');
	}
}

/* A frame in several buffers, as cards with large MTUs deliver it. */
static void test_jumbo_frames(void **state)
{
	struct kernel *k = *state;

	banner(k);
	ingress_is(k, FATE_MAIL_SEEN, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "EHLO jumbo\r\n", .len = 8900);
	assert_int_equal(kernel_read_ring(k), 2);
	assert_int_equal(k->told[1].head.len, 8900);
	assert_int_equal(k->told[1].head.cap, RECORD_BYTES);
	assert_memory_equal(k->told[1].head.data, "EHLO jumbo\r\nxxxx", 16);
	for (size_t i = 12; i < RECORD_BYTES; i++)
		assert_int_equal(k->told[1].head.data[i], 'x');
}

static void test_starttls_goes_dark(void **state)
{
	struct kernel *k = *state;

	const uint32_t c = C + 9, s = END + 8;

	greeting(k);
	client_says(k, c, s, "StartTLS\r\n");
	server_says(k, s, c + 10, "220 go ahead\r\n");
	assert_int_equal(kernel_read_ring(k), 5);
	ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = c + 10, .ack = s + 14,
		   .text = "\x16\x03\x01\x02");
	egress_is(k, FATE_REPLY_QUIET, REPLY, .flags = ACK, .seq = s + 14, .ack = c + 14,
		  .text = "\x16\x03\x03\x02");
	/* Whatever bytes TLS is made of, it stays dark. */
	egress_is(k, FATE_REPLY_QUIET, REPLY, .flags = ACK, .seq = s + 18, .ack = c + 14,
		  .text = "354 not what it seems\r\n");
	ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = c + 14, .ack = s + 14,
		   .text = "\x17\x03\x03\x02");
	assert_int_equal(kernel_read_ring(k), 0);
	/* The end is told, without a byte. */
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = FIN | ACK, .seq = s + 41, .ack = c + 14,
		  .text = "\x15\x03\x03\x02");
	ingress_is(k, FATE_MAIL_SEEN, .flags = FIN | ACK, .seq = c + 14, .ack = s + 41,
		   .text = "\x15\x03\x03\x02");
	assert_int_equal(kernel_read_ring(k), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(k->told[i].head.flags, RECORD_FIN);
		assert_int_equal(k->told[i].head.cap, 0);
	}
}

static void test_refused_starttls_stays_visible(void **state)
{
	struct kernel *k = *state;

	banner(k);
	client_says(k, C + 1, END, "STARTTLS\r\n");
	server_says(k, END, C + 11, "454 not now\r\n");
	client_says(k, C + 11, END + 13, "MAIL FROM:<>\r\n");
	/* And a later 220 is no answer to it. */
	server_says(k, END + 13, C + 25, "220 strange\r\n");
	client_says(k, C + 25, END + 26, "RCPT TO:<x@our.example>\r\n");
}

/* The word alone is no command: only as the first of a segment, where RFC 3207 wants it. */
static void test_starttls_elsewhere_is_no_command(void **state)
{
	struct kernel *k = *state;

	banner(k);
	client_says(k, C + 1, END, "NOOP STARTTLS\r\n");
	server_says(k, END, C + 16, "220 odd, but a reply\r\n");
	client_says(k, C + 16, END + 22, "STARTTL");
	server_says(k, END + 22, C + 23, "220 odd again\r\n");
	client_says(k, C + 23, END + 37, "EHLO x\r\n");
}

/* The body of a message begins with 354 and ends with the next reply. */
static void body_is_quiet(struct kernel *k, const char *replies)
{
	uint32_t c = C + 7, s = END + (uint32_t)strlen(replies);

	banner(k);
	client_says(k, C + 1, END, "DATA\r\n");
	server_says(k, END, c, replies);
	assert_int_equal(kernel_read_ring(k), 3);
	for (int i = 0; i < 5; i++, c += 1000) {
		ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = c, .ack = s,
			   .text = "Subject: private\r\n", .len = 1000);
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = s, .ack = c + 1000);
	}
	assert_int_equal(kernel_read_ring(k), 0);
	server_says(k, s, c, "250 queued\r\n");
	client_says(k, c, s + 12, "QUIT\r\n");
	assert_int_equal(kernel_read_ring(k), 2);
	told_text(k, 1, FROM_CLIENT, 0, "QUIT\r\n");
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = RST, .seq = s + 12);
	assert_int_equal(kernel_read_ring(k), 1);
}

static void test_bodies_are_quiet(void **state)
{
	body_is_quiet(*state, "354 go on\r\n");
	body_is_quiet(*state, "354\r\n");
	/* Replies to pipelined commands (RFC 2920) come in one segment; the last one decides. */
	body_is_quiet(*state, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"
			      "354 End data with <CR><LF>.<CR><LF>\r\n");
	body_is_quiet(*state, "250 OK\r\n250 Accepted\r\n"
			      "354 Enter message, ending with \".\" on a line by itself\r\n");
	body_is_quiet(*state, "354-one\r\n354 two\r\n");
}

static void test_what_is_no_354(void **state)
{
	static const char *const replies[] = {
		"250 354\r\n",
		"503 first MAIL\r\n354 no, 503\r\n554 refused\r\n",
		"35",
		"354",
		"250-354\r\n250 OK\r\n",
	};
	struct kernel *k = *state;
	uint32_t s = END;

	banner(k);
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		bool body = !strcmp(replies[i], "354"); /* a reply in pieces */

		server_says(k, s, C + 1, replies[i]);
		s += (uint32_t)strlen(replies[i]);
		ingress_is(k, body ? FATE_MAIL_QUIET : FATE_MAIL_SEEN, .flags = ACK, .seq = C + 1,
			   .ack = s, .text = "RSET\r\n");
	}
}

static int setup_small_budgets(void **state)
{
	return setup_with(state,
			  &(struct kernel_options){.client_budget = 20, .server_budget = 60});
}

static void test_budget_of_the_client(void **state)
{
	struct kernel *k = *state;

	banner(k);
	client_says(k, C + 1, END, "NOOP 1\r\n");
	client_says(k, C + 9, END, "NOOP 2\r\n");
	client_says(k, C + 17, END, "NOOP 3\r\n");
	assert_int_equal(kernel_read_ring(k), 4);
	assert_int_equal(k->told[3].head.cap, 4);
	assert_int_equal(k->told[3].head.len, 8);
	assert_int_equal(fate_sum(k, FATE_RECORD_CUT), 1);
	for (uint32_t i = 0; i < 100; i++)
		ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = C + 25 + 8 * i, .ack = END,
			   .text = "NOOP 4\r\n");
	assert_int_equal(kernel_read_ring(k), 0);
	ingress_is(k, FATE_MAIL_SEEN, .flags = FIN | ACK, .seq = C + 25, .ack = END);
	/* A second flow has a budget of its own. */
	egress_is(k, FATE_REPLY_SEEN, REPLY6, .flags = ACK, .seq = S + 1, .ack = C + 1,
		  .text = BANNER);
	ingress_is(k, FATE_MAIL_SEEN, .from = CLIENT6, .flags = ACK, .seq = C + 1, .ack = END,
		   .text = "NOOP 1\r\n");
}

/* What the server acknowledges is charged once, however often it was sent. */
static void test_budget_is_charged_by_acknowledgement(void **state)
{
	struct kernel *k = *state;

	banner(k);
	for (int i = 0; i < 10; i++)
		client_says(k, C + 1, END, "NOOP 1\r\n");
	server_says(k, END, C + 9, "250 \r\n");
	client_says(k, C + 9, END + 6, "DATA\r\n");
	server_says(k, END + 6, C + 15, "354 \r\n");
	assert_int_equal(kernel_read_ring(k), 14);
	/* A body is not looked at, and not charged. */
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = END + 12, .ack = C + 5015);
	server_says(k, END + 12, C + 9015, "250 \r\n");
	client_says(k, C + 9015, END + 18, "QUIT\r\n..");
	client_says(k, C + 9020, END + 18, "....");
	ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = C + 9021, .ack = END + 18, .text = "x");
	assert_int_equal(kernel_read_ring(k), 3);
	assert_int_equal(k->told[1].head.cap, 6);
	assert_int_equal(k->told[2].head.cap, 1);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = END + 18, .ack = C + 9023);
	ingress_is(k, FATE_MAIL_QUIET, .flags = ACK, .seq = C + 9023, .ack = END + 18, .text = "x");
}

/* They have a bound of their own: their number, and their size. */
static void test_early_bytes_come_before_the_budget(void **state)
{
	struct kernel *k = *state;

	ingress_is(k, FATE_MAIL_HELD, .flags = ACK, .seq = C + 1, .ack = S + 1,
		   .text = "EHLO eighteen.xx\r\n");
	server_says(k, S + 1, C + 19, BANNER);
	client_says(k, C + 19, END, "NOOP twenty bytes\r\n...");
	assert_int_equal(kernel_read_ring(k), 3);
	assert_int_equal(k->told[2].head.cap, 20);
}

static void test_budget_of_the_server(void **state)
{
	struct kernel *k = *state;
	uint32_t s = END;

	banner(k); /* 26 of 60 bytes */
	for (int i = 0; i < 3; i++, s += 12)
		server_says(k, s, C + 1, "250 so be it");
	assert_int_equal(kernel_read_ring(k), 4);
	assert_int_equal(k->told[3].head.cap, 10);
	for (int i = 0; i < 100; i++, s += 12)
		egress_is(k, FATE_REPLY_QUIET, REPLY, .flags = ACK, .seq = s, .ack = C + 1,
			  .text = "250 so be it");
	assert_int_equal(kernel_read_ring(k), 0);
	/* What confirms the client's bytes is told all the same, and so is the end. */
	client_says(k, C + 1, s, "NOOP\r\n");
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = s, .ack = C + 7,
		  .text = "250 so be it");
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = FIN | ACK, .seq = s + 12, .ack = C + 7,
		  .text = "221 bye");
	assert_int_equal(kernel_read_ring(k), 3);
	assert_int_equal(k->told[1].head.ack, C + 7);
	assert_int_equal(k->told[2].head.flags, RECORD_FIN);
}

static int setup_small_ring(void **state)
{
	return setup_with(state, &(struct kernel_options){.ring_bytes = 4096});
}

/* Nobody reads: mail flows, the loss is counted, and the ring works again once it is read. */
static void test_full_ring(void **state)
{
	struct kernel *k = *state;
	uint64_t lost;

	banner(k);
	for (uint32_t i = 0; i < 100; i++)
		client_says(k, C + 1 + 8 * i, END, "NOOP 1\r\n");
	lost = fate_sum(k, FATE_RECORD_LOST);
	assert_in_range(lost, 1, 100);
	assert_int_equal(kernel_read_ring(k), (int)(101 - lost));
	client_says(k, C + 1, END, "NOOP 1\r\n");
	assert_int_equal(kernel_read_ring(k), 1);
	assert_int_equal(fate_sum(k, FATE_RECORD_LOST), lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_what_a_record_holds),
		packet_test(test_addresses_of_ip6),
		packet_test(test_ends_are_told),
		packet_test(test_acknowledgements_that_confirm),
		packet_test(test_overlapping_segments_are_both_told),
		packet_test(test_a_byte_a_segment),
		packet_test(test_long_segments_are_cut),
		packet_test(test_long_replies),
		packet_test(test_jumbo_frames),
		packet_test(test_starttls_goes_dark),
		packet_test(test_refused_starttls_stays_visible),
		packet_test(test_starttls_elsewhere_is_no_command),
		packet_test(test_bodies_are_quiet),
		packet_test(test_what_is_no_354),
		cmocka_unit_test_setup_teardown(test_budget_of_the_client, setup_small_budgets,
						teardown),
		cmocka_unit_test_setup_teardown(test_budget_is_charged_by_acknowledgement,
						setup_small_budgets, teardown),
		cmocka_unit_test_setup_teardown(test_early_bytes_come_before_the_budget,
						setup_small_budgets, teardown),
		cmocka_unit_test_setup_teardown(test_budget_of_the_server, setup_small_budgets,
						teardown),
		cmocka_unit_test_setup_teardown(test_full_ring, setup_small_ring, teardown),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
