// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "reverse.h"

#define NIBBLES_TEXT 65 /* 32 times "f.", and the terminating zero */

static void nibbles(char text[NIBBLES_TEXT], const unsigned char *b)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 15; i >= 0; i--) {
		*text++ = digits[b[i] & 15];
		*text++ = '.';
		*text++ = digits[b[i] >> 4];
		*text++ = '.';
	}
	*text = '\0';
}

bool reverse_in_zone(char name[DNS_NAME], const struct addr *addr, const char *zone)
{
	const unsigned char *b = addr->b;
	char labels[NIBBLES_TEXT];
	int len;

	if (addr_is_v4(addr))
		snprintf(labels, sizeof(labels), "%u.%u.%u.%u.", b[15], b[14], b[13], b[12]);
	else
		nibbles(labels, b);
	len = snprintf(name, DNS_NAME, "%s%s", labels, zone);
	return len > 0 && len < DNS_NAME;
}

void reverse_name(char name[DNS_NAME], const struct addr *addr)
{
	reverse_in_zone(name, addr, addr_is_v4(addr) ? "in-addr.arpa" : "ip6.arpa");
}
