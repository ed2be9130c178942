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
#include <glob.h>

#include "../scenarios/expect.h"
#include "../scenarios/steps.h"

#define SCENES  "selftests/scenarios/*.scene"
#define STEP_MS 10 /* between two steps */

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
