// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/duration.h"
#include "owner.h"
#include "suspend.h"

#define SLOT (SUSPEND_WINDOW / WINDOW_SLOTS)

/* SUSPEND_KEYS where it is of another configuration. */
static size_t key_of(const struct finding *finding)
{
	if (finding->id == FINDING_PATTERN)
		return finding->which < PATTERNS_MAX ? FINDING_COUNT + finding->which
						     : SUSPEND_KEYS;
	if (finding_is_of_list(finding))
		return finding->which < LIST_RULES_MAX
			       ? FINDING_COUNT + PATTERNS_MAX + finding->which
			       : SUSPEND_KEYS;
	return finding->id;
}

static bool *enabled_in(struct policy *policy, const struct finding *finding)
{
	if (finding->id == FINDING_PATTERN)
		return &policy->pattern[finding->which].rule.enabled;
	if (finding_is_of_list(finding))
		return &policy->list[finding->which].rule.enabled;
	return &policy->rule[finding->id].enabled;
}

static void switch_off(struct suspension *s, struct policy *policy)
{
	bool *enabled = enabled_in(policy, &s->finding);

	s->enabled = *enabled;
	*enabled = false;
}

void suspend_free(struct suspend *suspend)
{
	for (size_t key = 0; key < SUSPEND_KEYS; key++) {
		free(suspend->of[key]);
		suspend->of[key] = NULL;
	}
}

static struct suspension *suspension_of(struct suspend *suspend, const struct finding *finding)
{
	size_t key = key_of(finding);

	if (key == SUSPEND_KEYS)
		return NULL;
	if (!suspend->of[key])
		suspend->of[key] = calloc(1, sizeof(*suspend->of[key]));
	if (suspend->of[key])
		suspend->of[key]->finding =
			(struct finding){.id = finding->id, .which = finding->which};
	return suspend->of[key];
}

static void forget_old(struct suspension *s, uint32_t now)
{
	while (s->clients && now - s->time[s->clients - 1] > SUSPEND_WINDOW)
		s->clients--;
}

/* To the front, from where it stood, or in place of the last. */
static void note_client(struct suspension *s, const struct addr *client, uint32_t now)
{
	struct prefix owner = owner_of(client);
	unsigned at = 0;

	while (at < s->clients && !prefix_equal(&s->client[at], &owner))
		at++;
	if (at == s->clients && at < SUSPEND_CLIENTS)
		s->clients++;
	if (at == SUSPEND_CLIENTS)
		at--;
	memmove(s->client + 1, s->client, at * sizeof(s->client[0]));
	memmove(s->time + 1, s->time, at * sizeof(s->time[0]));
	s->client[0] = owner;
	s->time[0] = now;
}

struct suspension *suspend_convicted(struct suspend *suspend, struct policy *policy,
				     const struct finding *finding, const struct addr *client,
				     bool known_good, unsigned after, uint32_t now)
{
	struct suspension *s = suspension_of(suspend, finding);
	uint64_t good;

	if (!s || s->until)
		return NULL;
	window_add(&s->convicted, now / SLOT);
	forget_old(s, now);
	if (!known_good)
		return NULL;
	note_client(s, client, now);
	window_add(&s->good, now / SLOT);
	good = window_sum(&s->good, now / SLOT);
	if (!after || s->clients < after ||
	    good * SUSPEND_SHARE < window_sum(&s->convicted, now / SLOT))
		return NULL;
	s->until = now + SUSPEND_FOR;
	s->withdrawn = 0;
	policy_finding_name(s->name, policy, finding);
	switch_off(s, policy);
	return s;
}

struct suspension *suspend_find(const struct suspend *suspend, const struct finding *finding)
{
	size_t key = key_of(finding);
	struct suspension *s = key < SUSPEND_KEYS ? suspend->of[key] : NULL;

	return s && s->until ? s : NULL;
}

struct suspension *suspend_find_name(const struct suspend *suspend, const char *name)
{
	for (size_t key = 0; key < SUSPEND_KEYS; key++) {
		struct suspension *s = suspend->of[key];

		if (s && s->until && !strcmp(s->name, name))
			return s;
	}
	return NULL;
}

void suspend_lift(struct suspend *suspend, struct policy *policy, struct suspension *suspension)
{
	size_t key = key_of(&suspension->finding);

	*enabled_in(policy, &suspension->finding) = suspension->enabled;
	if (key < SUSPEND_KEYS)
		suspend->of[key] = NULL;
	free(suspension);
}

struct suspension *suspend_over(const struct suspend *suspend, uint32_t now)
{
	for (size_t key = 0; key < SUSPEND_KEYS; key++)
		if (suspend->of[key] && suspend->of[key]->until && suspend->of[key]->until <= now)
			return suspend->of[key];
	return NULL;
}

/* The finding that is called so in `policy'; false where none is. */
static bool find_numbered(struct finding *finding, const struct policy *policy, const char *name)
{
	size_t count = finding->id == FINDING_PATTERN ? policy->pattern_count : policy->list_count;
	char text[POLICY_FINDING_NAME];

	for (finding->which = 0; finding->which < count; finding->which++)
		if (!strcmp(policy_finding_name(text, policy, finding), name))
			return true;
	return false;
}

static bool find_named(struct finding *finding, const struct policy *policy, const char *name)
{
	char text[POLICY_FINDING_NAME];

	for (unsigned id = 0; id < FINDING_COUNT; id++) {
		*finding = (struct finding){.id = id};
		if (finding_is_numbered(finding, NULL)
			    ? find_numbered(finding, policy, name)
			    : !strcmp(policy_finding_name(text, policy, finding), name))
			return true;
	}
	return false;
}

struct suspension *suspend_again(struct suspend *suspend, struct policy *policy, const char *name,
				 uint32_t until)
{
	struct finding finding;
	struct suspension *s =
		find_named(&finding, policy, name) ? suspension_of(suspend, &finding) : NULL;

	if (!s || s->until)
		return NULL;
	s->until = until;
	policy_finding_name(s->name, policy, &finding);
	switch_off(s, policy);
	return s;
}

static bool is_still_there(struct suspension *s, const struct policy *policy)
{
	if (!s->until)
		return false;
	return !finding_is_numbered(&s->finding, NULL) ||
	       find_numbered(&s->finding, policy, s->name);
}

void suspend_renew(struct suspend *suspend, struct policy *policy)
{
	struct suspend old = *suspend;

	*suspend = (struct suspend){0};
	for (size_t i = 0; i < SUSPEND_KEYS; i++) {
		struct suspension *s = old.of[i];
		size_t key = s && is_still_there(s, policy) ? key_of(&s->finding) : SUSPEND_KEYS;

		if (key == SUSPEND_KEYS) {
			free(s);
			continue;
		}
		suspend->of[key] = s;
		switch_off(s, policy);
	}
}

const char *suspend_words(char text[SUSPEND_WORDS], const struct suspension *s, uint32_t now)
{
	char who[SUSPEND_CLIENTS * (ADDR_TEXT + 2)] = "", prefix[ADDR_TEXT], left[DURATION_TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < s->clients; i++)
		len += (size_t)snprintf(who + len, sizeof(who) - len, "%s%s", i ? ", " : "",
					prefix_format(prefix, &s->client[i]));
	snprintf(text, SUSPEND_WORDS,
		 "%s has convicted %u known-good clients (%s) within ten minutes: it is suspended, "
		 "its %llu blocks are withdrawn; `mxdpctl checks on %s' puts it back, else that "
		 "happens in %s",
		 s->name, s->clients, who, (unsigned long long)s->withdrawn, s->name,
		 duration_format(left, s->until > now ? s->until - now : 0));
	return text;
}
