// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "../base/escape.h"
#include "wire.h"

#define LABEL_MAX 63

static bool may_stand_in_label(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '.' && c != '\\';
}

static char lower(unsigned char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

bool wire_name_copy(char out[DNS_NAME], const char *name)
{
	size_t label = 0, n = 0;

	for (; *name; name++) {
		if (*name == '.' ? !label : !may_stand_in_label((unsigned char)*name))
			return false;
		label = *name == '.' ? 0 : label + 1;
		/* 255 on the wire: with the first length and the root's zero, 253 as text. */
		if (label > LABEL_MAX || n >= DNS_NAME - 3)
			return false;
		out[n++] = lower((unsigned char)*name);
	}
	out[n] = '\0';
	return label;
}

bool wire_name_read(char out[DNS_NAME], const void *rdata, size_t len)
{
	const unsigned char *in = rdata, *end = in + len;
	size_t n = 0;

	if (len > DNS_NAME - 1)
		return false;
	while (in < end && *in) {
		size_t label = *in++;

		if (label > LABEL_MAX || label >= (size_t)(end - in))
			return false;
		if (n)
			out[n++] = '.';
		for (; label; label--) {
			if (!may_stand_in_label(*in))
				return false;
			out[n++] = lower(*in++);
		}
	}
	out[n] = '\0';
	return in + 1 == end;
}

static void add_v4(struct dns_answer *out, const unsigned char *data, size_t len)
{
	__be32 v4;

	if (len != sizeof(v4))
		return;
	memcpy(&v4, data, sizeof(v4));
	out->addr[out->count++] = addr_from_v4(v4);
}

/* ::ffff:a.b.c.d in an AAAA record would pass for the IPv4 address (RFC 4942 2.2): nobody's. */
static void add_v6(struct dns_answer *out, const unsigned char *data, size_t len)
{
	struct addr addr;

	if (len != sizeof(addr.b))
		return;
	memcpy(addr.b, data, sizeof(addr.b));
	if (!addr_is_v4(&addr))
		out->addr[out->count++] = addr;
}

static void add_name(struct dns_answer *out, const unsigned char *data, size_t len)
{
	if (wire_name_read(out->name[out->count], data, len) && out->name[out->count][0])
		out->count++;
}

/* `preference` of those that are kept, in order; the last gives way where there is no room. */
static void add_mx(struct dns_answer *out, unsigned preference[DNS_RECORDS],
		   const unsigned char *data, size_t len)
{
	char name[DNS_NAME];
	unsigned wanted;
	size_t at = out->count;

	if (len < 2 || !wire_name_read(name, data + 2, len - 2))
		return;
	wanted = (unsigned)data[0] << 8 | data[1];
	while (at && preference[at - 1] > wanted)
		at--;
	if (at == DNS_RECORDS)
		return;
	if (out->count == DNS_RECORDS)
		out->count--;
	memmove(out->name[at + 1], out->name[at], (out->count - at) * DNS_NAME);
	memmove(preference + at + 1, preference + at, (out->count - at) * sizeof(*preference));
	strcpy(out->name[at], name);
	preference[at] = wanted;
	out->count++;
}

/*
 * One or more strings, which are one text without blanks between (RFC 7208 3.3 says it aloud). How
 * long it is, whatever there was room for; negative where they do not make up the record.
 */
static int join_strings(unsigned char text[DNS_SPF], const unsigned char *data, size_t len)
{
	size_t n = 0;

	while (len) {
		size_t piece = *data++, room = n < DNS_SPF ? DNS_SPF - n : 0;

		if (piece > --len)
			return -1;
		memcpy(text + DNS_SPF - room, data, piece < room ? piece : room);
		n += piece;
		data += piece;
		len -= piece;
	}
	return (int)n;
}

/* RFC 7208 4.5: the version, then a blank or nothing. */
static bool is_spf(const unsigned char *text, size_t len)
{
	static const char version[] = "v=spf1";
	size_t n = sizeof(version) - 1;

	return len >= n && !strncasecmp((const char *)text, version, n) &&
	       (len == n || text[n] == ' ');
}

static void add_spf(struct dns_answer *out, const unsigned char *text, size_t len)
{
	size_t kept = len < DNS_SPF ? len : DNS_SPF - 1;

	out->spf_count++;
	out->spf_unfit |= kept < len || memchr(text, '\0', kept);
	memcpy(out->spf, text, kept);
	out->spf[kept] = '\0';
}

static void add_text(struct dns_answer *out, const unsigned char *data, size_t len)
{
	unsigned char text[DNS_SPF];
	int n = len ? join_strings(text, data, len) : -1;

	if (n < 0)
		return;
	if (is_spf(text, (size_t)n))
		add_spf(out, text, (size_t)n);
	if (!out->count++)
		escape_bytes(out->text, sizeof(out->text), text,
			     n < DNS_TEXT ? (size_t)n : DNS_TEXT);
	out->count = 1;
}

void wire_records(struct dns_answer *out, enum dns_type type, char *const *data, const int *len)
{
	unsigned preference[DNS_RECORDS] = {0};

	for (; *data && (out->count < DNS_RECORDS || type == DNS_MX); data++, len++) {
		const unsigned char *rdata = (const unsigned char *)*data;
		size_t size = *len > 0 ? (size_t)*len : 0;

		switch (type) {
		case DNS_A:
			add_v4(out, rdata, size);
			break;
		case DNS_AAAA:
			add_v6(out, rdata, size);
			break;
		case DNS_PTR:
			add_name(out, rdata, size);
			break;
		case DNS_MX:
			add_mx(out, preference, rdata, size);
			break;
		case DNS_TXT:
			add_text(out, rdata, size);
			break;
		}
	}
}

bool wire_has_authority(const void *message, int len)
{
	const unsigned char *m = message;

	return m && len >= 12 && (m[8] || m[9]);
}
