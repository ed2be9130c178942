// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "protocol.h"
#include "../base/escape.h"

#define LINE_STEP 65536

__attribute__((format(printf, 4, 5))) static int fail(char *error, size_t size, int err,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return err;
}

void client_set_patience(struct client *c, unsigned seconds)
{
	struct timeval time = {.tv_sec = seconds};

	c->patience = seconds;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

static int is_silent(const struct client *c, char *error, size_t size)
{
	if (c->agent)
		return fail(error, size, -ETIMEDOUT,
			    "the agent (process %d) has not answered for %u seconds", (int)c->agent,
			    c->patience);
	return fail(error, size, -ETIMEDOUT, "the agent has not answered for %u seconds",
		    c->patience);
}

static int connect_failed(const struct client *c, const char *path, int err, char *error,
			  size_t size)
{
	char shown[256];

	escape_bytes(shown, sizeof(shown), path, strlen(path));
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return fail(error, size, -ENOENT, "no agent at %s", shown);
	case EACCES:
	case EPERM:
		return fail(error, size, -EACCES,
			    "permission denied at %s: be root or a member of group mxdp", shown);
	case EAGAIN:
		return is_silent(c, error, size);
	}
	return fail(error, size, -err, "cannot connect to %s: %s", shown, strerror(err));
}

int client_open(struct client *c, const char *path, char *error, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	int err = 0;

	*c = (struct client){.fd = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return fail(error, size, -ENAMETOOLONG,
			    "the path of the socket is longer than %zu bytes",
			    sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	c->room = LINE_STEP;
	c->line = malloc(c->room);
	if (!c->line)
		return fail(error, size, -ENOMEM, "out of memory");
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		err = fail(error, size, -errno, "cannot make a socket: %s", strerror(errno));
		goto out;
	}
	client_set_patience(c, CLIENT_PATIENCE);
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)))
		err = connect_failed(c, path, errno, error, size);
	else if (!getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		c->agent = peer.pid;
out:
	if (err)
		client_close(c);
	return err;
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->line);
	*c = (struct client){.fd = -1};
}

/* An agent that refuses a request may hang up before it has read all of it: its words count. */
static int send_all(struct client *c, const char *text, size_t len, char *error, size_t size)
{
	while (len) {
		ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0 && errno == EAGAIN)
			return is_silent(c, error, size);
		if (n < 0)
			return fail(error, size, -errno, "cannot send to the agent: %s",
				    strerror(errno));
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_request(struct client *c, const json_t *request, char *error, size_t size)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	int err;

	if (!text)
		return fail(error, size, -ENOMEM, "out of memory");
	if (len >= CONTROL_REQUEST_MAX) {
		err = fail(error, size, -E2BIG, "the request is longer than %u MiB: split it",
			   CONTROL_REQUEST_MAX >> 20);
	} else {
		text[len++] = '\n'; /* in place of the zero */
		err = send_all(c, text, len, error, size);
	}
	free(text);
	return err;
}

static int make_room(struct client *c, char *error, size_t size)
{
	char *line;

	if (c->filled < c->room)
		return 0;
	if (c->room == CLIENT_LINE_MAX)
		return fail(error, size, -EPROTO, "the agent sent a line of more than %u bytes",
			    CLIENT_LINE_MAX);
	line = realloc(c->line, c->room * 2);
	if (!line)
		return fail(error, size, -ENOMEM, "out of memory");
	c->line = line;
	c->room *= 2;
	return 0;
}

static int receive(struct client *c, char *error, size_t size)
{
	int err = make_room(c, error, size);
	ssize_t n;

	if (err)
		return err;
	do
		n = recv(c->fd, c->line + c->filled, c->room - c->filled, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return is_silent(c, error, size);
	if (n <= 0 && (!n || errno == ECONNRESET))
		return fail(error, size, -EPIPE,
			    c->heard ? "the agent hung up amid its answer"
				     : "the agent hung up without an answer");
	if (n < 0)
		return fail(error, size, -errno, "cannot read from the agent: %s", strerror(errno));
	c->filled += (size_t)n;
	c->heard = true;
	return 0;
}

/* The next line, without its end, at c->line + *at; valid until the next call. */
static int next_line(struct client *c, size_t *at, size_t *len, char *error, size_t size)
{
	size_t looked = c->used;

	for (;;) {
		char *end = memchr(c->line + looked, '\n', c->filled - looked);
		int err;

		if (end) {
			*at = c->used;
			*len = (size_t)(end - (c->line + c->used));
			c->used += *len + 1;
			return 0;
		}
		memmove(c->line, c->line + c->used, c->filled - c->used);
		c->filled -= c->used;
		c->used = 0;
		looked = c->filled;
		err = receive(c, error, size);
		if (err)
			return err;
	}
}

static int next_object(struct client *c, json_t **object, char *error, size_t size)
{
	char shown[80];
	size_t at, len;
	int err = next_line(c, &at, &len, error, size);

	if (err)
		return err;
	*object = json_loadb(c->line + at, len, 0, NULL);
	if (json_is_object(*object))
		return 0;
	json_decref(*object);
	escape_bytes(shown, sizeof(shown), c->line + at, len);
	return fail(error, size, -EPROTO,
		    "what answers is no mxdpd, or one of another version: it said `%s'", shown);
}

int client_ask(struct client *c, const json_t *request, client_fn data, void *context,
	       json_t **closing, char *error, size_t size)
{
	int err = send_request(c, request, error, size);

	while (!err) {
		json_t *object;

		err = next_object(c, &object, error, size);
		if (err)
			break;
		if (json_is_boolean(json_object_get(object, "ok"))) {
			*closing = object;
			return 0;
		}
		if (data && data(object, context))
			err = fail(error, size, -ECANCELED, "given up");
		json_decref(object);
	}
	return err;
}

int client_wait_end(struct client *c)
{
	char ignored[64];
	int err;

	do {
		c->used = c->filled = 0;
		err = receive(c, ignored, sizeof(ignored));
	} while (!err);
	return err == -EPIPE ? 0 : err;
}
