// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is never blocked, and which destinations are protected: special networks, our own addresses,
 * gateways, name servers, what the configuration names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "agent.h"

static int add_all(struct nets *nets, const struct prefix_list *list, const char *text)
{
	int err = 0;

	for (size_t i = 0; i < list->count && !err; i++)
		err = nets_add(nets, &list->item[i], NET_CONFIG, NET_NEVER_EXPIRES, text);
	return err;
}

static int add_special(struct nets *nets)
{
	int err = 0;

	for (size_t i = 0; i < special_nets_count && !err; i++)
		err = nets_add(nets, &special_nets[i].prefix, NET_SPECIAL, NET_NEVER_EXPIRES,
			       special_nets[i].name);
	return err;
}

/* A blocked name server would be a riddle to solve without DNS. */
static void add_resolvers(struct nets *nets)
{
	FILE *file = fopen("/etc/resolv.conf", "r");
	char line[512], word[ADDR_TEXT];
	struct addr addr;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "nameserver %63s", word) == 1 && addr_parse(&addr, word)) {
			struct prefix prefix = prefix_of(&addr, ADDR_BITS);

			nets_add(nets, &prefix, NET_RESOLVER, NET_NEVER_EXPIRES, "our name server");
		}
	if (file)
		fclose(file);
}

/* A HELO must not claim the configured public addresses, nor our own global ones. */
static void refresh_rules(struct agent *a)
{
	a->rules = sessions_rules(&a->config, a->own, a->own_count);
}

static void own_add(struct agent *a, const struct addr *addr)
{
	struct addr *own = reallocarray(a->own, a->own_count + 1, sizeof(*own));

	if (!own)
		return;
	a->own = own;
	a->own[a->own_count++] = *addr;
}

static void own_remove(struct agent *a, const struct addr *addr)
{
	/* The configured public ones stand first and stay. */
	for (size_t i = a->config.our_public_addresses.count; i < a->own_count; i++)
		if (addr_equal(&a->own[i], addr)) {
			a->own[i] = a->own[--a->own_count];
			return;
		}
}

int protected_open(struct agent *a, char *error, size_t error_size)
{
	int err;

	nets_init(&a->allow, a->maps.allow);
	nets_init(&a->local, a->maps.local);
	err = add_special(&a->allow);
	err = err ? err : add_all(&a->allow, &a->config.allow, "allow in the configuration");
	err = err ? err : add_all(&a->allow, &a->config.trusted_relays, "trusted relay");
	err = err ? err : add_all(&a->allow, &a->config.our_public_addresses, "our own address");
	err = err ? err : add_all(&a->local, &a->config.protect, "protect in the configuration");
	add_resolvers(&a->allow);
	for (size_t i = 0; i < a->config.our_public_addresses.count; i++)
		own_add(a, &a->config.our_public_addresses.item[i].addr);
	refresh_rules(a);
	if (err)
		snprintf(error, error_size, "cannot fill the allow map: %s", strerror(-err));
	return err;
}

void protected_own_address(struct agent *a, const struct addr *addr, bool present)
{
	struct prefix prefix = prefix_of(addr, ADDR_BITS);
	char text[ADDR_TEXT];

	own_remove(a, addr);
	if (present) {
		int err = nets_add(&a->local, &prefix, NET_OWN, NET_NEVER_EXPIRES, "our own");

		if (err)
			log_error("cannot protect %s: %s", addr_format(text, addr), strerror(-err));
		nets_add(&a->allow, &prefix, NET_OWN, NET_NEVER_EXPIRES, "our own address");
		if (!addr_special(addr))
			own_add(a, addr);
	} else {
		nets_remove(&a->local, &prefix, NET_OWN);
		nets_remove(&a->allow, &prefix, NET_OWN);
	}
	refresh_rules(a);
}

void protected_settle(struct agent *a)
{
	nets_prune(&a->allow);
	nets_prune(&a->local);
}
