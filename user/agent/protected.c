// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is never blocked, and which destinations are protected: special networks, our own addresses,
 * gateways, name servers, what the configuration names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "agent.h"
#include "events.h"

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

/* The configured public ones stand first and stay; an address that is there twice counts once. */
static void refresh_own(struct agent *a)
{
	size_t public = a->config.our_public_addresses.count;
	struct addr *own = reallocarray(a->own, public + a->held_count + 1, sizeof(*own));

	if (!own)
		return;
	a->own = own;
	a->own_count = 0;
	for (size_t i = 0; i < public; i++)
		own[a->own_count++] = a->config.our_public_addresses.item[i].addr;
	for (size_t i = 0; i < a->held_count; i++)
		if (a->held[i].kind == NET_OWN && !addr_special(&a->held[i].addr))
			own[a->own_count++] = a->held[i].addr;
	refresh_rules(a);
}

/* What the configuration names, in the order of its importance. */
static int add_configured(struct nets *allow, struct nets *local, const struct config *config)
{
	int err = add_all(allow, &config->allow, "allow in the configuration");

	err = err ? err : add_all(allow, &config->trusted_relays, "trusted relay");
	err = err ? err : add_all(allow, &config->our_public_addresses, "our own address");
	return err ? err : add_all(local, &config->protect, "protect in the configuration");
}

int protected_open(struct agent *a, char *error, size_t error_size)
{
	int err;

	nets_init(&a->allow, a->maps.allow);
	nets_init(&a->local, a->maps.local);
	a->allow.live = a->maps.live_values;
	err = add_special(&a->allow);
	err = err ? err : add_configured(&a->allow, &a->local, &a->config);
	add_resolvers(&a->allow);
	refresh_own(a);
	if (err)
		snprintf(error, error_size, "cannot fill the allow map: %s", strerror(-err));
	return err;
}

void protected_replaced(struct agent *a)
{
	struct nets allow, local;

	nets_init(&allow, -1);
	nets_init(&local, -1);
	/* Short of memory, somebody stays allowed who is not named any more: the safer side. */
	if (!add_configured(&allow, &local, &a->config)) {
		nets_keep(&a->allow, &allow, NET_CONFIG);
		nets_keep(&a->local, &local, NET_CONFIG);
	}
	nets_free(&allow);
	nets_free(&local);
	refresh_own(a);
}

int protected_announce(struct agent *a, const struct config *new, char *error, size_t error_size)
{
	int err = add_configured(&a->allow, &a->local, new);

	if (!err)
		return 0;
	snprintf(error, error_size, "no room for all of its networks: %s", strerror(-err));
	protected_replaced(a);
	return err;
}

static bool same(const struct held *one, const struct held *other)
{
	return one->kind == other->kind && one->ifindex == other->ifindex &&
	       one->plen == other->plen && addr_equal(&one->addr, &other->addr) &&
	       addr_equal(&one->peer, &other->peer);
}

static struct held *find(struct agent *a, const struct held *wanted)
{
	for (size_t i = 0; i < a->held_count; i++)
		if (same(&a->held[i], wanted))
			return &a->held[i];
	return NULL;
}

static struct held *add(struct agent *a, const struct held *new)
{
	struct held *held = reallocarray(a->held, a->held_count + 1, sizeof(*held));

	if (!held)
		return NULL;
	a->held = held;
	held[a->held_count] = *new;
	return &held[a->held_count++];
}

static int put(struct agent *a, const struct held *held)
{
	struct prefix prefix = prefix_of(&held->addr, ADDR_BITS);
	bool own = held->kind == NET_OWN;
	int err = nets_add(&a->allow, &prefix, held->kind, NET_NEVER_EXPIRES,
			   own ? "our own address" : "our gateway");

	if (own) {
		int local = nets_add(&a->local, &prefix, NET_OWN, NET_NEVER_EXPIRES, "our own");

		err = err ? err : local;
	}
	return err;
}

static void say_no_room(struct agent *a, const struct held *held, int err)
{
	char text[ADDR_TEXT];

	addr_format(text, &held->addr);
	log_error("cannot protect %s %s (%s): the allow list may be full, take networks off it",
		  held->kind == NET_OWN ? "our own address" : "our gateway", text, strerror(-err));
	events_note(a, "note", "%s %s is not protected: there is no room for it (%s)",
		    held->kind == NET_OWN ? "our own address" : "our gateway", text,
		    strerror(-err));
}

void protected_seen(struct agent *a, const struct held *seen)
{
	struct held *held = find(a, seen);
	int err;

	if (held) {
		held->generation = a->generation;
		return;
	}
	held = add(a, seen);
	if (!held) {
		say_no_room(a, seen, -ENOMEM);
		return;
	}
	held->generation = a->generation;
	err = put(a, held);
	held->no_room = err;
	if (err)
		say_no_room(a, held, err);
	if (held->kind == NET_OWN)
		refresh_own(a);
}

/* The last one of an address takes the protection along. */
static void drop(struct agent *a, size_t at)
{
	struct held gone = a->held[at];
	struct prefix prefix = prefix_of(&gone.addr, ADDR_BITS);
	bool elsewhere = false;

	a->held[at] = a->held[--a->held_count];
	for (size_t i = 0; i < a->held_count && !elsewhere; i++)
		elsewhere =
			a->held[i].kind == gone.kind && addr_equal(&a->held[i].addr, &gone.addr);
	if (!elsewhere) {
		nets_remove(&a->allow, &prefix, gone.kind);
		if (gone.kind == NET_OWN)
			nets_remove(&a->local, &prefix, gone.kind);
	}
	if (gone.kind == NET_OWN)
		refresh_own(a);
}

void protected_gone(struct agent *a, const struct held *gone)
{
	const struct held *held = find(a, gone);

	if (held)
		drop(a, (size_t)(held - a->held));
}

void protected_unseen(struct agent *a, enum net_kind kind)
{
	for (size_t i = a->held_count; i--;)
		if (a->held[i].kind == kind && a->held[i].generation != a->generation)
			drop(a, i);
}

void protected_interface_gone(struct agent *a, int ifindex)
{
	for (size_t i = a->held_count; i--;)
		if (a->held[i].kind == NET_OWN && a->held[i].ifindex == ifindex)
			drop(a, i);
}

void protected_retry(struct agent *a)
{
	for (size_t i = 0; i < a->held_count; i++)
		if (a->held[i].no_room)
			a->held[i].no_room = put(a, &a->held[i]);
}

size_t protected_without_room(const struct agent *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->held_count; i++)
		count += a->held[i].no_room;
	return count;
}

void protected_settle(struct agent *a)
{
	nets_prune(&a->allow);
	nets_prune(&a->local);
}
