// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scenes: sessions told as text in selftests/scenarios/NAME.scene, what is found in them, and a
 * clock that goes as told. Segments go through the tap's rules (tap.h) and sessions_record(): the
 * engine of mxdpd and of `mxdpctl replay`. Each file is a test:
 *
 *   test_scenarios [FILE...]          all of selftests/scenarios without arguments
 *   test_scenarios --seeds DIR        writes them as seeds for selftests/fuzz/fuzz_dialogue.c
 *
 * A line is one step; # begins a comment; {n} and escapes: see script.h.
 *
 *   config: TEXT              lines of mxdp.conf; all of them hold from the beginning
 *   connect [CLIENT] [to SERVER] [port N]
 *                             by default 198.51.100.7 to 203.0.113.25, port 25
 *   reconnect                 the same addresses and ports once more
 *   on N                      go on with the Nth connection
 *   C: LINE    S: LINE        the client, the server says a line: a segment of its own, with CR LF
 *   C+ LINE    S+ LINE        one more line in the same segment
 *   C MANNER...: TEXT         raw (no CR LF is added), bytewise (a segment for each byte), times N
 *                             (the text N times), unread N (it had not received the last N things
 *                             that the other side said), late (arrives behind its next segment),
 *                             fin (with the FIN), lost (the record is lost on its way to the
 *                             agent), decoy (the server does not take it), over (a decoy in the
 *                             place of what it said last)
 *   C again                   a retransmission of what it said last
 *   S acks                    an acknowledgement alone
 *   C FIN, S FIN, C RST, S RST
 *   end                       both sides close what is open, and the session is over
 *   wait 10m                  time passes
 *   restart                   the agent starts anew, the kernel's flows stay
 *   repeat N ... done         the lines between N times
 *
 * About the latest connection, while it goes on:
 *
 *   found: IDS                so far; a mild finding ends in ~; "nothing"
 *
 * and once it has ended. What is not mentioned must be as for an honest mail: nothing found, and
 * none of the flags.
 *
 *   expect: IDS
 *   decision: block|watch|pass [SCORE [ACTION [CAUSE]]]
 *   detail ID: TEXT           the bytes that prove it
 *   outcome: TEXT
 *   is: FLAGS                 partial, relay, starttls: all that are set
 *   helo:, mail:, rcpt: TEXT  all that was kept, in order, one line each
 *   absent: TEXT              nowhere in what is held of the session
 */
#include <arpa/inet.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/duration.h"
#include "../../user/base/names.h"
#include "../../user/tap/sessions.h"
#include "../scenarios/script.h"
#include "../scenarios/wire.h"

#define SCENES      "selftests/scenarios/*.scene"
#define CONNECTIONS 64
#define STEP_MS     10   /* between two steps */
#define CLOSING_MS  2000 /* a session is over this long after its FIN */
#define WORD        64

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

static void flunk(const struct stage *st, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

static void flunk(const struct stage *st, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("%s:%u: %s", st->path, st->line, text);
	abort(); /* fail_msg() jumps */
}

/* The engine */

static struct connection *connection_of(const struct stage *st, const struct session *session)
{
	for (size_t i = 0; i < st->count; i++) {
		struct connection *c = st->connection[i];

		if (!c->ended && !memcmp(&c->wire.tap.key, &session->flow, sizeof(session->flow)))
			return c;
	}
	flunk(st, "a session of no connection");
}

static void on_changed(struct session *session, void *context)
{
	struct stage *st = context;

	if (!st->starting_anew)
		connection_of(st, session)->live = session->dialogue.findings;
}

static void on_ended(struct session *session, void *context)
{
	struct stage *st = context;
	struct connection *c;

	if (st->starting_anew)
		return;
	c = connection_of(st, session);
	c->d = session->dialogue;
	c->live = session->dialogue.findings;
	c->ended = true;
}

static void start_agent(struct stage *st)
{
	const struct session_handlers handlers = {on_changed, on_ended};

	st->sessions = sessions_new(&st->config, &st->rules, &handlers, st);
	assert_non_null(st->sessions);
}

/* Chunks as selftests/fuzz/fuzz_dialogue.c reads them. */
static void write_seed(struct connection *c, const struct record *r)
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

static void on_record(const struct record *record, size_t size, void *context)
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

static void load_config(struct stage *st)
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

static void take_rules(struct stage *st)
{
	const struct prefix_list *ours = &st->config.our_public_addresses;

	assert_true(ours->count <= sizeof(st->ours) / sizeof(st->ours[0]));
	for (size_t i = 0; i < ours->count; i++)
		st->ours[i] = ours->item[i].addr;
	st->rules = sessions_rules(&st->config, st->ours, ours->count);
}

/* Steps that open, close and wait */

static struct connection *current(const struct stage *st)
{
	if (!st->current)
		flunk(st, "nobody has connected");
	return st->current;
}

static void open_seed(struct stage *st, struct connection *c)
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

static struct connection *add_connection(struct stage *st)
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

static void step_connect(struct stage *st, const char *at)
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

static void step_reconnect(struct stage *st, const char *at)
{
	struct flow_key key = current(st)->wire.tap.key;

	(void)at;
	add_connection(st)->wire.tap.key = key;
}

static void step_on(struct stage *st, const char *at)
{
	size_t number = strtoul(at, NULL, 10);

	if (!number || number > st->count)
		flunk(st, "there is no connection %s", at);
	st->current = st->connection[number - 1];
}

static void step_wait(struct stage *st, const char *at)
{
	uint32_t seconds;

	if (!duration_parse(&seconds, at))
		flunk(st, "\"%s\" is no time to wait: write 10m", at);
	st->now += seconds * 1000ULL;
	sessions_expire(st->sessions, st->now);
}

static void step_end(struct stage *st, const char *at)
{
	struct wire *w = &current(st)->wire;

	(void)at;
	for (int side = CLIENT; side <= SERVER; side++)
		if (!w->end[side].closed)
			wire_signal(w, (enum side)side, RECORD_FIN);
	st->now += CLOSING_MS;
	sessions_expire(st->sessions, st->now);
}

static void step_restart(struct stage *st, const char *at)
{
	(void)at;
	st->starting_anew = true;
	sessions_free(st->sessions);
	st->starting_anew = false;
	start_agent(st);
}

/* Steps that say something */

static void take_manner(const struct stage *st, struct manner *m, bool *raw, unsigned *times,
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
static void add_text(const struct stage *st, uint8_t *segment, size_t *len, const char *text,
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

static void say(struct stage *st, enum side side, const struct manner *m, const uint8_t *segment,
		size_t len)
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
static void add_more(struct stage *st, enum side side, uint8_t *segment, size_t *len)
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

static void speak(struct stage *st, enum side side, const char *manner, const char *text)
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

static void act(struct stage *st, enum side side, const char *word)
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
static void step_side(struct stage *st, enum side side, const char *at)
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

/* Expectations */

static void compare(const struct stage *st, const char *what, const char *found, const char *wanted)
{
	if (strcmp(found, wanted))
		flunk(st, "%s: \"%s\" instead of \"%s\"", what, found, wanted);
}

/* In the order of the table; "nothing" where there is none. */
static void name_findings(const struct stage *st, char *text, size_t size, const struct findings *f)
{
	char name[POLICY_FINDING_NAME];
	size_t len = 0;

	snprintf(text, size, "nothing");
	for (int id = 0; id < FINDING_COUNT; id++)
		for (size_t i = 0; i < f->count; i++)
			if ((int)f->list[i].id == id)
				len += (size_t)snprintf(
					text + len, size - len, "%s%s%s", len ? " " : "",
					policy_finding_name(name, &st->config.policy, &f->list[i]),
					f->list[i].mild ? "~" : "");
}

static const struct dialogue *ended(const struct stage *st)
{
	if (!current(st)->ended)
		flunk(st, "this session has not ended");
	return &st->current->d;
}

static void expect_findings(const struct stage *st, const struct findings *f, const char *wanted)
{
	char found[1024];

	name_findings(st, found, sizeof(found), f);
	compare(st, "found", found, wanted);
}

static void step_found(struct stage *st, const char *at)
{
	expect_findings(st, &current(st)->live, at);
}

static void step_expect(struct stage *st, const char *at)
{
	expect_findings(st, &ended(st)->findings, at);
	st->current->expected = true;
}

/* Of what is decided as many words as are expected. */
static void step_decision(struct stage *st, const char *at)
{
	static const char *const kinds[] = {"pass", "watch", "block"};
	struct decision d = policy_decide(&st->config.policy, &ended(st)->findings, 0);
	size_t len = strlen(at);
	char found[128];

	snprintf(found, sizeof(found), "%s %d", kinds[d.kind], d.score);
	if (d.kind == DECISION_BLOCK)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), " %s %s",
			 action_name(d.action), cause_name(d.cause));
	if (strncmp(found, at, len) || (found[len] && found[len] != ' '))
		compare(st, "decided", found, at);
}

static void step_detail(struct stage *st, const char *at)
{
	const struct dialogue *d = ended(st);
	const char *colon = strchr(at, ':');
	const struct finding *f = NULL;
	enum finding_id id;
	char name[WORD];

	snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - at) : 0, at);
	if (!colon || !finding_parse(&id, name))
		flunk(st, "\"%s\" is no finding", at);
	f = findings_get(&d->findings, id);
	compare(st, name, f ? f->detail : "not found at all", colon + 1 + (colon[1] == ' '));
}

static void step_outcome(struct stage *st, const char *at)
{
	char text[64];

	compare(st, "outcome", dialogue_outcome(text, sizeof(text), ended(st)), at);
}

static void expect_flags(const struct stage *st, const struct dialogue *d, const char *wanted)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", d->partial ? " partial" : "",
		 d->relay ? " relay" : "", d->starttls ? " starttls" : "");
	compare(st, "is", text[0] ? text + 1 : "", wanted);
}

static void step_is(struct stage *st, const char *at)
{
	expect_flags(st, ended(st), at);
	st->current->flagged = true;
}

static const struct kept *kept_of(const struct dialogue *d, enum kept_kind kind)
{
	return kind == KEPT_HELO ? &d->helo : kind == KEPT_MAIL ? &d->mail_from : &d->rcpt_to;
}

static void expect_kept(struct stage *st, enum kept_kind kind, const char *wanted)
{
	const struct kept *kept = kept_of(ended(st), kind);
	size_t i = st->current->kept[kind]++;

	if (i >= kept->seen || i >= DIALOGUE_KEPT)
		flunk(st, "no more than %zu were kept", kept->seen);
	compare(st, "kept", kept->text[i], wanted);
}

static void step_helo(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_HELO, at);
}

static void step_mail(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_MAIL, at);
}

static void step_rcpt(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_RCPT, at);
}

static void step_absent(struct stage *st, const char *at)
{
	if (!*at || memmem(ended(st), sizeof(struct dialogue), at, strlen(at)))
		flunk(st, "\"%s\" is still there", at);
}

static void step_config(struct stage *st, const char *at)
{
	(void)st;
	(void)at; /* read before all others */
}

/* The play */

static const struct step {
	const char *word;
	void (*take)(struct stage *st, const char *at);
} steps[] = {
	{"config:", step_config},
	{"connect", step_connect},
	{"reconnect", step_reconnect},
	{"on", step_on},
	{"wait", step_wait},
	{"end", step_end},
	{"restart", step_restart},
	{"found:", step_found},
	{"expect:", step_expect},
	{"decision:", step_decision},
	{"detail", step_detail},
	{"outcome:", step_outcome},
	{"is:", step_is},
	{"helo:", step_helo},
	{"mail:", step_mail},
	{"rcpt:", step_rcpt},
	{"absent:", step_absent},
};

static void take_step(struct stage *st, const char *line)
{
	const char *at;

	st->now += STEP_MS;
	if (st->current)
		st->current->wire.tap.time = st->now;
	if (strchr("CS", line[0]) && strchr(" :", line[1])) {
		step_side(st, line[0] == 'C' ? CLIENT : SERVER, line + 1);
		return;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		at = script_after(line, steps[i].word);
		if (at) {
			steps[i].take(st, at);
			return;
		}
	}
	flunk(st, "\"%s\" is no step", line);
}

static void play(struct stage *st, size_t from, size_t to);

/* To the next "done"; rounds do not nest. */
static void repeat(struct stage *st, const char *times, size_t to)
{
	unsigned rounds = (unsigned)strtoul(times, NULL, 10);
	size_t from = st->line, end = from;

	while (end < to && strcmp(st->script.line[end], "done"))
		end++;
	if (!rounds || end == to || st->round)
		flunk(st, "repeat how often, and up to which \"done\"?");
	for (st->round = 1; st->round <= rounds; st->round++)
		play(st, from, end);
	st->round = 0;
	st->line = (unsigned)end + 1;
}

static void play(struct stage *st, size_t from, size_t to)
{
	const char *line, *times;

	st->line = (unsigned)from;
	while (st->line < to) {
		line = st->script.line[st->line++];
		line += strspn(line, " \t");
		times = script_after(line, "repeat");
		if (times)
			repeat(st, times, to);
		else if (*line)
			take_step(st, line);
	}
}

/* What the scene did not speak of is as for an honest mail. */
static void settle(struct stage *st, struct connection *c)
{
	st->current = c;
	st->line = c->line;
	if (!c->expected)
		step_expect(st, "nothing");
	if (!c->flagged)
		expect_flags(st, ended(st), "");
	for (enum kept_kind kind = 0; kind < KEPT_KINDS; kind++)
		if (c->kept[kind] && c->kept[kind] != kept_of(&c->d, kind)->seen)
			flunk(st, "%zu were kept, not %zu", kept_of(&c->d, kind)->seen,
			      c->kept[kind]);
}

static void leave(struct stage *st)
{
	for (size_t i = 0; i < st->count; i++) {
		if (st->connection[i]->seed)
			fclose(st->connection[i]->seed);
		free(st->connection[i]);
	}
	config_free(&st->config);
	script_free(&st->script);
	free(st);
}

static const char *seeds; /* folder to write them to, or NULL */

static void play_scene(void **state)
{
	struct stage *st = calloc(1, sizeof(*st));

	assert_non_null(st);
	st->path = *state;
	st->now = 1000000;
	st->seeds = seeds;
	if (!script_load(&st->script, st->path))
		fail_msg("%s: cannot be read, or has more than %d lines", st->path, SCRIPT_LINES);
	load_config(st);
	take_rules(st);
	start_agent(st);
	play(st, 0, st->script.count);
	if (!st->count)
		flunk(st, "nobody connects in this scene");
	for (size_t i = 0; i < st->count; i++)
		settle(st, st->connection[i]);
	sessions_free(st->sessions);
	leave(st);
}

static int play_all(char **paths, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	int failed;

	if (!tests)
		return 1;
	for (size_t i = 0; i < count; i++) {
		const char *name = strrchr(paths[i], '/');

		tests[i] = (struct CMUnitTest){.name = name ? name + 1 : paths[i],
					       .test_func = play_scene,
					       .initial_state = paths[i]};
	}
	failed = _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
	free(tests);
	return failed;
}

int main(int argc, char **argv)
{
	glob_t found = {0};
	int failed;

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		seeds = argv[2];
	else if (argc > 1)
		return play_all(argv + 1, (size_t)argc - 1);
	if (glob(SCENES, 0, NULL, &found)) {
		fprintf(stderr, "no " SCENES " here: run this at the top of the tree\n");
		return 1;
	}
	failed = play_all(found.gl_pathv, found.gl_pathc);
	globfree(&found);
	return failed;
}
