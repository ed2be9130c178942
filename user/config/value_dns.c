// SPDX-License-Identifier: GPL-2.0-or-later
/* Servers of the DNS, brands, and what stands in dnsbl_sites and in the sections of lists. */
#include <stdio.h>
#include <string.h>

#include "dns.h"
#include "sites.h"
#include "value.h"
#include "../base/names.h"
#include "../checks/hostname.h"
#include "../dns/group.h"
#include "../dns/presets.h"

bool value_dns_checks(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	bool yes;

	if (!strcmp(text, "auto"))
		*(enum dns_checks *)out = DNS_CHECKS_AUTO;
	else if (value_bool(&yes, option, text, why))
		*(enum dns_checks *)out = yes ? DNS_CHECKS_YES : DNS_CHECKS_NO;
	else
		return value_refuse(why, text, "is neither auto nor yes nor no: write one of them");
	return true;
}

/* Those of SPF often begin with an underscore. */
bool value_spf_domain(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	char name[HOSTNAME_MAX + 1];

	(void)out;
	(void)option;
	return hostname_parse(name, text) ||
	       value_refuse(why, text,
			    "is no domain: write the one whose SPF record names the networks "
			    "(example.net, _spf.example.net)");
}

bool value_dns_server(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	struct dns_server server;

	(void)out;
	(void)option;
	return dns_server_parse(&server, text) ||
	       value_refuse(why, text,
			    "is no server: write its address, and its port behind an @ where it is "
			    "not 53: 192.0.2.53, 127.0.0.1@5353, 2001:db8::53");
}

bool value_dns_stub(void *out, const struct config_option *option, const char *text,
		    char why[WHY_TEXT])
{
	struct dns_stub stub;

	(void)out;
	(void)option;
	return dns_stub_parse(&stub, text) ||
	       value_refuse(why, text,
			    "is no zone with its server: write both, as in "
			    "bl.example.net=127.0.0.1@5300");
}

bool value_brand(void *out, const struct config_option *option, const char *text,
		 char why[WHY_TEXT])
{
	size_t domains;

	(void)out;
	(void)option;
	return brand_text_is_good(text, &domains) ||
	       value_refuse(why, text,
			    "is no brand: write its name and the domains of its machines, as in "
			    "gmail.com=google.com,googlemail.com, in ASCII, without blanks");
}

bool value_dnsbl_site(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	struct list site;

	(void)out;
	(void)option;
	return site_parse(&site, text, why, WHY_TEXT);
}

bool value_list_kind(void *out, const struct config_option *option, const char *text,
		     char why[WHY_TEXT])
{
	(void)option;
	return list_kind_parse(out, text) ||
	       value_refuse(why, text,
			    "is no kind of list: write dnsbl, dnswl, rhsbl-helo or rhsbl-sender");
}

bool value_convict(void *out, const struct config_option *option, const char *text,
		   char why[WHY_TEXT])
{
	struct list_group group;

	(void)out;
	(void)option;
	return group_parse(&group, text, true, why, WHY_TEXT);
}

bool value_score(void *out, const struct config_option *option, const char *text,
		 char why[WHY_TEXT])
{
	struct list_group group;

	(void)out;
	(void)option;
	return group_parse(&group, text, false, why, WHY_TEXT);
}

bool value_port_class(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	enum port_class class;

	(void)out;
	(void)option;
	return ports_parse(&class, text) ||
	       value_refuse(why, text, "is no class of ports: write mx or submission");
}

bool value_family(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return !strcmp(text, "v4") || !strcmp(text, "v6") ||
	       value_refuse(why, text, "is no family of addresses: write v4 or v6");
}

bool value_canary(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	char name[HOSTNAME_MAX + 1];
	struct addr addr;

	(void)out;
	(void)option;
	return addr_parse(&addr, text) || hostname_parse(name, text) ||
	       value_refuse(why, text,
			    "is neither an address nor a domain: write one that the list never "
			    "has, such as the address of your own mail server");
}

/* The value is not quoted: it is secret. */
bool value_list_key(void *out, const struct config_option *option, const char *text,
		    char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	if (preset_key_is_good(text))
		return true;
	snprintf(why, WHY_TEXT,
		 "the key (not shown here) is none: it may have 63 letters, digits and hyphens; "
		 "copy it from the operator's page, without the zone");
	return false;
}
