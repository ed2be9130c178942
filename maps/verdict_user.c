// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "verdict_user.h"

#define PLEN_V4_24 (ADDR_V4_BITS + 24)

static bool in_hash(const struct prefix *prefix)
{
	return prefix->plen == ADDR_BITS || (prefix->plen == 64 && !addr_is_v4(&prefix->addr));
}

static struct prefix prefix_cut(const struct addr *addr, __u32 plen)
{
	struct prefix cut = {.addr = *addr, .plen = plen};

	for (__u32 i = 0; i < 4; i++) {
		__u32 keep = plen > i * 32 ? plen - i * 32 : 0;

		if (keep < 32)
			cut.addr.w[i] &= keep ? htonl(~0U << (32 - keep)) : 0;
	}
	return cut;
}

static struct verdict_key hash_key(const struct prefix *prefix, enum port_class ports)
{
	return (struct verdict_key){
		.addr = prefix->addr, .plen = (__u8)prefix->plen, .ports = (__u8)ports};
}

static struct verdict_prefix_key trie_key(const struct prefix *prefix, enum port_class ports)
{
	return (struct verdict_prefix_key){
		.plen = 32 + prefix->plen, .ports = htonl(ports), .addr = prefix->addr};
}

/* Atomic, since the sweep may store the same word. */
static void presence_mark(volatile __u64 *words, __u32 net)
{
	__atomic_fetch_or(&words[net >> 6], 1ULL << (net & 63), __ATOMIC_RELEASE);
}

/* All /24s that the prefix touches, and their /16s. */
static void presence_set(volatile __u64 *words, const struct prefix *prefix)
{
	__u32 first, count;

	if (!addr_is_v4(&prefix->addr) || prefix->plen < ADDR_V4_BITS)
		return;
	first = ntohl(prefix->addr.w[3]) >> 8;
	count = prefix->plen >= PLEN_V4_24 ? 1 : 1U << (PLEN_V4_24 - prefix->plen);
	for (__u32 net = first; net < first + count; net++) {
		presence_mark(words, net);
		presence_mark(words + PRESENCE_NETS16, net >> 8);
	}
}

/* A trie knows no BPF_NOEXIST before Linux 6.13: the agent is the only writer, so it may look. */
static int put_in_trie(struct maps *maps, const struct prefix *prefix, enum port_class ports,
		       const struct verdict *v, bool only_new)
{
	struct verdict_prefix_key trie = trie_key(prefix, ports);
	struct verdict old;
	bool replaces;

	replaces = !bpf_map_lookup_elem(maps->prefixes, &trie, &old) && old.plen == prefix->plen;
	if (replaces && only_new)
		return -EEXIST;
	if (bpf_map_update_elem(maps->prefixes, &trie, v, BPF_ANY))
		return -errno;
	if (!replaces)
		maps->live_values->prefixes++;
	return 0;
}

static int put(struct maps *maps, const struct prefix *prefix, enum port_class ports,
	       const struct verdict *verdict, bool only_new)
{
	struct verdict_key key = hash_key(prefix, ports);
	struct verdict v = *verdict;
	int err = 0;

	v.plen = prefix->plen;
	presence_set(maps->presence_words, prefix);
	if (maps->presence_next)
		presence_set(maps->presence_next, prefix);
	if (!in_hash(prefix))
		err = put_in_trie(maps, prefix, ports, &v, only_new);
	else if (bpf_map_update_elem(maps->verdicts, &key, &v, only_new ? BPF_NOEXIST : BPF_ANY))
		err = -errno;
	/* It counts its hits from nothing; those of a verdict before it went with that. */
	if (!err && !only_new)
		bpf_map_delete_elem(maps->hits, &key);
	return err;
}

int verdict_put(struct maps *maps, const struct prefix *prefix, enum port_class ports,
		const struct verdict *verdict)
{
	return put(maps, prefix, ports, verdict, false);
}

int verdict_put_new(struct maps *maps, const struct prefix *prefix, enum port_class ports,
		    const struct verdict *verdict)
{
	return put(maps, prefix, ports, verdict, true);
}

/* What goes into the kernel by one call: the batch of the hash, and the hits of those that have
 * any. */
struct batch {
	__u32 verdicts, hits;
	struct verdict_key key[VERDICT_WALK_BATCH], hit_key[VERDICT_WALK_BATCH];
	struct verdict verdict[VERDICT_WALK_BATCH];
	struct verdict_hits hit[VERDICT_WALK_BATCH];
};

static int put_hash_batch(const struct maps *maps, struct batch *b, size_t *done)
{
	__u32 count = b->verdicts;

	if (!count)
		return 0;
	if (bpf_map_update_batch(maps->verdicts, b->key, b->verdict, &count, NULL)) {
		*done += count < b->verdicts ? count : 0;
		return -errno;
	}
	*done += count;
	return 0;
}

/* A verdict without its hits is in force all the same. */
static void put_hits_batch(const struct maps *maps, struct batch *b)
{
	__u32 count = b->hits;

	if (count)
		bpf_map_update_batch(maps->hits, b->hit_key, b->hit, &count, NULL);
}

static void add_hits(struct batch *b, const struct verdict_key *key,
		     const struct verdict_hits *hits)
{
	if (!hits->packets && !hits->courtesy)
		return;
	b->hit_key[b->hits] = *key;
	b->hit[b->hits++] = *hits;
}

/* As many as one batch takes. The order within it is the hash's first, then the trie's. */
static int put_some(struct maps *maps, const struct verdict_entry *entries, size_t count,
		    struct batch *b, size_t *done)
{
	int err;

	b->verdicts = b->hits = 0;
	for (size_t i = 0; i < count; i++) {
		const struct verdict_entry *e = &entries[i];
		struct verdict_key key = hash_key(&e->prefix, e->ports);

		presence_set(maps->presence_words, &e->prefix);
		if (maps->presence_next)
			presence_set(maps->presence_next, &e->prefix);
		add_hits(b, &key, &e->hits);
		if (!in_hash(&e->prefix))
			continue;
		b->key[b->verdicts] = key;
		b->verdict[b->verdicts] = e->verdict;
		b->verdict[b->verdicts++].plen = e->prefix.plen;
	}
	err = put_hash_batch(maps, b, done);
	for (size_t i = 0; i < count && !err; i++) {
		struct verdict v = entries[i].verdict;

		v.plen = entries[i].prefix.plen;
		if (in_hash(&entries[i].prefix))
			continue;
		err = put_in_trie(maps, &entries[i].prefix, entries[i].ports, &v, false);
		*done += !err;
	}
	put_hits_batch(maps, b);
	return err;
}

int verdict_put_batch(struct maps *maps, const struct verdict_entry *entries, size_t count,
		      size_t *done)
{
	struct batch *b = malloc(sizeof(*b));
	int err = b ? 0 : -ENOMEM;

	*done = 0;
	for (size_t at = 0; at < count && !err; at += VERDICT_WALK_BATCH)
		err = put_some(maps, entries + at,
			       count - at < VERDICT_WALK_BATCH ? count - at : VERDICT_WALK_BATCH, b,
			       done);
	free(b);
	return err;
}

int verdict_delete(struct maps *maps, const struct prefix *prefix, enum port_class ports)
{
	struct verdict_key key = hash_key(prefix, ports);

	if (in_hash(prefix)) {
		if (bpf_map_delete_elem(maps->verdicts, &key))
			return -errno;
	} else {
		struct verdict_prefix_key trie = trie_key(prefix, ports);

		if (bpf_map_delete_elem(maps->prefixes, &trie))
			return -errno;
		if (maps->live_values->prefixes)
			maps->live_values->prefixes--;
	}
	bpf_map_delete_elem(maps->hits, &key);
	return 0;
}

static void fill_hits(const struct maps *maps, struct verdict_entry *entry)
{
	struct verdict_key key = hash_key(&entry->prefix, entry->ports);

	if (bpf_map_lookup_elem(maps->hits, &key, &entry->hits))
		memset(&entry->hits, 0, sizeof(entry->hits));
}

int verdict_get(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		struct verdict_entry *out)
{
	struct verdict_key key = hash_key(prefix, ports);
	struct verdict_prefix_key trie = trie_key(prefix, ports);

	*out = (struct verdict_entry){.prefix = *prefix, .ports = ports};
	if (in_hash(prefix) ? bpf_map_lookup_elem(maps->verdicts, &key, &out->verdict)
			    : bpf_map_lookup_elem(maps->prefixes, &trie, &out->verdict))
		return -errno;
	if (out->verdict.plen != prefix->plen) /* the trie found a shorter one */
		return -ENOENT;
	fill_hits(maps, out);
	return 0;
}

/* The trie as the gate sees it: the longest match alone, whatever stands below it. */
static bool find_in_trie(const struct maps *maps, const struct prefix *prefix,
			 enum port_class ports, struct verdict_entry *out)
{
	struct verdict_prefix_key trie = trie_key(prefix, ports);

	if (!maps->live_values->prefixes ||
	    bpf_map_lookup_elem(maps->prefixes, &trie, &out->verdict))
		return false;
	out->prefix = prefix_cut(&prefix->addr, out->verdict.plen);
	return true;
}

static bool find_in_hash(const struct maps *maps, const struct prefix *prefix,
			 enum port_class ports, struct verdict_entry *out)
{
	struct verdict_key key = hash_key(prefix, ports);

	out->prefix = *prefix;
	return in_hash(prefix) && !bpf_map_lookup_elem(maps->verdicts, &key, &out->verdict);
}

int verdict_around(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		   __u32 now, struct verdict_entry *out)
{
	bool v6_host = prefix->plen == ADDR_BITS && !addr_is_v4(&prefix->addr);
	struct prefix net = prefix_cut(&prefix->addr, 64);

	*out = (struct verdict_entry){.ports = ports};
	if (v6_host && find_in_hash(maps, &net, ports, out) && out->verdict.expires > now)
		return 0;
	if (find_in_trie(maps, prefix, ports, out) && out->verdict.expires > now)
		return 0;
	return -ENOENT;
}

int verdict_find(const struct maps *maps, const struct prefix *prefix, enum port_class ports,
		 __u32 now, struct verdict_entry *out)
{
	*out = (struct verdict_entry){.ports = ports};
	if (find_in_hash(maps, prefix, ports, out) && out->verdict.expires > now)
		return 0;
	return verdict_around(maps, prefix, ports, now, out);
}

/*
 * The next keys of a hash with their values, by the kernel's batch lookup, which neither repeats
 * nor restarts while entries go. How many; *last where there are no more.
 */
static int next_batch(int map, bool started, __u32 *cursor, struct verdict_key *keys, void *values,
		      bool *last)
{
	__u32 count = VERDICT_WALK_BATCH, in = *cursor;
	int err =
		bpf_map_lookup_batch(map, started ? &in : NULL, cursor, keys, values, &count, NULL);

	if (err && errno != ENOENT)
		return -errno;
	*last = err; /* -ENOENT: that was the last batch */
	return (int)count;
}

static int walk_hash(const struct maps *maps, struct verdict_walk *walk,
		     struct verdict_entry *entries, size_t room)
{
	static struct verdict_key keys[VERDICT_WALK_BATCH];
	static struct verdict values[VERDICT_WALK_BATCH];
	int count = room < VERDICT_WALK_BATCH
			    ? -EINVAL
			    : next_batch(maps->verdicts, walk->started, &walk->cursor, keys, values,
					 &walk->in_trie);

	walk->started = true;
	for (int i = 0; i < count; i++)
		entries[i] = (struct verdict_entry){
			.prefix = {keys[i].addr, keys[i].plen},
			.ports = keys[i].ports,
			.verdict = values[i],
		};
	return count;
}

int verdict_hits_next(const struct maps *maps, struct verdict_hits_walk *walk,
		      struct verdict_entry *entries, size_t room)
{
	static struct verdict_key keys[VERDICT_WALK_BATCH];
	static struct verdict_hits values[VERDICT_WALK_BATCH];
	int count = 0;

	if (room < VERDICT_WALK_BATCH)
		return -EINVAL;
	while (!count && !walk->done) {
		count = next_batch(maps->hits, walk->started, &walk->cursor, keys, values,
				   &walk->done);
		walk->started = true;
	}
	for (int i = 0; i < count; i++)
		entries[i] = (struct verdict_entry){
			.prefix = {keys[i].addr, keys[i].plen},
			.ports = keys[i].ports,
			.hits = values[i],
		};
	return count;
}

/*
 * The trie is small: key by key. After a key that has gone meanwhile the kernel begins again at the
 * leftmost, so that what was told may be told once more; nothing is left out.
 */
static int walk_trie(const struct maps *maps, struct verdict_walk *walk,
		     struct verdict_entry *entries, size_t room)
{
	int count = 0;

	while (count < (int)room) {
		struct verdict_prefix_key next;
		struct verdict_entry *e = &entries[count];

		if (bpf_map_get_next_key(maps->prefixes, walk->prefix.plen ? &walk->prefix : NULL,
					 &next)) {
			walk->done = true;
			break;
		}
		walk->prefix = next;
		if (bpf_map_lookup_elem(maps->prefixes, &next, &e->verdict))
			continue;
		e->prefix = (struct prefix){next.addr, next.plen - 32};
		e->ports = ntohl(next.ports);
		memset(&e->hits, 0, sizeof(e->hits));
		count++;
	}
	return count;
}

int verdict_walk_next(const struct maps *maps, struct verdict_walk *walk,
		      struct verdict_entry *entries, size_t room, bool with_hits)
{
	int count = 0;

	while (!count && !walk->done)
		count = walk->in_trie ? walk_trie(maps, walk, entries, room)
				      : walk_hash(maps, walk, entries, room);
	for (int i = 0; with_hits && i < count; i++)
		fill_hits(maps, &entries[i]);
	return count;
}

/* The agent is the only writer and puts into both bitmaps meanwhile, so no bit gets lost. */
static void presence_publish(struct maps *maps)
{
	for (size_t i = 0; i < PRESENCE_WORDS; i++)
		if (maps->presence_words[i] != maps->presence_next[i])
			maps->presence_words[i] = maps->presence_next[i];
}

int verdict_sweep_step(struct maps *maps, struct verdict_sweep *sweep, __u32 now, bool *done,
		       const struct verdict_sweep_told *told)
{
	static struct verdict_entry entries[VERDICT_WALK_BATCH];
	int count;

	*done = false;
	if (!maps->presence_next) {
		*sweep = (struct verdict_sweep){0};
		maps->presence_next = calloc(PRESENCE_WORDS, sizeof(__u64));
		if (!maps->presence_next)
			return -ENOMEM;
	}
	count = verdict_walk_next(maps, &sweep->walk, entries, VERDICT_WALK_BATCH, false);
	for (int i = 0; i < count; i++) {
		struct verdict_entry *e = &entries[i];

		sweep->seen++;
		if (e->verdict.expires > now) {
			presence_set(maps->presence_next, &e->prefix);
			if (told->stays)
				told->stays(e, told->context);
			continue;
		}
		fill_hits(maps, e);
		if (!verdict_delete(maps, &e->prefix, e->ports)) {
			sweep->deleted++;
			if (told->expired)
				told->expired(e, told->context);
		}
	}
	if (count)
		return count < 0 ? count : 0;
	presence_publish(maps);
	verdict_sweep_cancel(maps, sweep);
	*done = true;
	return 0;
}

void verdict_sweep_cancel(struct maps *maps, struct verdict_sweep *sweep)
{
	free(maps->presence_next);
	maps->presence_next = NULL;
	sweep->walk = (struct verdict_walk){0};
}
