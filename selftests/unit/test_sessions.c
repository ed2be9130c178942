// SPDX-License-Identifier: GPL-2.0-or-later
/* Ring records into sessions: born, reborn, contradictory, silent, closing, too many. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/sessions.h"

#define BANNER "220 mx.mxdp.example ESMTP\r\n"
#define EHLO   "EHLO client.example.net\r\n"
#define PLAIN  "250 mx.mxdp.example\r\n"
#define GUILTY "EHLO [203.0.113.25]\r\n"

/* What the handlers were told of the session that ended last. */
static struct {
	unsigned changed, ended;
	struct findings findings;
	bool partial, starttls;
	unsigned accepted;
	size_t helos;
	uint64_t proof;
	uint16_t client_port;
	bool unusual; /* some byte beyond SESSION_USUAL is in use */
} seen;

static void on_changed(struct session *session, void *context)
{
	assert_ptr_equal(context, &seen);
	seen.changed++;
	seen.proof = session->proof;
	seen.findings = session->dialogue.findings;
}

static void on_ended(struct session *session, void *context)
{
	const uint8_t *bytes = (const uint8_t *)session;

	assert_ptr_equal(context, &seen);
	seen.ended++;
	seen.findings = session->dialogue.findings;
	seen.partial = session->dialogue.partial;
	seen.starttls = session->dialogue.starttls;
	seen.accepted = session->dialogue.accepted;
	seen.helos = session->dialogue.helo.seen;
	seen.client_port = ntohs(session->flow.client_port);
	seen.unusual = false;
	for (size_t i = SESSION_USUAL; i < sizeof(*session); i++)
		seen.unusual |= bytes[i] != 0;
}

static struct session *named; /* the last one that said who it is */

static void on_named(struct session *session, void *context)
{
	assert_ptr_equal(context, &seen);
	named = session;
}

/* A connection as the tap sees it. */
struct wire {
	struct sessions *s;
	struct flow_key flow;
	uint32_t client, server; /* next sequence numbers */
	uint64_t now;            /* milliseconds */
};

static struct config config;
static struct dialogue_rules rules;

static struct sessions *begin(void)
{
	const struct session_handlers handlers = {
		.changed = on_changed, .ended = on_ended, .named = on_named};
	struct sessions *s;

	memset(&seen, 0, sizeof(seen));
	s = sessions_new(&config, &rules, &handlers, &seen);
	assert_non_null(s);
	return s;
}

static struct wire connect_from(struct sessions *s, uint16_t port)
{
	struct wire w = {.s = s, .client = 0xfffffff0U, .server = 0xffffffe0U, .now = 1000000};

	assert_true(addr_parse(&w.flow.client, "198.51.100.7"));
	assert_true(addr_parse(&w.flow.server, "203.0.113.25"));
	w.flow.client_port = htons(port);
	w.flow.server_port = htons(25);
	return w;
}

union any_record {
	struct record head;
	uint8_t bytes[offsetof(struct record, data) + RECORD_BYTES];
};

static void tell(struct wire *w, uint8_t from, uint8_t flags, uint32_t seq, uint32_t ack,
		 const char *text, size_t cap)
{
	size_t len = strlen(text);
	union any_record r = {.head = {.time = w->now * 1000000, .flow = w->flow}};

	assert_true(cap <= len && len <= RECORD_BYTES);
	r.head.from = from;
	r.head.flags = flags;
	r.head.seq = seq;
	r.head.ack = ack;
	r.head.len = (uint16_t)len;
	r.head.cap = (uint16_t)cap;
	memcpy(r.bytes + offsetof(struct record, data), text, cap);
	sessions_record(w->s, &r.head, offsetof(struct record, data) + cap, w->now);
}

static void client(struct wire *w, const char *text)
{
	tell(w, FROM_CLIENT, 0, w->client, w->server, text, strlen(text));
	w->client += (uint32_t)strlen(text);
}

static void server_with(struct wire *w, uint8_t flags, const char *text)
{
	tell(w, FROM_SERVER, flags, w->server, w->client, text, strlen(text));
	w->server += (uint32_t)strlen(text);
}

static void server(struct wire *w, const char *text)
{
	server_with(w, 0, text);
}

static void birth(struct wire *w)
{
	server_with(w, RECORD_BIRTH, BANNER);
}

static void client_fin(struct wire *w)
{
	tell(w, FROM_CLIENT, RECORD_FIN, w->client++, w->server, "", 0);
}

static void server_fin(struct wire *w)
{
	tell(w, FROM_SERVER, RECORD_FIN, w->server++, w->client, "", 0);
}

static void one_mail(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	assert_int_equal(sessions_count(s), 1);
	client(&w, EHLO);
	server(&w, PLAIN);
	client(&w, "MAIL FROM:<a@example.net>\r\n");
	server(&w, "250 ok\r\n");
	client(&w, "DATA\r\n");
	server(&w, "354 go\r\n");
	w.client += 5000; /* a message: no records of it */
	server(&w, "250 queued\r\n");
	assert_int_equal(seen.changed, 1); /* accepted */
	client(&w, "QUIT\r\n");
	server(&w, "221 bye\r\n");
	server_fin(&w);
	client_fin(&w);
	sessions_free(s);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.changed, 1);
	assert_int_equal(seen.findings.count, 0);
	assert_int_equal(seen.accepted, 1);
	assert_false(seen.partial);
}

/* What a client says counts once the server's own stack has acknowledged it, and not before. */
static void judged_when_acknowledged(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, GUILTY);
	assert_int_equal(seen.changed, 0);
	w.now += 5;
	server(&w, "");
	assert_int_equal(seen.changed, 1);
	assert_int_equal(seen.findings.count, 1);
	assert_int_equal(seen.findings.list[0].id, FINDING_HELO_OUR_ADDRESS);
	assert_int_equal(seen.proof, w.now * 1000000);
	server(&w, PLAIN);
	assert_int_equal(seen.changed, 1);
	sessions_free(s);
	assert_int_equal(seen.changed, 1); /* nothing new at the end */
	assert_int_equal(seen.ended, 1);
}

static void never_acknowledged(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, GUILTY);
	sessions_free(s);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.findings.count, 0);
	assert_int_equal(seen.helos, 0);
}

/* A decoy for the same place comes first or last: both are judged. */
static void decoys(void **state)
{
	(void)state;
	for (int last = 0; last < 2; last++) {
		struct sessions *s = begin();
		struct wire w = connect_from(s, 4001);
		const char *decoy = "EHLO client.exam.pl\r\n";

		assert_int_equal(strlen(decoy), strlen(GUILTY));
		birth(&w);
		tell(&w, FROM_CLIENT, 0, w.client, w.server, last ? GUILTY : decoy, strlen(decoy));
		client(&w, last ? decoy : GUILTY);
		server(&w, PLAIN);
		assert_int_equal(seen.findings.count, 1);
		assert_int_equal(seen.findings.list[0].id, FINDING_HELO_OUR_ADDRESS);
		sessions_free(s);
		assert_int_equal(seen.helos, 2);
	}
}

static void early(struct wire *w, uint32_t at, const char *text)
{
	tell(w, FROM_CLIENT, RECORD_EARLY, w->client + at, w->server, text, strlen(text));
}

/* Early segments in any order, then an acknowledgement alone, then the banner. */
static void early_talk(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	struct wire other = connect_from(s, 4002);

	(void)state;
	birth(&other); /* from which the server is known not to invite it */
	client(&other, EHLO);
	server(&other, PLAIN);
	early(&w, 5, "client.example.net\r\n");
	early(&w, 0, "EHLO ");
	w.client += (uint32_t)strlen(EHLO);
	server_with(&w, RECORD_BIRTH, "");
	assert_int_equal(sessions_count(s), 2);
	assert_int_equal(seen.changed, 0); /* no banner yet */
	server(&w, BANNER);
	assert_int_equal(seen.changed, 1);
	assert_int_equal(seen.findings.list[0].id, FINDING_EARLY_TALKER);
	sessions_free(s);
	assert_int_equal(seen.ended, 2);
	assert_int_equal(seen.helos, 1);
}

/* What a server invites on port 587 says nothing about port 25: another program may be there. */
static void ports_invite_apart(void **state)
{
	static const struct {
		uint16_t taught;
		size_t findings;
	} rounds[] = {{587, 0}, {25, 1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sessions *s = begin();
		struct wire w = connect_from(s, 4001);
		struct wire other = connect_from(s, 4002);

		other.flow.server_port = htons(rounds[i].taught);
		birth(&other);
		client(&other, EHLO);
		server(&other, PLAIN);
		early(&w, 0, EHLO);
		w.client += (uint32_t)strlen(EHLO);
		server_with(&w, RECORD_BIRTH, "");
		server(&w, BANNER);
		assert_int_equal(seen.changed, rounds[i].findings);
		sessions_free(s);
	}
}

/* An agent that has just started sees connections in their middle: nobody there spoke early. */
static void found_in_the_middle(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	struct wire other = connect_from(s, 4002);

	(void)state;
	birth(&other);
	client(&other, EHLO);
	server(&other, PLAIN);
	early(&w, 0, "MAIL FROM:<a@example.net>\r\n");
	w.client += 27;
	server_with(&w, RECORD_BIRTH, "");
	server(&w, "250 ok\r\n");
	client(&w, "GET / HTTP/1.0\r\n");
	server(&w, "500 what?\r\n");
	sessions_free(s);
	assert_int_equal(seen.changed, 0);
	assert_int_equal(seen.ended, 2);
	assert_true(seen.partial);
}

/* Records of a flow that an earlier agent saw being born. */
static void joined_midway(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	client(&w, "MAIL FROM:<a@example.net>\r\n");
	server(&w, "250 ok\r\n");
	client(&w, GUILTY);
	server(&w, PLAIN);
	assert_int_equal(seen.findings.count, 1);
	assert_int_equal(seen.findings.list[0].id, FINDING_HELO_OUR_ADDRESS);
	/* then the same addresses and ports connect anew */
	w.server += 100000;
	w.client += 100000;
	birth(&w);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.partial);
	client(&w, EHLO);
	server(&w, PLAIN);
	client_fin(&w);
	sessions_free(s);
	assert_int_equal(seen.ended, 2);
	assert_false(seen.partial);
	assert_int_equal(seen.findings.count, 0);
}

static void reborn(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, GUILTY);
	server(&w, PLAIN);
	assert_int_equal(seen.changed, 1);
	w.client += 5000000;
	w.server += 7000000;
	early(&w, 0, EHLO);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.findings.count, 1);
	w.client += (uint32_t)strlen(EHLO);
	birth(&w);
	assert_int_equal(sessions_count(s), 1);
	sessions_free(s);
	assert_int_equal(seen.ended, 2);
	assert_int_equal(seen.findings.count, 1); /* its own, not the first one's */
	assert_int_equal(seen.findings.list[0].id, FINDING_EARLY_TALKER);
	assert_int_equal(seen.helos, 1);
}

static void table_full(void **state)
{
	struct sessions *s;

	(void)state;
	config.sessions_max = 3;
	s = begin();
	for (uint16_t port = 1; port <= 5; port++) {
		struct wire w = connect_from(s, port);

		birth(&w);
		if (port == 3) { /* the first one speaks again: it is not the most silent */
			struct wire first = connect_from(s, 1);

			first.server += (uint32_t)strlen(BANNER);
			client(&first, EHLO);
		}
	}
	config.sessions_max = 100;
	assert_int_equal(sessions_count(s), 3);
	assert_int_equal(seen.ended, 2);
	assert_int_equal(seen.client_port, 3);
	assert_true(seen.partial);
	sessions_free(s);
	assert_int_equal(seen.ended, 5);
}

/* Thrown out before it could say what comes next: our name is held against it mildly only. */
static void thrown_out_with_our_name(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, "EHLO mx.mxdp.example\r\n");
	server(&w, PLAIN);
	assert_int_equal(seen.changed, 0);
	sessions_free(s);
	assert_int_equal(seen.changed, 1);
	assert_int_equal(seen.findings.list[0].id, FINDING_HELO_OUR_NAME);
	assert_true(seen.findings.list[0].mild);

	s = begin();
	w = connect_from(s, 4001);
	birth(&w);
	client(&w, "EHLO mx.mxdp.example\r\n");
	server(&w, PLAIN);
	client_fin(&w); /* it left by itself */
	sessions_free(s);
	assert_int_equal(seen.changed, 1);
	assert_false(seen.findings.list[0].mild);
}

static void silence(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	sessions_expire(s, w.now + 599999);
	assert_int_equal(sessions_count(s), 1);
	sessions_expire(s, w.now - 5000); /* a clock that runs backwards ends nothing */
	assert_int_equal(sessions_count(s), 1);
	w.now += 400000;
	client(&w, EHLO);
	sessions_expire(s, w.now + 599999);
	assert_int_equal(sessions_count(s), 1);
	sessions_expire(s, w.now + 600000);
	assert_int_equal(sessions_count(s), 0);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.partial);
	sessions_free(s);
	assert_int_equal(seen.ended, 1);
}

static void closing(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	struct wire quiet = connect_from(s, 4002);

	(void)state;
	birth(&quiet);
	birth(&w);
	client_fin(&w);
	server(&w, "421 bye\r\n"); /* more comes: it is not over */
	sessions_expire(s, w.now + 2000);
	assert_int_equal(sessions_count(s), 2);
	w.server += 10; /* some of it was lost: what is missing may still come */
	server_fin(&w);
	sessions_expire(s, w.now + 1999);
	assert_int_equal(sessions_count(s), 2);
	sessions_expire(s, w.now + 2000); /* the silent one stands before it and stays */
	assert_int_equal(sessions_count(s), 1);
	assert_int_equal(seen.client_port, 4001);
	assert_false(seen.partial);
	sessions_free(s);
}

static void say_goodbye(struct wire *w)
{
	birth(w);
	client(w, EHLO);
	server(w, PLAIN);
	client(w, "QUIT\r\n");
	server(w, "221 bye\r\n");
}

/* Nobody is waited for where both have ended and all was heard, whoever ends first. */
static void over_at_once(void **state)
{
	(void)state;
	for (int server_first = 0; server_first < 2; server_first++) {
		struct sessions *s = begin();
		struct wire w = connect_from(s, 4001);

		say_goodbye(&w);
		(server_first ? server_fin : client_fin)(&w);
		assert_int_equal(sessions_count(s), 1);
		(server_first ? client_fin : server_fin)(&w);
		assert_int_equal(sessions_count(s), 0);
		assert_int_equal(seen.ended, 1);
		assert_false(seen.partial);
		sessions_free(s);
		assert_int_equal(seen.ended, 1);
	}
}

/* What the server has not acknowledged yet may still be proven. */
static void over_when_acknowledged(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	uint32_t before;

	(void)state;
	birth(&w);
	before = w.client;
	client(&w, GUILTY);
	client_fin(&w);
	tell(&w, FROM_SERVER, RECORD_FIN, w.server, before, "", 0);
	assert_int_equal(sessions_count(s), 1);
	assert_int_equal(seen.changed, 0);
	tell(&w, FROM_SERVER, RECORD_FIN, w.server, w.client, "", 0);
	assert_int_equal(sessions_count(s), 0);
	assert_int_equal(seen.changed, 1);
	sessions_free(s);
}

/* A FIN that the server will drop, far ahead or where its client goes on, ends nothing. */
static void decoy_of_an_end(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	tell(&w, FROM_CLIENT, RECORD_FIN, w.client, w.server, "", 0);
	tell(&w, FROM_CLIENT, RECORD_FIN, w.client + 1000, w.server, "", 0);
	client(&w, GUILTY);
	server(&w, PLAIN);
	server_fin(&w);
	assert_int_equal(seen.findings.count, 1);
	assert_int_equal(sessions_count(s), 1);
	sessions_expire(s, w.now + 2000);
	assert_int_equal(sessions_count(s), 0);
	sessions_free(s);
}

/* Its owner has asked others about it. */
static void over_but_waiting(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	say_goodbye(&w);
	named->waiting = 1;
	server_fin(&w);
	client_fin(&w);
	/* Its server had not heard yet that this had come: no sign of life. */
	tell(&w, FROM_SERVER, 0, w.server - 10, w.client, "221 bye\r\n", 9);
	sessions_expire(s, w.now + 10000);
	assert_int_equal(sessions_count(s), 1);
	named->waiting = 0;
	sessions_expire(s, w.now + 2000);
	assert_int_equal(sessions_count(s), 0);
	sessions_free(s);
}

/* A segment sent twice comes late: it is of the session that is over, and of none other. */
static void late_segments(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	struct wire other = connect_from(s, 4002);

	(void)state;
	say_goodbye(&w);
	server_fin(&w);
	client_fin(&w);
	assert_int_equal(seen.ended, 1);
	w.now += 1999;
	tell(&w, FROM_SERVER, RECORD_FIN, w.server - 10, w.client, "221 bye\r\n", 9);
	tell(&w, FROM_CLIENT, 0, w.client - 7, w.server, "QUIT\r\n", 6);
	assert_int_equal(sessions_count(s), 0);
	server(&other, PLAIN);
	assert_int_equal(sessions_count(s), 1);
	birth(&w); /* its successor on the same ports is another one at once */
	assert_int_equal(sessions_count(s), 2);
	client_fin(&w);
	server_fin(&w);
	assert_int_equal(sessions_count(s), 1);
	w.now += 2000;
	server(&w, PLAIN);
	assert_int_equal(sessions_count(s), 2);
	sessions_free(s);
	assert_int_equal(seen.ended, 4);
}

/* What lies behind what the head of sessions.h calls usual is never written to, in new memory. */
static void memory_of_a_session(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	say_goodbye(&w);
	server_fin(&w);
	client_fin(&w);
	assert_int_equal(seen.ended, 1);
	assert_false(seen.unusual);
	w = connect_from(s, 4002);
	birth(&w);
	client(&w, GUILTY);
	server(&w, PLAIN);
	sessions_free(s);
	assert_int_equal(seen.findings.count, 1);
	assert_true(seen.unusual); /* so the look is one that finds something */
}

/* A reset carries any acknowledgement, and often none: nothing follows from it. */
static void resets(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, EHLO);
	tell(&w, FROM_CLIENT, RECORD_RST, w.client, w.server + 0x40000000U, "", 0); /* a decoy */
	tell(&w, FROM_SERVER, RECORD_RST, w.server, w.client + 0x40000000U, "", 0);
	server(&w, PLAIN);
	client(&w, GUILTY);
	server(&w, PLAIN);
	client_fin(&w);
	assert_int_equal(seen.findings.count, 1);
	sessions_free(s);
	assert_false(seen.partial);
	assert_int_equal(seen.helos, 2);
}

/* Behind STARTTLS the end is all that is seen: a FIN, and the RST to what comes after it. */
static void end_of_tls(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, EHLO);
	server(&w, "250-mx.mxdp.example\r\n250 STARTTLS\r\n");
	client(&w, "STARTTLS\r\n");
	server(&w, "220 ready\r\n");
	w.client += 5000;
	w.server += 3000;
	w.now += 60000;
	sessions_expire(s, w.now);
	assert_int_equal(seen.ended, 0);
	tell(&w, FROM_CLIENT, RECORD_FIN, w.client, w.server, "", 0);
	tell(&w, FROM_CLIENT, RECORD_RST, w.client + 1, 0, "", 0);
	sessions_expire(s, w.now + 1000);
	assert_int_equal(seen.ended, 0);
	sessions_expire(s, w.now + 2000);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.starttls);

	/* The RST alone may be a decoy. */
	birth(&w);
	client(&w, EHLO);
	tell(&w, FROM_CLIENT, RECORD_RST, w.client + 1, 0, "", 0);
	sessions_expire(s, w.now + 2000);
	assert_int_equal(seen.ended, 1);
	sessions_expire(s, w.now + 30000);
	assert_int_equal(seen.ended, 2);
	sessions_free(s);
}

/* What the server answers to a forger, long after the session that he claims to belong to. */
static void nothing_begins_bare(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	client(&w, EHLO);
	server(&w, PLAIN);
	client_fin(&w);
	server_fin(&w);
	assert_int_equal(seen.ended, 1);
	w.now += 3000;
	tell(&w, FROM_SERVER, RECORD_RST, w.server, w.client, "", 0);
	tell(&w, FROM_SERVER, 0, w.server, w.client, "", 0);
	tell(&w, FROM_CLIENT, RECORD_FIN, w.client, w.server, "", 0);
	assert_int_equal(sessions_count(s), 0);
	server(&w, PLAIN); /* a payload is somebody's */
	assert_int_equal(sessions_count(s), 1);
	sessions_free(s);
	assert_true(seen.partial);
}

/* The ring was full: what is missing is known to be missing. */
static void lost_records(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	w.client += (uint32_t)strlen(EHLO);
	server(&w, PLAIN);
	client(&w, "MAIL FROM:<a@example.net>\r\n");
	w.server += 8;
	client(&w, GUILTY);
	server(&w, PLAIN);
	sessions_free(s);
	assert_true(seen.partial);
	assert_int_equal(seen.findings.count, 1); /* neither no-helo nor pipelining */
	assert_int_equal(seen.findings.list[0].id, FINDING_HELO_OUR_ADDRESS);
}

/* More bytes on the wire than in the record: the rest is a hole. */
static void cut_records(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	birth(&w);
	tell(&w, FROM_CLIENT, 0, w.client, w.server, EHLO GUILTY, 10);
	w.client += (uint32_t)strlen(EHLO GUILTY);
	server(&w, PLAIN);
	sessions_free(s);
	assert_true(seen.partial);
	assert_int_equal(seen.helos, 0);
	assert_int_equal(seen.findings.count, 0);
}

static void odd_sizes(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	size_t head = offsetof(struct record, data);
	struct record *r;

	(void)state;
	for (size_t size = 0; size <= head + 20; size++) {
		/* on the heap with its exact size: reading on is caught by the sanitizer */
		r = calloc(1, size ? size : 1);
		assert_non_null(r);
		if (size >= head) {
			r->flow = w.flow;
			r->from = FROM_SERVER;
			r->flags = RECORD_BIRTH;
			r->len = 20;
			r->cap = 20;
		}
		sessions_record(s, r, size, w.now);
		assert_int_equal(sessions_count(s), size == head + 20);
		free(r);
	}
	sessions_free(s);
}

static void contradictory_records(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);
	union any_record r = {.head = {.flow = w.flow, .flags = RECORD_BIRTH, .from = FROM_SERVER}};
	size_t head = offsetof(struct record, data);

	(void)state;
	r.head.len = 3;
	r.head.cap = 4; /* more captured than there was */
	sessions_record(s, &r.head, head + 4, w.now);
	assert_int_equal(sessions_count(s), 0);
	r.head.cap = 3;
	r.head.from = 2; /* from nobody */
	sessions_record(s, &r.head, head + 3, w.now);
	assert_int_equal(sessions_count(s), 0);
	r.head.from = FROM_SERVER;
	sessions_record(s, &r.head, head + 3 + 8, w.now); /* padding behind it */
	assert_int_equal(sessions_count(s), 1);
	sessions_free(s);
}

/* The port decides what is held against whom. */
static void submission(void **state)
{
	struct sessions *s = begin();
	struct wire w = connect_from(s, 4001);

	(void)state;
	w.flow.server_port = htons(587);
	birth(&w);
	client(&w, GUILTY);
	server(&w, PLAIN);
	sessions_free(s);
	assert_int_equal(seen.helos, 1);
	assert_int_equal(seen.findings.count, 0);
}

static int prepare(void **state)
{
	(void)state;
	config.ports[PORTS_MX][0] = 25;
	config.ports[PORTS_SUBMISSION][0] = 587;
	config.sessions_max = 100;
	policy_defaults(&config.policy);
	rules.policy = &config.policy;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_mail),
		cmocka_unit_test(judged_when_acknowledged),
		cmocka_unit_test(never_acknowledged),
		cmocka_unit_test(decoys),
		cmocka_unit_test(early_talk),
		cmocka_unit_test(ports_invite_apart),
		cmocka_unit_test(found_in_the_middle),
		cmocka_unit_test(joined_midway),
		cmocka_unit_test(reborn),
		cmocka_unit_test(table_full),
		cmocka_unit_test(thrown_out_with_our_name),
		cmocka_unit_test(silence),
		cmocka_unit_test(closing),
		cmocka_unit_test(over_at_once),
		cmocka_unit_test(over_when_acknowledged),
		cmocka_unit_test(decoy_of_an_end),
		cmocka_unit_test(over_but_waiting),
		cmocka_unit_test(late_segments),
		cmocka_unit_test(memory_of_a_session),
		cmocka_unit_test(resets),
		cmocka_unit_test(end_of_tls),
		cmocka_unit_test(nothing_begins_bare),
		cmocka_unit_test(lost_records),
		cmocka_unit_test(cut_records),
		cmocka_unit_test(odd_sizes),
		cmocka_unit_test(contradictory_records),
		cmocka_unit_test(submission),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
