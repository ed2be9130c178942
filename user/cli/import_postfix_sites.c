// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * postscreen_dnsbl_sites -> dnsbl_sites. Weights become points: the threshold is 10 of them, so
 * that a site which reaches it alone convicts alone. postscreen adds up all sites whose codes an
 * answer is in; in mxdp a code stands in one group of a list: codes in common are taken apart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_postfix.h"
#include "../config/option.h"
#include "../config/problems.h"
#include "../config/sites.h"
#include "../dns/group.h"

#define SITE_TEXT 1024
#define SITES_MAX 512

/* Codes of a zone that bring the same weight. */
struct piece {
	struct list site;
	int weight;
	unsigned line;
	bool gone; /* joined with another one */
};

struct sites {
	struct import *import;
	unsigned line;
	int threshold,
		pass; /* pass: below zero, or 0: postscreen's allow lists do not stop blocks */
	size_t count;
	struct piece *piece;
};

static bool integer_parse(int *out, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	*out = (int)value;
	return end != text && !*end && value >= -100000 && value <= 100000;
}

/* False with a message: Postfix would not start with it. */
static bool read_number(struct import *import, const char *name, int *out, int min, int max)
{
	const struct postfix_parameter *parameter = postfix_find(&import->cf, name);
	char *value = postfix_value(import, name), quoted[QUOTE_TEXT];
	bool good = value && integer_parse(out, value) && *out >= min && *out <= max;

	if (value && !good)
		import_say(import, parameter ? parameter->line : 0,
			   "%s is `%s', which is no number that Postfix takes: no site is carried "
			   "over",
			   name, quote(quoted, value, strlen(value)));
	free(value);
	return good;
}

static bool same_zone(const struct piece *a, const struct piece *b)
{
	return a->site.kind == b->site.kind && !strcmp(a->site.zone, b->site.zone);
}

/* All octets but the last. */
static bool same_net(const struct list_codes *a, const struct list_codes *b)
{
	return !memcmp(a->octet, b->octet, 3 * sizeof(a->octet[0]));
}

static struct list_codes *codes_of(struct piece *piece)
{
	return &piece->site.group[0].codes;
}

static bool is_empty(const struct list_codes *codes)
{
	const uint64_t *last = codes->octet[3];

	return !(last[0] | last[1] | last[2] | last[3]);
}

static bool add_piece(struct sites *s, const struct piece *piece)
{
	if (s->count == SITES_MAX)
		return false;
	if (!is_empty(&piece->site.group[0].codes))
		s->piece[s->count++] = *piece;
	return true;
}

static const char *shown(char text[QUOTE_TEXT], const char *site)
{
	return quote_zone(text, site, strlen(site));
}

/* Codes that overlap in an earlier octet too are nobody's habit. */
static bool fits(struct sites *s, struct piece *new, const char *text)
{
	char quoted[QUOTE_TEXT];

	for (size_t i = 0; i < s->count; i++) {
		struct piece *old = &s->piece[i];

		if (!same_zone(old, new) || !group_codes_overlap(codes_of(old), codes_of(new)) ||
		    same_net(codes_of(old), codes_of(new)))
			continue;
		import_say(s->import, s->line,
			   "postscreen_dnsbl_sites: `%s' is not carried over: its codes are partly "
			   "those of another site of the same zone; write each code into one of "
			   "them",
			   shown(quoted, text));
		return false;
	}
	return true;
}

/* What both have goes into a piece of its own, with both weights. */
static bool take_apart(struct sites *s, struct piece *old, struct piece *new)
{
	struct piece both = *old;

	both.weight += new->weight;
	for (unsigned j = 0; j < 4; j++) {
		uint64_t common = codes_of(old)->octet[3][j] & codes_of(new)->octet[3][j];

		codes_of(&both)->octet[3][j] = common;
		codes_of(old)->octet[3][j] &= ~common;
		codes_of(new)->octet[3][j] &= ~common;
	}
	old->gone = is_empty(codes_of(old));
	return add_piece(s, &both);
}

static bool add_site(struct sites *s, struct piece *new)
{
	size_t before = s->count;

	for (size_t i = 0; i < before; i++)
		if (!s->piece[i].gone && same_zone(&s->piece[i], new) &&
		    group_codes_overlap(codes_of(&s->piece[i]), codes_of(new)) &&
		    !take_apart(s, &s->piece[i], new))
			return false;
	return add_piece(s, new);
}

static void take_site(struct sites *s, const char *text)
{
	struct piece piece = {.line = s->line};
	char why[WHY_TEXT];

	if (!site_parse(&piece.site, text, why, sizeof(why))) {
		import_say(s->import, s->line, "postscreen_dnsbl_sites: not carried over: %s", why);
		return;
	}
	piece.weight = piece.site.group[0].points;
	if (fits(s, &piece, text) && !add_site(s, &piece))
		import_say(s->import, s->line,
			   "postscreen_dnsbl_sites: there are too many sites: not all are carried "
			   "over");
}

/* Rounded; what stays below the threshold stays below 10, and what is not nothing is something. */
static int points_of(const struct sites *s, int weight)
{
	int points = (abs(weight) * 2 * GROUP_CONVICTS + s->threshold) / (2 * s->threshold);

	if (weight > 0 && weight >= s->threshold)
		return GROUP_CONVICTS;
	if (weight < 0 && s->pass < 0 && weight <= s->pass)
		return -GROUP_CONVICTS;
	if (points >= GROUP_CONVICTS)
		points = GROUP_CONVICTS - (weight > 0 || s->pass < 0);
	if (weight && !points)
		points = 1;
	return weight < 0 ? -points : points;
}

static void weigh(struct sites *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->piece[i].site.group[0].points = points_of(s, s->piece[i].weight);
}

/* Those with the same points are one group again. */
static void join(struct sites *s)
{
	for (size_t i = 0; i < s->count; i++) {
		for (size_t j = i + 1; j < s->count && !s->piece[i].gone; j++) {
			struct piece *a = &s->piece[i], *b = &s->piece[j];

			if (b->gone || !same_zone(a, b) || !same_net(codes_of(a), codes_of(b)) ||
			    a->site.group[0].points != b->site.group[0].points)
				continue;
			for (unsigned k = 0; k < 4; k++)
				codes_of(a)->octet[3][k] |= codes_of(b)->octet[3][k];
			b->gone = true;
		}
	}
}

static bool has_value(const struct list_codes *codes, unsigned octet, unsigned value)
{
	return value < 256 && codes->octet[octet][value / 64] >> value % 64 & 1;
}

/* "2", or "[2..11;20]" */
static void write_octet(FILE *out, const struct list_codes *codes, unsigned octet)
{
	unsigned ranges = 0, values = 0;

	for (unsigned v = 0; v < 256; v++)
		values += has_value(codes, octet, v);
	if (values > 1)
		fputc('[', out);
	for (unsigned v = 0; v < 256; v++) {
		unsigned last = v;

		if (!has_value(codes, octet, v))
			continue;
		while (has_value(codes, octet, last + 1))
			last++;
		fprintf(out, last > v ? "%s%u..%u" : "%s%u", ranges++ ? ";" : "", v, last);
		v = last;
	}
	if (values > 1)
		fputc(']', out);
}

static void write_site(char text[SITE_TEXT], const struct list *site)
{
	FILE *out = fmemopen(text, SITE_TEXT, "w");

	*text = '\0';
	if (!out)
		return;
	fprintf(out, "%s=", site->zone);
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			fputc('.', out);
		write_octet(out, &site->group[0].codes, i);
	}
	fprintf(out, "*%d", site->group[0].points);
	fclose(out);
}

/* As the configuration will read them: what it would refuse is told here. */
static void keep_sites(struct sites *s, struct list *lists)
{
	char text[SITE_TEXT], why[WHY_TEXT];
	struct list site;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->piece[i].gone)
			continue;
		write_site(text, &s->piece[i].site);
		if (site_parse(&site, text, why, sizeof(why)) &&
		    site_add(lists, &count, LISTS_MAX, &site, why, sizeof(why)))
			import_keep(s->import, &s->import->sites, text);
		else
			import_say(s->import, s->piece[i].line,
				   "postscreen_dnsbl_sites: not carried over: %s", why);
	}
}

static void tell_meaning(struct sites *s)
{
	const struct postfix_parameter *action =
		postfix_find(&s->import->cf, "postscreen_dnsbl_action");
	char *value = postfix_value(s->import, "postscreen_dnsbl_action");
	bool weak = false, vouches = false;

	for (size_t i = 0; i < s->count; i++) {
		int points = s->piece[i].site.group[0].points;

		weak |= points > 0 && points < GROUP_CONVICTS;
		vouches |= points < 0;
	}
	if (weak)
		import_say(
			s->import, s->line,
			"postscreen adds up all lists to its threshold (%d); in mxdp lists that "
			"do not reach it alone bring at most 9 points, all together, and a block "
			"needs 10 points of two classes (`mxdpctl checks')",
			s->threshold);
	if (vouches && s->pass < 0)
		import_say(s->import, s->line,
			   "postscreen passes clients whose sum is %d or less; in mxdp a list that "
			   "vouches takes points away, and with -10 stops every block but one for "
			   "an offence that is certain",
			   s->pass);
	if (value && s->count && !strcmp(value, "ignore"))
		import_say(s->import, action ? action->line : s->line,
			   "postscreen_dnsbl_action is ignore: Postfix only logs what the lists "
			   "say; in mxdp they count as soon as mode = enforce");
	free(value);
}

static void take_words(struct sites *s, const char *value)
{
	const char *word;
	size_t len;

	while ((word = postfix_word(&value, &len))) {
		char *text = strndup(word, len);

		if (text)
			take_site(s, text);
		s->import->out_of_memory |= !text;
		free(text);
	}
}

void import_sites(struct import *import)
{
	const struct postfix_parameter *parameter =
		postfix_find(&import->cf, "postscreen_dnsbl_sites");
	struct sites s = {.import = import, .line = parameter ? parameter->line : 0};
	char *value = parameter ? postfix_value(import, "postscreen_dnsbl_sites") : NULL;
	struct list *lists = calloc(LISTS_MAX, sizeof(*lists));

	s.piece = calloc(SITES_MAX, sizeof(*s.piece));
	import->out_of_memory |= !s.piece || !lists;
	if (value && *value && s.piece && lists &&
	    read_number(import, "postscreen_dnsbl_threshold", &s.threshold, 1, 100000) &&
	    read_number(import, "postscreen_dnsbl_allowlist_threshold", &s.pass, -100000, 0)) {
		take_words(&s, value);
		weigh(&s);
		join(&s);
		keep_sites(&s, lists);
		tell_meaning(&s);
	}
	free(s.piece);
	free(lists);
	free(value);
}
