/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links, addresses, gateways: what the kernel says of them through rtnetlink (libmnl), as events on
 * one descriptor. The caller polls the descriptor and calls links_read().
 */
#ifndef MXDP_KERNEL_LINKS_H
#define MXDP_KERNEL_LINKS_H

#include <stdbool.h>
#include "../base/addr.h"

enum link_event_kind {
	LINK_UP,      /* an interface of this name exists (RTM_NEWLINK) */
	LINK_GONE,    /* RTM_DELLINK */
	LINK_ADDRESS, /* one of our addresses appeared */
	LINK_NO_ADDRESS,
	LINK_GATEWAY, /* a next hop of a route of ours appeared, or is there */
	LINK_OVERRUN, /* messages were lost: call links_dump() again */
};

struct link_event {
	enum link_event_kind kind;
	int ifindex;
	const char *name; /* LINK_UP and LINK_GONE only */
	bool running;     /* LINK_UP only: it is switched on; IPv4 routes vanish silently if not */
	struct addr addr; /* address and gateway events only */
	struct addr peer; /* address events: an interface may have an address towards several */
	uint8_t plen;     /* address events: and with several prefix lengths; as of its family */
};

typedef void (*link_event_fn)(const struct link_event *event, void *context);

struct links;

/* Subscribes; returns NULL with errno set on failure. */
struct links *links_open(void);
int links_fd(const struct links *links);
/* Reports all links, then all addresses, then all gateways that exist now. 0 or -errno. */
int links_dump(struct links *links, link_event_fn fn, void *context);
/* Gateways alone. */
int links_dump_gateways(struct links *links, link_event_fn fn, void *context);
/* Reads what is waiting, without blocking. 0 or -errno. */
int links_read(struct links *links, link_event_fn fn, void *context);
/*
 * Whether a route went or was replaced in what was read since the last question: only
 * links_dump_gateways() tells which gateways are left.
 */
bool links_lost_route(struct links *links);
void links_close(struct links *links);

#endif
