// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "hostname.h"
#include "octets.h"

/* Of a name in a detail: room is left for an address, a second name and words. */
#define SHOWN "%.60s"

void check_client_dns(struct findings *out, const struct client_facts *client)
{
	char text[ADDR_TEXT];

	addr_format(text, &client->client);
	if (client->has_name == FACT_NO)
		findings_add(out, FINDING_RDNS_MISSING, false, "%s has no name", text);
	else if (client->has_name == FACT_YES && client->confirmed == FACT_NO && client->count)
		findings_add(out, FINDING_RDNS_MISMATCH, false,
			     "%s is called " SHOWN ", which does not have that address", text,
			     client->name[0]);
	else if (client->has_name == FACT_YES && client->confirmed == FACT_NO)
		findings_add(out, FINDING_RDNS_MISMATCH, false,
			     "%s is called what no host can be called", text);
}

/* Whether some address of the HELO is the client's or near it: pools send by neighbours. */
static bool is_near_helo(const struct helo_dns_facts *helo, const struct addr *client)
{
	for (size_t i = 0; i < helo->count; i++)
		if (addr_is_near(&helo->addr[i], client))
			return true;
	return false;
}

/* An address of the client's family, or NULL: the other family's say nothing about the client. */
static const struct addr *other_addr(const struct helo_dns_facts *helo, const struct addr *client)
{
	for (size_t i = 0; i < helo->count; i++)
		if (addr_is_v4(&helo->addr[i]) == addr_is_v4(client))
			return &helo->addr[i];
	return NULL;
}

/*
 * Big sites greet by the name of one machine and send by another, and real relays do: a reverse
 * name in the HELO's own domain lets the client off, also one that may yet prove true.
 */
static bool may_be_same_house(const struct helo_dns_facts *helo, const struct client_facts *client)
{
	const char *domain = hostname_domain(helo->helo);

	if (client->has_name == FACT_UNKNOWN || client->cut)
		return true;
	for (size_t i = 0; i < client->count - client->refuted_count; i++)
		if (!strcmp(hostname_domain(client->name[i]), domain))
			return true;
	return false;
}

static void check_mismatch(struct findings *out, const struct helo_dns_facts *helo,
			   const struct client_facts *client)
{
	bool known = addr_is_v4(&client->client) ? helo->v4_known : helo->v6_known;
	const struct addr *other = other_addr(helo, &client->client);
	char here[ADDR_TEXT], there[ADDR_TEXT];

	if (!known || !other || is_near_helo(helo, &client->client) ||
	    may_be_same_house(helo, client))
		return;
	findings_add(out, FINDING_HELO_DNS_MISMATCH, false, SHOWN " is %s, but the client is %s",
		     helo->helo, addr_format(there, other), addr_format(here, &client->client));
}

static const struct brand *brand_of(const char *helo, const struct brand *brands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(helo, brands[i].name))
			return &brands[i];
	return NULL;
}

static bool is_of_brand(const char *name, const struct brand *brand)
{
	for (const char *const *suffix = brand->suffixes; *suffix; suffix++)
		if (hostname_is_under(name, *suffix))
			return true;
	return false;
}

/*
 * Whether the DNS says for certain that the client is none of the brand's machines: it has no name,
 * or it is another by name. A refuted name counts for nothing, as anybody may write one.
 */
static bool is_none_of(const struct client_facts *client, const struct brand *brand)
{
	if (client->has_name != FACT_YES)
		return client->has_name == FACT_NO;
	for (size_t i = 0; i < client->count - client->refuted_count; i++)
		if (is_of_brand(client->name[i], brand))
			return false;
	return client->confirmed == FACT_YES || !client->cut;
}

static void check_brand(struct findings *out, const struct helo_dns_facts *helo,
			const struct client_facts *client, const struct brand *brands, size_t count)
{
	const struct brand *brand = brand_of(helo->helo, brands, count);
	char text[ADDR_TEXT];

	if (!brand || !is_none_of(client, brand) || is_near_helo(helo, &client->client))
		return;
	addr_format(text, &client->client);
	if (client->confirmed == FACT_YES)
		findings_add(out, FINDING_HELO_BRAND_FORGERY, false, SHOWN ", but %s is " SHOWN,
			     helo->helo, text, client->name[0]);
	else
		findings_add(out, FINDING_HELO_BRAND_FORGERY, false,
			     SHOWN ", but %s has no such name", helo->helo, text);
}

/* What an access network calls the address: a mail server's administrator would have named it. */
static void check_dynamic(struct findings *out, const struct helo_dns_facts *helo,
			  const struct client_facts *client)
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < client->count; i++) {
		if (strcmp(client->name[i], helo->helo) ||
		    !octets_are_in_reverse_name(helo->helo, &client->client))
			continue;
		findings_add(out, FINDING_HELO_DYNAMIC, false,
			     SHOWN ", the client's reverse name, carries %s", helo->helo,
			     addr_format(text, &client->client));
		return;
	}
}

void check_helo_dns(struct findings *out, const struct helo_dns_facts *helo,
		    const struct client_facts *client, const struct brand *brands,
		    size_t brands_count)
{
	if (helo->resolves == FACT_NO)
		findings_add(out, FINDING_HELO_UNRESOLVABLE, false, SHOWN " has no address, no MX",
			     helo->helo);
	if (!client)
		return;
	check_mismatch(out, helo, client);
	check_brand(out, helo, client, brands, brands_count);
	check_dynamic(out, helo, client);
}

void check_sender_dns(struct findings *out, const struct sender_dns_facts *sender)
{
	if (sender->resolves != FACT_NO)
		return;
	findings_add(out, FINDING_SENDER_UNRESOLVABLE, false,
		     sender->null_mx ? SHOWN " takes no mail by its own word (null MX)"
				     : SHOWN " has no MX, no address",
		     sender->domain);
}
