/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dialogues told line by line, for the tests. Each line of a talk begins with who speaks and how:
 *
 *   S: text    the server says a line           s: text   the same without its line end
 *   C: text    the client says a line, having read all that the server said
 *   C1: text   having read all but the server's last line (C2: all but the last two, ...)
 *   c: text    without a line end               c1: text
 *   C!         the client's next NUMBER bytes were not seen: "C! 20"
 *   S!         the server's next NUMBER bytes were not seen
 *   A: text    another reading of the line that the client says next
 *   a: text    the same without its line end
 *
 * The server acknowledges at once: bytes reach the dialogue in the order of the lines.
 */
#ifndef MXDP_SELFTESTS_TALK_H
#define MXDP_SELFTESTS_TALK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/dialogue.h"

#define TALK_CLIENT "198.51.100.7"
#define TALK_SERVER "203.0.113.25"
#define TALK_LINES  64

struct talk {
	struct dialogue d;
	struct server_profile profile;
	struct dialogue_rules rules;
	struct policy policy;
	uint32_t client_seq, server_seq;
	uint32_t read[TALK_LINES + 1]; /* what the server had said after each of its lines */
	size_t said;
};

static inline void talk_begin(struct talk *t, const char *server)
{
	memset(t, 0, sizeof(*t));
	assert_true(addr_parse(&t->d.client, TALK_CLIENT));
	assert_true(addr_parse(&t->d.server, server ? server : TALK_SERVER));
	t->rules.helo.known_bots = helo_default_bots;
	t->rules.helo.known_bots_count = helo_default_bots_count;
	t->rules.helo.suspect_names = helo_default_suspects;
	t->rules.helo.suspect_names_count = helo_default_suspects_count;
	policy_defaults(&t->policy);
	t->rules.policy = &t->policy;
	t->d.rules = &t->rules;
	t->d.profile = &t->profile;
	t->profile.pipe_connect = PIPE_CONNECT_NO;
	t->client_seq = 0xffffff00U; /* wraps on the way */
	t->server_seq = 0xffffffc0U;
	t->read[0] = t->server_seq;
}

static inline void talk_client(struct talk *t, const void *bytes, size_t len, size_t unread)
{
	struct chunk chunk = {CHUNK_BYTES, bytes, len, t->client_seq, 0};

	assert_true(unread <= t->said);
	chunk.ack = t->read[t->said - unread];
	dialogue_client(&t->d, &chunk);
	t->client_seq += (uint32_t)len;
}

static inline void talk_server(struct talk *t, const void *bytes, size_t len)
{
	struct chunk chunk = {CHUNK_BYTES, bytes, len, t->server_seq, t->client_seq};

	assert_true(t->said < TALK_LINES);
	dialogue_server(&t->d, &chunk);
	t->server_seq += (uint32_t)len;
	t->read[++t->said] = t->server_seq;
}

static inline void talk_hole(struct talk *t, char who, size_t len)
{
	struct chunk chunk = {.kind = CHUNK_HOLE, .len = len};

	chunk.seq = who == 'C' ? t->client_seq : t->server_seq;
	if (who == 'C') {
		dialogue_client(&t->d, &chunk);
		t->client_seq += (uint32_t)len;
	} else {
		dialogue_server(&t->d, &chunk);
		t->server_seq += (uint32_t)len;
		t->read[t->said] = t->server_seq;
	}
}

static inline void talk_alternative(struct talk *t, const char *text, size_t len)
{
	struct chunk chunk = {CHUNK_ALTERNATIVE, (const uint8_t *)text, len, t->client_seq, 0};

	dialogue_client(&t->d, &chunk);
}

static inline void talk_line(struct talk *t, const char *line)
{
	size_t unread = line[1] >= '0' && line[1] <= '9' ? (size_t)(line[1] - '0') : 0;
	const char *text = strchr(line, ' ');
	char whole[4096];
	size_t len;

	assert_non_null(text);
	text++;
	if (line[1] == '!') {
		talk_hole(t, line[0], strtoul(text, NULL, 10));
		return;
	}
	len = (size_t)snprintf(whole, sizeof(whole), "%s%s", text, line[0] >= 'a' ? "" : "\r\n");
	assert_true(len < sizeof(whole));
	if (line[0] == 'A' || line[0] == 'a')
		talk_alternative(t, whole, len);
	else if (line[0] == 'C' || line[0] == 'c')
		talk_client(t, whole, len, unread);
	else
		talk_server(t, whole, len);
}

/* Lines up to NULL. */
static inline void talk_lines(struct talk *t, const char *const *lines)
{
	for (; *lines; lines++)
		talk_line(t, *lines);
}

#define TALK(t, ...) talk_lines(t, (const char *const[]){__VA_ARGS__, NULL})

/* "early-talker helo-our-name~": the ids in the order of the table, a mild one with a tilde. */
static inline const char *talk_findings(const struct talk *t, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (int id = 0; id < FINDING_COUNT; id++) {
		const struct finding *f = findings_get(&t->d.findings, (enum finding_id)id);

		if (f)
			len += (size_t)snprintf(text + len, size - len, "%s%s%s", len ? " " : "",
						finding_types[id].id, f->mild ? "~" : "");
	}
	return text;
}

#define TALK_EXPECT(t, expected)                                                         \
	do {                                                                             \
		char found_[1024];                                                       \
		assert_string_equal(talk_findings(t, found_, sizeof(found_)), expected); \
	} while (0)

#endif
