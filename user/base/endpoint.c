// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "endpoint.h"

bool port_parse(uint16_t *out, const char *text)
{
	unsigned long port = 0;

	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9' || port > UINT16_MAX)
			return false;
		port = port * 10 + (unsigned long)(*at - '0');
	}
	*out = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

bool endpoint_parse(struct endpoint *out, const char *text)
{
	bool bracket = *text == '[';
	const char *end = strrchr(text, ':');
	char addr[ADDR_TEXT];
	size_t len;

	memset(out, 0, sizeof(*out));
	if (!end || !port_parse(&out->port, end + 1))
		return false;
	len = (size_t)(end - text);
	if (bracket && (len < 2 || text[len - 1] != ']'))
		return false;
	text += bracket;
	len -= bracket ? 2 : 0;
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	/* Without brackets the last group of an IPv6 address would be taken for the port. */
	return !strchr(addr, ':') == !bracket && addr_parse(&out->addr, addr);
}
