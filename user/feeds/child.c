// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's side. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "child_inside.h"

#define END_TRIES 20 /* of 5 ms: then it ends when it next looks at its socket */

struct feed_child {
	pid_t pid;
	int socket; /* -1: the keeper has gone */
	uint32_t id[FEED_WAITING];
	size_t count; /* of ids that have no outcome yet */
};

static void lose(struct feed_child *child)
{
	const struct timespec pause = {0, 5000000};

	if (child->socket < 0)
		return;
	/*
	 * The descriptor stays, for whoever polls it: at its end it is readable. It is also what
	 * ends the keeper, which is another user's: with CAP_KILL gone, and behind the filter, no
	 * signal gets there. It is tried last, for those who run without either.
	 */
	shutdown(child->socket, SHUT_RDWR);
	for (int i = 0; i < END_TRIES && !waitpid(child->pid, NULL, WNOHANG); i++)
		nanosleep(&pause, NULL);
	if (!waitpid(child->pid, NULL, WNOHANG))
		kill(child->pid, SIGKILL);
	child->pid = 0;
}

/* Until it says that it has become nobody, or why it could not. */
static int await_ready(struct feed_child *child, char *error, size_t size)
{
	char text[FEED_WORDS];
	int fd;
	ssize_t got = feed_receive(child->socket, text, sizeof(text) - 1, &fd, 0);

	if (fd >= 0)
		close(fd);
	if (got == 1)
		return 0;
	text[got > 0 ? got : 0] = '\0';
	snprintf(error, size, "the process that fetches lists does not start: %s",
		 got > 0 ? text : "it ended at once");
	return -EPERM;
}

struct feed_child *feed_child_start(char *error, size_t size)
{
	struct feed_child *child = calloc(1, sizeof(*child));
	pid_t agent = getpid();
	int pair[2];

	if (!child || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		snprintf(error, size, "the process that fetches lists does not start: %s",
			 strerror(errno));
		free(child);
		return NULL;
	}
	child->pid = fork();
	if (!child->pid) {
		close(pair[0]);
		keeper_run(pair[1], agent);
	}
	close(pair[1]);
	child->socket = pair[0];
	if (child->pid < 0)
		snprintf(error, size, "the process that fetches lists does not start: %s",
			 strerror(errno));
	if (child->pid < 0 || await_ready(child, error, size)) {
		feed_child_stop(child);
		return NULL;
	}
	return child;
}

int feed_child_fd(const struct feed_child *child)
{
	return child->socket;
}

static int send_now(struct feed_child *child, const char *text, size_t len, int fd)
{
	int err;

	if (child->pid <= 0)
		return -EPIPE;
	err = feed_send(child->socket, text, len, fd, MSG_DONTWAIT);
	return err == -ECONNRESET || err == -ENOTCONN ? -EPIPE : err;
}

int feed_child_ask(struct feed_child *child, const struct feed_job *job)
{
	char text[FEED_MESSAGE];
	size_t len;
	int err;

	if (child->count == FEED_WAITING)
		return -EAGAIN;
	if (!feed_job_write(text, sizeof(text), &len, job))
		return -EINVAL;
	err = send_now(child, text, len, job->source);
	explicit_bzero(text, sizeof(text));
	if (err)
		return err;
	child->id[child->count++] = job->id;
	if (job->source >= 0)
		close(job->source);
	return 0;
}

int feed_child_cancel(struct feed_child *child, uint32_t id)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "{\"cancel\":%u}", id);

	return send_now(child, text, (size_t)len, -1);
}

/* False: nobody has asked for it, or the descriptor is not where it should be. */
static bool take(struct feed_child *child, const struct feed_outcome *out)
{
	size_t i = 0;

	while (i < child->count && child->id[i] != out->id)
		i++;
	if (i == child->count || (out->set >= 0) != (out->kind == FEED_DONE))
		return false;
	if (out->kind != FEED_PROGRESS)
		child->id[i] = child->id[--child->count];
	return true;
}

int feed_child_next(struct feed_child *child, struct feed_outcome *out)
{
	static char text[FEED_MESSAGE];
	ssize_t got;
	int fd;

	if (child->pid <= 0)
		return -EPIPE;
	got = feed_receive(child->socket, text, sizeof(text), &fd, MSG_DONTWAIT);
	if (got == -EAGAIN)
		return 0;
	if (got > 0 && feed_outcome_read(out, text, (size_t)got)) {
		out->set = fd;
		if (take(child, out))
			return 1;
	}
	/* What is no outcome of ours a keeper would not say that is still itself. */
	if (fd >= 0)
		close(fd);
	*out = (struct feed_outcome){.set = -1};
	lose(child);
	return -EPIPE;
}

void feed_child_stop(struct feed_child *child)
{
	if (!child)
		return;
	if (child->pid > 0)
		lose(child);
	close(child->socket);
	free(child);
}
