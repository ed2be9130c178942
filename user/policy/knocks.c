// SPDX-License-Identifier: GPL-2.0-or-later

#include "../tap/keyed.h"

/* Strangers choose what is hashed here. */
#define HASH_FUNCTION(key, len, hash) (hash) = keyed_hash(key, len)

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "knocks.h"

struct key {
	struct addr addr;
	uint8_t plen, ports;
	int16_t slot;
};

struct source {
	struct key key;
	uint32_t round;        /* when it was last told of */
	uint64_t before, syns; /* at the last round; now */
	UT_hash_handle hh;
};

struct knocks {
	size_t room;
	uint32_t round;
	size_t without_room;
	struct source *table;
};

_Static_assert(sizeof(struct key) == 20, "no holes in what is hashed");

struct knocks *knocks_new(size_t sources)
{
	struct knocks *k = calloc(1, sizeof(*k));

	if (k)
		k->room = sources;
	return k;
}

static void forget(struct knocks *k, struct source *s)
{
	HASH_DEL(k->table, s);
	free(s);
}

void knocks_free(struct knocks *k)
{
	struct source *s, *next;

	if (!k)
		return;
	HASH_ITER(hh, k->table, s, next)
	forget(k, s);
	free(k);
}

/* NULL, and counted, where there is no room. */
static struct source *source_of(struct knocks *k, const struct key *key)
{
	struct source *s;

	HASH_FIND(hh, k->table, key, sizeof(*key), s);
	if (!s) {
		s = HASH_COUNT(k->table) < k->room ? calloc(1, sizeof(*s)) : NULL;
		if (!s) {
			k->without_room++;
			return NULL;
		}
		s->key = *key;
		HASH_ADD(hh, k->table, key, sizeof(s->key), s);
	}
	s->round = k->round;
	return s;
}

void knocks_verdict(struct knocks *k, const struct prefix *prefix, enum port_class ports,
		    uint64_t syns)
{
	const struct key key = {prefix->addr, (uint8_t)prefix->plen, (uint8_t)ports, -1};
	struct source *s = source_of(k, &key);

	if (s)
		s->syns = syns;
}

void knocks_feed(struct knocks *k, const struct addr *source, enum port_class ports, int slot)
{
	const struct key key = {*source, ADDR_BITS, (uint8_t)ports, (int16_t)slot};
	struct source *s = source_of(k, &key);

	if (s)
		s->syns++;
}

/* A verdict that was put anew counts from the beginning. */
static uint64_t met(const struct source *s)
{
	return s->syns >= s->before ? s->syns - s->before : s->syns;
}

static int most_first(struct source *a, struct source *b)
{
	if (met(a) != met(b))
		return met(a) < met(b) ? 1 : -1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static bool is_over(const struct knocks *k, const struct source *s)
{
	return s->round != k->round || s->key.slot >= 0;
}

size_t knocks_round(struct knocks *k, struct knock *out, size_t room, struct knocks_sum *sum)
{
	struct source *s, *next;
	size_t count = 0;

	*sum = (struct knocks_sum){.without_room = k->without_room};
	HASH_SORT(k->table, most_first);
	HASH_ITER(hh, k->table, s, next)
	{
		uint64_t syns = s->round == k->round ? met(s) : 0;

		sum->sources += syns > 0;
		sum->syns += syns;
		if (syns && count < room)
			out[count++] = (struct knock){{s->key.addr, s->key.plen},
						      (enum port_class)s->key.ports,
						      s->key.slot,
						      syns};
		s->before = s->syns;
		if (is_over(k, s))
			forget(k, s);
	}
	k->without_room = 0;
	k->round++;
	return count;
}
