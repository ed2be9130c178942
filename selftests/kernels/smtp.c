/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail server of one page, for machines in which no real one has room: it greets, answers every
 * command as a friendly server would, and keeps nothing. HTTP it hangs up on, as Postfix does.
 *
 *   smtp [--pause S] [--log FILE] NAME ADDR[,PORT]...       PORT is 25
 *
 *   --pause   seconds between the handshake and the banner
 *   --log     gets a line ": connect from unknown[ADDR]" for each connection
 *
 * A child of its own for each connection; ends when it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENERS 8
#define PATIENCE  60 /* seconds that one connection may last */

struct smtp {
	unsigned pause;
	FILE *log;
	const char *name;
	struct pollfd listener[LISTENERS];
	nfds_t count;
};

static int fail(const char *what)
{
	fprintf(stderr, "smtp: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool parse_number(uint16_t *out, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (uint16_t)n;
	return *text >= '0' && *text <= '9' && !*end && n <= UINT16_MAX;
}

/* Every address as IPv6: one kind of socket for both. */
static bool parse_address(struct sockaddr_in6 *out, const char *text)
{
	char addr[64], mapped[80];
	const char *comma = strchrnul(text, ',');
	uint16_t port = 25;

	if (comma - text >= (long)sizeof(addr) || (*comma && !parse_number(&port, comma + 1)))
		return false;
	snprintf(addr, sizeof(addr), "%.*s", (int)(comma - text), text);
	snprintf(mapped, sizeof(mapped), "%s%s", strchr(addr, ':') ? "" : "::ffff:", addr);
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
	return inet_pton(AF_INET6, mapped, &out->sin6_addr) == 1;
}

static int open_listener(struct smtp *s, const char *text)
{
	struct sockaddr_in6 address;
	int one = 1, fd;

	if (s->count == LISTENERS || !parse_address(&address, text)) {
		fprintf(stderr, "smtp: '%s' is no ADDR or ADDR,PORT, or one too many\n", text);
		return 2;
	}
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
		return fail(text);
	s->listener[s->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

static void note(const struct smtp *s, const struct sockaddr_in6 *peer)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *b = peer->sin6_addr.s6_addr;

	if (!s->log)
		return;
	if (IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr))
		inet_ntop(AF_INET, b + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, b, text, sizeof(text));
	fprintf(s->log, "smtp: connect from unknown[%s]\n", text);
	fflush(s->log);
}

static bool is(const char *line, const char *verb)
{
	return !strncasecmp(line, verb, strlen(verb));
}

/* Answers one line; false where the talk is over. */
static bool answer(const struct smtp *s, FILE *out, const char *line, bool *message)
{
	if (*message) {
		*message = strcmp(line, ".\r\n");
		return *message || fputs("250 2.0.0 Ok\r\n", out) >= 0;
	}
	if (is(line, "QUIT") || is(line, "GET ")) {
		fputs("221 2.0.0 Bye\r\n", out);
		return false;
	}
	if (is(line, "EHLO"))
		return fprintf(out, "250-%s\r\n250 8BITMIME\r\n", s->name) >= 0;
	*message = is(line, "DATA");
	return fputs(*message ? "354 Go on\r\n" : "250 2.0.0 Ok\r\n", out) >= 0;
}

/* The pause is an open one: whoever speaks in it is let speak. */
static void serve(const struct smtp *s, int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	bool message = false;
	char line[1024];

	alarm(PATIENCE);
	sleep(s->pause);
	if (!in || !out)
		return;
	fprintf(out, "220 %s ESMTP\r\n", s->name);
	while (!fflush(out) && fgets(line, sizeof(line), in) && answer(s, out, line, &message))
		;
	fflush(out);
}

static void accept_one(const struct smtp *s, int listener)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	note(s, &peer);
	if (!fork()) {
		serve(s, fd);
		_exit(0);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"pause", 1, NULL, 'p'}, {"log", 1, NULL, 'l'}, {NULL, 0, NULL, 0}};
	struct smtp s = {0};
	uint16_t seconds = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'l' && !(s.log = fopen(optarg, "a")))
			return fail(optarg);
		if (c == '?' || (c == 'p' && !parse_number(&seconds, optarg)))
			return 2;
	}
	if (argc - optind < 2) {
		fputs("smtp [--pause S] [--log FILE] NAME ADDR[,PORT]...\n", stderr);
		return 2;
	}
	s.pause = seconds;
	s.name = argv[optind++];
	for (int err; optind < argc; optind++) {
		err = open_listener(&s, argv[optind]);
		if (err)
			return err;
	}
	signal(SIGCHLD, SIG_IGN);
	while (poll(s.listener, s.count, -1) > 0)
		for (nfds_t i = 0; i < s.count; i++)
			if (s.listener[i].revents)
				accept_one(&s, s.listener[i].fd);
	return fail("poll");
}
