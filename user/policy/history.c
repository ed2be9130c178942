// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../base/large.h"
#include "history.h"

#define WAYS     8
#define NET_BITS 64

enum kind {
	KIND_FREE,
	KIND_ADDR,     /* an offender */
	KIND_NET,      /* the /64 of IPv6 offenders */
	KIND_ACCEPTED, /* a /64 that delivered mail */
};

struct key {
	struct addr addr;
	uint32_t ports;
	uint32_t kind;
};

struct entry {
	struct key key;
	uint32_t touched;
	uint32_t blocks; /* so far, the one under way included */
	uint32_t until;  /* end of the last block */
	/* KIND_NET: the last offender, and the last one that was not the same; low 64 bits. */
	uint32_t host_time[2];
	uint32_t pad;
	uint64_t host[2];
};

_Static_assert(sizeof(struct key) == 24, "hashed as words, so without holes");
_Static_assert(sizeof(struct entry) == 64, "the header promises 64 bytes");

struct table {
	struct entry *entries;
	size_t sets; /* a power of two */
};

struct history {
	uint64_t seed;
	struct table offenders;
	struct table accepted; /* apart, so that no flood of offenders pushes it out */
};

/*
 * Each look is at a random place, and a verdict waits for it: in small pages it waits for the page
 * tables as well, which cost more than the entry. Filled in at once, so that the pages are there.
 */
static void *zeroed(size_t size)
{
	void *memory;

	if (size < LARGE_PAGE)
		return calloc(1, size);
	size += -size % LARGE_PAGE;
	memory = aligned_alloc(LARGE_PAGE, size);
	if (!memory)
		return NULL;
	large_pages(memory, size);
	return memset(memory, 0, size);
}

static int table_init(struct table *table, size_t entries)
{
	table->sets = 1;
	while (table->sets < entries / WAYS && table->sets <= SIZE_MAX / 2)
		table->sets *= 2;
	table->entries = zeroed(table->sets * WAYS * sizeof(*table->entries));
	return table->entries ? 0 : -ENOMEM;
}

struct history *history_new(size_t entries)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	/* Without entropy the key is weak, not wrong: history still works, eviction is guessable.
	 */
	if (getrandom(&history->seed, sizeof(history->seed), GRND_NONBLOCK) < 0)
		history->seed = (uintptr_t)history;
	if (table_init(&history->offenders, entries) || table_init(&history->accepted, entries)) {
		history_free(history);
		errno = ENOMEM;
		return NULL;
	}
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	free(history->offenders.entries);
	free(history->accepted.entries);
	free(history);
}

static uint32_t age(uint32_t now, uint32_t then)
{
	return now > then ? now - then : 0;
}

/* The finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

static struct entry *set_of(const struct history *history, const struct table *table,
			    const struct key *key)
{
	uint64_t words[sizeof(*key) / sizeof(uint64_t)], hash = history->seed;

	memcpy(words, key, sizeof(*key));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = mix(hash ^ words[i]) + history->seed;
	return &table->entries[(hash & (table->sets - 1)) * WAYS];
}

static struct entry *find(const struct history *history, const struct table *table,
			  const struct key *key)
{
	struct entry *set = set_of(history, table, key);

	for (int i = 0; i < WAYS; i++)
		if (!memcmp(&set[i].key, key, sizeof(*key)))
			return &set[i];
	return NULL;
}

/* Finds, or makes room: never fails. What is too old counts as new. */
static struct entry *touch(struct history *history, struct table *table, const struct key *key,
			   uint32_t now, uint32_t forget)
{
	struct entry *entry = find(history, table, key);

	if (!entry) {
		struct entry *set = set_of(history, table, key);

		entry = set;
		for (int i = 0; i < WAYS && entry->key.kind != KIND_FREE; i++)
			if (set[i].key.kind == KIND_FREE || set[i].touched < entry->touched)
				entry = &set[i];
		*entry = (struct entry){.key = *key};
	} else if (age(now, entry->touched) > forget) {
		*entry = (struct entry){.key = *key};
	}
	entry->touched = now;
	return entry;
}

static struct key key_of(const struct addr *addr, uint32_t ports, enum kind kind)
{
	struct key key = {.addr = *addr, .ports = ports, .kind = kind};

	if (kind != KIND_ADDR)
		key.addr = prefix_of(addr, NET_BITS).addr;
	return key;
}

static struct entry *offender(struct history *history, const struct addr *addr,
			      enum port_class ports, enum kind kind, uint32_t now)
{
	struct key key = key_of(addr, ports, kind);

	return touch(history, &history->offenders, &key, now, HISTORY_FORGET);
}

/* The block that is under way is no earlier one. */
static unsigned blocks_before(const struct entry *entry, uint32_t now)
{
	return entry->blocks - (entry->blocks && now < entry->until);
}

/*
 * Notes that `addr` offended; whether another one of its /64 did within a day. The last offender
 * and the last different one are enough to tell, however many there are.
 */
static bool has_guilty_neighbor(struct entry *net, const struct addr *addr, uint32_t now)
{
	uint64_t host;
	bool same, guilty;

	memcpy(&host, addr->b + 8, sizeof(host));
	same = net->host_time[0] && net->host[0] == host;
	guilty = net->host_time[same] && age(now, net->host_time[same]) <= HISTORY_NEIGHBOR;
	if (!same) {
		net->host[1] = net->host[0];
		net->host_time[1] = net->host_time[0];
		net->host[0] = host;
	}
	net->host_time[0] = now ? now : 1; /* 0 marks an empty place */
	return guilty;
}

static bool has_delivered(const struct history *history, const struct addr *addr, uint32_t now)
{
	struct key key = key_of(addr, 0, KIND_ACCEPTED);
	const struct entry *entry = find(history, &history->accepted, &key);

	return entry && age(now, entry->touched) <= HISTORY_ACCEPTED;
}

struct prefix history_offence(struct history *history, const struct addr *addr,
			      enum port_class ports, uint32_t now, unsigned *repeats)
{
	struct entry *entry = offender(history, addr, ports, KIND_ADDR, now);
	unsigned plen = ADDR_BITS, net_blocks;
	struct entry *net;

	*repeats = blocks_before(entry, now);
	if (addr_is_v4(addr))
		return prefix_of(addr, ADDR_BITS);
	/* May push `entry` out, which is not used any more. */
	net = offender(history, addr, ports, KIND_NET, now);
	if (has_guilty_neighbor(net, addr, now) && !has_delivered(history, addr, now))
		plen = NET_BITS;
	net_blocks = blocks_before(net, now);
	if (net_blocks > *repeats)
		*repeats = net_blocks;
	return prefix_of(addr, plen);
}

void history_blocked(struct history *history, const struct prefix *prefix, enum port_class ports,
		     uint32_t now, uint32_t until)
{
	enum kind kind = prefix->plen == ADDR_BITS ? KIND_ADDR : KIND_NET;
	struct entry *entry = offender(history, &prefix->addr, ports, kind, now);

	if (now >= entry->until && entry->blocks < UINT32_MAX)
		entry->blocks++;
	if (until > entry->until)
		entry->until = until;
}

void history_accepted(struct history *history, const struct addr *addr, uint32_t now)
{
	struct key key = key_of(addr, 0, KIND_ACCEPTED);

	if (!addr_is_v4(addr))
		touch(history, &history->accepted, &key, now, HISTORY_ACCEPTED);
}

static void forget_key(struct history *history, const struct key *key)
{
	struct entry *entry = find(history, &history->offenders, key);

	if (entry)
		*entry = (struct entry){0};
}

/* By its keys, without a look at everybody else: a bulk unblock forgets a million of these. */
static void forget_addr(struct history *history, const struct addr *addr)
{
	struct prefix net = prefix_of(addr, NET_BITS);

	for (uint32_t ports = 0; ports < PORTS_COUNT; ports++) {
		struct key host = key_of(addr, ports, KIND_ADDR);
		struct key around = key_of(&net.addr, ports, KIND_NET);

		forget_key(history, &host);
		if (!addr_is_v4(addr))
			forget_key(history, &around);
	}
}

void history_forget(struct history *history, const struct prefix *prefix)
{
	struct table *table = &history->offenders;

	if (prefix->plen == ADDR_BITS) {
		forget_addr(history, &prefix->addr);
		return;
	}

	for (size_t i = 0; i < table->sets * WAYS; i++) {
		struct entry *entry = &table->entries[i];
		struct prefix of = prefix_of(&entry->key.addr,
					     entry->key.kind == KIND_NET ? NET_BITS : ADDR_BITS);

		if (entry->key.kind != KIND_FREE && prefix_overlaps(&of, prefix))
			*entry = (struct entry){0};
	}
}
