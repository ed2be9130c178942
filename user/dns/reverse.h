/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address as a name in the DNS, last part first: "7.100.51.198." and a zone, nibbles for IPv6.
 * Reverse names (RFC 1035 3.5, RFC 3596 2.5) and lists of addresses (RFC 5782 2.1, 2.4) are made
 * so.
 */
#ifndef MXDP_DNS_REVERSE_H
#define MXDP_DNS_REVERSE_H

#include "resolver.h"

/* False where it would be longer than a name can be: `zone` is too long. */
bool reverse_in_zone(char name[DNS_NAME], const struct addr *addr, const char *zone);

/* Under in-addr.arpa or ip6.arpa: where an address's names are asked for. */
void reverse_name(char name[DNS_NAME], const struct addr *addr);

#endif
