/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose an address is, where something is counted of clients: an IPv4 address stands for itself, an
 * IPv6 address for its /64, which is the least that anybody is given (RFC 6177 2) and holds 2^64
 * addresses to be counted as strangers.
 */
#ifndef MXDP_POLICY_OWNER_H
#define MXDP_POLICY_OWNER_H

#include "../base/addr.h"

static inline struct prefix owner_of(const struct addr *addr)
{
	return prefix_of(addr, addr_is_v4(addr) ? ADDR_BITS : 64);
}

#endif
