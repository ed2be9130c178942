/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As many bots as the machine can play, each from an address of its own, and a server quick enough
 * for them:
 *
 *   swarm serve PORT
 *       Takes EHLO on PORT of all addresses, and answers whatever comes, until it is ended.
 *
 *   swarm SERVER PORT BASE STEP COUNT PARALLEL SECONDS
 *       Bot number i comes from BASE plus i times 2^STEP: 0 the next address, 64 the next /64. It
 *       waits for the banner, says EHLO with the server's own address, waits for the reply and
 * hangs up. After SECONDS no more begin. Prints how many went to their end and how many
 *       milliseconds all took; exits 0 only if all that began did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX    1000000
#define PARALLEL_MAX 1000
#define SECONDS_MAX  600
#define PATIENCE_MS  20000 /* in which some bot must go on */
#define EVENTS       256

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct bot {
	int fd;
	bool said;
};

struct swarm {
	union address server, base;
	unsigned long port, step, count, parallel, seconds;
	unsigned long begun, done;
	char ehlo[128];
	int epoll;
	double began;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int fail(const char *what)
{
	fprintf(stderr, "swarm: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool parse_number(unsigned long *out, const char *text, unsigned long max)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *out <= max)
		return true;
	fprintf(stderr, "swarm: '%s' is no number up to %lu\n", text, max);
	return false;
}

static bool parse_address(union address *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1)
		out->v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1)
		out->v6.sin6_family = AF_INET6;
	else
		fprintf(stderr, "swarm: '%s' is no address\n", text);
	return out->any.sa_family != 0;
}

/* The server */

static bool answer(int fd)
{
	static const char reply[] = "250 mx.example.net\r\n";
	char said[1024];

	return recv(fd, said, sizeof(said), 0) > 0 &&
	       send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) > 0;
}

static bool greet(int epoll, int listener)
{
	static const char banner[] = "220 mx.example.net ESMTP\r\n";
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0)
		return false;
	if (send(fd, banner, sizeof(banner) - 1, MSG_NOSIGNAL) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		close(fd);
	return true;
}

static int listen_on(unsigned long port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !bind(fd, (struct sockaddr *)&any, sizeof(any)) && !listen(fd, 4096))
		return fd;
	return -1;
}

static int serve(unsigned long port)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), listener = listen_on(port), n;
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];

	if (listener < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
		return fail("serve");
	while ((n = epoll_wait(epoll, events, EVENTS, -1)) >= 0 || errno == EINTR) {
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener)
				while (greet(epoll, listener))
					;
			else if (!answer(fd))
				close(fd);
		}
	}
	return fail("epoll_wait");
}

/* The bots */

/* BASE + i * 2^STEP, over the bytes of an address from the last one on. */
static void add(uint8_t *bytes, size_t size, unsigned long step, unsigned long i)
{
	uint64_t carry = i;

	for (size_t at = size - step / 8; at-- > 0 && carry; carry >>= 8) {
		carry += bytes[at];
		bytes[at] = (uint8_t)carry;
	}
}

static union address source_of(const struct swarm *s, unsigned long i)
{
	union address source = s->base;

	if (source.any.sa_family == AF_INET)
		add((uint8_t *)&source.v4.sin_addr, 4, s->step, i);
	else
		add((uint8_t *)&source.v6.sin6_addr, 16, s->step, i);
	return source;
}

/* Begins the next one in `b`'s place, as long as there are any. */
static bool begin(struct swarm *s, struct bot *b)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = b};
	union address source;

	if (s->begun == s->count || seconds() - s->began > (double)s->seconds)
		return true;
	source = source_of(s, s->begun++);
	b->said = false;
	b->fd = socket(source.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return b->fd >= 0 && !bind(b->fd, &source.any, sizeof(source)) &&
	       (!connect(b->fd, &s->server.any, sizeof(s->server)) || errno == EINPROGRESS) &&
	       !epoll_ctl(s->epoll, EPOLL_CTL_ADD, b->fd, &event);
}

/* Banner and reply are a segment each. */
static bool go_on(struct swarm *s, struct bot *b)
{
	char reply[1024];

	if (recv(b->fd, reply, sizeof(reply), 0) <= 0)
		return false;
	if (!b->said) {
		b->said = true;
		return send(b->fd, s->ehlo, strlen(s->ehlo), MSG_NOSIGNAL) > 0;
	}
	close(b->fd);
	s->done++;
	return begin(s, b);
}

static int play(struct swarm *s)
{
	static struct bot bots[PARALLEL_MAX];
	struct epoll_event events[EVENTS];
	int n;

	s->began = seconds();
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned long i = 0; i < s->parallel; i++)
		if (!begin(s, &bots[i]))
			return fail("a bot cannot begin");
	while (s->done < s->begun) {
		n = epoll_wait(s->epoll, events, EVENTS, PATIENCE_MS);
		if (n <= 0)
			return fail("nobody goes on");
		for (int i = 0; i < n; i++)
			if (!go_on(s, events[i].data.ptr))
				return fail("a bot is cut short");
	}
	return 0;
}

static bool parse_swarm(struct swarm *s, char **argv)
{
	bool v4;

	memset(s, 0, sizeof(*s));
	if (!parse_address(&s->server, argv[1]) || !parse_number(&s->port, argv[2], 65535) ||
	    !parse_address(&s->base, argv[3]) || !parse_number(&s->step, argv[4], 64) ||
	    !parse_number(&s->count, argv[5], COUNT_MAX) ||
	    !parse_number(&s->parallel, argv[6], PARALLEL_MAX) ||
	    !parse_number(&s->seconds, argv[7], SECONDS_MAX))
		return false;
	v4 = s->server.any.sa_family == AF_INET;
	if (s->base.any.sa_family != s->server.any.sa_family || s->step % 8 || (v4 && s->step)) {
		fprintf(stderr, "swarm: '%s' and '%s' are of two families, or the step is odd\n",
			argv[1], argv[3]);
		return false;
	}
	s->server.v4.sin_port = htons((uint16_t)s->port); /* at the same place in both */
	snprintf(s->ehlo, sizeof(s->ehlo), "EHLO [%s%s]\r\n", v4 ? "" : "IPv6:", argv[1]);
	return true;
}

int main(int argc, char **argv)
{
	struct swarm s;
	unsigned long port;
	int status;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		return parse_number(&port, argv[2], 65535) ? serve(port) : 2;
	if (argc != 8) {
		fputs("swarm serve PORT | SERVER PORT BASE STEP COUNT PARALLEL SECONDS\n", stderr);
		return 2;
	}
	if (!parse_swarm(&s, argv))
		return 2;
	status = play(&s);
	printf("%lu %.0f\n", s.done, (seconds() - s.began) * 1000);
	return status;
}
