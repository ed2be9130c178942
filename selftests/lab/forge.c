/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forged TCP for the laboratory's namespace `third`, which is not on the path between the mail
 * server and the world but may send with any source address.
 *
 *   forge syn   --source A --dest B [--flags PSH,URG,ECE,CWR] [--frag8] [--exthdrs N]
 *               [--count N] [--every MILLISECONDS]
 *       Sends a SYN and waits for what comes back; prints "syn-ack", "rst" or "none" and exits 0,
 *       3 or 4. With --count the source port goes up by one with each, and any answer counts.
 *       Answers reach this namespace for sources in 192.0.2.0/24 and 2001:db8:66::/64.
 *
 *   forge data  --source A --dest B --payload TEXT [--count N] [--seq N|random] [--ack N|random]
 *       Sends segments that carry TEXT and a line end, without any handshake.
 *
 *   forge decoy --source A --dest B [--kind helo|fin|rst] HELO1 HELO2
 *       A real handshake, played in user space from an address that the kernel here does not own.
 *       After the banner a segment that the server's TCP discards but an onlooker may believe:
 *       EHLO HELO1 or a FIN with a wrong checksum, or a RST inside the window but not at its edge
 *       (RFC 5961 3.2). Then EHLO HELO2 at the true sequence number. Exits 0 where the server
 *       answered that with 250.
 *
 * Common: [--sport N|random] [--dport N] [--timeout S]. Other exit codes: 1 failed, 2 usage.
 */
#include <getopt.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include "wire.h"

enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
	REFUSED = 3,
	SILENCE = 4,
};

#define BATCH       64
#define PAYLOAD_MAX 1024
#define COUNT_MAX   10000000
#define TH_ECE      0x40
#define TH_CWR      0x80

/* A number that is given, or a fresh random one for every segment. */
struct number {
	bool random;
	uint32_t value;
};

struct options {
	struct ends ends;
	bool source_given, dest_given;
	struct number sport, seq, ack;
	uint8_t flags;
	bool frag8;
	unsigned exthdrs;
	unsigned count;
	unsigned every;   /* milliseconds from one SYN to the next */
	const char *kind; /* of the decoy */
	double timeout;
	char payload[PAYLOAD_MAX];
	char **words; /* what stands after the options, NULL-terminated */
	int raw, tap; /* sockets */
};

static uint64_t random_state;

/* xorshift64*: fast enough for a flood, seeded by the kernel. */
static uint32_t random32(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL) >> 32);
}

static uint32_t pick(const struct number *n)
{
	return n->random ? random32() : n->value;
}

static uint16_t pick_port(const struct number *n)
{
	return (uint16_t)(n->random ? 1024 + random32() % 64000 : n->value);
}

static bool parse_count(unsigned *out, const char *text, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || !*text || *end || *text == '-' || value > max) {
		fprintf(stderr, "forge: '%s' is no number from 0 to %lu\n", text, max);
		return false;
	}
	*out = (unsigned)value;
	return true;
}

static bool parse_number(struct number *out, const char *text, unsigned long max)
{
	out->random = !strcmp(text, "random");
	return out->random || parse_count(&out->value, text, max);
}

static bool parse_address(struct ends *ends, unsigned char out[16], const char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, text, out) != 1 || (ends->family && ends->family != family)) {
		fprintf(stderr, "forge: '%s' is no address, or not of the other's family\n", text);
		return false;
	}
	ends->family = family;
	return true;
}

static bool parse_flags(uint8_t *out, char *text)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} known[] = {{"PSH", TH_PUSH}, {"URG", TH_URG}, {"ECE", TH_ECE},
		     {"CWR", TH_CWR},  {"FIN", TH_FIN}, {"RST", TH_RST}};
	size_t i;

	for (char *save, *name = strtok_r(text, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcmp(known[i].name, name))
				break;
		if (i == sizeof(known) / sizeof(*known)) {
			fprintf(stderr, "forge: '%s' is no TCP flag\n", name);
			return false;
		}
		*out |= known[i].bit;
	}
	return true;
}

static bool parse_payload(char out[PAYLOAD_MAX], const char *text)
{
	int n = snprintf(out, PAYLOAD_MAX, "%s\r\n", text);

	if (n >= PAYLOAD_MAX)
		fprintf(stderr, "forge: the payload is longer than %d bytes\n", PAYLOAD_MAX - 3);
	return n < PAYLOAD_MAX;
}

static bool parse_option(struct options *o, int c, char *arg)
{
	unsigned value;

	switch (c) {
	case 's':
		o->source_given = true;
		return parse_address(&o->ends, o->ends.source, arg);
	case 'd':
		o->dest_given = true;
		return parse_address(&o->ends, o->ends.dest, arg);
	case 'p':
		return parse_number(&o->sport, arg, 65535);
	case 'P':
		if (!parse_count(&value, arg, 65535))
			return false;
		o->ends.dport = (uint16_t)value;
		return true;
	case 'f':
		return parse_flags(&o->flags, arg);
	case '8':
		o->frag8 = true;
		return true;
	case 'e':
		return parse_count(&o->exthdrs, arg, WIRE_EXTHDRS);
	case 'n':
		return parse_count(&o->count, arg, COUNT_MAX);
	case 'i':
		return parse_count(&o->every, arg, 10000);
	case 'k':
		o->kind = arg;
		return true;
	case 'S':
		return parse_number(&o->seq, arg, UINT32_MAX);
	case 'A':
		return parse_number(&o->ack, arg, UINT32_MAX);
	case 'y':
		return parse_payload(o->payload, arg);
	case 't':
		if (!parse_count(&value, arg, 3600))
			return false;
		o->timeout = value;
		return true;
	default:
		return false;
	}
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"source", 1, NULL, 's'},  {"dest", 1, NULL, 'd'},    {"sport", 1, NULL, 'p'},
		{"dport", 1, NULL, 'P'},   {"flags", 1, NULL, 'f'},   {"frag8", 0, NULL, '8'},
		{"exthdrs", 1, NULL, 'e'}, {"count", 1, NULL, 'n'},   {"seq", 1, NULL, 'S'},
		{"ack", 1, NULL, 'A'},     {"payload", 1, NULL, 'y'}, {"timeout", 1, NULL, 't'},
		{"every", 1, NULL, 'i'},   {"kind", 1, NULL, 'k'},    {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!parse_option(o, c, optarg))
			return false;
	o->words = argv + optind;
	if (!o->source_given || !o->dest_given) {
		fprintf(stderr, "forge: --source and --dest are needed\n");
		return false;
	}
	if ((o->frag8 && o->ends.family != AF_INET) || (o->exthdrs && o->ends.family != AF_INET6)) {
		fprintf(stderr, "forge: --frag8 is for IPv4, --exthdrs for IPv6\n");
		return false;
	}
	o->ends.sport = pick_port(&o->sport);
	return true;
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "forge: %s: %s\n", what, strerror(-err));
	return FAILED;
}

static int open_sockets(struct options *o)
{
	uint16_t protocol = o->ends.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	int bytes = 1 << 22;

	o->raw = socket(o->ends.family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (o->raw < 0)
		return fail("raw socket", -errno);
	o->tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(protocol));
	if (o->tap < 0)
		return fail("packet socket", -errno);
	setsockopt(o->raw, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(o->tap, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return DONE;
}

static int send_syn(struct options *o, unsigned i)
{
	struct segment syn = {
		.flags = TH_SYN | o->flags, .seq = pick(&o->seq), .exthdrs = o->exthdrs};
	struct ends ends = o->ends;

	ends.sport = (uint16_t)(ends.sport + i);
	if (o->frag8)
		return wire_send_fragments(o->raw, &ends, &syn, (uint16_t)(random32() | 1));
	return wire_send(o->raw, &ends, &syn);
}

/* Ends the half-open connection, which no kernel here knows of. */
static void send_reset(struct options *o, uint16_t port, const struct segment *answer)
{
	struct segment rst = {.flags = TH_RST, .seq = answer->ack};
	struct ends ends = o->ends;

	ends.sport = port;
	wire_send(o->raw, &ends, &rst);
}

static int run_syn(struct options *o)
{
	unsigned char packet[WIRE_PACKET];
	struct segment answer;
	double deadline;
	uint16_t port;
	int err;

	for (unsigned i = 0; i < o->count; i++) {
		err = send_syn(o, i);
		if (err)
			return fail("sending", err);
		if (o->every)
			poll(NULL, 0, (int)o->every);
	}
	deadline = wire_now() + o->timeout;
	while (wire_receive(&answer, &port, o->tap, &o->ends, packet, deadline)) {
		if ((uint16_t)(port - o->ends.sport) >= o->count)
			continue;
		if (answer.flags & TH_RST) {
			puts("rst");
			return REFUSED;
		}
		if ((answer.flags & (TH_SYN | TH_ACK)) != (TH_SYN | TH_ACK))
			continue;
		send_reset(o, port, &answer);
		puts("syn-ack");
		return DONE;
	}
	puts("none");
	return SILENCE;
}

static int run_data(struct options *o)
{
	static unsigned char packets[BATCH][WIRE_PACKET];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct sockaddr_storage to;
	socklen_t to_len = wire_to(&to, &o->ends);
	unsigned sent = 0;

	while (sent < o->count) {
		unsigned n = o->count - sent < BATCH ? o->count - sent : BATCH;
		int err;

		for (unsigned i = 0; i < n; i++) {
			struct segment s = {.flags = TH_ACK | TH_PUSH | o->flags,
					    .seq = pick(&o->seq),
					    .ack = pick(&o->ack),
					    .exthdrs = o->exthdrs,
					    .payload = o->payload,
					    .len = strlen(o->payload)};

			o->ends.sport = pick_port(&o->sport);
			vectors[i].iov_base = packets[i];
			vectors[i].iov_len = wire_packet(packets[i], &o->ends, &s);
			messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
							      .msg_namelen = to_len,
							      .msg_iov = &vectors[i],
							      .msg_iovlen = 1};
		}
		err = wire_send_batch(o->raw, messages, n);
		if (err)
			return fail("sending", err);
		sent += n;
	}
	printf("sent %u\n", sent);
	return DONE;
}

/* One side of a connection in user space; in-order delivery is all that the laboratory needs. */
struct side {
	struct options *o;
	uint32_t next;     /* of ours to send */
	uint32_t expected; /* of theirs */
	double deadline;
};

static int side_send(struct side *side, uint8_t flags, const char *text, bool bad_checksum)
{
	struct segment s = {.flags = flags,
			    .seq = side->next,
			    .ack = side->expected,
			    .bad_checksum = bad_checksum,
			    .payload = text,
			    .len = strlen(text)};
	int err = wire_send(side->o->raw, &side->o->ends, &s);

	return err ? fail("sending", err) : DONE;
}

/* Reads the server's next payload, shows and acknowledges it; its first digit goes to *code. */
static int side_read(struct side *side, char *code)
{
	unsigned char packet[WIRE_PACKET];
	struct segment s;
	uint16_t port;

	while (wire_receive(&s, &port, side->o->tap, &side->o->ends, packet, side->deadline)) {
		if (port != side->o->ends.sport)
			continue;
		if (s.flags & TH_RST)
			return REFUSED;
		if (!s.len || s.seq != side->expected)
			continue;
		printf("< %.*s", (int)s.len, (const char *)s.payload);
		*code = *(const char *)s.payload;
		side->expected += (uint32_t)s.len;
		return side_send(side, TH_ACK, "", false);
	}
	return SILENCE;
}

static int side_connect(struct side *side)
{
	struct segment syn = {.flags = TH_SYN, .seq = side->next}, answer;
	unsigned char packet[WIRE_PACKET];
	uint16_t port;
	int err = wire_send(side->o->raw, &side->o->ends, &syn);

	if (err)
		return fail("sending", err);
	while (wire_receive(&answer, &port, side->o->tap, &side->o->ends, packet, side->deadline)) {
		if (port != side->o->ends.sport)
			continue;
		if (answer.flags & TH_RST)
			return REFUSED;
		if (!(answer.flags & TH_SYN))
			continue;
		side->next++;
		side->expected = answer.seq + 1;
		return side_send(side, TH_ACK, "", false);
	}
	return SILENCE;
}

static int send_decoy(struct side *side, const char *decoy)
{
	struct side beside = *side;

	if (!strcmp(side->o->kind, "helo"))
		return side_send(side, TH_ACK | TH_PUSH, decoy, true);
	if (!strcmp(side->o->kind, "fin"))
		return side_send(side, TH_ACK | TH_FIN, "", true);
	if (strcmp(side->o->kind, "rst")) {
		fprintf(stderr, "forge: '%s' is no kind of decoy\n", side->o->kind);
		return USAGE;
	}
	beside.next += 1000;
	return side_send(&beside, TH_RST, "", false);
}

static int run_decoy(struct options *o)
{
	struct side side = {.o = o, .next = random32(), .deadline = wire_now() + o->timeout};
	char decoy[PAYLOAD_MAX], real[PAYLOAD_MAX], code = 0;
	int status;

	if (!o->words[0] || !o->words[1]) {
		fprintf(stderr, "forge: decoy needs two HELO names\n");
		return USAGE;
	}
	if (snprintf(decoy, sizeof(decoy), "EHLO %s\r\n", o->words[0]) >= (int)sizeof(decoy) ||
	    snprintf(real, sizeof(real), "EHLO %s\r\n", o->words[1]) >= (int)sizeof(real))
		return fail("HELO name", -ENAMETOOLONG);
	status = side_connect(&side);
	if (!status)
		status = side_read(&side, &code);
	if (!status)
		status = send_decoy(&side, decoy);
	if (!status)
		status = side_send(&side, TH_ACK | TH_PUSH, real, false);
	side.next += (uint32_t)strlen(real);
	if (!status)
		status = side_read(&side, &code);
	side_send(&side, TH_RST | TH_ACK, "", false);
	if (!status && code != '2')
		status = FAILED;
	return status;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct options *o);
	} verbs[] = {{"syn", run_syn}, {"data", run_data}, {"decoy", run_decoy}};
	struct options o = {
		.ends.dport = 25,
		.sport.random = true,
		.seq.random = true,
		.ack.random = true,
		.count = 1,
		.kind = "helo",
		.timeout = 2,
	};

	if (getrandom(&random_state, sizeof(random_state), 0) < 0 || !random_state)
		random_state = 1;
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++) {
		int status;

		if (strcmp(verbs[i].name, argv[1]))
			continue;
		if (!parse_options(&o, argc - 1, argv + 1))
			return USAGE;
		status = open_sockets(&o);
		return status ? status : verbs[i].run(&o);
	}
	fprintf(stderr, "forge syn|data|decoy --source ADDR --dest ADDR [OPTION...]\n");
	return USAGE;
}
