/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reaction: from the guilty bytes to the first connection that is stopped.
 *
 *   reaction SOURCE SERVER SECONDS HELLO
 *
 * Connects from SOURCE to port 25, waits for the banner, says HELLO, and from then on connects
 * again and again from SOURCE, each time closing at once. Prints the milliseconds between the
 * sending of HELLO and the first connection that comes to nothing within WAIT_MS or is refused; of
 * these the beginning counts. Exit code 1 in trouble, 3 where none was stopped within SECONDS.
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

static bool says(int fd, const char *hello)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char banner[512];

	return poll(&wait, 1, 10000) == 1 && recv(fd, banner, sizeof(banner), 0) > 0 &&
	       send(fd, hello, strlen(hello), MSG_NOSIGNAL) == (ssize_t)strlen(hello) &&
	       send(fd, "\r\n", 2, MSG_NOSIGNAL) == 2;
}

/* As fast as it goes at first, then in steps that stay small beside what has gone by. */
static void pause_after(uint64_t ns)
{
	struct timespec step = {.tv_nsec = (long)(ns / 200 < 20000000 ? ns / 200 : 20000000)};

	if (ns > 10000000)
		nanosleep(&step, NULL);
}

int main(int argc, char **argv)
{
	uint64_t began, at, limit;
	int first, fd;
	bool open;

	if (argc != 5) {
		fputs("reaction SOURCE SERVER SECONDS HELLO\n", stderr);
		return 2;
	}
	limit = strtoull(argv[3], NULL, 10) * 1000000000ULL;
	first = dial(argv[1], argv[2]);
	began = clock_ns(CLOCK_MONOTONIC);
	if (first < 0 || !is_open(first) || !says(first, argv[4])) {
		fprintf(stderr, "reaction: no session with %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	for (began = at = clock_ns(CLOCK_MONOTONIC); at - began < limit;
	     at = clock_ns(CLOCK_MONOTONIC)) {
		fd = dial(argv[1], argv[2]);
		if (fd < 0 && errno != ECONNREFUSED) {
			perror("reaction");
			return 1;
		}
		open = fd >= 0 && is_open(fd);
		if (fd >= 0)
			close(fd);
		if (!open) {
			printf("%.3f\n", (double)(at - began) / 1e6);
			return 0;
		}
		pause_after(at - began);
	}
	fputs("reaction: never stopped\n", stderr);
	return 3;
}
