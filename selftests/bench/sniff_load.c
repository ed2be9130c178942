/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordinary SMTP sessions, many at a time, as fast as the server answers:
 *
 *   sniff_load SERVER4 SERVER6 SOURCES COUNT PARALLEL
 *
 * Each session waits for the banner and says EHLO, MAIL, RCPT and QUIT, each after the reply to the
 * one before, and leaves when the server has closed. Session number i comes from source i modulo
 * SOURCES: the even ones are addresses from 198.51.100.1 on, the odd ones of 2001:db8:100::/48,
 * each of a /64 of its own.
 *
 * Prints how many seconds all of them took. Exits 0 only if every session went to its end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define SOURCES_MAX  6000 /* up to 198.51.111.255, and as many networks */
#define COUNT_MAX    1000000
#define PARALLEL_MAX 1000
#define PATIENCE_MS  20000 /* in which some session must go on */
#define REPLY_MAX    4096

static const char *const commands[] = {
	"EHLO mail.example.org\r\n",
	"MAIL FROM:<friend@example.org>\r\n",
	"RCPT TO:<user@example.net>\r\n",
	"QUIT\r\n",
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct talk {
	int fd;
	size_t said;
	size_t len; /* of the reply so far */
	char reply[REPLY_MAX];
};

struct load {
	union address server[2]; /* IPv4, IPv6 */
	unsigned long sources, count, parallel;
	unsigned long begun, done;
	int epoll;
};

static bool parse_number(unsigned long *out, const char *text, unsigned long max)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (!errno && *text >= '1' && *text <= '9' && !*end && *out <= max)
		return true;
	fprintf(stderr, "sniff_load: '%s' is no number from 1 to %lu\n", text, max);
	return false;
}

static bool parse_load(struct load *l, char **argv)
{
	memset(l, 0, sizeof(*l));
	l->server[0].v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(25)};
	l->server[1].v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(25)};
	if (inet_pton(AF_INET, argv[1], &l->server[0].v4.sin_addr) != 1 ||
	    inet_pton(AF_INET6, argv[2], &l->server[1].v6.sin6_addr) != 1) {
		fprintf(stderr, "sniff_load: '%s' or '%s' is no address\n", argv[1], argv[2]);
		return false;
	}
	return parse_number(&l->sources, argv[3], SOURCES_MAX) &&
	       parse_number(&l->count, argv[4], COUNT_MAX) &&
	       parse_number(&l->parallel, argv[5], PARALLEL_MAX);
}

static bool source_of(union address *out, unsigned long i)
{
	char text[INET6_ADDRSTRLEN];
	unsigned long number = i / 2 + 1;
	bool v6 = i % 2;

	memset(out, 0, sizeof(*out));
	out->any.sa_family = v6 ? AF_INET6 : AF_INET;
	if (v6)
		snprintf(text, sizeof(text), "2001:db8:100:%lx::7", number);
	else
		snprintf(text, sizeof(text), "198.51.%lu.%lu", 100 + number / 256, number % 256);
	inet_pton(out->any.sa_family, text,
		  v6 ? (void *)&out->v6.sin6_addr : (void *)&out->v4.sin_addr);
	return v6;
}

/* Begins the next session in `t`'s place. */
static bool begin(struct load *l, struct talk *t)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = t};
	union address source;
	bool v6 = source_of(&source, l->begun++ % l->sources);
	int on = 1;

	t->said = t->len = 0;
	t->fd = socket(source.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Ports of earlier sessions wait for their end: one is chosen when both ends are known. */
	return t->fd >= 0 &&
	       !setsockopt(t->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) &&
	       !bind(t->fd, &source.any, sizeof(source)) &&
	       (!connect(t->fd, &l->server[v6].any, sizeof(l->server[v6])) ||
		errno == EINPROGRESS) &&
	       !epoll_ctl(l->epoll, EPOLL_CTL_ADD, t->fd, &event);
}

/* What came is answered; false where the session went wrong. */
static bool go_on(struct load *l, struct talk *t)
{
	ssize_t n = recv(t->fd, t->reply + t->len, sizeof(t->reply) - 1 - t->len, 0);
	const char *command;
	char says;

	if (!n && t->said == COMMANDS && t->len) {
		close(t->fd);
		l->done++;
		return l->begun == l->count || begin(l, t);
	}
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	t->len += (size_t)n;
	t->reply[t->len] = '\0';
	says = reply_says(t->reply, t->len);
	if (!says || t->said == COMMANDS)
		return true;
	if (says != '2')
		return false;
	command = commands[t->said++];
	t->len = 0;
	return send(t->fd, command, strlen(command), MSG_NOSIGNAL) == (ssize_t)strlen(command);
}

static bool run(struct load *l, struct talk *talks)
{
	struct epoll_event events[64];

	for (unsigned long i = 0; i < l->parallel && l->begun < l->count; i++)
		if (!begin(l, &talks[i]))
			return false;
	while (l->done < l->count) {
		int n = epoll_wait(l->epoll, events, 64, PATIENCE_MS);

		if (n <= 0)
			errno = n ? errno : ETIMEDOUT;
		if (n <= 0)
			return false;
		for (int i = 0; i < n; i++) {
			struct talk *t = events[i].data.ptr;

			if (go_on(l, t))
				continue;
			fprintf(stderr, "sniff_load: after %zu commands: \"%.200s\"\n", t->said,
				t->len ? t->reply : "");
			return false;
		}
	}
	return true;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct talk *talks;
	struct load load;
	double start;
	bool done;

	if (argc != 6 || !parse_load(&load, argv)) {
		fputs("sniff_load SERVER4 SERVER6 SOURCES COUNT PARALLEL\n", stderr);
		return 2;
	}
	talks = calloc(load.parallel, sizeof(*talks));
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	start = seconds();
	done = talks && load.epoll >= 0 && run(&load, talks);
	if (done)
		printf("%.3f\n", seconds() - start);
	else
		fprintf(stderr, "sniff_load: %lu of %lu sessions done: %s\n", load.done, load.count,
			strerror(errno));
	free(talks);
	return !done;
}
