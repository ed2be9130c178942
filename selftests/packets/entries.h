/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet test puts into the maps, from text. Written by itself beside the verbs of maps/, so
 * that a mistake in those is not made here too.
 */
#ifndef MXDP_SELFTESTS_ENTRIES_H
#define MXDP_SELFTESTS_ENTRIES_H

#include "kernel.h"

/* "192.0.2.0/24", or an address alone, as the maps hold it: the length over 128 bits. */
static inline struct net_key net_of(const char *text)
{
	struct net_key net = {.plen = ADDR_BITS};
	bool v4 = !strchr(text, ':');
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = strcspn(text, "/");

	if (len >= sizeof(address))
		abort();
	memcpy(address, text, len);
	if (text[len])
		net.plen = (v4 ? ADDR_V4_BITS : 0) + (uint32_t)atoi(text + len + 1);
	if (v4)
		memset(net.addr.b + 10, 0xff, 2);
	if (inet_pton(v4 ? AF_INET : AF_INET6, address, net.addr.b + (v4 ? 12 : 0)) != 1)
		abort();
	return net;
}

static inline struct addr addr_of(const char *text)
{
	return net_of(text).addr;
}

static inline int net_put(struct bpf_map *map, const char *text, uint32_t expires)
{
	struct net_key key = net_of(text);
	struct net_value value = {.expires = expires, .kind = NET_ADMIN};

	return bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY);
}

static inline int allow_put(struct kernel *k, const char *net, uint32_t expires)
{
	return net_put(k->skel->maps.mxdp_allow, net, expires);
}

static inline int local_put(struct kernel *k, const char *net)
{
	return net_put(k->skel->maps.mxdp_local, net, NET_NEVER_EXPIRES);
}

static inline int presence_bit_put(int fd, uint32_t first, uint32_t net, bool present)
{
	uint32_t word = first + net / 64;
	uint64_t bits;

	if (bpf_map_lookup_elem(fd, &word, &bits))
		return -errno;
	bits = present ? bits | 1ULL << net % 64 : bits & ~(1ULL << net % 64);
	return bpf_map_update_elem(fd, &word, &bits, BPF_ANY) ? -errno : 0;
}

/* Sets or clears the presence bits of every IPv4 /24 that the network touches; sets its /16s'. */
static inline int presence_put(struct kernel *k, const char *text, bool present)
{
	int fd = bpf_map__fd(k->skel->maps.mxdp_presence);
	struct net_key net = net_of(text);
	uint32_t first, count = 1;

	if (strchr(text, ':'))
		return 0;
	first = ntohl(net.addr.w[3]) >> 8;
	if (net.plen < ADDR_V4_BITS + 24)
		count = 1U << (ADDR_V4_BITS + 24 - net.plen);
	for (uint32_t i = first; i < first + count; i++)
		if (presence_bit_put(fd, 0, i, present) ||
		    presence_bit_put(fd, PRESENCE_NETS16, i / 256, true))
			return -errno;
	return 0;
}

/* Puts a verdict where it belongs: hash for single addresses and IPv6 /64s, else the trie. */
static inline int verdict_put(struct kernel *k, const char *text, enum port_class ports,
			      struct verdict v)
{
	struct net_key net = net_of(text);
	struct verdict_key key = {.addr = net.addr, .plen = (uint8_t)net.plen, .ports = ports};
	struct verdict_prefix_key prefix = {
		.plen = 32 + net.plen, .ports = htonl(ports), .addr = net.addr};

	v.plen = net.plen;
	if (presence_put(k, text, true))
		return -errno;
	if (net.plen == ADDR_BITS || (strchr(text, ':') && net.plen == 64))
		return bpf_map_update_elem(bpf_map__fd(k->skel->maps.mxdp_verdicts), &key, &v,
					   BPF_ANY);
	k->live.prefixes++;
	if (live_put(k))
		return -errno;
	return bpf_map_update_elem(bpf_map__fd(k->skel->maps.mxdp_prefixes), &prefix, &v, BPF_ANY);
}

static inline int hits_get(const struct kernel *k, const char *text, enum port_class ports,
			   struct verdict_hits *out)
{
	struct net_key net = net_of(text);
	struct verdict_key key = {.addr = net.addr, .plen = (uint8_t)net.plen, .ports = ports};

	return bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.mxdp_hits), &key, out);
}

static inline size_t map_entries(const struct bpf_map *map)
{
	uint8_t key[64];
	size_t count = 0;
	int err = bpf_map_get_next_key(bpf_map__fd(map), NULL, key);

	for (; !err; err = bpf_map_get_next_key(bpf_map__fd(map), key, key))
		count++;
	return count;
}

#endif
