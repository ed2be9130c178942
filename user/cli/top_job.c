// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "top.h"

#define READ_STEP 65536

/* Its words are for a pipe, and it ends when we do, however that comes. */
static void run(int fd, pid_t parent, const sigset_t *mask, int (*fn)(void *context), void *context)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
	int code;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* A key that interrupts is for us alone. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0 ||
	    !freopen("/dev/null", "r", stdin))
		_exit(CLI_FAILED);
	cli.verb = NULL;
	cli.color = COLOR_NEVER;
	code = fn(context);
	_exit(fflush(stdout) ? CLI_FAILED : code);
}

/* No signal between the fork and the child's own ways: our handler there would swallow its end. */
bool top_job_start(struct top_job *job, int (*fn)(void *context), void *context)
{
	pid_t parent = getpid();
	sigset_t all, before;
	int pipes[2];

	*job = (struct top_job){0};
	if (pipe2(pipes, O_CLOEXEC))
		return false;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	job->pid = fork();
	if (!job->pid)
		run(pipes[1], parent, &before, fn, context);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(pipes[1]);
	job->fd = pipes[0];
	if (job->pid < 0 || fcntl(job->fd, F_SETFL, O_NONBLOCK)) {
		close(job->fd);
		job->pid = 0;
		return false;
	}
	return true;
}

static bool make_room(struct top_job *job)
{
	char *text;

	if (job->used) {
		memmove(job->text, job->text + job->used, job->filled - job->used);
		job->filled -= job->used;
		job->used = 0;
	}
	if (job->filled + READ_STEP < job->room)
		return true;
	if (job->room >= TOP_JOB_MOST)
		return false;
	text = realloc(job->text, job->room + 2 * READ_STEP);
	if (!text)
		return false;
	job->text = text;
	job->room += 2 * READ_STEP;
	return true;
}

static void finish(struct top_job *job)
{
	close(job->fd);
	job->ended = true;
	while (waitpid(job->pid, &job->status, 0) < 0 && errno == EINTR)
		;
}

void top_job_read(struct top_job *job)
{
	ssize_t n = 1;

	while (n > 0 && make_room(job)) {
		n = read(job->fd, job->text + job->filled, job->room - job->filled - 1);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			job->filled += (size_t)n;
		job->text[job->filled] = '\0';
	}
	if (n < 0 && errno == EAGAIN)
		return;
	if (n) /* more than can be kept */
		kill(job->pid, SIGTERM);
	finish(job);
}

char *top_job_line(struct top_job *job)
{
	char *line = job->text + job->used, *end;

	if (job->used == job->filled)
		return NULL;
	end = memchr(line, '\n', job->filled - job->used);
	if (!end)
		return NULL;
	*end = '\0';
	job->used = (size_t)(end - job->text) + 1;
	return line;
}

void top_job_end(struct top_job *job)
{
	if (job->pid && !job->ended) {
		kill(job->pid, SIGTERM);
		finish(job);
	}
	free(job->text);
	*job = (struct top_job){0};
}
