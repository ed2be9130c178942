/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket, the side that asks; the words are in protocol.h. One connection, one question
 * after the other. Blocking, but never for ever: an agent that says nothing for CLIENT_PATIENCE
 * seconds is an error, unless its events are followed.
 *
 * What the agent sends is not trusted: lines are bounded, and what is no JSON object ends the talk.
 */
#ifndef MXDP_CONTROL_CLIENT_H
#define MXDP_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A refusal names every bad entry of a request, so it may be longer than the request. */
#define CLIENT_LINE_MAX (32U << 20)
#define CLIENT_PATIENCE 10 /* seconds, unless client_set_patience() says otherwise */

struct client {
	int fd;
	pid_t agent; /* as the kernel knows it; 0 where it does not say */
	char *line;  /* what came and was not used yet, `filled` bytes of it */
	size_t used; /* bytes of the line that was used up last */
	size_t filled, room;
	unsigned patience;
	bool heard; /* anything at all */
};

/*
 * 0, or -errno with one line in `error`: -ENOENT where nobody listens at `path`, -EACCES where we
 * are not let in.
 */
int client_open(struct client *c, const char *path, char *error, size_t size);
void client_close(struct client *c);

/* Called for each data object, which is borrowed. Non-zero ends the answer with -ECANCELED. */
typedef int (*client_fn)(const json_t *data, void *context);

/*
 * Sends `request` (borrowed) and takes the answer; the closing object, owned by the caller, comes
 * in *closing. 0, or -errno with one line in `error`: -ETIMEDOUT, -EPIPE where the agent hung up,
 * -EPROTO where it talks nonsense, -E2BIG where the request is too long to be sent.
 */
int client_ask(struct client *c, const json_t *request, client_fn data, void *context,
	       json_t **closing, char *error, size_t size);

/* How long the agent may be silent from now on; 0: for as long as it likes. */
void client_set_patience(struct client *c, unsigned seconds);

/* Waits until the agent has hung up: 0, or -ETIMEDOUT. */
int client_wait_end(struct client *c);

#endif
