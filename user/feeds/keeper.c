// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper: takes jobs from the agent, keeps at most WORKERS workers at them, passes on what they
 * say, and has the last word on those that die or do not end. Single-threaded; it reads nothing
 * from outside but the workers' outcomes.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>

#include "child_inside.h"
#include "fetch.h"
#include "keeper_user.h"
#include "worker.h"
#include "../base/clock.h"

#define WORKERS 4

struct worker_slot {
	pid_t pid; /* 0: free; also the id of its process group */
	int pidfd, socket;
	uint32_t id, timeout;
	char name[FEED_NAME];
	uint64_t deadline, told; /* ns */
	bool done;               /* its last word was passed on */
	bool late;               /* it was killed for being late */
};

struct keeper {
	int agent;
	struct worker_slot slot[WORKERS];
	struct feed_job queue[FEED_WAITING];
	size_t waiting;
};

static void tell(struct keeper *k, const struct feed_outcome *out)
{
	char text[FEED_MESSAGE];
	size_t len;
	bool final = out->kind != FEED_PROGRESS;

	/* An agent that does not listen misses progress, no more. */
	if (feed_outcome_write(text, sizeof(text), &len, out))
		feed_send(k->agent, text, len, out->set, final ? 0 : MSG_DONTWAIT);
}

static void __attribute__((format(printf, 3, 4)))
tell_failed(struct keeper *k, uint32_t id, const char *format, ...)
{
	struct feed_outcome out = {.id = id, .kind = FEED_FAILED, .set = -1};
	va_list args;

	va_start(args, format);
	vsnprintf(out.why, sizeof(out.why), format, args);
	va_end(args);
	tell(k, &out);
}

/* Workers */

static void free_job(struct feed_job *job)
{
	if (job->source >= 0)
		close(job->source);
	feed_job_free(job);
}

/* Another feed's secrets are no business of a worker. */
static void __attribute__((noreturn))
become_worker(struct keeper *k, const struct feed_job *job, int socket, pid_t keeper)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(1);
	setpgid(0, 0);
	close(k->agent);
	for (size_t i = 0; i < k->waiting; i++)
		free_job(&k->queue[i]);
	for (size_t i = 0; i < WORKERS; i++)
		if (k->slot[i].pid) {
			close(k->slot[i].socket);
			close(k->slot[i].pidfd);
		}
	worker_run(job, socket);
}

static int start(struct keeper *k, struct worker_slot *slot, const struct feed_job *job)
{
	pid_t keeper = getpid();
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid = fork();
	if (!pid) {
		close(pair[0]);
		become_worker(k, job, pair[1], keeper);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	setpgid(pid, pid);
	*slot = (struct worker_slot){
		.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
		.socket = pair[0],
		.id = job->id,
		.timeout = job->settings.timeout,
	};
	strcpy(slot->name, job->settings.name);
	slot->deadline = clock_ns(CLOCK_MONOTONIC) +
			 (job->settings.timeout + (uint64_t)FEED_GRACE) * 1000000000ULL;
	return 0;
}

static struct worker_slot *free_slot(struct keeper *k)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (!k->slot[i].pid)
			return &k->slot[i];
	return NULL;
}

static void unqueue(struct keeper *k, size_t i)
{
	free_job(&k->queue[i]);
	memmove(&k->queue[i], &k->queue[i + 1], (--k->waiting - i) * sizeof(k->queue[0]));
}

static void start_waiting(struct keeper *k)
{
	struct worker_slot *slot;

	while (k->waiting && (slot = free_slot(k))) {
		struct feed_job job = k->queue[0];
		int err;

		/* Out of the queue first: the worker must not free its own. */
		memmove(&k->queue[0], &k->queue[1], --k->waiting * sizeof(k->queue[0]));
		err = start(k, slot, &job);
		if (err)
			tell_failed(k, job.id, "no process can be started for feed %s: %s",
				    job.settings.name, strerror(-err));
		free_job(&job);
	}
}

/* One outcome; a worker that says anything else, or speaks for another, is not itself any more. */
static bool pass_on(struct keeper *k, struct worker_slot *slot)
{
	static char text[FEED_MESSAGE];
	struct feed_outcome out;
	uint64_t now;
	int fd;
	ssize_t got = feed_receive(slot->socket, text, sizeof(text), &fd, MSG_DONTWAIT);
	bool good = got > 0 && feed_outcome_read(&out, text, (size_t)got);

	if (good && !slot->done && out.id == slot->id && (fd >= 0) == (out.kind == FEED_DONE)) {
		out.set = fd;
		slot->done = out.kind != FEED_PROGRESS;
		now = clock_ns(CLOCK_MONOTONIC);
		/* A little earlier is no flood: the worker counts from another moment. */
		if (slot->done || now - slot->told > FEED_PROGRESS_NS / 2) {
			tell(k, &out);
			slot->told = now;
		}
	} else if (got > 0 || got == -EBADMSG) {
		kill(-slot->pid, SIGKILL);
	}
	if (fd >= 0)
		close(fd);
	return got > 0;
}

static void tell_death(struct keeper *k, const struct worker_slot *slot, int status)
{
	const char *who = slot->name;

	if (slot->late)
		tell_failed(k, slot->id,
			    "the reader of feed %s did not end within %u s, and was killed", who,
			    slot->timeout + FEED_GRACE);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		tell_failed(k, slot->id,
			    "the reader of feed %s was killed by signal %d (SIGSYS): it made a "
			    "system call that it may not make",
			    who, SIGSYS);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		tell_failed(k, slot->id,
			    "the reader of feed %s was killed by signal %d (SIGXCPU): the list "
			    "took more time to read than it may",
			    who, SIGXCPU);
	else if (WIFSIGNALED(status))
		tell_failed(k, slot->id,
			    "the reader of feed %s was killed by signal %d (SIG%s): this update "
			    "is lost, the next is tried as usual",
			    who, WTERMSIG(status),
			    sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	else
		tell_failed(k, slot->id, "the reader of feed %s ended without a word, exit code %d",
			    who, WEXITSTATUS(status));
}

static void bury(struct keeper *k, struct worker_slot *slot)
{
	char file[FETCH_FILE_TEXT];
	int status = 0;

	while (pass_on(k, slot))
		;
	/* While it is not waited for, nobody else can have its number: its rsync ends, too. */
	kill(-slot->pid, SIGKILL);
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		;
	snprintf(file, sizeof(file), FETCH_FILE, (int)slot->pid);
	unlink(file);
	if (!slot->done)
		tell_death(k, slot, status);
	close(slot->socket);
	close(slot->pidfd);
	*slot = (struct worker_slot){0};
}

/* Jobs */

static void cancel(struct keeper *k, uint32_t id)
{
	for (size_t i = 0; i < k->waiting; i++)
		if (k->queue[i].id == id) {
			tell_failed(k, id, "it was cancelled");
			unqueue(k, i);
			return;
		}
	for (size_t i = 0; i < WORKERS; i++)
		if (k->slot[i].pid && k->slot[i].id == id && !k->slot[i].done) {
			k->slot[i].done = true;
			tell_failed(k, id, "it was cancelled");
			kill(-k->slot[i].pid, SIGKILL);
		}
}

static bool take_cancel(struct keeper *k, const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, 0, NULL);
	const json_t *id = json_object_get(json, "cancel");
	bool is_cancel = json_is_integer(id);

	if (is_cancel)
		cancel(k, (uint32_t)json_integer_value(id));
	json_decref(json);
	return is_cancel;
}

/* The agent does not ask for more than FEED_WAITING, so there is room. */
static void enqueue(struct keeper *k, const char *text, size_t len, int fd)
{
	struct feed_job *job = &k->queue[k->waiting];

	if (k->waiting == FEED_WAITING || !feed_job_read(job, text, len) ||
	    (job->source >= 0) != (fd >= 0))
		_exit(1);
	job->source = fd;
	k->waiting++;
}

static void hear_agent(struct keeper *k)
{
	static char text[FEED_MESSAGE];
	int fd;
	ssize_t got = feed_receive(k->agent, text, sizeof(text), &fd, MSG_DONTWAIT);

	if (got == -EAGAIN)
		return;
	/* Without the agent there is nobody to fetch for; the workers die with us. */
	if (got <= 0)
		_exit(0);
	if (!take_cancel(k, text, (size_t)got))
		enqueue(k, text, (size_t)got, fd);
	explicit_bzero(text, sizeof(text));
}

/* Kills the late; how long until the next will be, in milliseconds, -1 never. */
static int next_deadline(struct keeper *k)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), next = UINT64_MAX;

	for (size_t i = 0; i < WORKERS; i++) {
		struct worker_slot *slot = &k->slot[i];

		if (!slot->pid || slot->late)
			continue;
		if (slot->deadline <= now) {
			slot->late = true;
			kill(-slot->pid, SIGKILL);
		} else if (slot->deadline - now < next) {
			next = slot->deadline - now;
		}
	}
	if (next == UINT64_MAX)
		return -1;
	return next / 1000000 < INT_MAX ? (int)(next / 1000000) + 1 : INT_MAX;
}

static void turn(struct keeper *k)
{
	struct pollfd poller[1 + 2 * WORKERS] = {{.fd = k->agent, .events = POLLIN}};

	for (size_t i = 0; i < WORKERS; i++) {
		struct worker_slot *slot = &k->slot[i];

		poller[1 + 2 * i] = (struct pollfd){slot->pid ? slot->pidfd : -1, POLLIN, 0};
		poller[2 + 2 * i] = (struct pollfd){slot->pid ? slot->socket : -1, POLLIN, 0};
	}
	if (poll(poller, 1 + 2 * WORKERS, next_deadline(k)) <= 0)
		return;
	for (size_t i = 0; i < WORKERS; i++) {
		if (poller[1 + 2 * i].revents)
			bury(k, &k->slot[i]);
		else if (poller[2 + 2 * i].revents & POLLIN)
			pass_on(k, &k->slot[i]);
	}
	if (poller[0].revents)
		hear_agent(k);
	start_waiting(k);
}

/* What a message leaves in memory, a worker forked later would inherit. */
static void wiping_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void keeper_run(int socket, pid_t agent)
{
	static struct keeper keeper;
	char error[FEED_WORDS];

	keeper.agent = socket;
	if (keeper_become_nobody(socket, agent, error, sizeof(error))) {
		feed_send(socket, error, strlen(error), -1, 0);
		_exit(1);
	}
	json_set_alloc_funcs(malloc, wiping_free);
	feed_send(socket, "", 1, -1, 0);
	for (;;)
		turn(&keeper);
}
