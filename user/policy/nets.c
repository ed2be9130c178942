// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets.h"

void nets_init(struct nets *nets, int fd)
{
	*nets = (struct nets){.fd = fd};
}

void nets_free(struct nets *nets)
{
	free(nets->list);
	nets_init(nets, -1);
}

static struct net_reason *find(const struct nets *nets, const struct prefix *prefix,
			       enum net_kind kind)
{
	for (size_t i = 0; i < nets->count; i++)
		if (nets->list[i].kind == kind && prefix_equal(&nets->list[i].prefix, prefix))
			return &nets->list[i];
	return NULL;
}

static bool covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->plen <= inner->plen && prefix_contains(outer, &inner->addr);
}

/*
 * What the trie must say of `prefix`. The trie finds the longest match only, so an entry must last
 * as long as any wider one that covers it; otherwise its end would hide the wider one.
 */
static int store(const struct nets *nets, const struct prefix *prefix)
{
	struct net_value value = {.kind = NET_KIND_COUNT};
	bool stands = false;

	if (nets->fd < 0)
		return 0;
	for (size_t i = 0; i < nets->count; i++) {
		const struct net_reason *r = &nets->list[i];

		if (!covers(&r->prefix, prefix))
			continue;
		if (r->expires > value.expires)
			value.expires = r->expires;
		if (prefix_equal(&r->prefix, prefix)) {
			stands = true;
			if (r->kind < value.kind)
				value.kind = r->kind;
		}
	}
	if (stands)
		return net_put(nets->fd, prefix, &value);
	net_delete(nets->fd, prefix);
	return 0;
}

static void drop(struct nets *nets, struct net_reason *r)
{
	*r = nets->list[--nets->count];
}

/* After a change to `changed`, the entries inside it last longer or shorter too. */
static int store_with_inner(const struct nets *nets, const struct prefix *changed)
{
	int err = store(nets, changed);

	for (size_t i = 0; i < nets->count && !err; i++)
		if (nets->list[i].prefix.plen > changed->plen &&
		    covers(changed, &nets->list[i].prefix))
			err = store(nets, &nets->list[i].prefix);
	return err;
}

int nets_add(struct nets *nets, const struct prefix *prefix, enum net_kind kind, uint32_t expires,
	     const char *text)
{
	struct net_reason *r = find(nets, prefix, kind);
	struct net_reason old;
	bool replaces = r != NULL;
	int err;

	if (!r && nets->count == nets->room) {
		size_t room = nets->room ? nets->room * 2 : 64;
		struct net_reason *list = realloc(nets->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		nets->list = list;
		nets->room = room;
	}
	if (!r)
		r = &nets->list[nets->count++];
	old = *r;
	*r = (struct net_reason){.prefix = *prefix, .kind = kind, .expires = expires};
	snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
	err = store_with_inner(nets, prefix);
	if (!err)
		return 0;
	if (replaces)
		*r = old;
	else
		drop(nets, r);
	store_with_inner(nets, prefix);
	return err;
}

int nets_remove(struct nets *nets, const struct prefix *prefix, enum net_kind kind)
{
	struct net_reason *r = find(nets, prefix, kind);
	struct prefix gone = *prefix;

	if (!r)
		return -ENOENT;
	drop(nets, r);
	return store_with_inner(nets, &gone);
}

const struct net_reason *nets_covering(const struct nets *nets, const struct addr *addr,
				       uint32_t now)
{
	struct prefix host = prefix_of(addr, ADDR_BITS);
	const struct net_reason *best = NULL;

	for (size_t i = 0; i < nets->count; i++) {
		const struct net_reason *r = &nets->list[i];

		if (r->expires > now && covers(&r->prefix, &host) &&
		    (!best || r->kind < best->kind))
			best = r;
	}
	return best;
}

const struct net_reason *nets_meeting(const struct nets *nets, const struct prefix *prefix,
				      uint32_t now)
{
	const struct net_reason *best = NULL;

	for (size_t i = 0; i < nets->count; i++) {
		const struct net_reason *r = &nets->list[i];

		if (r->expires > now && prefix_overlaps(&r->prefix, prefix) &&
		    (!best || r->kind < best->kind))
			best = r;
	}
	return best;
}

static int remove_unknown(const struct net_entry *entry, void *context)
{
	const struct nets *nets = context;

	for (size_t i = 0; i < nets->count; i++)
		if (prefix_equal(&nets->list[i].prefix, &entry->prefix))
			return 0;
	net_delete(nets->fd, &entry->prefix);
	return 1; /* a walk does not survive a change: begin again */
}

void nets_prune(const struct nets *nets)
{
	while (nets->fd >= 0 && net_walk(nets->fd, remove_unknown, (void *)nets) == 1)
		;
}

size_t nets_expire(struct nets *nets, uint32_t now)
{
	size_t gone = 0;

	for (size_t i = 0; i < nets->count;) {
		struct prefix prefix = nets->list[i].prefix;

		if (nets->list[i].expires > now) {
			i++;
			continue;
		}
		drop(nets, &nets->list[i]);
		store_with_inner(nets, &prefix);
		gone++;
	}
	return gone;
}
