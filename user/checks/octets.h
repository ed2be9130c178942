/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses inside of names: access networks name each address after itself, as octets
 * ("77-100-51-198.dsl.example.net"), digits or hex in one piece. Names are in lower case. Pure.
 */
#ifndef MXDP_CHECKS_OCTETS_H
#define MXDP_CHECKS_OCTETS_H

#include "../base/addr.h"

/* One to three digits, zeros in front allowed (Snum, RFC 5321 4.1.3). Returns what follows. */
const char *octet_parse(unsigned char *out, const char *text);

/*
 * Whether a name that anybody may have chosen carries the IPv4 `client`: all four octets in either
 * order, or the last two beside a word such as "dsl".
 */
bool octets_are_in_name(const char *name, const struct addr *client);

/*
 * The same for the reverse name of `client`: its network chose that, so less is proof. Three octets
 * in a row, or four in any order, or an IPv6 address.
 */
bool octets_are_in_reverse_name(const char *name, const struct addr *client);

/* The same IPv4 /24 or IPv6 /64: one machine's, or one rack's. Never across the families. */
bool addr_is_near(const struct addr *addr, const struct addr *client);

#endif
