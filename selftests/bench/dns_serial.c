/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS lists asked as packetbl and simple policy scripts do: one question, its answer waited for,
 * the next list; then the next client. No cache, no libraries: the least that it can cost.
 *
 *   dns_serial PORT ZONE... <ADDRESSES
 *
 * Asks 127.0.0.1 about each IPv4 address, and prints it with the zones that list it. Exits 0 only
 * if every question was answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PATIENCE 5 /* seconds */
#define HEAD     12
#define PACKET   512

/* Appends "7.100.51.198.zone" as labels, and the rest of a question for A in IN. */
static size_t make_question(uint8_t packet[PACKET], uint16_t id, const struct in_addr *addr,
			    const char *zone)
{
	const uint8_t *b = (const uint8_t *)addr;
	static const uint8_t tail[] = {0, 0, 1, 0, 1};
	char name[256], *label, *rest = name;
	size_t len = HEAD;

	snprintf(name, sizeof(name), "%u.%u.%u.%u.%s", b[3], b[2], b[1], b[0], zone);
	memset(packet, 0, HEAD);
	packet[0] = (uint8_t)(id >> 8);
	packet[1] = (uint8_t)id;
	packet[2] = 1; /* recursion desired, as stub resolvers do */
	packet[5] = 1;
	while ((label = strsep(&rest, "."))) {
		size_t n = strlen(label);

		packet[len++] = (uint8_t)n;
		memcpy(packet + len, label, n);
		len += n;
	}
	memcpy(packet + len, tail, sizeof(tail));
	return len + sizeof(tail);
}

/* The answer stands behind the question, its name as a pointer: ten bytes, then the address. */
static bool is_listing(const uint8_t *answer, size_t len, size_t question_len)
{
	size_t at = question_len + 12;

	return !(answer[3] & 15) && (answer[6] || answer[7]) && len >= at + 4 && answer[at] == 127;
}

static bool ask(int fd, uint16_t id, const struct in_addr *addr, const char *zone, bool *listed)
{
	uint8_t question[PACKET], answer[PACKET];
	size_t len = make_question(question, id, addr, zone);
	ssize_t n;

	if (send(fd, question, len, 0) != (ssize_t)len)
		return false;
	do {
		n = recv(fd, answer, sizeof(answer), 0);
	} while (n >= HEAD && (answer[0] != question[0] || answer[1] != question[1]));
	if (n < HEAD)
		return false;
	*listed = is_listing(answer, (size_t)n, len);
	return true;
}

static int open_server(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(port)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

static bool ask_all(int fd, const char *client, char **zones)
{
	static uint16_t id;
	struct in_addr addr;

	if (inet_pton(AF_INET, client, &addr) != 1) {
		fprintf(stderr, "dns_serial: '%s' is no IPv4 address\n", client);
		return false;
	}
	fputs(client, stdout);
	for (; *zones; zones++) {
		bool listed;

		if (!ask(fd, id++, &addr, *zones, &listed)) {
			fprintf(stderr, "dns_serial: no answer about %s in %s: %s\n", client,
				*zones, strerror(errno));
			return false;
		}
		if (listed)
			printf(" %s", *zones);
	}
	putchar('\n');
	return true;
}

int main(int argc, char **argv)
{
	char client[64];
	int fd;

	if (argc < 3) {
		fputs("dns_serial PORT ZONE... <ADDRESSES\n", stderr);
		return 2;
	}
	fd = open_server(argv[1]);
	if (fd < 0) {
		perror("dns_serial");
		return 1;
	}
	while (scanf("%63s", client) == 1)
		if (!ask_all(fd, client, argv + 2))
			return 1;
	return 0;
}
