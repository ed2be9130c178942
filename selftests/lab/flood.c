/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood of TCP segments for the laboratory's namespace `third`, which may send with any source
 * address and sees none of the answers.
 *
 *   flood syn    --dest B    SYNs from random addresses
 *   flood data   --dest B --source PATTERN --sports LOW-HIGH --payload TEXT
 *       Segments with TEXT and a line end, of which nothing fits but the addresses and ports: the
 *       source is PATTERN with a number from 1 to 254 in place of its %, as in "198.51.100.%".
 *   flood replay --dest B FILE
 *       What a capture (of Ethernet) holds of segments to B, over and over, with new checksums.
 *
 * Common: --count N, [--rate SEGMENTS-PER-SECOND] (as fast as can be), [--dport N]. Ends with 0
 * once all are sent, 1 where that fails, 2 for wrong words.
 */
#include <getopt.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include <pcap/pcap.h>
#include "wire.h"

enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
};

#define BATCH     64
#define SOURCES   254
#define SEGMENTS  4096 /* of a capture, at most */
#define ETHERNET  14
#define COUNT_MAX 100000000UL

struct replayed {
	struct ends ends;
	struct segment segment;
	unsigned char *payload;
};

struct flood {
	struct ends ends;
	const char *dest, *pattern;
	unsigned long count, rate, port_low, port_high;
	char payload[256];
	unsigned char sources[SOURCES][16];
	struct replayed *replayed;
	size_t replayed_count;
	/* the next packet of `number`, into WIRE_PACKET bytes; its length */
	size_t (*make)(struct flood *f, unsigned char *out, unsigned long number);
};

static uint64_t random_state;

static uint32_t random32(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL) >> 32);
}

static bool parse_number(unsigned long *out, const char *text, char **end, unsigned long max)
{
	errno = 0;
	*out = strtoul(text, end, 10);
	if (!errno && *end != text && *text != '-' && *out <= max)
		return true;
	fprintf(stderr, "flood: '%s' is no number from 0 to %lu\n", text, max);
	return false;
}

static bool parse_whole(unsigned long *out, const char *text, unsigned long max)
{
	char *end;

	if (!parse_number(out, text, &end, max))
		return false;
	if (*end)
		fprintf(stderr, "flood: '%s' is no number\n", text);
	return !*end;
}

static bool parse_ports(struct flood *f, const char *text)
{
	char *end;

	if (!parse_number(&f->port_low, text, &end, 65535) || *end != '-' ||
	    !parse_whole(&f->port_high, end + 1, 65535) || f->port_low > f->port_high) {
		fprintf(stderr, "flood: '%s' is no range of ports\n", text);
		return false;
	}
	return true;
}

static bool parse_sources(struct flood *f)
{
	const char *mark = f->pattern ? strchr(f->pattern, '%') : NULL;
	char text[INET6_ADDRSTRLEN + 8];

	for (unsigned i = 0; mark && i < SOURCES; i++) {
		snprintf(text, sizeof(text), "%.*s%u%s", (int)(mark - f->pattern), f->pattern,
			 i + 1, mark + 1);
		if (inet_pton(f->ends.family, text, f->sources[i]) != 1)
			mark = NULL;
	}
	if (!mark)
		fprintf(stderr,
			"flood: --source needs addresses of the other's family, with a %%\n");
	return mark;
}

/* syn */

static size_t make_syn(struct flood *f, unsigned char *out, unsigned long number)
{
	struct segment syn = {.flags = TH_SYN, .seq = random32()};
	uint32_t words[4] = {htonl(0x20010db8), random32(), random32(), random32()};

	(void)number;
	if (f->ends.family == AF_INET) {
		words[0] = random32();
		/* Not from this network, this host or a group: the kernel would not answer. */
		((unsigned char *)words)[0] = (unsigned char)(128 + random32() % 64);
	}
	memcpy(f->ends.source, words, sizeof(words));
	f->ends.sport = (uint16_t)(1024 + random32() % 64000);
	return wire_packet(out, &f->ends, &syn);
}

/* data */

static size_t make_data(struct flood *f, unsigned char *out, unsigned long number)
{
	struct segment data = {.flags = TH_ACK | TH_PUSH,
			       .seq = random32(),
			       .ack = random32(),
			       .payload = f->payload,
			       .len = strlen(f->payload)};

	(void)number;
	memcpy(f->ends.source, f->sources[random32() % SOURCES], 16);
	f->ends.sport = (uint16_t)(f->port_low + random32() % (f->port_high - f->port_low + 1));
	return wire_packet(out, &f->ends, &data);
}

/* replay */

static size_t make_replayed(struct flood *f, unsigned char *out, unsigned long number)
{
	const struct replayed *r = &f->replayed[number % f->replayed_count];

	return wire_packet(out, &r->ends, &r->segment);
}

/* A packet to our destination becomes a segment to send; others are passed over. */
static bool take_packet(struct replayed *r, const struct flood *f, const unsigned char *packet,
			size_t len)
{
	size_t n = wire_addr_len(&f->ends), from = f->ends.family == AF_INET ? 12 : 8, head;
	/* Seen from the server, whom the answer would reach. */
	struct ends seen = f->ends;
	uint16_t to_port;

	if (len < from + 2 * n)
		return false;
	head = f->ends.family == AF_INET ? (size_t)(packet[0] & 15) * 4 : sizeof(struct ip6_hdr);
	if (len < head + 2)
		return false;
	memcpy(seen.dest, packet + from, n);
	memcpy(seen.source, f->ends.dest, n);
	seen.dport = (uint16_t)(packet[head] << 8 | packet[head + 1]);
	if (!wire_parse(&r->segment, &to_port, &seen, packet, len) || to_port != f->ends.dport ||
	    r->segment.len > WIRE_PACKET - 256)
		return false;
	r->ends = f->ends;
	memcpy(r->ends.source, seen.dest, sizeof(r->ends.source));
	r->ends.sport = seen.dport;
	r->payload = malloc(r->segment.len + 1);
	if (!r->payload)
		return false;
	memcpy(r->payload, r->segment.payload, r->segment.len);
	r->segment.payload = r->payload;
	return true;
}

static bool read_capture(struct flood *f, const char *path)
{
	char error[PCAP_ERRBUF_SIZE] = "not of Ethernet, or nothing to send in it";
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const unsigned char *bytes;

	f->replayed = calloc(SEGMENTS, sizeof(*f->replayed));
	if (pcap && f->replayed && pcap_datalink(pcap) == DLT_EN10MB)
		while (f->replayed_count < SEGMENTS && pcap_next_ex(pcap, &header, &bytes) == 1)
			if (header->caplen > ETHERNET &&
			    take_packet(&f->replayed[f->replayed_count], f, bytes + ETHERNET,
					header->caplen - ETHERNET))
				f->replayed_count++;
	if (pcap)
		pcap_close(pcap);
	if (!f->replayed_count)
		fprintf(stderr, "flood: %s: %s\n", path, error);
	return f->replayed_count;
}

static void free_capture(struct flood *f)
{
	for (size_t i = 0; i < f->replayed_count; i++)
		free(f->replayed[i].payload);
	free(f->replayed);
}

/* Sending */

static void keep_rate(const struct flood *f, double start, unsigned long sent)
{
	double ahead = f->rate ? start + (double)sent / (double)f->rate - wire_now() : 0;

	if (ahead > 0.001)
		poll(NULL, 0, (int)(ahead * 1000));
}

static int run(struct flood *f, int fd)
{
	static unsigned char packets[BATCH][WIRE_PACKET];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct sockaddr_storage to;
	socklen_t to_len = wire_to(&to, &f->ends);
	double start = wire_now();

	for (unsigned long sent = 0; sent < f->count;) {
		unsigned long left = f->count - sent;
		unsigned n = left < BATCH ? (unsigned)left : BATCH;
		int err;

		for (unsigned i = 0; i < n; i++) {
			vectors[i] = (struct iovec){packets[i], f->make(f, packets[i], sent + i)};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
							      .msg_namelen = to_len,
							      .msg_iov = &vectors[i],
							      .msg_iovlen = 1};
		}
		err = wire_send_batch(fd, messages, n);
		if (err) {
			fprintf(stderr, "flood: sending: %s\n", strerror(-err));
			return FAILED;
		}
		sent += n;
		keep_rate(f, start, sent);
	}
	printf("sent %lu in %.1f s\n", f->count, wire_now() - start);
	return DONE;
}

static bool parse_option(struct flood *f, int c, const char *arg)
{
	unsigned long port;

	switch (c) {
	case 'd':
		f->dest = arg;
		f->ends.family = strchr(arg, ':') ? AF_INET6 : AF_INET;
		return inet_pton(f->ends.family, arg, f->ends.dest) == 1;
	case 'P':
		if (!parse_whole(&port, arg, 65535))
			return false;
		f->ends.dport = (uint16_t)port;
		return true;
	case 's':
		f->pattern = arg;
		return true;
	case 'p':
		return parse_ports(f, arg);
	case 'y':
		return snprintf(f->payload, sizeof(f->payload), "%s\r\n", arg) <
		       (int)sizeof(f->payload);
	case 'n':
		return parse_whole(&f->count, arg, COUNT_MAX);
	case 'r':
		return parse_whole(&f->rate, arg, COUNT_MAX);
	default:
		return false;
	}
}

/* Chooses what to make; false where the words for it are missing. */
static bool prepare(struct flood *f, const char *verb, char **words)
{
	if (!strcmp(verb, "syn"))
		f->make = make_syn;
	else if (!strcmp(verb, "data") && f->payload[0] && f->port_high && parse_sources(f))
		f->make = make_data;
	else if (!strcmp(verb, "replay") && words[0] && read_capture(f, words[0]))
		f->make = make_replayed;
	return f->make;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"dest", 1, NULL, 'd'},   {"dport", 1, NULL, 'P'},
					      {"source", 1, NULL, 's'}, {"sports", 1, NULL, 'p'},
					      {"count", 1, NULL, 'n'},  {"payload", 1, NULL, 'y'},
					      {"rate", 1, NULL, 'r'},   {NULL, 0, NULL, 0}};
	static struct flood f = {.ends.dport = 25};
	bool fine = argc > 1;
	int c, fd, status = USAGE;

	if (getrandom(&random_state, sizeof(random_state), 0) < 0 || !random_state)
		random_state = 1;
	while (fine && (c = getopt_long(argc - 1, argv + 1, "", known, NULL)) != -1)
		fine = parse_option(&f, c, optarg);
	if (!fine || !f.dest || !f.count || !prepare(&f, argv[1], argv + 1 + optind)) {
		fputs("flood syn|data|replay --dest ADDR --count N [OPTION...]\n", stderr);
		goto out;
	}
	fd = socket(f.ends.family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0) {
		perror("flood: raw socket");
		status = FAILED;
		goto out;
	}
	status = run(&f, fd);
	close(fd);
out:
	free_capture(&f);
	return status;
}
