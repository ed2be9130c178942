// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket over a real socket, with the loop in the test's own hands: peers that hurry,
 * dawdle, lie, hang up in the middle, or never read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/control/protocol.h"
#include "../../user/control/server.h"

#define PATIENCE_NS 20000000000ULL
#define CONNECTIONS 32 /* as many as the server lets in */

/* The other side of the verbs below. */
struct room {
	uv_loop_t loop;
	struct server *server;
	char dir[32], path[64], error[256];
	size_t steps;    /* of deferred answers */
	size_t released; /* their states */
};

struct peer {
	int fd;
	size_t len;
	char text[1 << 17];
};

/* Verbs */

static json_t *verb_echo(void *context, const json_t *request, struct connection *c)
{
	(void)context;
	(void)c;
	return json_pack("{s:b, s:I}", "ok", 1, "n",
			 json_integer_value(json_object_get(request, "n")));
}

struct long_answer {
	struct room *room;
	json_int_t left, size;
};

static json_t *long_step(struct connection *c, void *state)
{
	struct long_answer *l = state;
	char *fill;

	l->room->steps++;
	if (!l->left--)
		return answer_done();
	fill = calloc(1, (size_t)l->size + 1);
	assert_non_null(fill);
	memset(fill, 'x', (size_t)l->size);
	connection_send(c, json_pack("{s:s}", "data", fill));
	free(fill);
	return NULL;
}

static void long_done(void *state)
{
	struct long_answer *l = state;

	l->room->released++;
	free(l);
}

/* "lines" of "size" bytes, one a step. */
static json_t *verb_long(void *context, const json_t *request, struct connection *c)
{
	struct long_answer *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->room = context;
	l->left = json_integer_value(json_object_get(request, "lines"));
	l->size = json_integer_value(json_object_get(request, "size"));
	connection_defer(c, long_step, long_done, l);
	return NULL;
}

static json_t *verb_follow(void *context, const json_t *request, struct connection *c)
{
	(void)context;
	(void)request;
	connection_follow(c);
	connection_send_line(c, "{\"following\":true}");
	return NULL;
}

/* What json_pack() makes of text that is no UTF-8. */
static json_t *verb_broken(void *context, const json_t *request, struct connection *c)
{
	(void)context;
	(void)request;
	(void)c;
	return json_pack("{s:s}", "ok", "\xff");
}

static const struct server_verb verbs[] = {
	{"echo", verb_echo},     {"long", verb_long}, {"follow", verb_follow},
	{"broken", verb_broken}, {NULL, NULL},
};

/* The room */

static void open_server(struct room *r, const char *group)
{
	r->server = server_open(&r->loop, r->path, group, verbs, r, r->error, sizeof(r->error));
}

static int setup(void **state)
{
	struct room *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	strcpy(r->dir, "/tmp/mxdp-server-XXXXXX");
	if (uv_loop_init(&r->loop) || !mkdtemp(r->dir))
		return -1;
	snprintf(r->path, sizeof(r->path), "%s/sock", r->dir);
	open_server(r, "");
	*state = r;
	return r->server ? 0 : -1;
}

static void close_server(struct room *r)
{
	server_close(r->server);
	r->server = NULL;
	uv_run(&r->loop, UV_RUN_DEFAULT);
}

static int teardown(void **state)
{
	struct room *r = *state;
	int busy;

	close_server(r);
	busy = uv_loop_close(&r->loop);
	unlink(r->path);
	rmdir(r->dir);
	free(r);
	return busy;
}

/* One turn of the loop; fails the test where `start` is too long ago. */
static void turn(struct room *r, uint64_t start)
{
	uv_run(&r->loop, UV_RUN_NOWAIT);
	poll(NULL, 0, 0);
	if (clock_ns(CLOCK_MONOTONIC) - start > PATIENCE_NS)
		fail_msg("the server does not go on");
}

/* Peers */

static void peer_free(struct peer *p)
{
	close(p->fd);
	free(p);
}

/* The loop does not turn: the backlog has room for 16. */
static struct peer *peer_connect(struct room *r)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(p->fd >= 0);
	strcpy(to.sun_path, r->path);
	if (connect(p->fd, (struct sockaddr *)&to, sizeof(to))) {
		assert_int_equal(errno, EAGAIN);
		peer_free(p);
		return NULL;
	}
	return p;
}

static struct peer *peer_new(struct room *r)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	struct peer *p;

	while (!(p = peer_connect(r)))
		turn(r, start);
	turn(r, start);
	return p;
}

/* As much as goes at once; how much that was, or -1 where the server has hung up. */
static ssize_t peer_push(struct peer *p, const char *bytes, size_t len)
{
	ssize_t n = send(p->fd, bytes, len, MSG_NOSIGNAL);

	return n < 0 && errno == EAGAIN ? 0 : n;
}

static void peer_send(struct room *r, struct peer *p, const char *bytes, size_t len)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	while (len) {
		ssize_t n = peer_push(p, bytes, len);

		assert_true(n >= 0);
		bytes += n;
		len -= (size_t)n;
		turn(r, start);
	}
}

static void peer_say(struct room *r, struct peer *p, const char *text)
{
	peer_send(r, p, text, strlen(text));
}

/* What is there now; false at the end of the stream. */
static bool peer_fill(struct peer *p)
{
	ssize_t n = recv(p->fd, p->text + p->len, sizeof(p->text) - p->len, 0);

	if (n > 0)
		p->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* The next line as an object of the caller's, or NULL at the end of the stream. */
static json_t *peer_line(struct room *r, struct peer *p)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	json_t *object;
	char *end;

	while (!(end = memchr(p->text, '\n', p->len))) {
		turn(r, start);
		if (!peer_fill(p))
			return NULL;
	}
	object = json_loadb(p->text, (size_t)(end - p->text), 0, NULL);
	assert_true(json_is_object(object));
	p->len -= (size_t)(end + 1 - p->text);
	memmove(p->text, end + 1, p->len);
	return object;
}

static void expect_end(struct room *r, struct peer *p)
{
	assert_null(peer_line(r, p));
	assert_int_equal(p->len, 0);
}

/* The next line is a closing object with this number in it. */
static void expect_echo(struct room *r, struct peer *p, json_int_t n)
{
	json_t *answer = peer_line(r, p);

	assert_non_null(answer);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_int_equal(json_integer_value(json_object_get(answer, "n")), n);
	json_decref(answer);
}

static void expect_error(struct room *r, struct peer *p, const char *words)
{
	json_t *answer = peer_line(r, p);
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert_non_null(answer);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_non_null(error);
	if (!strstr(error, words))
		fail_msg("\"%s\" does not say \"%s\"", error, words);
	json_decref(answer);
}

static void expect_long(struct room *r, struct peer *p, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		json_t *data = peer_line(r, p);

		assert_non_null(json_object_get(data, "data"));
		json_decref(data);
	}
	expect_echo(r, p, 0);
}

/* Still in order after whatever came before. */
static void expect_alive(struct room *r)
{
	struct peer *p = peer_new(r);

	peer_say(r, p, "{\"verb\":\"echo\",\"n\":77}\n");
	expect_echo(r, p, 77);
	peer_free(p);
}

/* Tests */

static void answers_come_in_order(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r);

	peer_say(r, p,
		 "{\"verb\":\"echo\",\"n\":1}\n{\"verb\":\"long\",\"lines\":300,\"size\":10}\n"
		 "{\"verb\":\"long\",\"lines\":0}\n{\"verb\":\"echo\",\"n\":2}\n");
	expect_echo(r, p, 1);
	expect_long(r, p, 300);
	expect_long(r, p, 0);
	expect_echo(r, p, 2);
	assert_int_equal(r->released, 2);
	peer_free(p);
}

static void a_request_in_pieces(void **state)
{
	static const char request[] = "{\"verb\":\"echo\",\"n\":5}\n{\"verb\":\"echo\",\"n\":6}\n";
	struct room *r = *state;
	struct peer *p = peer_new(r);

	for (size_t i = 0; i < sizeof(request) - 1; i++)
		peer_send(r, p, request + i, 1);
	expect_echo(r, p, 5);
	expect_echo(r, p, 6);
	peer_free(p);
}

static void a_long_answer_waits_for_its_reader(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r), *other;
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	size_t steps;

	/* 64 MB, of which nothing is read at first: some megabytes at most may be made of it. */
	peer_say(r, p, "{\"verb\":\"long\",\"lines\":1000,\"size\":65000}\n");
	do {
		steps = r->steps;
		for (int i = 0; i < 100; i++)
			turn(r, start);
	} while (r->steps != steps);
	assert_in_range(steps, 1, 100);

	/* Others are heard meanwhile. */
	other = peer_new(r);
	peer_say(r, other, "{\"verb\":\"echo\",\"n\":3}\n");
	expect_echo(r, other, 3);
	peer_free(other);

	expect_long(r, p, 1000);
	assert_int_equal(r->released, 1);
	peer_free(p);
}

/* Requests without end and not an answer read: sooner or later the server takes no more. */
static void requests_wait_for_their_reader(void **state)
{
	static const char request[] = "{\"verb\":\"echo\",\"n\":4}\n";
	const size_t len = sizeof(request) - 1, most = 32 << 20;
	struct room *r = *state;
	struct peer *p = peer_new(r);
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	size_t sent = 0, answers;
	int idle = 0;

	while (idle < 200 && sent < most) {
		ssize_t n = peer_push(p, request + sent % len, len - sent % len);

		assert_true(n >= 0);
		sent += (size_t)n;
		idle = n ? 0 : idle + 1;
		if (!n || sent % 4096 < len)
			turn(r, start);
	}
	assert_true(sent < most);
	expect_alive(r);
	peer_send(r, p, "", 0);
	answers = sent / len;
	for (size_t i = 0; i < answers; i++)
		expect_echo(r, p, 4);
	peer_free(p);
}

/* Each of them is a line of its own; hundreds of thousands at once cost no more than their sum. */
static void empty_lines_in_bulk(void **state)
{
	enum { LINES = 300000 };
	struct room *r = *state;
	struct peer *p = peer_new(r);
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	char lines[4096];
	size_t sent = 0, got = 0;

	memset(lines, '\n', sizeof(lines));
	while (got < LINES) {
		size_t left = LINES - sent;
		ssize_t n =
			left ? peer_push(p, lines, left < sizeof(lines) ? left : sizeof(lines)) : 0;

		assert_true(n >= 0);
		sent += (size_t)n;
		turn(r, start);
		assert_true(peer_fill(p));
		for (size_t i = 0; i < p->len; i++)
			got += p->text[i] == '\n';
		p->len = 0;
	}
	assert_int_equal(got, LINES);
	peer_say(r, p, "{\"verb\":\"echo\",\"n\":9}\n");
	expect_echo(r, p, 9);
	peer_free(p);
}

/* Deferred answers that end at once, one behind the other: no deeper stack, no lost line. */
static void short_long_answers_in_bulk(void **state)
{
	static const char request[] = "{\"verb\":\"long\",\"lines\":0}\n";
	enum { REQUESTS = 20000 };
	struct room *r = *state;
	struct peer *p = peer_new(r);
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	size_t sent = 0, got = 0, all = REQUESTS * (sizeof(request) - 1);

	while (got < REQUESTS) {
		size_t at = sent % (sizeof(request) - 1);
		ssize_t n = sent < all ? peer_push(p, request + at, sizeof(request) - 1 - at) : 0;

		assert_true(n >= 0);
		sent += (size_t)n;
		if (n && sent % 8192 >= sizeof(request))
			continue; /* let a lot of them pile up before the server looks */
		turn(r, start);
		assert_true(peer_fill(p));
		for (size_t i = 0; i < p->len; i++)
			got += p->text[i] == '\n';
		p->len = 0;
	}
	assert_int_equal(r->released, REQUESTS);
	peer_free(p);
}

static void a_request_too_long(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r);
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	static char fill[65536];
	size_t sent = 0;
	ssize_t n;

	memset(fill, ' ', sizeof(fill));
	do {
		n = peer_push(p, fill, sizeof(fill));
		sent += n > 0 ? (size_t)n : 0;
		turn(r, start);
	} while (n >= 0 && sent < 2U * CONTROL_REQUEST_MAX);
	assert_true(sent >= CONTROL_REQUEST_MAX);
	assert_true(sent < 2U * CONTROL_REQUEST_MAX);
	expect_error(r, p, "longer than");
	expect_end(r, p);
	peer_free(p);
	expect_alive(r);
}

/* Just within the limit. */
static void a_request_as_long_as_may_be(void **state)
{
	static const char start[] = "{\"verb\":\"echo\",\"n\":8,\"fill\":\"", end[] = "\"}\n";
	const size_t len = CONTROL_REQUEST_MAX - sizeof(start) - sizeof(end);
	struct room *r = *state;
	struct peer *p = peer_new(r);
	char *fill = malloc(len);

	assert_non_null(fill);
	memset(fill, 'y', len);
	peer_say(r, p, start);
	peer_send(r, p, fill, len);
	peer_say(r, p, end);
	expect_echo(r, p, 8);
	free(fill);
	peer_free(p);
}

static void garbage_gets_an_answer(void **state)
{
	/* Lengths apart, for the zeros; the last stand for quotations cut within a character. */
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
#define BAD(text) {text, sizeof(text) - 1}
		BAD("\n"),
		BAD("hello\n"),
		BAD("{\n"),
		BAD("}\n"),
		BAD("[]\n"),
		BAD("1\n"),
		BAD("null\n"),
		BAD("\"echo\"\n"),
		BAD("\0\0\0\n"),
		BAD("{\"verb\":\"ec\0ho\"}\n"),
		BAD("{\"verb\":\"ec\\u0000ho\"}\n"),
		BAD("\xff\xfe\xfd\n"),
		BAD("{\"verb\":\"\xff\"}\n"),
		BAD("{\"\xc3\":1}\n"),
		BAD("{\"verb\":1}\n"),
		BAD("{\"verb\":null}\n"),
		BAD("{}\n"),
		BAD("{\"verb\":\"\"}\n"),
		BAD("{\"verb\":\"Echo\"}\n"),
		BAD("{\"verb\":\"echo\",\"verb\":\"echo\"}\n"),
		BAD("{\"verb\":\"echo\"} {\"verb\":\"echo\"}\n"),
		BAD("{\"verb\":\"\033[2J\\u001b[2J\"}\n"),
		BAD("{\"verb\":\"\\u001b[2J\"}\n"),
		BAD("{\"verb\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9\"}\n"),
		BAD("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\n"),
		BAD("{\"verb\":\"broken\"}\n"),
#undef BAD
	};
	struct room *r = *state;
	struct peer *p = peer_new(r);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		peer_send(r, p, bad[i].bytes, bad[i].len);
		expect_error(r, p, "");
		peer_say(r, p, "{\"verb\":\"echo\",\"n\":1}\n");
		expect_echo(r, p, 1);
	}
	peer_free(p);
}

static void json_too_deep(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r);
	static char deep[1 << 20];

	memset(deep, '[', sizeof(deep));
	peer_send(r, p, deep, sizeof(deep));
	peer_say(r, p, "\n");
	expect_error(r, p, "depth");
	peer_free(p);
}

static void a_hundred_connections(void **state)
{
	enum { PEERS = 100 };
	struct room *r = *state;
	struct peer *p[PEERS];
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < PEERS; i++)
		p[i] = peer_new(r);
	for (size_t i = CONNECTIONS; i < PEERS; i++) {
		expect_error(r, p[i], "32 connections are open already");
		expect_end(r, p[i]);
		peer_free(p[i]);
	}
	for (size_t i = 0; i < CONNECTIONS; i++) {
		peer_say(r, p[i], "{\"verb\":\"echo\",\"n\":1}\n");
		expect_echo(r, p[i], 1);
		peer_free(p[i]);
	}
	/* Those who have gone make room. */
	for (int i = 0; i < 3; i++)
		turn(r, start);
	expect_alive(r);
}

static void followers_hear_everything(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r), *q = peer_new(r), *quiet = peer_new(r);
	char line[64];

	peer_say(r, p, "{\"verb\":\"follow\"}\n");
	peer_say(r, q, "{\"verb\":\"follow\"}\n");
	json_decref(peer_line(r, p));
	json_decref(peer_line(r, q));
	/* What a follower says from now on is not answered. */
	peer_say(r, p, "{\"verb\":\"echo\",\"n\":1}\n");
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "{\"ok\":true,\"n\":%d}", i);
		server_publish(r->server, line);
	}
	for (int i = 0; i < 1000; i++) {
		expect_echo(r, p, i);
		expect_echo(r, q, i);
	}
	peer_say(r, quiet, "{\"verb\":\"echo\",\"n\":2}\n");
	expect_echo(r, quiet, 2);
	peer_free(p);
	peer_free(q);
	peer_free(quiet);
}

/* One that never reads is let go before it costs much; one that does is not. */
static void followers_that_never_read(void **state)
{
	struct room *r = *state;
	struct peer *deaf = peer_new(r), *good = peer_new(r);
	static char line[10001];
	bool open = true;
	json_t *object;

	memset(line, 'z', sizeof(line) - 1);
	memcpy(line, "{\"data\":\"", 9);
	memcpy(line + sizeof(line) - 3, "\"}", 3);
	peer_say(r, deaf, "{\"verb\":\"follow\"}\n");
	peer_say(r, good, "{\"verb\":\"follow\"}\n");
	json_decref(peer_line(r, good));
	for (int i = 0; i < 2000; i++) {
		server_publish(r->server, line);
		object = peer_line(r, good);
		assert_non_null(object);
		json_decref(object);
	}
	/* 20 MB were published: of these the deaf one has what the kernel held, and no more. */
	for (size_t bytes = 0; open; bytes += deaf->len) {
		assert_true(bytes < 10000000);
		deaf->len = 0;
		turn(r, clock_ns(CLOCK_MONOTONIC));
		open = peer_fill(deaf);
	}
	peer_free(deaf);
	peer_free(good);
}

/* Followers that go make room, though nothing is ever sent to them. */
static void followers_that_go(void **state)
{
	struct room *r = *state;

	for (int i = 0; i < 3 * CONNECTIONS; i++) {
		struct peer *p = peer_new(r);
		json_t *line;

		peer_say(r, p, "{\"verb\":\"follow\"}\n");
		line = peer_line(r, p);
		assert_true(json_is_true(json_object_get(line, "following")));
		json_decref(line);
		peer_free(p);
		uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	expect_alive(r);
}

/* Until it hangs up; everything before that is thrown away. */
static void expect_dropped(struct room *r, struct peer *p)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	do {
		p->len = 0;
		turn(r, start);
	} while (peer_fill(p));
}

static void the_silent_are_dropped(void **state)
{
	struct room *r = *state;
	struct peer *silent = peer_new(r), *slow = peer_new(r), *follower = peer_new(r), *good;
	uint64_t start = clock_ns(CLOCK_MONOTONIC), last = 0;

	server_patience(r->server, 1500, 600000);
	peer_say(r, follower, "{\"verb\":\"follow\"}\n");
	json_decref(peer_line(r, follower));
	good = peer_new(r);
	/* A byte now and then is no request; one who asks, and one who listens, may stay. */
	while (peer_fill(silent) || peer_fill(slow)) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		if (now - last > 300000000) {
			peer_push(slow, " ", 1);
			peer_say(r, good, "{\"verb\":\"echo\",\"n\":5}\n");
			expect_echo(r, good, 5);
			last = now;
		}
		turn(r, start);
	}
	assert_true(clock_ns(CLOCK_MONOTONIC) - start > 1500000000);
	expect_error(r, silent, "nothing was asked");
	expect_error(r, slow, "nothing was asked");
	server_publish(r->server, "{\"ok\":true,\"n\":6}");
	expect_echo(r, follower, 6);
	peer_say(r, good, "{\"verb\":\"echo\",\"n\":7}\n");
	expect_echo(r, good, 7);
	peer_free(silent);
	peer_free(slow);
	peer_free(follower);
	peer_free(good);
}

/* His answer waits for him, but not for ever; what it holds is given back. */
static void the_deaf_are_dropped(void **state)
{
	struct room *r = *state;
	struct peer *deaf = peer_new(r);
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	server_patience(r->server, 600000, 1000);
	peer_say(r, deaf, "{\"verb\":\"long\",\"lines\":1000,\"size\":100000}\n");
	while (!r->released)
		turn(r, start);
	assert_true(r->steps < 1000);
	expect_dropped(r, deaf);
	peer_free(deaf);
	expect_alive(r);
}

/* "echo REQUEST | nc -U": the last word is said, the answer is still to come. */
static void half_closed_peers_get_their_answer(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r), *q = peer_new(r), *none = peer_new(r);

	peer_say(r, p,
		 "{\"verb\":\"long\",\"lines\":400,\"size\":20000}\n"
		 "{\"verb\":\"echo\",\"n\":6}\n");
	shutdown(p->fd, SHUT_WR);
	expect_long(r, p, 400);
	expect_echo(r, p, 6);
	expect_end(r, p);
	peer_free(p);

	peer_say(r, q, "{\"verb\":\"echo\",\"n\":6}\n{\"verb\":\"ech");
	shutdown(q->fd, SHUT_WR);
	expect_echo(r, q, 6);
	expect_end(r, q);
	peer_free(q);

	shutdown(none->fd, SHUT_WR);
	expect_end(r, none);
	peer_free(none);
}

static void gone_in_the_middle_of_a_long_answer(void **state)
{
	struct room *r = *state;
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < 2 * CONNECTIONS; i++) {
		struct peer *p = peer_new(r);

		peer_say(r, p, "{\"verb\":\"long\",\"lines\":100000,\"size\":60000}\n");
		if (i % 2)
			json_decref(peer_line(r, p));
		peer_free(p);
		while (r->released <= i)
			turn(r, start);
	}
	assert_int_equal(r->released, 2 * CONNECTIONS);
	assert_true(r->steps < 100 * CONNECTIONS * 2);
	expect_alive(r);
}

static void the_server_ends_in_the_middle_of_a_long_answer(void **state)
{
	struct room *r = *state;
	struct peer *p = peer_new(r), *q = peer_new(r);
	struct stat st;

	peer_say(r, p, "{\"verb\":\"long\",\"lines\":100000,\"size\":60000}\n");
	peer_say(r, q, "{\"verb\":\"follow\"}\n");
	json_decref(peer_line(r, q));
	close_server(r);
	assert_int_equal(r->released, 1);
	assert_int_equal(stat(r->path, &st), -1);
	while (peer_fill(p))
		p->len = 0;
	peer_free(p);
	peer_free(q);
	open_server(r, "");
	assert_non_null(r->server);
	expect_alive(r);
}

/* The socket itself */

static void leave_socket(const struct room *r, bool listening, int *fd)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	strcpy(at.sun_path, r->path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (listening)
		assert_int_equal(listen(*fd, 0), 0);
}

static void an_old_socket_is_replaced(void **state)
{
	struct room *r = *state;
	int fd;

	close_server(r);
	leave_socket(r, false, &fd);
	close(fd);
	open_server(r, "");
	assert_non_null(r->server);
	expect_alive(r);
}

static void a_socket_in_use_is_left_alone(void **state)
{
	struct room *r = *state;
	struct server *mine = r->server;

	open_server(r, "");
	assert_null(r->server);
	assert_non_null(strstr(r->error, r->path));
	r->server = mine;
	uv_run(&r->loop, UV_RUN_NOWAIT);
	expect_alive(r);
}

/* One that hangs: nobody accepts, the backlog is full. The start must not hang with it. */
static void a_socket_of_one_who_hangs(void **state)
{
	struct room *r = *state;
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, waiting[8], full = 0;

	close_server(r);
	leave_socket(r, true, &fd);
	strcpy(to.sun_path, r->path);
	for (size_t i = 0; i < 8; i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		full += connect(waiting[i], (struct sockaddr *)&to, sizeof(to)) && errno == EAGAIN;
	}
	assert_true(full > 0);
	alarm(20); /* a hang would be for ever */
	open_server(r, "");
	alarm(0);
	assert_null(r->server);
	for (size_t i = 0; i < 8; i++)
		close(waiting[i]);
	close(fd);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct room *r = *state;
	struct stat st;
	int fd;

	close_server(r);
	fd = open(r->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	open_server(r, "");
	assert_null(r->server);
	assert_non_null(strstr(r->error, r->path));
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_size, 8);
}

static void paths_that_cannot_be(void **state)
{
	struct room *r = *state;
	char path[200], error[256];

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(server_open(&r->loop, path, "", verbs, r, error, sizeof(error)));
	assert_non_null(strstr(error, "too long"));
	assert_null(
		server_open(&r->loop, "/nowhere/at/all/sock", "", verbs, r, error, sizeof(error)));
	assert_non_null(strstr(error, "/nowhere/at/all/sock"));
}

/* Who may speak */

/* What a process of this user and group is told; "" where it cannot even connect. */
static void said_to(struct room *r, uid_t uid, gid_t gid, char *out, size_t size)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	int status, done, from[2];
	pid_t child;
	ssize_t n;

	assert_int_equal(pipe(from), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct sockaddr_un to = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char line[512] = "";

		strcpy(to.sun_path, r->path);
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(1);
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to))) {
			send(fd, "{\"verb\":\"echo\",\"n\":1}\n", 22, MSG_NOSIGNAL);
			n = recv(fd, line, sizeof(line), 0);
			if (n > 0 && write(from[1], line, (size_t)n) != n)
				_exit(1);
		}
		_exit(0);
	}
	close(from[1]);
	while (!(done = waitpid(child, &status, WNOHANG)))
		turn(r, start);
	n = read(from[0], out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	close(from[0]);
	assert_true(done == child && WIFEXITED(status) && !WEXITSTATUS(status));
}

static void strangers_are_refused(void **state)
{
	struct room *r = *state;
	struct group *group = getgrnam("daemon");
	gid_t gid = group ? group->gr_gid : 0;
	struct stat st;
	char line[512];

	if (geteuid() || !group)
		skip();
	assert_int_equal(chmod(r->dir, 0755), 0);
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* No group: the file alone keeps them out, and where it does not, the credentials do. */
	said_to(r, 65534, 65534, line, sizeof(line));
	assert_string_equal(line, "");
	assert_int_equal(chmod(r->path, 0666), 0);
	said_to(r, 65534, 65534, line, sizeof(line));
	assert_non_null(strstr(line, "permission denied"));
	said_to(r, 65534, gid, line, sizeof(line));
	assert_non_null(strstr(line, "permission denied"));
	said_to(r, 0, 0, line, sizeof(line));
	assert_non_null(strstr(line, "\"n\":1"));

	close_server(r);
	open_server(r, "daemon");
	assert_non_null(r->server);
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, gid);
	said_to(r, 65534, gid, line, sizeof(line));
	assert_non_null(strstr(line, "\"n\":1"));
	said_to(r, 65534, 65534, line, sizeof(line));
	assert_string_equal(line, "");
	assert_int_equal(chmod(r->path, 0666), 0);
	said_to(r, 65534, 65534, line, sizeof(line));
	assert_non_null(strstr(line, "permission denied"));
}

/* Of one user eight, and root still gets in. */
static void one_user_has_so_many_connections(void **state)
{
	enum { TRIES = 12, PLACES = 8 };
	struct room *r = *state;
	struct group *group = getgrnam("daemon");
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	struct peer *p[TRIES];

	if (geteuid() || !group)
		skip();
	close_server(r);
	open_server(r, "daemon");
	assert_non_null(r->server);
	assert_int_equal(chmod(r->dir, 0755), 0);
	/* The credentials of a socket are those of the moment of connect(2). */
	assert_int_equal(setegid(group->gr_gid) || seteuid(65534), 0);
	for (size_t i = 0; i < TRIES; i++)
		p[i] = peer_connect(r);
	assert_int_equal(seteuid(0) || setegid(0), 0);
	for (int i = 0; i < 2 * TRIES; i++)
		turn(r, start);
	for (size_t i = PLACES; i < TRIES; i++) {
		expect_error(r, p[i], "8 connections of one user are open already");
		expect_end(r, p[i]);
		peer_free(p[i]);
	}
	expect_alive(r);
	for (size_t i = 0; i < PLACES; i++) {
		peer_say(r, p[i], "{\"verb\":\"echo\",\"n\":1}\n");
		expect_echo(r, p[i], 1);
		peer_free(p[i]);
	}
}

/* A group that nobody made: for root alone, not for group 0. */
static void a_group_that_is_not_there(void **state)
{
	struct room *r = *state;
	struct stat st;

	close_server(r);
	open_server(r, "no-such-group-here");
	assert_non_null(r->server);
	assert_int_equal(stat(r->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	expect_alive(r);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_ROOM(answers_come_in_order),
		IN_ROOM(a_request_in_pieces),
		IN_ROOM(a_long_answer_waits_for_its_reader),
		IN_ROOM(requests_wait_for_their_reader),
		IN_ROOM(empty_lines_in_bulk),
		IN_ROOM(short_long_answers_in_bulk),
		IN_ROOM(a_request_too_long),
		IN_ROOM(a_request_as_long_as_may_be),
		IN_ROOM(garbage_gets_an_answer),
		IN_ROOM(json_too_deep),
		IN_ROOM(a_hundred_connections),
		IN_ROOM(followers_hear_everything),
		IN_ROOM(followers_that_never_read),
		IN_ROOM(followers_that_go),
		IN_ROOM(the_silent_are_dropped),
		IN_ROOM(the_deaf_are_dropped),
		IN_ROOM(half_closed_peers_get_their_answer),
		IN_ROOM(gone_in_the_middle_of_a_long_answer),
		IN_ROOM(the_server_ends_in_the_middle_of_a_long_answer),
		IN_ROOM(an_old_socket_is_replaced),
		IN_ROOM(a_socket_in_use_is_left_alone),
		IN_ROOM(a_socket_of_one_who_hangs),
		IN_ROOM(what_is_no_socket_is_left_alone),
		IN_ROOM(paths_that_cannot_be),
		IN_ROOM(strangers_are_refused),
		IN_ROOM(one_user_has_so_many_connections),
		IN_ROOM(a_group_that_is_not_there),
	};

	signal(SIGPIPE, SIG_IGN); /* as the agent does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
