/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens in a scene: clients come and go, time passes, both sides speak. */
#ifndef MXDP_SELFTESTS_SCENARIOS_STEPS_H
#define MXDP_SELFTESTS_SCENARIOS_STEPS_H

#include "../../user/base/duration.h"
#include "stage.h"

#define CLOSING_MS 2000 /* a session is over this long after its FIN */

/* Steps that open, close and wait */

static inline void open_seed(struct stage *st, struct connection *c)
{
	const char *name = strrchr(st->path, '/');
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.%zu", st->seeds, name ? name + 1 : st->path, st->count);
	c->seed = fopen(path, "we");
	if (!c->seed)
		flunk(st, "cannot write %s", path);
	fputc(c->wire.tap.key.server_port == htons(25) ? 4 : 5, c->seed);
	c->seed_next[CLIENT] = c->wire.end[CLIENT].next;
	c->seed_next[SERVER] = c->wire.end[SERVER].next;
}

static inline struct connection *add_connection(struct stage *st)
{
	struct connection *c;

	if (st->count == CONNECTIONS)
		flunk(st, "more than %d connections", CONNECTIONS);
	c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->line = st->line;
	wire_begin(&c->wire, (unsigned)st->count);
	c->wire.tap.client_budget = (int32_t)st->config.client_budget;
	c->wire.tap.server_budget = (int32_t)st->config.server_budget;
	c->wire.tap.tell = on_record;
	c->wire.tap.context = st;
	st->connection[st->count++] = c;
	st->current = c;
	return c;
}

static inline void step_connect(struct stage *st, const char *at)
{
	struct connection *c = add_connection(st);
	struct flow_key *key = &c->wire.tap.key;
	unsigned port = 25;
	char word[WORD];

	assert_true(addr_parse(&key->client, "198.51.100.7"));
	assert_true(addr_parse(&key->server, "203.0.113.25"));
	while (*script_word(&at, word, sizeof(word))) {
		bool good;

		if (!strcmp(word, "to"))
			good = addr_parse(&key->server, script_word(&at, word, sizeof(word)));
		else if (!strcmp(word, "port"))
			good = sscanf(script_word(&at, word, sizeof(word)), "%u", &port) == 1;
		else
			good = addr_parse(&key->client, word);
		if (!good)
			flunk(st, "\"%s\" is no address, or no port", word);
	}
	key->client_port = htons((uint16_t)(40000 + st->count));
	key->server_port = htons((uint16_t)port);
	if (st->seeds)
		open_seed(st, c);
}

static inline void step_reconnect(struct stage *st, const char *at)
{
	struct flow_key key = current(st)->wire.tap.key;

	(void)at;
	add_connection(st)->wire.tap.key = key;
}

static inline void step_on(struct stage *st, const char *at)
{
	size_t number = strtoul(at, NULL, 10);

	if (!number || number > st->count)
		flunk(st, "there is no connection %s", at);
	st->current = st->connection[number - 1];
}

static inline void step_wait(struct stage *st, const char *at)
{
	uint32_t seconds;

	if (!duration_parse(&seconds, at))
		flunk(st, "\"%s\" is no time to wait: write 10m", at);
	st->now += seconds * 1000ULL;
	sessions_expire(st->sessions, st->now);
}

static inline void step_end(struct stage *st, const char *at)
{
	struct wire *w = &current(st)->wire;

	(void)at;
	for (int side = CLIENT; side <= SERVER; side++)
		if (!w->end[side].closed)
			wire_signal(w, (enum side)side, RECORD_FIN);
	st->now += CLOSING_MS;
	sessions_expire(st->sessions, st->now);
}

static inline void step_restart(struct stage *st, const char *at)
{
	(void)at;
	st->starting_anew = true;
	sessions_free(st->sessions);
	st->starting_anew = false;
	start_agent(st);
}

/* Steps that say something */

static inline void take_manner(const struct stage *st, struct manner *m, bool *raw, unsigned *times,
			       const char *at)
{
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {
		{"raw", raw},       {"bytewise", &m->bytewise}, {"fin", &m->fin},
		{"lost", &m->lost}, {"late", &m->late},         {"decoy", &m->decoy},
		{"over", &m->over},
	};
	char word[WORD], number[WORD];

	while (*script_word(&at, word, sizeof(word))) {
		unsigned *value = !strcmp(word, "unread")  ? &m->unread
				  : !strcmp(word, "times") ? times
							   : NULL;
		bool known = value;

		if (value && sscanf(script_word(&at, number, sizeof(number)), "%u", value) != 1)
			flunk(st, "%s how many?", word);
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (!strcmp(word, flags[i].word))
				known = *flags[i].flag = true;
		if (!known)
			flunk(st, "\"%s\" is no manner of saying something", word);
	}
}

/* Adds the text to the segment. */
static inline void add_text(const struct stage *st, uint8_t *segment, size_t *len, const char *text,
			    bool raw)
{
	size_t more;

	if (!script_bytes(segment + *len, WIRE_SEGMENT - *len, &more, text, st->round))
		flunk(st, "too much for a segment, or a bad escape: %s", text);
	*len += more;
	if (raw)
		return;
	assert_true(*len + 2 <= WIRE_SEGMENT);
	memcpy(segment + *len, "\r\n", 2);
	*len += 2;
}

static inline void say(struct stage *st, enum side side, const struct manner *m,
		       const uint8_t *segment, size_t len)
{
	unsigned missed = st->missed;

	st->deaf = m->lost;
	if (!wire_say(&current(st)->wire, side, m, segment, len))
		flunk(st, "it cannot be said like this here");
	st->deaf = false;
	if (m->lost && missed == st->missed)
		flunk(st, "this makes no record that could be lost");
}

/* The lines "C+ ..." or "S+ ..." that follow go into the same segment. */
static inline void add_more(struct stage *st, enum side side, uint8_t *segment, size_t *len)
{
	const char *more;

	while (st->line < st->script.count) {
		more = st->script.line[st->line];
		if (more[0] != "CS"[side] || more[1] != '+')
			break;
		st->line++;
		add_text(st, segment, len, more + 2 + (more[2] == ' '), false);
	}
}

static inline void speak(struct stage *st, enum side side, const char *manner, const char *text)
{
	uint8_t segment[WIRE_SEGMENT];
	struct manner m = {0};
	unsigned times = 1;
	bool raw = false;
	size_t len = 0;

	take_manner(st, &m, &raw, &times, manner);
	while (times--)
		add_text(st, segment, &len, text, raw);
	add_more(st, side, segment, &len);
	say(st, side, &m, segment, len);
}

static inline void act(struct stage *st, enum side side, const char *word)
{
	struct wire *w = &current(st)->wire;

	if (!strcmp(word, "FIN"))
		wire_signal(w, side, RECORD_FIN);
	else if (!strcmp(word, "RST"))
		wire_signal(w, side, RECORD_RST);
	else if (!strcmp(word, "acks") && side == SERVER)
		wire_signal(w, side, 0);
	else if (!strcmp(word, "again"))
		wire_again(w, side);
	else
		flunk(st, "\"%s\" is nothing that one does here", word);
}

/* "C: text", "S unread 1: text", "C FIN" */
static inline void step_side(struct stage *st, enum side side, const char *at)
{
	const char *colon = strchr(at, ':');
	char manner[256];

	if (!colon) {
		act(st, side, at + strspn(at, " "));
		return;
	}
	snprintf(manner, sizeof(manner), "%.*s", (int)(colon - at), at);
	speak(st, side, manner, colon + 1 + (colon[1] == ' '));
}

#endif
