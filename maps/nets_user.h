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

const char *net_kind_name(enum net_kind kind); /* "own", "config", ... */

#endif
