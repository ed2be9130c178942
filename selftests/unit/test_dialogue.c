// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenes of SMTP: what each is held to be, and what it must not be taken for. */
#include "talk.h"

struct scene {
	const char *what;
	const char *findings; /* all there may be */
	const char *lines[24];
};

static void play(const struct scene *scenes, size_t count, void (*prepare)(struct talk *))
{
	for (size_t i = 0; i < count; i++) {
		struct talk t;
		char found[1024];

		talk_begin(&t, NULL);
		if (prepare)
			prepare(&t);
		talk_lines(&t, scenes[i].lines);
		dialogue_end(&t.d);
		talk_findings(&t, found, sizeof(found));
		if (strcmp(found, scenes[i].findings))
			fail_msg("%s: found \"%s\", expected \"%s\"", scenes[i].what, found,
				 scenes[i].findings);
	}
}

#define PLAY(scenes, prepare) play(scenes, sizeof(scenes) / sizeof(scenes[0]), prepare)

#define BANNER "S: 220 mx.mxdp.example ESMTP"
#define EHLO   "C: EHLO client.example.net"
#define PLAIN  "S: 250 mx.mxdp.example"
#define PIPES \
	"S: 250-mx.mxdp.example", "S: 250-PIPELINING", "S: 250-CHUNKING", "S: 250 SIZE 10240000"
#define INVITES "S: 250-mx.mxdp.example", "S: 250-PIPECONNECT", "S: 250 PIPELINING"
#define OK      "S: 250 2.0.0 Ok"

static const struct scene ordinary[] = {
	{"a mail without extensions",
	 "",
	 {BANNER, EHLO, PLAIN, "C: MAIL FROM:<a@example.net>", OK, "C: RCPT TO:<b@mxdp.example>",
	  OK, "C: DATA", "S: 354 go", "C: Subject: x", "C: EHLO 203.0.113.25", "C: .", OK,
	  "C: QUIT", "S: 221 bye"}},
	{"pipelining where it is announced",
	 "",
	 {BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>",
	  "C: RCPT TO:<c@mxdp.example>", "C: DATA", OK, OK, OK, "S: 354 go", "C: ..", "C: .", OK,
	  "C: RSET", "C: MAIL FROM:<d@example.net>", "C: RCPT TO:<e@mxdp.example>", "C: QUIT"}},
	{"the server says more than one line at a time",
	 "",
	 {"s: 220-mx.mxdp.example\r\n220 ready\r\n", EHLO,
	  "s: 250-mx.mxdp.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
	  "c: MAIL FROM:<>\r\nRCPT TO:<b@mxdp.example>\r\nDATA\r\n",
	  "s: 250 ok\r\n250 ok\r\n354 go\r\n", "C: .", OK, "C: QUIT", "S: 221 bye"}},
	{"lines in pieces",
	 "",
	 {"s: 220 mx.", "s: mxdp.exam", "s: ple ESMTP\r", "s: \n", "c: EH", "c: LO client.",
	  "c: example.net\r", "c: \n", PLAIN, "c: QUI", "c: T\r\n"}},
	{"NOOP, RSET, VRFY and HELP need no HELO",
	 "",
	 {BANNER, "C: NOOP", OK, "C: RSET", OK, "C: VRFY postmaster", "S: 252 maybe", "C: HELP",
	  "S: 214 see RFC 5321", "C: QUIT", "S: 221 bye"}},
	{"chunks that hold lines like commands",
	 "",
	 {BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>",
	  "C: BDAT 24 LAST", "C: EHLO 203.0.113.25\r\n\n", OK, OK, OK, "C: QUIT"}},
	{"several CRs in front of the LF",
	 "",
	 {BANNER, "c: EHLO client.example.net\r\r\r\n", PLAIN, "C: QUIT"}},
	{"refused at once", "", {"S: 554 5.7.1 no", "C: QUIT", "S: 221 bye"}},
	{"a teaser, then refused", "", {"S: 220-wait", "S: 521 no", "C: QUIT", "S: 221 bye"}},
	{"timed out", "", {BANNER, EHLO, PLAIN, "S: 421 4.4.2 timeout"}},
};

static void ordinary_mail(void **state)
{
	(void)state;
	PLAY(ordinary, NULL);
}

static const struct scene early[] = {
	{"EHLO before the banner", "early-talker", {EHLO, BANNER, PLAIN}},
	{"acknowledged later, but sent before",
	 "early-talker",
	 {BANNER, "C1: EHLO client.example.net", PLAIN}},
	{"between the lines of the banner",
	 "early-talker",
	 {"S: 220-wait for it", EHLO, "S: 220 ready", PLAIN}},
	{"before the last line of the banner",
	 "early-talker",
	 {"S: 220-wait for it", "S: 220 ready", "C1: EHLO client.example.net", PLAIN}},
	{"a whole mail before the banner",
	 "early-talker",
	 {"c: EHLO client.example.net\r\nMAIL FROM:<a@example.net>\r\n", BANNER, PLAIN, OK}},
	{"the rest of a long segment was not seen",
	 "early-talker",
	 {"c: EHLO client.example.net\r\nMAIL FROM:<", "C! 300", BANNER, PLAIN}},
	{"before the banner, which is a refusal behind a teaser",
	 "early-talker",
	 {"S: 220-wait for it", EHLO, "S: 521 no"}},
	{"no banner came", "", {EHLO}},
	{"no banner, but a refusal: it may be mid-session", "", {EHLO, "S: 550 no"}},
	{"half a banner is none yet", "", {EHLO, "s: 220 mx.mxdp"}},
	{"after the banner", "", {"S: 220-wait for it", "S: 220 ready", EHLO, PLAIN}},
	{"TLS clients always speak first; that is a lesser matter",
	 "tls-on-25",
	 {"c: \x16\x03\x01\x02", BANNER}},
};

static void early_talk(void **state)
{
	(void)state;
	PLAY(early, NULL);
}

static void profile_unknown(struct talk *t)
{
	t->profile.pipe_connect = PIPE_CONNECT_UNKNOWN;
}

static void profile_yes(struct talk *t)
{
	t->profile.pipe_connect = PIPE_CONNECT_YES;
}

static const struct scene invited_early[] = {
	{"an invitation stands", "", {EHLO, BANNER, INVITES}},
	{"an invitation is not withdrawn by one reply without it", "", {EHLO, BANNER, PIPES}},
};

static const struct scene unknown_early[] = {
	{"nothing is known of the server", "", {EHLO, BANNER}},
	{"it invites", "", {EHLO, BANNER, INVITES}},
	{"it does not: known from this very session", "early-talker", {EHLO, BANNER, PIPES}},
	{"a word of the host name is no keyword",
	 "early-talker",
	 {EHLO, BANNER, "S: 250-PIPECONNECT", "S: 250 SIZE"}},
	{"the reply has a hole: it may have stood there",
	 "",
	 {EHLO, BANNER, "S: 250-mx.mxdp.example", "S! 20", "S: 250 SIZE"}},
	{"the reply to HELO says nothing of it", "", {"C: HELO client.example.net", BANNER, PLAIN}},
};

static void early_talk_that_is_invited(void **state)
{
	(void)state;
	PLAY(invited_early, profile_yes);
	PLAY(unknown_early, profile_unknown);
}

static void profile_is_learnt(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	profile_unknown(&t);
	TALK(&t, BANNER, EHLO, PIPES);
	assert_int_equal(t.profile.pipe_connect, PIPE_CONNECT_NO);
	TALK(&t, EHLO, INVITES);
	assert_int_equal(t.profile.pipe_connect, PIPE_CONNECT_YES);
	TALK(&t, EHLO, PIPES); /* other clients may be invited all the same */
	assert_int_equal(t.profile.pipe_connect, PIPE_CONNECT_YES);
}

/* A connection found again in its middle: what a fresh agent sees of those that go on. */
static const struct scene middle[] = {
	{"a command before any reply was seen", "", {"C: MAIL FROM:<a@example.net>", OK}},
	{"a message body",
	 "",
	 {"c: GET / HTTP/1.1 was in our log\nHELO 203.0.113.25\n", OK, "C: QUIT"}},
	{"TLS, the server first", "", {"s: \x17\x03\x03\x01\n\n", "c: \x17\x03\x03\n\n\n"}},
	{"TLS, the client first", "", {"c: \x17\x03\x03\n\n\n", "s: \x17\x03\x03\x01"}},
	{"STARTTLS, and its 220 looks like a banner",
	 "",
	 {"C: STARTTLS", "S: 220 ready for TLS", "c: \x16\x03\x01"}},
	{"a 354", "", {"C: DATA", "S: 354 go", "C: EHLO 203.0.113.25", "C: .", OK}},
	{"the banner has a hole", "", {"s: 220-mx", "S! 10", EHLO, PLAIN}},
	{"the banner is a hole", "", {"S! 30", EHLO, PLAIN}},
	{"what the server says is no SMTP", "", {"S: hello", EHLO}},
	{"a later HELO is judged", "helo-our-address", {OK, "C: HELO 203.0.113.25", PLAIN}},
};

static void found_in_the_middle(void **state)
{
	(void)state;
	PLAY(middle, NULL);
}

static const struct scene pipelined[] = {
	{"MAIL before the reply to EHLO",
	 "illegal-pipelining",
	 {BANNER, EHLO, "C: MAIL FROM:<a@example.net>", PLAIN, OK}},
	{"MAIL before the reply to EHLO was read",
	 "illegal-pipelining",
	 {BANNER, EHLO, PLAIN, "C1: MAIL FROM:<a@example.net>", OK}},
	{"the middle of the reply to EHLO was read",
	 "illegal-pipelining",
	 {BANNER, EHLO, PIPES, "C1: MAIL FROM:<a@example.net>", OK}},
	{"RCPT before the reply to MAIL, without PIPELINING",
	 "illegal-pipelining",
	 {BANNER, EHLO, PLAIN, "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>", OK,
	  OK}},
	{"the same with PIPELINING",
	 "",
	 {BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>", OK,
	  "C: DATA", OK, "S: 354 go"}},
	{"something behind DATA",
	 "illegal-pipelining",
	 {BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>",
	  "C: DATA", "C: Subject: x", OK, OK, "S: 354 go"}},
	{"something behind NOOP, before its reply was read",
	 "illegal-pipelining",
	 {BANNER, EHLO, PIPES, "C: NOOP", OK, "C1: QUIT", "S: 221 bye"}},
	{"after an EHLO that takes PIPELINING back",
	 "illegal-pipelining",
	 {BANNER, EHLO, PIPES, EHLO, PLAIN, "C: MAIL FROM:<a@example.net>",
	  "C: RCPT TO:<b@mxdp.example>", OK, OK}},
	{"it cannot be told where commands were missed",
	 "",
	 {BANNER, EHLO, PIPES, "C! 10", "C: NOOP", "C: NOOP", OK, OK}},
	{"nor where replies were",
	 "",
	 {BANNER, EHLO, "S! 40", "C: MAIL FROM:<a@example.net>", "C: RCPT TO:<b@mxdp.example>"}},
};

static void illegal_pipelining(void **state)
{
	(void)state;
	PLAY(pipelined, NULL);
}

/* Longer groups than there is room for single commands: Exim sends a hundred recipients at once. */
static void many_recipients(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net>");
	for (int i = 0; i < 1000; i++)
		TALK(&t, "C: RCPT TO:<b@mxdp.example>");
	TALK(&t, "C: DATA", OK);
	for (int i = 0; i < 10; i++) {
		char line[4096] = "s: ";

		for (int n = 0; n < 100; n++)
			strcat(line, "250 ok\r\n");
		TALK(&t, line);
	}
	TALK(&t, "S: 354 go", "C: x", "C: .", OK, "C: QUIT", "S: 221 bye");
	TALK_EXPECT(&t, "");
	assert_int_equal(t.d.accepted, 1);
	assert_int_equal(t.d.rcpt_to.seen, 1000);
	assert_false(t.d.partial);
}

/* More different commands at once than can be kept in mind: nothing is guessed from then on. */
static void too_many_commands(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER, EHLO, PIPES);
	for (int i = 0; i < DIALOGUE_PENDING; i++)
		TALK(&t, "C: MAIL FROM:<a@example.net>", "C: RSET");
	TALK(&t, OK, "C: NOOP", "C: NOOP", "C: QUIT");
	TALK_EXPECT(&t, "");
	assert_true(t.d.partial);
}

static const struct scene manners[] = {
	{"LF alone", "bare-lf", {BANNER, "c: EHLO client.example.net\n", PLAIN, "C: QUIT"}},
	{"an empty line of LF alone", "bare-lf", {BANNER, "c: \n", "S: 500 what?"}},
	{"LF alone in a message is not looked at",
	 "",
	 {BANNER, EHLO, PLAIN, "C: DATA", "S: 354 go", "c: x\ny\n.\r\n", OK}},
	{"a line longer than is kept, with CR LF",
	 "",
	 {BANNER, EHLO, PLAIN, "c: NOOP ", "c: " /* filled below */, "c: \r\n", OK}},
	{"MAIL without HELO", "no-helo", {BANNER, "C: MAIL FROM:<a@example.net>", OK}},
	{"HELO may have been missed", "", {BANNER, "C! 20", "C: MAIL FROM:<a@example.net>", OK}},
	{"four unknown commands",
	 "",
	 {BANNER, "C: a", "S: 500 no", "C: b", "S: 502 no", "C: c", "S: 500 no", "C: d",
	  "S: 502 no", "C: QUIT", "S: 221 bye"}},
	{"five unknown commands",
	 "junk-commands",
	 {BANNER, "C: a", "S: 500 no", "C: b", "S: 502 no", "C: c", "S: 500 no", "C: d",
	  "S: 502 no", "C: e", "S: 500 no"}},
	{"five refusals of another kind",
	 "",
	 {BANNER, "C: a", "S: 501 no", "C: b", "S: 503 no", "C: c", "S: 550 no", "C: d",
	  "S: 554 no", "C: e", "S: 451 no", "C: f", "S: 501 no"}},
};

static void bad_manners(void **state)
{
	static struct scene scenes[sizeof(manners) / sizeof(manners[0])];
	static char filler[DIALOGUE_LINE + 100] = "c: ";

	(void)state;
	memcpy(scenes, manners, sizeof(manners));
	memset(filler + 3, 'x', sizeof(filler) - 4);
	scenes[3].lines[4] = filler;
	PLAY(scenes, NULL);
}

/* HELO */

static const struct scene own_name[] = {
	{"then MAIL",
	 "helo-our-name",
	 {BANNER, "C: EHLO mx.mxdp.example", PLAIN, "C: MAIL FROM:<a@example.net>"}},
	{"then QUIT", "helo-our-name", {BANNER, "C: EHLO MX.mxdp.example", PLAIN, "C: QUIT"}},
	{"then the end", "helo-our-name", {BANNER, "C: HELO mx.mxdp.example", PLAIN}},
	{"then STARTTLS",
	 "helo-our-name~",
	 {BANNER, "C: EHLO mx.mxdp.example", PIPES, "C: STARTTLS", "S: 220 go", "c: \x16\x03\x01"}},
	{"then AUTH",
	 "helo-our-name~",
	 {BANNER, "C: EHLO mx.mxdp.example", "S: 250-mx.mxdp.example", "S: 250 AUTH PLAIN",
	  "C: AUTH PLAIN AGEAYg==", "S: 535 no"}},
	{"then AUTH, then again",
	 "helo-our-name~",
	 {BANNER, "C: EHLO mx.mxdp.example", "S: 250-mx.mxdp.example", "S: 250 AUTH PLAIN",
	  "C: AUTH PLAIN AGEAYg==", "S: 535 no", "C: EHLO mx.mxdp.example", PLAIN, "C: QUIT"}},
	{"then RSET and NOOP, then STARTTLS",
	 "helo-our-name~",
	 {BANNER, "C: EHLO mx.mxdp.example", PLAIN, "C: RSET", OK, "C: NOOP", OK, "C: STARTTLS"}},
	{"in the second HELO",
	 "helo-our-name",
	 {BANNER, EHLO, PLAIN, "C: EHLO mx.mxdp.example", PLAIN, "C: QUIT"}},
	{"in the first of two HELOs",
	 "helo-our-name",
	 {BANNER, "C: EHLO mx.mxdp.example", PLAIN, EHLO, PLAIN, "C: QUIT"}},
	{"then something that was not seen",
	 "helo-our-name~",
	 {BANNER, "C: EHLO mx.mxdp.example", PLAIN, "C! 10"}},
	{"a host below our name is another",
	 "",
	 {BANNER, "C: EHLO x.mx.mxdp.example", PLAIN, "C: QUIT"}},
};

static void helo_our_name(void **state)
{
	(void)state;
	PLAY(own_name, NULL);
}

static void own_public_name(struct talk *t)
{
	static const char *const names[] = {"mail.mxdp.example"};

	t->rules.helo.our_names = names;
	t->rules.helo.our_names_count = 1;
}

static const struct scene configured_name[] = {
	{"the configured name",
	 "helo-our-name",
	 {BANNER, "C: EHLO mail.mxdp.example", PLAIN, "C: QUIT"}},
	{"it is known before the banner",
	 "early-talker helo-our-name",
	 {"C: EHLO mail.mxdp.example", BANNER, PLAIN, "C: QUIT"}},
};

static void helo_configured_name(void **state)
{
	(void)state;
	PLAY(configured_name, own_public_name);
}

static const struct scene own_address[] = {
	{"bare", "helo-our-address", {BANNER, "C: HELO 203.0.113.25", PLAIN}},
	{"as a literal", "helo-our-address", {BANNER, "C: EHLO [203.0.113.25]", PLAIN}},
	{"in a HELO after STARTTLS was refused",
	 "helo-our-address",
	 {BANNER, EHLO, PLAIN, "C: STARTTLS", "S: 454 no", "C: EHLO [203.0.113.25]", PLAIN}},
	{"the client's own", "", {BANNER, "C: EHLO [198.51.100.7]", PLAIN}},
	{"before the banner",
	 "early-talker helo-our-address",
	 {"C: EHLO [203.0.113.25]", BANNER, PLAIN}},
	{"blanks in front", "helo-our-address", {BANNER, "C:  \t EHLO [203.0.113.25]", PLAIN}},
};

static void helo_our_address(void **state)
{
	struct talk t;

	(void)state;
	PLAY(own_address, NULL);
	talk_begin(&t, "2001:db8::25");
	TALK(&t, BANNER, "C: EHLO [IPv6:2001:DB8:0::25]", PLAIN);
	TALK_EXPECT(&t, "helo-our-address");
	talk_begin(&t, "10.0.0.25"); /* collides behind NAT */
	TALK(&t, BANNER, "C: EHLO [10.0.0.25]", PLAIN);
	TALK_EXPECT(&t, "helo-private-literal");
}

static const struct scene repeated_helo[] = {
	{"every one is judged",
	 "helo-our-address helo-localhost helo-single-label",
	 {BANNER, "C: EHLO pc", PLAIN, "C: EHLO localhost", PLAIN, "C: HELO [203.0.113.25]",
	  PLAIN}},
	{"control bytes", "helo-illegal", {BANNER, "C: EHLO a\x01.example", PLAIN}},
	{"a known bot", "helo-known-bot", {BANNER, "C: EHLO ylmf-pc", PLAIN}},
	{"no name at all", "helo-illegal~", {BANNER, "C: EHLO", "S: 501 no"}},
};

static void helo_each(void **state)
{
	(void)state;
	PLAY(repeated_helo, NULL);
}

static const struct scene decoys[] = {
	{"the decoy is the main reading",
	 "helo-our-address",
	 {BANNER, "A: EHLO [203.0.113.25]", "C: EHLO client-x.example", PLAIN}},
	{"the line had begun before",
	 "helo-our-address",
	 {BANNER, "c: EHLO ", "A: [203.0.113.25]", "C: client.example", PLAIN}},
	{"several lines",
	 "helo-our-address",
	 {BANNER, "A: NOOP\r\nEHLO [203.0.113.25]\r\nNOOP", "C: NOOP", OK}},
	{"a line that never ends is none",
	 "",
	 {BANNER, "c: NO", "a: OP\r\nEHLO [203.0.113.25]", "C: OP", OK}},
	{"nothing but HELO counts", "", {BANNER, "A: MAIL FROM:<a@b>", EHLO, PLAIN}},
	{"not in a message",
	 "",
	 {BANNER, EHLO, PLAIN, "C: DATA", "S: 354 go", "A: EHLO [203.0.113.25]", "C: x", "C: .",
	  OK}},
	{"in what no server takes for a chunk",
	 "helo-our-address",
	 {BANNER, EHLO, PLAIN, "C: BDAT 100000000", "S: 502 no", "C: EHLO [203.0.113.25]"}},
	{"an opening", "non-smtp", {BANNER, "A: GET / HTTP/1.1", EHLO, PLAIN}},
	{"a decoy XCLIENT makes nobody a relay",
	 "helo-our-address",
	 {BANNER, EHLO, PLAIN, "A: XCLIENT A", "C: STARTTLSx", "S: 220 go",
	  "C: EHLO [203.0.113.25]", PLAIN}},
	{"nor does a PROXY header",
	 "helo-our-address",
	 {BANNER, "A: PROXY TCP4 192.0.2.1 203.0.113.25 5 25", "C: EHLO [203.0.113.25]", PLAIN}},
	{"a server that answers PROXY with 503 takes it for no relay",
	 "helo-our-address",
	 {BANNER, "C: PROXY TCP4 192.0.2.1 203.0.113.25 5 25", "S: 503 no",
	  "C: EHLO [203.0.113.25]", PLAIN}},
	{"not in a chunk",
	 "",
	 {BANNER, EHLO, PIPES, "C: BDAT 30 LAST", "A: EHLO [203.0.113.25]", "c: 0123456789"}},
};

static void decoy_readings(void **state)
{
	struct talk t;

	(void)state;
	PLAY(decoys, NULL);
	talk_begin(&t, NULL);
	TALK(&t, BANNER, "A: EHLO [203.0.113.25]", EHLO, PLAIN, "C: QUIT");
	assert_int_equal(t.d.helo.seen, 2);
	assert_string_equal(kept_text(&t.d.helo, 0), "EHLO [203.0.113.25]");
	assert_string_equal(kept_text(&t.d.helo, 1), "EHLO client.example.net");
}

/* Others than SMTP clients */

static const struct scene foreign[] = {
	{"HTTP", "non-smtp", {BANNER, "C: GET / HTTP/1.1", "C: Host: x", "S: 500 no"}},
	{"HTTP before the banner", "non-smtp", {"C: POST / HTTP/1.1", BANNER}},
	{"HTTP, its end not seen", "non-smtp", {"c: POST / HTTP/1.1", "C! 300", BANNER}},
	{"HTTP, and never a banner", "", {"C: GET / HTTP/1.1", "S: 521 no"}},
	{"SSH", "non-smtp", {BANNER, "C: SSH-2.0-Go"}},
	{"SSH, a byte at a time", "non-smtp", {BANNER, "c: S", "c: S", "c: H", "c: -", "c: 2"}},
	{"RDP", "early-talker", {"c: \x03", BANNER}},
	{"SOCKS", "non-smtp", {BANNER, "c: \x04\x01"}},
	{"TLS", "tls-on-25", {BANNER, "c: \x16\x03\x01\x02", "c: \n\n\n\n"}},
	{"PROXY v1 before the banner",
	 "",
	 {"C: PROXY TCP4 192.0.2.1 203.0.113.25 5 25", BANNER, "C: EHLO [203.0.113.25]", PLAIN}},
	{"PROXY v1 in pieces",
	 "",
	 {"c: PRO", "c: XY TC", "C: P4 192.0.2.1 203.0.113.25 5 25", BANNER,
	  "C: EHLO [203.0.113.25]", PLAIN}},
	{"PROXY v1 to a server that does not know it makes nobody a relay",
	 "helo-our-address",
	 {BANNER, "C: PROXY TCP4 192.0.2.1 203.0.113.25 5 25", "S: 502 no",
	  "C: EHLO [203.0.113.25]", PLAIN}},
	{"XCLIENT",
	 "",
	 {BANNER, EHLO, PLAIN, "C: XCLIENT ADDR=192.0.2.1", BANNER, "C: EHLO [203.0.113.25]", PLAIN,
	  "C: x", "S: 500 no"}},
	{"XCLIENT of a proxy that bears our name",
	 "",
	 {BANNER, "C: EHLO mx.mxdp.example", PLAIN, "C: XCLIENT ADDR=192.0.2.1", BANNER,
	  "C: QUIT"}},
	{"LMTP", "", {"S: 220 mx.mxdp.example LMTP", "C: LHLO localhost", OK, "C: MAIL FROM:<>"}},
};

static void not_smtp(void **state)
{
	static const uint8_t rdp[] = {3, 0, 0, 0x13, 0x0e, 0xe0}, socks[] = {5, 1, 0};
	static const uint8_t proxy[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
	struct talk t;

	(void)state;
	/* zeros do not stand in lines: these are told by hand */
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strcmp(foreign[i].what, "RDP"))
			play(&foreign[i], 1, NULL);
	talk_begin(&t, NULL);
	TALK(&t, BANNER);
	talk_client(&t, rdp, sizeof(rdp), 0);
	TALK_EXPECT(&t, "non-smtp");
	talk_begin(&t, NULL);
	TALK(&t, BANNER);
	talk_client(&t, socks, sizeof(socks), 0);
	TALK_EXPECT(&t, "non-smtp");
	talk_begin(&t, NULL);
	talk_client(&t, proxy, sizeof(proxy) - 1, 0);
	TALK(&t, BANNER, "C: EHLO [203.0.113.25]", PLAIN);
	TALK_EXPECT(&t, "");
	assert_true(t.d.relay);
}

static void submission(struct talk *t)
{
	t->d.ports = PORTS_SUBMISSION;
}

static const struct scene submitted[] = {
	{"users' programs say what they like",
	 "",
	 {BANNER, "C: EHLO localhost", PLAIN, "C: EHLO [203.0.113.25]", PLAIN,
	  "C: EHLO mx.mxdp.example", PLAIN, "C: HELO ylmf-pc", PLAIN, "C: MAIL FROM:<a@b>"}},
	{"and behave as they like",
	 "",
	 {EHLO, BANNER, PLAIN, "c: MAIL FROM:<a@b>\nRCPT TO:<c@d>\n", "C: a", "C: b", "S: 500 no",
	  "S: 500 no", "S: 500 no", "S: 500 no", "S: 500 no", "S: 500 no"}},
	{"TLS on a plaintext port", "", {"c: \x16\x03\x01\x02", BANNER}},
	{"HTTP", "", {BANNER, "C: GET / HTTP/1.1"}},
};

static void submission_ports(void **state)
{
	(void)state;
	PLAY(submitted, submission);
}

/* Each finding is asked for itself, on the ports where the administrator wants it. */
static void ports_of_findings(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	t.d.ports = PORTS_SUBMISSION;
	t.policy.rule[FINDING_HELO_OUR_ADDRESS].ports[PORTS_SUBMISSION] = true;
	t.policy.rule[FINDING_EARLY_TALKER].ports[PORTS_SUBMISSION] = true;
	TALK(&t, EHLO, BANNER, PLAIN, "C: EHLO [203.0.113.25]", PLAIN, "C: HELO ylmf-pc", PLAIN,
	     "c: MAIL FROM:<a@b>\nRCPT TO:<c@d>\n");
	TALK_EXPECT(&t, "early-talker helo-our-address");

	talk_begin(&t, NULL);
	t.policy.rule[FINDING_HELO_OUR_ADDRESS].ports[PORTS_MX] = false;
	TALK(&t, BANNER, "C: EHLO [203.0.113.25]", PLAIN, "C: HELO ylmf-pc", PLAIN);
	TALK_EXPECT(&t, "helo-known-bot");
	dialogue_accuse_auth(&t.d, 10);
	TALK_EXPECT(&t, "helo-known-bot auth-failures");

	talk_begin(&t, NULL);
	t.d.ports = PORTS_SUBMISSION;
	TALK(&t, BANNER, EHLO, PLAIN);
	dialogue_accuse_auth(&t.d, 10);
	TALK_EXPECT(&t, "auth-failures~");

	talk_begin(&t, NULL);
	t.d.ports = PORTS_SUBMISSION;
	t.policy.rule[FINDING_AUTH_FAILURES].ports[PORTS_SUBMISSION] = false;
	TALK(&t, BANNER, EHLO, PLAIN);
	dialogue_accuse_auth(&t.d, 10);
	TALK_EXPECT(&t, "");
}

/* What is kept, and what never is */

static bool memory_holds(const void *memory, size_t size, const char *text)
{
	return memmem(memory, size, text, strlen(text)) != NULL;
}

static const struct scene secrets[] = {
	{"AUTH PLAIN in one line",
	 NULL,
	 {BANNER, EHLO, PLAIN, "C: AUTH PLAIN c2VjcmV0", "S: 235 ok"}},
	{"AUTH LOGIN line by line",
	 NULL,
	 {BANNER, EHLO, PLAIN, "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: c2VjcmV0",
	  "S: 334 UGFzc3dvcmQ6", "C: c2VjcmV0", "S: 535 no"}},
	{"AUTH LOGIN without waiting",
	 NULL,
	 {BANNER, EHLO, PLAIN, "c: AUTH LOGIN\r\nc2VjcmV0\r\nc2VjcmV0\r\n", "S: 334 x", "S: 334 x",
	  "S: 235 ok"}},
	{"AUTH as the first words", NULL, {BANNER, "C: AUTH PLAIN c2VjcmV0", "S: 503 no"}},
	{"AUTH before the banner", NULL, {"C: AUTH PLAIN c2VjcmV0", BANNER, "S: 503 no"}},
	{"AUTH in pieces",
	 NULL,
	 {BANNER, EHLO, PLAIN, "c: AUTH PL", "c: AIN c2Vj", "C: cmV0", "S: 235 ok"}},
	{"another reading of AUTH",
	 NULL,
	 {BANNER, EHLO, PLAIN, "A: AUTH PLAIN c2VjcmV0", "C: NOOP", OK}},
	{"AUTH with a bare LF",
	 NULL,
	 {BANNER, EHLO, PLAIN, "c: AUTH PLAIN c2VjcmV0\n", "S: 535 no"}},
	{"joined while credentials come", NULL, {"C: c2VjcmV0", "S: 235 ok"}},
};

static void credentials_are_not_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		struct talk t;

		talk_begin(&t, NULL);
		talk_lines(&t, secrets[i].lines);
		dialogue_end(&t.d);
		if (memory_holds(&t, sizeof(t), "c2V") || memory_holds(&t, sizeof(t), "mV0"))
			fail_msg("%s: the credentials are still there", secrets[i].what);
	}
}

/* The pieces of a line wait in the buffer until it ends, and no longer. */
static void lines_are_wiped(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER, EHLO, PLAIN, "c: VRFY somebody");
	assert_true(memory_holds(&t.d, sizeof(t.d), "somebody"));
	TALK(&t, "c: \r\n");
	assert_false(memory_holds(&t.d, sizeof(t.d), "somebody"));
}

static void envelope_is_kept(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER, EHLO, PIPES, "C: MAIL FROM:<a@example.net> SIZE=10",
	     "C: RCPT TO:<b\x1b[1m@mxdp.example>", "C: DATA", OK, "S: 550 no", "S: 554 no",
	     "C: MAIL FROM:<>", OK);
	assert_string_equal(t.d.banner_name, "mx.mxdp.example");
	assert_int_equal(t.d.helo.seen, 1);
	assert_string_equal(kept_text(&t.d.helo, 0), "EHLO client.example.net");
	assert_int_equal(t.d.mail_from.seen, 2);
	assert_string_equal(kept_text(&t.d.mail_from, 0), "a@example.net");
	assert_string_equal(kept_text(&t.d.mail_from, 1), "");
	assert_string_equal(kept_text(&t.d.rcpt_to, 0), "b\\x1b[1m@mxdp.example");
	assert_false(t.d.quit);
}

static void kept_is_bounded(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER);
	for (int i = 0; i < 3 * DIALOGUE_KEPT; i++) {
		TALK(&t, EHLO);
		t.said = 0;
		t.read[0] = t.server_seq;
	}
	assert_int_equal(t.d.helo.seen, 3 * DIALOGUE_KEPT);
	assert_string_equal(kept_text(&t.d.helo, DIALOGUE_KEPT - 1), "EHLO client.example.net");
}

/* Outcomes */

static const struct {
	const char *outcome;
	const char *lines[24];
} outcomes[] = {
	{"accepted 1 message",
	 {BANNER, EHLO, PLAIN, "C: MAIL FROM:<a@b>", OK, "C: RCPT TO:<c@d>", OK, "C: DATA",
	  "S: 354 go", "C: .", OK, "C: QUIT", "S: 221 bye"}},
	{"accepted 2 messages",
	 {BANNER, EHLO, PIPES, "C: MAIL FROM:<a@b>", "C: RCPT TO:<c@d>", "C: BDAT 2", "c: xx",
	  "C: BDAT 2 LAST", "c: yy", OK, OK, OK, OK, "C: DATA", "S: 354 go", "C: .", OK}},
	{"refused with 554",
	 {BANNER, EHLO, PLAIN, "C: DATA", "S: 354 go", "C: .", "S: 554 5.7.1 spam", "C: QUIT"}},
	{"refused with 450",
	 {BANNER, EHLO, PLAIN, "C: MAIL FROM:<a@b>", "S: 450 later", "C: QUIT"}},
	{"refused with 550", {BANNER, EHLO, PLAIN, "C: RCPT TO:<c@d>", "S: 550-no", "S: 550 no"}},
	{"refused with 421", {BANNER, EHLO, PLAIN, "S: 421 bye"}},
	{"refused with 554", {"S: 554 no"}},
	{"refused with 504", {BANNER, EHLO, "S: 504 need a name"}},
	{"no mail", {BANNER, EHLO, PLAIN, "C: QUIT", "S: 221 bye"}},
	{"no mail", {BANNER, EHLO, PLAIN, "C: VRFY x", "S: 550 no"}},
	{"unknown: encrypted",
	 {BANNER, EHLO, PLAIN, "C: STARTTLS", "S: 220 go", "c: \x16\x03\x01"}},
	{"no mail", {BANNER, EHLO, PLAIN, "C: STARTTLS", "S: 454 no"}},
	{"unknown: seen in part", {BANNER, EHLO, PLAIN, "C! 100", OK}},
	{"unknown: seen in part", {OK}},
	/* behind the dot comes a MAIL that is not seen: its reply is not that of the next DATA */
	{"accepted 1 message",
	 {BANNER, EHLO, PIPES, "C: DATA", "S: 354 go", "C: .", OK, "C: DATA", OK, OK, "S: 354 go"}},
};

static void outcome_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct talk t;
		char text[64];

		talk_begin(&t, NULL);
		talk_lines(&t, outcomes[i].lines);
		dialogue_outcome(text, sizeof(text), &t.d);
		if (strcmp(text, outcomes[i].outcome))
			fail_msg("%zu: \"%s\" instead of \"%s\"", i, text, outcomes[i].outcome);
	}
}

static void starttls_is_the_end(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, NULL);
	TALK(&t, BANNER, EHLO, PLAIN, "C: STARTTLS", "S: 220 go", "C: EHLO [203.0.113.25]",
	     "c: \n\n\n\n", "S: 500 no", "C! 10", "S! 10");
	assert_int_equal(t.d.state, DIALOGUE_TLS);
	assert_true(t.d.starttls);
	assert_false(t.d.partial);
	TALK_EXPECT(&t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_mail),
		cmocka_unit_test(early_talk),
		cmocka_unit_test(early_talk_that_is_invited),
		cmocka_unit_test(profile_is_learnt),
		cmocka_unit_test(found_in_the_middle),
		cmocka_unit_test(illegal_pipelining),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(too_many_commands),
		cmocka_unit_test(bad_manners),
		cmocka_unit_test(helo_our_name),
		cmocka_unit_test(helo_configured_name),
		cmocka_unit_test(helo_our_address),
		cmocka_unit_test(helo_each),
		cmocka_unit_test(decoy_readings),
		cmocka_unit_test(not_smtp),
		cmocka_unit_test(submission_ports),
		cmocka_unit_test(ports_of_findings),
		cmocka_unit_test(credentials_are_not_kept),
		cmocka_unit_test(lines_are_wiped),
		cmocka_unit_test(envelope_is_kept),
		cmocka_unit_test(kept_is_bounded),
		cmocka_unit_test(outcome_in_words),
		cmocka_unit_test(starttls_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
