// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

struct addr addr_from_v4(__be32 v4)
{
	return (struct addr){.w = {0, 0, ADDR_V4_MARK, v4}};
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool addr_parse(struct addr *out, const char *text)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*out = addr_from_v4(v4.s_addr);
		return true;
	}
	return inet_pton(AF_INET6, text, out->b) == 1;
}

/* By hand: inet_ntop() goes through printf, and each session's line has two addresses. */

static void v4_format(char *text, const unsigned char *octet)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*text++ = '.';
		if (octet[i] >= 100)
			*text++ = (char)('0' + octet[i] / 100);
		if (octet[i] >= 10)
			*text++ = (char)('0' + octet[i] / 10 % 10);
		*text++ = (char)('0' + octet[i] % 10);
	}
	*text = '\0';
}

static unsigned group_of(const struct addr *addr, int i)
{
	return (unsigned)addr->b[2 * i] << 8 | addr->b[2 * i + 1];
}

/* The first of the longest runs of zero groups, of two or more (RFC 5952 4.2); 8 where none is. */
static int longest_run(const struct addr *addr, int *len)
{
	int best = 8;

	*len = 1;
	for (int i = 0, run = 0; i < 8; i++) {
		run = group_of(addr, i) ? 0 : run + 1;
		if (run > *len) {
			*len = run;
			best = i + 1 - run;
		}
	}
	return best;
}

static char *group_format(char *text, unsigned group)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4)
		if (group >> shift || !shift)
			*text++ = digits[group >> shift & 15];
	return text;
}

static void v6_format(char *text, const struct addr *addr)
{
	int len, run = longest_run(addr, &len);

	for (int i = 0; i < 8; i++) {
		if (i == run) {
			*text++ = ':';
			i += len - 1;
			if (i == 7)
				*text++ = ':';
			continue;
		}
		if (i)
			*text++ = ':';
		text = group_format(text, group_of(addr, i));
	}
	*text = '\0';
}

const char *addr_format(char *text, const struct addr *addr)
{
	if (addr_is_v4(addr))
		v4_format(text, addr->b + 12);
	else if (addr->w[0] | addr->w[1] | addr->w[2])
		v6_format(text, addr);
	else
		inet_ntop(AF_INET6, addr->b, text, ADDR_TEXT); /* "::", "::1", "::192.0.2.1" */
	return text;
}

struct prefix prefix_of(const struct addr *addr, unsigned plen)
{
	struct prefix p = {.addr = *addr, .plen = plen};

	for (unsigned i = 0; i < sizeof(p.addr.b); i++) {
		unsigned keep = plen > i * 8 ? plen - i * 8 : 0;

		if (keep < 8)
			p.addr.b[i] &= (unsigned char)(0xff00 >> keep);
	}
	return p;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->plen == b->plen && addr_equal(&a->addr, &b->addr);
}

static bool length_parse(unsigned *out, const char *text, unsigned max)
{
	unsigned n = 0;

	if (!*text || strlen(text) > 3 || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*out = n;
	return n <= max;
}

bool prefix_parse(struct prefix *out, const char *text)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT];
	struct addr addr;
	unsigned plen = 0;

	if (!slash) {
		if (!addr_parse(&addr, text))
			return false;
		*out = prefix_of(&addr, ADDR_BITS);
		return true;
	}
	if ((size_t)(slash - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (!addr_parse(&addr, host))
		return false;
	/* An IPv4-mapped address written as IPv6 counts its length over 128 bits already. */
	if (strchr(host, ':')) {
		if (!length_parse(&plen, slash + 1, ADDR_BITS))
			return false;
	} else {
		if (!length_parse(&plen, slash + 1, ADDR_BITS - ADDR_V4_BITS))
			return false;
		plen += ADDR_V4_BITS;
	}
	*out = prefix_of(&addr, plen);
	return addr_equal(&out->addr, &addr);
}

const char *prefix_format(char *text, const struct prefix *prefix)
{
	size_t n;

	addr_format(text, &prefix->addr);
	if (prefix->plen == ADDR_BITS)
		return text;
	n = strlen(text);
	snprintf(text + n, ADDR_TEXT - n, "/%u",
		 addr_is_v4(&prefix->addr) && prefix->plen >= ADDR_V4_BITS
			 ? prefix->plen - ADDR_V4_BITS
			 : prefix->plen);
	return text;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	unsigned whole = prefix->plen / 8, rest = prefix->plen % 8;

	if (memcmp(prefix->addr.b, addr->b, whole))
		return false;
	return !rest || !((prefix->addr.b[whole] ^ addr->b[whole]) >> (8 - rest));
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->plen < b->plen ? prefix_contains(a, &b->addr) : prefix_contains(b, &a->addr);
}

bool prefix_is_too_wide(const struct prefix *prefix)
{
	bool v4 = addr_is_v4(&prefix->addr);

	return prefix->plen < (v4 ? ADDR_V4_BITS + PREFIX_V4_SHORTEST : PREFIX_V6_SHORTEST);
}

bool prefix_holds_all_v4(const struct prefix *prefix)
{
	static const struct addr any = {.b = {[10] = 0xff, [11] = 0xff}};

	return prefix->plen <= ADDR_V4_BITS && prefix_contains(prefix, &any);
}

#define V4(i, j, k, l, len)                                                             \
	{                                                                               \
		.addr.b = {[10] = 0xff, 0xff, i, j, k, l}, .plen = ADDR_V4_BITS + (len) \
	}

/*
 * IANA special-purpose registries, and site-local (RFC 3879); 192.0.2, 198.51.100, 203.0.113 and
 * 2001:db8 are left out on purpose.
 */
const struct special_net special_nets[] = {
	{V4(0, 0, 0, 0, 8), "this network"},
	{V4(10, 0, 0, 0, 8), "private"},
	{V4(100, 64, 0, 0, 10), "carrier-grade NAT"},
	{V4(127, 0, 0, 0, 8), "loopback"},
	{V4(169, 254, 0, 0, 16), "link-local"},
	{V4(172, 16, 0, 0, 12), "private"},
	{V4(192, 0, 0, 0, 24), "protocol assignments"},
	{V4(192, 168, 0, 0, 16), "private"},
	{V4(198, 18, 0, 0, 15), "benchmarking"},
	{V4(224, 0, 0, 0, 4), "multicast"},
	{V4(240, 0, 0, 0, 4), "reserved"},
	{{.addr.b = {0}, .plen = 128}, "unspecified"},
	{{.addr.b = {[15] = 1}, .plen = 128}, "loopback"},
	{{.addr.b = {0x00, 0x64, 0xff, 0x9b}, .plen = 96}, "NAT64"},
	{{.addr.b = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, .plen = 48}, "local NAT64"},
	{{.addr.b = {0x01}, .plen = 64}, "discard-only"},
	{{.addr.b = {0x20, 0x01, 0x00, 0x02}, .plen = 48}, "benchmarking"},
	{{.addr.b = {0x5f, 0x00}, .plen = 16}, "segment routing"},
	{{.addr.b = {0xfc}, .plen = 7}, "unique local"},
	{{.addr.b = {0xfe, 0x80}, .plen = 10}, "link-local"},
	{{.addr.b = {0xfe, 0xc0}, .plen = 10}, "site-local"},
	{{.addr.b = {0xff}, .plen = 8}, "multicast"},
};
const size_t special_nets_count = sizeof(special_nets) / sizeof(special_nets[0]);

const struct special_net *addr_special(const struct addr *addr)
{
	for (size_t i = 0; i < special_nets_count; i++)
		if (prefix_contains(&special_nets[i].prefix, addr))
			return &special_nets[i];
	return NULL;
}
