// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "value.h"
#include "../base/addr.h"

/* 192.0.2.1/24 -> 192.0.2.0/24, where only the host bits are wrong. */
static bool without_host_bits(struct prefix *out, const char *text)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT], length[ADDR_TEXT];
	struct addr addr;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	/* The zero network of the same family has no host bits: its length alone decides. */
	snprintf(length, sizeof(length), "%s%.8s", strchr(host, ':') ? "::" : "0.0.0.0", slash);
	if (!addr_parse(&addr, host) || !prefix_parse(out, length))
		return false;
	*out = prefix_of(&addr, out->plen);
	return true;
}

bool value_network(void *out, const struct config_option *option, const char *text,
		   char why[WHY_TEXT])
{
	char right[ADDR_TEXT];
	struct prefix network;

	(void)option;
	if (prefix_parse(out, text))
		return true;
	if (without_host_bits(&network, text))
		return value_refuse(
			why, text, "has bits set behind its length: write %s, or the address alone",
			prefix_format(right, &network));
	return value_refuse(why, text,
			    "is no address and no network: write 192.0.2.1, 192.0.2.0/24, "
			    "2001:db8::1 or 2001:db8::/32");
}

bool value_allowed_network(void *out, const struct config_option *option, const char *text,
			   char why[WHY_TEXT])
{
	const struct prefix *network = out;

	if (!value_network(out, option, text, why))
		return false;
	if (prefix_holds_all_v4(network))
		return value_refuse(why, text,
				    "holds all of IPv4 and would switch the filter off: name the "
				    "networks you mean, or set mode = monitor");
	if (!prefix_is_too_wide(network))
		return true;
	return value_refuse(why, text,
			    "is wider than /%d and would switch the filter off for a large part of "
			    "the internet: name the networks you mean, or set mode = monitor",
			    addr_is_v4(&network->addr) ? PREFIX_V4_SHORTEST : PREFIX_V6_SHORTEST);
}

bool value_public_address(void *out, const struct config_option *option, const char *text,
			  char why[WHY_TEXT])
{
	const struct special_net *special;
	struct addr addr;

	(void)option;
	if (!addr_parse(&addr, text))
		return value_refuse(
			why, text,
			"is no address: write single ones, such as 192.0.2.1 or 2001:db8::1");
	special = addr_special(&addr);
	if (special)
		return value_refuse(
			why, text,
			"is not public (%s): write the address under which the internet "
			"knows this server",
			special->name);
	*(struct prefix *)out = prefix_of(&addr, ADDR_BITS);
	return true;
}
