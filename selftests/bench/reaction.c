/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reaction: from the guilty bytes to the first connection that is stopped.
 *
 *   reaction SOURCE SERVER SECONDS HELLO
 *
 * Connects from SOURCE to port 25, waits for the banner, says HELLO, and from then on connects
 * again and again from SOURCE, each time closing at once, a tenth later each time. Prints the
 * milliseconds between the sending of HELLO and the first connection that comes to nothing within
 * WAIT_MS or is refused; of these the beginning counts. Exit code 1 in trouble, 3 where none was
 * stopped within SECONDS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/clock.h"

#define WAIT_MS 100 /* a SYN over a veth is answered within far less than one */

static int dial(const char *source, const char *server)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};
	const struct linger at_once = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (inet_pton(AF_INET, source, &from.sin_addr) != 1 ||
	    inet_pton(AF_INET, server, &to.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_open(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int err = 0;

	return poll(&wait, 1, WAIT_MS) == 1 && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) &&
	       !err;
}

/* Sending may itself take as long as the verdict does: *began is before. */
static bool says(int fd, const char *hello, uint64_t *began)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char banner[512], line[256];
	int len = snprintf(line, sizeof(line), "%s\r\n", hello);

	if (len >= (int)sizeof(line) || poll(&wait, 1, 10000) != 1 ||
	    recv(fd, banner, sizeof(banner), 0) <= 0)
		return false;
	*began = clock_ns(CLOCK_MONOTONIC);
	return send(fd, line, (size_t)len, MSG_NOSIGNAL) == len;
}

/*
 * A tenth of what has gone by: as exact as that, and so few connections that the server's queue,
 * from which the closed ones are not taken, never fills. Asleep, so that the CPU is the server's.
 */
static void pause_after(uint64_t began)
{
	uint64_t ns = (clock_ns(CLOCK_MONOTONIC) - began) / 10;
	struct timespec step = {.tv_sec = (time_t)(ns / 1000000000),
				.tv_nsec = (long)(ns % 1000000000)};

	nanosleep(&step, NULL);
}

/* 1: yes; 0: it came to nothing, or was refused; -1: trouble of our own. */
static int gets_in(const char *source, const char *server)
{
	int fd = dial(source, server), open;

	if (fd < 0)
		return errno == ECONNREFUSED ? 0 : -1;
	open = is_open(fd);
	close(fd);
	return open;
}

int main(int argc, char **argv)
{
	uint64_t began, at, limit;
	int first, in;

	if (argc != 5) {
		fputs("reaction SOURCE SERVER SECONDS HELLO\n", stderr);
		return 2;
	}
	limit = strtoull(argv[3], NULL, 10) * 1000000000ULL;
	prctl(PR_SET_TIMERSLACK, 1); /* nanosecond; 50,000 by default */
	first = dial(argv[1], argv[2]);
	if (first < 0 || !is_open(first) || !says(first, argv[4], &began)) {
		fprintf(stderr, "reaction: no session with %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	for (at = clock_ns(CLOCK_MONOTONIC); at - began < limit; at = clock_ns(CLOCK_MONOTONIC)) {
		/* Twice: one alone may be an accident. */
		in = gets_in(argv[1], argv[2]);
		in = in ? in : gets_in(argv[1], argv[2]);
		if (in < 0) {
			perror("reaction");
			return 1;
		}
		if (!in) {
			printf("%.3f\n", (double)(at - began) / 1e6);
			return 0;
		}
		pause_after(began);
	}
	fputs("reaction: never stopped\n", stderr);
	return 3;
}
