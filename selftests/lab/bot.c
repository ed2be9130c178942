/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small SMTP client for the laboratory: it misbehaves exactly as told and its exit code says what
 * came of it.
 *
 *   bot [--source ADDR] [--port N] [--timeout S] SERVER MODE [ARG...]
 *
 *   connect              only opens the connection
 *   helo NAME            banner, EHLO NAME, reply, QUIT
 *   hold NAME            as helo, but then waits without QUIT until the server ends it
 *   early NAME           EHLO before the banner
 *   drip NAME            as helo, one byte a segment
 *   http                 GET / HTTP/1.1 at once, then reads until the server has had enough
 *   mail NAME FROM TO    a whole message, with FROM in its subject
 *   talk LINE...         each line after the reply to the one before
 *
 * A lost SYN is noticed after CONNECT_SECONDS: long enough for one retransmission, so that both
 * must be lost. Everything else is bound by --timeout, which is for the whole session.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include <time.h>
#include <unistd.h>

enum {
	DONE = 0,
	FAILED = 1,  /* this program's own trouble */
	USAGE = 2,   /* wrong words */
	REFUSED = 3, /* the SYN was answered with RST */
	LOST = 4,    /* the SYN was not answered */
	ENDED = 5,   /* the server closed or reset the session before its time */
	LATE = 6,    /* the session's time ran out */
	DENIED = 7,  /* the server answered 4xx or 5xx */
};

#define CONNECT_SECONDS 2.0

struct bot {
	int fd;
	double deadline; /* CLOCK_MONOTONIC seconds */
	bool drip;
	char in[8192]; /* bytes read that no reply has taken yet */
	size_t fill;
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Waits for `events`, 0 or LATE. */
static int await(int fd, short events, double deadline)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		double left = deadline - now();
		int n;

		if (left <= 0)
			return LATE;
		n = poll(&p, 1, (int)(left * 1000) + 1);
		if (n > 0)
			return DONE;
		if (n < 0 && errno != EINTR)
			return FAILED;
	}
}

static bool parse_address(union address *out, const char *text, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return true;
	}
	fprintf(stderr, "bot: '%s' is no address\n", text);
	return false;
}

static bool parse_number(long *out, const char *text, long max)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (!errno && *text && !*end && *out > 0 && *out <= max)
		return true;
	fprintf(stderr, "bot: '%s' is no number from 1 to %ld\n", text, max);
	return false;
}

/* What the kernel's errno of a connection means to the caller. */
static int outcome(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REFUSED;
	case ETIMEDOUT:
		return LOST;
	case ECONNRESET:
	case EPIPE:
		return ENDED;
	default:
		fprintf(stderr, "bot: %s\n", strerror(error));
		return FAILED;
	}
}

static int connect_bound(struct bot *bot, const union address *server, const union address *source)
{
	double limit = now() + CONNECT_SECONDS;
	socklen_t len = sizeof(int);
	int one = 1, error = 0, status;

	bot->fd = socket(server->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bot->fd < 0)
		return outcome(errno);
	setsockopt(bot->fd, IPPROTO_TCP, TCP_SYNCNT, &one, sizeof(one));
	setsockopt(bot->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (source->any.sa_family && bind(bot->fd, &source->any, sizeof(*source)) < 0) {
		fprintf(stderr, "bot: cannot use that source: %s\n", strerror(errno));
		return FAILED;
	}
	if (connect(bot->fd, &server->any, sizeof(*server)) < 0 && errno != EINPROGRESS)
		return outcome(errno);
	status = await(bot->fd, POLLOUT, limit < bot->deadline ? limit : bot->deadline);
	if (status)
		return status == LATE ? LOST : status;
	if (getsockopt(bot->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return FAILED;
	return error ? outcome(error) : DONE;
}

static int send_all(struct bot *bot, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(bot->fd, bytes, len, MSG_NOSIGNAL);
		int status;

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return outcome(errno);
		if (n < 0) {
			status = await(bot->fd, POLLOUT, bot->deadline);
			if (status)
				return status;
			continue;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return DONE;
}

/* One byte a segment: the next one leaves only when the one before has been acknowledged. */
static int send_drops(struct bot *bot, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int status = send_all(bot, bytes + i, 1), waiting = 1;

		if (status)
			return status;
		while (!ioctl(bot->fd, SIOCOUTQ, &waiting) && waiting) {
			if (now() > bot->deadline)
				return LATE;
			poll(NULL, 0, 1);
		}
	}
	return DONE;
}

__attribute__((format(printf, 2, 3))) static int say(struct bot *bot, const char *format, ...)
{
	char line[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 2, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line) - 2) {
		fprintf(stderr, "bot: the line is longer than %zu bytes\n", sizeof(line) - 3);
		return FAILED;
	}
	printf("> %s\n", line);
	memcpy(line + n, "\r\n", 2);
	return (bot->drip ? send_drops : send_all)(bot, line, (size_t)n + 2);
}

/* More bytes into bot->in; ENDED at the end of the stream. */
static int fill(struct bot *bot)
{
	for (;;) {
		int status = await(bot->fd, POLLIN, bot->deadline);
		ssize_t n;

		if (status)
			return status;
		if (bot->fill == sizeof(bot->in))
			bot->fill = 0; /* only where no line end came for 8 kB */
		n = recv(bot->fd, bot->in + bot->fill, sizeof(bot->in) - bot->fill, 0);
		if (n > 0) {
			bot->fill += (size_t)n;
			return DONE;
		}
		if (!n)
			return ENDED;
		if (errno != EAGAIN && errno != EINTR)
			return outcome(errno);
	}
}

/* Reads one reply, all its lines (RFC 5321 4.2.1), shows it; DONE, DENIED or how it ended. */
static int reply(struct bot *bot)
{
	for (;;) {
		char *end = memchr(bot->in, '\n', bot->fill);
		int len, code, status;
		bool last;

		if (!end) {
			status = fill(bot);
			if (status)
				return status;
			continue;
		}
		len = (int)(end - bot->in);
		printf("< %.*s\n", len && end[-1] == '\r' ? len - 1 : len, bot->in);
		last = len < 4 || bot->in[3] != '-';
		code = bot->in[0];
		bot->fill -= (size_t)len + 1;
		memmove(bot->in, end + 1, bot->fill);
		if (last)
			return code == '2' || code == '3' ? DONE : DENIED;
	}
}

static int exchange(struct bot *bot, const char *line)
{
	int status = say(bot, "%s", line);

	return status ? status : reply(bot);
}

static int greet(struct bot *bot, const char *name)
{
	char line[1024];
	int status = reply(bot);

	if (status)
		return status;
	snprintf(line, sizeof(line), "EHLO %s", name);
	return exchange(bot, line);
}

static int mode_connect(struct bot *bot, char **args)
{
	(void)bot;
	(void)args;
	return DONE;
}

static int mode_helo(struct bot *bot, char **args)
{
	int status = greet(bot, args[0]);

	return status ? status : exchange(bot, "QUIT");
}

static int mode_drip(struct bot *bot, char **args)
{
	bot->drip = true;
	return mode_helo(bot, args);
}

static int read_to_end(struct bot *bot)
{
	int status;

	do {
		status = reply(bot);
		fflush(stdout);
	} while (status == DONE || status == DENIED);
	return status;
}

static int mode_hold(struct bot *bot, char **args)
{
	int status = greet(bot, args[0]);

	fflush(stdout);
	return status ? status : read_to_end(bot);
}

static int mode_early(struct bot *bot, char **args)
{
	int status = say(bot, "EHLO %s", args[0]);

	if (!status)
		status = reply(bot);
	if (!status)
		status = reply(bot);
	return status ? status : exchange(bot, "QUIT");
}

static int mode_http(struct bot *bot, char **args)
{
	static const char *const request[] = {"GET / HTTP/1.1", "Host: mx", "User-Agent: bot", ""};
	int status = DONE;

	(void)args;
	for (size_t i = 0; !status && i < sizeof(request) / sizeof(*request); i++)
		status = say(bot, "%s", request[i]);
	if (!status)
		status = read_to_end(bot);
	/* A mail server that hangs up on HTTP is what this mode is there to see. */
	return status == ENDED ? DONE : status;
}

static int mode_mail(struct bot *bot, char **args)
{
	char line[1024];
	int status = greet(bot, args[0]);

	snprintf(line, sizeof(line), "MAIL FROM:<%s>", args[1]);
	if (!status)
		status = exchange(bot, line);
	snprintf(line, sizeof(line), "RCPT TO:<%s>", args[2]);
	if (!status)
		status = exchange(bot, line);
	if (!status)
		status = exchange(bot, "DATA");
	if (!status)
		status = say(bot, "From: <%s>\r\nTo: <%s>\r\nSubject: from %s\r\n\r\nHello.\r\n.",
			     args[1], args[2], args[1]);
	if (!status)
		status = reply(bot);
	return status ? status : exchange(bot, "QUIT");
}

static int mode_talk(struct bot *bot, char **args)
{
	int status = reply(bot);

	for (; !status && *args; args++)
		status = exchange(bot, *args);
	return status;
}

static const struct mode {
	const char *name;
	int args; /* how many words at least */
	int (*run)(struct bot *bot, char **args);
} modes[] = {
	{"connect", 0, mode_connect}, {"helo", 1, mode_helo}, {"hold", 1, mode_hold},
	{"early", 1, mode_early},     {"drip", 1, mode_drip}, {"http", 0, mode_http},
	{"mail", 3, mode_mail},       {"talk", 1, mode_talk},
};

static const char *status_text(int status)
{
	static const char *const text[] = {
		[DONE] = "done",
		[FAILED] = "failed",
		[USAGE] = "usage",
		[REFUSED] = "refused (RST)",
		[LOST] = "timeout: no answer to the SYN",
		[ENDED] = "ended by the server",
		[LATE] = "timeout within the session",
		[DENIED] = "denied by the server",
	};

	return text[status];
}

static int usage(void)
{
	fputs("bot [--source ADDR] [--port N] [--timeout S] SERVER MODE [ARG...]\n", stderr);
	return USAGE;
}

static int run(struct bot *bot, const union address *server, const union address *source,
	       char **words)
{
	int count = 0, status;

	while (words[1 + count])
		count++;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(modes[i].name, words[0]))
			continue;
		if (count < modes[i].args)
			return usage();
		status = connect_bound(bot, server, source);
		if (status)
			return status;
		puts("connected");
		fflush(stdout);
		return modes[i].run(bot, words + 1);
	}
	fprintf(stderr, "bot: '%s' is no mode\n", words[0]);
	return usage();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"source", required_argument, NULL, 's'},
						{"port", required_argument, NULL, 'p'},
						{"timeout", required_argument, NULL, 't'},
						{NULL, 0, NULL, 0}};
	union address server, source = {.any = {0}};
	struct bot bot = {.fd = -1};
	long port = 25, timeout = 10;
	int c, status;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if ((c == 's' && !parse_address(&source, optarg, 0)) ||
		    (c == 'p' && !parse_number(&port, optarg, 65535)) ||
		    (c == 't' && !parse_number(&timeout, optarg, 3600)) || c == '?')
			return usage();
	}
	if (argc - optind < 2 || !parse_address(&server, argv[optind], (uint16_t)port))
		return usage();
	bot.deadline = now() + (double)timeout;
	status = run(&bot, &server, &source, argv + optind + 1);
	if (status != DONE && status != USAGE)
		puts(status_text(status));
	if (bot.fd >= 0)
		close(bot.fd);
	return status;
}
