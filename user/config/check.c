// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "draft.h"
#include "../base/duration.h"

/* The mistake stands where the later of the two was written. */
static unsigned later(const struct source *a, const struct source *b)
{
	return a->line > b->line ? a->line : b->line;
}

static const struct source *source(const struct draft *draft, enum option_id id)
{
	return &draft->option[id];
}

static bool both_good(const struct draft *draft, enum option_id a, enum option_id b)
{
	return !source(draft, a)->bad && !source(draft, b)->bad;
}

static bool has_port(const uint16_t *ports, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static unsigned port_count(const uint16_t ports[PORTS_PER_CLASS])
{
	unsigned n = 0;

	while (n < PORTS_PER_CLASS && ports[n])
		n++;
	return n;
}

static void check_repeated_ports(const struct draft *draft, enum option_id id,
				 const uint16_t ports[PORTS_PER_CLASS])
{
	char label[OPTION_LABEL];

	for (unsigned i = 0; i < port_count(ports); i++)
		if (has_port(ports, i, ports[i]))
			problem_add(draft->problems, source(draft, id)->line,
				    "option `%s': port %u is given twice: keep one",
				    option_label(label, &options[id]), ports[i]);
}

static void check_ports(const struct draft *draft)
{
	const uint16_t *mx = draft->config->ports[PORTS_MX];
	const uint16_t *submission = draft->config->ports[PORTS_SUBMISSION];
	unsigned line = later(source(draft, OPTION_MX), source(draft, OPTION_SUBMISSION));

	if (!both_good(draft, OPTION_MX, OPTION_SUBMISSION))
		return;
	check_repeated_ports(draft, OPTION_MX, mx);
	check_repeated_ports(draft, OPTION_SUBMISSION, submission);
	for (unsigned i = 0; i < port_count(mx); i++)
		if (has_port(submission, port_count(submission), mx[i]))
			problem_add(
				draft->problems, line,
				"port %u is in both `ports.mx' and `ports.submission': keep it in "
				"the class whose clients use it",
				mx[i]);
	if (!port_count(mx) && !port_count(submission))
		problem_add(draft->problems, line,
			    "`ports.mx' and `ports.submission' are both empty, so that nothing "
			    "would be "
			    "watched: name the ports of the mail server, usually mx = {25}");
}

static void check_ttl(const struct draft *draft, enum ttl_class class, enum option_id first,
		      enum option_id cap)
{
	const struct ttl_rule *rule = &draft->config->policy.ttl[class];
	char first_text[DURATION_TEXT], cap_text[DURATION_TEXT];

	if (!both_good(draft, first, cap) || rule->first <= rule->cap)
		return;
	problem_add(
		draft->problems, later(source(draft, first), source(draft, cap)),
		"`ttl.%s' (%s) is longer than its cap `ttl.%s' (%s): raise the cap or shorten the "
		"first",
		options[first].name, duration_format(first_text, rule->first), options[cap].name,
		duration_format(cap_text, rule->cap));
}

static void check_dns(const struct draft *draft)
{
	const struct dns_config *dns = &draft->config->dns;
	char min[DURATION_TEXT], max[DURATION_TEXT];

	if (both_good(draft, OPTION_DNS_TTL_MIN, OPTION_DNS_TTL_MAX) && dns->ttl_min > dns->ttl_max)
		problem_add(draft->problems,
			    later(source(draft, OPTION_DNS_TTL_MIN),
				  source(draft, OPTION_DNS_TTL_MAX)),
			    "`dns.ttl_min' (%s) is longer than `dns.ttl_max' (%s): raise the one "
			    "or shorten the other",
			    duration_format(min, dns->ttl_min), duration_format(max, dns->ttl_max));
}

static void check_bot_names(const struct draft *draft)
{
	const struct name_list *bots = &draft->config->known_bots;
	const struct name_list *suspects = &draft->config->suspect_names;
	char quoted[QUOTE_TEXT];

	for (size_t i = 0; i < bots->count; i++)
		for (size_t j = 0; j < suspects->count; j++)
			if (!strcasecmp(bots->item[i], suspects->item[j]))
				problem_add(
					draft->problems,
					later(source(draft, OPTION_KNOWN_BOTS),
					      source(draft, OPTION_SUSPECT_NAMES)),
					"`%s' is in both `known_bots' and `suspect_names': keep "
					"it in one",
					quote(quoted, bots->item[i], strlen(bots->item[i])));
}

/* The last line of a finding's section that says anything, 0 where none does or one is bad. */
static unsigned finding_line(const struct draft *draft, enum finding_id id)
{
	unsigned line = 0;

	for (unsigned i = 0; i < FINDING_OPTIONS; i++) {
		const struct source *one = &draft->finding[id][i];

		if (one->bad)
			return 0;
		if (one->line > line)
			line = one->line;
	}
	return line;
}

/* Each pattern says for itself what it means; the finding only switches all of them. */
static void check_pattern_finding(const struct draft *draft)
{
	for (unsigned id = OPTION_FINDING_ENABLED + 1; id <= OPTION_FINDING_PORTS; id++) {
		unsigned line = draft->finding[FINDING_PATTERN][id - OPTION_FINDING_ENABLED].line;

		if (line)
			problem_add(
				draft->problems, line,
				"finding `pattern' has nothing but `enabled': take out `%s' "
				"(points, convicts, ttl and ports stand in each section pattern "
				"\"NAME\" { })",
				options[id].name);
	}
}

/* Lists and feeds say so each; and on port 465 everybody opens TLS (RFC 8314 3.3). */
static void check_finding_ports(const struct draft *draft, enum finding_id id)
{
	unsigned line = draft->finding[id][OPTION_FINDING_PORTS - OPTION_FINDING_ENABLED].line;
	const struct finding_rule *rule = &draft->config->policy.rule[id];
	const char *name = finding_types[id].id;

	if (line && cause_is_of_list(id))
		problem_add(draft->problems, line,
			    "finding `%s' has no ports of its own: take them out (they stand in "
			    "each section of a list or feed)",
			    name);
	else if (id == FINDING_TLS_ON_25 && rule->ports[PORTS_SUBMISSION])
		problem_add(draft->problems, line,
			    "finding `%s' is no fault on port 465, where TLS comes first: leave "
			    "ports at mx",
			    name);
}

static void check_finding(const struct draft *draft, enum finding_id id)
{
	const struct finding_rule *rule = &draft->config->policy.rule[id];
	const char *name = finding_types[id].id;
	unsigned line = finding_line(draft, id);

	if (!line || !rule->enabled)
		return;
	check_finding_ports(draft, id);
	if (rule->convicts && !rule->points)
		problem_add(draft->problems, line,
			    "finding `%s' convicts but has no points: give it points, or set "
			    "convicts = false, or enabled = false",
			    name);
	if (rule->mild_points && !finding_types[id].mild_points)
		problem_add(draft->problems, line,
			    "finding `%s' has no mild form: take out mild_points = %d", name,
			    rule->mild_points);
	else if (rule->convicts && !rule->ttl && finding_types[id].ttl == TTL_NONE)
		problem_add(draft->problems, line,
			    "finding `%s' convicts but blocks for no time: give it a ttl", name);
	else if (rule->mild_points > rule->points)
		problem_add(
			draft->problems, line,
			"finding `%s' has more mild points (%d) than points (%d): the mild form "
			"is the weaker one",
			name, rule->mild_points, rule->points);
}

static void check_pattern(const struct draft *draft, const struct pattern_draft *pattern)
{
	const struct source *points = &pattern->option[OPTION_PATTERN_POINTS - OPTION_PATTERN_ON];
	const struct source *convicts =
		&pattern->option[OPTION_PATTERN_CONVICTS - OPTION_PATTERN_ON];
	const struct finding_rule *rule = &pattern->rule.rule;
	const char *name = pattern->rule.name;

	/* NOLINTNEXTLINE(misc-redundant-expression): the first of them, too, by its distance */
	if (!pattern->option[OPTION_PATTERN_ON - OPTION_PATTERN_ON].line)
		problem_add(draft->problems, pattern->line,
			    "pattern `%s' does not say what it looks at: add on = helo, sender or "
			    "recipient",
			    name);
	if (!pattern->option[OPTION_PATTERN_MATCH - OPTION_PATTERN_ON].line)
		problem_add(draft->problems, pattern->line,
			    "pattern `%s' has no expression: add match = '...'", name);
	if (!points->bad && !convicts->bad && rule->convicts && !rule->points)
		problem_add(draft->problems, later(points, convicts),
			    "pattern `%s' convicts but has no points: give it points, or set "
			    "convicts = false",
			    name);
}

void draft_check(const struct draft *draft)
{
	check_ports(draft);
	check_ttl(draft, TTL_CONVICTING, OPTION_CONVICTING, OPTION_CONVICTING_CAP);
	check_ttl(draft, TTL_SCORED, OPTION_SCORED, OPTION_SCORED_CAP);
	check_bot_names(draft);
	check_dns(draft);
	for (unsigned id = 0; id < FINDING_COUNT; id++)
		if (id != FINDING_PATTERN)
			check_finding(draft, (enum finding_id)id);
	check_pattern_finding(draft);
	for (size_t i = 0; i < draft->pattern_count; i++)
		check_pattern(draft, &draft->pattern[i]);
}
