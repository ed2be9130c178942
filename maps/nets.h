/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Two tries of networks, asked only on the way to a drop:
 *   allow  sources that are never dropped, and until when;
 *   local  destinations that are protected: the host's own addresses and the configured ones.
 */
#ifndef MXDP_MAPS_NETS_H
#define MXDP_MAPS_NETS_H

#include <linux/types.h>
#include "addr.h"

struct net_key {
	__u32 plen; /* over 128 bits */
	struct addr addr;
};

struct net_value {
	__u32 expires; /* CLOCK_BOOTTIME seconds, or NET_NEVER_EXPIRES */
	__u32 kind;    /* enum net_kind */
};

#define NET_NEVER_EXPIRES 0xffffffffU

/* Why a network is in the trie; the order is the order of precedence where two reasons meet. */
enum net_kind {
	NET_SPECIAL,  /* loopback, private, link-local, ...: RFC 6890 */
	NET_OWN,      /* an address of this host */
	NET_GATEWAY,  /* a next hop of ours */
	NET_RESOLVER, /* a name server of ours */
	NET_CONFIG,   /* allow, trusted_relays or protect in the configuration */
	NET_ADMIN,    /* mxdpctl allow */
	NET_GRACE,    /* mxdpctl unblock: a day's grace */
	NET_RELAY,    /* seen to relay for others */
	NET_NAME,     /* its confirmed reverse name is allowed in the configuration */
	NET_SPF,      /* in the SPF record of an allowed sender */
	NET_KIND_COUNT,
};

_Static_assert(sizeof(struct net_key) == 20, "map key");
_Static_assert(sizeof(struct net_value) == 8, "map value");

#endif
