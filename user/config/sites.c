// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "problems.h"
#include "sites.h"
#include "../dns/group.h"
#include "../dns/presets.h"

static bool refuse(char *why, size_t why_size, const char *text, const char *problem)
{
	char quoted[QUOTE_TEXT];

	snprintf(why, why_size, "`%s' %s", quote_zone(quoted, text, strlen(text)), problem);
	return false;
}

/* The preset's own name is shown, so that one list has one name with a key and without. */
static bool take_preset(struct list *out, const struct preset *preset, bool codes_given)
{
	char why[8];

	snprintf(out->shown, sizeof(out->shown), "%s", preset->zone);
	preset_habits(out, preset);
	return codes_given || list_codes_parse(&out->group[0].codes, preset->any, why, sizeof(why));
}

/* What is asked here as a list of another kind than it is. */
static const char *other_kind(enum list_kind known)
{
	if (known == LIST_DNSBL)
		return "lists offenders and vouches for nobody: write points above 0";
	if (known == LIST_DNSWL)
		return "vouches for clients: write points below 0, as in *-2";
	return "lists domains, not addresses: write a section list \"ZONE\" { } for it";
}

bool site_parse(struct list *out, const char *text, char *why, size_t why_size)
{
	const struct preset *preset;
	const char *refusal;

	if (!list_site_parse(out, text, why, why_size))
		return false;
	refusal = preset_refusal(out->zone);
	if (refusal) {
		snprintf(why, why_size, "`%s' is not used: %s", out->shown, refusal);
		return false;
	}
	if (strlen(out->shown) + 1 >= sizeof(out->shown))
		return refuse(why, why_size, text, "has too long a zone: it may have 62 bytes");
	preset = preset_of_zone(out->zone, LIST_KIND_COUNT);
	if (preset && preset->kind != out->kind)
		return refuse(why, why_size, text, other_kind(preset->kind));
	if (preset && !take_preset(out, preset, strchr(text, '=')))
		return refuse(why, why_size, text, "is no site of a DNS list");
	if (preset && preset->key_needed && !strcmp(out->zone, preset->zone))
		return refuse(why, why_size, text,
			      "answers nobody without a key: write it in front, as in "
			      "KEY.zone, or in a section list \"ZONE\" { key = \"...\" }");
	if (!group_codes_believable(&out->group[0].codes))
		return refuse(why, why_size, text,
			      "has codes that are never believed: 127.0.0.1 is what dead lists "
			      "answer, and 127.255.255.x is how lists refuse; take it out");
	out->group[0].convicts = out->group[0].points >= GROUP_CONVICTS;
	return true;
}

const struct list *lists_find(const struct list *lists, size_t count, const char *shown,
			      enum list_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (lists[i].kind == kind && !strcmp(lists[i].shown, shown))
			return &lists[i];
	return NULL;
}

bool site_add(struct list *lists, size_t *count, size_t room, const struct list *site, char *why,
	      size_t why_size)
{
	const struct list *known = lists_find(lists, *count, site->shown, site->kind);
	char problem[192];

	if (known) {
		if (group_add(&lists[known - lists], &site->group[0], problem, sizeof(problem)))
			return true;
		snprintf(why, why_size, "list `%s' %s%s", site->shown,
			 known->groups_count == LIST_GROUPS ? "" : "is given twice, and ", problem);
		return false;
	}
	if (*count == room) {
		snprintf(why, why_size,
			 "list `%s' is one too many: there may be %zu; take some out", site->shown,
			 room);
		return false;
	}
	lists[(*count)++] = *site;
	return true;
}
