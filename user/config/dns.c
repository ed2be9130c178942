// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "value.h"
#include "../base/endpoint.h"
#include "../checks/hostname.h"

#define DNS_PORT 53

/* What a resolver needs besides, and nobody has to set. */
#define CACHE_TTL_MAX    86400U
#define NEGATIVE_TTL_MAX 900U
#define UNDER_WAY_MAX    65536U

bool dns_server_parse(struct dns_server *out, const char *text)
{
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : strlen(text);
	char addr[ADDR_TEXT];

	memset(out, 0, sizeof(*out));
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	out->port = DNS_PORT;
	return addr_parse(&out->addr, addr) && (!at || port_parse(&out->port, at + 1));
}

bool dns_stub_parse(struct dns_stub *out, const char *text)
{
	const char *equal = strchr(text, '=');
	char zone[DNS_NAME], name[HOSTNAME_MAX + 1];
	size_t len = equal ? (size_t)(equal - text) : 0;

	memset(out, 0, sizeof(*out));
	if (!len || len >= sizeof(zone))
		return false;
	memcpy(zone, text, len);
	zone[len] = '\0';
	if (!hostname_parse(name, zone) || !dns_server_parse(&out->server, equal + 1))
		return false;
	memcpy(out->zone, name, strlen(name) + 1);
	return true;
}

bool brand_text_is_good(const char *text, size_t *domains)
{
	char part[HOSTNAME_MAX + 2], name[HOSTNAME_MAX + 1];
	size_t parts = 0;

	for (const char *at = text;; parts++) {
		size_t len = strcspn(at, parts ? "," : "=");

		/* "NAME=" alone: no domains. */
		if (parts == 1 && !*at)
			break;
		if (len >= sizeof(part) || (!parts && at[len] != '='))
			return false;
		memcpy(part, at, len);
		part[len] = '\0';
		if (!hostname_parse(name, part) || name[strlen(part) - 1] == '\0')
			return false;
		if (!at[len]) {
			parts++;
			break;
		}
		at += len + 1;
	}
	*domains = parts - 1;
	return true;
}

static void *array_of(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

bool config_build_dns(struct dns_config *dns)
{
	free(dns->servers);
	free(dns->stubs);
	dns->servers_count = dns->stubs_count = 0;
	dns->servers = array_of(dns->server_texts.count, sizeof(*dns->servers));
	dns->stubs = array_of(dns->stub_texts.count, sizeof(*dns->stubs));
	if (!dns->servers || !dns->stubs)
		return false;
	for (size_t i = 0; i < dns->server_texts.count; i++)
		dns->servers_count += dns_server_parse(&dns->servers[dns->servers_count],
						       dns->server_texts.item[i]);
	for (size_t i = 0; i < dns->stub_texts.count; i++)
		dns->stubs_count +=
			dns_stub_parse(&dns->stubs[dns->stubs_count], dns->stub_texts.item[i]);
	return true;
}

static bool is_named(const struct name_list *texts, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < texts->count; i++)
		if (!strncasecmp(texts->item[i], name, len) && texts->item[i][len] == '=')
			return true;
	return false;
}

/* The domains of a text, cut apart, as a brand; returns where the next brand's may stand. */
static const char **take_brand(struct brand *out, char *text, const char **domains)
{
	char *at = strchr(text, '=');

	for (char *c = text; *c; c++)
		*c = hostname_lower(*c);
	*out = (struct brand){.name = text, .suffixes = domains};
	while (at) {
		*at++ = '\0';
		*domains++ = at;
		at = strchr(at, ',');
	}
	*domains++ = NULL;
	return domains;
}

bool config_build_brands(struct config *config)
{
	struct name_list *texts = &config->brand_texts;
	size_t places = 0, domains;
	const char **place;

	for (size_t i = 0; i < texts->count; i++)
		places += brand_text_is_good(texts->item[i], &domains) ? domains + 1 : 0;
	free(config->brands);
	free(config->brand_domains);
	config->brands_count = 0;
	config->brands = array_of(brands_default_count + texts->count, sizeof(struct brand));
	config->brand_domains = place = array_of(places, sizeof(*place));
	if (!config->brands || !place)
		return false;
	for (size_t i = 0; i < brands_default_count; i++)
		if (!is_named(texts, brands_default[i].name))
			config->brands[config->brands_count++] = brands_default[i];
	for (size_t i = 0; i < texts->count; i++)
		if (brand_text_is_good(texts->item[i], &domains) && domains)
			place = take_brand(&config->brands[config->brands_count++], texts->item[i],
					   place);
	return true;
}

struct resolver_settings config_resolver_settings(const struct config *config)
{
	const struct dns_config *dns = &config->dns;

	return (struct resolver_settings){
		.servers_count = dns->servers_count,
		.servers = dns->servers,
		.stubs_count = dns->stubs_count,
		.stubs = dns->stubs,
		.timeout = dns->timeout * 1000,
		.ttl_min = dns->ttl_min,
		.ttl_max = dns->ttl_max > CACHE_TTL_MAX ? dns->ttl_max : CACHE_TTL_MAX,
		.negative_ttl_max = NEGATIVE_TTL_MAX,
		.cache_bytes = dns->cache_bytes,
		.under_way_max = UNDER_WAY_MAX,
	};
}

static bool decide(const struct config *config, enum dns_checks checks)
{
	if (checks == DNS_CHECKS_AUTO)
		return config->lists_count || config->dns.servers_count;
	return checks == DNS_CHECKS_YES;
}

bool config_dns_checks(const struct config *config)
{
	return decide(config, config->dns.checks);
}

bool config_allow_senders(const struct config *config)
{
	return decide(config, config->allow_senders);
}

bool config_allows_name(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->allow_names.count; i++) {
		const char *allowed = config->allow_names.item[i];
		size_t dot = *allowed == '.';

		if (hostname_is_under(name, allowed + dot) &&
		    (!dot || strlen(name) >= strlen(allowed)))
			return true;
	}
	return false;
}

bool config_needs_dns(const struct config *config)
{
	return config->lists_count || config->allow_names.count || config->allow_spf.count ||
	       config_dns_checks(config) || config_allow_senders(config);
}
