/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage on which a scene is played: the engine with the scene's configuration, its clock, and
 * the connections so far. What the engine says of a session is kept with its connection.
 */
#ifndef MXDP_SELFTESTS_SCENARIOS_STAGE_H
#define MXDP_SELFTESTS_SCENARIOS_STAGE_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/tap/sessions.h"
#include "script.h"
#include "wire.h"

#define CONNECTIONS 64
#define WORD        64 /* longest word of a step */

enum kept_kind {
	KEPT_HELO,
	KEPT_MAIL,
	KEPT_RCPT,
	KEPT_KINDS,
};

struct connection {
	struct wire wire;
	unsigned line; /* where it begins in the scene */
	bool ended, expected, flagged;
	struct findings live; /* as last told */
	struct dialogue d;    /* as it ended */
	size_t kept[KEPT_KINDS];
	FILE *seed;
	uint32_t seed_next[2];
};

struct stage {
	const char *path;
	struct script script;
	unsigned line; /* the step's, from 1 */
	unsigned round;
	struct config config;
	struct addr ours[16];
	struct dialogue_rules rules;
	struct sessions *sessions;
	uint64_t now;
	bool deaf; /* records do not reach the agent */
	unsigned missed;
	bool starting_anew;
	struct connection *connection[CONNECTIONS];
	size_t count;
	struct connection *current;
	const char *seeds; /* folder, or NULL */
};

static inline void flunk(const struct stage *st, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

static inline void flunk(const struct stage *st, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("%s:%u: %s", st->path, st->line, text);
	abort(); /* fail_msg() jumps */
}

static inline struct connection *current(const struct stage *st)
{
	if (!st->current)
		flunk(st, "nobody has connected");
	return st->current;
}

/* The engine */

static inline struct connection *connection_of(const struct stage *st,
					       const struct session *session)
{
	for (size_t i = 0; i < st->count; i++) {
		struct connection *c = st->connection[i];

		if (!c->ended && !memcmp(&c->wire.tap.key, &session->flow, sizeof(session->flow)))
			return c;
	}
	flunk(st, "a session of no connection");
}

/* Details point into their own list. */
static inline void copy_findings(struct findings *to, const struct findings *from)
{
	findings_clear(to);
	for (size_t i = 0; i < from->count; i++)
		findings_put_copy(to, &from->list[i]);
}

static inline void on_changed(struct session *session, void *context)
{
	struct stage *st = context;

	if (!st->starting_anew)
		copy_findings(&connection_of(st, session)->live, &session->dialogue.findings);
}

static inline void on_ended(struct session *session, void *context)
{
	struct stage *st = context;
	struct connection *c;

	if (st->starting_anew)
		return;
	c = connection_of(st, session);
	c->d = session->dialogue;
	copy_findings(&c->d.findings, &session->dialogue.findings);
	copy_findings(&c->live, &session->dialogue.findings);
	c->ended = true;
}

static inline void start_agent(struct stage *st)
{
	const struct session_handlers handlers = {.changed = on_changed, .ended = on_ended};

	st->sessions = sessions_new(&st->config, &st->rules, &handlers, st);
	assert_non_null(st->sessions);
}

/* Chunks as selftests/fuzz/fuzz_dialogue.c reads them. */
static inline void write_seed(struct connection *c, const struct record *r)
{
	uint32_t unread = c->seed_next[!r->from] - r->ack;
	uint8_t head[3] = {r->from == FROM_CLIENT, unread > 255 ? 0 : (uint8_t)unread};

	for (size_t at = 0, len; at < r->cap; at += len) {
		len = r->cap - at < 255 ? r->cap - at : 255;
		head[2] = (uint8_t)len;
		fwrite(head, 1, sizeof(head), c->seed);
		fwrite(r->data + at, 1, len, c->seed);
	}
	c->seed_next[r->from] = r->seq + r->cap;
}

static inline void on_record(const struct record *record, size_t size, void *context)
{
	struct stage *st = context;

	if (st->deaf) {
		st->missed++;
		return;
	}
	if (st->current->seed)
		write_seed(st->current, record);
	sessions_record(st->sessions, record, size, st->now);
}

/* Configuration */

static inline void load_config(struct stage *st)
{
	char path[] = "/tmp/mxdp-scene-XXXXXX", *error = NULL;
	int fd = mkstemp(path);
	FILE *file;
	bool loaded;

	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	/* One line each, so that a mistake is reported with the scene's line. */
	for (size_t i = 0; i < st->script.count; i++) {
		const char *text = script_after(st->script.line[i], "config:");

		fprintf(file, "%s\n", text ? text : "");
	}
	fclose(file);
	loaded = config_load(&st->config, &error, path);
	unlink(path);
	if (!loaded)
		flunk(st, "%s", error);
}

static inline void take_rules(struct stage *st)
{
	const struct prefix_list *ours = &st->config.our_public_addresses;

	assert_true(ours->count <= sizeof(st->ours) / sizeof(st->ours[0]));
	for (size_t i = 0; i < ours->count; i++)
		st->ours[i] = ours->item[i].addr;
	st->rules = sessions_rules(&st->config, st->ours, ours->count);
}

#endif
