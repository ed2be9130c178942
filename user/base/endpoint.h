/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where something listens, as text: "127.0.0.1:9725", "[2001:db8::1]:9725" (RFC 3986 3.2.2: the
 * brackets keep the colons apart). Strict: an address, never a name, and always a port.
 */
#ifndef MXDP_BASE_ENDPOINT_H
#define MXDP_BASE_ENDPOINT_H

#include <stdint.h>
#include "addr.h"

struct endpoint {
	struct addr addr;
	uint16_t port; /* host byte order, never 0 */
};

bool endpoint_parse(struct endpoint *out, const char *text);
/* Decimal, from 1 to 65535, nothing around it. */
bool port_parse(uint16_t *out, const char *text);

#endif
