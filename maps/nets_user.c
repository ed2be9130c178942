// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <errno.h>
#include <bpf/bpf.h>

#include "nets_user.h"

static struct net_key key_of(const struct prefix *prefix)
{
	return (struct net_key){.plen = prefix->plen, .addr = prefix->addr};
}

int net_put(int fd, const struct prefix *prefix, const struct net_value *value)
{
	struct net_key key = key_of(prefix);

	return bpf_map_update_elem(fd, &key, value, BPF_ANY) ? -errno : 0;
}

int net_delete(int fd, const struct prefix *prefix)
{
	struct net_key key = key_of(prefix);

	return bpf_map_delete_elem(fd, &key) ? -errno : 0;
}

int net_walk(int fd, int (*fn)(const struct net_entry *entry, void *context), void *context)
{
	struct net_key key, next;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		struct net_entry entry = {.prefix = {next.addr, next.plen}};

		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &entry.value)) {
			int stop = fn(&entry, context);

			if (stop)
				return stop;
		}
		err = bpf_map_get_next_key(fd, &key, &next);
	}
	return errno == ENOENT ? 0 : -errno;
}

const char *net_kind_name(enum net_kind kind)
{
	static const char *const names[NET_KIND_COUNT] = {
		[NET_SPECIAL] = "special",   [NET_OWN] = "own",       [NET_GATEWAY] = "gateway",
		[NET_RESOLVER] = "resolver", [NET_CONFIG] = "config", [NET_ADMIN] = "admin",
		[NET_GRACE] = "grace",       [NET_RELAY] = "relay",   [NET_NAME] = "name",
		[NET_SPF] = "spf",
	};

	return kind < NET_KIND_COUNT ? names[kind] : "unknown";
}
