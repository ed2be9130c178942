// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "reverse.h"
#include "../base/escape.h"

#define NAME_LEN   253 /* RFC 1035 2.3.4, without the root's dot */
#define LABEL_LEN  63
#define KEY_LEN    20 /* a first label of so many bytes is a customer's key, no name */
#define POINTS_MAX 100
#define QUOTED     72

#define DEFAULT_DAILY 80000 /* below what the big lists give away: 100,000 questions a day */
#define DEFAULT_PROBE 300

static const char *const kinds[LIST_KIND_COUNT] = {
	[LIST_DNSBL] = "dnsbl",
	[LIST_DNSWL] = "dnswl",
	[LIST_RHSBL_HELO] = "rhsbl-helo",
	[LIST_RHSBL_SENDER] = "rhsbl-sender",
};

const char *list_kind_name(enum list_kind kind)
{
	return kind < LIST_KIND_COUNT ? kinds[kind] : "unknown";
}

bool list_kind_parse(enum list_kind *out, const char *text)
{
	for (unsigned i = 0; i < LIST_KIND_COUNT; i++) {
		if (!strcmp(text, kinds[i])) {
			*out = (enum list_kind)i;
			return true;
		}
	}
	return false;
}

static bool refuse(char *why, size_t why_size, const char *text, const char *problem)
{
	char quoted[QUOTED];

	escape_bytes(quoted, sizeof(quoted), text, strlen(text));
	snprintf(why, why_size, "\"%s\" %s", quoted, problem);
	return false;
}

/* Codes */

static bool octet_in(const struct list_codes *codes, unsigned octet, unsigned value)
{
	return codes->octet[octet][value / 64] >> value % 64 & 1;
}

static const char *number_read(unsigned *out, const char *at)
{
	const char *start = at;

	for (*out = 0; isdigit((unsigned char)*at) && at < start + 4; at++)
		*out = *out * 10 + (unsigned)(*at - '0');
	return at > start && *out <= 255 ? at : NULL;
}

/* "N" or "N..N"; where it ends, or NULL. */
static const char *range_read(uint64_t octet[4], const char *at, bool ranges)
{
	unsigned first, last;

	at = number_read(&first, at);
	if (!at)
		return NULL;
	last = first;
	if (ranges && !strncmp(at, "..", 2))
		at = number_read(&last, at + 2);
	if (!at || last < first)
		return NULL;
	for (unsigned value = first; value <= last; value++)
		octet[value / 64] |= 1ULL << value % 64;
	return at;
}

static const char *octet_read(uint64_t octet[4], const char *at)
{
	if (*at != '[')
		return range_read(octet, at, false);
	do
		at = range_read(octet, at + 1, true);
	while (at && *at == ';');
	return at && *at == ']' ? at + 1 : NULL;
}

bool list_codes_parse(struct list_codes *out, const char *text, char *why, size_t why_size)
{
	const char *at = text;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; at && i < 4; i++) {
		if (i && *at++ != '.')
			at = NULL;
		else
			at = octet_read(out->octet[i], at);
	}
	if (!at || *at)
		return refuse(why, why_size, text,
			      "is no filter for answers: write four octets, each a number or a set "
			      "in brackets, as in 127.0.0.[2..11;20]");
	if (!octet_in(out, 0, 127))
		return refuse(why, why_size, text,
			      "never matches: lists answer with addresses that begin with 127 "
			      "(RFC 5782 2.1)");
	return true;
}

bool list_codes_match(const struct list_codes *codes, const struct addr *answer)
{
	if (!addr_is_v4(answer))
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (!octet_in(codes, i, answer->b[12 + i]))
			return false;
	return true;
}

/* Answers */

static bool code_under(const struct addr *code, uint32_t net, unsigned bits)
{
	return addr_is_v4(code) && !((ntohl(code->w[3]) ^ net) >> (32 - bits));
}

static bool code_refuses(const struct list *list, const struct addr *code)
{
	if (code_under(code, 0x7fffff00, 24))
		return true;
	switch (list->kind) {
	case LIST_DNSWL:
		/* dnswl.org's, and what it tells those who ask too often of every client. */
		return code_under(code, 0x7f0000ff, 32) || code_under(code, 0x7f000a00, 24);
	case LIST_RHSBL_HELO:
	case LIST_RHSBL_SENDER:
		/* Spamhaus' DBL, asked about an address. */
		return code_under(code, 0x7f0001ff, 32);
	default:
		return false;
	}
}

static enum list_meaning code_meaning(const struct list *list, const struct addr *code,
				      uint32_t *groups)
{
	*groups = 0;
	if (!code_under(code, 0x7f000000, 8) || code_under(code, 0x7f000001, 32))
		return LIST_MEANS_BROKEN;
	if (code_refuses(list, code))
		return LIST_MEANS_REFUSED;
	for (size_t g = 0; g < list->groups_count; g++)
		if (list_codes_match(&list->group[g].codes, code))
			*groups |= 1U << g;
	return *groups ? LIST_MEANS_LISTED : LIST_MEANS_UNKNOWN_CODE;
}

/* Which of two codes of the same answer decides: what is wrong, before what is listed. */
static unsigned weight(enum list_meaning meaning)
{
	switch (meaning) {
	case LIST_MEANS_BROKEN:
	case LIST_MEANS_REFUSED:
		return 3;
	case LIST_MEANS_LISTED:
		return 2;
	case LIST_MEANS_UNKNOWN_CODE:
		return 1;
	default:
		return 0;
	}
}

enum list_meaning list_meaning(const struct list *list, const struct dns_answer *answer,
			       uint32_t *groups, struct addr *code)
{
	enum list_meaning all = LIST_MEANS_NOTHING;

	*groups = 0;
	memset(code, 0, sizeof(*code));
	if (answer->status == DNS_NO_NAME || answer->status == DNS_NO_DATA)
		return LIST_MEANS_NOT_LISTED;
	if (answer->status != DNS_ANSWER)
		return LIST_MEANS_NOTHING;
	for (size_t i = 0; i < answer->count && i < DNS_RECORDS; i++) {
		uint32_t hit;
		enum list_meaning one = code_meaning(list, &answer->addr[i], &hit);

		*groups |= hit;
		if (weight(one) > weight(all)) {
			all = one;
			*code = answer->addr[i];
		}
	}
	if (all != LIST_MEANS_LISTED)
		*groups = 0;
	return all;
}

/* Questions */

/* Letters, digits, hyphens and underscores between dots (RFC 1035 2.3.1; real hosts use "_"). */
static bool is_name(const char *text)
{
	size_t label = 0;

	if (strlen(text) > NAME_LEN)
		return false;
	for (; *text; text++) {
		if (*text == '.') {
			if (!label)
				return false;
			label = 0;
		} else if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_') {
			return false;
		} else if (++label > LABEL_LEN) {
			return false;
		}
	}
	return label != 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

bool list_question_domain(char name[DNS_NAME], const struct list *list, const char *domain)
{
	if (!is_name(domain))
		return false;
	if (snprintf(name, DNS_NAME, "%s.%s", domain, list->zone) > NAME_LEN)
		return false;
	lower(name);
	return true;
}

bool list_question_addr(char name[DNS_NAME], const struct list *list, const struct addr *addr)
{
	if (!reverse_in_zone(name, addr, list->zone) || strlen(name) > NAME_LEN)
		return false;
	lower(name);
	return true;
}

/* Settings */

/* Customers of some operators have a key in front: <key>.zen.dq.spamhaus.net. */
static const char *without_key(const char *zone)
{
	const char *dot = strchr(zone, '.');

	return dot && dot - zone >= KEY_LEN ? dot + 1 : zone;
}

bool list_init(struct list *out, enum list_kind kind, const char *zone, char *why, size_t why_size)
{
	const char *shown;

	memset(out, 0, sizeof(*out));
	if (!is_name(zone))
		return refuse(why, why_size, without_key(zone),
			      "is no zone: write its name as the operator gives it, as in "
			      "bl.example.net, without a dot at the end");
	out->kind = kind;
	strcpy(out->zone, zone);
	lower(out->zone);
	shown = without_key(out->zone);
	snprintf(out->shown, sizeof(out->shown), "%.*s", LIST_SHOWN - 1, shown);
	out->v4 = true;
	out->ports[PORTS_MX] = true;
	out->tested = true;
	out->daily = DEFAULT_DAILY;
	out->probe = DEFAULT_PROBE;
	return true;
}

static bool weight_parse(int *out, const char *text, char *why, size_t why_size)
{
	char *end;
	long value = strtol(text, &end, 10);

	*out = (int)value;
	if (end != text && !*end && !isspace((unsigned char)*text) && value >= -POINTS_MAX &&
	    value <= POINTS_MAX)
		return true;
	return refuse(why, why_size, text, "is no weight: write a whole number from -100 to 100");
}

/* Cuts `text` at the first `c`; what follows it, or NULL. */
static char *split_at(char *text, char c)
{
	char *at = strchr(text, c);

	if (at)
		*at++ = '\0';
	return at;
}

bool list_site_parse(struct list *out, const char *text, char *why, size_t why_size)
{
	char site[2 * DNS_NAME];
	char *codes, *points;
	struct list_group group = {.points = 1};

	if ((size_t)snprintf(site, sizeof(site), "%s", text) >= sizeof(site))
		return refuse(why, why_size, without_key(text),
			      "is too long for a zone, codes and a weight");
	/* postscreen's own order: what stands behind the star first. */
	points = split_at(site, '*');
	codes = split_at(site, '=');
	if (points && !weight_parse(&group.points, points, why, why_size))
		return false;
	if (!list_codes_parse(&group.codes, codes ? codes : "127.0.0.[2..254]", why, why_size))
		return false;
	if (!list_init(out, group.points < 0 ? LIST_DNSWL : LIST_DNSBL, site, why, why_size))
		return false;
	out->groups_count = 1;
	out->group[0] = group;
	return true;
}
