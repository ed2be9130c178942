// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *octet_parse(unsigned char *out, const char *text)
{
	unsigned value = 0;
	int digits = 0;

	for (; *text >= '0' && *text <= '9'; text++, digits++)
		value = value * 10 + (unsigned)(*text - '0');
	if (digits < 1 || digits > 3 || value > 255)
		return NULL;
	*out = (unsigned char)value;
	return text;
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* `n` octets, one after the other in steps of `step`, as numbers with one separator between. */
static bool octets_at(const char *text, const unsigned char *octet, int n, int step)
{
	for (int i = 0; i < n; i++, octet += step) {
		unsigned char value;

		if (i && !is_separator(*text++))
			return false;
		text = octet_parse(&value, text);
		if (!text || value != *octet)
			return false;
	}
	return true;
}

/* The octets from `octet` on, in either order, anywhere in the name. */
static bool has_octets(const char *name, const unsigned char *octet, int n)
{
	for (const char *at = name; *at; at++) {
		if (!is_digit(*at) || (at != name && is_digit(at[-1])))
			continue;
		if (octets_at(at, octet, n, 1) || octets_at(at, octet + n - 1, n, -1))
			return true;
	}
	return false;
}

#define PACKED_LEAST 8 /* digits */

/* Hardly any name has: printing the address for each would cost more than all else here. */
static bool has_long_number(const char *name)
{
	size_t run = 0;

	for (; *name && run < PACKED_LEAST; name++)
		run = is_digit(*name) || (*name >= 'a' && *name <= 'f') ? run + 1 : 0;
	return run == PACKED_LEAST;
}

/* 203000113007 or cb007107, in either order: too long to be there by chance. */
static bool has_packed_octets(const char *name, const unsigned char *o)
{
	static const char *const formats[] = {"%03u%03u%03u%03u", "%02x%02x%02x%02x"};
	char text[16];

	if (!has_long_number(name))
		return false;
	for (size_t i = 0; i < COUNT(formats); i++) {
		snprintf(text, sizeof(text), formats[i], o[0], o[1], o[2], o[3]);
		if (strstr(name, text))
			return true;
		snprintf(text, sizeof(text), formats[i], o[3], o[2], o[1], o[0]);
		if (strstr(name, text))
			return true;
	}
	return false;
}

/* Whole words only: "dyn" is in the names of honest companies. */
static bool has_dynamic_word(const char *name)
{
	static const char *const words[] = {
		"dsl",   "adsl",       "vdsl", "xdsl",   "dyn",    "dynamic",
		"dynip", "dhcp",       "pool", "pppoe",  "ppp",    "pools",
		"cable", "cablemodem", "dial", "dialup", "dialin",
	};

	for (const char *at = name; *at;) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz");

		for (size_t i = 0; i < COUNT(words); i++)
			if (len == strlen(words[i]) && !memcmp(at, words[i], len))
				return true;
		at += len ? len : 1;
	}
	return false;
}

bool octets_are_in_name(const char *name, const struct addr *client)
{
	const unsigned char *octets = client->b + 12;

	if (!addr_is_v4(client))
		return false;
	return has_octets(name, octets, 4) || has_packed_octets(name, octets) ||
	       (has_octets(name, octets + 2, 2) && has_dynamic_word(name));
}

/* Each octet by a number of its own: "157.red-80-32-90.example.net". */
static bool has_octets_anywhere(const char *name, const unsigned char *octet)
{
	unsigned left = 0xf; /* octets that no number stands for yet */

	for (const char *at = name; *at && left;) {
		size_t digits = strspn(at, "0123456789");
		unsigned char value;

		if (digits && octet_parse(&value, at)) {
			for (int i = 0; i < 4; i++) {
				if (!(left & 1U << i) || octet[i] != value)
					continue;
				left &= ~(1U << i);
				break;
			}
		}
		at += digits ? digits : 1;
	}
	return !left;
}

/* `from` without what separates its parts; cut to `size` with the terminating zero. */
static void strip(char *to, size_t size, const char *from)
{
	for (; *from && size > 1; from++) {
		if (is_separator(*from) || *from == ':')
			continue;
		*to++ = *from;
		size--;
	}
	*to = '\0';
}

/* Shorter ones can be there by chance: "2a00::1" leaves five digits. */
#define HEX_MIN 8

static bool has_hex(const char *stripped, const char *hex)
{
	return strlen(hex) >= HEX_MIN && strstr(stripped, hex);
}

/* All 32 digits in either order, "2001-db8-0-0-0-0-0-1", "2001-db8--1". */
static bool has_v6(const char *name, const struct addr *client)
{
	char stripped[256], text[ADDR_TEXT], hex[33], back[33], loose[33];
	const unsigned char *b = client->b;
	size_t n = 0;

	strip(stripped, sizeof(stripped), name);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", b[i]);
	for (int i = 0; i < 32; i++)
		back[i] = hex[31 - i];
	back[32] = '\0';
	for (int i = 0; i < 16; i += 2)
		n += (size_t)snprintf(loose + n, sizeof(loose) - n, "%x",
				      (unsigned)b[i] << 8 | b[i + 1]);
	if (has_hex(stripped, hex) || has_hex(stripped, back) || has_hex(stripped, loose))
		return true;
	strip(hex, sizeof(hex), addr_format(text, client));
	return has_hex(stripped, hex);
}

bool octets_are_in_reverse_name(const char *name, const struct addr *client)
{
	if (!addr_is_v4(client))
		return has_v6(name, client);
	return octets_are_in_name(name, client) || has_octets(name, client->b + 13, 3) ||
	       has_octets_anywhere(name, client->b + 12);
}

bool addr_is_near(const struct addr *addr, const struct addr *client)
{
	struct prefix near = prefix_of(client, addr_is_v4(client) ? ADDR_V4_BITS + 24 : 64);

	return prefix_contains(&near, addr);
}
