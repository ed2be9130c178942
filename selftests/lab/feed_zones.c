// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones for rbldnsd that nobody would write, and questions about them.
 *
 *   feed_zones write DIR SEED FROM TO        writes DIR/zN and prints rbldnsd's arguments for them
 *   feed_zones ask PORT DIR SEED FROM TO     asks rbldnsd on 127.0.0.1 around every boundary in
 *                                            DIR/zN and in DIR/zN.out, one network a line, and
 *                                            compares: who is listed must be in a network of it
 *
 * Zone N is of type N % 5. What it holds follows from SEED and N alone.
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

#include "../../user/feeds/set.h"

#define LINES   14
#define SAMPLES 8192
#define NETS    4096

static const char *const types[] = {"ip4set", "ip4trie", "ip4tset", "ip6trie", "ip6tset"};

enum type {
	IP4SET,
	IP4TRIE,
	IP4TSET,
	IP6TRIE,
	IP6TSET,
	TYPES,
};

static void die(const char *what)
{
	fprintf(stderr, "feed_zones: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Chance, the same at each run (splitmix64). */

static uint64_t chance;

static uint64_t next64(void)
{
	uint64_t z = chance += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
	return (unsigned)(next64() % n);
}

static bool one_in(unsigned n)
{
	return !below(n);
}

#define PICK(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

/* Zones */

/* Few values, so that entries meet. */
static unsigned octet(void)
{
	static const unsigned often[] = {0, 1, 2, 3, 16, 127, 128, 254, 255};

	return one_in(4) ? below(256) : PICK(often);
}

static uint32_t address4(void)
{
	static const unsigned first[] = {1, 10, 127, 192};

	return PICK(first) << 24 | (octet() & 3) << 16 | octet() << 8 | octet();
}

static struct wide address6(void)
{
	static const uint64_t groups[] = {0, 0, 1, 2, 0x42, 0x8000, 0xfffe, 0xffff};
	struct wide wide = {
		0x20010db800000000ULL | (one_in(3) ? PICK(groups) << 16 : 0) | PICK(groups), 0};

	if (one_in(8))
		wide.hi = PICK(groups) << 48 | 1;
	for (unsigned i = 0; i < 4; i++)
		wide.lo = wide.lo << 16 | (one_in(2) ? 0 : PICK(groups));
	return wide;
}

static struct wide network_of(struct wide wide, unsigned plen)
{
	struct addr addr = addr_of_wide(wide);
	struct prefix prefix = prefix_of(&addr, plen);

	return wide_of(&prefix.addr);
}

static uint32_t mask(unsigned plen)
{
	return plen ? UINT32_MAX << (32 - plen) : 0;
}

/* `count` octets of `addr`, now and then with leading zeros. */
static int put_octets(char *out, uint32_t addr, unsigned count)
{
	int n = 0;

	for (unsigned i = 0; i < count; i++)
		n += sprintf(out + n, one_in(40) ? "%s%03u" : "%s%u", i ? "." : "",
			     addr >> (24 - 8 * i) & 255);
	return n;
}

static int put_network4(char *out)
{
	unsigned plen = one_in(12) ? below(33) : 8 + below(25), count = (plen + 7) / 8;
	uint32_t addr = one_in(8) ? address4() : address4() & mask(plen);
	int n;

	if (one_in(3))
		count += below(5 - count);
	n = put_octets(out, addr, count ? count : 1);
	return n + sprintf(out + n, "/%u", plen);
}

static int put_range4(char *out)
{
	unsigned count = 1 + below(4);
	uint32_t first = address4(), span = 1U << below(23);
	int n = put_octets(out, first, count);

	out[n++] = '-';
	if (one_in(3))
		return n + sprintf(out + n, "%u", octet());
	return n + put_octets(out + n, first + below(span), one_in(12) ? 1 + below(4) : count);
}

static int put_entry4(char *out, enum type type)
{
	unsigned kind = below(type == IP4TSET ? 2 : 8);

	if (type == IP4TSET && !one_in(10))
		return put_octets(out, address4(), 4);
	if (kind < 2)
		return put_octets(out, address4(), 4);
	if (kind == 2)
		return put_octets(out, address4(), 1 + below(3));
	if (kind < 6 || (type != IP4SET && !one_in(10)))
		return put_network4(out);
	return put_range4(out);
}

static int put_groups(char *out, struct wide wide, unsigned count)
{
	int n = 0;

	for (unsigned i = 0; i < count; i++)
		n += sprintf(out + n, "%s%x", i ? ":" : "",
			     (unsigned)((i < 4 ? wide.hi : wide.lo) >> (48 - i % 4 * 16) & 0xffff));
	return n;
}

static int put_short6(char *out, struct wide wide)
{
	struct addr addr = addr_of_wide(wide);

	if (!inet_ntop(AF_INET6, addr.b, out, INET6_ADDRSTRLEN))
		die("inet_ntop");
	return (int)strlen(out);
}

static int put_entry6(char *out, enum type type)
{
	struct wide wide = address6();
	unsigned kind = below(6), plen = one_in(8) ? below(129) : 19 + below(110);
	int n;

	if (type == IP6TSET && kind < 4)
		return put_groups(out, wide, 4);
	if (kind < 2)
		return put_short6(out, wide);
	if (kind == 2)
		return put_groups(out, wide, 1 + below(8));
	if (!one_in(8))
		wide = network_of(wide, plen);
	n = one_in(3) ? put_groups(out, wide, (plen + 15) / 16 ? (plen + 15) / 16 : 1)
		      : put_short6(out, wide);
	return n + sprintf(out + n, "/%u", plen);
}

static const char *value(void)
{
	static const char *const values[] = {
		"",           "",         "",        "",         "",
		" # comment", ";c",       "#c",      " text",    " $ text",
		":2:glued",   " :3",      " :4:x y", " :0:x",    " :1.2.3.4:x",
		" :300:x",    " :2 junk", "\t:5: ",  " :127.1:", " :1.2.3",
		"x",          " - 1",     ":",       " ::",
	};

	return PICK(values);
}

/* Whatever a typing hand does to a line. */
static void spoil(char *line)
{
	static const char letters[] = "0123456789abcdf.:/-!#; \t$";
	size_t len = strlen(line), at = below((unsigned)len + 1);
	char letter = letters[below(sizeof(letters) - 1)];

	switch (below(3)) {
	case 0:
		memmove(line + at + 1, line + at, len - at + 1);
		line[at] = letter;
		break;
	case 1:
		if (at < len)
			line[at] = letter;
		break;
	default:
		if (at < len)
			memmove(line + at, line + at + 1, len - at);
	}
}

static bool is_special(const char *line)
{
	line += strspn(line, " \t");
	return *line == '$' || (*line && strchr("#;:", *line) && line[1] == '$');
}

static const char *other_line(void)
{
	static const char *const lines[] = {
		"",
		"# comment",
		"; comment",
		":2:default",
		":127.0.0.3:default $",
		":0:bad default",
		"::",
		"$TTL 5m",
		"$SOA 3600 ns.example. host.example. 0 600 300 86400 300",
		"#$NS 300 ns.example.",
		"$MAXRANGE4 /16",
		"$MAXRANGE4 256",
		"$maxrange4 /9 x",
		":$MAXRANGE4 65536",
		"$1 text",
		"$= base $",
		"$NONSENSE 1",
		"$TIMESTAMP 2020:01:01",
		"$TIMESTAMP 2020-01-01:12:30 2037:12:31",
		"$TIMESTAMP 20200101 20371231",
		"words that are no entry",
	};

	return PICK(lines);
}

static void make_line(char *line, enum type type)
{
	int n = 0;

	if (one_in(6)) {
		strcpy(line, other_line());
		return;
	}
	if (one_in(20))
		line[n++] = one_in(2) ? ' ' : '\t';
	if (one_in(3))
		n += sprintf(line + n, one_in(4) ? "! " : "!");
	n += type >= IP6TRIE ? put_entry6(line + n, type) : put_entry4(line + n, type);
	strcpy(line + n, value());
	if (one_in(8))
		spoil(line);
	/* A wrong special entry could keep rbldnsd from starting. */
	if (is_special(line))
		strcpy(line, "");
}

static void write_zone(const char *dir, unsigned n, uint64_t seed)
{
	char path[4096], lines[LINES][512];
	unsigned count;
	FILE *file;

	chance = seed * 1000003 + n;
	snprintf(path, sizeof(path), "%s/z%u", dir, n);
	file = fopen(path, "w");
	if (!file)
		die(path);
	count = 1 + below(LINES);
	for (unsigned i = 0; i < count; i++) {
		/* Now and then the same again, listed or excepted. */
		if (i && one_in(12))
			snprintf(lines[i], sizeof(lines[i]), "%s%.500s",
				 one_in(2) && lines[i - 1][0] != '!' ? "!" : "", lines[i - 1]);
		else
			make_line(lines[i], n % TYPES);
		if (is_special(lines[i]) && i && !strcmp(lines[i], lines[i - 1]))
			lines[i][0] = '\0';
		fprintf(file, "%s%s", lines[i], i + 1 < count || !one_in(10) ? "\n" : "");
	}
	if (fclose(file))
		die(path);
	printf("z%u.t:%s:z%u\n", n, types[n % TYPES], n);
}

/* Who is worth a question */

static struct wide samples[SAMPLES];
static size_t samples_count;
static bool six; /* the zone is of IPv6 */

static void sample(struct wide wide)
{
	if (!six && !wide_equal(wide, wide_of_v4((uint32_t)wide.lo)))
		return;
	if (samples_count < SAMPLES)
		samples[samples_count++] = wide;
}

static void sample_around(struct wide first, struct wide last)
{
	struct wide inside = {next64(), next64()};

	sample(wide_prev(first));
	sample(first);
	sample(last);
	sample(wide_next(last));
	/* Somewhere in between. */
	inside.hi = first.hi | (inside.hi & (first.hi ^ last.hi));
	inside.lo = first.lo | (inside.lo & (first.lo ^ last.lo));
	sample(inside);
}

/* The network itself, and those around it where the types of rbldnsd change their minds. */
static void sample_network(struct wide addr, unsigned plen)
{
	static const unsigned levels4[] = {96, 104, 112, 120, 128}, levels6[] = {32, 48, 64, 128};
	const unsigned *levels = six ? levels6 : levels4;

	for (unsigned i = 0; i < (six ? 4 : 5); i++) {
		struct wide first = network_of(addr, levels[i]);

		sample_around(first, wide_end(first, levels[i]));
	}
	if (plen <= ADDR_BITS) {
		struct wide first = network_of(addr, plen);

		sample_around(first, wide_end(first, plen));
		sample_around(addr, wide_end(addr, plen));
	}
}

/* Every run of octets in a line, right or wrong, completed by zeros and by 255s. */
static void sample_line4(const char *at)
{
	while (*(at += strcspn(at, "0123456789"))) {
		uint32_t addr = 0;
		unsigned count = 0;
		char *end;

		do {
			addr |= (uint32_t)(strtoul(at, &end, 10) & 255) << (24 - 8 * count);
			at = end;
			count++;
		} while (count < 4 && *at == '.' && *++at >= '0' && *at <= '9');
		sample_network(wide_of_v4(addr),
			       *at == '/' ? 96 + ((unsigned)atoi(at + 1) & 63) : 96 + 8 * count);
		sample_network(wide_of_v4(addr | ~mask(8 * count)), 128);
	}
}

static void sample_line6(const char *at)
{
	char text[256];

	while (*(at += strcspn(at, "0123456789abcdefABCDEF:"))) {
		size_t len = strspn(at, "0123456789abcdefABCDEF:");
		struct addr addr;

		snprintf(text, sizeof(text), "%.*s", (int)(len > 200 ? 200 : len), at);
		at += len;
		/* As it is, or its groups with a "::" behind. */
		if (inet_pton(AF_INET6, text, addr.b) != 1) {
			strcat(text, "::");
			if (inet_pton(AF_INET6, text, addr.b) != 1)
				continue;
		}
		sample_network(wide_of(&addr), *at == '/' ? (unsigned)atoi(at + 1) : 16);
	}
}

static void sample_file(const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file)) {
		if (six)
			sample_line6(line);
		else
			sample_line4(line);
	}
	fclose(file);
}

/* What is to be compared with */

static struct prefix nets[NETS];
static size_t nets_count;

static bool read_nets(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	nets_count = 0;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (nets_count == NETS || !prefix_parse(&nets[nets_count++], line)) {
			fprintf(stderr, "%s: `%s' is no network, or they are too many\n", path,
				line);
			fclose(file);
			return false;
		}
	}
	fclose(file);
	for (size_t i = 0; i < nets_count; i++)
		sample_around(wide_of(&nets[i].addr),
			      wide_end(wide_of(&nets[i].addr), nets[i].plen));
	return true;
}

static bool is_in_nets(struct wide wide)
{
	struct addr addr = addr_of_wide(wide);

	for (size_t i = 0; i < nets_count; i++)
		if (prefix_contains(&nets[i], &addr))
			return true;
	return false;
}

/* DNS */

static int put_label(unsigned char *out, const char *text)
{
	out[0] = (unsigned char)strlen(text);
	memcpy(out + 1, text, out[0]);
	return out[0] + 1;
}

static int put_query(unsigned char *out, uint16_t id, unsigned zone, struct wide wide)
{
	struct addr addr = addr_of_wide(wide);
	char label[16];
	int n = 12;

	memset(out, 0, 12);
	out[0] = (unsigned char)(id >> 8);
	out[1] = (unsigned char)id;
	out[5] = 1;
	for (int i = six ? 31 : 15; i >= (six ? 0 : 12); i--) {
		if (six)
			sprintf(label, "%x", addr.b[i / 2] >> (i % 2 ? 0 : 4) & 15);
		else
			sprintf(label, "%u", addr.b[i]);
		n += put_label(out + n, label);
	}
	sprintf(label, "z%u", zone);
	n += put_label(out + n, label);
	n += put_label(out + n, "t");
	/* The root, type A, class IN. */
	memcpy(out + n, "\0\0\1\0\1", 5);
	return n + 5;
}

/* 1 listed, 0 not; anything else is no answer. */
static int ask(int fd, unsigned zone, struct wide wide)
{
	static uint16_t id;
	unsigned char query[512], answer[1500];
	int len = put_query(query, ++id, zone, wide);

	for (int tries = 0; tries < 5; tries++) {
		ssize_t got;

		if (send(fd, query, (size_t)len, 0) != len)
			die("send");
		do
			got = recv(fd, answer, sizeof(answer), 0);
		while (got >= 12 && memcmp(answer, query, 2) != 0);
		if (got < 12)
			continue;
		if ((answer[3] & 15) == 3)
			return 0;
		return !(answer[3] & 15) && (answer[6] || answer[7]) ? 1 : -(answer[3] & 15) - 1;
	}
	return -100;
}

static unsigned long asked, listed;

static bool ask_zone(int fd, const char *dir, unsigned n)
{
	char path[4096], text[ADDR_TEXT];
	bool good = true;

	six = n % TYPES >= IP6TRIE;
	samples_count = 0;
	snprintf(path, sizeof(path), "%s/z%u", dir, n);
	sample_file(path);
	snprintf(path, sizeof(path), "%s/z%u.out", dir, n);
	if (!read_nets(path))
		return false;
	for (size_t i = 0; i < samples_count; i++) {
		struct addr addr = addr_of_wide(samples[i]);
		int answer = ask(fd, n, samples[i]);

		asked++;
		listed += answer == 1;
		if (answer == is_in_nets(samples[i]))
			continue;
		printf("z%u.t (%s): %s: rbldnsd says %d, parse-feed %d\n", n, types[n % TYPES],
		       addr_format(text, &addr), answer, is_in_nets(samples[i]));
		good = false;
		break;
	}
	return good;
}

static int open_socket(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("socket");
	return fd;
}

static bool is_refused(const char *dir, unsigned n)
{
	char path[4096], line[1024];
	bool refused = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/z%u.err", dir, n);
	file = fopen(path, "r");
	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file))
		refused |= strstr(line, "is refused: wider") != NULL;
	fclose(file);
	return refused;
}

/* Zones with a network that no list may hold here are counted, and left out. */
static int ask_all(const char *port, const char *dir, uint64_t seed, unsigned from, unsigned to)
{
	unsigned wrong = 0, refused = 0;
	int fd = open_socket(port);

	for (unsigned n = from; n < to; n++) {
		chance = ~seed * 1000003 + n;
		if (is_refused(dir, n))
			refused++;
		else
			wrong += !ask_zone(fd, dir, n);
	}
	printf("zones %u questions %lu listed %lu refused %u wrong %u\n", to - from, asked, listed,
	       refused, wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "write")) {
		for (unsigned n = (unsigned)atoi(argv[4]); n < (unsigned)atoi(argv[5]); n++)
			write_zone(argv[2], n, strtoull(argv[3], NULL, 0));
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "ask"))
		return ask_all(argv[2], argv[3], strtoull(argv[4], NULL, 0),
			       (unsigned)atoi(argv[5]), (unsigned)atoi(argv[6]));
	fputs("usage: feed_zones write DIR SEED FROM TO | ask PORT DIR SEED FROM TO\n", stderr);
	return 2;
}
