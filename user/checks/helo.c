// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "../base/escape.h"
#include "helo.h"
#include "hostname.h"
#include "octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const helo_default_bots[] = {"ylmf-pc", "masscan"};
const size_t helo_default_bots_count = COUNT(helo_default_bots);

const char *const helo_default_suspects[] = {"User", "ADMIN", "ABC"};
const size_t helo_default_suspects_count = COUNT(helo_default_suspects);

#define SHOWN 88 /* of a name in a detail; leaves room for an address and words */

enum shape {
	SHAPE_NAME,
	SHAPE_BARE,        /* an address without brackets */
	SHAPE_LITERAL,     /* as RFC 5321 4.1.3 has it */
	SHAPE_BAD_LITERAL, /* brackets around something else */
};

struct helo {
	char text[HELO_MAX + 1]; /* lower case, one final dot cut */
	size_t len;
	char shown[SHOWN];
	enum shape shape;
	bool has_addr; /* a bad literal can name an address all the same: [2001:db8::1] */
	struct addr addr;
};

/*
 * inet_pton() refuses 198.051.100.007, which other servers read as an address: a forger of our own
 * address must not escape by two zeros. 0.0.0.0 is an address and 0.1.2.3 none, as in Postfix.
 */
static bool dotted_parse(struct addr *out, const char *text)
{
	unsigned char b[4];

	for (int i = 0; i < 4; i++) {
		if (i && *text++ != '.')
			return false;
		text = octet_parse(&b[i], text);
		if (!text)
			return false;
	}
	if (*text || (!b[0] && (b[1] || b[2] || b[3])))
		return false;
	*out = (struct addr){.b = {[10] = 0xff, 0xff, b[0], b[1], b[2], b[3]}};
	return true;
}

/* `inner`, in brackets or bare: the address it names, and whether a literal may be written so. */
static bool address_parse(struct addr *out, bool *proper, const char *inner)
{
	bool tagged = !strncmp(inner, "ipv6:", 5);

	if (tagged)
		inner += 5;
	if (dotted_parse(out, inner)) {
		*proper = !tagged;
		return true;
	}
	*proper = tagged;
	return strchr(inner, ':') && addr_parse(out, inner);
}

static void shape_parse(struct helo *h)
{
	char inner[HELO_MAX + 1];
	bool proper = false;

	if (h->text[0] != '[') {
		h->has_addr = address_parse(&h->addr, &proper, h->text);
		h->shape = h->has_addr ? SHAPE_BARE : SHAPE_NAME;
		return;
	}
	h->shape = SHAPE_BAD_LITERAL;
	if (h->text[h->len - 1] != ']' || h->len < 2)
		return;
	memcpy(inner, h->text + 1, h->len - 2);
	inner[h->len - 2] = '\0';
	h->has_addr = address_parse(&h->addr, &proper, inner);
	if (h->has_addr && proper)
		h->shape = SHAPE_LITERAL;
}

static void helo_parse(struct helo *h, const struct helo_facts *facts)
{
	memset(h, 0, sizeof(*h));
	escape_bytes(h->shown, sizeof(h->shown), facts->name, facts->len);
	h->len = facts->len;
	for (size_t i = 0; i < h->len; i++)
		h->text[i] = hostname_lower(facts->name[i]);
	if (h->len > 1 && h->text[h->len - 1] == '.')
		h->text[--h->len] = '\0';
	shape_parse(h);
}

/* `name` comes from a configuration or a banner, and may have a final dot as well. */
static bool is_name(const struct helo *h, const char *name)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	return len == h->len && !strncasecmp(h->text, name, len);
}

static bool is_one_of(const struct helo *h, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_name(h, names[i]))
			return true;
	return false;
}

static bool ends_in(const struct helo *h, const char *suffix)
{
	size_t len = strlen(suffix);

	return h->len > len && !strcmp(h->text + h->len - len, suffix);
}

/* Names under which a machine means itself. */
static bool is_localhost(const struct helo *h)
{
	return !strcmp(h->text, "localhost") || ends_in(h, ".localhost") ||
	       ends_in(h, ".localdomain");
}

/* Suffixes that no public DNS serves, so that many strangers bear the same name. */
static bool is_local_tld(const struct helo *h)
{
	static const char *const suffixes[] = {
		".local",     ".lan",  ".home",    ".internal", ".intranet", ".intern",  ".corp",
		".home.arpa", ".priv", ".private", ".localnet", ".loc",      ".invalid",
	};

	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (ends_in(h, suffixes[i]))
			return true;
	return false;
}

static bool is_loopback(const struct addr *addr)
{
	static const struct addr loopback6 = {.b = {[15] = 1}};

	return addr_equal(addr, &loopback6) || (addr_is_v4(addr) && addr->b[12] == 127);
}

/*
 * Private addresses collide: behind NAT somebody else's server has ours. A client that bears one
 * of our addresses itself tells the truth.
 */
static bool is_our_address(const struct addr *addr, const struct helo_facts *facts,
			   const struct helo_names *names)
{
	if (addr_special(addr) || addr_equal(addr, &facts->client))
		return false;
	if (addr_equal(addr, &facts->server))
		return true;
	for (size_t i = 0; i < names->our_addresses_count; i++)
		if (addr_equal(addr, &names->our_addresses[i]))
			return true;
	return false;
}

/* A host with both families may name itself by the other one: nothing follows from that. */
static bool is_somebody_else(const struct addr *addr, const struct addr *client)
{
	return addr_is_v4(addr) == addr_is_v4(client) && !addr_is_near(addr, client);
}

static void check_address(struct findings *out, const struct helo *h,
			  const struct helo_facts *facts, const struct helo_names *names)
{
	const struct special_net *special = addr_special(&h->addr);
	char text[ADDR_TEXT];

	if (is_our_address(&h->addr, facts, names))
		findings_put(out, FINDING_HELO_OUR_ADDRESS, false, h->shown);
	else if (is_loopback(&h->addr))
		findings_put(out, FINDING_HELO_LOCALHOST, false, h->shown);
	else if (h->shape == SHAPE_BARE)
		findings_put(out, FINDING_HELO_BARE_IP, false, h->shown);
	else if (h->shape == SHAPE_BAD_LITERAL)
		findings_put(out, FINDING_HELO_BAD_LITERAL, false, h->shown);
	else if (special)
		findings_add(out, FINDING_HELO_PRIVATE_LITERAL, false, "%s (%s)", h->shown,
			     special->name);
	else if (is_somebody_else(&h->addr, &facts->client))
		findings_add(out, FINDING_HELO_LITERAL_MISMATCH, false, "%s, but the client is %s",
			     h->shown, addr_format(text, &facts->client));
}

/*
 * A banner with a name that only a local network knows is no proof of forgery: the other side's
 * network may well have a mail.local of its own. A name that the administrator configured is.
 */
static bool check_our_name(struct findings *out, const struct helo *h,
			   const struct helo_facts *facts, const struct helo_names *names)
{
	bool configured = is_one_of(h, names->our_names, names->our_names_count);

	if (!strchr(h->text, '.'))
		return false;
	if (!configured && !(facts->banner_name && is_name(h, facts->banner_name)))
		return false;
	findings_put(out, FINDING_HELO_OUR_NAME, !configured && is_local_tld(h), h->shown);
	return true;
}

static void check_name(struct findings *out, const struct helo *h, const struct helo_facts *facts,
		       const struct helo_names *names)
{
	char text[ADDR_TEXT];

	if (!hostname_has_legal_bytes(h->text)) {
		findings_put(out, FINDING_HELO_ILLEGAL, true, h->shown);
		return;
	}
	if (is_localhost(h)) {
		findings_put(out, FINDING_HELO_LOCALHOST, false, h->shown);
		return;
	}
	if (check_our_name(out, h, facts, names))
		return;
	if (hostname_has_numeric_tld(h->text)) {
		findings_put(out, FINDING_HELO_NUMERIC_TLD, false, h->shown);
		return;
	}
	if (!hostname_has_legal_labels(h->text)) {
		findings_put(out, FINDING_HELO_ILLEGAL, true, h->shown);
		return;
	}
	if (octets_are_in_name(h->text, &facts->client))
		findings_add(out, FINDING_HELO_DYNAMIC, false, "%s carries %s", h->shown,
			     addr_format(text, &facts->client));
	if (!strchr(h->text, '.'))
		findings_put(out, FINDING_HELO_SINGLE_LABEL, false, h->shown);
	if (is_local_tld(h))
		findings_put(out, FINDING_HELO_LOCAL_TLD, false, h->shown);
	if (strchr(h->text, '_'))
		findings_put(out, FINDING_HELO_UNDERSCORE, false, h->shown);
}

/* What is wrong before the argument can be taken for a name at all. True: look no further. */
static bool check_bytes(struct findings *out, const struct helo_facts *facts)
{
	char shown[SHOWN];

	if (!facts->len) {
		findings_put(out, FINDING_HELO_ILLEGAL, true, "no name at all");
		return true;
	}
	escape_bytes(shown, sizeof(shown), facts->name, facts->len);
	for (size_t i = 0; i < facts->len; i++) {
		unsigned char c = (unsigned char)facts->name[i];

		if (c >= 0x20 && c != 0x7f)
			continue;
		findings_add(out, FINDING_HELO_ILLEGAL, false, "%s has the control byte 0x%02x",
			     shown, c);
		return true;
	}
	if (facts->len <= HELO_MAX)
		return false;
	findings_add(out, FINDING_HELO_ILLEGAL, true, "%zu bytes: %s", facts->len, shown);
	return true;
}

void helo_check(struct findings *out, const struct helo_facts *facts,
		const struct helo_names *names)
{
	struct helo h;

	if (check_bytes(out, facts))
		return;
	helo_parse(&h, facts);
	if (is_one_of(&h, names->known_bots, names->known_bots_count))
		findings_put(out, FINDING_HELO_KNOWN_BOT, false, h.shown);
	else if (is_one_of(&h, names->suspect_names, names->suspect_names_count))
		findings_put(out, FINDING_HELO_KNOWN_BOT, true, h.shown);
	else if (h.has_addr)
		check_address(out, &h, facts, names);
	else if (h.shape == SHAPE_BAD_LITERAL)
		findings_put(out, FINDING_HELO_BAD_LITERAL, false, h.shown);
	else
		check_name(out, &h, facts, names);
}
