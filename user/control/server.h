/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket, agent's side: connections, their credentials, lines in, lines out. What the
 * verbs do stands in user/agent/verbs_*.c; the words in protocol.h.
 *
 * Bounded, against those who may ask, too: 32 connections, of these 24 of others than root and 8 of
 * one of them; requests as protocol.h says. A connection ends when no request has come whole within
 * a minute of the last answer, when nothing of an answer was taken for a quarter of an hour, and
 * for a follower when it is 8 MB behind.
 */
#ifndef MXDP_CONTROL_SERVER_H
#define MXDP_CONTROL_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

struct server;
struct connection;

/*
 * Answers one request. Sends any number of data objects with connection_send() and returns the
 * closing object (new reference), or NULL where it has called connection_defer() or follows a log.
 */
typedef json_t *(*verb_fn)(void *context, const json_t *request, struct connection *connection);

struct server_verb {
	const char *name; /* NULL ends the table */
	verb_fn fn;
};

/*
 * Listens at `path`, mode 0660, owned by `group` where it is not empty. An old socket that nobody
 * listens on is replaced. NULL with one line in `error`.
 */
struct server *server_open(uv_loop_t *loop, const char *path, const char *group,
			   const struct server_verb *verbs, void *context, char *error,
			   size_t error_size);
/* Who asks for what: told of each request with a verb of the table, before it is answered. */
typedef void (*server_audit_fn)(void *context, uid_t uid, const char *verb, const json_t *request);
void server_audit(struct server *s, server_audit_fn fn);

/* How long a request and a reader are waited for, instead of the above. */
void server_patience(struct server *s, uint64_t idle_ms, uint64_t deaf_ms);

/* Closes the connections and removes the socket; the loop must run once more to finish. */
void server_close(struct server *s);

/* Takes over `data`. */
void connection_send(struct connection *c, json_t *data);
void connection_send_line(struct connection *c, const char *line);

/*
 * For answers too long to make at once: `step` is called, once a turn of the loop and whenever what
 * was sent has left, until it returns the closing object or calls connection_follow(); `done` then,
 * or when the peer has gone, frees `state`.
 */
typedef json_t *(*step_fn)(struct connection *connection, void *state);
void connection_defer(struct connection *c, step_fn step, void (*done)(void *state), void *state);
/*
 * Said by a step that has to wait for something outside: it is not called again before
 * connection_wake(), which may come at any time until `done'.
 */
void connection_sleep(struct connection *c);
void connection_wake(struct connection *c);

/* From now on the connection gets every line given to server_publish(). */
void connection_follow(struct connection *c);
void server_publish(struct server *s, const char *line);

/* {"ok": true} and {"ok": false, "error": ...} */
json_t *answer_done(void);
json_t *answer_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
