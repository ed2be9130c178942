// SPDX-License-Identifier: GPL-2.0-or-later
/* mode, checks, detach */
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/names.h"
#include "events.h"
#include "lookups.h"
#include "trust.h"
#include "meant.h"
#include "verbs.h"

json_t *verb_mode(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	const char *wanted = request_text(request, "mode");
	uint32_t span = 0;
	enum mode mode;
	json_t *error = request_span(&span, request, "for");

	(void)c;
	if (error)
		return error;
	if (wanted && !mode_parse(&mode, wanted))
		return answer_error("`%.40s' is no mode: monitor or enforce", wanted);
	if (wanted)
		upkeep_mode(a, mode, MODE_BY_MXDPCTL, span);
	return json_pack("{s:b, s:s, s:s, s:o}", "ok", 1, "mode", mode_name(a->mode.mode), "by",
			 a->mode.by, "until_in",
			 a->mode.until ? json_integer((json_int_t)a->mode.until - boot_seconds())
				       : json_null());
}

static json_t *no_such_finding(const struct agent *a, const char *id)
{
	char name[MEANT_NAME], text[MEANT_TEXT];
	bool exists;
	const char *near = meant_source(a, id, name, &exists);

	return exists ? answer_error("`%.60s' is not suspended, and has no switch of its own", id)
		      : answer_error("`%.60s' is no finding%s", id,
				     meant_words(text, near, ": see mxdpctl checks"));
}

static json_t *switch_check(struct agent *a, const char *set, const char *id)
{
	enum finding_id finding;
	bool lifted, on = set[0] == 'o' && set[1] == 'n' && !set[2];

	if (!on && !(set[0] == 'o' && set[1] == 'f' && set[2] == 'f' && !set[3]))
		return answer_error("`%.40s': a check is switched on or off", set);
	lifted = id && trust_lift(a, id);
	/* A pattern or a list's codes have a switch of their own only where they are suspended. */
	if (lifted && on)
		return answer_done();
	if (!id || !finding_parse(&finding, id))
		return no_such_finding(a, id ? id : "?");
	a->config.policy.rule[finding].enabled = on;
	a->switched[finding] = on ? SWITCHED_ON : SWITCHED_OFF;
	events_note(a, "note", "check %s switched %s by mxdpctl until the next start", id,
		    on ? "on" : "off");
	return answer_done();
}

/* The administrator's own patterns stand below the finding that they are. */
static json_t *pattern_check(const struct config *config, unsigned which)
{
	static const char *const texts[] = {
		[PATTERN_HELO] = "a HELO that matches",
		[PATTERN_SENDER] = "a sender that matches",
		[PATTERN_RECIPIENT] = "a recipient that matches",
	};
	const struct policy *policy = &config->policy;
	const struct finding finding = {.id = FINDING_PATTERN, .which = which};
	const struct finding_rule *rule = &policy->pattern[which].rule;
	enum ttl_class class = rule->convicts ? TTL_CONVICTING : TTL_SCORED;
	char name[POLICY_FINDING_NAME];

	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:i, s:s}", "id",
			 policy_finding_name(name, policy, &finding), "class",
			 finding_class_name(policy->pattern[which].class), "ports",
			 ports_words(rule->ports), "points", rule->points, "mild_points", 0,
			 "convicts", rule->convicts, "enabled",
			 policy->rule[FINDING_PATTERN].enabled && rule->enabled, "ttl",
			 (int)(rule->ttl ? rule->ttl : policy->ttl[class].first), "text",
			 texts[pattern_subject(config->patterns[which])]);
}

/* So do the groups of codes of each list, and the feeds that score. */
static json_t *rule_check(const struct config *config, enum finding_id id, unsigned which,
			  const bool ports[PORTS_COUNT])
{
	const struct policy *policy = &config->policy;
	const struct finding finding = {.id = (uint16_t)id, .which = (uint16_t)which};
	const struct finding_rule *rule = &policy->list[which].rule;
	char name[POLICY_FINDING_NAME];

	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:i, s:s}", "id",
			 policy_finding_name(name, policy, &finding), "class",
			 finding_class_name(finding_types[finding.id].class), "ports",
			 ports_words(ports), "points", rule->points, "mild_points", 0, "convicts",
			 rule->convicts, "enabled",
			 policy->rule[finding.id].enabled && rule->enabled, "ttl",
			 (int)policy->ttl[TTL_LISTS].first, "text", finding_types[finding.id].text);
}

/* Of those that stand for many, each of these has its own. */
static const char *ports_of_finding(const struct agent *a, int id)
{
	if (id == FINDING_PATTERN || cause_is_of_list((unsigned)id))
		return "";
	return ports_words(a->config.policy.rule[id].ports);
}

json_t *verb_checks(void *agent, const json_t *request, struct connection *c)
{
	static const enum finding_id ids[LIST_KIND_COUNT] = LIST_FINDINGS;
	struct agent *a = agent;
	const char *set = request_text(request, "set");

	if (set)
		return switch_check(a, set, request_text(request, "id"));
	for (int id = 0; id < FINDING_COUNT; id++) {
		const struct finding_type *type = &finding_types[id];
		const struct finding_rule *rule = &a->config.policy.rule[id];
		uint32_t ttl = rule->ttl               ? rule->ttl
			       : type->ttl == TTL_NONE ? 0
						       : a->config.policy.ttl[type->ttl].first;

		connection_send(c,
				json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:i, s:s, s:I}",
					  "id", type->id, "class", finding_class_name(type->class),
					  "ports", ports_of_finding(a, id), "points", rule->points,
					  "mild_points", rule->mild_points, "convicts",
					  rule->convicts, "enabled", rule->enabled, "ttl", (int)ttl,
					  "text", type->text, "found", (json_int_t)a->found[id]));
	}
	for (unsigned which = 0; which < a->config.patterns_count; which++)
		connection_send(c, pattern_check(&a->config, which));
	for (size_t i = 0; i < a->config.lists_count; i++)
		for (size_t g = 0; g < a->config.lists[i].groups_count; g++)
			connection_send(c, rule_check(&a->config, ids[a->config.lists[i].kind],
						      a->config.lists[i].group[g].rule,
						      a->config.lists[i].ports));
	for (size_t i = 0; i < a->config.feeds_count; i++)
		if (a->config.feeds[i].action == FEED_SCORE)
			connection_send(c, rule_check(&a->config, FINDING_FEED,
						      a->config.feeds[i].rule,
						      a->config.feeds[i].ports));
	return answer_done();
}

json_t *verb_detach(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;

	(void)request;
	(void)c;
	a->options.handover = false;
	agent_stop(a);
	return answer_done();
}
