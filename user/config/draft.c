// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "../base/names.h"

/* What a pattern means that says nothing of it: something to look at, never enough to block. */
#define PATTERN_POINTS 3

static void begin_lists(struct draft *draft, const struct landmarks *marks)
{
	draft->list_count = marks->list_count;
	for (size_t i = 0; i < marks->list_count; i++) {
		struct list_draft *list = &draft->list[i];

		memcpy(list->zone, marks->list[i].zone, sizeof(list->zone));
		list->line = marks->list[i].line;
		list->enabled = true;
		for (unsigned j = 0; j < LIST_OPTIONS; j++) {
			list->option[j].line = marks->list[i].option[j];
			list->adds[j] = marks->list[i].adds[j];
		}
	}
}

static void begin_feeds(struct draft *draft, const struct landmarks *marks)
{
	draft->feed_count = marks->feed_count;
	for (size_t i = 0; i < marks->feed_count; i++) {
		struct feed_draft *feed = &draft->feed[i];

		memcpy(feed->name, marks->feed[i].name, sizeof(feed->name));
		feed->line = marks->feed[i].line;
		feed->enabled = true;
		for (unsigned j = 0; j < FEED_OPTIONS; j++) {
			feed->option[j].line = marks->feed[i].option[j];
			feed->adds[j] = marks->feed[i].adds[j];
		}
	}
}

static void begin_findings(struct draft *draft, const struct landmarks *marks)
{
	for (unsigned id = 0; id < FINDING_COUNT; id++) {
		for (unsigned j = 0; j < FINDING_OPTIONS; j++) {
			draft->finding[id][j].line = marks->finding[id].option[j];
			draft->adds[id][j] = marks->finding[id].adds[j];
		}
	}
}

static void begin_patterns(struct draft *draft, const struct landmarks *marks)
{
	draft->pattern_count = marks->pattern_count;
	for (size_t i = 0; i < marks->pattern_count; i++) {
		struct pattern_draft *pattern = &draft->pattern[i];

		memcpy(pattern->rule.name, marks->pattern[i].name, sizeof(pattern->rule.name));
		pattern->line = marks->pattern[i].line;
		pattern->rule.class = CLASS_COUNT;
		pattern->rule.rule.enabled = true;
		pattern->rule.rule.points = PATTERN_POINTS;
		pattern->rule.rule.ports[PORTS_MX] = true;
		for (unsigned j = 0; j < PATTERN_OPTIONS; j++) {
			pattern->option[j].line = marks->pattern[i].option[j];
			pattern->adds[j] = marks->pattern[i].adds[j];
		}
	}
}

void draft_begin(struct draft *draft, const struct landmarks *marks)
{
	for (unsigned i = 0; i < OPTION_TITLED; i++)
		draft->option[i].line = marks->option[i];
	begin_lists(draft, marks);
	begin_feeds(draft, marks);
	begin_findings(draft, marks);
	begin_patterns(draft, marks);
}

static enum finding_class default_class(enum pattern_subject subject)
{
	return subject == PATTERN_HELO ? CLASS_NAMES : CLASS_ENVELOPE;
}

bool draft_take_patterns(struct draft *draft)
{
	struct config *config = draft->config;
	char why[WHY_TEXT];

	for (size_t i = 0; i < draft->pattern_count; i++) {
		const struct pattern_draft *from = &draft->pattern[i];
		struct pattern_rule *rule = &config->policy.pattern[i];

		/* It compiled when its line was read: only memory can be what is wrong now. */
		config->patterns[i] = pattern_new(from->on, from->match, why, sizeof(why));
		if (!config->patterns[i])
			return false;
		*rule = from->rule;
		if (rule->class == CLASS_COUNT)
			rule->class = default_class(from->on);
		config->patterns_count = config->policy.pattern_count = i + 1;
	}
	return true;
}

void draft_free_patterns(struct draft *draft)
{
	for (size_t i = 0; i < draft->pattern_count; i++)
		free(draft->pattern[i].match);
}

bool names_have(const struct name_list *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->item[i], name))
			return true;
	return false;
}

bool names_to_ports(bool out[PORTS_COUNT], const struct name_list *names, bool adds)
{
	bool any = false;

	for (unsigned class = 0; class < PORTS_COUNT; class ++) {
		out[class] = (adds && out[class]) || names_have(names, ports_name(class));
		any |= out[class];
	}
	return any;
}
