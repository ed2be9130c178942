/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Allowed sources and protected destinations, user side. The agent keeps the reasons; the tries
 * hold, for each network, the strongest of them.
 */
#ifndef MXDP_MAPS_NETS_USER_H
#define MXDP_MAPS_NETS_USER_H

#include "maps.h"

struct net_entry {
	struct prefix prefix;
	struct net_value value;
};

/* `fd` is maps.allow or maps.local. 0 or -errno; -ENOSPC where the trie is full. */
int net_put(int fd, const struct prefix *prefix, const struct net_value *value);
int net_delete(int fd, const struct prefix *prefix);

/* Calls `fn` for each entry; stops where it returns non-zero and returns that, else 0 or -errno. */
int net_walk(int fd, int (*fn)(const struct net_entry *entry, void *context), void *context);

/*
 * The shortcuts of live.h. A network is near before it stands in the trie: it is marked in
 * live->allow before net_put(). What has gone is near until the next net_near_set(), which is given
 * all networks of the trie's, marked in a bitmap of zeros.
 */
void net_near_mark(volatile __u64 bits[LIVE_ALLOW_WORDS], const struct prefix *prefix);
void net_near_set(volatile struct live *live, const __u64 bits[LIVE_ALLOW_WORDS]);

/* `count` of LIVE_OWN at most, all of them in the trie `local'. */
void net_own_set(volatile struct live *live, const struct addr *own, size_t count);

const char *net_kind_name(enum net_kind kind); /* "own", "config", ... */

#endif
