// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "rbldnsd.h"
#include "text.h"

#define GROUPS 8

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As many leading zeros as there are; beyond ffff, *text is inside it. */
static bool read_group(unsigned *out, const char **text)
{
	const char *begin = *text;
	unsigned n = 0;

	for (; hex_value(**text) >= 0; (*text)++) {
		n = n << 4 | (unsigned)hex_value(**text);
		if (n > 0xffff)
			return false;
	}
	*out = n;
	return *text != begin;
}

struct groups {
	unsigned value[GROUPS];
	unsigned count;
	int gap;       /* where "::" stands, or -1 */
	bool complete; /* it did not end in a colon */
};

/* A second "::" ends the address, and is the beginning of a value then: so rbldnsd reads it. */
static void read_groups(struct groups *g, const char **text)
{
	const char *at = *text;

	*g = (struct groups){.gap = -1};
	if (at[0] == ':' && at[1] == ':') {
		g->gap = 0;
		at += 2;
	}
	while (read_group(&g->value[g->count], &at)) {
		g->count++;
		if (*at != ':' || g->count == GROUPS) {
			g->complete = true;
			break;
		}
		at++;
		if (g->gap < 0 && *at == ':') {
			g->gap = (int)g->count;
			at++;
		}
	}
	*text = at;
}

/* How many bits were given, 128 with a gap; 0 where it is no address. */
static unsigned read_addr(struct wide *out, const char **text)
{
	struct groups g;
	uint64_t half[2] = {0};
	unsigned missing;

	read_groups(&g, text);
	missing = g.gap >= 0 ? GROUPS - g.count : 0;
	if (g.gap >= 0 ? !missing : !g.complete)
		return 0;
	for (unsigned i = 0; i < g.count; i++) {
		unsigned at = i + ((int)i >= g.gap ? missing : 0);

		half[at / 4] |= (uint64_t)g.value[i] << (48 - at % 4 * 16);
	}
	*out = (struct wide){half[0], half[1]};
	return g.gap >= 0 ? ADDR_BITS : g.count * 16;
}

/* NULL, or what is wrong. */
static const char *read_network(struct wide *base, unsigned *plen, const char **text)
{
	unsigned bits = read_addr(base, text);
	struct addr addr;

	if (!bits)
		return RBLDNSD_NO_ADDRESS;
	*plen = bits;
	if (**text == '/') {
		(*text)++;
		if (!read_number(plen, text, ADDR_BITS))
			return "has no length from 0 to 128 behind the slash";
		bits = 0;
	}
	if (!rbldnsd_ends(*text))
		return RBLDNSD_NO_ADDRESS;
	if (bits == 16)
		return "is one group alone: write /16 behind it";
	addr = addr_of_wide(*base);
	addr = prefix_of(&addr, *plen).addr;
	return wide_equal(wide_of(&addr), *base) ? NULL : RBLDNSD_HOST_BITS;
}

int feed_line_ip6trie(struct feed *feed, const struct feed_line *line)
{
	const char *at = line->text, *why;
	struct wide base;
	unsigned plen;
	bool excepted;
	int err;

	if (rbldnsd_common(feed, line, &err))
		return err;
	if (*at == ':' && at[1] != ':') {
		rbldnsd_value(feed, at, at);
		return 0;
	}
	excepted = rbldnsd_excepts(&at);
	why = read_network(&base, &plen, &at);
	if (why)
		return rbldnsd_bad(feed, line->text, why);
	if (!excepted) {
		if (!rbldnsd_value(feed, at, line->text))
			return 0;
		if (feed_is_too_wide(base, wide_end(base, plen)))
			return feed_too_wide(feed, line->text);
	}
	feed->used++;
	return trie_add(&feed->trie, base, plen, excepted);
}

int feed_line_ip6tset(struct feed *feed, const struct feed_line *line)
{
	const char *at = line->text;
	struct wide base;
	bool excepted;
	unsigned bits;
	int err;

	if (rbldnsd_common(feed, line, &err))
		return err;
	/* Whatever begins with a colon is a default value here, "::1" too. */
	if (*at == ':') {
		rbldnsd_value(feed, at, at);
		return 0;
	}
	excepted = rbldnsd_excepts(&at);
	bits = read_addr(&base, &at);
	if (!bits || !rbldnsd_ends(at))
		return rbldnsd_bad(feed, line->text, RBLDNSD_NO_ADDRESS);
	if (bits != (excepted ? 128 : 64))
		return rbldnsd_bad(feed, line->text,
				   excepted ? "is no single address, and ip6tset excepts no other"
					    : "is no /64 of four groups, as ip6tset wants");
	if (!excepted)
		return feed_list(feed, base, wide_end(base, 64), line->text);
	feed->used++;
	return feed_set_add(&feed->minus, base, base);
}
