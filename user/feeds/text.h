/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces of text that the list formats share. Each reader moves *text behind what it read and
 * says whether there was anything; texts end in a zero byte. What may follow is the format's own
 * affair.
 */
#ifndef MXDP_FEEDS_TEXT_H
#define MXDP_FEEDS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *skip_blanks(const char *text)
{
	while (is_blank(*text))
		text++;
	return text;
}

/* Decimal, with as many leading zeros as there are. At a number above `max`, *text is inside it. */
static inline bool read_number(unsigned *out, const char **text, unsigned max)
{
	unsigned long long n = 0;

	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		n = n * 10 + (unsigned)(**text - '0');
		if (n > max)
			return false;
	}
	*out = (unsigned)n;
	return true;
}

/* "192.0.2.1" and nothing looser: a leading zero is octal to some. */
static inline bool read_quad(uint32_t *out, const char **text)
{
	const char *at = *text;
	uint32_t all = 0;

	for (unsigned i = 0; i < 4; i++) {
		unsigned octet;

		if (i && *at++ != '.')
			return false;
		if (at[0] == '0' && is_digit(at[1]))
			return false;
		if (!read_number(&octet, &at, 255))
			return false;
		all = all << 8 | octet;
	}
	*out = all;
	*text = at;
	return true;
}

/* The bits in front of an IPv4 prefix of this length. */
static inline uint32_t mask4(unsigned plen)
{
	return plen ? UINT32_MAX << (32 - plen) : 0;
}

#endif
