// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "format.h"
#include "limit.h"
#include "out.h"

#define PATIENCE_MS 1000 /* at the end; a caller that sends himself waits no longer either */
#define TELL_MOST   20   /* sources a second of which it is told that lines were left out */

/* A line on its way. */
struct waiting {
	enum log_level level;
	enum log_to to;
	char *bytes; /* for the receiver; NULL: only whether it answers */
	char *plain; /* for standard error, where that does not answer */
	bool named;  /* that one, as log_print() has it */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, empty;
	pthread_t thread;
	bool running, ending, busy;
	struct log_settings settings; /* `to' is decided */
	struct log_limit limit;
	struct waiting *queue; /* a ring of OUT_QUEUE */
	size_t first, count;
	int problem;       /* errno, where the receiver does not answer */
	uint64_t left_out; /* by the limit */
	uint64_t lost, lost_told;

	/* The sender's: the thread's while it runs. */
	int fd;
	enum log_to reached; /* whom fd leads to */
	uint32_t tried;      /* boot seconds of the last attempt */
} out = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.empty = PTHREAD_COND_INITIALIZER,
	.fd = -1,
};

static const struct {
	const char *name, *path;
	char *(*format)(const struct log_settings *settings, const struct log_line *line);
} receivers[LOG_TO_COUNT] = {
	[LOG_TO_JOURNALD] = {"journald", "/run/systemd/journal/socket", log_format_journald},
	[LOG_TO_SYSLOG] = {"syslog", "/dev/log", log_format_syslog},
};

bool log_out_stderr_is_journald(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

/* The sender's side */

static void hang_up(void)
{
	if (out.fd >= 0)
		close(out.fd);
	out.fd = -1;
}

static bool is_reached(enum log_to to)
{
	return out.fd >= 0 && out.reached == to;
}

static int reach(enum log_to to)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (is_reached(to))
		return 0;
	hang_up();
	out.tried = boot_seconds();
	out.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (out.fd < 0)
		return -errno;
	strncpy(address.sun_path, receivers[to].path, sizeof(address.sun_path) - 1);
	if (connect(out.fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		hang_up();
		return err;
	}
	out.reached = to;
	return 0;
}

/* Waits while the receiver's own queue is full; -EAGAIN where patience ends first. */
static int send_patiently(const char *bytes, bool patient)
{
	struct pollfd poll_for = {.fd = out.fd, .events = POLLOUT};
	bool last = false;

	for (;;) {
		if (send(out.fd, bytes, strlen(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return -errno;
		if (last)
			return -EAGAIN;
		poll(&poll_for, 1, PATIENCE_MS);
		last = !patient || __atomic_load_n(&out.ending, __ATOMIC_RELAXED);
	}
}

/*
 * A receiver that was started anew has another socket under the old name, so a line that fails goes
 * once more over a new connection. Whom nobody answered is tried once a second.
 */
static int send_to(enum log_to to, const char *bytes, bool patient)
{
	if (!is_reached(to) && out.problem && boot_seconds() == out.tried)
		return -out.problem;
	for (bool again = is_reached(to);; again = false) {
		int err = reach(to);

		if (!err && bytes)
			err = send_patiently(bytes, patient);
		if (!err || err == -EAGAIN)
			return err;
		hang_up();
		if (!again)
			return err;
	}
}

static void tell_problem(enum log_to to, int before, int now)
{
	char text[LOG_TEXT];

	if (!now == !before)
		return;
	if (now)
		snprintf(text, sizeof(text),
			 "%s does not answer at %s (%s): the log goes to standard error",
			 receivers[to].name, receivers[to].path, strerror(now));
	else
		snprintf(text, sizeof(text), "the log goes to %s again", receivers[to].name);
	log_print(LOG_LEVEL_WARNING, text, false);
}

/* What send_to() says. The thread does not hold the lock meanwhile. */
static int deliver(struct waiting *w, bool patient)
{
	int err = send_to(w->to, w->bytes, patient);

	if (err != -EAGAIN)
		tell_problem(w->to, out.problem, -err);
	if (err && err != -EAGAIN && w->plain)
		log_print(w->level, w->plain, w->named);
	free(w->bytes);
	free(w->plain);
	return err;
}

static void delivered(int err)
{
	out.lost += err == -EAGAIN;
	if (err != -EAGAIN)
		out.problem = -err;
}

static void *work(void *unused)
{
	pthread_mutex_lock(&out.lock);
	while (!out.ending || out.count) {
		struct waiting w;
		int err;

		if (!out.count) {
			pthread_cond_broadcast(&out.empty);
			pthread_cond_wait(&out.more, &out.lock);
			continue;
		}
		w = out.queue[out.first];
		out.first = (out.first + 1) % OUT_QUEUE;
		out.count--;
		out.busy = true;
		pthread_mutex_unlock(&out.lock);
		err = deliver(&w, true);
		pthread_mutex_lock(&out.lock);
		delivered(err);
		out.busy = false;
	}
	pthread_cond_broadcast(&out.empty);
	pthread_mutex_unlock(&out.lock);
	return unused;
}

/* The callers' side; all with the lock */

static void enqueue(struct waiting *w)
{
	if (!out.running) {
		delivered(deliver(w, false));
		return;
	}
	if (out.count == OUT_QUEUE) {
		out.lost++;
		free(w->bytes);
		free(w->plain);
		return;
	}
	out.queue[(out.first + out.count++) % OUT_QUEUE] = *w;
	pthread_cond_signal(&out.more);
}

static void write_line(const struct log_line *line)
{
	struct waiting w = {
		.level = line->level,
		.to = out.settings.to,
		.plain = log_format_stderr(&out.settings, line),
		.named = out.settings.format != LOG_FORMAT_TEXT,
	};

	if (!w.plain)
		return;
	if (!receivers[w.to].format) {
		log_print(w.level, w.plain, w.named);
		free(w.plain);
		return;
	}
	w.bytes = receivers[w.to].format(&out.settings, line);
	if (w.bytes)
		enqueue(&w);
	else
		free(w.plain);
}

static void take(const struct log_line *line)
{
	pthread_mutex_lock(&out.lock);
	if (line->source && out.settings.rate &&
	    !log_limit_takes(&out.limit, line->source, out.settings.rate, boot_seconds()))
		out.left_out++;
	else
		write_line(line);
	pthread_mutex_unlock(&out.lock);
}

void log_out_open(const struct log_settings *settings)
{
	pthread_mutex_lock(&out.lock);
	out.settings = *settings;
	if (settings->to == LOG_TO_AUTO)
		out.settings.to = log_out_stderr_is_journald() ? LOG_TO_JOURNALD : LOG_TO_STDERR;
	pthread_mutex_unlock(&out.lock);
	log_take_over(take);
}

/* Signals are the loop's. */
int log_out_start(void)
{
	sigset_t all, before;
	int err;

	out.queue = calloc(OUT_QUEUE, sizeof(*out.queue));
	if (!out.queue)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&out.thread, NULL, work, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_mutex_lock(&out.lock);
	out.running = !err;
	pthread_mutex_unlock(&out.lock);
	return -err;
}

/* Nobody may have anything to say for hours. */
static void look_again(void)
{
	struct waiting w = {0};

	pthread_mutex_lock(&out.lock);
	w.to = out.settings.to;
	if (out.problem && receivers[w.to].name)
		enqueue(&w);
	pthread_mutex_unlock(&out.lock);
}

void log_out_tick(void)
{
	struct prefix source;
	uint64_t lost, forgotten;
	char text[ADDR_TEXT];
	uint32_t left_out;
	bool over = true;

	look_again();
	for (int i = 0; i < TELL_MOST && over; i++) {
		pthread_mutex_lock(&out.lock);
		over = log_limit_over(&out.limit, boot_seconds(), &source, &left_out);
		pthread_mutex_unlock(&out.lock);
		if (over)
			log_info("%u more lines about %s were left out (log.rate)", left_out,
				 prefix_format(text, &source));
	}
	pthread_mutex_lock(&out.lock);
	forgotten = out.limit.forgotten;
	out.limit.forgotten = 0;
	lost = out.count < OUT_QUEUE / 2 ? out.lost - out.lost_told : 0;
	out.lost_told += lost;
	pthread_mutex_unlock(&out.lock);
	if (forgotten)
		log_info("%" PRIu64 " more lines about others were left out (log.rate)", forgotten);
	if (lost)
		log_warning("%" PRIu64 " lines of the log were lost: %s did not take them in time",
			    lost, log_to_names[out.settings.to]);
}

void log_out_settle(void)
{
	struct timespec limit;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE_MS / 1000;
	pthread_mutex_lock(&out.lock);
	while (out.running && (out.count || out.busy) && !err)
		err = pthread_cond_timedwait(&out.empty, &out.lock, &limit);
	pthread_mutex_unlock(&out.lock);
}

void log_out_close(void)
{
	struct timespec limit;

	log_out_settle();
	log_take_over(NULL);
	pthread_mutex_lock(&out.lock);
	__atomic_store_n(&out.ending, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&out.more);
	pthread_mutex_unlock(&out.lock);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 2 * PATIENCE_MS / 1000;
	if (out.running && pthread_timedjoin_np(out.thread, NULL, &limit))
		return; /* it still uses all this */
	out.running = false;
	hang_up();
	free(out.queue);
	out.queue = NULL;
}

json_t *log_out_status(json_t *notes)
{
	enum log_to to;
	json_t *status;
	int problem;

	pthread_mutex_lock(&out.lock);
	to = out.settings.to;
	problem = receivers[to].name ? out.problem : 0;
	status = json_pack("{s:s, s:o, s:I, s:I}", "to", log_to_names[to], "problem",
			   problem ? json_string(strerror(problem)) : json_null(), "lost",
			   (json_int_t)out.lost, "left_out", (json_int_t)out.left_out);
	pthread_mutex_unlock(&out.lock);
	if (problem)
		json_array_append_new(notes,
				      json_sprintf("%s does not answer at %s (%s): the log goes to "
						   "standard error; start it, or set log.to",
						   receivers[to].name, receivers[to].path,
						   strerror(problem)));
	return status;
}
