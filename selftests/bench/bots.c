/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many bots, one after the other, each from an address of its own and at a steady pace:
 *
 *   bots SERVER4 SERVER6 FIRST COUNT RATE
 *
 * Bot number i waits for the banner, says EHLO with the server's own address, waits for the reply
 * and hangs up. Every fourth comes from 198.51.100.0/24 as long as that lasts; the others come over
 * IPv6, each from a /64 of its own below 2001:db8:1000::/36, because a second offender of a /64
 * would have the whole of it blocked. A late bot is not made up for: there are no bursts.
 *
 * Exits 0 only if every session went to its end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define PATIENCE_MS 5000
#define HOSTS_V4    250  /* of 198.51.100.0/24 */
#define BOTS_MAX    4096 /* networks below 2001:db8:1000::/36 */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct plan {
	union address server[2]; /* IPv4, IPv6 */
	char ehlo[2][128];
	unsigned long first, count, rate;
};

static bool parse_number(unsigned long *out, const char *text, unsigned long max)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *out <= max)
		return true;
	fprintf(stderr, "bots: '%s' is no number up to %lu\n", text, max);
	return false;
}

static bool parse_plan(struct plan *p, char **argv)
{
	memset(p, 0, sizeof(*p));
	p->server[0].v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(25)};
	p->server[1].v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(25)};
	if (inet_pton(AF_INET, argv[1], &p->server[0].v4.sin_addr) != 1 ||
	    inet_pton(AF_INET6, argv[2], &p->server[1].v6.sin6_addr) != 1) {
		fprintf(stderr, "bots: '%s' or '%s' is no address\n", argv[1], argv[2]);
		return false;
	}
	snprintf(p->ehlo[0], sizeof(p->ehlo[0]), "EHLO [%s]\r\n", argv[1]);
	snprintf(p->ehlo[1], sizeof(p->ehlo[1]), "EHLO [IPv6:%s]\r\n", argv[2]);
	if (!parse_number(&p->first, argv[3], BOTS_MAX) ||
	    !parse_number(&p->count, argv[4], BOTS_MAX) || !parse_number(&p->rate, argv[5], 100000))
		return false;
	if (p->rate && p->first + p->count <= BOTS_MAX)
		return true;
	fprintf(stderr, "bots: there are %d of them, and a rate is at least 1\n", BOTS_MAX);
	return false;
}

/* Bot i's own address; false where it comes over IPv6. */
static bool source_of(union address *out, unsigned long i)
{
	char text[INET6_ADDRSTRLEN];
	bool v4 = i % 4 == 0 && i / 4 < HOSTS_V4;

	memset(out, 0, sizeof(*out));
	if (v4) {
		out->v4.sin_family = AF_INET;
		snprintf(text, sizeof(text), "198.51.100.%lu", i / 4 + 1);
		inet_pton(AF_INET, text, &out->v4.sin_addr);
	} else {
		out->v6.sin6_family = AF_INET6;
		snprintf(text, sizeof(text), "2001:db8:%lx::7", 0x1000 + i);
		inet_pton(AF_INET6, text, &out->v6.sin6_addr);
	}
	return v4;
}

static bool ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, PATIENCE_MS) == 1;
}

static bool session(const struct plan *p, unsigned long i)
{
	union address source;
	bool v6 = !source_of(&source, i), done;
	int fd = socket(source.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(int);
	int error = 0;

	done = fd >= 0 && !bind(fd, &source.any, sizeof(source)) &&
	       (!connect(fd, &p->server[v6].any, sizeof(p->server[v6])) || errno == EINPROGRESS) &&
	       ready(fd, POLLOUT) && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) &&
	       !error && client_reply(fd, PATIENCE_MS) == '2' &&
	       send(fd, p->ehlo[v6], strlen(p->ehlo[v6]), MSG_NOSIGNAL) > 0 &&
	       client_reply(fd, PATIENCE_MS) == '2';
	if (!done)
		fprintf(stderr, "bots: number %lu: %s\n", i, strerror(error ? error : errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* The next turn, or now where that is past already. */
static void await_turn(struct timespec *turn, unsigned long rate)
{
	struct timespec now;

	turn->tv_nsec += 1000000000L / (long)rate;
	turn->tv_sec += turn->tv_nsec / 1000000000L;
	turn->tv_nsec %= 1000000000L;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, turn, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > turn->tv_sec || now.tv_nsec - turn->tv_nsec > 1000000)
		*turn = now;
}

int main(int argc, char **argv)
{
	struct timespec turn;
	struct plan plan;
	unsigned long failed = 0;

	if (argc != 6 || !parse_plan(&plan, argv)) {
		fputs("bots SERVER4 SERVER6 FIRST COUNT RATE\n", stderr);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &turn);
	for (unsigned long i = 0; i < plan.count; i++) {
		await_turn(&turn, plan.rate);
		failed += !session(&plan, plan.first + i);
	}
	return failed != 0;
}
