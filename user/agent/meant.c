// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "../config/suggest.h"
#include "meant.h"

struct nearest {
	struct suggestion near;
	char *out; /* MEANT_NAME: what is made of two words */
};

/* "KIND:NAME" and, where `alone', NAME itself. */
static void try_of(struct nearest *n, const char *kind, const char *name, bool alone)
{
	char whole[MEANT_NAME];

	if (alone)
		suggest_try(&n->near, name);
	snprintf(whole, sizeof(whole), "%s:%s", kind, name);
	suggest_try(&n->near, whole);
	if (n->near.nearest != whole)
		return;
	memcpy(n->out, whole, sizeof(whole));
	n->near.nearest = n->out;
}

const char *meant_source(const struct agent *a, const char *typed, char out[MEANT_NAME],
			 bool *exists)
{
	struct nearest n = {suggest_for(typed, strlen(typed)), out};
	const struct config *config = &a->config;

	for (unsigned id = 0; id < FINDING_COUNT; id++)
		suggest_try(&n.near, cause_name(id));
	for (unsigned cause = CAUSE_MANUAL; cause < CAUSE_COUNT; cause++)
		suggest_try(&n.near, cause_name(cause));
	for (size_t i = 0; i < config->lists_count; i++)
		try_of(&n, list_kind_name(config->lists[i].kind), config->lists[i].shown, true);
	for (size_t i = 0; i < config->feeds_count; i++)
		try_of(&n, finding_types[FINDING_FEED].id, config->feeds[i].name, false);
	for (size_t i = 0; i < config->policy.pattern_count; i++)
		try_of(&n, finding_types[FINDING_PATTERN].id, config->policy.pattern[i].name,
		       false);
	*exists = n.near.nearest && !n.near.distance;
	return n.near.nearest;
}

const char *meant_feed(const struct agent *a, const char *typed)
{
	struct suggestion near = suggest_for(typed, strlen(typed));

	for (size_t i = 0; i < a->config.feeds_count; i++)
		suggest_try(&near, a->config.feeds[i].name);
	return near.nearest;
}

const char *meant_words(char text[MEANT_TEXT], const char *name, const char *otherwise)
{
	if (!name)
		return otherwise;
	snprintf(text, MEANT_TEXT, ": did you mean `%s'?", name);
	return text;
}
