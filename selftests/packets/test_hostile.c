// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients that want the tap to look away: decoys with a bad checksum, which it sees and the
 * server's stack does not, and which must neither close its eyes nor use up its room.
 */
#include "talk.h"

#define GUILTY "EHLO [203.0.113.25]\r\n"
#define SPOKE  (C + (uint32_t)sizeof(GUILTY)) /* one past it where it comes first */

static uint32_t length(const char *text)
{
	return (uint32_t)strlen(text);
}

static void guilty_is_told(struct kernel *k)
{
	for (size_t i = 0; i < k->told_count; i++) {
		const struct record *r = &k->told[i].head;

		if (r->from == FROM_CLIENT && r->cap == strlen(GUILTY) &&
		    !memcmp(r->data, GUILTY, r->cap))
			return;
	}
	fail_msg("none of %zu records holds the guilty command", k->told_count);
}

/* STARTTLS between two lines of the banner: the second of them does not grant it. */
static void test_starttls_that_the_server_never_took(void **state)
{
	static const char *const lines[] = {"220-mx.our.example ESMTP\r\n",
					    "220 mx.our.example ESMTP\r\n"};
	const uint32_t between = S + 1 + length(lines[0]), end = between + length(lines[1]);
	struct kernel *k = *state;

	server_says(k, S + 1, C + 1, lines[0]);
	client_says(k, C + 1, between, "STARTTLS\r\n");
	server_says(k, between, C + 1, lines[1]);
	client_says(k, C + 1, end, GUILTY);
	server_says(k, end, SPOKE, "250 mx\r\n");
	client_says(k, SPOKE, end + 8, "MAIL FROM:<>\r\n");
	assert_int_equal(kernel_read_ring(k), 6);
	guilty_is_told(k);
}

/* The same, with bytes in the decoy's place that the server does take. */
static void test_starttls_in_the_place_of_early_talk(void **state)
{
	struct kernel *k = *state;

	server_says(k, S + 1, C + 1, "220-mx\r\n");
	client_says(k, C + 1, S + 9, GUILTY);
	client_says(k, C + 1, S + 9, "STARTTLS\r\n");
	server_says(k, S + 9, SPOKE, "220 mx\r\n");
	client_says(k, SPOKE, S + 17, "MAIL FROM:<>\r\n");
	assert_int_equal(kernel_read_ring(k), 5);
	guilty_is_told(k);
}

/* Later on a 220 answers nothing else, but only bytes that the server has. */
static void test_starttls_unacknowledged(void **state)
{
	static const struct {
		uint32_t at, acknowledged;
	} cases[] = {{0, 7}, {1, 8}, {5000, 5007}};
	const uint32_t c = C + 9;
	uint32_t s = END + 8;
	struct kernel *k = *state;

	greeting(k);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++, s += 13) {
		client_says(k, c + cases[i].at, s, "STARTTLS\r\n");
		server_says(k, s, c + cases[i].acknowledged, "220 strange\r\n");
		client_says(k, c + cases[i].acknowledged, s + 13, "NOOP\r\n");
	}
}

static void decoys(struct kernel *k, uint32_t seq, int count, enum fate fate)
{
	for (int i = 0; i < count; i++)
		ingress_is(k, fate, .flags = ACK | PSH, .seq = seq, .ack = END, .text = "NOOP ",
			   .len = 1400);
}

/* Bytes beyond the budget's place in the stream are no evidence, and cost nothing. */
static void test_decoys_far_ahead(void **state)
{
	struct kernel *k = *state;

	banner(k);
	decoys(k, C + 1 + 40000, 60, FATE_MAIL_QUIET);
	client_says(k, C + 1, END, GUILTY);
	server_says(k, END, SPOKE, "250 mx\r\n");
	assert_int_equal(kernel_read_ring(k), 3);
	guilty_is_told(k);
}

static void test_decoys_in_the_place_of_a_command(void **state)
{
	struct kernel *k = *state;

	banner(k);
	decoys(k, C + 1, 11, FATE_MAIL_SEEN);
	client_says(k, C + 1, END, GUILTY);
	server_says(k, END, SPOKE, "250 mx\r\n");
	assert_int_equal(kernel_read_ring(k), 14);
	guilty_is_told(k);
	told_text(k, 13, FROM_SERVER, 0, "250 mx\r\n");
}

/*
 * However many there are: they are bounded, what they may have hidden is known to be unknown, and
 * the next command is seen again.
 */
static void test_decoys_without_end(void **state)
{
	const int room = FLOW_AHEAD / 1400 + 1;
	struct kernel *k = *state;

	banner(k);
	decoys(k, C + 1, room, FATE_MAIL_SEEN);
	decoys(k, C + 1, 1000, FATE_MAIL_QUIET);
	egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = END, .ack = C + 9);
	assert_int_equal(kernel_read_ring(k), room + 2);
	told_text(k, (size_t)room + 1, FROM_SERVER, RECORD_MISSED, "");
	client_says(k, C + 9, END, GUILTY);
	assert_int_equal(kernel_read_ring(k), 1);
	guilty_is_told(k);
}

static void early(struct kernel *k, uint32_t seq, uint32_t ack, const char *text)
{
	ingress_is(k, FATE_MAIL_HELD, .flags = ACK | PSH, .seq = seq, .ack = ack, .text = text);
}

/* Junk takes the room of early segments, whatever its numbers: before the real one, or after it. */
static void test_junk_around_early_talk(void **state)
{
	static const struct {
		int before, after;
	} cases[] = {{4, 0}, {0, 4}, {7, 0}, {0, 7}, {100, 3}, {3, 100}};
	struct kernel *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool missed = cases[i].before + cases[i].after >= EARLY_SEGMENTS;

		for (int j = 0; j < cases[i].before; j++)
			early(k, C + 100001, S + 9, "x");
		early(k, C + 1, S + 1, GUILTY);
		for (int j = 0; j < cases[i].after; j++)
			early(k, C + 100001, S + 9, "x");
		egress_is(k, FATE_REPLY_SEEN, REPLY, .flags = ACK, .seq = S + 1, .ack = SPOKE);
		assert_int_equal(kernel_read_ring(k), 2);
		told_text(k, 0, FROM_CLIENT, RECORD_EARLY, GUILTY);
		told_text(k, 1, FROM_SERVER, RECORD_BIRTH | (missed ? RECORD_MISSED : 0), "");
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S, .ack = C + 1);
	}
}

/* On both sides there is too much of it: the agent learns that something is missing. */
static void test_early_talk_that_is_lost(void **state)
{
	struct kernel *k = *state;

	for (int i = 0; i < 12; i++)
		early(k, C + 100001, S + 9, "x");
	early(k, C + 1, S + 1, GUILTY);
	for (int i = 0; i < 4; i++)
		early(k, C + 100001, S + 9, "x");
	egress_is(k, FATE_REPLY_BARE, REPLY, .flags = ACK, .seq = S + 1, .ack = SPOKE);
	server_says(k, S + 1, SPOKE, BANNER);
	assert_int_equal(kernel_read_ring(k), 1);
	told_text(k, 0, FROM_SERVER, RECORD_BIRTH | RECORD_MISSED, BANNER);
}

/* A segment as long as GRO makes them, with the command near its end. */
static void test_command_deep_in_a_segment(void **state)
{
	static const uint32_t places[] = {2048, 4000, RECORD_BYTES - sizeof(GUILTY) + 1};
	struct kernel *k = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		static char text[RECORD_BYTES + 1];
		const struct record *r = &k->told[1].head;

		memset(text, 'x', sizeof(text));
		memcpy(text, "NOOP ", 5);
		memcpy(text + places[i] - 2, "\r\n" GUILTY, sizeof(GUILTY) + 2);
		banner(k);
		client_says(k, C + 1, END, text);
		assert_int_equal(kernel_read_ring(k), 2);
		assert_int_equal(r->len, strlen(text));
		assert_int_equal(r->cap, r->len);
		assert_memory_equal(r->data, text, r->cap);
		egress_is(k, FATE_REPLY_BARE, REPLY, .flags = SYN | ACK, .seq = S, .ack = C + 1);
	}
	assert_int_equal(fate_sum(k, FATE_RECORD_CUT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_starttls_that_the_server_never_took),
		packet_test(test_starttls_in_the_place_of_early_talk),
		packet_test(test_starttls_unacknowledged),
		packet_test(test_decoys_far_ahead),
		packet_test(test_decoys_in_the_place_of_a_command),
		packet_test(test_decoys_without_end),
		packet_test(test_junk_around_early_talk),
		packet_test(test_early_talk_that_is_lost),
		packet_test(test_command_deep_in_a_segment),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
