// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feeds to fetch, out of the sections feed "NAME", and what those that score mean to the
 * policy. Mistakes within one value have been told when it was read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "suggest.h"
#include "../base/duration.h"
#include "../base/names.h"
#include "../feeds/presets.h"
#include "../feeds/schedule.h"

_Static_assert(FEEDS_MAX <= FEED_RULES_MAX, "a rule for each feed that scores");

static const struct source *source_of(const struct feed_draft *feed, enum option_id id)
{
	return &feed->option[id - OPTION_FEED_ENABLED];
}

static unsigned line_of(const struct feed_draft *feed, enum option_id id)
{
	return source_of(feed, id)->line;
}

static bool is_given(const struct feed_draft *feed, enum option_id id)
{
	return source_of(feed, id)->line && !source_of(feed, id)->bad;
}

static bool any_bad(const struct feed_draft *feed)
{
	for (unsigned i = 0; i < FEED_OPTIONS; i++)
		if (feed->option[i].bad)
			return true;
	return false;
}

/* The mistake stands where the later of the two was written, or the section begins. */
static unsigned line_of_two(const struct feed_draft *feed, enum option_id a, enum option_id b)
{
	unsigned line = line_of(feed, a) > line_of(feed, b) ? line_of(feed, a) : line_of(feed, b);

	return line ? line : feed->line;
}

static void wrong(struct draft *draft, unsigned line, const struct feed_draft *feed,
		  const char *problem)
{
	problem_add(draft->problems, line, "feed `%s': %s", feed->name, problem);
}

/* What is written */

static void take_numbers(struct feed_settings *out, const struct feed_draft *feed)
{
	if (is_given(feed, OPTION_FEED_FORMAT))
		out->format = feed->format;
	if (is_given(feed, OPTION_FEED_ACTION))
		out->action = feed->action;
	if (is_given(feed, OPTION_FEED_POINTS))
		out->points = feed->points;
	if (is_given(feed, OPTION_FEED_WEIGHT))
		out->weight = feed->weight;
	if (is_given(feed, OPTION_FEED_INTERVAL))
		out->interval = feed->interval;
	if (is_given(feed, OPTION_FEED_MAX_AGE))
		out->max_age = feed->max_age;
	if (is_given(feed, OPTION_FEED_MAX_SIZE))
		out->max_bytes = feed->max_size;
	if (is_given(feed, OPTION_FEED_MAX_UNPACKED))
		out->max_unpacked = feed->max_unpacked;
	if (is_given(feed, OPTION_FEED_TIMEOUT))
		out->timeout = feed->timeout;
	if (is_given(feed, OPTION_FEED_GUARD))
		out->guard = feed->guard;
}

static void take_text(char **out, char **from)
{
	if (!*from)
		return;
	free(*out);
	*out = *from;
	*from = NULL;
}

static void take_texts(struct feed_settings *out, struct feed_draft *feed)
{
	take_text(&out->url, &feed->url);
	take_text(&out->username, &feed->username);
	take_text(&out->password, &feed->password);
	take_text(&out->proxy, &feed->proxy);
	out->headers = feed->headers.item;
	out->headers_count = feed->headers.count;
	feed->headers = (struct name_list){0};
}

/* What contradicts itself */

/* "did you mean" where the name is nearly that of a preset. */
static void without_url(struct draft *draft, const struct feed_draft *feed)
{
	struct suggestion near = suggest_for(feed->name, strlen(feed->name));

	for (size_t i = 0; i < feed_presets_count; i++)
		suggest_try(&near, feed_presets[i].name);
	if (near.nearest)
		problem_add(draft->problems, feed->line,
			    "feed `%s': is not known: did you mean `%s'? Otherwise say where it "
			    "is: url = \"https://...\"",
			    feed->name, near.nearest);
	else
		wrong(draft, feed->line, feed,
		      "is none of the known feeds: say where it is: url = \"https://...\"");
}

static bool begins(const char *url, const char *scheme)
{
	return !strncmp(url, scheme, strlen(scheme));
}

static bool is_web(const char *url)
{
	return begins(url, "https://") || begins(url, "http://");
}

/* What a way of fetching has no use for would be a secret sent nowhere, or a proxy gone around. */
static void check_fetching(struct draft *draft, const struct feed_draft *feed,
			   const struct feed_settings *made)
{
	bool remote = is_web(made->url) || begins(made->url, "rsync://");

	if (made->username && !made->password)
		wrong(draft, line_of(feed, OPTION_FEED_USERNAME), feed,
		      "has a username and no password: add password = \"...\"");
	if (made->password && !made->username)
		wrong(draft, line_of(feed, OPTION_FEED_PASSWORD), feed,
		      "has a password and no username: add username = \"...\"");
	if (!remote && made->username)
		wrong(draft, line_of(feed, OPTION_FEED_USERNAME), feed,
		      "is read from here: take out username and password");
	if (!is_web(made->url) && made->headers_count)
		wrong(draft, line_of(feed, OPTION_FEED_HEADERS), feed,
		      "only http and https have headers: take them out");
	if (!is_web(made->url) && made->proxy)
		wrong(draft, line_of(feed, OPTION_FEED_PROXY), feed,
		      "a proxy is asked for http and https only: take it out");
}

static void check_action(struct draft *draft, const struct feed_draft *feed,
			 const struct feed_settings *made)
{
	if (is_given(feed, OPTION_FEED_POINTS) && made->action != FEED_SCORE)
		problem_add(draft->problems,
			    line_of_two(feed, OPTION_FEED_POINTS, OPTION_FEED_ACTION),
			    "feed `%s': points are for action = score, and this one's is %s: take "
			    "out the one or the other",
			    feed->name, feed_action_name(made->action));
	if (made->weight != FEED_WEIGHT_FULL && made->action > FEED_WATCH)
		problem_add(draft->problems,
			    line_of_two(feed, OPTION_FEED_WEIGHT, OPTION_FEED_ACTION),
			    "feed `%s': a weight is for drop, reset and watch, and this one's "
			    "action is %s: take out the weight",
			    feed->name, feed_action_name(made->action));
	if (line_of(feed, OPTION_FEED_PORTS) && made->action == FEED_ALLOW)
		wrong(draft, line_of_two(feed, OPTION_FEED_PORTS, OPTION_FEED_ACTION), feed,
		      "who is allowed is so on all ports: take out ports");
}

static void check_times(struct draft *draft, const struct feed_draft *feed,
			const struct feed_settings *made, const struct feed_preset *preset)
{
	char interval[DURATION_TEXT], other[DURATION_TEXT], least[DURATION_TEXT];

	duration_format(interval, made->interval);
	if (preset && made->interval < preset->least)
		problem_add(draft->problems, line_of(feed, OPTION_FEED_INTERVAL),
			    "feed `%s': interval (%s) is shorter than its operator asks for: write "
			    "%s or more",
			    feed->name, interval, duration_format(other, preset->least));
	if (made->max_age < feed_max_age_least(made->interval))
		problem_add(draft->problems,
			    line_of_two(feed, OPTION_FEED_MAX_AGE, OPTION_FEED_INTERVAL),
			    "feed `%s': max_age (%s) is too short for its interval (%s), so that "
			    "it would be too old before it is fetched anew: write %s or more, or "
			    "shorten the interval",
			    feed->name, duration_format(other, made->max_age), interval,
			    duration_format(least, feed_max_age_least(made->interval)));
	if (made->max_bytes > made->max_unpacked)
		wrong(draft, line_of_two(feed, OPTION_FEED_MAX_SIZE, OPTION_FEED_MAX_UNPACKED),
		      feed,
		      "max_size is larger than max_unpacked, and no list shrinks when it is "
		      "unpacked: raise the one or lower the other");
}

/* Whether its section is good. What *out owns is the caller's in any case. */
static bool make_feed(struct draft *draft, struct feed_settings *out, struct feed_draft *feed,
		      const struct feed_preset *preset)
{
	size_t before = draft->problems->count;
	bool adds = feed->adds[OPTION_FEED_PORTS - OPTION_FEED_ENABLED];

	take_numbers(out, feed);
	take_texts(out, feed);
	if (line_of(feed, OPTION_FEED_PORTS) && !names_to_ports(out->ports, &feed->ports, adds))
		wrong(draft, line_of(feed, OPTION_FEED_PORTS), feed,
		      "ports is empty, so that it would do nothing: write mx, or set enabled = no");
	if (feed_name_refusal(feed->name) && !is_given(feed, OPTION_FEED_URL))
		problem_add(draft->problems, feed->line, "feed `%s' is not fetched: %s", feed->name,
			    feed_name_refusal(feed->name));
	else if (!out->url)
		without_url(draft, feed);
	else
		check_fetching(draft, feed, out);
	check_action(draft, feed, out);
	check_times(draft, feed, out, preset);
	return draft->problems->count == before;
}

/* False only where memory ran out. */
static bool take_section(struct draft *draft, struct feed_draft *feed)
{
	const struct feed_preset *preset = feed_preset_find(feed->name);
	struct config *config = draft->config;
	struct feed_settings made;
	bool good;

	if (any_bad(feed))
		return true;
	feed_settings_begin(&made, feed->name, preset);
	if (preset && !made.url)
		return false;
	good = make_feed(draft, &made, feed, preset) && feed->enabled;
	if (good && config->feeds_count == FEEDS_MAX)
		problem_add(draft->problems, feed->line,
			    "feed `%s' is one too many: there may be %d; take some out, or set "
			    "enabled = no",
			    feed->name, FEEDS_MAX);
	if (good && config->feeds_count < FEEDS_MAX)
		config->feeds[config->feeds_count++] = made;
	else
		feed_settings_free(&made);
	return true;
}

/* What they mean together */

static bool share_a_slot(const struct feed_settings *a, const struct feed_settings *b,
			 enum port_class class)
{
	return a->action == b->action && a->ports[class] && b->ports[class];
}

/* Feeds that need another one to agree, and have none. */
static void check_weights(struct draft *draft, const struct feed_settings *feed, unsigned line)
{
	const struct config *config = draft->config;
	uint32_t most = 0;

	if (feed->action > FEED_WATCH || feed->weight == FEED_WEIGHT_FULL)
		return;
	for (unsigned class = 0; class < PORTS_COUNT; class ++) {
		uint32_t sum = 0;

		for (size_t i = 0; i < config->feeds_count; i++)
			if (share_a_slot(feed, &config->feeds[i], class))
				sum += config->feeds[i].weight;
		most = sum > most ? sum : most;
	}
	if (most < FEED_WEIGHT_FULL)
		problem_add(draft->problems, line,
			    "feed `%s': with a weight of %u it needs others of the same action and "
			    "ports that make up %d together, and there are none: raise the weight, "
			    "or add a feed",
			    feed->name, feed->weight, FEED_WEIGHT_FULL);
}

static unsigned section_line(const struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->feed_count; i++)
		if (!strcmp(draft->feed[i].name, name))
			return draft->feed[i].line;
	return 0;
}

static void take_rule(struct policy *policy, struct feed_settings *feed, unsigned index)
{
	struct list_rule *rule = &policy->list[policy->list_count];

	*rule = (struct list_rule){
		.list = FEED_BIT + index,
		.rule = {.enabled = true, .points = feed->points},
	};
	snprintf(rule->name, sizeof(rule->name), "%s", feed->name);
	feed->rule = (unsigned)policy->list_count++;
}

bool draft_take_feeds(struct draft *draft)
{
	struct config *config = draft->config;
	size_t before = draft->problems->count;
	bool all_good;

	config->feeds = calloc(FEEDS_MAX, sizeof(*config->feeds));
	if (!config->feeds)
		return false;
	for (size_t i = 0; i < draft->feed_count; i++)
		if (!take_section(draft, &draft->feed[i]))
			return false;
	all_good = draft->problems->count == before;
	for (size_t i = 0; i < config->feeds_count; i++) {
		struct feed_settings *feed = &config->feeds[i];

		if (all_good)
			check_weights(draft, feed, section_line(draft, feed->name));
		if (feed->action == FEED_SCORE)
			take_rule(&config->policy, feed, (unsigned)i);
	}
	return true;
}

void draft_free_feeds(struct draft *draft)
{
	for (size_t i = 0; i < draft->feed_count; i++) {
		struct feed_draft *feed = &draft->feed[i];

		names_free(&feed->ports);
		names_free(&feed->headers);
		free(feed->url);
		free(feed->username);
		free(feed->password);
		free(feed->proxy);
	}
}
