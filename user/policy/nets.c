// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "../base/escape.h"
#include "nets.h"

/* Where the reasons for one network stand in the list. */
struct net_slot {
	struct prefix prefix;
	uint32_t at[NET_KIND_COUNT]; /* index + 1 of the reason of each kind; 0: none */
	UT_hash_handle hh;
	struct net_slot *prev, *next; /* of the same length */
};

void nets_init(struct nets *nets, int fd)
{
	*nets = (struct nets){.fd = fd};
}

void nets_free(struct nets *nets)
{
	struct net_slot *slot, *next;

	HASH_ITER(hh, nets->index, slot, next)
	{
		HASH_DEL(nets->index, slot);
		free(slot);
	}
	free(nets->list);
	nets_init(nets, -1);
}

static struct net_slot *find_slot(const struct nets *nets, const struct prefix *prefix)
{
	struct net_slot *slot;

	HASH_FIND(hh, nets->index, prefix, sizeof(*prefix), slot);
	return slot;
}

static struct net_slot *make_slot(struct nets *nets, const struct prefix *prefix)
{
	struct net_slot *slot = find_slot(nets, prefix);

	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->prefix = *prefix;
	HASH_ADD(hh, nets->index, prefix, sizeof(slot->prefix), slot);
	DL_APPEND(nets->of_length[prefix->plen], slot);
	return slot;
}

static void drop_empty_slot(struct nets *nets, struct net_slot *slot)
{
	for (int kind = 0; kind < NET_KIND_COUNT; kind++)
		if (slot->at[kind])
			return;
	DL_DELETE(nets->of_length[slot->prefix.plen], slot);
	HASH_DEL(nets->index, slot);
	free(slot);
}

static struct net_reason *reason_of(const struct nets *nets, const struct net_slot *slot,
				    unsigned kind)
{
	return slot->at[kind] ? &nets->list[slot->at[kind] - 1] : NULL;
}

/* The next network that covers `prefix`, itself included, from *plen downwards; NULL at the end. */
static const struct net_slot *next_covering(const struct nets *nets, const struct prefix *prefix,
					    int *plen)
{
	while (*plen >= 0) {
		unsigned length = (unsigned)(*plen)--;
		struct prefix wider;
		const struct net_slot *slot;

		if (!nets->of_length[length])
			continue;
		wider = prefix_of(&prefix->addr, length);
		slot = find_slot(nets, &wider);
		if (slot)
			return slot;
	}
	return NULL;
}

/*
 * What the trie must say of `prefix`. The trie finds the longest match only, so an entry must last
 * as long as any wider one that covers it; otherwise its end would hide the wider one.
 */
static int store(const struct nets *nets, const struct prefix *prefix)
{
	struct net_value value = {.kind = NET_KIND_COUNT};
	const struct net_slot *slot;
	int plen = (int)prefix->plen;

	if (nets->fd < 0)
		return 0;
	while ((slot = next_covering(nets, prefix, &plen))) {
		for (__u32 kind = 0; kind < NET_KIND_COUNT; kind++) {
			const struct net_reason *r = reason_of(nets, slot, kind);

			if (r && r->expires > value.expires)
				value.expires = r->expires;
			if (r && slot->prefix.plen == prefix->plen && kind < value.kind)
				value.kind = kind;
		}
	}
	if (value.kind < NET_KIND_COUNT) {
		if (nets->live)
			net_near_mark(nets->live->allow, prefix);
		return net_put(nets->fd, prefix, &value);
	}
	net_delete(nets->fd, prefix);
	return 0;
}

/* The last of the list takes the place of the one that goes. */
static void drop(struct nets *nets, const struct prefix *prefix, enum net_kind kind)
{
	struct net_slot *slot = find_slot(nets, prefix);
	uint32_t at = slot->at[kind] - 1;
	const struct net_reason *last = &nets->list[--nets->count];

	nets->changes++;
	nets->of_kind[kind]--;
	find_slot(nets, &last->prefix)->at[last->kind] = at + 1;
	nets->list[at] = *last;
	slot->at[kind] = 0;
	drop_empty_slot(nets, slot);
}

/* After a change to `changed`, the entries inside it last longer or shorter too. */
static int store_with_inner(const struct nets *nets, const struct prefix *changed)
{
	int err = store(nets, changed);

	for (unsigned length = changed->plen + 1; nets->fd >= 0 && length <= ADDR_BITS; length++)
		for (const struct net_slot *slot = nets->of_length[length]; slot && !err;
		     slot = slot->next)
			if (prefix_contains(changed, &slot->prefix.addr))
				err = store(nets, &slot->prefix);
	return err;
}

static bool is_kind_full(const struct nets *nets, enum net_kind kind)
{
	switch (kind) {
	case NET_GRACE:
		return nets->of_kind[NET_GRACE] >= NETS_GRACES;
	case NET_NAME:
		return nets->of_kind[NET_NAME] >= NETS_NAMES;
	case NET_SPF:
		return nets->of_kind[NET_SPF] >= NETS_SPF;
	default:
		return false;
	}
}

/* What comes by hand or by the thousand leaves room for what must never be blocked. */
static bool has_room_for(const struct nets *nets, const struct prefix *prefix, enum net_kind kind)
{
	const struct net_slot *slot = find_slot(nets, prefix);

	if (nets->fd < 0 || kind < NET_ADMIN || (slot && slot->at[kind]))
		return true;
	if (is_kind_full(nets, kind))
		return false;
	return slot || HASH_COUNT(nets->index) < NETS_BY_HAND;
}

static int make_room(struct nets *nets)
{
	size_t room = nets->room ? nets->room * 2 : 64;
	struct net_reason *list;

	if (nets->count < nets->room)
		return 0;
	list = realloc(nets->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	nets->list = list;
	nets->room = room;
	return 0;
}

int nets_add(struct nets *nets, const struct prefix *prefix, enum net_kind kind, uint32_t expires,
	     const char *text)
{
	struct net_reason old = {0}, *r;
	struct net_slot *slot;
	bool replaces;
	int err;

	if (!has_room_for(nets, prefix, kind))
		return -ENOSPC;
	slot = make_room(nets) ? NULL : make_slot(nets, prefix);
	if (!slot)
		return -ENOMEM;
	r = reason_of(nets, slot, kind);
	replaces = r;
	if (replaces) {
		old = *r;
	} else {
		nets->changes++;
		slot->at[kind] = (uint32_t)++nets->count;
		nets->of_kind[kind]++;
	}
	r = reason_of(nets, slot, kind);
	*r = (struct net_reason){.prefix = *prefix, .kind = kind, .expires = expires};
	utf8_copy(r->text, sizeof(r->text), text ? text : "");
	err = store_with_inner(nets, prefix);
	if (!err)
		return 0;
	if (replaces)
		*r = old;
	else
		drop(nets, prefix, kind);
	store_with_inner(nets, prefix);
	return err;
}

int nets_remove(struct nets *nets, const struct prefix *prefix, enum net_kind kind)
{
	const struct net_slot *slot = find_slot(nets, prefix);
	struct prefix gone = *prefix;

	if (!slot || !slot->at[kind])
		return -ENOENT;
	drop(nets, &gone, kind);
	return store_with_inner(nets, &gone);
}

void nets_keep(struct nets *nets, const struct nets *named, enum net_kind kind)
{
	for (size_t i = nets->count; i--;) {
		const struct prefix prefix = nets->list[i].prefix;

		if (nets->list[i].kind == kind && !nets_find(named, &prefix, kind))
			nets_remove(nets, &prefix, kind);
	}
}

const struct net_reason *nets_find(const struct nets *nets, const struct prefix *prefix,
				   enum net_kind kind)
{
	const struct net_slot *slot = find_slot(nets, prefix);

	return slot ? reason_of(nets, slot, kind) : NULL;
}

bool nets_full(const struct nets *nets)
{
	return HASH_COUNT(nets->index) >= NETS_BY_HAND;
}

/* The stronger of two reasons, the second of which may be none or have run out. */
static const struct net_reason *stronger(const struct net_reason *best, const struct net_reason *r,
					 uint32_t now)
{
	if (!r || r->expires <= now || (best && best->kind <= r->kind))
		return best;
	return r;
}

/* So few are looked through faster than a lookup for each length takes. */
#define FEW 64

/* The strongest reason of all networks that cover `prefix` as a whole. */
static const struct net_reason *covering(const struct nets *nets, const struct prefix *prefix,
					 uint32_t now)
{
	const struct net_reason *best = NULL;
	const struct net_slot *slot;
	int plen = (int)prefix->plen;

	if (nets->count <= FEW) {
		for (size_t i = 0; i < nets->count; i++)
			if (nets->list[i].prefix.plen <= prefix->plen &&
			    prefix_contains(&nets->list[i].prefix, &prefix->addr))
				best = stronger(best, &nets->list[i], now);
		return best;
	}
	while ((slot = next_covering(nets, prefix, &plen)))
		for (unsigned kind = 0; kind < NET_KIND_COUNT; kind++)
			best = stronger(best, reason_of(nets, slot, kind), now);
	return best;
}

const struct net_reason *nets_covering(const struct nets *nets, const struct addr *addr,
				       uint32_t now)
{
	struct prefix host = prefix_of(addr, ADDR_BITS);

	return covering(nets, &host, now);
}

const struct net_reason *nets_meeting(const struct nets *nets, const struct prefix *prefix,
				      uint32_t now)
{
	const struct net_reason *best = covering(nets, prefix, now);

	for (unsigned length = prefix->plen + 1; length <= ADDR_BITS; length++)
		for (const struct net_slot *slot = nets->of_length[length]; slot; slot = slot->next)
			for (unsigned kind = 0; kind < NET_KIND_COUNT; kind++)
				if (slot->at[kind] && prefix_contains(prefix, &slot->prefix.addr))
					best = stronger(best, reason_of(nets, slot, kind), now);
	return best;
}

static int remove_unknown(const struct net_entry *entry, void *context)
{
	const struct nets *nets = context;

	if (find_slot(nets, &entry->prefix))
		return 0;
	/* A walk does not survive a change: begin again. */
	return net_delete(nets->fd, &entry->prefix) ? -1 : 1;
}

void nets_prune(const struct nets *nets)
{
	while (nets->fd >= 0 && net_walk(nets->fd, remove_unknown, (void *)nets) == 1)
		;
}

/* Whether there are changes since the last time that somebody took them. */
static bool take_changes(struct nets *nets)
{
	bool any = nets->told != nets->changes + 1;

	nets->told = nets->changes + 1;
	return any;
}

void nets_tell_near(struct nets *allow)
{
	static __u64 bits[LIVE_ALLOW_WORDS];

	if (!allow->live || !take_changes(allow))
		return;
	memset(bits, 0, sizeof(bits));
	for (size_t i = 0; i < allow->count; i++)
		net_near_mark(bits, &allow->list[i].prefix);
	net_near_set(allow->live, bits);
}

void nets_tell_own(struct nets *local, volatile struct live *live)
{
	struct addr own[LIVE_OWN];
	size_t count = 0;

	if (!take_changes(local))
		return;
	for (const struct net_slot *slot = local->of_length[ADDR_BITS]; slot && count < LIVE_OWN;
	     slot = slot->next)
		own[count++] = slot->prefix.addr;
	net_own_set(live, own, count);
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
		drop(nets, &prefix, nets->list[i].kind);
		store_with_inner(nets, &prefix);
		gone++;
	}
	return gone;
}
