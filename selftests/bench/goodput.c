/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * goodput: good senders, for so long, so many at a time.
 *
 *   goodput SERVER SECONDS PARALLEL FIRST
 *
 * Each of PARALLEL processes, from addresses FIRST on, sends one small message after the other, in
 * a session each: banner, EHLO, MAIL, RCPT, DATA, QUIT, each after the reply to the one before.
 * Prints messages accepted a second, and the 99th percentile of the milliseconds from connect() to
 * the banner; a connection that had no banner within BANNER_MS counts as that.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../../user/base/clock.h"
#include "client.h"
#include "measure.h"

#define BANNER_MS    5000
#define REPLY_MS     5000
#define PARALLEL_MAX 64
#define KEPT         20000 /* sessions of one process */

struct sender {
	uint32_t sessions, accepted;
	double banner_ms[KEPT];
};

static bool is_accepted(int fd)
{
	static const struct {
		const char *line;
		char code;
	} steps[] = {
		{"EHLO mail.example.org\r\n", '2'},
		{"MAIL FROM:<friend@example.org>\r\n", '2'},
		{"RCPT TO:<user@example.net>\r\n", '2'},
		{"DATA\r\n", '3'},
		{"Subject: a letter\r\n\r\nA letter.\r\n.\r\n", '2'},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (send(fd, steps[i].line, strlen(steps[i].line), MSG_NOSIGNAL) < 0 ||
		    client_reply(fd, REPLY_MS) != steps[i].code)
			return false;
	send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
	return client_reply(fd, REPLY_MS) == '2';
}

static void run(struct sender *s, uint32_t source, const char *server, uint64_t until)
{
	while (clock_ns(CLOCK_MONOTONIC) < until && s->sessions < KEPT) {
		uint64_t began = clock_ns(CLOCK_MONOTONIC);
		int fd = client_dial(source, server, SOCK_NONBLOCK);
		bool greeted = fd >= 0 && client_reply(fd, BANNER_MS) == '2';

		s->banner_ms[s->sessions++] =
			greeted ? (double)(clock_ns(CLOCK_MONOTONIC) - began) / 1e6 : BANNER_MS;
		s->accepted += greeted && is_accepted(fd);
		if (fd >= 0)
			close(fd);
	}
}

static int print(const struct sender *senders, unsigned count, double seconds)
{
	uint32_t sessions = 0, accepted = 0;
	double *all;

	for (unsigned i = 0; i < count; i++)
		sessions += senders[i].sessions;
	all = calloc(sessions ? sessions : 1, sizeof(*all));
	if (!all || !sessions)
		return 1;
	sessions = 0;
	for (unsigned i = 0; i < count; i++) {
		memcpy(all + sessions, senders[i].banner_ms, senders[i].sessions * sizeof(*all));
		sessions += senders[i].sessions;
		accepted += senders[i].accepted;
	}
	sort_values(all, sessions);
	printf("%.1f %.2f\n", accepted / seconds, all[(sessions - 1) * 99 / 100]);
	free(all);
	return 0;
}

int main(int argc, char **argv)
{
	struct sender *senders;
	struct in_addr first;
	unsigned count;
	uint64_t began, until;

	if (argc != 5 || inet_pton(AF_INET, argv[4], &first) != 1) {
		fputs("goodput SERVER SECONDS PARALLEL FIRST\n", stderr);
		return 2;
	}
	count = (unsigned)strtoul(argv[3], NULL, 10);
	count = count && count <= PARALLEL_MAX ? count : 1;
	senders = mmap(NULL, count * sizeof(*senders), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (senders == MAP_FAILED) {
		perror("goodput");
		return 1;
	}
	began = clock_ns(CLOCK_MONOTONIC);
	until = began + strtoull(argv[2], NULL, 10) * 1000000000ULL;
	for (unsigned i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("goodput");
			return 1;
		}
		if (!pid) {
			run(&senders[i], ntohl(first.s_addr) + i, argv[1], until);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return print(senders, count, (double)(clock_ns(CLOCK_MONOTONIC) - began) / 1e9);
}
