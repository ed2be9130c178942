/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * visits: clients that come one after the other and try to send mail.
 *
 *   visits FIRST COUNT TIMES SERVER HELO
 *
 * COUNT addresses from FIRST on, TIMES each in turn. A visit says EHLO HELO, MAIL and RCPT, each
 * after the reply to the one before, and ends where the server ends it or the last reply has come.
 * Prints how many got their recipient accepted, and the nanoseconds of CPU that all of it took the
 * client and the kernel on its CPU. Exit code 1 in trouble.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../user/base/clock.h"
#include "client.h"

#define REPLY_MS 10000

static bool is_accepted(int fd, const char *helo)
{
	char lines[3][256], said = client_reply(fd, REPLY_MS);

	snprintf(lines[0], sizeof(lines[0]), "EHLO %s\r\n", helo);
	snprintf(lines[1], sizeof(lines[1]), "MAIL FROM:<friend@example.org>\r\n");
	snprintf(lines[2], sizeof(lines[2]), "RCPT TO:<user@example.net>\r\n");
	for (int i = 0; i < 3 && said == '2'; i++) {
		if (send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL) < 0)
			return false;
		said = client_reply(fd, REPLY_MS);
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
		int fd = client_dial(ntohl(first.s_addr) + (uint32_t)(i % count), argv[4], 0);

		if (fd < 0) {
			perror("visits");
			return 1;
		}
		accepted += is_accepted(fd, argv[5]);
		close(fd);
	}
	printf("%lu %llu\n", accepted, (unsigned long long)clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
