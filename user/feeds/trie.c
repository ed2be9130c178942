// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "trie.h"

static int make_room(struct trie *trie)
{
	size_t room = trie->room ? trie->room * 2 : 64;
	struct trie_entry *entry;

	if (trie->count == UINT32_MAX || room > SIZE_MAX / sizeof(*entry))
		return -E2BIG;
	entry = realloc(trie->entry, room * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	trie->entry = entry;
	trie->room = room;
	return 0;
}

int trie_add(struct trie *trie, struct wide base, unsigned plen, bool excepted)
{
	int err = trie->count == trie->room ? make_room(trie) : 0;

	if (err)
		return err;
	trie->entry[trie->count] = (struct trie_entry){
		.base = base,
		.order = (uint32_t)trie->count,
		.plen = (uint8_t)plen,
		.excepted = excepted,
	};
	trie->count++;
	return 0;
}

void trie_free(struct trie *trie)
{
	free(trie->entry);
	*trie = (struct trie){0};
}

static int compare(const void *one, const void *two)
{
	const struct trie_entry *a = one, *b = two;

	if (!wide_equal(a->base, b->base))
		return wide_less(a->base, b->base) ? -1 : 1;
	if (a->plen != b->plen)
		return a->plen - b->plen;
	return (a->order > b->order) - (a->order < b->order);
}

struct open_net {
	struct wide last;
	bool listed;
};

struct pass {
	struct feed_set *set;
	struct wide at; /* everything before it is decided */
	bool complete;  /* there is nothing behind it */
	struct open_net open[ADDR_BITS + 1];
	unsigned depth;
};

/* The innermost open network decides from pass->at to `last`. */
static int decide(struct pass *pass, struct wide last)
{
	int err = 0;

	if (pass->complete || wide_less(last, pass->at))
		return 0;
	if (pass->depth && pass->open[pass->depth - 1].listed)
		err = feed_set_add(pass->set, pass->at, last);
	pass->at = wide_next(last);
	pass->complete = !pass->at.hi && !pass->at.lo;
	return err;
}

static int close_one(struct pass *pass)
{
	int err = decide(pass, pass->open[pass->depth - 1].last);

	pass->depth--;
	return err;
}

static int enter(struct pass *pass, const struct trie_entry *entry)
{
	int err = 0;

	while (!err && pass->depth && wide_less(pass->open[pass->depth - 1].last, entry->base))
		err = close_one(pass);
	if (!err && (entry->base.hi || entry->base.lo))
		err = decide(pass, wide_prev(entry->base));
	if (err)
		return err;
	/* Networks nest or are apart, so what is open contains this one and is wider. */
	pass->open[pass->depth++] = (struct open_net){
		.last = wide_end(entry->base, entry->plen),
		.listed = !entry->excepted,
	};
	return 0;
}

static bool is_repeated(const struct trie_entry *entry, const struct trie_entry *before)
{
	return entry->plen == before->plen && wide_equal(entry->base, before->base);
}

int trie_resolve(struct trie *trie, struct feed_set *set)
{
	struct pass pass = {.set = set};
	int err = 0;

	if (trie->count)
		qsort(trie->entry, trie->count, sizeof(*trie->entry), compare);
	for (size_t i = 0; !err && i < trie->count; i++)
		if (!i || !is_repeated(&trie->entry[i], &trie->entry[i - 1]))
			err = enter(&pass, &trie->entry[i]);
	while (!err && pass.depth)
		err = close_one(&pass);
	return err;
}
