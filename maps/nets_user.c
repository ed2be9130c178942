// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
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

/* The /16s that share addresses with it; of IPv6, which is always near, none. */
static bool span(const struct prefix *prefix, __u32 *first, __u32 *last)
{
	const struct addr *addr = &prefix->addr;

	*first = 0;
	*last = 0xffff;
	if (prefix->plen < ADDR_V4_BITS) /* all of IPv4, or nothing of it but what is next to it */
		return !addr->w[0] && !addr->w[1];
	if (!addr_is_v4(addr))
		return false;
	*first = ntohl(addr->w[3]) >> 16;
	*last = *first;
	if (prefix->plen < ADDR_V4_BITS + 16)
		*last |= 0xffffU >> (prefix->plen - ADDR_V4_BITS);
	return true;
}

void net_near_mark(volatile __u64 bits[LIVE_ALLOW_WORDS], const struct prefix *prefix)
{
	__u32 first, last;

	if (!span(prefix, &first, &last))
		return;
	for (__u32 net = first; net <= last; net++)
		bits[net / 64] |= 1ULL << net % 64;
}

/* Word by word: each is stored at once, and has all bits of networks that stay. */
void net_near_set(volatile struct live *live, const __u64 bits[LIVE_ALLOW_WORDS])
{
	for (size_t i = 0; i < LIVE_ALLOW_WORDS; i++)
		if (live->allow[i] != bits[i])
			live->allow[i] = bits[i];
	__atomic_thread_fence(__ATOMIC_RELEASE);
	live->allow_known = 1;
}

void net_own_set(volatile struct live *live, const struct addr *own, size_t count)
{
	const struct addr none = {0};

	for (size_t i = 0; i < LIVE_OWN; i++) {
		const struct addr *addr = i < count ? &own[i] : &none;

		/* The last word decides in IPv4; in IPv6 a mixture for nanoseconds is nobody's. */
		for (int w = 0; w < 4; w++)
			if (live->own[i].w[w] != addr->w[w])
				live->own[i].w[w] = addr->w[w];
	}
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
