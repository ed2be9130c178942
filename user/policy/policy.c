// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "policy.h"

void policy_defaults(struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	for (int id = 0; id < FINDING_COUNT; id++) {
		policy->rule[id].enabled = true;
		policy->rule[id].points = finding_types[id].points;
		policy->rule[id].mild_points = finding_types[id].mild_points;
		policy->rule[id].convicts = finding_types[id].convicts;
		policy->rule[id].ports[PORTS_MX] = true;
	}
	policy->rule[FINDING_AUTH_FAILURES].ports[PORTS_SUBMISSION] = true;
	policy->ttl[TTL_CONVICTING] = (struct ttl_rule){.first = 30 * 60, .cap = 24 * 3600};
	policy->ttl[TTL_SCORED] = (struct ttl_rule){.first = 10 * 60, .cap = 4 * 3600};
	policy->ttl[TTL_LISTS] = (struct ttl_rule){.first = 60, .cap = 3600};
	policy->ttl[TTL_DAY] = (struct ttl_rule){.first = 24 * 3600, .cap = 24 * 3600};
}

/*
 * The rule that stands for a finding; a pattern's or a list's own, unless its kind is switched off
 * as a whole or the configuration has changed since.
 */
static const struct finding_rule *rule_of(const struct policy *policy,
					  const struct finding *finding)
{
	const struct finding_rule *general = &policy->rule[finding->id];

	if (!general->enabled)
		return general;
	if (finding->id == FINDING_PATTERN && finding->which < policy->pattern_count)
		return &policy->pattern[finding->which].rule;
	if (finding_is_of_list(finding) && finding->which < policy->list_count)
		return &policy->list[finding->which].rule;
	return general;
}

static enum finding_class class_of(const struct policy *policy, const struct finding *finding)
{
	if (finding->id == FINDING_PATTERN && finding->which < policy->pattern_count)
		return policy->pattern[finding->which].class;
	return finding_types[finding->id].class;
}

const char *policy_finding_name(char *text, const struct policy *policy,
				const struct finding *finding)
{
	const char *own = NULL;

	if (finding->id == FINDING_PATTERN && finding->which < policy->pattern_count)
		own = policy->pattern[finding->which].name;
	if (finding_is_of_list(finding) && finding->which < policy->list_count)
		own = policy->list[finding->which].name;
	snprintf(text, POLICY_FINDING_NAME, "%s%s%s", finding_types[finding->id].id, own ? ":" : "",
		 own ? own : "");
	return text;
}

int policy_points(const struct policy *policy, const struct finding *finding)
{
	const struct finding_rule *rule = rule_of(policy, finding);

	if (!rule->enabled)
		return 0;
	/* An override may make a mild form worth nothing; a finding of one form has no mild one. */
	if (finding->mild && finding_types[finding->id].mild_points)
		return rule->mild_points;
	return rule->points;
}

bool policy_convicts(const struct policy *policy, const struct finding *finding)
{
	const struct finding_rule *rule = rule_of(policy, finding);

	return rule->enabled && rule->convicts && !finding->mild;
}

bool policy_counts_on(const struct policy *policy, const struct finding *finding,
		      enum port_class ports)
{
	return finding_is_of_list(finding) ||
	       ((unsigned)ports < PORTS_COUNT && rule_of(policy, finding)->ports[ports]);
}

/* Local policy about ourselves, not the sender's sloppiness: counts in full (RFC 5321 7.9). */
static bool is_capped(const struct policy *policy, const struct finding *finding)
{
	return class_of(policy, finding) == CLASS_NAMES &&
	       finding->id != FINDING_HELO_OUR_ADDRESS && finding->id != FINDING_HELO_OUR_NAME;
}

/* Many lists copy each other: they count as one, however many they are. */
static bool is_pooled(const struct policy *policy, const struct finding *finding)
{
	return (finding->id == FINDING_DNSBL || finding->id == FINDING_FEED) &&
	       !policy_convicts(policy, finding);
}

struct sums {
	int score;
	int classes;  /* that bring points */
	bool vouched; /* some list knows it for good */
};

static struct sums add_up(const struct policy *policy, const struct findings *findings)
{
	int class_points[CLASS_COUNT] = {0};
	struct sums sums = {0};
	int names = 0, lists = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];
		int points = policy_points(policy, finding);

		sums.vouched |= points < 0;
		if (is_capped(policy, finding))
			names += points;
		else if (is_pooled(policy, finding))
			lists += points;
		else
			class_points[class_of(policy, finding)] += points;
	}
	class_points[CLASS_NAMES] += names < POLICY_NAMES_CAP ? names : POLICY_NAMES_CAP;
	class_points[CLASS_LISTS] += lists < POLICY_LISTS_CAP ? lists : POLICY_LISTS_CAP;
	for (int class = 0; class < CLASS_COUNT; class ++) {
		sums.score += class_points[class];
		sums.classes += class_points[class] > 0;
	}
	return sums;
}

/* What it did weighs more than what lists say of it, whatever the points. */
static bool weighs_more(const struct policy *policy, const struct finding *a,
			const struct finding *b)
{
	if (finding_is_of_list(a) != finding_is_of_list(b))
		return finding_is_of_list(b);
	return policy_points(policy, a) > policy_points(policy, b);
}

static const struct finding *find_convicting(const struct policy *policy,
					     const struct findings *findings)
{
	const struct finding *most = NULL;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (policy_convicts(policy, finding) &&
		    (!most || weighs_more(policy, finding, most)))
			most = finding;
	}
	return most;
}

const struct finding *policy_main(const struct policy *policy, const struct findings *findings)
{
	const struct finding *most = find_convicting(policy, findings);

	if (most || !findings->count)
		return most;
	most = &findings->list[0];
	for (size_t i = 1; i < findings->count; i++)
		if (policy_points(policy, &findings->list[i]) > policy_points(policy, most))
			most = &findings->list[i];
	return most;
}

/* A first block that is longer than the cap stands as it is. */
static uint32_t doubled(uint32_t ttl, uint32_t cap, unsigned repeats)
{
	for (; repeats && ttl && ttl < cap; repeats--)
		ttl = ttl > cap / 2 ? cap : ttl * 2;
	return ttl;
}

/* A pattern has no class of its own for it: one that convicts lives as convictions do. */
static enum ttl_class ttl_class_of(const struct finding *cause)
{
	return cause->id == FINDING_PATTERN ? TTL_CONVICTING : finding_types[cause->id].ttl;
}

/* Asked again after it: never doubled. */
static uint32_t list_ttl(const struct policy *policy, const struct finding *finding)
{
	const struct ttl_rule *ttl = &policy->ttl[TTL_LISTS];

	if (finding->ttl < ttl->first)
		return ttl->first;
	return finding->ttl < ttl->cap ? finding->ttl : ttl->cap;
}

static uint32_t convicted_ttl(const struct policy *policy, const struct finding *cause,
			      unsigned repeats)
{
	const struct ttl_rule *ttl = &policy->ttl[ttl_class_of(cause)];
	uint32_t own = rule_of(policy, cause)->ttl;

	if (finding_is_of_list(cause))
		return list_ttl(policy, cause);
	return doubled(own ? own : ttl->first, ttl->cap, repeats);
}

/* Scored together, so the longest of what each asks for; none is convicted, so all are scored. */
static uint32_t scored_ttl(const struct policy *policy, const struct findings *findings,
			   unsigned repeats)
{
	const struct ttl_rule *ttl = &policy->ttl[TTL_SCORED];
	uint32_t first = 0, listed = 0, own;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (policy_points(policy, finding) <= 0)
			continue;
		if (finding_is_of_list(finding)) {
			own = list_ttl(policy, finding);
			listed = own > listed ? own : listed;
			continue;
		}
		own = rule_of(policy, finding)->ttl;
		if (!own)
			own = ttl->first;
		first = own > first ? own : first;
	}
	first = doubled(first, ttl->cap, repeats);
	return first > listed ? first : listed;
}

struct decision policy_decide(const struct policy *policy, const struct findings *findings,
			      unsigned repeats)
{
	const struct finding *convicting = find_convicting(policy, findings);
	struct sums sums = add_up(policy, findings);
	bool certain = convicting && !finding_is_of_list(convicting);
	struct decision d = {
		.kind = DECISION_PASS,
		.score = sums.score,
		.cause = CAUSE_SCORE,
		.action = ACTION_WATCH,
	};

	if (convicting && (certain || !sums.vouched)) {
		d.kind = DECISION_BLOCK;
		d.cause = convicting->id;
		d.certain = certain;
		d.action = certain ? ACTION_DROP : ACTION_RESET;
		d.ttl = convicted_ttl(policy, convicting, repeats);
	} else if (sums.score >= POLICY_BLOCK_POINTS && sums.classes >= 2 && !sums.vouched) {
		d.kind = DECISION_BLOCK;
		d.action = ACTION_RESET;
		d.ttl = scored_ttl(policy, findings, repeats);
	} else if (sums.score >= POLICY_WATCH_POINTS) {
		d.kind = DECISION_WATCH;
		if (policy->limit_watched) {
			d.action = ACTION_LIMIT;
			d.ttl = scored_ttl(policy, findings, 0);
		}
	}
	return d;
}

static unsigned list_of(const struct policy *policy, const struct finding *finding)
{
	return policy->list[finding->which].list;
}

/* `lists`: bit n for list n. */
static bool stands_without(const struct policy *policy, const struct findings *findings,
			   uint64_t lists)
{
	bool limits = policy_decide(policy, findings, 0).action == ACTION_LIMIT;
	struct findings rest;

	findings_clear(&rest);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (!finding_is_of_list(finding) || finding->which >= policy->list_count ||
		    !(lists >> list_of(policy, finding) & 1))
			findings_put_copy(&rest, finding);
	}
	return policy_decide(policy, &rest, 0).kind >= (limits ? DECISION_WATCH : DECISION_BLOCK);
}

/* Those that speak against the client. */
static uint64_t accusing_lists(const struct policy *policy, const struct findings *findings)
{
	uint64_t lists = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (finding_is_of_list(finding) && finding->which < policy->list_count &&
		    policy_points(policy, finding) > 0)
			lists |= 1ULL << list_of(policy, finding);
	}
	return lists;
}

uint64_t policy_rests_on(const struct policy *policy, const struct findings *findings,
			 bool *one_will_do)
{
	uint64_t all = accusing_lists(policy, findings), needed = 0, enough = 0;

	*one_will_do = false;
	if (stands_without(policy, findings, all))
		return 0;
	for (unsigned list = 0; list < LIST_BITS; list++) {
		uint64_t bit = 1ULL << list & all;

		if (bit && !stands_without(policy, findings, bit))
			needed |= bit;
		if (bit && stands_without(policy, findings, all & ~bit))
			enough |= bit;
	}
	if (needed)
		return needed;
	*one_will_do = enough;
	return enough ? enough : all;
}
