// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "format.h"

const char *const feed_format_names[FEED_FORMAT_COUNT] = {
	[FEED_AUTO] = "auto",
	[FEED_CIDR] = "cidr",
	[FEED_SPAMHAUS_JSON] = "spamhaus-json",
	[FEED_SPAMHAUS_DROP] = "spamhaus-drop",
	[FEED_RBLDNSD_IP4SET] = "rbldnsd-ip4set",
	[FEED_RBLDNSD_IP4TRIE] = "rbldnsd-ip4trie",
	[FEED_RBLDNSD_IP4TSET] = "rbldnsd-ip4tset",
	[FEED_RBLDNSD_IP6TRIE] = "rbldnsd-ip6trie",
	[FEED_RBLDNSD_IP6TSET] = "rbldnsd-ip6tset",
	[FEED_SPAMD] = "spamd",
};

bool feed_format_parse(enum feed_format *out, const char *name)
{
	for (unsigned i = 0; i < FEED_FORMAT_COUNT; i++) {
		if (!strcmp(name, feed_format_names[i])) {
			*out = (enum feed_format)i;
			return true;
		}
	}
	return false;
}
