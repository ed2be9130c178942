// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks the feed process for lists, and prints what it says.
 *
 *   feed_fetch URL [OPTION VALUE]... [next URL [OPTION VALUE]...]...
 *       one line an outcome: NAME=VALUE, blanks between; those of one "next" after those before it
 *       name NAME, etag E, modified DATE, timeout SECONDS, max-bytes N, max-unpacked N, user U,
 *       password P, header "Name: value", proxy URL, format F, cancel MILLISECONDS (0: at once)
 *       file PATH: read this; "-" standard input
 *       times N: so many jobs at once
 *   feed_fetch confined ATTEMPT [PATH]
 *       makes the attempt in a process that is confined as a reader is, and prints how it went:
 *       open, write, ptrace, packet, exec, bpf, fork, kill, raise, unix
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/feeds/blob.h"
#include "../../user/feeds/child.h"
#include "../../user/feeds/confine.h"

static void die(const char *what)
{
	fprintf(stderr, "feed_fetch: %s\n", what);
	exit(2);
}

/* Confinement */

static int attempt(const char *what, const char *path)
{
	char *argv[] = {(char *)"true", NULL};

	if (!strcmp(what, "open"))
		return open(path, O_RDONLY);
	if (!strcmp(what, "write"))
		return open(path, O_WRONLY | O_CREAT, 0600);
	if (!strcmp(what, "ptrace"))
		return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
	if (!strcmp(what, "packet"))
		return socket(AF_PACKET, SOCK_RAW, 0);
	if (!strcmp(what, "unix"))
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (!strcmp(what, "exec"))
		return execv("/bin/true", argv);
	if (!strcmp(what, "bpf"))
		return (int)syscall(SYS_bpf, 0, NULL, 0);
	if (!strcmp(what, "fork"))
		return fork();
	if (!strcmp(what, "kill"))
		return kill(getppid(), 0);
	if (!strcmp(what, "raise"))
		return tgkill(getppid(), getppid(), 0);
	die("there is no such attempt");
	return -1;
}

/* In a process of its own: what it takes away it does not give back. */
static int has_landlock(const struct confinement *confinement)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && confine_files(confinement) == 1);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status);
}

static int confined(const char *what, const char *path)
{
	const struct confinement confinement = {.file_bytes = 4096, .cpu_seconds = 10};
	char why[FEED_WORDS];
	pid_t pid = fork();
	int status, landlock;

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    confine(&confinement, why, sizeof(why)))
			_exit(99);
		_exit(attempt(what, path) >= 0 ? 0 : errno);
	}
	waitpid(pid, &status, 0);
	landlock = has_landlock(&confinement);
	if (WIFSIGNALED(status))
		printf("signal %s landlock %d\n", sigabbrev_np(WTERMSIG(status)), landlock);
	else if (WEXITSTATUS(status))
		printf("errno %s landlock %d\n", strerrorname_np(WEXITSTATUS(status)), landlock);
	else
		printf("allowed landlock %d\n", landlock);
	return 0;
}

/* Jobs */

struct request {
	struct feed_job job;
	char *headers[8];
	int times, cancel;
};

static void set_option(struct request *r, const char *name, char *value)
{
	struct feed_settings *s = &r->job.settings;

	if (!strcmp(name, "name"))
		snprintf(s->name, sizeof(s->name), "%s", value);
	else if (!strcmp(name, "etag"))
		snprintf(r->job.etag, sizeof(r->job.etag), "%s", value);
	else if (!strcmp(name, "modified"))
		snprintf(r->job.modified, sizeof(r->job.modified), "%s", value);
	else if (!strcmp(name, "timeout"))
		s->timeout = (uint32_t)atoi(value);
	else if (!strcmp(name, "max-bytes"))
		s->max_bytes = strtoull(value, NULL, 10);
	else if (!strcmp(name, "max-unpacked"))
		s->max_unpacked = strtoull(value, NULL, 10);
	else if (!strcmp(name, "user"))
		s->username = value;
	else if (!strcmp(name, "password"))
		s->password = value;
	else if (!strcmp(name, "proxy"))
		s->proxy = value;
	else if (!strcmp(name, "header") && s->headers_count < 8)
		s->headers[s->headers_count++] = value;
	else if (!strcmp(name, "format") && feed_format_parse(&s->format, value))
		;
	else if (!strcmp(name, "file"))
		r->job.source = strcmp(value, "-") ? open(value, O_RDONLY | O_CLOEXEC) : dup(0);
	else if (!strcmp(name, "times"))
		r->times = atoi(value);
	else if (!strcmp(name, "cancel"))
		r->cancel = atoi(value);
	else
		die(name);
}

/* Up to "next" or the end; how many arguments it took. */
static int parse(struct request *r, char **argv)
{
	int n = 1;

	*r = (struct request){.times = 1, .cancel = -1, .job = {.id = 1, .source = -1}};
	r->job.settings = (struct feed_settings){
		.name = "lab",
		.url = argv[0],
		.max_bytes = 1ULL << 30,
		.max_unpacked = 1ULL << 30,
		.timeout = 30,
		.headers = r->headers,
	};
	while (argv[n] && argv[n + 1] && strcmp(argv[n], "next") != 0) {
		set_option(r, argv[n], argv[n + 1]);
		n += 2;
	}
	return n;
}

static void print_set(const struct feed_outcome *out)
{
	struct feed_blob blob;
	char why[FEED_WORDS] = "";
	int err = feed_blob_open_memory(&blob, out->set, why, sizeof(why));

	if (err) {
		printf(" blob=%s", *why ? why : strerror(-err));
	} else {
		printf(" v4=%zu v6=%zu", blob.v4_count, blob.v6_count);
		feed_blob_close(&blob);
	}
	close(out->set);
}

static void print_outcome(const struct feed_outcome *out)
{
	static const char *const kinds[] = {"progress", "unchanged", "done", "failed"};

	printf("%s id=%u format=%s bytes=%" PRIu64 " unpacked=%" PRIu64 " lines=%" PRIu64
	       " used=%" PRIu64 " unusable=%" PRIu64
	       " remarks=%zu retry=%u answered=%d etag=%s modified=%s",
	       kinds[out->kind], out->id, feed_format_names[out->format], out->bytes, out->unpacked,
	       out->lines, out->used, out->unusable, out->remarks_count, out->retry_after,
	       out->answered, out->etag, out->modified);
	if (out->kind == FEED_DONE)
		print_set(out);
	printf(" why=%s\n", out->why);
	fflush(stdout);
}

static void await(struct feed_child *child, struct request *r)
{
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	struct pollfd poller = {.fd = feed_child_fd(child), .events = POLLIN};
	int ended = 0, got;

	while (ended < r->times) {
		struct feed_outcome out;

		poll(&poller, 1, r->cancel >= 0 ? r->cancel : -1);
		if (r->cancel >= 0) {
			feed_child_cancel(child, r->job.id);
			r->cancel = -1;
		}
		while ((got = feed_child_next(child, &out)) > 0) {
			print_outcome(&out);
			ended += out.kind != FEED_PROGRESS;
		}
		if (got < 0)
			die("the keeper has gone");
	}
	printf("seconds=%.2f\n", (double)(clock_ns(CLOCK_MONOTONIC) - begun) / 1e9);
}

int main(int argc, char **argv)
{
	struct feed_child *child;
	struct request r;
	char error[FEED_WORDS];
	int n = 1;

	if (argc < 2)
		die("what?");
	if (argc > 2 && !strcmp(argv[1], "confined"))
		return confined(argv[2], argv[3]);
	child = feed_child_start(error, sizeof(error));
	if (!child)
		die(error);
	while (n < argc) {
		n += parse(&r, argv + n);
		for (int i = 0; i < r.times; i++) {
			int err = feed_child_ask(child, &r.job);

			if (err)
				die(strerror(-err));
			r.job.id++;
		}
		r.job.id = 1;
		await(child, &r);
		n += n < argc; /* over "next" */
	}
	feed_child_stop(child);
	return 0;
}
