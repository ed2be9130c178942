// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lists to ask, out of dnsbl_sites and the sections list "ZONE", and what their hits mean to
 * the policy. Mistakes within one value have been told when it was read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "sites.h"
#include "suggest.h"
#include "../base/names.h"
#include "../dns/group.h"
#include "../dns/presets.h"

static const struct source *source_of(const struct list_draft *draft, enum option_id id)
{
	return &draft->option[id - OPTION_LIST_ENABLED];
}

static bool is_given(const struct list_draft *draft, enum option_id id)
{
	return source_of(draft, id)->line && !source_of(draft, id)->bad;
}

static bool any_bad(const struct list_draft *draft)
{
	for (unsigned i = 0; i < LIST_OPTIONS; i++)
		if (draft->option[i].bad)
			return true;
	return false;
}

/* A mistake of one section; false for its caller. */
static bool wrong(struct draft *draft, unsigned line, const struct list_draft *list,
		  const char *problem)
{
	problem_add(draft->problems, line, "list `%s': %s", list->zone, problem);
	return false;
}

/* Sites */

static unsigned site_line(const struct draft *draft, size_t i)
{
	return i < draft->site_count ? draft->site_line[i] : draft->option[OPTION_DNSBL_SITES].line;
}

static void take_sites(struct draft *draft)
{
	struct config *config = draft->config;
	const struct name_list *sites = &config->dnsbl_sites;
	char why[WHY_TEXT];
	struct list site;

	if (draft->option[OPTION_DNSBL_SITES].bad)
		return;
	for (size_t i = 0; i < sites->count; i++)
		if (!site_parse(&site, sites->item[i], why, sizeof(why)) ||
		    !site_add(config->lists, &config->lists_count, LISTS_MAX, &site, why,
			      sizeof(why)))
			problem_add(draft->problems, site_line(draft, i),
				    "option `dnsbl_sites': %s", why);
}

/* Sections */

static const struct preset *preset_for(struct draft *draft, const struct list_draft *list)
{
	bool kind_given = is_given(list, OPTION_LIST_KIND);
	const struct preset *any = preset_find(list->zone, LIST_KIND_COUNT);
	const struct preset *preset = kind_given ? preset_find(list->zone, list->kind) : any;

	if (any && !preset)
		problem_add(draft->problems, source_of(list, OPTION_LIST_KIND)->line,
			    "list `%s': is known as a %s: leave out kind, or write kind = %s",
			    list->zone, list_kind_name(any->kind), list_kind_name(any->kind));
	return preset;
}

static bool wants_key(struct draft *draft, const struct list_draft *list,
		      const struct preset *preset)
{
	unsigned line = source_of(list, OPTION_LIST_KEY)->line;

	if (list->key && (!preset || !preset->key_zone))
		return wrong(draft, line, list,
			     "no key is known to be taken by this list: take out key, or write the "
			     "whole zone into dnsbl_sites");
	if (!list->key && preset && preset->key_needed && list->enabled) {
		problem_add(draft->problems, list->line,
			    "list `%s': answers nobody without a key: get one at %s and add key = "
			    "\"...\", or set enabled = no",
			    list->zone, preset->url);
		return false;
	}
	return true;
}

/* What the list is without what its section says: a preset, or bare. */
static bool begin(struct draft *draft, struct list *out, const struct list_draft *list)
{
	const struct preset *preset = preset_for(draft, list);
	enum list_kind kind = is_given(list, OPTION_LIST_KIND) ? list->kind : LIST_DNSBL;
	char why[WHY_TEXT];

	if (!preset && preset_find(list->zone, LIST_KIND_COUNT))
		return false;
	if (!wants_key(draft, list, preset))
		return false;
	if (preset && !preset_list(out, preset, list->key))
		return wrong(draft, list->line, list, "the key is too long for a name of the DNS");
	if (!preset && !list_init(out, kind, list->zone, why, sizeof(why)))
		return wrong(draft, list->line, list, why);
	return true;
}

static void drop_groups(struct list *out, bool convicts)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->groups_count; i++)
		if (out->group[i].convicts != convicts)
			out->group[kept++] = out->group[i];
	out->groups_count = kept;
}

/* What mail from the wrong side would cost: RFC 5321 4.1.4, and forwarders. */
static const char *group_problem(const struct list *list, const struct list_group *group)
{
	if (group->convicts && list->kind != LIST_DNSBL)
		return "only a dnsbl can convict: move the codes to `score'";
	if (group->convicts)
		return NULL;
	if (list->kind == LIST_DNSWL && group->points > 0)
		return "a dnswl vouches for clients: its points are 0 or below, as in *-3";
	if (list->kind != LIST_DNSWL && group->points < 0)
		return "points below 0 are for lists that vouch for clients: set kind = dnswl, or "
		       "take out the minus";
	if (group->points >= GROUP_CONVICTS)
		return "10 points and more convict: move the codes to `convict', or write at most "
		       "9";
	return NULL;
}

static void take_groups(struct draft *draft, struct list *out, const struct list_draft *list,
			enum option_id id, const struct name_list *texts)
{
	const struct source *source = source_of(list, id);
	bool convicts = id == OPTION_LIST_CONVICT;
	struct list_group group;
	char why[WHY_TEXT];

	if (!source->line || source->bad)
		return;
	for (size_t i = 0; i < texts->count; i++) {
		const char *problem = NULL;

		if (!group_parse(&group, texts->item[i], convicts, why, sizeof(why)))
			continue;
		problem = group_problem(out, &group);
		if (!problem && !group_add(out, &group, why, sizeof(why)))
			problem = why;
		if (problem)
			problem_add(draft->problems, source->line, "list `%s': `%s': %s",
				    list->zone, texts->item[i], problem);
	}
}

static void take_all_groups(struct draft *draft, struct list *out, const struct list_draft *list)
{
	const bool *adds = list->adds;

	if (source_of(list, OPTION_LIST_CONVICT)->line &&
	    !adds[OPTION_LIST_CONVICT - OPTION_LIST_ENABLED])
		drop_groups(out, true);
	if (source_of(list, OPTION_LIST_SCORE)->line &&
	    !adds[OPTION_LIST_SCORE - OPTION_LIST_ENABLED])
		drop_groups(out, false);
	take_groups(draft, out, list, OPTION_LIST_CONVICT, &list->convict);
	take_groups(draft, out, list, OPTION_LIST_SCORE, &list->score);
}

/* "did you mean" where the zone is nearly that of a preset. */
static void without_groups(struct draft *draft, const struct list_draft *list)
{
	struct suggestion near = suggest_for(list->zone, strlen(list->zone));

	for (size_t i = 0; i < presets_count; i++)
		suggest_try(&near, presets[i].zone);
	if (near.nearest && !preset_find(list->zone, LIST_KIND_COUNT))
		problem_add(draft->problems, list->line,
			    "list `%s': is not known: did you mean `%s'? Otherwise say what its "
			    "answers mean: score = {\"127.0.0.2*4\"}",
			    list->zone, near.nearest);
	else
		problem_add(draft->problems, list->line,
			    "list `%s': nothing says what its answers mean: add score = "
			    "{\"127.0.0.2*4\"}, or convict = {\"127.0.0.2\"}",
			    list->zone);
}

static bool take_families(struct draft *draft, struct list *out, const struct list_draft *list)
{
	if (!source_of(list, OPTION_LIST_FAMILIES)->line)
		return true;
	out->v4 = names_have(&list->families, "v4");
	out->v6 = names_have(&list->families, "v6");
	return out->v4 || out->v6 ||
	       wrong(draft, source_of(list, OPTION_LIST_FAMILIES)->line, list,
		     "families is empty, so that nobody would be asked about: write v4 or v6, or "
		     "set enabled = no");
}

static bool take_port_classes(struct draft *draft, struct list *out, const struct list_draft *list)
{
	bool adds = list->adds[OPTION_LIST_PORTS - OPTION_LIST_ENABLED];

	if (!source_of(list, OPTION_LIST_PORTS)->line)
		return true;
	return names_to_ports(out->ports, &list->ports, adds) ||
	       wrong(draft, source_of(list, OPTION_LIST_PORTS)->line, list,
		     "ports is empty, so that nobody would be asked about: write mx, or set "
		     "enabled = no");
}

static bool asks_domains(const struct list *list)
{
	return list->kind == LIST_RHSBL_HELO || list->kind == LIST_RHSBL_SENDER;
}

static bool take_canary(struct draft *draft, struct list *out, const struct list_draft *list)
{
	unsigned line = source_of(list, OPTION_LIST_CANARY)->line;
	struct addr addr;

	if (!list->canary)
		return true;
	if (addr_parse(&addr, list->canary) == asks_domains(out))
		return wrong(draft, line, list,
			     asks_domains(out) ? "its canary must be a domain, for it is asked "
						 "about domains"
					       : "its canary must be an address, for it is asked "
						 "about addresses");
	snprintf(out->canary, sizeof(out->canary), "%s", list->canary);
	return true;
}

static void take_numbers(struct list *out, const struct list_draft *list)
{
	if (is_given(list, OPTION_LIST_TESTED))
		out->tested = list->tested;
	if (is_given(list, OPTION_LIST_RATE))
		out->rate = list->rate;
	if (is_given(list, OPTION_LIST_DAILY))
		out->daily = list->daily;
	if (is_given(list, OPTION_LIST_PROBE))
		out->probe = list->probe;
}

static bool convicts_untested(const struct list *list)
{
	for (size_t i = 0; i < list->groups_count; i++)
		if (list->group[i].convicts && !list->tested)
			return true;
	return false;
}

static bool make_list(struct draft *draft, struct list *out, const struct list_draft *list)
{
	size_t before = draft->problems->count;

	if (!begin(draft, out, list))
		return false;
	take_numbers(out, list);
	take_all_groups(draft, out, list);
	if (!out->groups_count && draft->problems->count == before)
		without_groups(draft, list);
	else if (convicts_untested(out))
		wrong(draft, list->line, list,
		      "has no test points (tested = no) and cannot convict: move the codes of "
		      "`convict' to `score'");
	return take_families(draft, out, list) && take_port_classes(draft, out, list) &&
	       take_canary(draft, out, list) && draft->problems->count == before;
}

static void take_section(struct draft *draft, const struct list_draft *list)
{
	struct config *config = draft->config;
	struct list made;

	if (any_bad(list) || !make_list(draft, &made, list) || !list->enabled)
		return;
	if (lists_find(config->lists, config->lists_count, made.shown, made.kind))
		problem_add(draft->problems, list->line,
			    "list `%s' of kind %s is there already, in a section of its own or in "
			    "`dnsbl_sites': keep one of them",
			    list->zone, list_kind_name(made.kind));
	else if (config->lists_count == LISTS_MAX)
		problem_add(draft->problems, list->line,
			    "list `%s' is one too many: there may be %d; take some out, or set "
			    "enabled = no",
			    list->zone, LISTS_MAX);
	else
		config->lists[config->lists_count++] = made;
}

/* Rules */

static struct list_rule rule_of(const struct list *list, unsigned index,
				const struct list_group *group)
{
	struct list_rule rule = {
		.list = index,
		.rule = {.enabled = true, .points = group->points, .convicts = group->convicts},
	};

	snprintf(rule.name, sizeof(rule.name), "%s%s%s", list->shown, *group->name ? ":" : "",
		 group->name);
	return rule;
}

static void take_rules(struct draft *draft)
{
	struct config *config = draft->config;
	struct policy *policy = &config->policy;

	for (size_t i = 0; i < config->lists_count; i++) {
		struct list *list = &config->lists[i];

		if (policy->list_count + list->groups_count > LIST_RULES_MAX) {
			problem_add(draft->problems, 0,
				    "the lists have more than %d groups of codes together: take "
				    "some out, or join those of a list that bring the same points",
				    LIST_RULES_MAX);
			return;
		}
		for (size_t g = 0; g < list->groups_count; g++) {
			list->group[g].rule = (unsigned)policy->list_count;
			policy->list[policy->list_count++] =
				rule_of(list, (unsigned)i, &list->group[g]);
		}
	}
}

bool draft_take_lists(struct draft *draft)
{
	draft->config->lists = calloc(LISTS_MAX, sizeof(struct list));
	if (!draft->config->lists)
		return false;
	take_sites(draft);
	for (size_t i = 0; i < draft->list_count; i++)
		take_section(draft, &draft->list[i]);
	take_rules(draft);
	return true;
}

void draft_free_lists(struct draft *draft)
{
	for (size_t i = 0; i < draft->list_count; i++) {
		struct list_draft *list = &draft->list[i];

		names_free(&list->convict);
		names_free(&list->score);
		names_free(&list->ports);
		names_free(&list->families);
		free(list->canary);
		free(list->key);
	}
}
