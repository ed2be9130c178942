// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rsync brings one named file into one file of ours, which is open already and written in place: it
 * needs no directory to write in. It runs confined by itself, its words come through a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "fetch.h"
#include "../base/escape.h"

#define RSYNC_URL 2048

/* What rsync(1) ends with where it reached nobody; and what we do where there is no rsync. */
enum {
	RSYNC_SOCKET = 10,
	RSYNC_NO_CONNECTION = 35,
	RSYNC_NONE = 127,
};

static const char *rsync_path(void)
{
	static const char *const paths[] = {"/usr/bin/rsync", "/usr/local/bin/rsync", "/bin/rsync"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], X_OK))
			return paths[i];
	return NULL;
}

/* One file of one module: no wildcard, no directory, nothing that a shell could care for. */
static bool is_one_file(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash && slash > path && slash[1] && path[strlen(path) - 1] != '/' &&
	       !strpbrk(path, " \t*?[]\\@") && !strstr(path, "/../") && !strstr(path, "//");
}

static bool make_url(char url[RSYNC_URL], const struct feed_settings *s)
{
	const char *path = s->url + strlen("rsync://");

	return is_one_file(path) && snprintf(url, RSYNC_URL, "rsync://%s", path) < RSYNC_URL;
}

/* Arguments are read by everybody on the host, an environment by root alone. */
static void set_environment(const struct feed_settings *s)
{
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	if (s->username)
		setenv("USER", s->username, 1);
	if (s->password)
		setenv("RSYNC_PASSWORD", s->password, 1);
	if (s->proxy) {
		const char *host = strstr(s->proxy, "://");

		setenv("RSYNC_PROXY", host ? host + 3 : s->proxy, 1);
	}
}

static void __attribute__((noreturn))
run_rsync(const struct fetch *f, const char *program, char *url, char *file, int words)
{
	const struct feed_settings *s = &f->job->settings;
	const struct confinement confinement = {
		.file_bytes = s->max_bytes,
		.cpu_seconds = s->timeout + 5,
		.executable = program,
		.writable = file,
	};
	char timeout[32], contimeout[32], max_size[40], why[FEED_WORDS];
	char *argv[] = {(char *)"rsync",
			(char *)"--times",
			(char *)"--inplace",
			(char *)"--no-motd",
			(char *)"--no-links",
			(char *)"--no-devices",
			(char *)"--no-specials",
			timeout,
			contimeout,
			max_size,
			(char *)"--",
			url,
			file,
			NULL};

	snprintf(timeout, sizeof(timeout), "--timeout=%u", s->timeout);
	snprintf(contimeout, sizeof(contimeout), "--contimeout=%u",
		 s->timeout < 20 ? s->timeout : 20);
	snprintf(max_size, sizeof(max_size), "--max-size=%llu", (unsigned long long)s->max_bytes);
	set_environment(s);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	dup2(words, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	if (!confine(&confinement, why, sizeof(why)))
		execv(program, argv);
	else
		dprintf(STDERR_FILENO, "%s\n", why);
	_exit(RSYNC_NONE);
}

int fetch_rsync_start(struct fetch *f)
{
	const char *program = rsync_path();
	char url[RSYNC_URL], file[FETCH_FILE_TEXT];
	int words[2];

	if (!program)
		return fetch_fail(f, "rsync is not installed: install the package rsync, or fetch "
				     "the list by https");
	if (!make_url(url, &f->job->settings))
		return fetch_fail(f, "its url must name one file of a module, as "
				     "rsync://HOST/MODULE/FILE does");
	snprintf(file, sizeof(file), FETCH_FILE, (int)getpid());
	f->fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return fetch_fail(f, "there is no room for it in " FETCH_ROOM ": %s",
				  strerror(errno));
	if (pipe2(words, O_CLOEXEC))
		return fetch_fail(f, "rsync cannot be started: %s", strerror(errno));
	f->rsync.pid = fork();
	if (!f->rsync.pid)
		run_rsync(f, program, url, file, words[1]);
	close(words[1]);
	f->rsync.words = words[0];
	return f->rsync.pid > 0 ? 0 : fetch_fail(f, "rsync cannot be started: out of memory");
}

/* All that it says; what does not fit is read and dropped, or it would wait for us. */
static int read_words(struct fetch *f, char *text, size_t size)
{
	char rest[512] = "";
	size_t len = 0;
	ssize_t got;

	do {
		bool fits = len + 1 < size;

		got = fetch_read_fd(f, f->rsync.words, fits ? text + len : rest,
				    fits ? size - len - 1 : sizeof(rest));
		if (got > 0 && fits)
			len += (size_t)got;
	} while (got > 0);
	text[len] = '\0';
	close(f->rsync.words);
	f->rsync.words = -1;
	return (int)got;
}

/* Its first line says what went wrong, the last that something did. */
static int tell_failure(struct fetch *f, char *text, int status)
{
	char safe[200];

	text[strcspn(text, "\r\n")] = '\0';
	escape_bytes(safe, sizeof(safe), text, strlen(text));
	if (WIFSIGNALED(status))
		return fetch_fail(f, "rsync was killed by signal %d (SIG%s)", WTERMSIG(status),
				  sigabbrev_np(WTERMSIG(status)));
	return fetch_fail(f, "rsync failed with exit code %d: %s", WEXITSTATUS(status), safe);
}

static bool has_reached(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) != RSYNC_SOCKET &&
	       WEXITSTATUS(status) != RSYNC_NO_CONNECTION && WEXITSTATUS(status) != RSYNC_NONE;
}

int fetch_rsync_wait(struct fetch *f)
{
	char text[2048];
	int status = 0, err = read_words(f, text, sizeof(text));
	off_t size;

	if (err)
		return err;
	while (waitpid(f->rsync.pid, &status, 0) < 0 && errno == EINTR)
		;
	f->rsync.pid = 0;
	f->out->answered = has_reached(status);
	if (status)
		return tell_failure(f, text, status);
	size = lseek(f->fd, 0, SEEK_END);
	if (size > 0 && lseek(f->fd, 0, SEEK_SET) == 0)
		return 0;
	return fetch_fail(f,
			  "rsync brought nothing: the file is empty, no regular file, or longer "
			  "than the %llu bytes of max_bytes",
			  (unsigned long long)f->job->settings.max_bytes);
}
