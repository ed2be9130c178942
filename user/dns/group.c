// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "../base/escape.h"

#define QUOTED     72
#define GROUP_TEXT 160
#define POINTS_MAX 100

static bool refuse(char *why, size_t why_size, const char *text, const char *problem)
{
	char quoted[QUOTED];

	escape_bytes(quoted, sizeof(quoted), text, strlen(text));
	snprintf(why, why_size, "`%s' %s", quoted, problem);
	return false;
}

static bool is_group_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len && !name[len] && len < sizeof(((struct list_group *)NULL)->name);
}

/* No blank and no sign but the minus, as strtol() would have them. */
static bool points_parse(int *out, const char *text)
{
	size_t digits = *text == '-' ? 1 : 0;
	char *end;
	long value;

	if (text[digits] < '0' || text[digits] > '9')
		return false;
	value = strtol(text, &end, 10);
	*out = (int)value;
	return !*end && value >= -POINTS_MAX && value <= POINTS_MAX;
}

static bool weigh(struct list_group *out, const char *text, char *points, bool convicts, char *why,
		  size_t why_size)
{
	out->convicts = convicts;
	out->points = GROUP_CONVICTS;
	if (convicts && points)
		return refuse(why, why_size, text,
			      "has points, but what convicts is worth 10: leave out the * and "
			      "what follows it, or move it to `score'");
	if (!convicts && !points)
		return refuse(why, why_size, text,
			      "does not say how many points: add them, as in 127.0.0.2*4");
	if (!convicts && !points_parse(&out->points, points))
		return refuse(why, why_size, text,
			      "has points that are no whole number from -100 to 100: write one "
			      "behind the *");
	return true;
}

bool group_parse(struct list_group *out, const char *text, bool convicts, char *why,
		 size_t why_size)
{
	char copy[GROUP_TEXT], *codes = copy, *points, *equal;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(copy))
		return refuse(why, why_size, text, "is too long for codes: shorten it");
	strcpy(copy, text);
	points = strchr(copy, '*');
	if (points)
		*points++ = '\0';
	equal = strchr(copy, '=');
	if (equal) {
		*equal = '\0';
		codes = equal + 1;
		if (!is_group_name(copy))
			return refuse(why, why_size, copy,
				      "is no name for a group of codes: write at most 15 small "
				      "letters, digits and hyphens before the =");
		strcpy(out->name, copy);
	}
	if (!list_codes_parse(&out->codes, codes, why, why_size))
		return false;
	if (!group_codes_believable(&out->codes))
		return refuse(why, why_size, text,
			      "is never believed: 127.0.0.1 is what dead lists answer, and "
			      "127.255.255.x is how lists refuse; take it out");
	return weigh(out, text, points, convicts, why, why_size);
}

bool group_codes_overlap(const struct list_codes *a, const struct list_codes *b)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t common = 0;

		for (unsigned j = 0; j < 4; j++)
			common |= a->octet[i][j] & b->octet[i][j];
		if (!common)
			return false;
	}
	return true;
}

/* Whether `value` is all that the octet may be. */
static bool only(const struct list_codes *codes, unsigned octet, unsigned value)
{
	for (unsigned j = 0; j < 4; j++)
		if (codes->octet[octet][j] != (value / 64 == j ? 1ULL << value % 64 : 0))
			return false;
	return true;
}

bool group_codes_believable(const struct list_codes *codes)
{
	if (only(codes, 1, 255) && only(codes, 2, 255))
		return false;
	return !only(codes, 1, 0) || !only(codes, 2, 0) || !only(codes, 3, 1);
}

bool group_add(struct list *list, const struct list_group *group, char *why, size_t why_size)
{
	for (size_t i = 0; i < list->groups_count; i++) {
		if (!group_codes_overlap(&list->group[i].codes, &group->codes))
			continue;
		snprintf(
			why, why_size,
			"two groups of codes have answers in common: let each code stand in one of "
			"them only");
		return false;
	}
	if (list->groups_count == LIST_GROUPS) {
		snprintf(why, why_size,
			 "has more than %d groups of codes: join those with the same points, as in "
			 "127.0.0.[2;4;9]*4",
			 LIST_GROUPS);
		return false;
	}
	list->group[list->groups_count++] = *group;
	return true;
}
