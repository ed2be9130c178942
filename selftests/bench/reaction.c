/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reaction: from the guilty bytes to the first SYN that is stopped.
 *
 *   reaction SOURCE SERVER SECONDS HELLO
 *
 * Connects from SOURCE to port 25, waits for the banner, says HELLO, and from then on sends SYNs
 * from SOURCE by hand, each from a port of its own: a step of STEP_NS apart, later of a hundredth
 * of what has gone by. The kernel here, which knows of no such connection, answers each SYN-ACK
 * with a RST, so the mail server is never woken for one. Prints the milliseconds from the sending
 * of HELLO to the sending of the first SYN that, as all after it, had no SYN-ACK; and to the
 * server's own acknowledgement of HELLO, before which nothing is proven, as seen at the next step:
 *
 *   stopped 0.25
 *   acknowledged 0.11
 *
 * Exit code 1 in trouble, 3 where SYNs were answered until SECONDS were over.
 */
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "../../user/base/clock.h"
#include "client.h"

#define STEP_NS    20000
#define SPIN_NS    100000
#define SYNS_MAX   4096
#define FIRST_PORT 20000     /* the session's own is above, as the kernel chooses it */
#define QUIET_NS   100000000 /* a SYN-ACK over a veth takes far less than one millisecond */
#define BANNER_MS  10000

struct probe {
	int fd;
	struct in_addr source, server;
	unsigned count;    /* SYNs sent */
	unsigned stopped;  /* the first after the last that was answered */
	in_port_t session; /* the port that HELLO is said from */
	uint64_t acknowledged;
	uint64_t sent[SYNS_MAX];
};

static int failed(const char *what)
{
	fprintf(stderr, "reaction: %s: %s\n", what, strerror(errno));
	return 1;
}

/* All TCP from the server to the source; the kernel writes the IPv4 headers. */
static bool probe_open(struct probe *p, const char *source, const char *server)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, source, &from.sin_addr) != 1 ||
	    inet_pton(AF_INET, server, &to.sin_addr) != 1) {
		errno = EINVAL;
		return false;
	}
	p->source = from.sin_addr;
	p->server = to.sin_addr;
	p->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	return p->fd >= 0 && !bind(p->fd, (struct sockaddr *)&from, sizeof(from)) &&
	       !connect(p->fd, (struct sockaddr *)&to, sizeof(to));
}

static uint16_t tcp_sum(const struct probe *p, const struct tcphdr *tcp)
{
	struct {
		struct in_addr source, server;
		uint16_t protocol, len;
		struct tcphdr tcp;
	} all = {p->source, p->server, htons(IPPROTO_TCP), htons(sizeof(*tcp)), *tcp};
	uint16_t words[sizeof(all) / 2];
	uint32_t sum = 0;

	memcpy(words, &all, sizeof(all));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static bool send_syn(struct probe *p)
{
	struct tcphdr tcp = {.source = htons((uint16_t)(FIRST_PORT + p->count)),
			     .dest = htons(25),
			     .seq = htonl(p->count),
			     .doff = sizeof(tcp) / 4,
			     .syn = 1,
			     .window = htons(65535)};

	tcp.check = tcp_sum(p, &tcp);
	p->sent[p->count++] = clock_ns(CLOCK_MONOTONIC);
	return send(p->fd, &tcp, sizeof(tcp), 0) == sizeof(tcp);
}

/* A SYN-ACK moves the first that is stopped behind the one it answers. */
static void take_answer(struct probe *p, const struct tcphdr *tcp)
{
	unsigned number = (unsigned)ntohs(tcp->dest) - FIRST_PORT;

	if (tcp->source != htons(25))
		return;
	if (tcp->dest == p->session && !p->acknowledged)
		p->acknowledged = clock_ns(CLOCK_MONOTONIC);
	else if (tcp->syn && tcp->ack && number >= p->stopped && number < p->count)
		p->stopped = number + 1;
}

static void take_answers(struct probe *p)
{
	unsigned char packet[2048];
	struct tcphdr tcp;
	ssize_t n;

	while ((n = recv(p->fd, packet, sizeof(packet), 0)) > 0) {
		size_t header = (packet[0] & 15) * 4U;

		if ((size_t)n < header + sizeof(tcp))
			continue;
		memcpy(&tcp, packet + header, sizeof(tcp));
		take_answer(p, &tcp);
	}
}

/* At first it spins: to be woken takes longer than the step. */
static void pause_after(uint64_t began)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), ns = (now - began) / 100;
	struct timespec step = {.tv_nsec = (long)ns};

	if (ns < STEP_NS)
		ns = STEP_NS;
	if (ns > SPIN_NS)
		nanosleep(&step, NULL);
	else
		while (clock_ns(CLOCK_MONOTONIC) - now < ns)
			;
}

/* Whether SYNs are stopped at last. */
static bool probe_run(struct probe *p, uint64_t began, uint64_t limit)
{
	uint64_t now;

	take_answers(p);
	do {
		if (!send_syn(p))
			return false;
		pause_after(began);
		take_answers(p);
		now = clock_ns(CLOCK_MONOTONIC);
		if (p->stopped < p->count && now - p->sent[p->stopped] > QUIET_NS)
			return true;
	} while (now - began < limit && p->count < SYNS_MAX);
	errno = ETIMEDOUT;
	return false;
}

/*
 * The session, up to HELLO. What came before that on its port is no acknowledgement and is thrown
 * away. Sending may itself take as long as the verdict does: *began is before.
 */
static bool begin(struct probe *p, const char *server, const char *hello, uint64_t *began)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);
	int fd = client_dial(ntohl(p->source.s_addr), server, 0);
	char line[256];
	int len = snprintf(line, sizeof(line), "%s\r\n", hello);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&own, &size) || len >= (int)sizeof(line) ||
	    client_reply(fd, BANNER_MS) != '2')
		return false;
	take_answers(p);
	p->session = own.sin_port;
	*began = clock_ns(CLOCK_MONOTONIC);
	return send(fd, line, (size_t)len, MSG_NOSIGNAL) == len;
}

int main(int argc, char **argv)
{
	static struct probe probe;
	uint64_t began;

	if (argc != 5) {
		fputs("reaction SOURCE SERVER SECONDS HELLO\n", stderr);
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1); /* nanosecond; 50,000 by default */
	if (!probe_open(&probe, argv[1], argv[2]))
		return failed(argv[1]);
	if (!begin(&probe, argv[2], argv[4], &began))
		return failed("no session");
	if (!probe_run(&probe, began, strtoull(argv[3], NULL, 10) * 1000000000ULL)) {
		failed("not stopped");
		return errno == ETIMEDOUT ? 3 : 1;
	}
	printf("stopped %.3f\n", (double)(probe.sent[probe.stopped] - began) / 1e6);
	printf("acknowledged %.3f\n", (double)(probe.acknowledged - began) / 1e6);
	return 0;
}
