// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tap/keyed.h"
#include "crowd.h"

#define WAYS    8
#define V4_NET  (ADDR_BITS - 8)
#define V6_NET  48
#define V6_SITE 64
#define WORDS   (256 / 64)

struct net {
	struct addr addr; /* its first */
	uint32_t half;    /* the newer one, + 1; 0: none */
	uint32_t touched;
	uint64_t seen[2][WORDS]; /* by bits: in the newer half, in the one before */
};

_Static_assert(sizeof(struct net) == 88, "the header says so");

struct crowd {
	size_t sets; /* a power of two */
	struct net net[];
};

struct crowd *crowd_new(size_t nets)
{
	struct crowd *crowd;
	size_t sets = 1;

	while (sets < nets / WAYS)
		sets *= 2;
	crowd = calloc(1, sizeof(*crowd) + sets * WAYS * sizeof(struct net));
	if (crowd)
		crowd->sets = sets;
	return crowd;
}

void crowd_free(struct crowd *crowd)
{
	free(crowd);
}

static struct prefix net_of(const struct addr *addr)
{
	return prefix_of(addr, addr_is_v4(addr) ? V4_NET : V6_NET);
}

static unsigned place_of(const struct addr *addr)
{
	struct addr site = prefix_of(addr, V6_SITE).addr;

	return addr_is_v4(addr) ? addr->b[15] : keyed_hash(&site, sizeof(site)) % 256;
}

/* How many offenders it has had by then. */
static unsigned count(const struct net *net, uint32_t now)
{
	uint32_t half = now / CROWD_HALF + 1, age = half > net->half ? half - net->half : 0;
	unsigned sum = 0;

	if (!net->half)
		return 0;
	for (int i = 0; i < WORDS; i++)
		sum += (unsigned)__builtin_popcountll((age < 2 ? net->seen[0][i] : 0) |
						      (age < 1 ? net->seen[1][i] : 0));
	return sum;
}

static void turn(struct net *net, uint32_t now)
{
	uint32_t half = now / CROWD_HALF + 1;

	if (half <= net->half)
		return;
	if (half == net->half + 1)
		memcpy(net->seen[1], net->seen[0], sizeof(net->seen[0]));
	else
		memset(net->seen[1], 0, sizeof(net->seen[1]));
	memset(net->seen[0], 0, sizeof(net->seen[0]));
	net->half = half;
}

static bool makes_room(const struct net *net, const struct net *before, uint32_t now)
{
	unsigned own = count(net, now), other = count(before, now);

	return own < other || (own == other && net->touched < before->touched);
}

/* Finds, or makes room: never fails. */
static struct net *find(struct crowd *crowd, const struct addr *addr, uint32_t now)
{
	size_t set = keyed_hash(addr, sizeof(*addr)) & (crowd->sets - 1);
	struct net *first = &crowd->net[set * WAYS], *found = first;

	for (int i = 0; i < WAYS; i++) {
		if (first[i].half && addr_equal(&first[i].addr, addr))
			return &first[i];
		if (makes_room(&first[i], found, now))
			found = &first[i];
	}
	*found = (struct net){.addr = *addr};
	return found;
}

void crowd_offended(struct crowd *crowd, const struct addr *addr, uint32_t now)
{
	struct addr of = net_of(addr).addr;
	struct net *net = find(crowd, &of, now);
	unsigned place = place_of(addr);

	turn(net, now);
	net->touched = now;
	net->seen[0][place / 64] |= 1ULL << place % 64;
}

/* As many of both: by their addresses, so that the order is not the key's. */
static bool is_before(const struct crowd_says *one, const struct crowd_says *other)
{
	if (one->offenders != other->offenders)
		return one->offenders > other->offenders;
	return memcmp(&one->net.addr, &other->net.addr, sizeof(one->net.addr)) < 0;
}

/* Into its place among those that are there; the least of more than there is room for goes. */
static void put(struct crowd_says *out, size_t have, size_t room, const struct crowd_says *says)
{
	size_t at = have < room ? have : room;

	while (at > 0 && is_before(says, &out[at - 1])) {
		if (at < room)
			out[at] = out[at - 1];
		at--;
	}
	if (at < room)
		out[at] = *says;
}

size_t crowd_list(const struct crowd *crowd, uint32_t now, struct crowd_says *out, size_t room)
{
	size_t have = 0;

	for (size_t i = 0; i < crowd->sets * WAYS; i++) {
		const struct net *net = &crowd->net[i];
		struct crowd_says says = {net_of(&net->addr), count(net, now)};

		if (says.offenders < CROWD_LEAST)
			continue;
		put(out, have, room, &says);
		have++;
	}
	return have;
}

const char *crowd_words(char text[CROWD_WORDS], const struct crowd_says *says)
{
	char net[ADDR_TEXT];

	snprintf(text, CROWD_WORDS, "%u %s of %s have offended within a day", says->offenders,
		 addr_is_v4(&says->net.addr) ? "clients" : "networks /64 or more",
		 prefix_format(net, &says->net));
	return text;
}
