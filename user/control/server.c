// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

#include "../base/capabilities.h"
#include "../base/escape.h"
#include "../base/log.h"
#include "protocol.h"
#include "server.h"

#define CONNECTIONS_MAX 32
#define QUEUE_HIGH      (1U << 20) /* bytes under way before answers wait for their reader */
#define QUEUE_DROP      (8U << 20) /* a follower that far behind is let go */
#define READ_STEP       65536

/* So that neither one user nor all of them together keep root out, who may have to mend things. */
#define CONNECTIONS_USER   8
#define CONNECTIONS_OTHERS 24

#define LOOK_MS 1000   /* between looks for those who say nothing */
#define IDLE_MS 60000  /* for a request to be complete, since the last answer has left */
#define DEAF_MS 900000 /* without taking a byte of an answer: somebody reads it in a pager */

struct connection {
	uv_pipe_t pipe;
	struct server *server;
	uid_t uid;     /* who is at the other end */
	char *request; /* what came; capacity grows to CONTROL_REQUEST_MAX */
	size_t taken;  /* bytes in front that are answered already */
	size_t len, room;
	bool following, closing;
	bool ended;         /* no more requests; what is under way still leaves */
	unsigned under_way; /* writes that have not left yet */
	step_fn step;
	void (*done)(void *state);
	void *state;
	bool asleep; /* the step waits for connection_wake() */
	uint64_t
		quiet_since; /* milliseconds of the loop: nothing was under way, or nothing moved */
	size_t queue;        /* bytes of answers at the last look */
	struct connection *prev, *next;
};

struct server {
	uv_pipe_t listener;
	uv_idle_t more;  /* while an answer that sends nothing for now is under way */
	uv_timer_t look; /* for those who say nothing */
	uint64_t idle_ms, deaf_ms;
	unsigned handles; /* of ours that are not closed yet */
	uv_loop_t *loop;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	gid_t group;
	bool has_group;
	const struct server_verb *verbs;
	void *context;
	server_audit_fn audit;
	struct connection *connections;
	size_t count;
};

/* One write: the text lives until it has left. */
struct outgoing {
	uv_write_t request;
	char *text;
};

/* Answers */

json_t *answer_done(void)
{
	return json_pack("{s:b}", "ok", 1);
}

json_t *answer_error(const char *format, ...)
{
	char text[512], safe[1024];
	json_t *answer;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answer = json_pack("{s:b, s:s}", "ok", 0, "error", text);
	if (answer)
		return answer;
	/* A quotation of hostile bytes, or one cut within a character, is no UTF-8. */
	escape_bytes(safe, sizeof(safe), text, strlen(text));
	return json_pack("{s:b, s:s}", "ok", 0, "error", safe);
}

/* Connections */

static void connection_freed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	if (c->done)
		c->done(c->state);
	free(c->request);
	free(c);
}

static void connection_close(struct connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	if (c->server) {
		DL_DELETE(c->server->connections, c);
		c->server->count--;
	}
	uv_close((uv_handle_t *)&c->pipe, connection_freed);
}

/* A peer that said its last word gets what it asked for before. */
static void close_when_done(struct connection *c)
{
	if (c->ended && !c->under_way && !c->step)
		connection_close(c);
}

static void step_answer(struct connection *c);
static void step_all(uv_idle_t *idle);
static void take_lines(struct connection *c);

static void written(uv_write_t *request, int status)
{
	struct outgoing *out = (struct outgoing *)request;
	struct connection *c = request->handle->data;

	free(out->text);
	free(out);
	c->under_way--;
	if (c->closing)
		return;
	c->quiet_since = uv_now(c->pipe.loop);
	if (status) {
		connection_close(c);
		return;
	}
	if (c->step)
		step_answer(c);
	take_lines(c);
	close_when_done(c);
}

/* Takes over `text`, which ends in a newline already. */
static void write_text(struct connection *c, char *text, size_t len)
{
	struct outgoing *out = c->closing ? NULL : malloc(sizeof(*out));
	uv_buf_t buf = uv_buf_init(text, (unsigned)len);

	if (!out) {
		free(text);
		return;
	}
	out->text = text;
	c->under_way++;
	if (uv_write(&out->request, (uv_stream_t *)&c->pipe, &buf, 1, written)) {
		c->under_way--;
		free(text);
		free(out);
		connection_close(c);
	}
}

void connection_send_line(struct connection *c, const char *line)
{
	size_t len = strlen(line);
	char *text = malloc(len + 1);

	if (!text)
		return;
	memcpy(text, line, len);
	text[len] = '\n';
	write_text(c, text, len + 1);
}

void connection_send(struct connection *c, json_t *data)
{
	char *line = data ? json_dumps(data, JSON_COMPACT) : NULL;

	json_decref(data);
	if (line)
		connection_send_line(c, line);
	free(line);
}

static void finish_deferred(struct connection *c)
{
	if (c->done)
		c->done(c->state);
	c->step = NULL;
	c->done = NULL;
	c->state = NULL;
}

/* One step a turn of the loop: others want to be heard too. */
static void step_answer(struct connection *c)
{
	json_t *closing;

	if (!c->step || c->asleep || c->closing || c->pipe.write_queue_size >= QUEUE_HIGH)
		return;
	closing = c->step(c, c->state);
	if (closing || c->following) {
		finish_deferred(c);
		if (closing)
			connection_send(c, closing);
	} else if (!c->asleep && !c->under_way && c->server) {
		uv_idle_start(&c->server->more, step_all);
	}
}

static void step_all(uv_idle_t *idle)
{
	struct server *s = idle->data;
	struct connection *c, *next;

	uv_idle_stop(idle);
	for (c = s->connections; c; c = next) {
		next = c->next;
		if (!c->step || c->asleep || c->under_way)
			continue;
		step_answer(c);
		if (!c->step)
			take_lines(c);
		close_when_done(c);
	}
}

void connection_defer(struct connection *c, step_fn step, void (*done)(void *state), void *state)
{
	c->step = step;
	c->done = done;
	c->state = state;
	c->asleep = false;
}

void connection_sleep(struct connection *c)
{
	c->asleep = true;
}

void connection_wake(struct connection *c)
{
	c->asleep = false;
	if (c->server)
		uv_idle_start(&c->server->more, step_all);
}

void connection_follow(struct connection *c)
{
	c->following = true;
}

/* Requests */

static json_t *dispatch(struct connection *c, const json_t *request)
{
	const char *verb = json_string_value(json_object_get(request, "verb"));

	if (!verb)
		return answer_error("the request has no \"verb\"");
	for (const struct server_verb *v = c->server->verbs; v->name; v++) {
		if (strcmp(v->name, verb) != 0)
			continue;
		if (c->server->audit)
			c->server->audit(c->server->context, c->uid, verb, request);
		return v->fn(c->server->context, request, c);
	}
	return answer_error("unknown verb \"%.40s\"", verb);
}

static void take_line(struct connection *c, const char *line, size_t len)
{
	json_error_t problem;
	json_t *request, *answer;

	/* Jansson calls whatever it has no memory for a mistake in the text. */
	errno = 0;
	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &problem);
	if (!request && errno == ENOMEM) {
		connection_send(c, answer_error("out of memory: the request was not taken"));
		return;
	}
	if (!json_is_object(request)) {
		connection_send(c, answer_error("this is no JSON object: %s",
						request ? "another type" : problem.text));
		json_decref(request);
		return;
	}
	answer = dispatch(c, request);
	json_decref(request);
	if (!answer && !c->step && !c->following)
		answer = answer_error("out of memory: there is no room for the answer");
	if (answer)
		connection_send(c, answer);
	else if (c->step)
		step_answer(c);
}

static bool is_busy(const struct connection *c)
{
	return c->step || c->pipe.write_queue_size >= QUEUE_HIGH;
}

static void make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

/*
 * Requests are answered in order: while a long answer is under way, the next ones wait. Who does
 * not read his answers is not read from either, or they would pile up here.
 */
static void take_lines(struct connection *c)
{
	while (!c->closing && !c->following && !is_busy(c)) {
		char *line = c->request + c->taken;
		char *end = c->len > c->taken ? memchr(line, '\n', c->len - c->taken) : NULL;

		if (!end)
			break;
		c->quiet_since = uv_now(c->pipe.loop);
		take_line(c, line, (size_t)(end - line));
		c->taken = (size_t)(end + 1 - c->request);
	}
	if (c->closing || c->ended)
		return;
	if (is_busy(c) && !c->following)
		uv_read_stop((uv_stream_t *)&c->pipe);
	else
		uv_read_start((uv_stream_t *)&c->pipe, make_room, received);
}

static void make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	(void)suggested;
	if (c->taken) {
		c->len -= c->taken;
		memmove(c->request, c->request + c->taken, c->len);
		c->taken = 0;
	}
	if (c->room - c->len < READ_STEP && c->room < CONTROL_REQUEST_MAX) {
		size_t room = c->room ? c->room * 2 : 2 * READ_STEP;
		char *grown = realloc(c->request, room);

		if (grown) {
			c->request = grown;
			c->room = room;
		}
	}
	*buf = uv_buf_init(c->request + c->len, (unsigned)(c->room - c->len));
}

static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n == UV_ENOBUFS)
		connection_send(c, answer_error("the request is longer than %u bytes",
						CONTROL_REQUEST_MAX));
	if (n == UV_ENOBUFS || (n == UV_EOF && !c->following)) {
		uv_read_stop(stream);
		c->ended = true;
		close_when_done(c);
	} else if (n < 0) {
		connection_close(c);
	} else if (!c->following) { /* a follower has nothing to say but goodbye */
		c->len += (size_t)n;
		take_lines(c);
	}
}

/* Who may speak */

static bool in_group(uid_t uid, gid_t gid, gid_t wanted)
{
	struct passwd *user = getpwuid(uid);
	gid_t groups[256];
	int count = 256;

	if (gid == wanted)
		return true;
	if (!user || getgrouplist(user->pw_name, gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static bool is_other(uid_t uid)
{
	return uid && uid != geteuid();
}

static bool peer_allowed(const struct server *s, uv_pipe_t *pipe, uid_t *uid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	*uid = peer.uid;
	if (!is_other(peer.uid))
		return true;
	return s->has_group && in_group(peer.uid, peer.gid, s->group);
}

/* Why there is no place for one more, or NULL. */
static const char *no_place(const struct server *s, const struct connection *new, char text[80])
{
	const struct connection *c;
	size_t of_user = 0, of_others = 0;

	DL_FOREACH(s->connections, c)
	{
		/* cppcheck-suppress uninitvar ; it does not see through the macro */
		of_user += c->uid == new->uid;
		of_others += is_other(c->uid);
	}
	if (s->count > CONNECTIONS_MAX || of_others > CONNECTIONS_OTHERS)
		snprintf(text, 80, "%zu connections are open already", s->count - 1);
	else if (is_other(new->uid) && of_user > CONNECTIONS_USER)
		snprintf(text, 80, "%d connections of one user are open already", CONNECTIONS_USER);
	else
		return NULL;
	return text;
}

static void refuse(struct connection *c, const char *why)
{
	connection_send(c, answer_error("%s", why));
	connection_close(c);
}

/*
 * Who has a request under way may wait for it; who takes its answer slowly, too. A request that
 * comes a byte a minute is none, and who takes nothing at all has gone.
 */
static void look(uv_timer_t *timer)
{
	struct server *s = timer->data;
	uint64_t now = uv_now(s->loop);
	struct connection *c, *next;

	for (c = s->connections; c; c = next) {
		size_t queue = c->pipe.write_queue_size;

		next = c->next;
		if (c->following || (c->step && !c->under_way))
			continue;
		if (queue != c->queue)
			c->quiet_since = now;
		c->queue = queue;
		if (c->under_way && now - c->quiet_since > s->deaf_ms)
			connection_close(c);
		else if (!c->under_way && now - c->quiet_since > s->idle_ms)
			refuse(c, "nothing was asked for too long");
	}
}

static void accepted(uv_stream_t *listener, int status)
{
	struct server *s = listener->data;
	struct connection *c;
	char full[80];
	bool allowed;

	c = status ? NULL : calloc(1, sizeof(*c));
	if (!c)
		return;
	uv_pipe_init(s->loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe)) {
		uv_close((uv_handle_t *)&c->pipe, connection_freed);
		return;
	}
	c->server = s;
	c->quiet_since = uv_now(s->loop);
	allowed = peer_allowed(s, &c->pipe, &c->uid);
	DL_APPEND(s->connections, c);
	s->count++;
	if (no_place(s, c, full))
		refuse(c, full);
	else if (!allowed)
		refuse(c, "permission denied");
	else
		uv_read_start((uv_stream_t *)&c->pipe, make_room, received);
}

/* The listener */

/* Without blocking: behind a full backlog there is somebody too. */
static bool somebody_listens(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	if (fd < 0)
		return true;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	answered = !connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno == EAGAIN;
	close(fd);
	return answered;
}

/* A socket that nobody listens on is what a killed agent left; anything else is somebody's own. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return UV_EEXIST;
	if (somebody_listens(path))
		return UV_EADDRINUSE;
	return unlink(path) ? -errno : 0;
}

static bool find_group(struct server *s, const char *name)
{
	struct group *group = name && *name ? getgrnam(name) : NULL;

	s->has_group = group;
	s->group = group ? group->gr_gid : 0;
	if (name && *name && !group)
		log_info("no group `%s' here: the control socket is for root alone", name);
	return s->has_group;
}

static int give_to_group(const struct server *s, char *error, size_t size)
{
	static const struct capability needed = CAPABILITY(CAP_CHOWN, "to give files away");
	char missing[64];
	int err;

	if (!s->has_group || !chown(s->path, (uid_t)-1, s->group))
		return 0;
	err = -errno;
	if (capabilities_missing(missing, sizeof(missing), &needed, 1))
		snprintf(error, size,
			 "cannot give `%s' to the group of socket_group without %s; \"\" there "
			 "keeps it for root",
			 s->path, missing);
	return err;
}

static int listen_at(struct server *s, char *error, size_t size)
{
	int err = remove_stale(s->path);
	mode_t before = umask(0177);

	if (!err)
		err = uv_pipe_bind(&s->listener, s->path);
	umask(before);
	err = err ? err : give_to_group(s, error, size);
	if (err)
		return err;
	if (chmod(s->path, s->has_group ? 0660 : 0600))
		return -errno;
	return uv_listen((uv_stream_t *)&s->listener, 16, accepted);
}

static void server_freed(uv_handle_t *handle)
{
	struct server *s = handle->data;

	if (!--s->handles)
		free(s);
}

static void close_handles(struct server *s)
{
	uv_close((uv_handle_t *)&s->listener, server_freed);
	uv_close((uv_handle_t *)&s->more, server_freed);
	uv_close((uv_handle_t *)&s->look, server_freed);
}

struct server *server_open(uv_loop_t *loop, const char *path, const char *group,
			   const struct server_verb *verbs, void *context, char *error,
			   size_t error_size)
{
	struct server *s;
	int err;

	if (strlen(path) >= sizeof(s->path)) {
		snprintf(error, error_size, "the socket path `%s' is too long (%zu characters)",
			 path, sizeof(s->path) - 1);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	s->loop = loop;
	s->verbs = verbs;
	s->context = context;
	snprintf(s->path, sizeof(s->path), "%s", path);
	find_group(s, group);
	uv_pipe_init(loop, &s->listener, 0);
	uv_idle_init(loop, &s->more);
	uv_timer_init(loop, &s->look);
	s->listener.data = s->more.data = s->look.data = s;
	s->handles = 3;
	server_patience(s, IDLE_MS, DEAF_MS);
	*error = '\0';
	err = listen_at(s, error, error_size);
	if (!err) {
		uv_timer_start(&s->look, look, LOOK_MS, LOOK_MS);
		return s;
	}
	if (!*error)
		snprintf(error, error_size, "cannot listen at `%s': %s", path, uv_strerror(err));
	close_handles(s);
	return NULL;
}

void server_patience(struct server *s, uint64_t idle_ms, uint64_t deaf_ms)
{
	s->idle_ms = idle_ms;
	s->deaf_ms = deaf_ms;
}

void server_audit(struct server *s, server_audit_fn fn)
{
	s->audit = fn;
}

void server_close(struct server *s)
{
	struct connection *c, *next;

	if (!s)
		return;
	for (c = s->connections; c; c = next) {
		next = c->next; /* closing takes it out of the list */
		connection_close(c);
		c->server = NULL;
	}
	unlink(s->path);
	close_handles(s);
}

void server_publish(struct server *s, const char *line)
{
	struct connection *c, *next;

	for (c = s->connections; c; c = next) {
		next = c->next;
		if (!c->following)
			continue;
		if (c->pipe.write_queue_size > QUEUE_DROP)
			connection_close(c);
		else
			connection_send_line(c, line);
	}
}
