// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <uthash.h>

#include "clients.h"

struct client_key {
	struct addr addr;
	uint32_t ports;
};

struct client {
	struct client_key key;
	uint64_t since; /* when its hour began */
	unsigned failures, successes, hangups;
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
static struct client *client_of(struct clients *c, const struct addr *addr, enum port_class ports,
				uint64_t now)
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
		client->since = now;
	}
	if (now - client->since > CLIENTS_WINDOW)
		*client = (struct client){.since = now};
	client->key = key;
	HASH_ADD(hh, c->table, key, sizeof(client->key), client);
	return client;
}

unsigned clients_auth(struct clients *c, const struct addr *addr, enum port_class ports,
		      unsigned failures, unsigned successes, uint64_t now)
{
	struct client *client = client_of(c, addr, ports, now);

	if (!client)
		return 0;
	client->failures += failures;
	client->successes += successes;
	return client->successes || client->failures < CLIENTS_AUTH_FAILURES ? 0 : client->failures;
}

unsigned clients_hangup(struct clients *c, const struct addr *addr, enum port_class ports,
			uint64_t now)
{
	struct client *client = client_of(c, addr, ports, now);

	if (!client)
		return 0;
	client->hangups++;
	return client->hangups < CLIENTS_HANGUPS ? 0 : client->hangups;
}
