/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYNs of known kinds, told apart by their source ports, until SIGTERM. For
 * test_fault_kill_flood.sh.
 *
 *   syns PINS SENDER DEST4 DEST6 RATE SPORT=NETWORK[,NETWORK]...
 *
 * They leave from the network namespace SENDER (a path) for ports 25 of DEST4 and DEST6, at most
 * RATE a second, from addresses drawn from the NETWORKs of each kind in turn. The gate that they
 * meet has its pins below PINS. At the end all of them have arrived, and "SPORT NUMBER" is printed
 * for each kind. Exits 0, 1 where something fails, 2 for wrong words.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paced.h"

#define KINDS    16
#define NETWORKS 4

struct kind {
	uint16_t sport;
	size_t count;
	struct prefix network[NETWORKS];
	bool v6; /* all of them */
	uint64_t sent;
};

struct syns {
	struct maps maps;
	struct paced paced;
	struct kind kind[KINDS];
	size_t kinds;
	struct kind *now; /* what the batch is made of */
	double rate;
	uint32_t random;
};

static volatile sig_atomic_t ending;

static void end(int number)
{
	(void)number;
	ending = 1;
}

static uint32_t draw(struct syns *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random;
}

/* The network's bits and, behind them, random ones. */
static struct addr draw_from(struct syns *s, const struct prefix *network)
{
	struct addr addr = network->addr;

	for (unsigned byte = network->plen / 8; byte < sizeof(addr.b); byte++) {
		unsigned fixed = byte == network->plen / 8 ? network->plen % 8 : 0;

		addr.b[byte] |= (__u8)(draw(s) >> 8 & 0xffU >> fixed);
	}
	return addr;
}

static size_t make_syn(void *context, unsigned char *packet, unsigned i, bool v6)
{
	struct syns *s = context;
	struct addr from = draw_from(s, &s->now->network[draw(s) % s->now->count]);

	(void)i;
	(void)v6;
	return paced_syn(&s->paced, packet, &from, s->now->sport, 25, draw(s));
}

static int run(struct syns *s)
{
	double start = wire_now(), ahead;
	uint64_t batches = 0;
	int err = 0;

	while (!err && (!ending || batches % s->kinds)) {
		s->now = &s->kind[batches++ % s->kinds];
		err = paced_batch(&s->paced, s->now->v6, make_syn, s);
		s->now->sent += PACED_BATCH;
		ahead = start + (double)batches * PACED_BATCH / s->rate - wire_now();
		if (ahead > 0.001)
			poll(NULL, 0, (int)(ahead * 1000));
	}
	for (size_t i = 0; i < s->kinds; i++)
		printf("%u %llu\n", s->kind[i].sport, (unsigned long long)s->kind[i].sent);
	return err;
}

static bool parse_kind(struct kind *out, char *text)
{
	char *end, *at, *rest;
	unsigned long sport = strtoul(text, &end, 10);

	*out = (struct kind){.sport = (uint16_t)sport};
	if (*end != '=' || !sport || sport > 65535)
		return false;
	for (at = strtok_r(end + 1, ",", &rest); at; at = strtok_r(NULL, ",", &rest)) {
		if (out->count == NETWORKS || !prefix_parse(&out->network[out->count], at))
			return false;
		out->count++;
	}
	out->v6 = out->count && !addr_is_v4(&out->network[0].addr);
	for (size_t i = 1; i < out->count; i++)
		if (out->v6 == addr_is_v4(&out->network[i].addr))
			return false;
	return out->count;
}

int main(int argc, char **argv)
{
	static struct syns s = {.random = 2463534242, .paced.maps = &s.maps};
	bool fine = argc > 6 && argc - 6 <= KINDS && (s.rate = atof(argv[5])) > 0;
	int err;

	for (; fine && s.kinds < (size_t)argc - 6; s.kinds += fine)
		fine = parse_kind(&s.kind[s.kinds], argv[6 + s.kinds]);
	if (!fine) {
		fputs("syns PINS SENDER DEST4 DEST6 RATE SPORT=NETWORK[,NETWORK]...\n", stderr);
		return 2;
	}
	signal(SIGTERM, end);
	err = maps_from_pins(&s.maps, argv[1]);
	if (err)
		snprintf(s.paced.error, sizeof(s.paced.error), "cannot open the pins `%s'",
			 argv[1]);
	else
		err = paced_open(&s.paced, argv[2], argv[3], argv[4]);
	if (!err)
		err = run(&s);
	if (err)
		fprintf(stderr, "syns: %s: %s\n", s.paced.error, strerror(-err));
	return err != 0;
}
