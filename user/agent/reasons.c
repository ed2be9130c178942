// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <uthash.h>

#include "../base/escape.h"
#include "reasons.h"

struct reason {
	struct verdict_key key;
	uint64_t lists;
	bool one_will_do;
	char text[REASON_TEXT];
	UT_hash_handle hh;
};

static struct verdict_key key_of(const struct prefix *prefix, unsigned ports)
{
	return (struct verdict_key){
		.addr = prefix->addr, .plen = (__u8)prefix->plen, .ports = (__u8)ports};
}

static struct reason *find(const struct reasons *r, const struct verdict_key *key)
{
	struct reason *found;

	HASH_FIND(hh, r->table, key, sizeof(*key), found);
	return found;
}

static void remove_one(struct reasons *r, struct reason *reason)
{
	HASH_DEL(r->table, reason);
	free(reason);
}

void reasons_set(struct reasons *r, const struct prefix *prefix, unsigned ports, const char *text,
		 uint64_t lists)
{
	struct verdict_key key = key_of(prefix, ports);
	struct reason *reason = find(r, &key);

	if (!reason) {
		if (HASH_COUNT(r->table) >= REASONS_MAX)
			remove_one(r, r->table);
		reason = calloc(1, sizeof(*reason));
		if (!reason)
			return;
		reason->key = key;
		HASH_ADD(hh, r->table, key, sizeof(reason->key), reason);
	}
	reason->lists = lists;
	reason->one_will_do = false;
	utf8_copy(reason->text, sizeof(reason->text), text);
}

void reasons_one_will_do(struct reasons *r, const struct prefix *prefix, unsigned ports)
{
	struct verdict_key key = key_of(prefix, ports);
	struct reason *reason = find(r, &key);

	if (reason)
		reason->one_will_do = true;
}

bool reasons_lose(struct reasons *r, const struct prefix *prefix, unsigned ports, uint64_t lists)
{
	struct verdict_key key = key_of(prefix, ports);
	struct reason *reason = find(r, &key);

	if (!reason)
		return true;
	if (!(reason->lists & lists))
		return false;
	if (reason->one_will_do)
		reason->lists &= ~lists;
	return !reason->one_will_do || !reason->lists;
}

const char *reasons_get(const struct reasons *r, const struct prefix *prefix, unsigned ports)
{
	struct verdict_key key = key_of(prefix, ports);
	const struct reason *reason = find(r, &key);

	return reason ? reason->text : "";
}

uint64_t reasons_lists(const struct reasons *r, const struct prefix *prefix, unsigned ports)
{
	struct verdict_key key = key_of(prefix, ports);
	const struct reason *reason = find(r, &key);

	return reason ? reason->lists : LISTS_UNKNOWN;
}

uint64_t lists_renumber_mask(uint64_t mask, const unsigned to[LIST_BITS])
{
	uint64_t renumbered = mask & 1ULL << LIST_GONE;

	if (mask == LISTS_UNKNOWN)
		return mask;
	for (unsigned old = 0; old < LIST_BITS; old++)
		if (old != LIST_GONE && mask & 1ULL << old && to[old] < LIST_BITS)
			renumbered |= 1ULL << to[old];
	return renumbered;
}

void reasons_renumber(struct reasons *r, const unsigned to[LIST_BITS])
{
	for (struct reason *reason = r->table; reason; reason = reason->hh.next)
		reason->lists = lists_renumber_mask(reason->lists, to);
}

void reasons_forget(struct reasons *r, const struct prefix *prefix, unsigned ports)
{
	struct verdict_key key = key_of(prefix, ports);
	struct reason *reason = find(r, &key);

	if (reason)
		remove_one(r, reason);
}

void reasons_free(struct reasons *r)
{
	while (r->table)
		remove_one(r, r->table);
}
