/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMTP clients of the benches, over blocking or non-blocking sockets. */
#ifndef MXDP_BENCH_CLIENT_H
#define MXDP_BENCH_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A connection from `source` (host byte order) to port 25 of `server`, an IPv4 address; under way
 * still where `flags` has SOCK_NONBLOCK. -1 and errno.
 */
static inline int client_dial(uint32_t source, const char *server, int flags)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return -1;
	if (inet_pton(AF_INET, server, &to.sin_addr) == 1 &&
	    !bind(fd, (struct sockaddr *)&from, sizeof(from)) &&
	    (!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno == EINPROGRESS))
		return fd;
	close(fd);
	return -1;
}

/*
 * What the `len` bytes of a reply say: the first digit of its last line, "250 ..." and not
 * "250-..."; 0 where more must come.
 */
static inline char reply_says(const char *text, size_t len)
{
	size_t line;

	if (!len || text[len - 1] != '\n')
		return 0;
	for (line = len - 1; line && text[line - 1] != '\n'; line--)
		;
	return len - line > 4 && text[line + 3] == ' ' ? text[line] : 0;
}

/*
 * Reads to the end of a reply's last line; its first digit. 0 where the server ended it, or nothing
 * more came for `ms` milliseconds.
 */
static inline char client_reply(int fd, int ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char text[4096], says;
	size_t len = 0;

	while (len < sizeof(text) && poll(&wait, 1, ms) == 1) {
		ssize_t n = recv(fd, text + len, sizeof(text) - len, 0);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		says = reply_says(text, len);
		if (says)
			return says;
	}
	return 0;
}

#endif
