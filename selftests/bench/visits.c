/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * visits: clients that come one after the other and try to send mail.
 *
 *   visits FIRST COUNT TIMES SERVER HELO
 *
 * COUNT addresses from FIRST on, TIMES each in turn. A visit says EHLO HELO, MAIL and RCPT, each
 * after the reply to the one before, and ends where the server ends it or the last reply has come.
 * Prints how many got their recipient accepted. Exit code 1 in trouble.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MS 10000

static int dial(uint32_t source, const char *server)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(25)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (inet_pton(AF_INET, server, &to.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The first digit of a reply's last line; 0 where the server ended it. */
static char reply(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char text[4096];
	size_t have = 0;

	while (have < sizeof(text) - 1 && poll(&wait, 1, REPLY_MS) == 1) {
		ssize_t n = recv(fd, text + have, sizeof(text) - 1 - have, 0);
		char *line;

		if (n <= 0)
			return 0;
		have += (size_t)n;
		text[have] = '\0';
		if (text[have - 1] != '\n')
			continue;
		text[have - 1] = '\0';
		line = strrchr(text, '\n');
		line = line ? line + 1 : text;
		if (strlen(line) > 3 && line[3] != '-')
			return line[0];
		text[have - 1] = '\n';
	}
	return 0;
}

static bool is_accepted(int fd, const char *helo)
{
	char lines[3][256], said = reply(fd);

	snprintf(lines[0], sizeof(lines[0]), "EHLO %s\r\n", helo);
	snprintf(lines[1], sizeof(lines[1]), "MAIL FROM:<friend@example.org>\r\n");
	snprintf(lines[2], sizeof(lines[2]), "RCPT TO:<user@example.net>\r\n");
	for (int i = 0; i < 3 && said == '2'; i++) {
		if (send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL) < 0)
			return false;
		said = reply(fd);
	}
	return said == '2';
}

int main(int argc, char **argv)
{
	unsigned long count, times, accepted = 0;
	struct in_addr first;

	if (argc != 6 || inet_pton(AF_INET, argv[1], &first) != 1) {
		fputs("visits FIRST COUNT TIMES SERVER HELO\n", stderr);
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	times = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; i < count * times; i++) {
		int fd = dial(ntohl(first.s_addr) + (uint32_t)(i % count), argv[4]);

		if (fd < 0) {
			perror("visits");
			return 1;
		}
		accepted += is_accepted(fd, argv[5]);
		close(fd);
	}
	printf("%lu\n", accepted);
	return 0;
}
