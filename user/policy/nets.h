/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks with reasons: who is never blocked, and what is protected. The same network may stand
 * here for several reasons (private and allowed by hand, an own address and a gateway); the
 * kernel's trie holds each network once, for as long as its longest reason lasts.
 *
 * Asking about an address costs a lookup for each prefix length in use, however many networks there
 * are: every verdict asks, and a bulk unblock brings a hundred thousand at once.
 */
#ifndef MXDP_POLICY_NETS_H
#define MXDP_POLICY_NETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"
#include "../../maps/nets_user.h"

#define NET_REASON_TEXT 96

/*
 * Where there is a trie, networks of the kinds from NET_ADMIN on are taken up to here only, and
 * graces, names and SPF networks up to bounds of their own: the rest of the trie's 65,536 places is
 * for our own addresses, gateways, name servers.
 */
#define NETS_BY_HAND 61440
#define NETS_GRACES  32768
#define NETS_NAMES   4096
#define NETS_SPF     8192

struct net_reason {
	struct prefix prefix;
	enum net_kind kind;
	uint32_t expires; /* boot seconds, or NET_NEVER_EXPIRES */
	char text[NET_REASON_TEXT];
};

struct net_slot;

struct nets {
	int fd; /* maps.allow or maps.local; -1 keeps the list in user space only */
	volatile struct live
		*live; /* of maps.allow: told what is near before the trie is; or NULL */
	size_t count, room;
	struct net_reason *list;                   /* in no order; read only but for nets.c */
	struct net_slot *index;                    /* by network */
	struct net_slot *of_length[ADDR_BITS + 1]; /* the networks of each prefix length */
	size_t of_kind[NET_KIND_COUNT];
	uint64_t changes; /* counts the reasons that came and went */
	uint64_t told;    /* `changes' + 1 when the shortcuts were last made anew; 0: never */
};

void nets_init(struct nets *nets, int fd);
void nets_free(struct nets *nets);

/*
 * Adds, or replaces the entry of the same network and kind. 0; -ENOMEM; -ENOSPC where the trie or
 * the room of that kind is full, and then nothing is changed.
 */
int nets_add(struct nets *nets, const struct prefix *prefix, enum net_kind kind, uint32_t expires,
	     const char *text);

/* Removes one reason for a network; -ENOENT where it is not there. */
int nets_remove(struct nets *nets, const struct prefix *prefix, enum net_kind kind);

/* Removes the reasons of that kind for networks that have none of it in `named'. */
void nets_keep(struct nets *nets, const struct nets *named, enum net_kind kind);

/* One reason for exactly that network, expired or not, or NULL. Valid until changed. */
const struct net_reason *nets_find(const struct nets *nets, const struct prefix *prefix,
				   enum net_kind kind);
/* No more networks are taken from an administrator. */
bool nets_full(const struct nets *nets);

/* An unexpired reason that covers `addr`, the strongest first, or NULL. Valid until changed. */
const struct net_reason *nets_covering(const struct nets *nets, const struct addr *addr,
				       uint32_t now);
/* An unexpired reason that shares an address with `prefix`, or NULL. */
const struct net_reason *nets_meeting(const struct nets *nets, const struct prefix *prefix,
				      uint32_t now);

/*
 * Removes from the trie what this list does not hold: what an earlier agent left in a reused map.
 * Called once everything is added, so that nobody is unprotected in between.
 */
void nets_prune(const struct nets *nets);

/*
 * Makes the kernel's shortcuts (live.h) anew from the list, where it has changed since: what is
 * near an allowed network, which of the protected addresses stand in front of their trie.
 */
void nets_tell_near(struct nets *allow);
void nets_tell_own(struct nets *local, volatile struct live *live);

/* Removes what has run out; returns how many. */
size_t nets_expire(struct nets *nets, uint32_t now);

#endif
