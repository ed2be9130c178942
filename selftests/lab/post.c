/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A well-behaved SMTP client for what the usual ones lack: BDAT (RFC 3030), and many messages in
 * one session from a source address of one's choice.
 *
 *   post [--source ADDR] [--port N] [--messages N] [--size BYTES] [--bdat] [--chunk BYTES]
 *        [--pipeline] SERVER HELO FROM TO TOKEN
 *
 *   --bdat      the body in BDAT chunks of --chunk bytes (65536); DATA otherwise
 *   --pipeline  MAIL, RCPT and DATA, or MAIL, RCPT and all chunks, in one go
 *
 * The subject of message N of a session is "TOKEN-N". Sends nothing that the server has not
 * announced: without CHUNKING, --bdat ends with exit code 3, as --pipeline does without PIPELINING.
 * Other exit codes: 0 all accepted, 1 failed, 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
	UNOFFERED = 3,
};

#define SECONDS 20 /* of silence */

struct post {
	const char *source;
	unsigned port, messages, size, chunk;
	bool bdat, pipeline;
	const char *server, *helo, *from, *to, *token;

	FILE *in, *out;
	bool chunking, pipelining; /* announced */
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_address(union address *out, const char *text, unsigned port)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		return true;
	}
	fprintf(stderr, "post: '%s' is no address\n", text);
	return false;
}

static bool parse_number(unsigned *out, const char *text, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || *text == '-' || !n || n > max) {
		fprintf(stderr, "post: '%s' is no number from 1 to %lu\n", text, max);
		return false;
	}
	*out = (unsigned)n;
	return true;
}

static int fail(const char *what)
{
	fprintf(stderr, "post: %s: %s\n", what, strerror(errno));
	return FAILED;
}

static int open_connection(struct post *p)
{
	struct timeval patience = {.tv_sec = SECONDS};
	union address server, source;
	int fd;

	if (!parse_address(&server, p->server, p->port) ||
	    (p->source && !parse_address(&source, p->source, 0)))
		return USAGE;
	fd = socket(server.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (p->source && bind(fd, &source.any, sizeof(source)))
		return fail(p->source);
	if (connect(fd, &server.any, sizeof(server)))
		return fail(p->server);
	p->in = fdopen(fd, "r");
	p->out = fdopen(dup(fd), "w");
	return p->in && p->out ? DONE : fail("fdopen");
}

/* Reads one reply whole; DONE where its code begins with `digit`. */
static int reply(struct post *p, char digit)
{
	char line[1024];

	fflush(p->out);
	do {
		if (!fgets(line, sizeof(line), p->in) || strlen(line) < 5) {
			fprintf(stderr, "post: the server says no more, or nonsense\n");
			return FAILED;
		}
		if (!strncasecmp(line + 4, "CHUNKING", 8))
			p->chunking = true;
		if (!strncasecmp(line + 4, "PIPELINING", 10))
			p->pipelining = true;
	} while (line[3] == '-');
	if (*line == digit)
		return DONE;
	fprintf(stderr, "post: the server answers: %s", line);
	return FAILED;
}

__attribute__((format(printf, 2, 3))) static int command(struct post *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(p->out, format, args);
	va_end(args);
	fputs("\r\n", p->out);
	return p->pipeline ? DONE : reply(p, '2');
}

/* A whole message in memory: BDAT must know its length. Lines of 78 bytes, no leading dots. */
static char *compose(const struct post *p, unsigned number, size_t *len)
{
	char *text = malloc(p->size + 1024);
	size_t n;

	if (!text)
		return NULL;
	n = (size_t)snprintf(text, 1024,
			     "From: <%s>\r\nTo: <%s>\r\nSubject: %s-%u\r\n\r\n"
			     "MAIL FROM:<nobody@invalid>\r\nEHLO [%s]\r\n",
			     p->from, p->to, p->token, number, p->server);
	while (n < p->size)
		n += (size_t)sprintf(text + n, "%-78s\r\n", "EHLO, said the letter, and no more");
	*len = n;
	return text;
}

static int send_data(struct post *p, const char *text, size_t len)
{
	int status;

	fputs("DATA\r\n", p->out);
	status = p->pipeline ? reply(p, '2') : DONE;
	if (!status && p->pipeline)
		status = reply(p, '2');
	if (!status)
		status = reply(p, '3');
	if (status)
		return status;
	fwrite(text, 1, len, p->out);
	fputs(".\r\n", p->out);
	return reply(p, '2');
}

static int send_chunks(struct post *p, const char *text, size_t len)
{
	unsigned waiting = p->pipeline ? 2 : 0;
	int status = DONE;

	for (size_t at = 0; !status && at < len;) {
		size_t n = len - at < p->chunk ? len - at : p->chunk;

		fprintf(p->out, "BDAT %zu%s\r\n", n, at + n == len ? " LAST" : "");
		fwrite(text + at, 1, n, p->out);
		at += n;
		if (p->pipeline)
			waiting++;
		else
			status = reply(p, '2');
	}
	while (!status && waiting--)
		status = reply(p, '2');
	return status;
}

static int send_message(struct post *p, unsigned number)
{
	size_t len;
	char *text = compose(p, number, &len);
	int status;

	if (!text)
		return fail("memory");
	status = command(p, "MAIL FROM:<%s>", p->from);
	if (!status)
		status = command(p, "RCPT TO:<%s>", p->to);
	if (!status)
		status = (p->bdat ? send_chunks : send_data)(p, text, len);
	free(text);
	return status;
}

static int greet(struct post *p)
{
	int status = reply(p, '2');

	if (status)
		return status;
	fprintf(p->out, "EHLO %s\r\n", p->helo);
	p->chunking = p->pipelining = false;
	status = reply(p, '2');
	if (status)
		return status;
	return (p->bdat && !p->chunking) || (p->pipeline && !p->pipelining) ? UNOFFERED : DONE;
}

static int run(struct post *p)
{
	int status = open_connection(p);

	if (!status)
		status = greet(p);
	for (unsigned i = 1; !status && i <= p->messages; i++)
		status = send_message(p, i);
	if (status != DONE && status != UNOFFERED)
		return status;
	fputs("QUIT\r\n", p->out);
	return reply(p, '2') ? FAILED : status;
}

static bool parse_option(struct post *p, int c, const char *arg)
{
	switch (c) {
	case 's':
		p->source = arg;
		return true;
	case 'p':
		return parse_number(&p->port, arg, 65535);
	case 'm':
		return parse_number(&p->messages, arg, 10000);
	case 'z':
		return parse_number(&p->size, arg, 100000000);
	case 'c':
		return parse_number(&p->chunk, arg, 100000000);
	case 'b':
		p->bdat = true;
		return true;
	case 'P':
		p->pipeline = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"source", 1, NULL, 's'},   {"port", 1, NULL, 'p'},
					      {"messages", 1, NULL, 'm'}, {"size", 1, NULL, 'z'},
					      {"chunk", 1, NULL, 'c'},    {"bdat", 0, NULL, 'b'},
					      {"pipeline", 0, NULL, 'P'}, {NULL, 0, NULL, 0}};
	struct post p = {.port = 25, .messages = 1, .size = 1, .chunk = 65536};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!parse_option(&p, c, optarg))
			return USAGE;
	if (argc - optind != 5) {
		fputs("post [OPTION...] SERVER HELO FROM TO TOKEN\n", stderr);
		return USAGE;
	}
	p.server = argv[optind];
	p.helo = argv[optind + 1];
	p.from = argv[optind + 2];
	p.to = argv[optind + 3];
	p.token = argv[optind + 4];
	return run(&p);
}
