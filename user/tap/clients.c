// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "clients.h"

struct client_key {
	struct addr addr;
	uint32_t ports;
};

/*
 * When the latest of each were, in seconds, newest first, 0 for none: as many as it takes to count,
 * so that an hour may begin at any time.
 */
struct client {
	struct client_key key;
	uint32_t failure[CLIENTS_AUTH_FAILURES];
	uint32_t hangup[CLIENTS_HANGUPS];
	uint32_t success;
	UT_hash_handle hh; /* in order of the last touch */
};

struct clients {
	size_t max;
	struct client *table;
};

struct clients *clients_new(size_t max)
{
	struct clients *c = calloc(1, sizeof(*c));

	if (c)
		c->max = max;
	return c;
}

static void forget(struct clients *c, struct client *client)
{
	HASH_DEL(c->table, client);
	free(client);
}

void clients_free(struct clients *c)
{
	while (c && c->table)
		forget(c, c->table);
	free(c);
}

/* Found or new, and now the youngest. */
static struct client *client_of(struct clients *c, const struct addr *addr, enum port_class ports)
{
	struct client_key key = {*addr, ports};
	struct client *client;

	HASH_FIND(hh, c->table, &key, sizeof(key), client);
	if (client) {
		HASH_DEL(c->table, client);
	} else {
		if (HASH_COUNT(c->table) >= c->max)
			forget(c, c->table);
		client = calloc(1, sizeof(*client));
		if (!client)
			return NULL;
	}
	client->key = key;
	HASH_ADD(hh, c->table, key, sizeof(client->key), client);
	return client;
}

/* Milliseconds into seconds; never 0. */
static uint32_t seconds_of(uint64_t now)
{
	return (uint32_t)(now / 1000) + 1;
}

/* The oldest makes room. */
static void push_time(uint32_t *times, size_t count, uint32_t time)
{
	memmove(times + 1, times, (count - 1) * sizeof(*times));
	times[0] = time;
}

static bool is_recent(uint32_t time, uint32_t now)
{
	return time && now - time <= CLIENTS_WINDOW / 1000;
}

bool clients_auth(struct clients *c, const struct addr *addr, enum port_class ports,
		  unsigned failures, unsigned successes, uint64_t now)
{
	struct client *client = client_of(c, addr, ports);
	uint32_t time = seconds_of(now);

	if (!client)
		return false;
	while (failures--)
		push_time(client->failure, CLIENTS_AUTH_FAILURES, time);
	if (successes)
		client->success = time;
	return !is_recent(client->success, time) &&
	       is_recent(client->failure[CLIENTS_AUTH_FAILURES - 1], time);
}

bool clients_hangup(struct clients *c, const struct addr *addr, enum port_class ports, uint64_t now)
{
	struct client *client = client_of(c, addr, ports);
	uint32_t time = seconds_of(now);

	if (!client)
		return false;
	push_time(client->hangup, CLIENTS_HANGUPS, time);
	return is_recent(client->hangup[CLIENTS_HANGUPS - 1], time);
}
