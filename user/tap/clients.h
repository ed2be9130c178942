/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted of a client over its sessions of an hour: failed AUTHs, and connections that it
 * left without a word. Bounded: the client that was silent the longest makes room, and with it its
 * count is forgotten.
 */
#ifndef MXDP_TAP_CLIENTS_H
#define MXDP_TAP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../maps/addr.h"
#include "../../maps/ports.h"

#define CLIENTS_WINDOW        3600000 /* milliseconds */
#define CLIENTS_AUTH_FAILURES 10      /* an hour, without a success, before they count */
#define CLIENTS_HANGUPS       5

struct clients;

struct clients *clients_new(size_t max);
void clients_free(struct clients *c);

/*
 * Adds to the client's counts; true where the hour until `now` (milliseconds) has seen
 * CLIENTS_AUTH_FAILURES or more, and no AUTH that succeeded.
 */
bool clients_auth(struct clients *c, const struct addr *addr, enum port_class ports,
		  unsigned failures, unsigned successes, uint64_t now);
/* One more connection left without a command; true where the hour has seen CLIENTS_HANGUPS. */
bool clients_hangup(struct clients *c, const struct addr *addr, enum port_class ports,
		    uint64_t now);

#endif
