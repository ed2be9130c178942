/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a DNS server on this machine seem far away:
 *
 *   dns_far PORT SERVER_PORT MILLISECONDS
 *
 * Questions that come to 127.0.0.1:PORT go to 127.0.0.1:SERVER_PORT that much later, and answers
 * back at once. Says "ready". A question whose number comes again 65,536 questions later without an
 * answer in between is lost, as on a network.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NUMBERS 65536
#define PACKET  512
#define ROOM    (8 << 20) /* bytes of each socket's buffers */

struct question {
	struct sockaddr_in from;
	uint64_t due; /* nanoseconds */
	uint8_t id[2];
	size_t len;
	uint8_t packet[PACKET];
};

struct relay {
	int near, server;
	uint64_t delay;
	uint16_t first, next; /* numbers of those that wait */
	struct question question[NUMBERS];
};

static struct relay relay;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static int open_socket(const char *port, bool server)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)atoi(port)),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), room = ROOM;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (server ? connect(fd, (struct sockaddr *)&addr, sizeof(addr))
		   : bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	return fd;
}

static void take_questions(void)
{
	for (;;) {
		struct question *q = &relay.question[relay.next];
		socklen_t size = sizeof(q->from);
		ssize_t n;

		if ((uint16_t)(relay.next + 1) == relay.first)
			return;
		n = recvfrom(relay.near, q->packet, sizeof(q->packet), 0,
			     (struct sockaddr *)&q->from, &size);
		if (n < 2)
			return;
		q->len = (size_t)n;
		q->due = now() + relay.delay;
		memcpy(q->id, q->packet, 2);
		q->packet[0] = (uint8_t)(relay.next >> 8);
		q->packet[1] = (uint8_t)relay.next;
		relay.next++;
	}
}

static void pass_on(uint64_t time)
{
	for (; relay.first != relay.next && relay.question[relay.first].due <= time;
	     relay.first++) {
		const struct question *q = &relay.question[relay.first];

		send(relay.server, q->packet, q->len, 0);
	}
}

static void give_answers(void)
{
	uint8_t packet[PACKET];
	ssize_t n;

	while ((n = recv(relay.server, packet, sizeof(packet), 0)) > 2) {
		const struct question *q = &relay.question[packet[0] << 8 | packet[1]];

		memcpy(packet, q->id, 2);
		sendto(relay.near, packet, (size_t)n, 0, (const struct sockaddr *)&q->from,
		       sizeof(q->from));
	}
}

static void serve(void)
{
	struct pollfd fds[] = {{.fd = relay.near, .events = POLLIN},
			       {.fd = relay.server, .events = POLLIN}};

	for (;;) {
		uint64_t time = now(), due = UINT64_MAX;
		struct timespec wait;

		pass_on(time);
		if (relay.first != relay.next)
			due = relay.question[relay.first].due - time;
		wait.tv_sec = (time_t)(due / 1000000000ULL);
		wait.tv_nsec = (long)(due % 1000000000ULL);
		ppoll(fds, 2, due == UINT64_MAX ? NULL : &wait, NULL);
		take_questions();
		give_answers();
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("dns_far PORT SERVER_PORT MILLISECONDS\n", stderr);
		return 2;
	}
	relay.near = open_socket(argv[1], false);
	relay.server = open_socket(argv[2], true);
	relay.delay = strtoull(argv[3], NULL, 10) * 1000000;
	if (relay.near < 0 || relay.server < 0) {
		perror("dns_far");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	serve();
}
